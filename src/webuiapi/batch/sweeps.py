"""Sweeps: one job that stands for several, `seed: [1, 2, 3]`, `cfg_scale: {from: 5, to: 9, step: 1}`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from .jobs import Wrong, is_picture

HOW = ("product", "zip")
_MOST = 1_000_000
"""Values of one axis: more are a slip."""
_ITSELF = ("Sequence", "Mapping", "Unit")
"""Parts of annotations of fields whose values are lists or objects themselves."""


def expanded(
    given: Mapping[str, Any], known: Mapping[str, str], folder: Path, how: Any = "product"
) -> Iterator[dict[str, Any]]:
    """The jobs that one stands for: all combinations of its lists (the last varies fastest), or `zip` side by side.

    Lists, `{from, to, step}`, `{values: [...]}` and, for pictures, `{glob: "*.png"}` are axes. In a field whose value
    is a list or an object itself (`styles`, `scripts`, ...) only `{values: [...]}` is. Raises `Wrong`.
    """
    if how not in HOW:
        raise Wrong(f"sweep={how!r} must be 'product' or 'zip'", "sweep")
    axes: dict[str, Sequence[Any]] = {}
    for name, value in given.items():
        values = _axis(name, value, known.get(name, ""), folder)
        if values is not None:
            axes[name] = values
    if how == "zip" and len({len(values) for values in axes.values()}) > 1:
        lengths = ", ".join(f"{name} has {len(values)}" for name, values in axes.items())
        raise Wrong(f"sweep='zip' needs lists of one length: {lengths}", "sweep")
    rows = zip(*axes.values(), strict=True) if how == "zip" and axes else itertools.product(*axes.values())
    for row in rows:
        yield {**given, **dict(zip(axes, row, strict=True))}


def _axis(name: str, value: Any, annotation: str, folder: Path) -> Sequence[Any] | None:
    """The values of an axis; None for a value that is none."""
    if isinstance(value, Mapping):
        keys = set(value)
        if keys == {"values"}:
            if not isinstance(value["values"], list) or not value["values"]:
                raise Wrong(f"{name}: values={value['values']!r:.60} must be a list with something in it", name)
            return value["values"]
        if keys == {"glob"} and is_picture(annotation):
            return _files(name, value["glob"], folder)
        if {"from", "to"} <= keys <= {"from", "to", "step"} and not _takes_objects(annotation):
            return _range(name, value, annotation)
        return None
    if isinstance(value, list) and not (is_picture(annotation) or _takes_objects(annotation)) and annotation:
        if not value:
            raise Wrong(f"{name}: a list of values has nothing in it", name)
        return value
    return None


def _takes_objects(annotation: str) -> bool:
    return any(part in annotation for part in _ITSELF)


def _files(name: str, pattern: Any, folder: Path) -> list[str]:
    if not isinstance(pattern, str) or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise Wrong(f"{name}: glob={pattern!r} must be a pattern below the file's folder, as in 'photos/*.png'", name)
    found = sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern) if path.is_file())
    if not found:
        raise Wrong(f"{name}: glob={pattern!r} matches no file", name)
    return found


def _range(name: str, given: Mapping[str, Any], annotation: str) -> list[Any]:
    """From, to (which is in it, if a step gets there), step: reckoned in decimals, so that 0.1 three times is 0.3."""
    first, last, step = (_decimal(name, key, given.get(key, 1)) for key in ("from", "to", "step"))
    if step == 0 or (last - first) * step < 0:
        raise Wrong(f"{name}: a step of {step} never gets from {first} to {last}", name)
    count = int((last - first) / step) + 1
    if count > _MOST:
        raise Wrong(f"{name}: {count} values from {first} to {last} by {step} are too many (at most {_MOST})", name)
    values = [first + step * index for index in range(count)]
    whole = annotation != "float" and all(value == int(value) for value in values)
    return [int(value) if whole else float(value) for value in values]


def _decimal(name: str, key: str, value: Any) -> Decimal:
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if found.is_finite() and abs(found) < Decimal(10) ** 15:
            return found
    raise Wrong(f"{name}: {key}={value!r:.40} must be a number", name)
