"""ADetailer: finds faces, hands or persons in the finished picture and paints them again in detail.

A unit with a field that its version does not know is dropped without a word (whole, HTTP 200): so only what was said is
sent, and `ad_mask_k` under the name that the running version has. The argument list begins with two booleans: with one
of them missing the detector runs twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from ..api.base import GetItem
from ..api.known import accepted_checkpoint, readable, spelled
from ..checks import Problem, within
from ..items import Item, text, texts
from ..request import Flow, Remember
from .base import DictUnit, Slot

_LARGEST = "ad_mask_k_largest"
_SWITCHED = {
    "ad_use_inpaint_width_height": ("ad_inpaint_width", "ad_inpaint_height"),
    "ad_use_steps": ("ad_steps",),
    "ad_use_cfg_scale": ("ad_cfg_scale",),
    "ad_use_checkpoint": ("ad_checkpoint",),
    "ad_use_vae": ("ad_vae",),
    "ad_use_sampler": ("ad_sampler", "ad_scheduler"),
    "ad_use_noise_multiplier": ("ad_noise_multiplier",),
    "ad_use_clip_skip": ("ad_clip_skip",),
}
"""Fields that the extension reads only where another is true."""


@dataclass(frozen=True, eq=False)
class ADetailer(DictUnit):
    """One pass of a detector (Bing-su/adetailer). Fields that are not said have the extension's own defaults."""

    title: ClassVar[str] = "ADetailer"
    source: ClassVar[str] = "Bing-su/adetailer"
    marks: ClassVar[tuple[str, ...]] = ("ADetailer",)

    ad_model: str | None = None
    """The detector: `face_yolov8n.pt`, `hand_yolov8n.pt`, `person_yolov8n-seg.pt`, ...; "None" (default) skips it."""
    ad_model_classes: str | None = None
    """For `*-world` models: what to find, separated by commas (24.3 and newer)."""
    ad_tab_enable: bool | None = None
    """False skips the unit (24.6 and newer). Default true."""
    ad_prompt: str | None = None
    """"" (default): the main prompt. `[SEP]`, `[SKIP]` and `[PROMPT]` have a meaning."""
    ad_negative_prompt: str | None = None
    """"" (default): the main negative prompt."""
    ad_confidence: float | None = field(default=None, metadata=within(0, 1))
    """Least confidence of a detection, 0 to 1. Default 0.3."""
    ad_mask_k_largest: int | None = field(default=None, metadata=within(0))
    """The old name of ad_mask_k; either is sent as the running version calls it."""
    ad_mask_min_ratio: float | None = field(default=None, metadata=within(0, 1))
    """Least share of the picture that a detection covers. Default 0."""
    ad_mask_max_ratio: float | None = field(default=None, metadata=within(0, 1))
    """Greatest share of the picture that a detection covers. Default 1."""
    ad_dilate_erode: int | None = None
    """Pixels by which the mask grows (or shrinks). Default 4."""
    ad_x_offset: int | None = None
    """Pixels by which the mask moves to the right. Default 0."""
    ad_y_offset: int | None = None
    """Pixels by which the mask moves upwards. Default 0."""
    ad_mask_merge_invert: str | None = None
    """`None` (default), `Merge` or `Merge and Invert`."""
    ad_mask_blur: int | None = field(default=None, metadata=within(0))
    """Softness of the mask in pixels. Default 4."""
    ad_denoising_strength: float | None = field(default=None, metadata=within(0, 1))
    """0 to 1: how much is painted anew. Default 0.4."""
    ad_inpaint_only_masked: bool | None = None
    """Paint the detection at full size and put it back. Default true."""
    ad_inpaint_only_masked_padding: int | None = field(default=None, metadata=within(0))
    """Pixels of surroundings taken along. Default 32."""
    ad_use_inpaint_width_height: bool | None = None
    """Use ad_inpaint_width and ad_inpaint_height. Default false."""
    ad_inpaint_width: int | None = field(default=None, metadata=within(1))
    """Pixels. Default 512."""
    ad_inpaint_height: int | None = field(default=None, metadata=within(1))
    """Pixels. Default 512."""
    ad_use_steps: bool | None = None
    """Use ad_steps. Default false."""
    ad_steps: int | None = field(default=None, metadata=within(1))
    """Default 28."""
    ad_use_cfg_scale: bool | None = None
    """Use ad_cfg_scale. Default false."""
    ad_cfg_scale: float | None = field(default=None, metadata=within(0))
    """Default 7."""
    ad_use_checkpoint: bool | None = None
    """Use ad_checkpoint. Default false."""
    ad_checkpoint: str | None = None
    """Title of a checkpoint."""
    ad_use_vae: bool | None = None
    """Use ad_vae. Default false."""
    ad_vae: str | None = None
    """Name of a VAE."""
    ad_use_sampler: bool | None = None
    """Use ad_sampler. Default false."""
    ad_sampler: str | None = None
    """Name of a sampler. Default "DPM++ 2M Karras"; "Use same sampler" from 24.8 on."""
    ad_scheduler: str | None = None
    """Name of a scheduler (24.4.1 and newer). Default "Use same scheduler"."""
    ad_use_noise_multiplier: bool | None = None
    """Use ad_noise_multiplier. Default false."""
    ad_noise_multiplier: float | None = field(default=None, metadata=within(0.5, 1.5))
    """0.5 to 1.5. Default 1."""
    ad_use_clip_skip: bool | None = None
    """Use ad_clip_skip. Default false."""
    ad_clip_skip: int | None = field(default=None, metadata=within(1, 12))
    """1 to 12. Default 1."""
    ad_restore_face: bool | None = None
    """Repair faces afterwards. Default false."""
    ad_controlnet_model: str | None = None
    """`None` (default), `Passthrough` (the call's own units) or a model of ControlNet."""
    ad_controlnet_module: str | None = None
    """A module of ControlNet. Default "None"."""
    ad_controlnet_weight: float | None = field(default=None, metadata=within(0, 1))
    """0 to 1. Default 1."""
    ad_controlnet_guidance_start: float | None = field(default=None, metadata=within(0, 1))
    """0 to 1. Default 0."""
    ad_controlnet_guidance_end: float | None = field(default=None, metadata=within(0, 1))
    """0 to 1. Default 1."""
    ad_mask_filter_method: str | None = None
    """`Area` (default) or `Confidence`: by what ad_mask_k chooses (24.11 and newer)."""
    ad_mask_k: int | None = field(default=None, metadata=within(0))
    """Use only so many detections; 0 (default) is all."""
    skip_img2img: bool | None = field(default=None, metadata={"local": True})
    """img2img without a mask: do only ADetailer's part. For all units of the call."""

    @property
    def active(self) -> bool:
        return self.ad_model not in (None, "None") and self.ad_tab_enable is not False

    def contradictions(self) -> Iterator[Problem]:
        if self.ad_model is None and not self.skip_img2img:
            yield Problem("ADetailer: ad_model= is missing: without a detector it does nothing", fatal=False)
        for switch, names in _SWITCHED.items():
            said = [name for name in names if getattr(self, name) is not None]
            if said and getattr(self, switch) is None:
                yield Problem(f"ADetailer: {', '.join(said)} without {switch}=True: no effect", fatal=False)

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        objects = [unit.wire(slot) for unit in units]
        for item in objects:
            if item.get("ad_model") not in (None, "None"):
                item["ad_model"] = yield from spelled("ADetailer model", item["ad_model"], _detectors)
            if item.get("ad_use_checkpoint") and item.get("ad_checkpoint") not in (None, "Use same checkpoint"):
                item["ad_checkpoint"] = yield from accepted_checkpoint(item["ad_checkpoint"])
        if any({"ad_mask_k", _LARGEST} & item.keys() for item in objects):
            new = yield from _knows_mask_k()
            name, other = ("ad_mask_k", _LARGEST) if new else (_LARGEST, "ad_mask_k")
            for item in objects:
                if other in item:
                    item.setdefault(name, item.pop(other))
                    item.pop(other, None)
                if name in item:
                    item[name] = int(item[name])
        return [True, any(unit.skip_img2img for unit in units), *objects]

    @classmethod
    def merged(cls, theirs: list[Any], ours: list[Any]) -> list[Any]:
        flags = [item for item in theirs if isinstance(item, bool)]
        skip = ours[1] or (len(flags) > 1 and flags[1])
        return [True, skip, *(item for item in theirs if not isinstance(item, bool)), *ours[2:]]


class Version(Item):
    """ADetailer's version."""

    version = text()


class Detectors(Item):
    """The installed detectors."""

    ad_model = texts()


class GetADetailerVersion(GetItem[Version]):
    """ADetailer's version (24.1.2 and newer): GET /adetailer/v1/version."""

    path, kind = "/adetailer/v1/version", Version


class GetADetailerModels(GetItem[Detectors]):
    """The installed detectors (24.1.2 and newer): GET /adetailer/v1/ad_model."""

    path, kind = "/adetailer/v1/ad_model", Detectors


class GetADetailerSchema(GetItem[Item]):
    """The JSON schema of a unit (24.1.2 and newer): GET /adetailer/v1/schema."""

    path, kind = "/adetailer/v1/schema", Item


def _detectors() -> Flow[list[str]]:
    return (yield from GetADetailerModels()).ad_model


def _knows_mask_k() -> Flow[bool]:
    """Whether the running version is 24.11 or newer, which renamed the field."""
    new: bool = yield from Remember("adetailer.mask_k", partial(readable, _ask_for_mask_k, False))
    return new


def _ask_for_mask_k() -> Flow[bool]:
    schema = yield from GetADetailerSchema()  # before 24.1.2 there is nothing to ask
    return "ad_mask_k" in (schema.get("properties") or {})
