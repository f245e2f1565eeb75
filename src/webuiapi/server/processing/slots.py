"""How a request's `script_name`, `script_args` and `alwayson_scripts` become the arguments of scripts.

The webui keeps the arguments of all scripts of a tab in one list, in which each script has its slots: first those that
are always on, then the selectable ones. The list begins as the defaults that the user interface shows. `script_args`
takes the place of the selectable script's slots as it is, so that a wrong number of them shifts the arguments of the
scripts behind; arguments of always-on scripts are copied one by one.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..catalog import Catalog
from ..errors import HTTPError
from .scripts import ActiveScript, Script, implied_scripts, known_script, load_scripts


@dataclass(frozen=True)
class Slot:
    """A script of a tab and where its arguments lie."""

    title: str
    always_on: bool
    start: int
    end: int


@dataclass(frozen=True)
class Chosen:
    """The scripts of one request."""

    selected: Slot | None
    arguments: list[Any]
    """The whole list."""
    active: list[ActiveScript]

    @property
    def script(self) -> Script | None:
        """The selectable script; None if there is none, or none that this server can run."""
        return known_script(self.selected.title) if self.selected else None

    @property
    def script_arguments(self) -> list[Any]:
        """Its arguments."""
        return self.arguments[self.selected.start : self.selected.end] if self.selected else []


class Slots:
    """The scripts of one tab."""

    def __init__(self, catalog: Catalog, kind: str) -> None:
        load_scripts()
        self._defaults: list[Any] = [0]
        self._slots: list[Slot] = []
        infos = [info for info in catalog.script_info if bool(info["is_img2img"]) == (kind == "img2img")]
        listed = {info["name"].lower() for info in infos}
        # Scripts without arguments are missing from script-info.
        bare = [title for title in catalog.scripts.get(kind, ()) if title.lower() not in listed]
        for info in infos:
            if info["is_alwayson"]:
                self._add(info["name"], True, info["args"])
        for title in bare:
            self._add(title, True, ())
        for script in implied_scripts(catalog.installed):
            self._add(script.title, True, ())
        for info in infos:
            if not info["is_alwayson"]:
                self._add(info["name"], False, info["args"])

    def _add(self, title: str, always_on: bool, arguments: Any) -> None:
        start = len(self._defaults)
        self._defaults += [argument["value"] for argument in arguments]
        self._slots.append(Slot(title.lower(), always_on, start, len(self._defaults)))

    def selectable(self, name: str | None) -> Slot | None:
        """The selectable script of a title; an `HTTPError` if there is none."""
        if not name:
            return None
        for slot in self._slots:
            if not slot.always_on and slot.title == name.lower():
                return slot
        raise HTTPError(422, f"Script '{name}' not found")

    def choose(
        self, selected: Slot | None, script_args: list[Any], always_on: Mapping[str, Any], read: Mapping[int, Any]
    ) -> Chosen:
        """The scripts of a request, with their arguments; `read` are those from its infotext, by their place."""
        arguments = copy.deepcopy(self._defaults)
        for place, value in read.items():
            arguments[place] = value
        if selected is not None:
            arguments[selected.start : selected.end] = script_args
        for name, value in always_on.items():
            slot = self._always_on(name)
            if "args" in value:
                given = value["args"]
                for index in range(min(slot.end - slot.start, len(given))):
                    arguments[slot.start + index] = given[index]
        active = [
            ActiveScript(script, arguments[slot.start : slot.end])
            for slot in self._slots
            if slot.always_on and (script := known_script(slot.title)) is not None
        ]
        return Chosen(selected, arguments, active)

    def _always_on(self, name: str) -> Slot:
        if not name:
            raise AttributeError("an always-on script without a name has no attribute 'alwayson'")
        slot = next((slot for slot in self._slots if slot.title == name.lower()), None)
        if slot is None:
            raise HTTPError(422, f"Script '{name}' not found")
        if not slot.always_on:
            raise HTTPError(422, "Cannot have a selectable script in the always on scripts params")
        return slot

    def read(self, values: Mapping[str, Any]) -> dict[int, Any]:
        """Arguments of scripts that the pairs of an infotext name, by their place."""
        found: dict[int, Any] = {}
        for slot in self._slots:
            script = known_script(slot.title)
            for index, (key, kind) in script.infotext_arguments.items() if script else ():
                if values.get(key) is not None and slot.start + index < slot.end:
                    found[slot.start + index] = kind(values[key])
        return found
