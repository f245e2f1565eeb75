"""The two clients, loaded when first used: who blocks does not load asyncio."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .awaitable import AsyncWebUIApi
    from .base import BaseClient, OnProgress
    from .plain import WebUIApi

__all__ = ["AsyncWebUIApi", "BaseClient", "OnProgress", "WebUIApi"]
_HOME = {"AsyncWebUIApi": "awaitable", "BaseClient": "base", "OnProgress": "base", "WebUIApi": "plain"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
