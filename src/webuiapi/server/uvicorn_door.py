"""uvicorn as the socket door uses it: one callable around `App`, 40 worker threads as the real server has, connections
that close after 5 idle seconds as there, and faults that lie below HTTP (see `delivery.py`).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.concurrency import run_in_threadpool
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from .app import App
from .delivery import Receive, deliver, until_gone
from .http import Body, Dropped, Request
from .limits import Limits

KEEP_ALIVE = 5
"""Seconds after which an idle connection is closed."""
BACKLOG = 2048

_log = logging.getLogger("webuiapi.server.door")
_log.addHandler(logging.NullHandler())

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]


class Uvicorn(uvicorn.Server):
    """uvicorn, that says when it is up, goes away for a while, and leaves when it is told to."""

    def __init__(self, app: App) -> None:
        super().__init__(_config(app))
        self.up = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._coming: asyncio.Future[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._stop_accepting()
        await super().shutdown(sockets)

    def leave(self) -> None:
        """End soon."""
        self.should_exit = True

    def go_away(self, bind: Callable[[], socket.socket], seconds: float | None, back: Future[None]) -> None:
        """Break all connections and listen to nobody for so long, or until `back` is done.

        `bind` gives the socket to listen on afterwards. Called from another thread; returns when whoever connects is
        refused.
        """
        if self._loop is None or self.should_exit:
            return
        self.up.clear()
        asyncio.run_coroutine_threadsafe(self._go_away(bind, seconds, back), self._loop).result()

    async def _stop_accepting(self) -> None:
        """Let connections come to be that are being accepted: until Python 3.12 closing the listener loses them."""
        for server in self.servers:
            for listener in server.sockets:
                with suppress(NotImplementedError):  # of Windows' event loop, which does not lose them
                    asyncio.get_running_loop().remove_reader(listener)
        await asyncio.sleep(0)

    async def _go_away(self, bind: Callable[[], socket.socket], seconds: float | None, back: Future[None]) -> None:
        await self._stop_accepting()
        for server in self.servers:
            server.close()
        bound = bind()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        self._coming = asyncio.ensure_future(self._come_back(bound, seconds, back))

    async def _come_back(self, bound: socket.socket, seconds: float | None, back: Future[None]) -> None:
        waiting = asyncio.wrap_future(back)
        await asyncio.wait({waiting}, timeout=seconds)
        if waiting.done():
            waiting.exception()  # dropped or let go: both are a reason to be back
        else:
            waiting.cancel()
        if not self.should_exit:
            await self.startup([bound])


class _Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's own, but its callable also gets the connection, which it can break, and it logs under our name."""

    app: Asgi

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _log
        self.access_log = False
        answer = self.app

        async def with_connection(scope: Message, receive: Receive, send: Send) -> None:
            await answer({**scope, "webuiapi.connection": self}, receive, send)

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
        limit_concurrency=app.limits.connections,
    )


def _door(app: App) -> Asgi:
    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        fault = app.pick(scope["method"], scope["path"])
        body: Body | None = b""
        if not (fault and fault.refuses):
            body = await _body(receive, headers, app.limits)
        if body is None:
            return
        request = Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)
        try:
            response = await run_in_threadpool(app.answer, request, fault)
            late = response.delivery is not None
            if late and not await deliver(response, scope["webuiapi.connection"], receive, app.faults):
                return
        except Dropped:
            scope["webuiapi.connection"].transport.abort()
            await until_gone(receive)  # so that no 500 is written to it
            return
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": fields})
        await send({"type": "http.response.body", "body": response.body})

    return answer


async def _body(receive: Receive, headers: dict[str, str], limits: Limits) -> Body | None:
    """The whole body, or as much of one that is too large as it takes to see that; None if the client left before.

    One chunk stays as it is; more are put together once.
    """
    if limits.says_too_large(headers):
        return b""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None  # the beginning of a request may well be one too, but is not what was to be done
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if not message.get("more_body", False) or size > limits.body:
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
