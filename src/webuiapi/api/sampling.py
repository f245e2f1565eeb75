"""Samplers and schedulers that a caller names, found in the server's lists: A1111 takes another one without a word."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..checks import Checks, object_to
from ..errors import UnknownName
from ..request import ClientDefaults, Flow, Setting
from .known import listed
from .lists import GetSamplers, GetSchedulers

if TYPE_CHECKING:
    from ..server_info import ServerInfo
    from .generate import Generation

_SAMPLERS = ("sampler_name", "sampler_index", "hr_sampler_name")
_SCHEDULERS = ("scheduler", "hr_scheduler")
_SAME = ("", "use same sampler", "use same scheduler", "automatic")


def named(request: Generation, which: ServerInfo) -> Flow[dict[str, Any]]:
    """The fields to be changed so that they hold the server's own spelling.

    An unknown name is an `UnknownName`, as `checks` wants it. A list that is empty or can't be read checks nothing.
    """
    if which.webui_names:  # elsewhere a client's defaults are not sent
        request = request.with_defaults((yield from _chosen_defaults()))
    changes: dict[str, Any] = {}
    for field in _SAMPLERS:
        changes.update((yield from _checked(request, field, "sampler", _sampler)))
    for field in _SCHEDULERS:
        changes.update((yield from _checked(request, field, "scheduler", _scheduler)))
    return changes


def _chosen_defaults() -> Flow[ClientDefaults]:
    """The client's sampler and scheduler, where somebody chose them: what nobody asked for is no reason to fail."""
    sampler: str | None = yield from Setting("default_sampler")
    scheduler: str | None = yield from Setting("default_scheduler")
    return ClientDefaults(None if sampler == "Euler a" else sampler, scheduler)


def _checked(
    request: Generation, field: str, kind: str, find: Callable[[str], Flow[str | None]]
) -> Flow[dict[str, Any]]:
    name = getattr(request, field, None)
    if not isinstance(name, str) or name.casefold() in _SAME:
        return {}
    checks: Checks = yield from Setting("checks")
    if checks == "off":
        return {}
    found = yield from find(name)
    if found is not None:
        return {field: found} if found != name else {}
    known = yield from _spellings(kind)
    names = [taken[0] for taken, _ in known]
    object_to(UnknownName(kind, name, difflib.get_close_matches(name, names, 4), known=names), checks)
    return {}


def _sampler(name: str) -> Flow[str | None]:
    """The server's name of a sampler; the name itself where nothing can be said; None for an unknown one."""
    known = yield from _spellings("sampler")
    found = _among(name, known)
    if found is not None or not known:
        return found or name
    # The combined names of older versions, "DPM++ 2M Karras": servers that know schedulers take them apart.
    spellings = yield from _spellings("scheduler")
    schedulers = {name.casefold() for taken, aliases in spellings for name in (*taken, *aliases)}
    words = name.split(" ")
    for count in range(len(words) - 1, 0, -1):
        base, scheduler = _among(" ".join(words[:count]), known), " ".join(words[count:])
        if base is not None and scheduler.casefold() in schedulers:
            return f"{base} {scheduler}"
    return None


def _scheduler(name: str) -> Flow[str | None]:
    known = yield from _spellings("scheduler")
    return _among(name, known) if known else name


def _among(name: str, known: Sequence[_Spellings]) -> str | None:
    if any(name in taken for taken, _ in known):
        return name
    folded = name.casefold()
    return next((taken[0] for taken, aliases in known if folded in map(str.casefold, [*taken, *aliases])), None)


_Spellings: TypeAlias = tuple[list[str], list[str]]
"""What a server takes for a sampler or scheduler, its own name first; and its aliases, which no webui takes."""


def _spellings(kind: str) -> Flow[list[_Spellings]]:
    """Of each sampler or scheduler; [] where the server does not tell."""
    known: list[_Spellings] = yield from listed(f"{kind} spelling", _samplers if kind == "sampler" else _schedulers)
    return known


def _samplers() -> Flow[list[_Spellings]]:
    return [([item.name], item.aliases) for item in (yield from GetSamplers()) if item.name]


def _schedulers() -> Flow[list[_Spellings]]:
    found = yield from GetSchedulers()
    return [([item.name, *filter(None, [item.label])], item.aliases) for item in found if item.name]
