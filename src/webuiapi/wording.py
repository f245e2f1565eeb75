"""Values in messages: what they are, what they say, and paths, which are refused by name where they are none."""

from __future__ import annotations

import os
from typing import Any


def a_kind(value: object) -> str:
    """What a value is, with its article: `an int`, `a str`, `None`."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"


def path_text(value: object, name: str) -> str:
    """A path as text. Raises `TypeError`, naming the parameter, for what is none (bytes too)."""
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(path, str):
        return path
    raise TypeError(f"{name}={value!r:.80}: a path is needed, a str or a pathlib.Path, not {a_kind(value)}")


def text_of(value: Any) -> str:
    """A value of an answer as text; "" for None."""
    return value if isinstance(value, str) else "" if value is None else str(value)
