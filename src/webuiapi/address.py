"""Where the server is: every way of saying it brought to one form, credentials taken out at once."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

API_PATH = "/sdapi/v1"
IN_PROCESS = ":local:"
"""Given as the host or the URL: the embedded server, in this process."""


@dataclass(frozen=True)
class Address:
    """A server's address. `prefix` is the path below which all of it is served, without a trailing slash."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def origin(self) -> str:
        """`http://host:port`"""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def root(self) -> str:
        """The address as one would type it, without `/sdapi/v1` and without a trailing slash."""
        return self.origin + self.prefix

    @property
    def loopback(self) -> bool:
        """Whether it is this machine (which can still be the near end of a tunnel)."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Credentials:
    """A user name and a password; the password never shows."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, password='***')"


def parse_url(text: str, *, name: str = "url") -> tuple[Address, Credentials | None]:
    """The address and the credentials in a URL: with or without `http://`, `/sdapi/v1`, a path, a trailing slash.

    Raises `ValueError` for anything else; the message never holds a password.
    """
    parts, host, port, what = split_url(text, name)
    if parts.query or parts.fragment:
        raise ValueError(f"{what} has a '?' or '#' part: give the server's address only")
    default = 443 if parts.scheme == "https" else 80
    return Address(parts.scheme, host, port or default, _prefix(parts.path)), credentials_in(parts)


def split_url(text: str, name: str) -> tuple[SplitResult, str, int | None, str]:
    """The parts of an http(s) URL, its host, its port, and how it is called in messages. Raises `ValueError`."""
    given = text.strip()
    shown = _without_credentials(given)
    what = f"{name}={shown!r}"
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
        host = parts.hostname
    except ValueError:  # whose message can hold the password
        raise ValueError(f"{what} is no address") from None
    if any("@" in part for part in (parts.path, parts.query, parts.fragment)):
        raise ValueError(f"{what} has a '/', '?' or '#' before an '@': in a password write %2F, %3F, %23")
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"{what} has the scheme {parts.scheme!r}: http or https is needed")
    if not host:
        raise ValueError(f"{what} names no host: give something like http://127.0.0.1:7860")
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"{what} is no address: its port must be a number up to 65535") from None
    check_host(host, what)
    return parts, host, port, what


def credentials_in(parts: SplitResult) -> Credentials | None:
    """User name and password of a URL; an empty password is one."""
    if parts.username is None:
        return None
    return Credentials(unquote(parts.username), unquote(parts.password or ""))


def check_host(host: str, what: str) -> None:
    """Raise `ValueError` for what can't be a host name or an address."""
    try:
        if ":" in host:
            ipaddress.IPv6Address(host.partition("%")[0])
        elif not re.fullmatch(r"(?:[!-\-/-~]{1,63}\.)*[!-\-/-~]{1,63}\.?", host):
            host.encode("idna")  # a name beyond plain letters, or none at all
    except ValueError as error:
        raise ValueError(f"{what} has no proper host name: {error}") from None


def _prefix(path: str) -> str:
    prefix = path.rstrip("/")
    if prefix.endswith(API_PATH):
        prefix = prefix[: -len(API_PATH)]
    return prefix.rstrip("/")


def _without_credentials(text: str) -> str:
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text)
    return (scheme.group() if scheme else "") + text[scheme.end() if scheme else 0 :].rpartition("@")[2]


def parse_auth(text: str, *, name: str) -> Credentials:
    """`user:password` as credentials. Raises `ValueError` when there is no colon."""
    username, colon, password = text.partition(":")
    if not colon:
        raise ValueError(f"{name} must have the form user:password")
    return Credentials(username, password)


def endpoint_path(endpoint: str, baseurl: bool) -> str:
    """The path of an endpoint below the server's address, which may be said below /sdapi/v1."""
    return f"{API_PATH if baseurl else ''}/{endpoint.lstrip('/')}"
