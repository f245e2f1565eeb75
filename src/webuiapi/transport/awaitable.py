"""The awaitable transport: aiohttp's connections, kept between calls, one pool for the running event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

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
    refuse_large,
    ssl_context,
    timed_out,
)

try:
    import aiohttp
    from yarl import URL  # aiohttp's own, which would write a URL that comes as text in its own way
except ImportError as error:
    raise MissingExtra.of("AsyncWebUIApi", "aiohttp") from error

_SLICE = 1 << 18  # bytes handed over to be sent at a time
_BUFFER = 1 << 18  # received bytes that may wait for us before aiohttp pauses the sender


class AwaitableTransport:
    """Connections to any number of servers, kept while they are fresh. Safe to share between tasks.

    An aiohttp session belongs to one event loop: a call on another loop gets a session of its own, and the sessions of
    loops that have ended are closed.
    """

    def __init__(self) -> None:
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}
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
        for loop, session in sessions.items():
            if loop is asyncio.get_running_loop() or loop.is_closed():
                await session.close()  # of an ended loop there is nothing left to wait for
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(session.close(), loop)

    async def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None:
            session = _new_session()
            with self._lock:
                ended = [other for other in self._sessions if other.is_closed()]
                dropped = [self._sessions.pop(other) for other in ended]
                self._sessions[loop] = session
            for old in dropped:
                await old.close()
        return session

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
            return Incoming(response.status, headers, await _body(response, call))


class _State:
    """How far an exchange came, for the error's sake."""

    sent = False


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


async def _body(response: aiohttp.ClientResponse, call: Outgoing) -> bytes | bytearray:
    length = response.content_length
    refuse_large(call, length)
    if length is None or response.headers.get("Transfer-Encoding"):
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
