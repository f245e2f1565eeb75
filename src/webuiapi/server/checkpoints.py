"""The checkpoints (models): by which names they are known, which one is loaded, and what loading one changes."""

from __future__ import annotations

import posixpath
import threading
from collections.abc import Iterable
from typing import Any

from .catalog import Item, sha256_of

SHORT_HASH = 10


class Checkpoints:
    """The checkpoints of one server. One that was never loaded has no hash, and gets one with its first load."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._lock = threading.Lock()
        self._items = [dict(item) for item in items]

    def items(self) -> list[Item]:
        """GET sd-models."""
        with self._lock:
            return [dict(item) for item in self._items]

    def find(self, name: Any) -> Item | None:
        """The one that is known by exactly this name: title, name, hash, file name with or without its extension."""
        hash(name)  # what cannot be a key is a TypeError there
        with self._lock:
            found = self._find(name)
            return None if found is None else dict(found)

    def load(self, name: Any) -> Item | None:
        """Load the one of this name, or the first if there is none of it; None where no checkpoint is installed."""
        with self._lock:
            item = self._find(name) or next(iter(self._items), None)
            if item is None:
                return None
            if not item.get("sha256"):
                item["sha256"] = sha256_of(item["filename"])
                item["hash"] = item["sha256"][:SHORT_HASH]
                item["title"] = f"{_file_name(item)} [{item['hash']}]"
            return dict(item)

    def _find(self, name: Any) -> Item | None:
        return next((item for item in self._items if name in _names(item)), None) if isinstance(name, str) else None


def _file_name(item: Item) -> str:
    """The name of the file below the folder of models, as the title has it."""
    title = str(item["title"])
    suffix = f" [{item.get('hash')}]"
    return title[: -len(suffix)] if item.get("hash") and title.endswith(suffix) else title


def _names(item: Item) -> set[str]:
    file_name = _file_name(item)
    stem = posixpath.splitext(posixpath.basename(file_name.replace("\\", "/")))[0]
    names = {item["title"], item["model_name"], file_name, stem}
    if item.get("hash"):
        names |= {item["hash"], f"{stem} [{item['hash']}]", f"{file_name} [{item['hash']}]"}
    if item.get("sha256"):
        names.add(item["sha256"])
    return names
