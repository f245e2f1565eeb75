"""The awaitable transport: aiohttp's connections, kept between calls, one pool for the running event loop."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from ..errors import ConnectError, ConnectionLost, MissingExtra, TransportError
from .base import (
    IDLE_LIMIT,
    Deadline,
    Incoming,
    Outgoing,
    begun,
    decompress,
    not_connected_text,
    proxy_for,
    reader_for,
    refuse_large,
    ssl_context,
    timed_out,
)

try:
    import aiohttp
    from yarl import URL  # aiohttp's own, which would write a URL that comes as text in its own way
except ImportError as error:
    raise MissingExtra.of("AsyncWebUIApi", "aiohttp") from error

_Keeper: TypeAlias = AsyncGenerator[aiohttp.ClientSession, None]

_SLICE = 1 << 18  # bytes handed over to be sent at a time
_BUFFER = 1 << 18  # received bytes that may wait for us before aiohttp pauses the sender


class AwaitableTransport:
    """Connections to any number of servers, kept while they are fresh. Safe to share between tasks.

    An aiohttp session belongs to one event loop: a call on another loop gets a session of its own, which is closed when
    that loop ends.
    """

    def __init__(self) -> None:
        self._sessions: dict[asyncio.AbstractEventLoop, _Kept] = {}
        self._lock = threading.Lock()

    async def send(self, call: Outgoing) -> Incoming:
        """Do the call. Raises `TransportError`."""
        deadline = call.deadline()
        session = await self._session()
        state = _State()
        try:  # aiohttp itself asks again once when a GET meets a dead connection
            incoming = await self._exchange(session, call, deadline, state)
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
            raise _problem(call, deadline, state, error) from error
        return decompress(incoming, call)

    async def aclose(self) -> None:
        """Close the kept connections; the next call opens new ones."""
        with self._lock:
            sessions, self._sessions = self._sessions, {}
        for loop, kept in sessions.items():
            if loop is asyncio.get_running_loop():
                await kept.keeper.aclose()
                await asyncio.sleep(0)  # the loop closes the sockets in its next round, which may be its last
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(kept.keeper.aclose(), loop)

    async def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        kept = self._sessions.get(loop)
        if kept is None:
            kept = _Kept(loop)
            with self._lock:
                self._sessions = {other: its for other, its in self._sessions.items() if not other.is_closed()}
                self._sessions[loop] = kept
        return await anext(kept.keeper)

    async def _exchange(
        self, session: aiohttp.ClientSession, call: Outgoing, deadline: Deadline, state: _State
    ) -> Incoming:
        proxy = proxy_for(call.address, call.settings)
        for_proxy = dict(proxy.headers) if proxy else {}
        tunnel = call.address.scheme == "https"
        limits = call.timeout
        async with session.request(
            call.method,
            URL(call.url, encoded=True),
            data=_data(call.pieces),
            headers=call.headers if tunnel else {**call.headers, **for_proxy},
            skip_auto_headers=("Accept-Encoding", "User-Agent", "Content-Type", "Accept"),
            allow_redirects=False,
            proxy=proxy.address.root if proxy else None,
            proxy_headers=for_proxy if tunnel else None,
            ssl=ssl_context(call.settings.verify) if tunnel else True,
            timeout=aiohttp.ClientTimeout(deadline.left(), limits.connect, limits.read, limits.connect),
            trace_request_ctx=state,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            return await _read(response, headers, call)


class _State:
    """How far an exchange came, for the error's sake."""

    sent = False


async def _keeper() -> _Keeper:
    """A session for the running event loop, which closes what generators of this kind are still open when it ends."""
    session = _new_session()
    try:
        while True:
            yield session
    finally:
        await session.close()


class _Kept:
    """The keeper of a loop's session; when this is dropped, so is the session."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.keeper = _keeper()
        weakref.finalize(self, _leave, self.keeper, loop, threading.current_thread())


def _leave(keeper: _Keeper, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """Close a session that nobody uses any more, or whose loop was closed by hand, or never, as old scripts do."""
    closing = keeper.aclose()
    if loop.is_running():
        asyncio.run_coroutine_threadsafe(closing, loop)
    elif loop.is_closed():  # nothing can be waited for any more, and nothing is
        with suppress(StopIteration, RuntimeError):
            while True:
                closing.send(None)
    elif threading.current_thread() is thread and asyncio._get_running_loop() is None:
        loop.run_until_complete(closing)


def _new_session() -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_sent)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_LIMIT, ttl_dns_cache=60),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        read_bufsize=_BUFFER,
        trace_configs=[trace],
        trust_env=False,
    )


async def _sent(session: Any, context: Any, params: Any) -> None:
    del session, params
    context.trace_request_ctx.sent = True


def _data(pieces: Sequence[bytes]) -> bytes | AsyncIterator[bytes | memoryview] | None:
    if len(pieces) == 1 and len(pieces[0]) <= _SLICE:
        return pieces[0]
    return _in_order(pieces) if pieces else None


async def _in_order(pieces: Sequence[bytes]) -> AsyncIterator[bytes | memoryview]:
    for piece in pieces:
        view = memoryview(piece)
        for at in range(0, len(view), _SLICE):  # so that the event loop goes on in between
            yield view[at : at + _SLICE]


async def _read(response: aiohttp.ClientResponse, headers: dict[str, str], call: Outgoing) -> Incoming:
    length = None if response.headers.get("Transfer-Encoding") else response.content_length
    refuse_large(call, length)
    reader = reader_for(call, response.status, headers, length)
    if reader is None:
        return Incoming(response.status, headers, await _body(response, call, length))
    async for piece in response.content.iter_any():
        for at in range(0, len(piece), _SLICE):  # so that the event loop goes on in between
            reader.feed(piece[at : at + _SLICE])
            await asyncio.sleep(0)
        refuse_large(call, len(reader))
    if length is not None and len(reader) != length:
        raise aiohttp.ClientPayloadError(f"{len(reader)} of {length} bytes arrived")
    return Incoming(response.status, headers, b"", reader)


async def _body(response: aiohttp.ClientResponse, call: Outgoing, length: int | None) -> bytes | bytearray:
    if length is None:
        whole = bytearray()
        async for piece in response.content.iter_any():
            whole += piece
            refuse_large(call, len(whole))
        return whole
    body, at = bytearray(length), 0
    async for piece in response.content.iter_any():
        body[at : at + len(piece)] = piece
        at += len(piece)
    if at != length:
        raise aiohttp.ClientPayloadError(f"{at} of {length} bytes arrived")
    return body


def _problem(call: Outgoing, deadline: Deadline, state: _State, error: BaseException) -> TransportError:
    where, sent = f"{call.method} {call.url}", state.sent
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):  # two kinds in Python 3.10; aiohttp's are among them
        connecting = isinstance(error, aiohttp.ConnectionTimeoutError)
        return timed_out(call, deadline.passed, sent=sent, connecting=connecting)
    if isinstance(error, aiohttp.ClientConnectorError):
        return ConnectError(not_connected_text(call, error), method=call.method, url=call.url)
    if isinstance(error, aiohttp.ClientPayloadError):
        what = "the answer broke off before its end"
    elif isinstance(error, aiohttp.ServerDisconnectedError):
        what = "the server closed the connection without an answer"
    elif isinstance(error, aiohttp.ClientHttpProxyError):
        return ConnectError(
            f"{where}: the proxy answered {error.status}: {error.message}", method=call.method, url=call.url
        )
    elif isinstance(error, aiohttp.ClientResponseError):
        what = f"what answers there does not speak HTTP ({error.message})"
    else:
        what = f"the connection broke: {error}"
    return ConnectionLost(f"{where}: {what}{begun(call, sent)}", method=call.method, url=call.url, may_have_begun=sent)
