"""Embeddings and hypernetworks: those that are installed, and those that requests create. Nothing is ever trained."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from .catalog import Catalog, Item

EMBEDDING_WIDTH = 768


class Trained:
    """What create/* makes and what the two lists show."""

    def __init__(self, catalog: Catalog) -> None:
        self._lock = threading.Lock()
        embeddings = catalog.data["embeddings"]
        self._loaded: dict[str, Item] = dict(embeddings.get("loaded", {}))
        self._skipped: dict[str, Item] = dict(embeddings.get("skipped", {}))
        self._hypernetworks: list[Item] = list(catalog.data["hypernetworks"])
        self._embeddings_folder = catalog.flags.get("embeddings_dir") or f"{catalog.folder}/embeddings"
        self._hypernetworks_folder = catalog.flags.get("hypernetwork_dir") or f"{catalog.folder}/models/hypernetworks"

    @property
    def embeddings(self) -> dict[str, Any]:
        """GET embeddings."""
        with self._lock:
            return {"loaded": dict(self._loaded), "skipped": dict(self._skipped)}

    @property
    def hypernetworks(self) -> list[Item]:
        """GET hypernetworks."""
        with self._lock:
            return list(self._hypernetworks)

    def create_embedding(self, name: str, num_vectors_per_token: int, overwrite_old: bool, init_text: str = "*") -> str:
        """The path of a new embedding. An AssertionError if it exists and may not be replaced."""
        stem = _file_stem(name)
        path = f"{self._embeddings_folder}/{stem}.pt"
        with self._lock:
            _refuse_to_replace(path, stem in self._loaded and not overwrite_old)
            self._loaded[stem] = {
                "step": 0,
                "sd_checkpoint": None,
                "sd_checkpoint_name": None,
                "shape": EMBEDDING_WIDTH,
                "vectors": int(num_vectors_per_token),
            }
        return path

    def create_hypernetwork(self, name: str, enable_sizes: list[int], overwrite_old: bool, **_: Any) -> None:
        """Make a new hypernetwork. An AssertionError if it exists and may not be replaced."""
        stem = _file_stem(name)
        path = f"{self._hypernetworks_folder}/{stem}.pt"
        with self._lock:
            exists = any(item["name"] == stem for item in self._hypernetworks)
            _refuse_to_replace(path, exists and not overwrite_old)
            if not exists:
                self._hypernetworks.append({"name": stem, "path": path})


def call_with(
    function: Callable[..., Any], name: str, arguments: Mapping[str, list[str]], given: Mapping[str, Any]
) -> Any:
    """Call `function`, whose arguments are those of the webui's function `name`. A TypeError in Python's words if
    `given` has one that it does not know, or lacks one that it needs."""
    needed, known = arguments["needed"], {*arguments["needed"], *arguments["optional"]}
    for key in given:
        if key not in known:
            raise TypeError(f"{name}() got an unexpected keyword argument {key!r}")
    missing = [repr(key) for key in needed if key not in given]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise TypeError(f"{name}() missing {len(missing)} required positional argument{plural}: {_listed(missing)}")
    return function(**given)


def _listed(names: list[str]) -> str:
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"


def _file_stem(name: str) -> str:
    return "".join(letter for letter in name if letter.isalnum() or letter in "._- ")


def _refuse_to_replace(path: str, refuse: bool) -> None:
    if refuse:
        raise AssertionError(f"file {path} already exists")
