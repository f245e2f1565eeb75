"""The scripts, one module each. Every module in this package registers its own when it is imported."""

from __future__ import annotations

from functools import cache

from ...loading import import_modules
from .base import ActiveScript, Script, implied_scripts, known_script, register

__all__ = ["ActiveScript", "Script", "implied_scripts", "known_script", "load_scripts", "register"]


@cache
def load_scripts() -> None:
    """Import all of them."""
    import_modules(__name__)
