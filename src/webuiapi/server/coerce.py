"""The values of a request, taken as pydantic 1 takes them: what it converts, what it refuses, and in which words.

How that is done is a `Dialect`, so that servers with another version of pydantic can have their own.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Loc = tuple[Any, ...]
Model = Mapping[str, "Field"]

_TRUE = frozenset({1, "1", "on", "t", "true", "y", "yes"})
_FALSE = frozenset({0, "0", "off", "f", "false", "n", "no"})
_SEQUENCE = (list, tuple)


class Refused(Exception):
    """One value is refused."""

    def __init__(self, kind: str, message: str, ctx: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.ctx = ctx

    def entry(self, loc: Loc) -> dict[str, Any]:
        """The entry of a 422."""
        entry: dict[str, Any] = {"loc": list(loc), "msg": self.message, "type": self.kind}
        if self.ctx is not None:
            entry["ctx"] = self.ctx
        return entry

    def anew(self) -> Refused:
        """The same, to be raised: one that is raised again and again keeps the frames of every time alive."""
        return Refused(self.kind, self.message, self.ctx)


MISSING = Refused("value_error.missing", "field required")
NULL = Refused("type_error.none.not_allowed", "none is not an allowed value")
NOT_A_DICT = Refused("type_error.dict", "value is not a valid dict")


@dataclass(frozen=True)
class Dialect:
    """How one version of pydantic takes values, and how it words what it refuses."""

    kinds: Mapping[str, Callable[[Any], Any]]
    """By kind of field: the value as the handler sees it, or `Refused`."""
    as_object: Callable[[Any], dict[Any, Any]]
    """The value of an object whose fields are checked, or `Refused`."""
    missing: Refused
    null: Refused | None
    """A null that is not allowed; None where the kind refuses it in its own words."""
    within: Callable[[Any, str, float], None]
    """Refuse a number outside a limit, which is gt, ge, lt or le."""
    permitted: Callable[[Any, tuple[Any, ...]], Any]
    """The value as it stands among the permitted ones, or `Refused`."""
    entry: Callable[[Refused, Loc, Any], dict[str, Any]]
    """The entry of a 422 for what was refused, at this place, with this value."""
    broken_json: Callable[[json.JSONDecodeError], dict[str, Any]]
    """The entry of a 422 for a body that is no JSON."""


@dataclass(frozen=True)
class Field:
    """One field of a request."""

    kind: str
    """string, integer, number, boolean, object, array or any."""
    default: Any = None
    required: bool = False
    nullable: bool = False
    items: Field | None = None
    """What an array holds, where that is checked."""
    model: Model | None = None
    """The fields of an object, where they are checked."""
    limits: tuple[tuple[str, float], ...] = ()
    """Pairs of gt, ge, lt or le and a number."""
    permitted: tuple[Any, ...] = ()
    """The only values, if there are such."""
    dialect: Dialect | None = None
    """None is pydantic 1's."""

    def take(self, value: Any, loc: Loc) -> Any:
        """The value as the handler sees it. Raises `Several` with all that is wrong with it."""
        dialect = self.dialect or PYDANTIC_1
        given = value
        try:
            if value is None:
                if self.nullable or self.kind == "any":
                    return None
                if dialect.null is not None:
                    raise dialect.null.anew()
            if self.permitted:
                return dialect.permitted(value, self.permitted)
            value = (dialect.as_object if self.model is not None else dialect.kinds[self.kind])(value)
            for name, limit in self.limits:
                dialect.within(value, name, limit)
        except Refused as refused:
            raise Several([dialect.entry(refused, loc, given)]) from None
        if self.items is not None:
            return _each(self.items, value, loc)
        if self.model is not None:
            return take_model(self.model, value, loc, self.dialect)[0]
        return value


class Several(Exception):
    """All that is wrong with a value and with what it holds."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        super().__init__(f"{len(entries)} refused")
        self.entries = entries


def take_model(
    model: Model, value: Any, loc: Loc, dialect: Dialect | None = None
) -> tuple[dict[str, Any], frozenset[str]]:
    """The fields of `model` out of `value`, in the model's order, and the names that `value` mentions."""
    dialect = dialect or PYDANTIC_1
    try:
        found = dialect.as_object(value)
    except Refused as refused:
        raise Several([dialect.entry(refused, loc, value)]) from None
    fields: dict[str, Any] = {}
    wrong: list[dict[str, Any]] = []
    for name, field in model.items():
        if name not in found:
            if field.required:
                wrong.append(dialect.entry(dialect.missing, (*loc, name), value))
            fields[name] = copy.copy(field.default)
            continue
        try:
            fields[name] = field.take(found[name], (*loc, name))
        except Several as several:
            wrong.extend(several.entries)
    if wrong:
        raise Several(wrong)
    return fields, frozenset(found.keys() & model.keys())


def defaults_of(model: Model) -> dict[str, Any]:
    """What a request has that says nothing; lists and objects are its own."""
    return {name: copy.copy(field.default) for name, field in model.items()}


def as_dict(value: Any) -> dict[Any, Any]:
    """A dict, and whatever Python makes one of, such as an empty list."""
    if isinstance(value, dict):
        return value
    try:
        return dict(value)
    except (TypeError, ValueError):
        raise NOT_A_DICT.anew() from None


def _as_keywords(value: Any) -> dict[Any, Any]:
    """A dict whose keys are all names."""
    found = as_dict(value)
    if not all(isinstance(key, str) for key in found):
        raise Refused("type_error", "keywords must be strings")
    return found


def _each(field: Field, values: list[Any], loc: Loc) -> list[Any]:
    taken: list[Any] = []
    wrong: list[dict[str, Any]] = []
    for index, value in enumerate(values):
        try:
            taken.append(field.take(value, (*loc, index)))
        except Several as several:
            wrong.extend(several.entries)
    if wrong:
        raise Several(wrong)
    return taken


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    raise Refused("type_error.str", "str type expected")


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise Refused("type_error.integer", "value is not a valid integer") from None


def _number(value: Any) -> float:
    if isinstance(value, float):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Refused("type_error.float", "value is not a valid float") from None


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        value = value.lower()
    if isinstance(value, (str, int, float)):
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
    raise Refused("type_error.bool", "value could not be parsed to a boolean")


def _array(value: Any) -> list[Any]:
    if isinstance(value, _SEQUENCE):
        return list(value)
    raise Refused("type_error.list", "value is not a valid list")


def _any(value: Any) -> Any:
    return value


_KINDS: dict[str, Callable[[Any], Any]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "array": _array,
    "object": as_dict,
    "any": _any,
}

_LIMITS: dict[str, tuple[str, Callable[[Any, float], bool]]] = {
    "gt": ("greater than", lambda value, limit: value > limit),
    "ge": ("greater than or equal to", lambda value, limit: value >= limit),
    "lt": ("less than", lambda value, limit: value < limit),
    "le": ("less than or equal to", lambda value, limit: value <= limit),
}


def _within(value: Any, name: str, limit: float) -> None:
    words, holds = _LIMITS[name]
    if not holds(value, limit):
        number = int(limit) if float(limit).is_integer() else limit
        raise Refused(
            f"value_error.number.not_{name}", f"ensure this value is {words} {number}", {"limit_value": number}
        )


def _permitted(value: Any, permitted: tuple[Any, ...]) -> Any:
    try:
        return {choice: choice for choice in permitted}[value]
    except (KeyError, TypeError):
        words = ", ".join(map(repr, permitted))
        ctx = {"given": value, "permitted": list(permitted)}
        raise Refused("value_error.const", f"unexpected value; permitted: {words}", ctx) from None


def _broken_json(error: json.JSONDecodeError) -> dict[str, Any]:
    ctx = {"msg": error.msg, "doc": error.doc, "pos": error.pos, "lineno": error.lineno, "colno": error.colno}
    return {"loc": ["body", error.pos], "msg": str(error), "type": "value_error.jsondecode", "ctx": ctx}


PYDANTIC_1 = Dialect(
    kinds=_KINDS,
    as_object=_as_keywords,
    missing=MISSING,
    null=NULL,
    within=_within,
    permitted=_permitted,
    entry=lambda refused, loc, _: refused.entry(loc),
    broken_json=_broken_json,
)


def refusals(entries: list[dict[str, Any]]) -> Iterator[str]:
    """The entries as the text of an exception: one paragraph each."""
    for entry in entries:
        where = " -> ".join(map(str, entry["loc"]))
        yield f"{where}\n  {entry['msg']} (type={entry['type']})"
