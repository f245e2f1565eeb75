"""The server's lists that names are held against: read when something of theirs is first named, then remembered.

A name that is in no list has the list read once more, since what it names may be new. A list that is empty or can't be
read checks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

from ..checks import Checks, object_to
from ..errors import AnswerError, CallTimeout, ConnectError, NotFound, UnknownName, WebUIApiError
from ..names import accepted_names, find_model, find_name
from ..request import Flow, NotKept, Remember, Request, Setting
from .lists import GetSDModels, GetSDModules, GetSDVae, GetUpscalers

Ask: TypeAlias = Callable[[], Flow[list[Any]]]
"""Asks the server for a list."""
Find: TypeAlias = Callable[[str, str, Any], str]
"""Finds in a list what a name means, as `find_name` does: for a kind of thing, by a name."""


def readable(ask: Callable[[], Flow[Any]], instead: Any) -> Flow[Any]:
    """What the server says, or something instead where that can't be read: kept only if there is no such thing.

    Raises `ConnectError` and `CallTimeout`: no other call would do better.
    """
    try:
        return (yield from ask())
    except (NotFound, AnswerError):
        return instead
    except (ConnectError, CallTimeout):
        raise
    except WebUIApiError as error:
        raise NotKept(instead) from error


def listed(kind: str, ask: Ask, *, refresh: bool = False) -> Flow[list[Any]]:
    """The server's list of a kind of things; [] where it does not tell."""
    found: list[Any] = yield from Remember(f"{kind}s", partial(readable, ask, []), refresh=refresh)
    return found


def listed_with(kind: str, names: Iterable[str], ask: Ask) -> Flow[list[Any]]:
    """The server's list of names of a kind, read once more where it lacks one of those given, in any case."""
    known = yield from listed(kind, ask)
    if known and not {name.casefold() for name in names} <= {name.casefold() for name in known}:
        known = yield from listed(kind, ask, refresh=True)
    return known


def names_of(request: Request[Any]) -> Ask:
    """Asks for the names in a list of things that have one."""

    def ask() -> Flow[list[str]]:
        return [item.name for item in (yield from request) if item.name]

    return ask


def spelled(kind: str, name: str, ask: Ask, *, find: Find = find_name, unchecked: bool = False) -> Flow[str]:
    """A name as the server spells it. An unknown one is an `UnknownName`, as `checks` wants it, and stays as it is.

    `unchecked` looks also with `checks="off"`: for parameters that take other names than the server does.
    """
    checks: Checks = yield from Setting("checks")
    given: object = name
    if not isinstance(given, str) or (checks == "off" and not unchecked):  # another type has been warned of
        return name
    unknown: UnknownName | None = None
    for again in (False, True):
        known = yield from listed(kind, ask, refresh=again)
        if not known:
            return name
        try:
            return find(kind, name, known)
        except UnknownName as error:
            unknown = error
    if unknown is not None:
        object_to(unknown, checks)
    return name


def upscaler(name: str) -> Flow[str]:
    """An upscaler as the server spells it."""
    return (yield from spelled("upscaler", name, names_of(GetUpscalers())))


def checkpoint(name: str) -> Flow[str]:
    """The title of the checkpoint that a name means."""
    return (yield from spelled("model", name, lambda: iter(GetSDModels()), find=_title, unchecked=True))


def accepted_checkpoint(name: str) -> Flow[str]:
    """A name that the server takes for a checkpoint: as it is if it takes that, else the checkpoint's title."""
    return (yield from spelled("model", name, lambda: iter(GetSDModels()), find=_accepted))


def _accepted(kind: str, name: str, models: Any) -> str:
    taken = any(name in accepted_names(model) for model in models)
    return name if taken else _title(kind, name, models)


def _title(kind: str, name: str, models: Any) -> str:
    del kind
    return find_model(name, models, find_closest=False).title


def vae_name(name: str) -> Flow[str]:
    """A VAE as the server spells it."""
    return (yield from spelled("VAE", name, _vae_names, unchecked=True))


def vae(name: str) -> Flow[dict[str, Any]]:
    """The options that choose the VAE that a name means."""
    found = yield from vae_name(name)
    modules, paths = yield from Remember("VAE paths", partial(readable, _vaes, (False, {})))
    if not modules:
        return {"sd_vae": found}
    if found == "Automatic":
        return {}
    return {"forge_additional_modules": [] if found == "None" else [paths.get(found, found)]}


def _vae_names() -> Flow[list[str]]:
    _, paths = yield from Remember("VAE paths", _vaes, refresh=True)
    return ["Automatic", "None", *paths] if paths else []


def _vaes() -> Flow[tuple[bool, dict[str, str]]]:
    """Whether the VAEs are Forge's modules, and their paths by name."""
    try:
        return False, {item.model_name: item.filename for item in (yield from GetSDVae())}
    except NotFound:
        return True, {item.model_name: item.filename for item in (yield from GetSDModules())}
