"""`webuiapi list`: any list of the server's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from .command import Run, as_command
from .output import table

if TYPE_CHECKING:
    from ..client import WebUIApi

_Rows = Callable[[Any], Iterable[list[str]]]


def _columns(*names: str) -> _Rows:
    """A row an item, of these of its properties."""
    return lambda items: [[_text(getattr(item, name)) for name in names] for item in items]


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _embeddings(found: Any) -> Iterable[list[str]]:
    for name, item in found.loaded.items():
        yield [name, _text(item.vectors), ""]
    for name, item in found.skipped.items():
        yield [name, _text(item.vectors), "not for this checkpoint"]


def _scripts(found: Any) -> Iterable[list[str]]:
    for name in dict.fromkeys([*found.txt2img, *found.img2img]):
        tabs = [tab for tab in ("txt2img", "img2img") if name in getattr(found, tab)]
        yield [name, ", ".join(tabs)]


def _names(found: Any) -> Iterable[list[str]]:
    return [[name] for name in found]


KINDS: dict[str, tuple[Callable[[WebUIApi], Any], list[str], _Rows]] = {
    "models": (lambda api: api.get_sd_models(), ["title", "hash"], _columns("title", "hash")),
    "samplers": (lambda api: api.get_samplers(), ["name", "aliases"], _columns("name", "aliases")),
    "schedulers": (lambda api: api.get_schedulers(), ["name", "label"], _columns("name", "label")),
    "upscalers": (lambda api: api.get_upscalers(), ["name", "scale"], _columns("name", "scale")),
    "latent-upscale-modes": (lambda api: api.get_latent_upscale_modes(), ["name"], _columns("name")),
    "vae": (lambda api: api.get_sd_vae(), ["name", "file"], _columns("model_name", "filename")),
    "modules": (lambda api: api.get_sd_modules(), ["name", "file"], _columns("model_name", "filename")),
    "loras": (lambda api: api.get_loras(), ["name", "alias"], _columns("name", "alias")),
    "embeddings": (lambda api: api.get_embeddings(), ["name", "tokens", ""], _embeddings),
    "hypernetworks": (lambda api: api.get_hypernetworks(), ["name"], _columns("name")),
    "styles": (lambda api: api.get_prompt_styles(), ["name", "prompt", "negative prompt"],
               _columns("name", "prompt", "negative_prompt")),
    "face-restorers": (lambda api: api.get_face_restorers(), ["name"], _columns("name")),
    "realesrgan": (lambda api: api.get_realesrgan_models(), ["name", "scale"], _columns("name", "scale")),
    "scripts": (lambda api: api.get_scripts(), ["name", "for"], _scripts),
    "extensions": (lambda api: api.get_extensions(), ["name", "version", "enabled"],
                   _columns("name", "version", "enabled")),
    "controlnet-models": (lambda api: api.controlnet_model_list(), ["name"], _names),
    "controlnet-modules": (lambda api: api.controlnet_module_list(), ["name"], _names),
}  # fmt: skip
"""By kind: the call, the columns' heads, and the rows."""


@as_command(
    "list",
    click.Argument(["kind"], type=click.Choice(list(KINDS)), metavar="KIND"),
    examples="""
webuiapi list loras
webuiapi list upscalers --json
""",
)
def command(run: Run, kind: str) -> None:
    """List what the server has of a kind.

    KIND is models, samplers, schedulers, upscalers, latent-upscale-modes, vae, modules (Forge's VAEs and text
    encoders), loras, embeddings, hypernetworks, styles, face-restorers, realesrgan, scripts, extensions,
    controlnet-models or controlnet-modules. With --json as the server says it.
    """
    ask, heads, rows = KINDS[kind]
    with run.client() as api:
        found = ask(api)
    if run.json:
        run.emit(found)
    else:
        table(heads, list(rows(found)))
