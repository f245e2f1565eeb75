"""This side of the wire: versions, extras, what the environment says, and proxies on the way out."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from ...address import Address
from ...transport.base import Proxy, proxy_for
from ...version import __version__
from .findings import Chart

if TYPE_CHECKING:
    from ...exchange import Session

_NEEDED = ("urllib3", "orjson", "pybase64", "Pillow")
_EXTRAS = {
    "async": ("AsyncWebUIApi", ("aiohttp",)),
    "cli": ("the command line", ("click", "rich")),
    "server": ("the embedded server", ("starlette", "uvicorn", "numpy")),
}
"""What each extra is for, and its packages."""


@dataclass
class Place:
    """Where the client looks, and how it gets there."""

    url: str
    """As the client says it."""
    address: Address
    session: Session
    local: bool
    """It is the embedded server in this process."""
    compress: bool
    """Compressed answers are asked for."""
    proxy: Proxy | None = None
    """Through which calls go."""


def look_here(chart: Chart, place: Place) -> None:
    """Versions, extras, the environment, and the proxy, which is noted in the place. Nothing is sent."""
    _versions(chart)
    if not place.local:
        _environment(chart, place.session, place.address)
        place.proxy = _way_out(chart, place.session, place.address)


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _versions(chart: Chart) -> None:
    packages = [*_NEEDED, *(package for _, members in _EXTRAS.values() for package in members)]
    found = {package: _installed(package) for package in packages}
    listed = ", ".join(f"{package} {number}" for package, number in found.items() if number)
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}".strip()
    chart.ok("client", f"webuiapi {__version__}, {python}", listed)
    missing = {name: what for name, (what, members) in _EXTRAS.items() if None in map(found.get, members)}
    if missing:
        packages_of = " ".join(package for name in missing for package in _EXTRAS[name][1] if not found[package])
        chart.note(
            "extras",
            f"not installed here: what is needed for {', '.join(missing.values())}",
            suggestion=f"If you want it: pip install {packages_of}",
        )


def _environment(chart: Chart, session: Session, address: Address) -> None:
    for name in ("WEBUIAPI_URL", "WEBUIAPI_AUTH"):
        if os.environ.get(name):
            shown = "an address" if name == "WEBUIAPI_URL" else "a user name and a password"
            chart.note("environment", f"{name} is set, to {shown} for clients that are given none")
    if session.auth is not None and address.scheme == "http" and not address.loopback:
        chart.warning(
            "credentials-in-clear",
            f"user name and password go to {address.host} readable for everyone in between",
            "plain http, and not this machine",
            "Use https, or a tunnel (ssh -L 7860:127.0.0.1:7860 ...), or leave them out where nobody asks for them.",
        )


def _way_out(chart: Chart, session: Session, address: Address) -> Proxy | None:
    given = session.settings(address.scheme)
    proxy = proxy_for(address, given)
    if proxy is not None:
        source = "as proxy= says" if given.proxy is not None else "as the environment says (HTTP_PROXY, HTTPS_PROXY)"
        chart.note(
            "http-proxy",
            f"calls go through the proxy {proxy.address.origin}, {source}",
            suggestion=f'If {address.host} is in your own network, go without: proxy="" or NO_PROXY={address.host}',
        )
    return proxy
