"""A generation in the form that each relative of A1111's webui understands. Facts: sources of 2025 and 2026.

- KoboldCpp and Draw Things never say which seed they drew: it is drawn here, so that a picture can be made again.
- Forge needs two more fields for hires fix: without them it fails, or paints the second pass at CFG 1.
- stable-diffusion.cpp takes LoRAs as a field, not from the prompt, and calls the hires steps `hr_steps`.
- Draw Things refuses data URIs, and fields that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pybase64

from .. import images as pictures
from ..request import Flow, Remember, answered
from .known import readable
from .lists import GetLoras

if TYPE_CHECKING:
    from ..server_info import ServerInfo
    from .generate import Generation

_LORA = re.compile(r"<lora:([^:>]+)(?::([^:>]*))?[^>]*>")


def changes_for(server: ServerInfo, request: Generation) -> Flow[dict[str, Any]]:
    """The fields to be changed, so that the server takes the request for what it says."""
    changes: dict[str, Any] = {}
    extra = dict(request.extra or {})
    if not server.reports_seeds and request.seed in (None, -1) and "seed" not in extra:
        changes["seed"] = _drawn()
    given = getattr(request, "images", None)
    if server.webui and given is not None:
        ready = [pictures.webp_as_it_is(item, f"images[{i}]") for i, item in enumerate(pictures.items(given))]
        if any(isinstance(item, pictures.Picture) for item in ready):
            changes["images"] = ready
    form = _FORMS.get(server.flavour)
    if form is not None:
        changes.update((yield from form(request, extra)))
    if extra != (request.extra or {}):
        changes["extra"] = extra
    return changes


def _drawn() -> int:
    import random

    return random.randrange(1 << 32)  # noqa: S311 - a seed is no secret


def _forge(request: Generation, extra: dict[str, Any]) -> Flow[dict[str, Any]]:
    if getattr(request, "enable_hr", None):
        extra.setdefault("hr_additional_modules", ["Use same choices"])
        extra.setdefault("hr_cfg", 7.0 if request.cfg_scale is None else request.cfg_scale)
    return answered({})


def _sdcpp(request: Generation, extra: dict[str, Any]) -> Flow[dict[str, Any]]:
    changes: dict[str, Any] = {}
    if request.scheduler:  # known in lower case only; any other is silently the default
        changes["scheduler"] = request.scheduler.lower()
    steps = getattr(request, "hr_second_pass_steps", None)
    if steps:
        changes["hr_second_pass_steps"] = None
        extra.setdefault("hr_steps", steps)
    tags = _LORA.findall(request.prompt or "")
    if tags and "lora" not in extra:
        paths = yield from Remember("lora-paths", partial(readable, _lora_paths, {}))  # else the names have to do
        extra["lora"] = [{"path": paths.get(name, name), "multiplier": _weight(weight)} for name, weight in tags]
        changes["prompt"] = re.sub(r" {2,}", " ", _LORA.sub("", request.prompt or "")).strip(" ,")
    return changes


def _lora_paths() -> Flow[Mapping[str, str]]:
    loras = yield from GetLoras()
    return {name: lora.path or name for lora in loras for name in (lora.name, lora.alias) if name}


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 1.0


def _drawthings(request: Generation, extra: dict[str, Any]) -> Flow[dict[str, Any]]:
    del extra
    changes: dict[str, Any] = {}
    if request.sampler_index is not None:  # two names for one thing are refused there
        changes.update(sampler_index=None, sampler_name=request.sampler_name or request.sampler_index)
    given = getattr(request, "images", None)
    if given is not None:
        changes["images"] = [_plain_base64(item, f"images[{i}]") for i, item in enumerate(pictures.items(given))]
    mask = getattr(request, "mask_image", None)
    if mask is not None:
        changes["mask_image"] = _plain_base64(mask, "mask_image")
    return answered(changes)


def _plain_base64(value: Any, name: str) -> Any:
    ready = pictures.outgoing(value, name, uri=False)
    if isinstance(ready, pictures.Picture):
        return pictures.PictureText(pybase64.b64encode(ready.data).decode())
    return ready


_FORMS: dict[str, Callable[[Any, dict[str, Any]], Flow[dict[str, Any]]]] = {
    "forge": _forge,
    "reforge": _forge,
    "sdcpp": _sdcpp,
    "drawthings": _drawthings,
}
