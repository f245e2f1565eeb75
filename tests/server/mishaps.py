"""What the tests of faults share: a call through either door, without all that the client adds, and raw exchanges."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from webuiapi.address import Address
from webuiapi.server.doors import Server
from webuiapi.transport.base import Incoming, Outgoing, Timeout
from webuiapi.transport.local import LocalTransport
from webuiapi.transport.plain import PlainTransport

from .conftest import PATIENCE

LIMIT = 0.1
"""The seconds that a call may take where it is to run out of time."""
SMALL = {"prompt": "a cat", "steps": 2, "width": 64, "height": 64}
PAINT = ("POST", "/sdapi/v1/txt2img", SMALL)
PING = b"GET /internal/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
GET_SAMPLERS = b"GET /sdapi/v1/samplers HTTP/1.1\r\nHost: x\r\n\r\n"

Send = Callable[..., Incoming]


@contextmanager
def through(door: str, server: Server) -> Iterator[Send]:
    """A call to the server through one of its doors, "socket" or "local"."""
    plain = PlainTransport()
    transport = plain if door == "socket" else LocalTransport(server.app)

    def send(method: str, path: str, body: Any = None, *, limit: float = PATIENCE) -> Incoming:
        pieces = [] if body is None else [json.dumps(body).encode()]
        headers = {"Content-Length": str(len(pieces[0]))} if pieces else {}
        address = Address("http", "127.0.0.1", server.port)
        return transport.send(Outgoing(method, address, path, headers, pieces, Timeout(total=limit)))

    yield send
    plain.close()


def exchange(server: Server, request: bytes) -> tuple[bytes, BaseException | None]:
    """All bytes that come back for a request, and what broke the connection at the end, if anything did."""
    received = b""
    with socket.create_connection((server.host, server.port), PATIENCE) as raw:
        raw.sendall(request)
        try:
            while data := raw.recv(1 << 16):
                received += data
        except ConnectionError as error:
            return received, error
    return received, None


def named(item: Any) -> str:
    """The id of a parameter."""
    return json.dumps(item)[:60] if isinstance(item, dict) else getattr(item, "__name__", "")


def value(answer: Incoming) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.body)


def pictures(answer: Incoming) -> list[bytes]:
    """The files of the pictures in an answer."""
    return [base64.b64decode(text, validate=True) for text in value(answer)["images"]]
