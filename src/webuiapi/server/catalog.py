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
_NEEDED = {"sd-models": ("title", "model_name"), "sd-vae": ("model_name",)} | dict.fromkeys(
    ("samplers", "schedulers", "upscalers", "latent-upscale-modes", "loras", "prompt-styles", "script-info"), ("name",)
)
"""What the items of lists are known by, on all servers."""
CatalogSource = Union["Catalog", Mapping[str, Any], str, "os.PathLike[str]"]


class Catalog:
    """What is installed. Lists are lists of items as the API shows them; treat them as read-only.

    A ValueError says what is wrong with data that has not the form of a catalogue.
    """

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        _check(data)
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
        if not isinstance(source, (str, os.PathLike)):
            raise ValueError(f"catalog={source!r} must be a Catalog, a mapping, or the path of a file")
        return cls.load(source)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Catalog:
        """A catalogue from a file. A ValueError names the file that is none."""
        name = path_text(path, "catalog")
        text = Path(name).read_bytes()
        try:
            return cls(orjson.loads(text))
        except orjson.JSONDecodeError as error:
            raise ValueError(f"{name} is no catalogue: no JSON: {error}") from None
        except ValueError as error:
            raise ValueError(f"{name} is {error}") from None

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


def _check(data: Any) -> None:
    """Refuse what is not of the form that the default catalogue has."""
    if data is None:
        return
    if not isinstance(data, Mapping):
        raise ValueError(f"no catalogue: {_kind_of(data)}; an object with the names of endpoints is expected")
    for name, usual in _default().items():
        value = data.get(name, usual)
        if _kind_of(value) != _kind_of(usual):
            raise ValueError(f"no catalogue: {name!r} is {_kind_of(value)}; {_kind_of(usual)} is expected")
        odd = [one for one in value if not isinstance(one, Mapping)] if isinstance(value, (list, tuple)) else []
        if odd:
            raise ValueError(f"no catalogue: {name!r} holds {_kind_of(odd[0])}; objects are expected")
        for key in _NEEDED.get(name, ()):
            if not all(isinstance(one.get(key), str) for one in value):
                raise ValueError(f"no catalogue: {name!r} holds an object without {key!r}, which is a text")
    if "flavour" in data:
        from .flavours import find_flavour  # which are made of catalogues themselves

        try:
            find_flavour(data["flavour"])
        except ValueError as error:
            raise ValueError(f"no catalogue: {error}") from None


def _kind_of(value: Any) -> str:
    kinds = ((Mapping, "an object"), ((list, tuple), "a list"), (str, "a text"), ((int, float), "a number"))
    return next((words for kind, words in kinds if isinstance(value, kind)), "null")


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
