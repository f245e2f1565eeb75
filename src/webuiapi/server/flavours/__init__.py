"""The kinds of server that the embedded one can be: A1111 and its relatives, one table of facts each.

`App(flavour="sdnext")` and `serve(flavour="sdnext")` take a name, or a `Flavour` of one's own.
"""

from __future__ import annotations

import importlib

from .table import Flavour

FLAVOURS = ("a1111", "forge", "reforge", "sdnext", "koboldcpp", "sdcpp", "drawthings")
"""The names of those that there are."""

__all__ = ["FLAVOURS", "Flavour", "find_flavour"]


def find_flavour(flavour: str | Flavour) -> Flavour:
    """The flavour of a name, or the one that is given. A ValueError for a name that is none."""
    if isinstance(flavour, Flavour):
        return flavour
    if flavour not in FLAVOURS:
        raise ValueError(f"there is no flavour {flavour!r}; there are {', '.join(FLAVOURS)}")
    table: Flavour = importlib.import_module(f".{flavour}", __name__).TABLE
    return table
