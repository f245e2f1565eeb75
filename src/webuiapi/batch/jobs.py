"""A job of a batch: what was written, checked and made into a request; and what is said of one that is wrong.

A job's id is made from its content alone (what is asked for, and what is in the pictures that it names), so that it is
the same on another machine, in another folder, and in whatever kind of file the job is written.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..api.extras import ExtraSingleImage
from ..api.generate import Img2Img, Txt2Img
from ..extensions import registered
from ..extensions.base import NAMED, Unit

if TYPE_CHECKING:
    from ..request import Request

KINDS: Mapping[str, type[Any]] = {"txt2img": Txt2Img, "img2img": Img2Img, "upscale": ExtraSingleImage}
"""What a job may be, by the names of the command line."""
_UNITS: Mapping[str, str] = {
    "controlnet_units": "ControlNetUnit", "adetailer": "ADetailer", "animatediff": "AnimateDiff", "roop": "Roop",
    "reactor": "ReActor", "sag": "Sag",
}  # fmt: skip
"""The classes of the units that have a field of their own."""
NO_PATH = ("http://", "https://", "data:")


class Wrong(ValueError):
    """Something in a job is wrong; `field` is where, if that is known."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class Bad:
    """A job that can't be run."""

    source: str
    """The file's name as it was given."""
    line: int
    """From 1: the line where it begins; in a JSON list and in a folder, its number."""
    reason: str
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}: {self.reason}"


@dataclass(frozen=True)
class Job:
    """One job of a batch."""

    id: str
    """16 hexadecimal digits, from its content."""
    kind: str
    """`txt2img`, `img2img` or `upscale`."""
    fields: Mapping[str, Any]
    """What was written, after sweeps and templates, as JSON has it; pictures as paths relative to `folder`."""
    source: str
    """The file's name as it was given."""
    line: int
    """From 1: the line where it begins; in a JSON list and in a folder, its number."""
    name: str | None = None
    """The name that it was given, for its files."""
    folder: Path = field(default=Path(), compare=False)
    """Where relative paths begin."""

    def request(self) -> Request[Any]:
        """The request, its pictures as paths. Raises `Wrong`."""
        return built(self.kind, self.fields, self.folder)

    @property
    def checkpoint(self) -> str | None:
        """The checkpoint that it names; None for what the server has set."""
        named = self.fields.get("model") or (self.fields.get("override_settings") or {}).get("sd_model_checkpoint")
        return named if isinstance(named, str) else None


# -- from what was written to a request -------------------------------------------------------------------------------


def request_class(kind: Any) -> type[Any]:
    """The request of a kind of job. Raises `Wrong`."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise Wrong(f"kind={kind!r} must be one of {', '.join(KINDS)}{_similar(str(kind), KINDS)}", "kind")
    return KINDS[kind]


def built(kind: str, given: Mapping[str, Any], folder: Path) -> Request[Any]:
    """The request of a job. Raises `Wrong` naming the field, the value and what would be right."""
    cls = request_class(kind)
    values = {name: _value(cls, name, value, folder) for name, value in given.items()}
    missing = [item.name for item in fields(cls) if item.default is MISSING and item.default_factory is MISSING]
    for name in missing:
        if name not in values:
            raise Wrong(f"{name} is missing", name)
    try:
        request: Request[Any] = cls(**values)
        wrong = [problem for problem in request.problems() if problem.fatal]
    except (TypeError, ValueError) as error:
        raise Wrong(str(error)) from error
    if wrong:
        raise Wrong(wrong[0].text, wrong[0].text.partition("=")[0])
    return request


def _value(cls: type[Any], name: str, value: Any, folder: Path) -> Any:
    known = kinds_of(cls)
    if name not in known:
        raise Wrong(f"there is no field {name!r}{_similar(str(name), known)}", name)
    if name in NAMED:
        return _units(units()[_UNITS[name]], name, value, folder)
    if name == "scripts":
        items = value if isinstance(value, list) else [value]
        return [_named_unit(f"scripts[{index}]", item, folder) for index, item in enumerate(items)]
    if is_picture(known[name]):
        return _pictures(name, value, folder)
    return value


def _pictures(name: str, value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_pictures(f"{name}[{index}]", item, folder) for index, item in enumerate(value)]
    if not isinstance(value, str):
        raise Wrong(f"{name}={value!r:.60} must be the path of a picture", name)
    if value.startswith(NO_PATH):
        return value
    path = folder / value
    if not path.is_file():
        raise Wrong(f"{name}={value!r}: there is no such file", name)
    return path


def _named_unit(where: str, value: Any, folder: Path) -> Unit:
    name = value.get("unit") if isinstance(value, Mapping) else None
    known = units()
    if name not in known:
        wanted = 'an object with the name of its class, as in {"unit": "ADetailer", ...}'
        raise Wrong(f"{where}={value!r:.60} must be {wanted}{_similar(str(name), known)}", "scripts")
    return _unit(known[name], where, {key: item for key, item in value.items() if key != "unit"}, folder)


def _units(cls: type[Unit], name: str, value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_unit(cls, f"{name}[{index}]", item, folder) for index, item in enumerate(value)]
    return _unit(cls, name, value, folder)


def _unit(cls: type[Unit], where: str, value: Any, folder: Path) -> Unit:
    if not isinstance(value, Mapping):
        raise Wrong(f"{where}={value!r:.60} must be an object with fields of {cls.__name__}", where)
    known = kinds_of(cls)
    found = {}
    for name, item in value.items():
        if name not in known:
            raise Wrong(f"{where}: {cls.__name__} has no field {name!r}{_similar(str(name), known)}", where)
        found[name] = _pictures(f"{where}.{name}", item, folder) if is_picture(known[name]) else item
    try:
        return cls(**found)
    except (TypeError, ValueError) as error:
        raise Wrong(f"{where}: {error}", where) from error


@cache
def units() -> dict[str, type[Unit]]:
    """All units, also those of other packages, by the names of their classes."""
    return {unit.__name__: unit for unit in registered()}


def kinds_of(cls: type[Any]) -> dict[str, str]:
    """The fields of a request or a unit, with their annotations, without None."""
    return _kinds_of(cast("Any", cls))


@cache
def _kinds_of(cls: Any) -> dict[str, str]:
    known = {item.name: str(item.type).replace(" | None", "") for item in fields(cls) if item.init}
    known.pop("left_out", None)  # is said by what was read from a picture
    return known


def is_picture(annotation: str) -> bool:
    """Whether a field holds pictures."""
    return "ImageInput" in annotation


def _similar(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), 3)
    return f"; similar: {', '.join(near)}" if near else ""


# -- ids --------------------------------------------------------------------------------------------------------------


def canonical(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in the one form that says the same thing: numbers in the type of their field."""
    known = kinds_of(request_class(kind))
    return {name: _in_type(value, known.get(name, "")) for name, value in given.items() if value is not None}


def _in_type(value: Any, annotation: str) -> Any:
    try:
        if annotation == "int" and not isinstance(value, bool) and float(value) == int(float(value)):
            return int(value) if not isinstance(value, float) else int(float(value))
        if annotation == "float" and not isinstance(value, bool):
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass  # it is said to be wrong where it is checked
    return value


def digest(kind: str, given: Mapping[str, Any], folder: Path) -> bytes:
    """A job's content as 32 bytes: its kind, its fields, and what is in its pictures."""
    said = {"kind": kind, **_with_contents(kinds_of(request_class(kind)), given, folder)}
    text = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()


def _with_contents(known: Mapping[str, str], given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given.items():
        if is_picture(known.get(name, "")):
            found[name] = _content(value, folder)
        elif name in NAMED or name == "scripts":
            found[name] = _units_contents(name, value, folder)
        else:
            found[name] = value
    return found


def _units_contents(name: str, value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_units_contents(name, item, folder) for item in value]
    if not isinstance(value, Mapping):
        return value
    cls = units()[_UNITS[name]] if name in NAMED else units().get(str(value.get("unit")))
    return _with_contents(kinds_of(cls), value, folder) if cls is not None else dict(value)


def _content(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_content(item, folder) for item in value]
    if not isinstance(value, str) or value.startswith(NO_PATH):
        return value
    path = folder / value
    try:
        stat = path.stat()
        return _file_digest(path, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return value  # that there is no such file is said where it is checked


@lru_cache(4096)
def _file_digest(path: Path, changed: int, size: int) -> str:
    del changed, size  # with another of these it is another file
    return hashlib.sha256(path.read_bytes()).hexdigest()
