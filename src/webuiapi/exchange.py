"""What both clients share about talking to a server: where it is, what every call carries, redirects, error answers."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from .address import IN_PROCESS, Address, Credentials, check_host, parse_auth, parse_url
from .checks import users_level
from .errors import StatusError, status_error
from .transport.base import Incoming, Outgoing, Settings, basic, parse_proxy

if TYPE_CHECKING:
    from typing_extensions import Self

_MOST_REDIRECTS = 5


def chosen_address(
    *,
    host: str | None,
    port: int | None,
    baseurl: str | None,
    url: str | None,
    use_https: bool,
    username: str | None,
    password: str | None,
) -> tuple[Address, Credentials | None]:
    """The address and credentials from a constructor's arguments, else from WEBUIAPI_URL and WEBUIAPI_AUTH.

    Raises `ValueError` for arguments that contradict each other or are no address.
    """
    for name, value in (("host", host), ("baseurl", baseurl), ("url", url)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f'{name}={value!r:.60} must be a text, as in url="http://127.0.0.1:7860"')
    given = [name for name, value in (("host", host), ("baseurl", baseurl), ("url", url)) if value is not None]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} both say where the server is: give one of them")
    whole = [name for name in given if name != "host"]
    if whole and (port is not None or use_https):
        other = "port" if port is not None else "use_https"
        raise ValueError(f"{whole[0]} and {other} both say where the server is: {whole[0]} holds all of it")
    credentials = _given_credentials(username, password)
    if IN_PROCESS in (host, baseurl, url):
        return Address("http", "127.0.0.1", 7860), credentials
    from_environment = not given and port is None and not use_https
    inside: Credentials | None = None
    if from_environment and os.environ.get("WEBUIAPI_URL"):
        address, inside = parse_url(os.environ["WEBUIAPI_URL"], name="WEBUIAPI_URL")
    elif url is not None:
        address, inside = parse_url(url, name="url")
    elif baseurl is not None:
        address, inside = parse_url(baseurl, name="baseurl")
    else:
        address = _from_host("127.0.0.1" if host is None else host, 7860 if port is None else port, use_https)
    credentials = credentials or inside
    if credentials is None and from_environment and os.environ.get("WEBUIAPI_AUTH"):
        credentials = parse_auth(os.environ["WEBUIAPI_AUTH"], name="WEBUIAPI_AUTH")
    return address, credentials


def _given_credentials(username: str | None, password: str | None) -> Credentials | None:
    if username is None and password is None:
        return None
    return Credentials(username or "", password or "")


def _from_host(host: str, port: Any, use_https: bool) -> Address:
    if "/" in host or "@" in host:
        raise ValueError(f"host={host.rpartition('@')[2]!r} is more than a host name: pass it as url=")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise ValueError(f"port={port!r} must be a whole number from 1 to 65535")
    if not host:
        raise ValueError("host is empty")
    if re.fullmatch(r"[^:]+:\d+", host):
        name, _, number = host.partition(":")
        raise ValueError(f"host={host!r} holds a port too: give host={name!r}, port={number}, or url={host!r}")
    bare = host.strip("[]").lower()
    check_host(bare, f"host={host!r}")
    return Address("https" if use_https else "http", bare, port)


class Session:
    """What every call carries and how connections are made; may be changed at any time."""

    def __init__(
        self,
        address: Address,
        credentials: Credentials | None = None,
        headers: Mapping[str, str] | None = None,
        verify: Any = True,
        proxy: str | None = None,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self.headers: dict[str, str] = dict(headers or {})
        """Headers sent with every call."""
        self.verify = verify
        """Check the server's certificate: True, False, a path to a CA bundle, or an `ssl.SSLContext`."""
        self.proxies: dict[str, str] = {}
        """A proxy's URL for `http` and for `https`; "" for none. Without an entry the environment decides."""
        if proxy is not None:
            if proxy:
                parse_proxy(proxy)  # a bad one is said at once
            self.proxies = {"http": proxy, "https": proxy}
        self._warn()

    @property
    def auth(self) -> tuple[str, str] | None:
        """User name and password, or None."""
        return None if self._credentials is None else (self._credentials.username, self._credentials.password)

    @auth.setter
    def auth(self, pair: tuple[str, str] | None) -> None:
        self._credentials = None if pair is None else Credentials(*pair)
        self._warn()

    def set_auth(self, username: str, password: str) -> None:
        """Use these credentials from now on."""
        self.auth = (username, password)

    def _warn(self) -> None:
        if self._credentials is not None and self._address.scheme == "http" and not self._address.loopback:
            warnings.warn(
                f"user name and password go to {self._address.host} over plain http, "
                "readable for everyone in between; use https",
                stacklevel=users_level(),
            )

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """A copy with more headers."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.headers = {**self.headers, **headers}
        other.proxies = dict(self.proxies)
        return other

    def for_wire(self) -> dict[str, str]:
        """The headers of a call, credentials among them: the server asks for none, it only refuses."""
        headers = dict(self.headers)
        if self._credentials is not None and not any(name.lower() == "authorization" for name in headers):
            headers["Authorization"] = basic(self._credentials)
        return headers

    def settings(self, scheme: str) -> Settings:
        """How to connect for a call."""
        return Settings(self.verify, self.proxies.get(scheme))

    def __repr__(self) -> str:
        names = ", ".join(self.headers) or "none"  # values may be secret
        return (
            f"<Session: credentials {'set' if self._credentials else 'none'}, headers {names}, verify {self.verify!r}>"
        )


def merged(own: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Our headers with the caller's in their place, whatever the case of their names. The length stays ours to say."""
    theirs = {name: value for name, value in given.items() if name.lower() != "content-length"}
    names = {name.lower() for name in theirs}
    return {**{name: value for name, value in own.items() if name.lower() not in names}, **theirs}


def after_redirect(call: Outgoing, incoming: Incoming) -> Outgoing | None:
    """The call to make instead, for an answer that redirects; None for any other.

    A GET follows every redirect, a POST only 307 and 308 (the others would turn it into a GET). Credentials and headers
    of the caller's go along only to the same host and scheme.
    """
    location = incoming.headers.get("location")
    if incoming.status not in (301, 302, 303, 307, 308) or not location or call.hops >= _MOST_REDIRECTS:
        return None
    if call.method != "GET" and incoming.status not in (307, 308):
        return None
    try:
        target = urlsplit(urljoin(call.url, location))
        port = target.port or (443 if target.scheme == "https" else 80)
        check_host(target.hostname or "", "the redirect")
    except ValueError:
        return None
    if target.scheme not in ("http", "https") or not target.hostname:
        return None
    address = Address(target.scheme, target.hostname, port)
    headers = dict(call.headers)
    if (address.scheme, address.host, address.port) != (call.address.scheme, call.address.host, call.address.port):
        headers = {name: value for name, value in headers.items() if name in _OWN_HEADERS}
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    return replace(call, address=address, target=path, headers=headers, hops=call.hops + 1)


_OWN_HEADERS = frozenset({"User-Agent", "Accept", "Accept-Encoding", "Content-Type", "Content-Length"})


def error_for(call: Outgoing, incoming: Incoming) -> StatusError:
    """The error for an answer with a status of 300 or above."""
    from .wire import parse_json

    text = bytes(incoming.body).decode("utf-8", "replace")
    try:
        body = parse_json(text) if text else None
    except ValueError:
        body = None
    sent = any(name.lower() == "authorization" for name in call.headers)
    error = status_error(incoming.status, text, body, method=call.method, url=call.url, sent_credentials=sent)
    if incoming.status < 400:
        where = incoming.headers.get("location", "")
        error.message = f"it redirects to {where}" if where else error.message
        error.hint = "Use the address that it redirects to." if where else ""
    return error
