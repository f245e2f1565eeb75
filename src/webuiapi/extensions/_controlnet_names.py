"""ControlNet's models and modules by any of their names; their lists are asked for by `controlnet`, which uses this."""

from __future__ import annotations

from collections.abc import Sequence

from ..api.known import spelled
from ..names import find_name
from ..request import Flow


def module_named(name: str) -> Flow[str]:
    """A module as the server spells it."""
    return (yield from spelled("ControlNet module", name, _modules))


def model_named(name: str) -> Flow[str]:
    """A model as the server spells it, with or without its hash."""
    from .controlnet import GetControlNetModels

    return (yield from spelled("ControlNet model", name, lambda: iter(GetControlNetModels()), find=_model))


def _modules() -> Flow[list[str]]:
    """The modules' names, then those that the web page shows, which do as well."""
    from .controlnet import GetControlNetModules

    names = yield from GetControlNetModules()
    shown = yield from GetControlNetModules(alias_names=True)
    folded = {name.casefold() for name in names}
    return [*names, *(name for name in dict.fromkeys(shown) if name.casefold() not in folded)]


def _model(kind: str, name: str, known: Sequence[str]) -> str:
    """A model with or without its hash, which the extension does not look at."""
    bare = {item.partition(" [")[0]: item for item in known}
    wanted = name.partition(" [")[0]
    if name in known or name in bare:
        return name
    same = [item for plain, item in bare.items() if plain.casefold() == wanted.casefold()]
    return same[0] if len(same) == 1 else find_name(kind, wanted, known)
