"""Argument lists: where a unit's fields stand in a script's list on this server, and what fills the gaps.

A list grows with the versions, sometimes in the middle, and a relative's script for the same thing has another order.
So a field has a known place and, where lists differ, a label, which wins; a `Layout` is the list under another title.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from .. import images as pictures
from ..checks import ParameterWarning, users_level, within
from ..errors import UnknownName
from ..names import find_name

if TYPE_CHECKING:
    from .base import Slot, Unit

LISTED = 24
"""Choices up to this number are all listed in an error; of more, those that come near."""


def arg(
    index: int,
    server_default: Any = None,
    *,
    default: Any = None,
    label: str | None = None,
    choices: Sequence[str] | None = None,
    numbered: bool = False,
    always: bool = False,
    convert: Callable[[Any], Any] | None = None,
    **metadata: Any,
) -> Any:
    """A field that is the argument at `index`. `server_default` is the extension's own default, or finds it in a slot.

    `label` is the argument's label in the server's description, which wins over the place. `choices` are those known;
    where the server describes its own, they are taken instead; `()` are the server's alone. `numbered` sends the number
    of the choice. `always` sends the argument, and so all before it, even where it was not said. `convert` makes what
    is sent of what was given.
    """
    known = {"at": index, "server": server_default, "label": label, "choices": choices}
    how = {"numbered": numbered, "always": always, "convert": convert}
    return field(default=default, metadata={**known, **how, **metadata})


def one_of(*choices: str) -> dict[str, Any]:
    """Metadata of a field with these choices."""
    return {"choices": choices}


def within_arg(low: float | None = None, high: float | None = None) -> dict[str, Any]:
    """For `arg`: the documented range of the value."""
    return dict(within(low, high))


def numbers(value: Any) -> str:
    """Numbers as the text that scripts take, `0,1`; a text as it is."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@dataclass(frozen=True)
class Layout:
    """The argument list of a relative's script for the same thing."""

    title: str
    """As the relative lists it."""
    defaults: Mapping[str, Any]
    """The fields in the order of the list, each with its default there."""
    convert: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """For fields that are measured differently there."""


@dataclass(frozen=True)
class _Place:
    """A field and its argument."""

    item: Any
    index: int
    default: Any
    convert: Callable[[Any], Any] | None

    def default_for(self, slot: Slot) -> Any:
        """The extension's own default."""
        return self.default(slot) if callable(self.default) else self.default


def filled(
    unit: Unit,
    slot: Slot,
    *,
    layout: Layout | None = None,
    complete: bool = False,
    more: Mapping[int, Any] | None = None,
) -> list[Any]:
    """The argument list of a unit: what was said in its place, the server's defaults before it.

    `complete` goes on to the end of the list. `more` are arguments by place that are no fields. What has no place in
    the server's list is left out, with a warning. Raises `UnknownName` for a choice that is none.
    """
    places = list(_placed(unit, slot, layout))
    own = {spot.index: spot.default_for(slot) for spot in places}
    said = {}
    for spot in places:
        value = sent(unit, spot.item, spot.convert, slot.choices(spot.index))
        if value is not None:
            said[spot.index] = value
    _mention_lost(unit, slot, {spot.item.name for spot in places})
    said.update(more or {})
    needed = [spot.index for spot in places if spot.item.metadata.get("always")]
    length = max([*said, *needed, -1]) + 1
    if complete:
        length = len(slot.args) or max([*own, -1]) + 1
    return in_order(said, own, slot, length)


def in_order(said: Mapping[int, Any], own: Mapping[int, Any], slot: Slot, length: int) -> list[Any]:
    """Arguments as a list, the gaps filled with the server's defaults, or with the extension's `own`."""
    return [said[index] if index in said else default_at(index, own.get(index), slot) for index in range(length)]


def _placed(unit: Unit, slot: Slot, layout: Layout | None) -> Iterator[_Place]:
    """The fields that have a place in the server's list."""
    if layout is not None:
        by_name = {item.name: item for item in fields(unit)}
        for index, (name, default) in enumerate(layout.defaults.items()):
            if not slot.args or index < len(slot.args):
                yield _Place(by_name[name], index, default, layout.convert.get(name))
        return
    items = [item for item in fields(unit) if "at" in item.metadata]
    labelled = {item.name: _labelled(item.metadata["label"], slot) for item in items}
    taken = set(labelled.values())
    for item in items:
        by_label, index = labelled[item.name], item.metadata["at"]
        if by_label is not None:
            index = by_label
        elif slot.args and (index in taken or index >= len(slot.args)):
            continue
        yield _Place(item, index, item.metadata["server"], item.metadata.get("convert"))


def _labelled(label: str | None, slot: Slot) -> int | None:
    if label is None:
        return None
    wanted = bare(label)
    return next((index for index, found in enumerate(slot.args) if bare(found.label or "") == wanted), None)


def bare(label: str) -> str:
    """A label without its capitals, blanks and signs."""
    return "".join(character for character in label.casefold() if character.isalnum())


def default_at(index: int, known: Any, slot: Slot) -> Any:
    """The default of an argument that was not said: the server's, unless it describes a choice by its text."""
    described = slot.args[index].value if index < len(slot.args) else None
    chosen_by_number = isinstance(known, int) and not isinstance(known, bool) and isinstance(described, str)
    return known if described is None or chosen_by_number else described


def _mention_lost(unit: Unit, slot: Slot, placed: set[str]) -> None:
    """Warn of values that this server's list has no place for."""
    lost = [
        item.name
        for item in fields(unit)
        if item.name not in placed and not item.metadata.get("local") and getattr(unit, item.name) is not None
    ]
    if lost:
        warnings.warn(
            f"{type(unit).__name__}: {slot.title!r} on this server knows no {' and no '.join(lost)}: left out",
            ParameterWarning,
            stacklevel=users_level(),
        )


def sent(unit: Unit, item: Any, convert: Callable[[Any], Any] | None = None, described: Sequence[str] = ()) -> Any:
    """A field's value as it is sent: pictures encoded, choices as the server spells or counts them. None: not said."""
    value = getattr(unit, item.name)
    if value is None:
        return None
    name, how = f"{type(unit).__name__}.{item.name}", item.metadata
    if how.get("picture"):
        return pictures.outgoing(value, name, uri=how["picture"] == "uri")
    convert = convert or how.get("convert")
    if convert is not None:
        value = convert(value)
    if how.get("choices") is None:
        return value
    return choice(name, value, described or how["choices"], numbered=how.get("numbered", False))


def choice(name: str, value: Any, choices: Sequence[str], *, numbered: bool = False) -> Any:
    """The choice that a value means (for a list: the choices), or its number. Raises `UnknownName` listing them."""
    if isinstance(value, list):
        return [choice(name, item, choices, numbered=numbered) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and numbered:
        if choices and not 0 <= value < len(choices):
            raise UnknownName(name, str(value), [f"{number}: {text}" for number, text in enumerate(choices)])
        return value
    if not isinstance(value, str) or not choices:
        return value
    try:
        found = find_name(name, value, choices)
    except UnknownName as error:
        if error.near and len(choices) > LISTED:
            raise
        raise UnknownName(name, value, choices[:LISTED]) from None
    return list(choices).index(found) if numbered else found
