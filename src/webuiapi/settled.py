"""Arguments as they are now: copies of the pictures in them, so that nothing done to those later shows in a request
that is sent later.

Copying pixels takes a thousandth of the time that encoding them does, so it may be done on an event loop.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

from .images import settled_picture
from .request import plain

T = TypeVar("T")


def settled(value: T) -> T:
    """The value, with its own copy of every picture, list and dict in it. What cannot be copied stays as it is."""
    return cast("T", _settled(value))


def _settled(value: Any) -> Any:
    if value is None or isinstance(value, (str, bytes, int, float)):
        return value
    if isinstance(value, Mapping):
        return {key: _settled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if type(value) is tuple:
        return tuple(map(_settled, value))
    if is_dataclass(value) and not isinstance(value, type):
        return _settled_fields(value)
    return settled_picture(plain(value))


def _settled_fields(value: Any) -> Any:
    """A request, or an extension's unit."""
    changes = {}
    for item in fields(value):
        before = getattr(value, item.name)
        after = _settled(before)
        if after is not before:
            changes[item.name] = after
    if not changes:
        return value
    other = copy.copy(value)
    for name, after in changes.items():
        object.__setattr__(other, name, after)  # requests and units are frozen, and were checked when they were made
    return other
