"""How units join a generation: gathered by title, checked against what the server has, put into argument lists."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..api.lists import GetScriptInfo, GetScripts, ScriptInfo, Scripts
from ..checks import Checks, object_to, users_level
from ..errors import GatewayError, ServerBusy, ServerError, TransportError, WebUIApiError
from ..request import Flow, NotKept, Remember, Setting
from ..server_info import ServerInfo
from ..server_info import server as which_server
from .base import ExtensionMissing, Slot, Unit, by_title
from .script import by_label, counted
from .xyz import XYZPlot, from_old_list

if TYPE_CHECKING:
    from ..api.generate import Generation


@dataclass(frozen=True)
class _Server:
    """What the server says about its scripts; None where it says nothing that can be read."""

    scripts: Scripts | None
    info: list[ScriptInfo] | None
    which: ServerInfo

    def installed(self, tab: str) -> Sequence[str]:
        """The titles that the server lists; [] when it does not tell."""
        return getattr(self.scripts, tab) if self.scripts is not None else ()

    def described(self, title: str, tab: str) -> ScriptInfo | None:
        """The server's description of a script."""
        for item in self.info or ():
            if item.name.casefold() == title.casefold() and item.is_img2img == (tab == "img2img"):
                return item
        return None


def join(request: Generation, units: Sequence[Unit], tab: str) -> Flow[dict[str, Any]]:
    """The changes to a request that its units and its `script_name` mean.

    The caller's own `alwayson_scripts` stay as they are; titles are compared without case. Raises `ExtensionMissing`
    when the server lists scripts, and not this one.
    """
    server = yield from Remember("scripts", _ask)
    checks: Checks = yield from Setting("checks")
    merged: dict[str, Any] = dict(request.alwayson_scripts or {})
    chosen: Unit | None = None
    changes: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for group in by_title(units):
        unit = group[0]
        if tab not in unit.tabs:
            raise ValueError(f"{type(unit).__name__} is for {' and '.join(unit.tabs)}, not for {tab}")
        title = next((name for name in server.installed(tab) if unit.is_called(name)), None)
        if title is None and unit.listed and server.installed(tab):
            object_to(ExtensionMissing(unit.called, tab, server.installed(tab)), checks)
        _set(options, group, request)
        slot = Slot(tab, title or unit.called, server.described(title or unit.called, tab), server.which, request)
        arguments = yield from unit.arguments(group, slot)
        if not unit.chosen(slot.info):
            _merge(merged, unit, slot.title, arguments)
            continue
        if chosen is not None or request.script_name:
            other = chosen.called if chosen is not None else request.script_name
            raise ValueError(f"scripts: {other!r} and {unit.called!r} are both chosen by name, and a call can have one")
        chosen = unit
        changes.update(script_name=unit.called, script_args=arguments)
    if merged:
        changes["alwayson_scripts"] = merged
    if options:
        changes["override_settings"] = {**(request.override_settings or {}), **options}
    if request.script_name:
        changes["script_args"] = _positional(request, tab, server, checks)
    return changes


def _set(options: dict[str, Any], group: Sequence[Unit], request: Generation) -> None:
    """Take over the options that units set. Raises `ValueError` for one that is set twice."""
    for unit in group:
        for name, value in unit.options().items():
            if name in options or name in (request.override_settings or {}):
                raise ValueError(f"{name} is set by {type(unit).__name__} and elsewhere too: give one of the two")
            options[name] = value


def _merge(merged: dict[str, Any], unit: Unit, title: str, arguments: list[Any]) -> None:
    key = next((key for key in merged if unit.is_called(key)), unit.called)
    if key not in merged and title.casefold() != unit.called.casefold():
        key = title  # a relative's title
    own = merged.get(key) or {}  # [] is a usual way of writing "with the defaults"
    if not isinstance(own, dict) or not isinstance(own.get("args", []), list):
        raise ValueError(f"alwayson_scripts[{key!r}] has no list of args, and {type(unit).__name__} is given too")
    theirs = own.get("args") or []
    merged[key] = {**own, "args": unit.merged(theirs, arguments) if theirs else arguments}


def _positional(request: Generation, tab: str, server: _Server, checks: Checks) -> list[Any] | None:
    """`script_args` as the caller gave them, if they fit the script; the old form of X/Y/Z plot is translated."""
    name, given = request.script_name or "", list(request.script_args or [])
    installed = server.installed(tab)
    if installed and name.casefold() not in {title.casefold() for title in installed}:
        object_to(ExtensionMissing(name, tab, installed), checks)
    info = server.described(name, tab)
    if info is None:
        return given
    if not given:  # the server would fail without a list
        return by_label({}, info)
    if info.name.casefold() == XYZPlot.title.casefold() and len(given) != len(info.args):
        plot = from_old_list(given, tab)
        if plot is not None:
            warnings.warn(
                f"X/Y/Z plot: the list of {len(given)} arguments is of the webui of 2023, and is translated; "
                "scripts=[webuiapi.XYZPlot(...)] takes axes by name",
                DeprecationWarning,
                stacklevel=users_level(),
            )
            return plot.laid_out(Slot(tab, info.name, info, server.which, request))
    try:
        return counted(info, given)
    except ValueError as error:
        object_to(error, checks)
        return given


def _ask() -> Flow[_Server]:
    which = yield from which_server()
    scripts: Scripts | None = None
    info: list[ScriptInfo] | None = None
    try:
        scripts = yield from GetScripts()
        info = yield from GetScriptInfo()
    except (TransportError, ServerError, GatewayError, ServerBusy) as error:  # it may tell in a moment
        raise NotKept(_Server(scripts, info, which)) from error
    except WebUIApiError:  # it does not tell: nothing can be checked
        pass
    return _Server(scripts, info, which)
