"""The scripts, one module each. Every module in this package registers its own when it is imported."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from .base import ActiveScript, Script, implied_scripts, known_script, register

__all__ = ["ActiveScript", "Script", "implied_scripts", "known_script", "load_scripts", "register"]


@cache
def load_scripts() -> None:
    """Import all of them."""
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
