"""What an extension is to the client: units that know their title and their own form on the wire.

Three forms cover what there is:

- `DictUnit`: the argument list holds one object a unit (ControlNet, ADetailer, AnimateDiff, IC-Light).
- `PositionalUnit`: the argument list holds the values in order (ReActor, SAG, Tiled Diffusion, ...). What was not said
  is filled from the server's own defaults, as far as something behind it was said; the server fills the rest.
- `SelectableScript`: the same for a script that is chosen by name. There the list has to be complete.

Only what was said is sent, so that the defaults are those of the version that runs.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from .. import images as pictures
from ..checks import Problem, field_problems, within
from ..errors import WebUIApiError
from ..request import Flow, plain

if TYPE_CHECKING:
    from ..api.generate import Generation
    from ..api.lists import ScriptArg, ScriptInfo
    from ..results import WebUIApiResult
    from ..server_info import ServerInfo

T = TypeVar("T")
C = TypeVar("C")


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


PICTURE: Mapping[str, Any] = {"picture": True}
"""Metadata of a field that holds a picture, sent as base64 without a prefix."""
PICTURE_URI: Mapping[str, Any] = {"picture": "uri"}
"""Metadata of a field that holds a picture, sent as a data URI."""


@dataclass(frozen=True, eq=False)
class Unit:
    """One use of an extension in a call. Subclass one of the three forms below."""

    title: ClassVar[str]
    """The script's title, as the server lists it; case does not matter."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Titles under which other servers list it."""
    selectable: ClassVar[bool] = False
    """A script chosen by name, of which a call can have one."""
    tabs: ClassVar[tuple[str, ...]] = ("txt2img", "img2img")
    source: ClassVar[str] = ""
    """Where the extension comes from; "" for what the webui brings along."""
    mark: ClassVar[str] = ""
    """The beginning of the keys that it leaves in infotexts; "" when it leaves none."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, (list, tuple, Mapping)):
                object.__setattr__(self, item.name, plain(value))

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the values, as far as can be told without asking the server."""
        for problem in field_problems(self):
            yield Problem(f"{type(self).__name__}: {problem.text}", problem.fatal)

    @property
    def called(self) -> str:
        """The script's title."""
        return self.title

    def is_called(self, listed: str) -> bool:
        """Whether a title in a server's list is this script's."""
        return listed.casefold() in {title.casefold() for title in (self.title, *self.aliases)}

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
        if not cls.mark or not texts or any(cls.mark in text for text in texts):
            return ""
        if not any(unit.active for unit in units):
            return ""
        return (
            f"no infotext mentions {cls.mark!r}: it failed on the server (its console says why), or had nothing to do"
        )

    @property
    def active(self) -> bool:
        """Whether the unit is switched on."""
        return all(getattr(self, name, None) is not False for name in ("enabled", "enable"))


def wire_value(unit: Unit, item: Any) -> Any:
    """A field's value as it is sent: pictures encoded, the rest as it is."""
    value, how = getattr(unit, item.name), item.metadata.get("picture")
    if value is None or not how:
        return value
    return pictures.outgoing(value, f"{type(unit).__name__}.{item.name}", uri=how == "uri")


@dataclass(frozen=True, eq=False)
class DictUnit(Unit):
    """A unit that is one object in the argument list: the fields that were said, under their wire names."""

    @classmethod
    def merged(cls, theirs: list[Any], ours: list[Any]) -> list[Any]:
        return [*theirs, *ours]

    def wire(self, slot: Slot) -> dict[str, Any]:
        """The object."""
        del slot
        said = {}
        for item in fields(self):
            value = wire_value(self, item)
            if value is not None and not item.metadata.get("local"):
                said[item.metadata.get("wire", item.name)] = value
        return said

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        return [unit.wire(slot) for unit in units]
        yield  # an operation that has nothing to ask


def arg(
    index: int, server_default: Any = None, *, default: Any = None, label: str | None = None, **metadata: Any
) -> Any:
    """A field that is the argument at `index`. `server_default` is what the extension's own default is.

    `label` is its label in the server's description, which wins over the place: lists grow in the middle too.
    """
    return field(default=default, metadata={"at": index, "server": server_default, "label": label, **metadata})


def within_arg(low: float | None = None, high: float | None = None) -> dict[str, Any]:
    """For `arg`: the documented range of the value."""
    return dict(within(low, high))


@dataclass(frozen=True, eq=False)
class PositionalUnit(Unit):
    """A unit whose fields, made with `arg`, are places in the argument list."""

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        if len(units) > 1:
            raise ValueError(f"{cls.__name__}: {len(units)} are given, and a call can have one")
        return filled(units[0], slot)
        yield  # an operation that has nothing to ask


def filled(unit: Unit, slot: Slot, *, complete: bool = False) -> list[Any]:
    """The argument list of a unit: what was said in its place, the server's defaults before it.

    `complete` goes on to the end of the server's list. Raises `ValueError` for a label that the server does not have.
    """
    places = {item.name: place(item, slot) for item in fields(unit) if "at" in item.metadata}
    said = {
        places[item.name]: wire_value(unit, item)
        for item in fields(unit)
        if item.name in places and getattr(unit, item.name) is not None
    }
    length = max(said, default=-1) + 1
    if complete:
        length = max(length, len(slot.args) or max(places.values(), default=-1) + 1)
    own = {places[item.name]: item.metadata["server"] for item in fields(unit) if item.name in places}
    return [said[index] if index in said else default_at(index, own, slot) for index in range(length)]


def place(item: Any, slot: Slot) -> int:
    """Where a field stands in the server's list: by label where it has one, else by the known place."""
    label = item.metadata.get("label")
    if label is not None:
        for index, described in enumerate(slot.args):
            if (described.label or "").casefold() == label.casefold():
                return index
    found: int = item.metadata["at"]
    return found


def default_at(index: int, own: Mapping[int, Any], slot: Slot) -> Any:
    """The default of an argument that was not said: the server's, unless it describes a choice by its text."""
    known = own.get(index)
    if index >= len(slot.args):
        return known
    described = slot.args[index].value
    if isinstance(known, int) and isinstance(described, str):  # chosen by number, described by its text
        return known
    return described


@dataclass(frozen=True, eq=False)
class SelectableScript(Unit):
    """A script chosen by name: its argument list has to be complete."""

    selectable: ClassVar[bool] = True

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        return filled(units[0], slot, complete=True)
        yield  # an operation that has nothing to ask


# -- the units of a call ----------------------------------------------------------------------------------------------

NAMED = ("controlnet_units", "adetailer", "animatediff", "roop", "reactor", "sag")
"""The parameters of a generation that hold units; new extensions come through `scripts`."""


def units_of(request: Generation) -> list[Unit]:
    """All units of a request, the named parameters' first. Raises `TypeError` for what is no unit."""
    found: list[Unit] = []
    for name in (*NAMED, "scripts"):
        given = getattr(request, name)
        for unit in given if isinstance(given, list) else [] if given is None else [given]:
            if not isinstance(unit, Unit):
                raise TypeError(f"{name}: a {type(unit).__name__} is no unit of an extension: {unit!r:.80}")
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


# -- old spellings ----------------------------------------------------------------------------------------------------


def renamed(**old: str) -> Callable[[type[C]], type[C]]:
    """A class decorator: keywords of older versions are taken for the new ones, with one warning a call."""

    def decorate(cls: type[C]) -> type[C]:
        init: Any = cls.__init__

        @functools.wraps(init)
        def accepting(self: Any, *args: Any, **kwargs: Any) -> None:
            for name in [name for name in kwargs if name in old]:
                new = old[name]
                if new in kwargs:
                    raise TypeError(f"{cls.__name__}: {name}= is the old name of {new}=: both are given")
                warnings.warn(f"{cls.__name__}: {name}= is now {new}=", DeprecationWarning, stacklevel=2)
                kwargs[new] = kwargs.pop(name)
            init(self, *args, **kwargs)

        setattr(cls, "__init__", accepting)  # noqa: B010 - a type checker would not allow it; the signature stays
        return cls

    return decorate


class Interface(Generic[C]):
    """A group of an extension's endpoints, bound to a client of either colour: `RemBGInterface(api).rembg(...)`."""

    def __init__(self, client: C) -> None:
        self.client = client
