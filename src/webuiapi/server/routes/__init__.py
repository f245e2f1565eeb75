"""The endpoints, one module per area. Every module in this package enters its own into the table of routes."""

from __future__ import annotations

import importlib
import pkgutil


def load_routes() -> None:
    """Import all of them."""
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
