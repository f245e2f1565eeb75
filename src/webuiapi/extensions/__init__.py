"""Extensions and scripts as values: each file holds one, with its units, its own endpoints and their results.

Adding one is one file here, and its names in `webuiapi/__init__.py`; other packages add theirs through the entry point
group `webuiapi.extensions`, whose entries name a module. `registered()` gives the units of both. The files are loaded
when first used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from . import controlnet, promptgen
    from .base import Unit

__all__ = ["GROUP", "controlnet", "modules", "promptgen", "registered"]

GROUP = "webuiapi.extensions"


def __getattr__(name: str) -> ModuleType:
    if name not in ("controlnet", "promptgen"):  # those that the clients' methods are of
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")


def modules() -> Iterator[ModuleType]:
    """The modules that hold extensions: the files of this package, and what other packages have registered."""
    import pkgutil
    from importlib.metadata import entry_points

    for found in pkgutil.iter_modules(__path__):
        if not found.name.startswith("_") and found.name not in ("base", "join"):
            yield import_module(f"{__name__}.{found.name}")
    for entry in entry_points(group=GROUP):
        yield entry.load()


def registered() -> list[type[Unit]]:
    """Every kind of unit that there is, each once."""
    from .base import Unit

    found: dict[type[Unit], None] = {}
    for module in modules():
        for value in vars(module).values():
            own = isinstance(value, type) and issubclass(value, Unit) and value.__module__ == module.__name__
            if own and "title" in vars(value):
                found[value] = None
    return list(found)
