"""Samplers and schedulers that a caller names, found in the server's lists: A1111 takes another one without a word."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..checks import Checks, object_to
from ..errors import UnknownName, WebUIApiError
from ..request import ClientDefaults, Flow, Remember, Request, Setting
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
    names = [spelling[0] for spelling in known]
    object_to(UnknownName(kind, name, difflib.get_close_matches(name, names, 4), known=names), checks)
    return {}


def _sampler(name: str) -> Flow[str | None]:
    """The server's name of a sampler; the name itself where nothing can be said; None for an unknown one."""
    known = yield from _spellings("sampler")
    found = _among(name, known)
    if found is not None or not known:
        return found or name
    # The combined names of older versions, "DPM++ 2M Karras": servers that know schedulers take them apart.
    schedulers = {spelling.casefold() for spellings in (yield from _spellings("scheduler")) for spelling in spellings}
    words = name.split(" ")
    for count in range(len(words) - 1, 0, -1):
        base, scheduler = _among(" ".join(words[:count]), known), " ".join(words[count:])
        if base is not None and scheduler.casefold() in schedulers:
            return f"{base} {scheduler}"
    return None


def _scheduler(name: str) -> Flow[str | None]:
    known = yield from _spellings("scheduler")
    return _among(name, known) if known else name


def _among(name: str, known: Sequence[Sequence[str]]) -> str | None:
    for spellings in known:
        if name in spellings[:2]:  # a name, or a scheduler's label: as it is
            return name
    folded = name.casefold()
    return next((spellings[0] for spellings in known if folded in map(str.casefold, spellings)), None)


def _spellings(kind: str) -> Flow[list[list[str]]]:
    """Each sampler's or scheduler's names, its own first; [] where the server does not tell."""
    return (yield from Remember(f"{kind}-spellings", lambda: _ask(kind)))


def _ask(kind: str) -> Flow[list[list[str]]]:
    call: Request[Any] = GetSamplers() if kind == "sampler" else GetSchedulers()
    try:
        items = yield from call
    except WebUIApiError:
        return []
    names = [[item.name, *([item.label] if kind == "scheduler" else []), *item.aliases] for item in items]
    return [[name for name in spellings if name] for spellings in names if spellings[0]]
