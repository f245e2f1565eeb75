"""What the server has installed: data under the names of the endpoints that list it.

The file format is that of a snapshot: `{"samplers": <answer of GET samplers>, "sd-models": ..., "options": ...}`. What
a file leaves out is as in the default catalogue.

Extensions are there as its `extensions` and `scripts` list them. What they have installed themselves stands under the
names of their endpoints (`controlnet/model_list`, `adetailer/v1/ad_model`, ...) and under `wildcards` and
`model-keywords`.
"""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any, Union

import orjson

from ..wording import path_text
from .extensions import EXTENSIONS, load_extensions
from .extensions.base import named, with_extensions, without_extensions

Item = dict[str, Any]
CatalogSource = Union["Catalog", Mapping[str, Any], str, "os.PathLike[str]"]


class Catalog:
    """What is installed. Lists are lists of items as the API shows them; treat them as read-only."""

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        self.data: dict[str, Any] = {**_default(), **copy.deepcopy(dict(data or {}))}
        self.given: frozenset[str] = frozenset(data or ())
        """The names of the lists that are not the default catalogue's."""
        self._installed: frozenset[str] | None = None

    @classmethod
    def of(cls, source: CatalogSource | None) -> Catalog:
        """A catalogue from itself, from data, from a file, or the default one."""
        if isinstance(source, Catalog):
            return source
        if source is None or isinstance(source, Mapping):
            return cls(source)
        return cls.load(source)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Catalog:
        """A catalogue from a file."""
        name = path_text(path, "catalog")
        data = orjson.loads(Path(name).read_bytes())
        if not isinstance(data, dict):
            raise ValueError(f"{name} is no catalogue: an object with the names of endpoints is expected")
        return cls(data)

    def without(self, extensions: Iterable[str]) -> Catalog:
        """This catalogue without some extensions, by their names; a ValueError for a name that is none."""
        load_extensions()
        gone = named(extensions)
        return Catalog(without_extensions(self.data, gone)) if gone else self

    @property
    def installed(self) -> frozenset[str]:
        """The names of the extensions that are there: switched on in `extensions`, or with a script in `scripts`."""
        if self._installed is None:
            load_extensions()
            self._installed = frozenset(name for name, one in EXTENSIONS.items() if one.is_in(self.data))
        return self._installed

    @property
    def checkpoints(self) -> list[Item]:
        """GET sd-models, before anything was loaded."""
        return self._list("sd-models")

    @property
    def vaes(self) -> list[Item]:
        """GET sd-vae."""
        return self._list("sd-vae")

    @property
    def loras(self) -> list[Item]:
        """GET loras."""
        return self._list("loras")

    @property
    def samplers(self) -> list[Item]:
        """GET samplers."""
        return self._list("samplers")

    @property
    def schedulers(self) -> list[Item]:
        """GET schedulers."""
        return self._list("schedulers")

    @property
    def upscalers(self) -> list[Item]:
        """GET upscalers."""
        return self._list("upscalers")

    @property
    def latent_upscale_modes(self) -> list[Item]:
        """GET latent-upscale-modes."""
        return self._list("latent-upscale-modes")

    @property
    def face_restorers(self) -> list[Item]:
        """GET face-restorers."""
        return self._list("face-restorers")

    @property
    def styles(self) -> list[Item]:
        """GET prompt-styles."""
        return self._list("prompt-styles")

    @property
    def script_info(self) -> list[Item]:
        """GET script-info: txt2img's scripts, then img2img's."""
        return self._list("script-info")

    @property
    def scripts(self) -> dict[str, list[str]]:
        """GET scripts: titles by tab."""
        titles: dict[str, list[str]] = self.data["scripts"]
        return titles

    @property
    def options(self) -> dict[str, Any]:
        """GET options, as shown."""
        options: dict[str, Any] = self.data["options"]
        return options

    @property
    def flags(self) -> dict[str, Any]:
        """GET cmd-flags."""
        flags: dict[str, Any] = self.data["cmd-flags"]
        return flags

    @property
    def folder(self) -> str:
        """Where the webui lies."""
        return str(self.flags.get("data_dir") or "/srv/stable-diffusion-webui")

    def _list(self, name: str) -> list[Item]:
        items: list[Item] = self.data[name]
        return items


def sha256_of(filename: str) -> str:
    """The SHA-256 of a model file, which nobody has: the true one of a few that people know, else one of its name."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    return _hashes().get(name) or hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def read_data(name: str) -> Any:
    """The contents of a JSON file that comes with the server."""
    return orjson.loads((resources.files("webuiapi.server") / "data" / name).read_bytes())


@lru_cache(maxsize=1)
def _default() -> dict[str, Any]:
    data: dict[str, Any] = read_data("catalog.json")
    load_extensions()
    return with_extensions(data, EXTENSIONS.values())


@lru_cache(maxsize=1)
def _hashes() -> dict[str, str]:
    data: dict[str, str] = read_data("hashes.json")
    return data
