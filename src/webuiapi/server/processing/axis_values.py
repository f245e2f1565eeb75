"""The values of an axis of the X/Y/Z plot as text: lists, ranges, counts and permutations."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .limits import MOST_PICTURES

_RANGE = re.compile(r"\s*([+-]?\d+)\s*-\s*([+-]?\d+)(?:\s*\(([+-]\d+)\s*\))?\s*")
_COUNT = re.compile(r"\s*([+-]?\d+)\s*-\s*([+-]?\d+)(?:\s*\[(\d+)\s*\])?\s*")
_NUMBER = r"([+-]?\s*\d+(?:\.\d*)?)"
_FLOAT_RANGE = re.compile(rf"\s*{_NUMBER}\s*-\s*{_NUMBER}(?:\s*\(([+-]\d+(?:\.\d*)?)\s*\))?\s*")
_FLOAT_COUNT = re.compile(rf"\s*{_NUMBER}\s*-\s*{_NUMBER}(?:\s*\[(\d+(?:\.\d*)?)\s*\])?\s*")


def split(text: str) -> list[str]:
    """The items of a text with commas; double quotes protect commas, blanks around items do not count."""
    lines = csv.reader(io.StringIO(text), skipinitialspace=True)
    return [item.strip() for item in itertools.chain.from_iterable(lines)]


def joined(items: Sequence[str]) -> str:
    """A list as a text that `split` reads."""
    out = io.StringIO()
    csv.writer(out).writerow(items)
    return out.getvalue().strip()


def integers(items: Sequence[str]) -> list[int]:
    """Whole numbers; `1-5` and `1-9 (+2)` are ranges with their end, `1-10 [4]` so many values between."""
    return _numbers(items, int, _RANGE, _COUNT)


def floats(items: Sequence[str]) -> list[float]:
    """Numbers, in the same forms; a range without a step goes by ones."""
    return _numbers(items, float, _FLOAT_RANGE, _FLOAT_COUNT)


def _numbers(items: Sequence[str], kind: Any, ranges: re.Pattern[str], counts: re.Pattern[str]) -> list[Any]:
    values: list[Any] = []
    for item in items:
        if not item.strip():
            continue
        as_range, as_count = ranges.fullmatch(item), counts.fullmatch(item)
        if as_range:
            start, end = (kind(text.replace(" ", "")) for text in as_range.groups()[:2])
            step = kind(as_range.group(3)) if as_range.group(3) else 1
            values += _steps(start, end, step, kind)
        elif as_count:
            start, end = (kind(text.replace(" ", "")) for text in as_count.groups()[:2])
            count = _bounded(int(float(as_count.group(3) or 1)))
            values += [kind(value) for value in np.linspace(start, end, count).tolist()]
        else:
            values.append(kind(item))
    return values


def _steps(start: Any, end: Any, step: Any, kind: Any) -> list[Any]:
    """From start to end by steps. An integer range has its end only going up, a range of floats one step beyond."""
    if not step:
        raise ValueError("range() arg 3 must not be zero")
    if kind is int:
        _bounded(len(range(start, end + 1, step)))
        return list(range(start, end + 1, step))
    _bounded(math.ceil((end + step - start) / step))
    values: list[float] = np.arange(start, end + step, step).tolist()
    return values


def permutations(items: Sequence[str]) -> list[tuple[str, ...]]:
    """The items in every order."""
    _bounded(math.factorial(min(len(items), 20)))
    return list(itertools.permutations(items))


def _bounded(count: int) -> int:
    if count > MOST_PICTURES:
        raise MemoryError(f"{count} values are more than this server tries ({MOST_PICTURES})")
    return count
