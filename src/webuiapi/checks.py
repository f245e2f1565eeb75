"""What can be said about a request before anything is sent.

One rule: where the server would answer with an error, ours is an error, naming the field, the value and what would be
right; where it would silently do something else, ours is one warning. `checks=` of a client turns this:
`"default"`, `"strict"` (warnings become errors), `"warn"` (errors become warnings), `"off"`.
"""

from __future__ import annotations

import math
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, TypeAlias, cast, get_args

Checks: TypeAlias = Literal["default", "strict", "warn", "off"]


class ParameterWarning(UserWarning):
    """The server will do something else than the request says."""


@dataclass(frozen=True)
class Problem:
    """Something wrong with a request."""

    text: str
    fatal: bool = True
    """The server would refuse the request, or fail; else it would silently do something else."""


def within(low: float | None = None, high: float | None = None, *, above: float | None = None) -> Mapping[str, Any]:
    """Metadata of a field with a documented range: at least `low` (or more than `above`), at most `high`."""
    return {"range": (low, high, above)}


def check_level(checks: str) -> Checks:
    """The switch, if it is one. Raises `ValueError`."""
    if checks not in get_args(Checks):
        raise ValueError(f"checks={checks!r} must be one of {', '.join(map(repr, get_args(Checks)))}")
    return checks  # type: ignore[return-value]  # it is one of them


def users_level() -> int:
    """The `stacklevel` of a warning that shows the line of whoever called this package.

    A deprecation is shown by default only where that is the main program.
    """
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == __package__:
        frame, level = frame.f_back, level + 1
    return level


def report(problems: Iterable[Problem], checks: Checks) -> None:
    """Raise `ValueError` for the fatal problems and warn of the others, as `checks` says."""
    if checks == "off":
        return
    fatal: list[str] = []
    minor: list[str] = []
    for problem in problems:
        raises = checks == "strict" or (problem.fatal and checks == "default")
        (fatal if raises else minor).append(problem.text)
    for text in minor:
        warnings.warn(text, ParameterWarning, stacklevel=users_level())
    if fatal:
        raise ValueError("; ".join(fatal))


def object_to(error: Exception, checks: Checks) -> None:
    """Raise what a look at the server's lists has shown, or warn of it, or let it be, as `checks` says."""
    if checks == "warn":
        warnings.warn(str(error), ParameterWarning, stacklevel=users_level())
    elif checks != "off":
        raise error


def in_stages(*stages: Iterable[Problem]) -> Iterator[Problem]:
    """The problems of one stage after the other, up to the first with a fatal one: what follows reads the values."""
    for stage in stages:
        fatal = False
        for problem in stage:
            fatal = fatal or problem.fatal
            yield problem
        if fatal:
            return


def field_problems(request: Any) -> Iterator[Problem]:
    """What is wrong with the types and ranges of a request's fields, read from their annotations and metadata."""
    for name, kind, limits in _checked_fields(cast("Any", type(request))):
        value = getattr(request, name)
        if value is None:
            continue
        problem = _wrong_type(value, kind) or _out_of_range(value, limits)
        if problem:
            yield Problem(f"{name.rstrip('_')}={value!r:.60} {problem}")  # `payload_` stands beside a method `payload`


@cache
def _checked_fields(kind: Any) -> tuple[tuple[str, str, Any], ...]:
    found = []
    for field in fields(kind):
        annotation = str(field.type).replace(" | None", "")
        if annotation in _RIGHT:
            found.append((field.name, annotation, field.metadata.get("range")))
    return tuple(found)


_RIGHT = {
    "int": "must be a whole number",
    "float": "must be a number",
    "str": "must be a text",
    "bool": "must be True or False",
    "Sequence[str]": "must be a list of texts",
    "Sequence[int]": "must be a list of whole numbers",
    "Sequence[float]": "must be a list of numbers",
    "Sequence[Any]": "must be a list",
    "Mapping[str, Any]": "must be a dict",
}


def _wrong_type(value: Any, kind: str) -> str:
    """Why a value is not of the kind, as the servers see it: they take 20.0 and "20" for 20."""
    if kind == "int":
        right = _is_int(value)
    elif kind == "float":
        right = _is_float(value)
    elif kind == "bool":
        right = not isinstance(value, str) and number_of(value) in (0, 1)
    elif kind == "Sequence[str]":
        right = isinstance(value, list) and all(isinstance(item, str) for item in value)
    elif kind in ("Sequence[int]", "Sequence[float]"):
        right = isinstance(value, list) and all(map(_is_int if kind == "Sequence[int]" else _is_float, value))
    else:
        right = isinstance(value, {"str": str, "Sequence[Any]": list, "Mapping[str, Any]": dict}[kind])
    return "" if right else _RIGHT[kind]


def _is_int(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_INT.fullmatch(value))
    number = number_of(value)
    return number is not None and math.isfinite(number) and number == int(number)


def _is_float(value: Any) -> bool:
    number = number_of(value)
    return number is not None and math.isfinite(number)


_INT = re.compile(r"\s*[+-]?\d+\s*")
_FLOAT = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def number_of(value: Any) -> int | float | None:
    """The number that a server reads in a value, also in "20" and in a NumPy scalar; None where it is none."""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        return int(value) if _INT.fullmatch(value) else float(value) if _FLOAT.fullmatch(value) else None
    item = getattr(value, "item", None)  # a NumPy scalar
    found = item() if callable(item) and getattr(value, "ndim", None) == 0 else None
    return found if isinstance(found, (int, float)) else None


def _out_of_range(value: Any, limits: tuple[float | None, float | None, float | None] | None) -> str:
    if limits is None:
        return ""
    low, high, above = limits
    number = number_of(value)
    if number is None:  # of a kind that is not checked
        return ""
    if (low is None or number >= low) and (high is None or number <= high) and (above is None or number > above):
        return ""
    if above is not None:
        return f"must be above {above:g}"
    if low is not None and high is not None:
        return f"must be from {low:g} to {high:g}"
    return f"must be at least {low:g}" if low is not None else f"must be at most {high:g}"
