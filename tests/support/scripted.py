"""A server on a raw socket that plays what a test gives it, and keeps the bytes that it received.

    scripted.play(answer({"progress": 0.5}))          # for the first request
    scripted.play(b"HTTP/1.1 200 OK\r\n", HANG)       # for the second: half a head, then nothing

Every request takes the next play, on whichever connection it comes; when none is left, `{}` is answered. What happens
when is decided by what arrives and by events, never by sleeping.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Any

PATIENCE = 20.0
"""Seconds after which a wait of the kit itself fails; nothing that works comes near it."""


class Act(Enum):
    """What a play can do besides sending bytes."""

    CLOSE = "close the connection"
    RESET = "break the connection with a reset"
    HANG = "do nothing until the other side leaves"
    EARLY = "answer before the body of the request is read"


CLOSE, RESET, HANG, EARLY = Act.CLOSE, Act.RESET, Act.HANG, Act.EARLY


@dataclass(frozen=True)
class Drip:
    """Bytes sent one by one, `pause` seconds apart, as long as somebody listens."""

    data: bytes
    pause: float = 0.02


@dataclass
class Seen:
    """A request as it was received."""

    connection: int
    """The number of its connection, from 1."""
    line: str
    """`POST /sdapi/v1/txt2img HTTP/1.1`"""
    fields: list[tuple[str, str]]
    """The header fields in order, as they were written."""
    body: bytes = b""
    target: str = field(init=False)
    method: str = field(init=False)

    def __post_init__(self) -> None:
        self.method, self.target, _ = self.line.split(" ")

    @property
    def headers(self) -> dict[str, str]:
        """The header fields by lower-case name."""
        return {name.lower(): value for name, value in self.fields}

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Step = bytes | Act | Drip | threading.Event | Callable[["Seen"], bytes]


def answer(
    body: Any = None, status: int = 200, headers: Mapping[str, str] | None = None, *, length: int | None = None
) -> bytes:
    """A whole answer. A body that is no bytes goes as JSON; `length` lies about its length."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Type": "application/json", "Content-Length": str(len(content) if length is None else length)}
    return head(status, {**fields, **(headers or {})}) + content


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """The head of an answer."""
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


class Scripted:
    """The server. A context manager; `url` is its address."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self.trouble: list[BaseException] = []
        self._tls = tls
        self._plays: deque[tuple[Step, ...]] = deque()
        self._by_path: dict[str, tuple[Step, ...]] = {}
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def last(self) -> Seen:
        """The request received last."""
        return self.seen[-1]

    def play(self, *steps: Step) -> None:
        """What to do for the next request that has nothing to be done yet."""
        self._plays.append(steps)

    def play_at(self, path: str, *steps: Step) -> None:
        """What to do for every request of a path, beside the plays in order."""
        self._by_path[path] = steps

    def wait_for(self, count: int, path: str = "") -> list[Seen]:
        """The first `count` requests (whose target begins with `path`), when they have arrived."""

        def arrived() -> list[Seen]:
            return [seen for seen in self.seen if seen.target.startswith(path)]

        with self._changed:
            if not self._changed.wait_for(lambda: len(arrived()) >= count, PATIENCE):
                raise AssertionError(f"only {len(arrived())} of {count} requests came")
            return arrived()[:count]

    def wait_until_closed(self) -> None:
        """Return when no connection is open on this side."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._open, PATIENCE):
                raise AssertionError("a connection stays open")

    def close(self) -> None:
        """Break what is open and end all threads. Raises what went wrong in them."""
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        if self.trouble:
            raise self.trouble[0]

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # -- inside

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, name="scripted", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            self._start(self._serve, connection, self.connections)

    def _serve(self, raw: socket.socket, number: int) -> None:
        connection = raw
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(raw, server_side=True)
                self._open.add(connection)
            with connection.makefile("rb") as stream:
                while self._one(connection, stream, number):
                    pass
        except OSError:
            pass  # the client left, or refused the certificate
        except BaseException as error:  # shown by `close`
            self.trouble.append(error)
        finally:
            connection.close()
            with self._changed:
                self._open -= {raw, connection}
                self._changed.notify_all()

    def _one(self, connection: socket.socket, stream: Any, number: int) -> bool:
        """Serve one request; False when the connection is over."""
        if stream.peek(1)[:1] == b"\x16":  # somebody who speaks TLS here
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return False
        line = stream.readline()
        if not line:
            return False
        seen = Seen(number, line.decode("latin-1").rstrip("\r\n"), [])
        while (item := stream.readline().decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = item.partition(": ")
            seen.fields.append((name, value))
        steps = self._take(seen)
        if EARLY not in steps:
            seen.body = stream.read(int(seen.headers.get("content-length", "0")))
        with self._changed:
            self.seen.append(seen)
            self._changed.notify_all()
        return all(self._do(step, connection, seen) for step in steps)

    def _take(self, seen: Seen) -> tuple[Step, ...]:
        found = self._by_path.get(seen.target.partition("?")[0])
        if found is not None:
            return found
        return self._plays.popleft() if self._plays else (answer({}),)

    def _do(self, step: Step, connection: socket.socket, seen: Seen) -> bool:
        if isinstance(step, bytes):
            connection.sendall(step)
        elif isinstance(step, threading.Event):
            if not step.wait(PATIENCE):
                raise AssertionError("an event that a play waits for never came")
        elif isinstance(step, Drip):
            for at in range(len(step.data)):
                if self._closing.wait(step.pause):
                    return False
                connection.sendall(step.data[at : at + 1])
        elif step is HANG:
            while connection.recv(1 << 16):
                pass
            return False
        elif step is RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        elif step is CLOSE:
            connection.shutdown(socket.SHUT_RDWR)
            return False
        elif callable(step):
            connection.sendall(step(seen))
        return True
