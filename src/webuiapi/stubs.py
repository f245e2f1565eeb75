"""The names of a server as types: a Python file of `Literal`s, for completion in an editor and for the type checker.

    webuiapi stubs --url http://gpu-box:7860 -o webui_names.py

It is made from a catalogue (`webuiapi.snapshot`), so a file that `webuiapi snapshot` wrote does as well as a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .version import __version__


class Kind(NamedTuple):
    """One kind of names: the type's name, what it is, and where a catalogue has it."""

    type_name: str
    what: str
    read: Callable[[Mapping[str, Any]], Iterable[Any]]


def _each(key: str, *fields: str) -> Callable[[Mapping[str, Any]], Iterable[Any]]:
    """The values of fields of a list's entries: all of the first field, then all of the next."""

    def read(catalog: Mapping[str, Any]) -> Iterable[Any]:
        entries = catalog.get(key)
        for field in fields:
            for entry in entries if isinstance(entries, list) else ():
                yield entry.get(field) if isinstance(entry, dict) else entry

    return read


def _inside(key: str, *parts: str) -> Callable[[Mapping[str, Any]], Iterable[Any]]:
    """The texts in lists, or the keys of objects, inside an object."""

    def read(catalog: Mapping[str, Any]) -> Iterable[Any]:
        found = catalog.get(key)
        if isinstance(found, dict):
            for names in map(found.get, parts):
                yield from names if isinstance(names, (list, dict)) else ()

    return read


def _both(*readers: Callable[[Mapping[str, Any]], Iterable[Any]]) -> Callable[[Mapping[str, Any]], Iterable[Any]]:
    def read(catalog: Mapping[str, Any]) -> Iterable[Any]:
        for reader in readers:
            yield from reader(catalog)

    return read


def _options(catalog: Mapping[str, Any]) -> Iterable[Any]:
    found = catalog.get("options")
    return found if isinstance(found, dict) else ()


_upscalers = _each("upscalers", "name")

KINDS = (
    Kind("Sampler", "samplers", _each("samplers", "name")),
    Kind("Scheduler", "schedulers", _each("schedulers", "label")),
    Kind("Model", "checkpoints, by title and by name", _each("sd-models", "title", "model_name")),
    Kind("VAE", "VAEs", _each("sd-vae", "model_name")),
    Kind("Upscaler", "upscalers", _upscalers),
    Kind("HiresUpscaler", "upscalers of a hires pass", _both(_each("latent-upscale-modes", "name"), _upscalers)),
    Kind("FaceRestorer", "face restorers", _each("face-restorers", "name")),
    Kind("Lora", "LoRAs", _each("loras", "name")),
    Kind("Embedding", "embeddings", _inside("embeddings", "loaded")),
    Kind("Hypernetwork", "hypernetworks", _each("hypernetworks", "name")),
    Kind("Style", "styles", _each("prompt-styles", "name")),
    Kind("Script", "scripts, as the API calls them", _inside("scripts", "txt2img", "img2img")),
    Kind("Extension", "extensions", _each("extensions", "name")),
    Kind("ControlNetModel", "models of ControlNet", _inside("controlnet/model_list", "model_list")),
    Kind("ControlNetModule", "modules of ControlNet", _inside("controlnet/module_list", "module_list")),
    Kind("ADetailerModel", "models of ADetailer", _inside("adetailer/v1/ad_model", "ad_model")),
    Kind("ReActorModel", "models of ReActor", _inside("reactor/models", "models")),
    Kind("Option", "options", _options),
)
"""All kinds of names. A kind of which a server has none is a plain `str`."""

_FIELDS = {
    "sampler_name": "Sampler", "scheduler": "Scheduler", "model": "Model", "vae": "VAE", "styles": "list[Style]",
    "script_name": "Script", "refiner_checkpoint": "Model", "hr_upscaler": "HiresUpscaler",
    "hr_checkpoint_name": "Model", "hr_sampler_name": "Sampler", "hr_scheduler": "Scheduler",
}  # fmt: skip
"""The parameters of txt2img that are names, with their types."""


def names_of(catalog: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of a catalogue by the names of their types, each once, in the server's order."""
    return {
        kind.type_name: list(dict.fromkeys(name for name in kind.read(catalog) if isinstance(name, str) and name))
        for kind in KINDS
    }


def stubs(catalog: Mapping[str, Any], source: str) -> str:
    """The text of a Python file with a type for each kind of names, and `Names`, a dictionary of those of txt2img.

    `source` says in the file where the names are from.
    """
    found = names_of(catalog)
    types = "\n".join(_alias(kind, found[kind.type_name]) for kind in KINDS)
    fields = "\n".join(f"    {name}: {kind}" for name, kind in _FIELDS.items())
    return f'''"""The names that {_in_docstring(source)} has.

Written by `webuiapi stubs` {__version__}; write it anew after changes there.

    from webui_names import Names, Sampler

    sampler: Sampler = "..."  # your editor lists them, the type checker knows them
    api.txt2img("a cat", **Names(sampler_name=sampler))
"""

# ruff: noqa
from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

{types}

class Names(TypedDict, total=False):
    """Parameters of txt2img that are names: `api.txt2img("a cat", **Names(sampler_name=...))`."""

{fields}
'''


def _alias(kind: Kind, names: list[str]) -> str:
    if not names:
        return f'{kind.type_name}: TypeAlias = str\n"""The server names no {kind.what}."""\n'
    listed = "".join(f"    {name!r},\n" for name in names)
    what = kind.what[0].upper() + kind.what[1:]
    return f'{kind.type_name}: TypeAlias = Literal[\n{listed}]\n"""{what}: {len(names)}."""\n'


def _in_docstring(text: str) -> str:
    readable = "".join(letter if letter.isprintable() else " " for letter in text)
    return readable.replace("\\", "/").replace('"', "'")
