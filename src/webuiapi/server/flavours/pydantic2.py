"""How pydantic 2 takes the values of a request: stricter than pydantic 1, in other words, with the value that it got.

Texts are no numbers' business any more: a number is no text, a list no object, 20.5 no integer.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from ..coerce import Dialect, Loc, Refused

_INTEGER = re.compile(r"\s*([+-]?\d+(?:_\d+)*)(?:\.0+)?\s*")
_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE = frozenset({"0", "off", "f", "false", "n", "no"})
_HUGE = 2.0**63
_LIMITS: dict[str, tuple[str, str, Callable[[Any, float], bool]]] = {
    "gt": ("greater_than", "greater than", lambda value, limit: value > limit),
    "ge": ("greater_than_equal", "greater than or equal to", lambda value, limit: value >= limit),
    "lt": ("less_than", "less than", lambda value, limit: value < limit),
    "le": ("less_than_equal", "less than or equal to", lambda value, limit: value <= limit),
}


def _integer(value: Any) -> int:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _from_float(value)
    if not isinstance(value, str):
        raise Refused("int_type", "Input should be a valid integer")
    found = _INTEGER.fullmatch(value)
    if found is None:
        raise Refused("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
    return int(found.group(1))


def _from_float(value: float) -> int:
    if not math.isfinite(value):
        raise Refused("finite_number", "Input should be a finite number")
    if not value.is_integer():
        raise Refused("int_from_float", "Input should be a valid integer, got a number with a fractional part")
    if abs(value) >= _HUGE:
        raise Refused("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size")
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    if not isinstance(value, str):
        raise Refused("float_type", "Input should be a valid number")
    try:
        return float(value)
    except ValueError:
        raise Refused("float_parsing", "Input should be a valid number, unable to parse string as a number") from None


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value not in (0.0, 1.0):
        raise Refused("bool_type", "Input should be a valid boolean")
    if not isinstance(value, (str, int, float)):
        raise Refused("bool_type", "Input should be a valid boolean")
    word = value.lower() if isinstance(value, str) else str(int(value))
    if word not in _TRUE | _FALSE:
        raise Refused("bool_parsing", "Input should be a valid boolean, unable to interpret input")
    return word in _TRUE


def _only(kind: type, name: str, words: str) -> Callable[[Any], Any]:
    def take(value: Any) -> Any:
        if not isinstance(value, kind):
            raise Refused(name, f"Input should be a valid {words}")
        return value

    return take


def _as_object(value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        words = "Input should be a valid dictionary or object to extract fields from"
        raise Refused("model_attributes_type", words)
    return value


def _within(value: Any, name: str, limit: float) -> None:
    kind, words, holds = _LIMITS[name]
    if not holds(value, limit):
        number = float(limit) if isinstance(value, float) else limit
        raise Refused(kind, f"Input should be {words} {limit:g}", {name: number})


def _permitted(value: Any, permitted: tuple[Any, ...]) -> Any:
    try:
        return {choice: choice for choice in permitted}[value]
    except (KeyError, TypeError):
        *first, last = map(repr, permitted)
        expected = f"{', '.join(first)} or {last}" if first else last
        raise Refused("literal_error", f"Input should be {expected}", {"expected": expected}) from None


def dialect(version: str | None) -> Dialect:
    """That of pydantic 2; entries tell where to read about them if a version is given (`2.8`)."""

    def entry(refused: Refused, loc: Loc, value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {"type": refused.kind, "loc": list(loc), "msg": refused.message, "input": value}
        if refused.ctx is not None:
            found["ctx"] = refused.ctx
        if version is not None:
            found["url"] = f"https://errors.pydantic.dev/{version}/v/{refused.kind}"
        return found

    return Dialect(
        kinds={
            "string": _only(str, "string_type", "string"),
            "integer": _integer,
            "number": _number,
            "boolean": _boolean,
            "array": _only(list, "list_type", "list"),
            "object": _only(dict, "dict_type", "dictionary"),
            "any": lambda value: value,
        },
        as_object=_as_object,
        missing=Refused("missing", "Field required"),
        null=None,
        within=_within,
        permitted=_permitted,
        entry=entry,
        broken_json=_broken_json,
    )


def _broken_json(error: json.JSONDecodeError) -> dict[str, Any]:
    return {
        "type": "json_invalid",
        "loc": ["body", error.pos],
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": error.msg},
    }
