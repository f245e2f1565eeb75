"""One file per area of the API, each with what is sent and what comes back. Loaded when first used."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from . import (
        admin,
        agent_scheduler,
        custom,
        doctor,
        extras,
        generate,
        internal,
        jobs,
        lists,
        options,
        relatives,
        utilities,
    )

__all__ = [
    "admin",
    "agent_scheduler",
    "custom",
    "doctor",
    "extras",
    "generate",
    "internal",
    "jobs",
    "lists",
    "options",
    "relatives",
    "utilities",
]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return import_module(f"{__name__}.{name}")
