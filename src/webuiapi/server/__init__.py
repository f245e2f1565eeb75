"""The embedded server: answers as a real webui does, paints with a stand-in, needs no GPU.

    with webuiapi.server.serve() as server:
        api = webuiapi.WebUIApi(url=server.url)

`App` is the same server without a socket. Names are loaded on first use.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..errors import MissingExtra

if TYPE_CHECKING:
    from ..snapshot import save_snapshot, snapshot
    from .app import App
    from .catalog import Catalog
    from .doors import Server, run, serve
    from .engine import Engine
    from .http import Request, Response
    from .limits import Limits

__all__ = [
    "App",
    "Catalog",
    "Engine",
    "Limits",
    "Request",
    "Response",
    "Server",
    "run",
    "save_snapshot",
    "serve",
    "snapshot",
]

_MODULES = {
    "App": "app",
    "Catalog": "catalog",
    "Engine": "engine",
    "Limits": "limits",
    "Request": "http",
    "Response": "http",
    "Server": "doors",
    "run": "doors",
    "save_snapshot": ".snapshot",
    "serve": "doors",
    "snapshot": ".snapshot",
}
"""Below this package; a snapshot is taken by the client, beside it."""


def require(*packages: str) -> None:
    """Raise `MissingExtra` if one of these packages, which come with the extra `server`, is not installed."""
    if any(find_spec(package) is None for package in packages):
        raise MissingExtra(
            "the embedded server needs numpy, starlette and uvicorn: pip install numpy starlette uvicorn"
        )


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value
