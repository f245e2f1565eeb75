"""The socket door: an `App` behind uvicorn, in a thread of this process or for as long as a command runs.

Everything that answers is in `App`; here is only what carries requests to it: one callable, 40 worker threads as the
real server has, connections that close after 5 idle seconds as there.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import require

require("starlette", "uvicorn")

import uvicorn  # noqa: E402 - only when it is known to be there
from starlette.concurrency import run_in_threadpool  # noqa: E402
from uvicorn.protocols.http.auto import AutoHTTPProtocol  # noqa: E402

from .app import App  # noqa: E402
from .http import Body, Dropped, Request  # noqa: E402

if TYPE_CHECKING:
    from .auth import Credentials
    from .catalog import CatalogSource
    from .engine import Engine
    from .flavours import Flavour

KEEP_ALIVE = 5
"""Seconds after which an idle connection is closed."""
BACKLOG = 2048
_START_PATIENCE = 10.0
_WAKE = 0.5
"""Seconds between two looks at the keyboard where waiting for a lock cannot be interrupted (Windows)."""
_LOOPBACK = ("localhost", "::1")
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it can be reached, not bound

_log = logging.getLogger("webuiapi.server.door")
_log.addHandler(logging.NullHandler())

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]


class Server:
    """A running server. A context manager; `str()` of it is its URL. Closing it closes its app."""

    def __init__(self, app: App, host: str, port: int) -> None:
        self.app = app
        self._socket = _bind(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._ended = threading.Event()
        self._uvicorn = _Uvicorn(_config(app))
        self._thread = threading.Thread(target=self._run, name=f"webuiapi-server-{self.port}", daemon=True)
        app.on_stop.append(self._on_stop)
        self._thread.start()
        if not self._uvicorn.up.wait(_START_PATIENCE):
            raise RuntimeError(f"the embedded server did not start on {self.url}")

    @property
    def url(self) -> str:
        """Where clients reach it."""
        host = _ANY_ADDRESS.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._uvicorn.server_state.connections)

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"<webuiapi.server.Server {self.url}>"

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the running job, drop the requests that wait, and return when the server is gone."""
        self.app.close()
        self._uvicorn.leave()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def wait(self) -> None:
        """Return when the server has ended: closed by another thread, or told to stop by a request."""
        while not self._ended.wait(_WAKE):
            pass

    def _run(self) -> None:
        try:
            asyncio.run(self._uvicorn.serve(sockets=[self._socket]))
        finally:
            self._socket.close()
            self._ended.set()

    def _on_stop(self, at_once: bool) -> None:
        def end() -> None:
            try:
                if not at_once:
                    self.app.state.turnstile.wait_until_free()
            except Dropped:
                return  # it is closing already
            self.close()

        threading.Thread(target=end, name="webuiapi-server-stop", daemon=True).start()


def serve(
    app: App | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    api_auth: Credentials = None,
    catalog: CatalogSource | None = None,
    engine: Engine | None = None,
    step_time: float = 0.0,
    seed: int | None = None,
    nowebui: bool = False,
    without: Iterable[str] = (),
    flavour: str | Flavour | None = None,
) -> Server:
    """Start a server in a thread of this process; port 0 takes a free one.

    Without `app` one is made from the other arguments, see `App`. An OSError says so where the port is taken.
    """
    if app is None:
        app = App(
            catalog,
            engine=engine,
            api_auth=api_auth,
            step_time=step_time,
            seed=seed,
            nowebui=nowebui,
            without=without,
            flavour=flavour,
        )
    if not app.guard.pairs and not _is_loopback(host):
        warnings.warn(
            f"the embedded server on {host} can be reached by others, and asks nobody for a password: set api_auth",
            stacklevel=2,
        )
    return Server(app, host, port)


def run(app: App | None = None, *, on_start: Callable[[str, str], None] | None = None, **settings: Any) -> None:
    """Serve until Ctrl-C, or until a request ends the server. `settings` are those of `serve`.

    `on_start` is called with the URL and the sentence in which the engine says what it is.
    """
    with serve(app, **settings) as server:
        try:
            if on_start is not None:
                on_start(server.url, server.app.state.engine.notice)
            server.wait()
        except KeyboardInterrupt:
            return


class _Uvicorn(uvicorn.Server):
    """uvicorn, that says when it is up and leaves when it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    def leave(self) -> None:
        self.should_exit = True


class _Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's own, but its callable also gets the connection, which it can break, and it logs under our name."""

    app: Asgi

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _log
        self.access_log = False
        answer = self.app

        async def with_connection(scope: Message, receive: Receive, send: Send) -> None:
            await answer({**scope, "webuiapi.connection": self.transport}, receive, send)

        self.app = with_connection


def _config(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        _door(app),
        http=_Connection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE,
        backlog=BACKLOG,
    )


def _door(app: App) -> Asgi:
    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        request = Request(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            await _body(receive),
        )
        try:
            response = await run_in_threadpool(app.handle, request)
        except Dropped:
            scope["webuiapi.connection"].abort()
            await receive()  # returns when the connection is seen to be gone, so that no 500 is written to it
            return
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    return answer


async def _body(receive: Receive) -> Body:
    """The whole body. One chunk stays as it is; more are put together once."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _bind(host: str, port: int) -> socket.socket:
    """A socket on that address, or an OSError that names it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    bound = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


def _is_loopback(host: str) -> bool:
    return host in _LOOPBACK or host.startswith("127.")
