"""JSON objects that are dicts and have typed properties too.

Answers are read tolerantly: a property whose field is missing or odd gives its empty value, fields that nobody knows
stay in the dict, and `json.dumps` works. `item.title` and `item["title"]` are the same thing read in two ways.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from .wording import text_of

T = TypeVar("T")
I = TypeVar("I", bound="Item")  # noqa: E741 - an item


class Item(dict[str, Any]):
    """A JSON object of an answer."""

    @classmethod
    def read(cls: type[I], value: Any) -> I:
        """The item for a value of an answer. What is no object (a bare name) becomes `{first property: value}`."""
        if isinstance(value, dict):
            return cls(value)
        first = next((name for name, found in vars(cls).items() if isinstance(found, prop)), "value")
        return cls({first: value})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict.__repr__(self)})"


class prop(Generic[T]):  # noqa: N801 - used like `property`
    """A read-only typed property of an `Item`, read from the field of its own name or the one given."""

    def __init__(self, read: Callable[[Any], T], key: str | None = None) -> None:
        self._read = read
        self._key = key or ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._key = self._key or name

    @overload
    def __get__(self, obj: None, owner: Any) -> prop[T]: ...
    @overload
    def __get__(self, obj: Item, owner: Any) -> T: ...
    def __get__(self, obj: Any, owner: Any) -> Any:
        return self if obj is None else self._read(obj.get(self._key))

    def __set__(self, obj: Item, value: object) -> None:
        raise AttributeError(f"{self._key} is read-only; item[{self._key!r}] = ... changes the dict")


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _number_or_none(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _integer(value: Any) -> int:
    return int(value) if isinstance(value, (int, float)) and math.isfinite(value) else 0


def _flag(value: Any) -> bool:
    return value is True or value == 1


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    return [item for item in _list(value) if isinstance(item, str)]


def text(key: str | None = None) -> prop[str]:
    """A text; "" when there is none."""
    return prop(text_of, key)


def optional_text(key: str | None = None) -> prop[str | None]:
    """A text or None."""
    return prop(_text_or_none, key)


def number(key: str | None = None) -> prop[float]:
    """A number; 0.0 when there is none."""
    return prop(_number, key)


def optional_number(key: str | None = None) -> prop[float | None]:
    """A number or None."""
    return prop(_number_or_none, key)


def integer(key: str | None = None) -> prop[int]:
    """A whole number; 0 when there is none."""
    return prop(_integer, key)


def flag(key: str | None = None) -> prop[bool]:
    """True or False; False when there is neither."""
    return prop(_flag, key)


def texts(key: str | None = None) -> prop[list[str]]:
    """A list of texts; [] when there is none."""
    return prop(_texts, key)


def anything(key: str | None = None) -> prop[Any]:
    """Whatever is there; None when nothing is."""
    return prop(lambda value: value, key)


def mapping(key: str | None = None) -> prop[dict[str, Any]]:
    """An object; {} when there is none."""
    return prop(_dict, key)


def items(kind: type[I], key: str | None = None) -> prop[list[I]]:
    """A list of items; [] when there is none."""
    return prop(lambda value: [kind.read(item) for item in _list(value)], key)
