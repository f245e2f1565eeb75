"""The parameters of a picture as fields of a request that makes the same picture again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from . import text as form
from .defaults import first_pass, with_defaults
from .parameters import GenerationParameters
from .settings import SETTINGS


def _whole(text: str) -> int:
    return int(text.removesuffix(".0"))


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _truth(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(text)
    return text == "True"


_READ_AS: Mapping[type, Callable[[str], Any]] = {int: _whole, float: _number, bool: _truth, str: str}
_Table = Mapping[str, tuple[str, Callable[[str], Any]]]
"""By key of a pair: the name of the field or setting, and what makes its value of the text."""

_FIELDS: _Table = {
    "Steps": ("steps", _whole),
    "Sampler": ("sampler_name", str),
    "Schedule type": ("scheduler", str),
    "CFG scale": ("cfg_scale", _number),
    "Seed": ("seed", _whole),
    "Size-1": ("width", _whole),
    "Size-2": ("height", _whole),
    "Variation seed": ("subseed", _whole),
    "Variation seed strength": ("subseed_strength", _number),
    # The webui reads these two swapped when it takes a text itself; it writes them as width, then height.
    "Seed resize from-1": ("seed_resize_from_w", _whole),
    "Seed resize from-2": ("seed_resize_from_h", _whole),
    "Refiner": ("refiner_checkpoint", str),
    "Refiner switch at": ("refiner_switch_at", _number),
    "Tiling": ("tiling", _truth),
}
_HIRES_FIELDS: _Table = {
    "Denoising strength": ("denoising_strength", _number),
    "Hires upscale": ("hr_scale", _number),
    "Hires resize-1": ("hr_resize_x", _whole),
    "Hires resize-2": ("hr_resize_y", _whole),
    "Hires upscaler": ("hr_upscaler", str),
    "Hires steps": ("hr_second_pass_steps", _whole),
    "Hires sampler": ("hr_sampler_name", str),
    "Hires schedule type": ("hr_scheduler", str),
    "Hires checkpoint": ("hr_checkpoint_name", str),
    "Hires prompt": ("hr_prompt", str),
    "Hires negative prompt": ("hr_negative_prompt", str),
}
_IMG2IMG_FIELDS: _Table = {
    "Denoising strength": ("denoising_strength", _number),
    "Image CFG scale": ("image_cfg_scale", _number),
    "Noise multiplier": ("initial_noise_multiplier", _number),
}
_MASK_FIELDS: _Table = {
    "Mask blur": ("mask_blur", _whole),
    "Masked area padding": ("inpaint_full_res_padding", _whole),
}
_MASK_KEYS = ("Mask blur", "Mask mode", "Inpaint area", "Masked area padding", "Masked content")
_MASKED_CONTENT = {"fill": 0, "original": 1, "latent noise": 2, "latent nothing": 3}

_SETTINGS: _Table = {
    **{key: (setting, _READ_AS[kind]) for key, (setting, kind) in SETTINGS.items()},
    "Face restoration": ("face_restoration_model", str),
}
_SAME = ("Use same sampler", "Use same scheduler", "Use same checkpoint")
_NOT_NEEDED = {
    "Prompt", "Negative prompt", "Model", "Model hash", "VAE hash", "Lora hashes", "TI hashes", "Version", "User",
    "Batch size", "Batch pos", "First pass size-1", "First pass size-2", "Init image hash", "Hypernet",
    "Hypernet strength", "Cache FP16 weight for LoRA",
}  # fmt: skip
"""Told by other fields, or of no effect on a single picture."""
_CONTROLNET = re.compile(r"ControlNet( \d+)?$")
_IMG2IMG_KEYS = {*_IMG2IMG_FIELDS, *_MASK_KEYS, "Init image hash", "Conditional mask weight", "Extra noise"}

Fields = tuple[dict[str, Any], list[str]]


def request_fields(
    parameters: GenerationParameters, *, kind: Literal["txt2img", "img2img"] = "txt2img", implied: bool = False
) -> Fields:
    """The fields of the request, and a sentence on each thing that could not be carried over.

    Only what the text names is set; the rest is left to the server. `implied` adds to `override_settings` what the
    webui means by leaving a setting out (`Clip skip` 1, `RNG` GPU, how old versions painted, ...): needed where the
    server's options are no longer those of that time, but an older server may not know all of these settings.
    """
    return _Reading(parameters, kind, implied).result()


class _Reading:
    """One call of `request_fields`: what was made so far, and which keys are dealt with."""

    def __init__(self, parameters: GenerationParameters, kind: str, implied: bool) -> None:
        self.parameters = parameters
        self.kind = kind
        self.implied = implied
        self.values = form.with_sides(parameters.items())
        self.values.update({key: str(side) for key, side in first_pass(self.values).items()})
        self.used = set(_NOT_NEEDED)
        self.notes: list[str] = []
        self.fields: dict[str, Any] = {"prompt": form.with_hypernet(parameters.prompt, parameters)}

    def result(self) -> Fields:
        if self.parameters.negative_prompt:
            self.fields["negative_prompt"] = self.parameters.negative_prompt
        self.take(_FIELDS, self.fields)
        if "seed" not in self.fields:
            self.notes.append("No seed is known, so the server draws another one.")
        if "Face restoration" in self.values:
            self.fields["restore_faces"] = True
        if self.kind == "txt2img":
            self.take_hires()
        else:
            self.take_img2img()
        settings = self.settings()
        if settings:
            self.fields["override_settings"] = settings
        self.note_the_rest()
        return self.fields, self.notes

    def take(self, table: _Table, target: dict[str, Any]) -> None:
        for key, (name, convert) in table.items():
            text = self.values.get(key)
            self.used.add(key)
            if text is None or text in _SAME:
                continue
            try:
                target[name] = convert(text)
            except ValueError:
                self.notes.append(f"{key} is {text!r}, which cannot be read.")

    def take_hires(self) -> None:
        has_hires = any(key in self.values for key in ("Hires upscale", "Hires resize-1", "Hires upscaler"))
        if has_hires:
            self.take(_HIRES_FIELDS, self.fields)
            self.fields["enable_hr"] = True
            if "denoising_strength" not in self.fields:
                self.notes.append("The denoising strength of the second pass is not known.")
        elif not self.values.keys().isdisjoint(_IMG2IMG_KEYS):
            self.used |= _IMG2IMG_KEYS
            self.notes.append("The picture was made from another one (img2img), which the text does not hold.")

    def take_img2img(self) -> None:
        self.take(_IMG2IMG_FIELDS, self.fields)
        if self.values.keys().isdisjoint(_MASK_KEYS):
            return
        self.notes.append("A mask was used, which the text does not hold.")
        self.take(_MASK_FIELDS, self.fields)
        self.used.update(_MASK_KEYS)
        # The webui leaves these out where they are what its own page starts with, which its API does not start with.
        content = self.values.get("Masked content", "original")
        if content in _MASKED_CONTENT:
            self.fields["inpainting_fill"] = _MASKED_CONTENT[content]
        else:
            self.notes.append(f"Masked content is {content!r}, which cannot be read.")
        self.fields["inpaint_full_res"] = self.values.get("Inpaint area") == "Only masked"
        self.fields["inpainting_mask_invert"] = int(self.values.get("Mask mode") == "Inpaint not masked")

    def settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        checkpoint = self.values.get("Model hash") or self.values.get("Model")
        if checkpoint:
            settings["sd_model_checkpoint"] = checkpoint
        if self.implied:
            defaults = with_defaults(self.parameters)
            implied = {key: str(defaults[key]) for key in _SETTINGS if key in defaults}
            self.values = {**implied, **self.values}
        self.take(_SETTINGS, settings)
        return settings

    def note_the_rest(self) -> None:
        unknown = []
        for key in self.parameters:
            if key in self.used or f"{key}-1" in self.used:
                continue
            if _CONTROLNET.match(key):
                self.notes.append(f"{key} is not carried over: its picture is not in the text.")
            else:
                unknown.append(key)
        if unknown:
            self.notes.append(f"Not carried over: {', '.join(unknown)}.")
