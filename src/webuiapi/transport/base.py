"""What crosses the seam, and what both colours of it share."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from ..address import Address, Credentials, credentials_in, is_loopback, split_url
from ..errors import AnswerTooLarge, CallTimeout, TransportError

if TYPE_CHECKING:
    from ..arriving import Arriving

IDLE_LIMIT = 3.0
"""Seconds after which a kept connection is not used again: the webui closes idle ones after 5."""


@dataclass(frozen=True)
class Timeout:
    """Limits in seconds; None is no limit.

    `connect` is for making the connection, `read` for each wait on the socket, `total` for the whole call, whatever
    the server does: it holds against one that sends a byte now and then.
    """

    connect: float | None = 10.0
    read: float | None = None
    total: float | None = None

    def __post_init__(self) -> None:
        for name in ("connect", "read", "total"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0):
                raise ValueError(f"timeout: {name}={value!r} must be a number of seconds above 0, or None")
            if value == math.inf:  # which sockets do not know
                object.__setattr__(self, name, None)


@dataclass(frozen=True)
class Settings:
    """How connections are made."""

    verify: Any = True
    """True, False, a path to a CA bundle, or an `ssl.SSLContext`."""
    proxy: str | None = None
    """A proxy's URL; None follows the environment (for hosts other than this machine), "" uses none."""


@dataclass
class Outgoing:
    """One HTTP call on its way out."""

    method: str
    address: Address
    target: str
    """Path and query as they stand in the request line."""
    headers: dict[str, str]
    pieces: Sequence[bytes] = ()
    timeout: Timeout = field(default_factory=Timeout)
    settings: Settings = field(default_factory=Settings)
    hops: int = 0
    """Redirects followed so far."""
    max_response: int | None = None
    """Bytes of an answer's body from which on it is refused."""
    arriving: Callable[[], Arriving] | None = None
    """Makes what reads a large answer while it arrives; None reads every answer whole."""
    to_disk: bool = False
    """Its pictures go to files, so that an answer of any size is read while it arrives."""
    reader: Arriving | None = None
    """What reads the answer, or has read what came of it."""
    started: float | None = None
    """When it was first sent, by `time.monotonic()`: redirects do not prolong its time."""

    @property
    def url(self) -> str:
        """The whole URL, without credentials."""
        return self.address.origin + self.target

    def deadline(self) -> Deadline:
        """The moment at which its time is up, counted from the first call of this."""
        if self.started is None:
            self.started = time.monotonic()
        return Deadline(self.timeout, self.started)


@dataclass
class Incoming:
    """What came back, whatever its status."""

    status: int
    headers: dict[str, str]
    """Names in lower case; of repeated ones the last."""
    body: bytes | bytearray
    arriving: Arriving | None = None
    """What has read the body while it came; `body` is empty then."""

    @property
    def size(self) -> int:
        """Bytes of the body, as it was received."""
        return len(self.body if self.arriving is None else self.arriving)


LARGE = 48 << 20
"""Bytes of an answer from which on it is read while it arrives. Below, reading it whole takes half the time, since
pieces have to be joined; above, twice the time, since memory has to be found (benchmarks, `answers` and `memory`)."""


def reader_for(call: Outgoing, status: int, headers: Mapping[str, str], length: int | None) -> Arriving | None:
    """What reads an answer while it arrives; None to take it whole: it is small, compressed, or an error."""
    small = length is not None and length < LARGE and not call.to_disk
    if call.arriving is None or status != 200 or small or headers.get("content-encoding", "identity") != "identity":
        return None
    call.reader = call.arriving()
    return call.reader


class Transport(Protocol):
    """The plain seam. Safe to share between threads."""

    def send(self, call: Outgoing) -> Incoming:
        """Do the call. Raises `TransportError`."""

    def close(self) -> None:
        """Close kept connections; the next call opens new ones."""


class AsyncTransport(Protocol):
    """The awaitable seam. Safe to share between tasks of one event loop."""

    async def send(self, call: Outgoing) -> Incoming:
        """Do the call. Raises `TransportError`."""

    async def aclose(self) -> None:
        """Close kept connections; the next call opens new ones."""


class Deadline:
    """The moment at which a call's total time is up."""

    def __init__(self, timeout: Timeout, start: float) -> None:
        self.timeout = timeout
        self._end = None if timeout.total is None else start + timeout.total

    def left(self, limit: float | None = None) -> float | None:
        """Seconds left, at most `limit`; None is no limit. Raises `TimeoutError` when none are."""
        if self._end is None:
            return limit
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the total time is up")
        return left if limit is None else min(left, limit)

    @property
    def passed(self) -> bool:
        """Whether the total time is up."""
        return self._end is not None and time.monotonic() >= self._end


@dataclass(frozen=True)
class Proxy:
    """A proxy and what it wants to be shown."""

    address: Address
    headers: Mapping[str, str]


def proxy_for(address: Address, settings: Settings) -> Proxy | None:
    """The proxy for a call: the one given, else the environment's, but never for this machine."""
    if settings.proxy is not None:
        return parse_proxy(settings.proxy) if settings.proxy else None
    if is_loopback(address.host):
        return None
    import urllib.request  # heavy, and seldom needed

    found = urllib.request.getproxies().get(address.scheme)
    if not found or urllib.request.proxy_bypass(address.host):
        return None
    return parse_proxy(found)


def parse_proxy(text: str) -> Proxy:
    """A proxy's URL as an address and headers. Raises `ValueError`, without showing a password."""
    parts, host, port, _ = split_url(text, "proxy")
    credentials = credentials_in(parts)
    headers = {} if credentials is None else {"Proxy-Authorization": basic(credentials)}
    return Proxy(Address(parts.scheme, host, port or (443 if parts.scheme == "https" else 80)), headers)


def basic(credentials: Credentials) -> str:
    """The value of an Authorization header, in UTF-8. (A1111 reads ASCII only, and refuses what is beyond.)"""
    pair = f"{credentials.username}:{credentials.password}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def timed_out(call: Outgoing, deadline_passed: bool, *, sent: bool, connecting: bool = False) -> CallTimeout:
    """The error for a call whose time is up, saying which limit it was and what may have happened."""
    limits = call.timeout
    if connecting and not deadline_passed:
        what = f"no connection within {limits.connect:g} s" if limits.connect else "no connection"
    elif deadline_passed and limits.total is not None:
        what = f"no whole answer within {limits.total:g} s"
    else:
        what = f"nothing arrived for {limits.read:g} s" if limits.read else "timed out"
    return CallTimeout(
        f"{call.method} {call.url}: {what}{begun(call, sent)}", method=call.method, url=call.url, may_have_begun=sent
    )


def begun(call: Outgoing, sent: bool) -> str:
    """A clause for messages about calls that change something and may have reached the server."""
    return "; the server may have begun, and goes on" if sent and call.method != "GET" else ""


NotConnected: TypeAlias = Literal["refused", "name", "certificate", "tls", "other"]
"""Why there is no connection: nobody listens, the name is unknown, the certificate is not trusted, TLS, or else."""


def why_not_connected(error: BaseException) -> tuple[NotConnected, Any]:
    """Why there is no connection, and the exception that says so."""
    import socket
    import ssl

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "refused", cause
        if isinstance(cause, socket.gaierror):
            return "name", cause
        if isinstance(cause, ssl.SSLCertVerificationError) and hasattr(cause, "verify_message"):  # aiohttp's lack both
            return "certificate", cause
        if isinstance(cause, ssl.SSLError) and hasattr(cause, "reason"):
            return "tls", cause
        cause = cause.__cause__ or cause.__context__
    return "other", getattr(error, "os_error", error)  # aiohttp's own texts show the insides of objects


def not_connected_text(call: Outgoing, error: BaseException) -> str:
    """Why there is no connection, in a sentence, with what to look at."""
    why, cause = why_not_connected(error)
    texts = {
        "refused": f"nobody listens at {call.address.origin}. Is the server started, and is the port right?",
        "name": f"the host name {call.address.host!r} can't be resolved",
        "certificate": f"the server's certificate is not trusted: {getattr(cause, 'verify_message', '')} (see verify=)",
        "tls": f"no TLS connection: {getattr(cause, 'reason', None) or cause} (does the server speak https?)",
        "other": f"no connection: {getattr(cause, 'strerror', None) or cause}",
    }
    return f"{call.method} {call.url}: {texts[why]}"


@lru_cache(maxsize=8)
def ssl_context(verify: Any) -> Any:
    """The TLS settings for `verify`, made once: loading the trusted certificates takes a while.

    Raises `ValueError` for a CA bundle that can't be read.
    """
    import ssl

    if isinstance(verify, ssl.SSLContext):
        return verify
    try:
        context = ssl.create_default_context(cafile=None if isinstance(verify, bool) else str(verify))
    except OSError as error:
        raise ValueError(f"verify={verify!r} can't be read: {error.strerror or error}") from error
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def refuse_large(call: Outgoing, size: int | None) -> None:
    """Raise `AnswerTooLarge` for a body beyond the call's limit."""
    if size is not None and call.max_response is not None and size > call.max_response:
        raise AnswerTooLarge(
            f"{call.method} {call.url}: the answer has more than {call.max_response} bytes (max_response)",
            method=call.method,
            url=call.url,
            may_have_begun=True,
        )


def decompress(incoming: Incoming, call: Outgoing) -> Incoming:
    """The answer with its body as it was before the server compressed it."""
    encoding = incoming.headers.get("content-encoding", "identity").lower()
    if encoding in ("", "identity"):
        return incoming
    import zlib

    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise TransportError(f"{call.method} {call.url}: the answer is in the unknown encoding {encoding!r}",
                             method=call.method, url=call.url, may_have_begun=True)  # fmt: skip
    # "deflate" means with the header of zlib, but some servers leave it out.
    headless = encoding == "deflate" and not incoming.body[:1].hex().endswith("8")
    try:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS if headless else zlib.MAX_WBITS | 32)
        body = unpacker.decompress(incoming.body, 0 if call.max_response is None else call.max_response + 1)
        refuse_large(call, len(body))
        if not unpacker.eof:
            raise zlib.error("it ends too early")
    except zlib.error as error:
        raise TransportError(f"{call.method} {call.url}: the compressed answer can't be read: {error}",
                             method=call.method, url=call.url, may_have_begun=True) from error  # fmt: skip
    return Incoming(incoming.status, incoming.headers, body)
