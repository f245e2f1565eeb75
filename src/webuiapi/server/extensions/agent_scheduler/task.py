"""A task of Agent Scheduler: a generation that waits, runs, or is over."""

from __future__ import annotations

import base64
import copy
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ...coerce import defaults_of
from ...contract import contract

FINISHED = ("done", "failed", "interrupted")
_UNSHOWN = ("alwayson_scripts", "script_args", "init_images", "mask", "mask_image")
"""Fields of a request that the list of tasks leaves out."""
_TAB = {"txt2img": "txt2img", "img2img": "img2img"}


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass
class Task:
    """One task."""

    type: str
    fields: dict[str, Any]
    given: frozenset[str] = frozenset()
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    checkpoint: str | None = None
    callback: str | None = None
    name: str | None = None
    status: str = "pending"
    priority: int = field(default_factory=now)
    result: str | None = None
    bookmarked: bool = False
    created: int = field(default_factory=now)
    updated: int = field(default_factory=now)
    pictures: list[tuple[str, str, str]] = field(default_factory=list)
    """File name, base64 and infotext of each picture."""

    def touch(self) -> None:
        """It was changed."""
        self.updated = now()

    def copied(self) -> Task:
        """The same task once more, to be run."""
        name = f"Copy of {self.name}" if self.name else None
        return Task(self.type, copy.deepcopy(self.fields), self.given, checkpoint=self.checkpoint, name=name)

    def shown(self, *, running: bool = False, iso: bool = False) -> dict[str, Any]:
        """As lists show it."""
        params = {key: value for key, value in self.fields.items() if key not in _UNSHOWN}
        return {
            "id": self.id,
            "api_task_id": None,
            "api_task_callback": self.callback,
            "name": self.name,
            "type": self.type,
            "status": "running" if running else self.status,
            "params": {**params, "checkpoint": self.checkpoint},
            "priority": self.priority,
            "position": None,
            "result": self.result,
            "bookmarked": self.bookmarked,
            "created_at": _iso(self.created) if iso else self.created,
            "updated_at": _iso(self.updated) if iso else self.updated,
        }

    def exported(self) -> dict[str, Any]:
        """All of it, as an export has it."""
        held = {
            "args": self.fields,
            "checkpoint": self.checkpoint,
            "is_ui": False,
            "is_img2img": self.type == "img2img",
        }
        return {**self.shown(), "params": json.dumps(held), "script_params": ""}

    @classmethod
    def restored(cls, item: Mapping[str, Any]) -> Task:
        """A task of an export, to be run; a KeyError, TypeError or ValueError where it is none."""
        held = json.loads(item["params"])
        kind = _TAB[item["type"]]
        model = contract().endpoint("POST", f"/sdapi/v1/{kind}").body or {}
        fields = defaults_of(model) | dict(held["args"])
        return cls(kind, fields, frozenset(held["args"]), checkpoint=held.get("checkpoint"), name=item.get("name"))

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The pictures as files."""
        for name, image, _ in self.pictures:
            yield name, base64.b64decode(image)


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).replace(tzinfo=None).isoformat()
