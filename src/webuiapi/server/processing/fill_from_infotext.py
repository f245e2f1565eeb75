"""The request field `infotext`: parameters as text, which fill the fields that the request does not mention."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...infotext import with_defaults
from ...infotext.settings import SETTINGS
from .names import Names

if TYPE_CHECKING:
    from ..state import State
    from .slots import Slots

_Table = Mapping[str, tuple[str, Callable[[Any], Any]]]

_BOTH: _Table = {
    "steps": ("Steps", int),
    "seed": ("Seed", int),
    "subseed": ("Variation seed", int),
    "subseed_strength": ("Variation seed strength", float),
    # These two are read with their sides swapped, as there.
    "seed_resize_from_h": ("Seed resize from-1", int),
    "seed_resize_from_w": ("Seed resize from-2", int),
    "refiner_switch_at": ("Refiner switch at", float),
}
_TXT2IMG: _Table = {
    "prompt": ("Prompt", str),
    "negative_prompt": ("Negative prompt", str),
    "cfg_scale": ("CFG scale", float),
    "width": ("Size-1", int),
    "height": ("Size-2", int),
    "batch_size": ("Batch size", int),
    "styles": ("Styles array", str),
    "denoising_strength": ("Denoising strength", float),
    "hr_scale": ("Hires upscale", float),
    "hr_upscaler": ("Hires upscaler", str),
    "hr_second_pass_steps": ("Hires steps", int),
    "hr_resize_x": ("Hires resize-1", int),
    "hr_resize_y": ("Hires resize-2", int),
    "hr_checkpoint_name": ("Hires checkpoint", str),
    "hr_prompt": ("Hires prompt", str),
    "hr_negative_prompt": ("Hires negative prompt", str),
}
_SETTINGS: Mapping[str, tuple[str, type]] = {
    **SETTINGS,
    "Model hash": ("sd_model_checkpoint", str),
    "Noise multiplier": ("initial_noise_multiplier", float),
    "Face restoration": ("face_restoration", bool),
    "Tiling": ("tiling", bool),
}
"""Settings by the key of their pair, with the type of their default."""


def fill(fields: dict[str, Any], given: frozenset[str], kind: str, state: State, slots: Slots) -> dict[int, Any]:
    """Fill `fields` from the text in them, and return the arguments of scripts that it names, by their place.

    A field that the request mentions keeps its value, a null too. Settings are added to `override_settings` where they
    differ from the server's. Does nothing without a text.
    """
    if not fields["infotext"]:
        return {}
    options = state.options
    values = with_defaults(
        fields["infotext"],
        known_styles=state.styles,
        infotext_styles=options["infotext_styles"],
        auto_backcompat=options["auto_backcompat"],
        skip=options["infotext_skip_pasting"],
    )
    found = _fields(values, kind, state)
    fields.update({name: value for name, value in found.items() if name not in given and value is not None})
    settings = fields["override_settings"] = dict(fields["override_settings"] or {})
    for name, value in _settings(values, options).items():
        settings.setdefault(name, value)
    return slots.read(values)


def _fields(values: Mapping[str, Any], kind: str, state: State) -> dict[str, Any]:
    tables = [_BOTH, _TXT2IMG] if kind == "txt2img" else [_BOTH]
    found = {
        name: take(values[key])
        for table in tables
        for name, (key, take) in table.items()
        if values.get(key) is not None
    }
    names = Names(state.catalog)
    found["sampler_name"], found["scheduler"] = names.resolve(values.get("Sampler"), values.get("Schedule type"))
    if values.get("Refiner") is not None:
        refiner = state.find_checkpoint(values["Refiner"])
        found["refiner_checkpoint"] = refiner and refiner["title"]
    if kind == "txt2img":
        found["enable_hr"] = "Denoising strength" in values and (
            "Hires upscale" in values or "Hires upscaler" in values or bool(int(values.get("Hires resize-1", 0)))
        )
        found["hr_sampler_name"], found["hr_scheduler"] = names.hires(values)
    return found


def _settings(values: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, (option, kind) in _SETTINGS.items():
        text = values.get(key)
        if text is None or option not in options:
            continue
        if option == "sd_model_checkpoint" and options["disable_weights_auto_swap"]:
            continue
        value = False if kind is bool and text == "False" else kind(text)
        if value != options[option]:
            found[option] = value
    return found
