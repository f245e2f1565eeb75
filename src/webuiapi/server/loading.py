"""Packages whose modules enter what they hold into a table: imported as a whole, before the table is read."""

from __future__ import annotations

import importlib
import pkgutil


def import_modules(package: str) -> None:
    """Import every module of an imported package in the order of their names; those that begin with "_" are parts."""
    path = importlib.import_module(package).__path__
    for module in sorted(info.name for info in pkgutil.iter_modules(path)):
        if not module.startswith("_"):
            importlib.import_module(f"{package}.{module}")
