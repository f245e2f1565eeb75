"""Answers that go out in ways that HTTP does not know, over the connection itself.

A server below ASGI keeps to the rules: it sends the length that it has promised, and resets nothing. So the socket
door hands over uvicorn's connection: its transport, and the flow control that says when everything is written. The
answer is written to that as bytes, and then the connection is closed or reset, which is all that uvicorn notices of it.
An answer that is only late is left to uvicorn as usual.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http.client import responses
from typing import Any, Protocol

from .faults import Faults
from .http import Delivery, Response

Receive = Callable[[], Awaitable[dict[str, Any]]]
_RESET = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
"""SO_LINGER on, with no time: what is closed is reset."""


class Flow(Protocol):
    """Says when all is written."""

    async def drain(self) -> None:
        """Return when the transport takes more."""


class Connection(Protocol):
    """What is needed of uvicorn's protocol."""

    transport: asyncio.Transport
    flow: Flow


async def deliver(response: Response, connection: Connection, receive: Receive, faults: Faults) -> bool:
    """Do as the answer's delivery says; whether the answer is still to be sent, as usual.

    Returns when the connection is closed, or when the client has left. Raises `Dropped` when the server closes.
    """
    how = response.delivery or Delivery(ending="usual")
    gone = asyncio.ensure_future(until_gone(receive))
    try:
        if not await _wait(how.delay, gone, faults):
            return False
        if how.ending == "usual":
            return True
        if not how.silent:
            await _write_all(response, how, connection, gone, faults)
        if how.ending == "reset":
            reset(connection.transport)
        elif how.silent:
            connection.transport.abort()
        else:
            connection.transport.close()
        await gone
        return False
    finally:
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone


async def until_gone(receive: Receive) -> None:
    """Return when the connection is closed, by whichever side."""
    while (await receive())["type"] != "http.disconnect":
        pass


def reset(transport: asyncio.Transport) -> None:
    """Break the connection so that the other side gets a reset."""
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


async def _write_all(
    response: Response, how: Delivery, connection: Connection, gone: asyncio.Future[None], faults: Faults
) -> None:
    content = memoryview(response.body)
    stop = len(content) if how.stop is None else how.stop
    step = how.piece or len(content) or 1
    connection.transport.set_write_buffer_limits(0)  # so that `drain` returns when all has gone out
    await _write(_head(response, how), connection)
    for at in range(0, stop, step):
        if how.pause and not await _wait(how.pause, gone, faults):
            return
        await _write(content[at : min(at + step, stop)], connection)
    if how.hold and await _wait(None, gone, faults):
        await _write(content[stop:], connection)


async def _write(data: bytes | memoryview, connection: Connection) -> None:
    connection.transport.write(data)
    await connection.flow.drain()


def _head(response: Response, how: Delivery) -> bytes:
    length = max(len(response.body) + how.length, 0)
    headers = {**response.headers, "content-length": str(length), "connection": "close"}
    first = f"HTTP/1.1 {response.status} {responses.get(response.status, '')}"
    lines = [first, *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _wait(seconds: float | None, gone: asyncio.Future[None], faults: Faults) -> bool:
    """Wait so long, or until somebody lets it go; False when the client has left."""
    if seconds == 0:
        return True
    ticket = faults.ticket()
    going_on = asyncio.wrap_future(ticket)
    try:
        await asyncio.wait({going_on, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if going_on.done():
            going_on.result()
        return not gone.done()
    finally:
        faults.forget(ticket)
        going_on.cancel()
