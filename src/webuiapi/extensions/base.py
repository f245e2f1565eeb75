"""What an extension is to the client: units that know their title and their own form on the wire.

Four forms cover what there is:

- `DictUnit`: the argument list holds one object a unit (ControlNet, ADetailer, AnimateDiff, IC-Light).
- `PositionalUnit`: the argument list holds the values in order (ReActor, SAG, Tiled Diffusion, ...). What was not said
  is filled from the server's own defaults, as far as something behind it was said; the server fills the rest.
- `SelectableScript`: the same for a script that is chosen by name. There the list has to be complete.
- `OptionsUnit`: there are no arguments, and options of the server do it (Hypertile).

Only what was said is sent, so that the defaults are those of the version that runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ..checks import Problem, field_problems, in_stages
from ..errors import WebUIApiError
from ..request import Flow, answered, plain, said
from ..wording import a_kind
from ._old_names import renamed
from ._places import Layout, arg, bare, choice, filled, in_order, numbers, one_of, sent, within_arg

if TYPE_CHECKING:
    from ..api.generate import Generation
    from ..api.lists import ScriptArg, ScriptInfo
    from ..client import AsyncWebUIApi, WebUIApi
    from ..results import WebUIApiResult
    from ..server_info import ServerInfo

__all__ = [
    "NAMED",
    "PICTURE",
    "PICTURE_URI",
    "Client_co",
    "DictUnit",
    "ExtensionMissing",
    "Interface",
    "Layout",
    "OptionsUnit",
    "PositionalUnit",
    "SelectableScript",
    "SilentlyIgnored",
    "Slot",
    "Unit",
    "arg",
    "bare",
    "by_title",
    "choice",
    "filled",
    "ignored",
    "in_order",
    "numbers",
    "one_of",
    "only",
    "renamed",
    "sent",
    "units_of",
    "within_arg",
]

T = TypeVar("T")
Client_co = TypeVar("Client_co", bound="WebUIApi | AsyncWebUIApi", covariant=True)


class ExtensionMissing(WebUIApiError):
    """A unit's extension is not installed on the server; `installed` lists the scripts that are."""

    def __init__(self, title: str, tab: str, installed: Sequence[str]) -> None:
        listed = ", ".join(installed)
        super().__init__(f"{title} is not installed or not enabled on the server: for {tab} it has {listed}")
        self.title = title
        self.installed = list(installed)


class SilentlyIgnored(UserWarning):
    """Something that was asked for seems to have had no effect."""


@dataclass(frozen=True)
class Slot:
    """What a unit learns about where its arguments go."""

    tab: str
    """`txt2img` or `img2img`."""
    title: str
    """As this server lists it."""
    info: ScriptInfo | None
    """The arguments as the server describes them; None when it does not."""
    server: ServerInfo
    request: Generation

    @property
    def args(self) -> list[ScriptArg]:
        """The arguments as the server describes them; [] when it does not."""
        return self.info.args if self.info is not None else []

    def choices(self, index: int) -> list[str]:
        """The choices of an argument, as the server describes them; [] when it does not, or there are none."""
        return self.args[index].choices if index < len(self.args) else []


PICTURE: Mapping[str, Any] = {"picture": True}
"""Metadata of a field that holds a picture, sent as base64 without a prefix."""
PICTURE_URI: Mapping[str, Any] = {"picture": "uri"}
"""Metadata of a field that holds a picture, sent as a data URI."""


@dataclass(frozen=True, eq=False)
class Unit:
    """One use of an extension in a call. Subclass one of the four forms below."""

    title: ClassVar[str]
    """The script's title, as the server lists it; case does not matter."""
    layouts: ClassVar[tuple[Layout, ...]] = ()
    """The same thing on other servers, under other titles."""
    listed: ClassVar[bool] = True
    """The server lists it; scripts without controls it does not."""
    selectable: ClassVar[bool] = False
    """A script chosen by name, of which a call can have one."""
    tabs: ClassVar[tuple[str, ...]] = ("txt2img", "img2img")
    source: ClassVar[str] = ""
    """Where the extension comes from; "" for what the webui brings along."""
    marks: ClassVar[tuple[str, ...]] = ()
    """What it leaves in infotexts, one or the other; () when nothing that can be relied upon."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, (list, tuple, Mapping)):
                object.__setattr__(self, item.name, plain(value))

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the values, as far as can be told without asking the server."""
        return in_stages(self._wrong_values(), self.contradictions())

    def _wrong_values(self) -> Iterator[Problem]:
        for problem in field_problems(self):
            yield Problem(f"{type(self).__name__}: {problem.text}", problem.fatal)

    def contradictions(self) -> Iterator[Problem]:
        """What is wrong beyond types and ranges: asked where those are right, so that values can be reckoned with."""
        return iter(())

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        """What in the request keeps the unit from having an effect, without the server saying so.

        Asked where neither the request nor a unit has a wrong value.
        """
        del request
        return iter(())

    def options(self) -> dict[str, Any]:
        """Options of the server that it sets for the call."""
        return {}

    @property
    def called(self) -> str:
        """The script's title."""
        return self.title

    def is_called(self, listed: str) -> bool:
        """Whether a title in a server's list is this script's."""
        return listed.casefold() == self.called.casefold() or self.layout(listed) is not None

    @classmethod
    def layout(cls, title: str) -> Layout | None:
        """The argument list under a relative's title; None for the script's own."""
        return next((layout for layout in cls.layouts if layout.title.casefold() == title.casefold()), None)

    def chosen(self, info: ScriptInfo | None) -> bool:
        """Whether it is a script chosen by name. `info` is the server's description of it."""
        del info
        return self.selectable

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        """The script's argument list for all units of the call, in order."""
        raise NotImplementedError

    @classmethod
    def merged(cls, theirs: list[Any], ours: list[Any]) -> list[Any]:
        """One argument list from the caller's own and the units'. Raises `ValueError` where the two contradict."""
        del ours
        raise ValueError(
            f"{cls.title} is given both as {cls.__name__} and in alwayson_scripts, with args {theirs!r:.80}"
        )

    @classmethod
    def unseen(cls, units: Sequence[Any], result: WebUIApiResult) -> str:
        """Why the units seem to have had no effect, from what came back; "" when nothing speaks for that."""
        texts = [text for text in result.infotexts if text is not None]
        if not cls.marks or not texts or any(mark in text for text in texts for mark in cls.marks):
            return ""
        if not any(unit.active for unit in units):
            return ""
        mark = cls.marks[0].strip()
        return f"no infotext mentions {mark!r}: it failed on the server (its console says why), or had nothing to do"

    @property
    def active(self) -> bool:
        """Whether the unit is switched on."""
        return all(getattr(self, name, None) is not False for name in ("enabled", "enable"))


@dataclass(frozen=True, eq=False)
class DictUnit(Unit):
    """A unit that is one object in the argument list: the fields that were said, under their wire names."""

    single: ClassVar[bool] = False
    """The list holds one object only."""

    @classmethod
    def merged(cls, theirs: list[Any], ours: list[Any]) -> list[Any]:
        return super().merged(theirs, ours) if cls.single else [*theirs, *ours]

    def wire(self, slot: Slot) -> dict[str, Any]:
        """The object."""
        del slot
        said = {}
        for item in fields(self):
            value = sent(self, item)
            if value is not None and not item.metadata.get("local"):
                said[item.metadata.get("wire", item.name)] = value
        return said

    def to_dict(self, is_img2img: bool = False) -> dict[str, Any]:
        """The object as it stands in JSON, for `alwayson_scripts` by hand. `scripts=[...]` needs no such thing."""
        from ._by_hand import as_json, slot_by_hand

        found: dict[str, Any] = as_json(self.wire(slot_by_hand(self, is_img2img)))
        return found

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        return answered([unit.wire(slot) for unit in ([only(units)] if cls.single else units)])


@dataclass(frozen=True, eq=False)
class PositionalUnit(Unit):
    """A unit whose fields, made with `arg`, are places in the argument list."""

    def to_dict(self, is_img2img: bool = False) -> list[Any]:
        """The list as it stands in JSON, for `alwayson_scripts` by hand. `scripts=[...]` needs no such thing."""
        from ._by_hand import as_json, slot_by_hand

        found: list[Any] = as_json(filled(self, slot_by_hand(self, is_img2img)))
        return found

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        return answered(filled(only(units), slot, layout=cls.layout(slot.title)))


@dataclass(frozen=True, eq=False)
class SelectableScript(Unit):
    """A script chosen by name, with places like `PositionalUnit`: its argument list has to be complete."""

    selectable: ClassVar[bool] = True

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        return answered(filled(only(units), slot, complete=True))


@dataclass(frozen=True, eq=False)
class OptionsUnit(Unit):
    """A unit of an extension that has no arguments: its fields are options of the server, set for the call."""

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        del slot
        only(units)
        return answered([])

    def options(self) -> dict[str, Any]:
        return said(self)


def only(units: Sequence[T]) -> T:
    """The one unit of a script that a call can have once. Raises `ValueError` when there are several."""
    if len(units) > 1:
        raise ValueError(f"{type(units[0]).__name__}: {len(units)} are given, and a call can have one")
    return units[0]


# -- the units of a call ----------------------------------------------------------------------------------------------

NAMED = {
    "controlnet_units": "ControlNet",
    "adetailer": "ADetailer",
    "animatediff": "AnimateDiff",
    "roop": "roop",
    "reactor": "ReActor",
    "sag": "Self Attention Guidance",
}
"""The parameters of a generation that hold units, by the title of theirs; new extensions come through `scripts`."""


def units_of(request: Generation) -> list[Unit]:
    """All units of a request, the named parameters' first. Raises `TypeError` for what is no unit, or another's."""
    found: list[Unit] = []
    for name in (*NAMED, "scripts"):
        given = getattr(request, name)
        for unit in given if isinstance(given, list) else [] if given is None else [given]:
            if not isinstance(unit, Unit):
                raise TypeError(f"{name}: {a_kind(unit)} is no unit of an extension: {unit!r:.80}")
            if name in NAMED and not unit.is_called(NAMED[name]):
                right = next((other for other, title in NAMED.items() if unit.is_called(title)), "scripts")
                raise TypeError(f"{name}: {type(unit).__name__} is not for it: give {right}={type(unit).__name__}(...)")
            found.append(unit)
    chosen = [type(unit).__name__ for unit in found if unit.selectable]
    if len(chosen) > 1:
        raise ValueError(f"scripts: {' and '.join(chosen)} are both selectable scripts, and a call can have one")
    return found


def by_title(units: Sequence[Unit]) -> list[list[Unit]]:
    """The units gathered by title, in the order of their first."""
    groups: dict[str, list[Unit]] = {}
    for unit in units:
        groups.setdefault(unit.called.casefold(), []).append(unit)
    return list(groups.values())


def ignored(units: Sequence[Unit], result: WebUIApiResult) -> list[str]:
    """What seems to have had no effect, each as a sentence naming the extension."""
    found = []
    for group in by_title(units):
        why = group[0].unseen(group, result)
        if why:
            found.append(f"{group[0].called} seems to have had no effect: {why}")
    return found


# -- endpoints --------------------------------------------------------------------------------------------------------


class Interface(Generic[Client_co]):
    """A group of an extension's endpoints, bound to a client of either colour: `RemBGInterface(api).rembg(...)`."""

    def __init__(self, webuiapi: Client_co) -> None:
        self.client = webuiapi
        """Sends the requests."""

    def perform(self, build: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a method does: make the request or the operation, and have the client run it."""
        return self.client.perform(build, args, kwargs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.client!r})"
