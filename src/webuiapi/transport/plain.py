"""The plain transport: urllib3's connections, kept between calls.

urllib3 makes the connections (TLS, proxies, tunnels) and sends; the answer is read here, straight into one buffer and
against one deadline for the whole call.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from functools import partial
from typing import Any, TypeAlias

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import is_connection_dropped

from ..address import Address
from ..errors import ConnectError, ConnectionLost, TransportError
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

_Connection: TypeAlias = HTTPConnection | HTTPSConnection
_SLICE = 1 << 18  # bytes sent between two looks at the clock
_KEPT = 16  # idle connections kept for each origin


class PlainTransport:
    """Connections to any number of servers, kept while they are fresh. Safe to share between threads."""

    def __init__(self) -> None:
        self._idle: dict[tuple[Any, ...], list[_Kept]] = {}
        self._lock = threading.Lock()

    def send(self, call: Outgoing) -> Incoming:
        """Do the call. Raises `TransportError`."""
        deadline = call.deadline()
        key = (call.address.origin, call.settings.verify, call.settings.proxy)
        kept = self._take(key)
        if kept is not None:
            try:
                return self._exchange(kept, key, call, deadline)
            except _Stale as stale:  # closed by the server just as we used it
                if call.method != "GET":
                    raise stale.error from stale.error.__cause__
        return self._exchange(self._connect(call, deadline), key, call, deadline)

    def close(self) -> None:
        """Close the kept connections; the next call opens new ones."""
        with self._lock:
            kept = [item for items in self._idle.values() for item in items]
            self._idle.clear()
        for item in kept:
            item.connection.close()

    def __del__(self) -> None:
        self.close()  # old scripts close nothing

    def _take(self, key: tuple[Any, ...]) -> _Kept | None:
        now = time.monotonic()
        while True:
            with self._lock:
                items = self._idle.get(key)
                if not items:
                    return None
                kept = items.pop()
            if now - kept.since <= IDLE_LIMIT and not is_connection_dropped(kept.connection):
                return kept
            kept.connection.close()

    def _keep(self, key: tuple[Any, ...], kept: _Kept) -> None:
        kept.since, kept.used = time.monotonic(), True
        with self._lock:
            items = self._idle.setdefault(key, [])
            if len(items) < _KEPT:
                items.append(kept)
                return
        kept.connection.close()

    def _connect(self, call: Outgoing, deadline: Deadline) -> _Kept:
        proxy = proxy_for(call.address, call.settings)
        connection = _connection(call.address, proxy.address if proxy else None, call.settings.verify)
        absolute, headers = False, {}
        if proxy is not None and call.address.scheme == "https":
            connection.set_tunnel(call.address.host, call.address.port, dict(proxy.headers))
        elif proxy is not None:
            absolute, headers = True, dict(proxy.headers)
        try:
            connection.timeout = deadline.left(call.timeout.connect)
            connection.connect()
        except (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException) as error:
            connection.close()
            raise _not_connected(call, deadline, error) from error
        return _Kept(connection, absolute, headers)

    def _exchange(self, kept: _Kept, key: tuple[Any, ...], call: Outgoing, deadline: Deadline) -> Incoming:
        connection = kept.connection
        progress = _Progress()
        response: http.client.HTTPResponse | None = None
        try:
            response = _ask(kept, call, deadline, progress)
            incoming = _read(response, call)
            response.close()  # which http.client leaves open after an empty body, and then refuses the next request
        except BaseException as error:
            if response is not None:
                response.close()  # it holds the socket open where the connection has let go of it
            connection.close()
            if isinstance(error, (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException)):
                raise _broken(kept, call, deadline, progress, error) from error
            raise
        if response.will_close:
            connection.close()
        else:
            self._keep(key, kept)
        return decompress(incoming, call)


class _Kept:
    """A connection, and how it is used."""

    def __init__(self, connection: _Connection, absolute: bool, headers: dict[str, str]) -> None:
        self.connection = connection
        self.absolute = absolute  # the request line holds the whole URL: a proxy is asked
        self.headers = headers  # for the proxy
        self.since = 0.0
        self.used = False


class _Progress:
    """How far an exchange came, for the error's sake."""

    sent = False
    answering = False


class _Stale(Exception):
    """A kept connection turned out to be closed before anything came back."""

    def __init__(self, error: TransportError) -> None:
        super().__init__(str(error))
        self.error = error


def _connection(address: Address, proxy: Address | None, verify: Any) -> _Connection:
    near = proxy or address
    if "https" not in (near.scheme, address.scheme):
        return HTTPConnection(near.host, near.port)
    context = ssl_context(verify)
    trusting = verify is False
    return HTTPSConnection(
        near.host,
        near.port,
        ssl_context=context,
        assert_hostname=False if trusting else None,
        cert_reqs=ssl.CERT_NONE if trusting else ssl.CERT_REQUIRED,
    )


def _ask(kept: _Kept, call: Outgoing, deadline: Deadline, progress: _Progress) -> http.client.HTTPResponse:
    """Send the request and read the head of the answer."""
    connection = kept.connection
    connection.response_class = partial(_Response, watch=_Watch(deadline, call.timeout.read, progress))  # type: ignore[assignment]
    own_host = any(name.lower() == "host" for name in call.headers)
    connection.putrequest(
        call.method, call.url if kept.absolute else call.target, skip_host=own_host, skip_accept_encoding=True
    )
    for name, value in {**call.headers, **kept.headers}.items():
        connection.putheader(name, value)
    _limit(connection, deadline)
    connection.endheaders()
    for piece in call.pieces:
        view = memoryview(piece)
        for at in range(0, len(view), _SLICE):
            _limit(connection, deadline)
            connection.send(view[at : at + _SLICE])
    progress.sent = True
    # http.client's own answer: urllib3's would copy the body once more than needed.
    return http.client.HTTPConnection.getresponse(connection)


def _limit(connection: _Connection, deadline: Deadline) -> None:
    sock = connection.sock
    if sock is not None:
        sock.settimeout(deadline.left(deadline.timeout.read))


class _Watch:
    """What a reader of the socket holds to."""

    def __init__(self, deadline: Deadline, read: float | None, progress: _Progress) -> None:
        self.deadline = deadline
        self.read = read
        self.progress = progress


class _Response(http.client.HTTPResponse):
    """An answer read from the socket with the call's limits on every wait."""

    def __init__(self, sock: socket.socket, *args: Any, watch: _Watch, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw: Any = self.fp.detach()  # the socket.SocketIO that http.client has just made
        self.fp = _Lines(_Limited(raw, sock, watch), 1 << 16)
        self.fp.watch = watch


class _Lines(io.BufferedReader):
    """A reader that does not take the end of a broken connection for the end of the head."""

    watch: _Watch

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        whole = line.endswith(b"\n") or len(line) == size
        if not whole and (line or self.watch.progress.answering):
            raise http.client.IncompleteRead(line)
        return line


class _Limited(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: socket.socket, watch: _Watch) -> None:
        self._raw, self._sock, self._watch = raw, sock, watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._watch.deadline.left(self._watch.read))
        count = self._raw.readinto(buffer)
        if count:
            self._watch.progress.answering = True
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _read(response: http.client.HTTPResponse, call: Outgoing) -> Incoming:
    headers = _headers(response)
    length = None if response.chunked else response.length
    refuse_large(call, length)
    reader = reader_for(call, response.status, headers, length)
    if reader is None:
        return Incoming(response.status, headers, _body(response, call))
    buffer = bytearray(1 << 19)
    while count := response.readinto(buffer):
        reader.feed(buffer, count)
        refuse_large(call, len(reader))
    if length is not None and len(reader) < length:
        raise http.client.IncompleteRead(b"", length - len(reader))
    return Incoming(response.status, headers, b"", reader)


def _body(response: http.client.HTTPResponse, call: Outgoing) -> bytes | bytearray:
    length = response.length
    if length is None or response.chunked:
        whole = bytearray()
        while piece := response.read(_SLICE):
            whole += piece
            refuse_large(call, len(whole))
        return whole
    body = bytearray(length)
    view, at = memoryview(body), 0
    while at < length:
        count = response.readinto(view[at:])
        if not count:
            raise http.client.IncompleteRead(bytes(view[:64]), length - at)
        at += count
    return body


def _not_connected(call: Outgoing, deadline: Deadline, error: Exception) -> TransportError:
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)  # which urllib3 counts among the timeouts
    if isinstance(error, (TimeoutError, urllib3.exceptions.TimeoutError)) and not refused:
        return timed_out(call, deadline.passed, sent=False, connecting=True)
    return ConnectError(not_connected_text(call, error), method=call.method, url=call.url)


def _broken(kept: _Kept, call: Outgoing, deadline: Deadline, progress: _Progress, error: Exception) -> Exception:
    if isinstance(error, (TimeoutError, urllib3.exceptions.TimeoutError)):
        return timed_out(call, deadline.passed, sent=progress.sent)
    if isinstance(error, ValueError):
        return error
    if isinstance(error, http.client.IncompleteRead):
        what = "the answer broke off before its end"
    elif not progress.answering and isinstance(error, (http.client.RemoteDisconnected, ConnectionError)):
        what = "the server closed the connection without an answer"
    elif isinstance(error, http.client.HTTPException):
        what = f"what answers there does not speak HTTP ({type(error).__name__}: {error})"
    else:
        what = f"the connection broke: {error}"
    lost = ConnectionLost(f"{call.method} {call.url}: {what}{begun(call, progress.sent)}",
                          method=call.method, url=call.url, may_have_begun=progress.sent)  # fmt: skip
    if kept.used and not progress.answering:
        lost.__cause__ = error
        return _Stale(lost)
    return lost
