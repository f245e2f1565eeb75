"""ADetailer: finds faces, hands or persons in the finished picture and paints them again in detail.

Its argument list begins with two booleans; a unit in their place counts as "on", and the default unit of the user
interface, whose detector is the first installed, runs besides. A unit with anything that its class does not know or
allow is skipped as a whole, without a word to the client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...coerce import Several, take_model
from ...contract import contract
from ...processing.scripts import Script
from ..base import Extension, argument, field

if TYPE_CHECKING:
    from PIL.Image import Image

    from ...catalog import Catalog
    from ...processing.generation import Batch, Generation
    from ...routing import Call

VERSION = "25.3.0"
DETECTORS = (
    "face_yolov8n.pt", "face_yolov8s.pt", "hand_yolov8n.pt", "person_yolov8n-seg.pt", "person_yolov8s-seg.pt",
    "yolov8x-worldv2.pt", "mediapipe_face_full", "mediapipe_face_short", "mediapipe_face_mesh",
    "mediapipe_face_mesh_eyes_only",
)  # fmt: skip
_TABS = 4
_MERGES = ["None", "Merge", "Merge and Invert"]

FIELDS: Mapping[str, dict[str, Any]] = {
    "ad_model": field("string", "None"),
    "ad_model_classes": field("string", ""),
    "ad_tab_enable": field("boolean", True),
    "ad_prompt": field("string", ""),
    "ad_negative_prompt": field("string", ""),
    "ad_confidence": field("number", 0.3, ge=0.0, le=1.0),
    "ad_mask_filter_method": {**field("string", "Area"), "enum": ["Area", "Confidence"]},
    "ad_mask_k": field("integer", 0, ge=0),
    "ad_mask_min_ratio": field("number", 0.0, ge=0.0, le=1.0),
    "ad_mask_max_ratio": field("number", 1.0, ge=0.0, le=1.0),
    "ad_dilate_erode": field("integer", 4),
    "ad_x_offset": field("integer", 0),
    "ad_y_offset": field("integer", 0),
    "ad_mask_merge_invert": {**field("string", "None"), "enum": _MERGES},
    "ad_mask_blur": field("integer", 4, ge=0),
    "ad_denoising_strength": field("number", 0.4, ge=0.0, le=1.0),
    "ad_inpaint_only_masked": field("boolean", True),
    "ad_inpaint_only_masked_padding": field("integer", 32, ge=0),
    "ad_use_inpaint_width_height": field("boolean", False),
    "ad_inpaint_width": field("integer", 512, gt=0),
    "ad_inpaint_height": field("integer", 512, gt=0),
    "ad_use_steps": field("boolean", False),
    "ad_steps": field("integer", 28, gt=0),
    "ad_use_cfg_scale": field("boolean", False),
    "ad_cfg_scale": field("number", 7.0, ge=0.0),
    "ad_use_checkpoint": field("boolean", False),
    "ad_checkpoint": field("string", None, nullable=True),
    "ad_use_vae": field("boolean", False),
    "ad_vae": field("string", None, nullable=True),
    "ad_use_sampler": field("boolean", False),
    "ad_sampler": field("string", "DPM++ 2M Karras"),
    "ad_scheduler": field("string", "Use same scheduler"),
    "ad_use_noise_multiplier": field("boolean", False),
    "ad_noise_multiplier": field("number", 1.0, ge=0.5, le=1.5),
    "ad_use_clip_skip": field("boolean", False),
    "ad_clip_skip": field("integer", 1, ge=1, le=12),
    "ad_restore_face": field("boolean", False),
    "ad_controlnet_model": field("string", "None"),
    "ad_controlnet_module": field("string", "None"),
    "ad_controlnet_weight": field("number", 1.0, ge=0.0, le=1.0),
    "ad_controlnet_guidance_start": field("number", 0.0, ge=0.0, le=1.0),
    "ad_controlnet_guidance_end": field("number", 1.0, ge=0.0, le=1.0),
    "is_api": field("any", True),
}
"""The fields of a unit."""

_PAIRS = (
    ("ad_model", "model"), ("ad_model_classes", "model classes"), ("ad_prompt", "prompt"),
    ("ad_negative_prompt", "negative prompt"), ("ad_confidence", "confidence"),
    ("ad_mask_filter_method", "method to decide top k masks"), ("ad_mask_k", "mask only top k"),
    ("ad_mask_min_ratio", "mask min ratio"), ("ad_mask_max_ratio", "mask max ratio"), ("ad_x_offset", "x offset"),
    ("ad_y_offset", "y offset"), ("ad_dilate_erode", "dilate erode"), ("ad_mask_merge_invert", "mask merge invert"),
    ("ad_mask_blur", "mask blur"), ("ad_denoising_strength", "denoising strength"),
    ("ad_inpaint_only_masked", "inpaint only masked"), ("ad_inpaint_only_masked_padding", "inpaint padding"),
    ("ad_use_inpaint_width_height", "use inpaint width height"), ("ad_inpaint_width", "inpaint width"),
    ("ad_inpaint_height", "inpaint height"), ("ad_use_steps", "use separate steps"), ("ad_steps", "steps"),
    ("ad_use_cfg_scale", "use separate CFG scale"), ("ad_cfg_scale", "CFG scale"),
    ("ad_use_checkpoint", "use separate checkpoint"), ("ad_checkpoint", "checkpoint"),
    ("ad_use_vae", "use separate VAE"), ("ad_vae", "VAE"), ("ad_use_sampler", "use separate sampler"),
    ("ad_sampler", "sampler"), ("ad_scheduler", "scheduler"),
    ("ad_use_noise_multiplier", "use separate noise multiplier"),
    ("ad_noise_multiplier", "noise multiplier"), ("ad_use_clip_skip", "use separate CLIP skip"),
    ("ad_clip_skip", "CLIP skip"), ("ad_restore_face", "restore face"), ("ad_controlnet_model", "ControlNet model"),
    ("ad_controlnet_module", "ControlNet module"), ("ad_controlnet_weight", "ControlNet weight"),
    ("ad_controlnet_guidance_start", "ControlNet guidance start"),
    ("ad_controlnet_guidance_end", "ControlNet guidance end"),
)  # fmt: skip
"""The fields that infotexts tell, and how they call them, in their order."""
_UNTOLD = frozenset({
    "ad_model_classes", "ad_prompt", "ad_negative_prompt", "ad_mask_k", "ad_mask_min_ratio", "ad_mask_max_ratio",
    "ad_x_offset", "ad_y_offset", "ad_mask_merge_invert", "ad_restore_face", "ad_scheduler",
    "ad_controlnet_module", "ad_controlnet_weight", "ad_controlnet_guidance_start", "ad_controlnet_guidance_end",
})  # fmt: skip
"""Those left out at their defaults."""
_TOGETHER: Mapping[str, tuple[Any, tuple[str, ...]]] = {
    "ad_mask_k": (0, ("ad_mask_filter_method",)),
    "ad_inpaint_only_masked": (False, ("ad_inpaint_only_masked_padding",)),
    "ad_use_inpaint_width_height": (
        False, ("ad_use_inpaint_width_height", "ad_inpaint_width", "ad_inpaint_height"),
    ),
    "ad_use_steps": (False, ("ad_use_steps", "ad_steps")),
    "ad_use_cfg_scale": (False, ("ad_use_cfg_scale", "ad_cfg_scale")),
    "ad_use_checkpoint": (False, ("ad_use_checkpoint", "ad_checkpoint")),
    "ad_use_vae": (False, ("ad_use_vae", "ad_vae")),
    "ad_use_sampler": (False, ("ad_use_sampler", "ad_sampler", "ad_scheduler")),
    "ad_use_noise_multiplier": (False, ("ad_use_noise_multiplier", "ad_noise_multiplier")),
    "ad_use_clip_skip": (False, ("ad_use_clip_skip", "ad_clip_skip")),
    "ad_controlnet_model": (
        "None",
        ("ad_controlnet_model", "ad_controlnet_module", "ad_controlnet_weight", "ad_controlnet_guidance_start",
         "ad_controlnet_guidance_end"),
    ),
}  # fmt: skip
"""Which fields are left out together where one has a value."""

adetailer = Extension(
    "adetailer",
    repository="Bing-su/adetailer",
    commit="36189cbea735b85fd01e98ac42002b8ce6f0e41d",
    date=1741564800,
    options={"ad_max_models": _TABS},
)


def detectors(catalog: Catalog) -> list[str]:
    """The installed ones."""
    listed = catalog.data.get("adetailer/v1/ad_model") or {"ad_model": list(DETECTORS)}
    found: list[str] = listed["ad_model"]
    return found


@adetailer.get("/adetailer/v1/version")
def version(_: Call) -> dict[str, str]:
    """The extension's version."""
    return {"version": VERSION}


@adetailer.get("/adetailer/v1/schema")
def schema(_: Call) -> dict[str, Any]:
    """The JSON schema of a unit."""
    properties = {}
    for name, described in FIELDS.items():
        entry: dict[str, Any] = {"title": name.replace("_", " ").title()}
        if described.get("default") is not None:
            entry["default"] = described["default"]
        if described["type"] != "any":
            entry["type"] = described["type"]
        for ours, theirs in (("ge", "minimum"), ("le", "maximum"), ("gt", "exclusiveMinimum")):
            if ours in described:
                entry[theirs] = described[ours]
        if "enum" in described:
            entry["enum"] = described["enum"]
        properties[name] = entry
    return {"title": "ADetailerArgs", "type": "object", "properties": properties, "additionalProperties": False}


@adetailer.get("/adetailer/v1/ad_model")
def ad_model(call: Call) -> dict[str, Any]:
    """The installed detectors."""
    return {"ad_model": detectors(call.state.catalog)}


def unit_of(value: Any) -> dict[str, Any] | None:
    """The fields of a unit; None where it is refused."""
    if not isinstance(value, dict) or value.keys() - FIELDS.keys():
        return None
    try:
        return take_model(contract().model(FIELDS), value, ())[0]
    except Several:
        return None


def units_of(args: Sequence[Any], most: int) -> list[dict[str, Any]]:
    """The units of a request that have something to do."""
    flags = [value for value in args if isinstance(value, bool)]
    if flags and not flags[0]:
        return []
    given = [value for value in args if isinstance(value, dict)][:most]
    units = [unit for unit in map(unit_of, given) if unit is not None]
    return [unit for unit in units if unit["ad_model"] != "None" and unit["ad_tab_enable"]]


def pairs_of(unit: Mapping[str, Any], number: int) -> dict[str, Any]:
    """What an infotext tells of a unit."""
    left_out = {name for name in _UNTOLD if unit[name] == FIELDS[name]["default"]}
    for name, (value, others) in _TOGETHER.items():
        if unit[name] == value:
            left_out |= set(others)
    ending = "" if not number else f" {_ordinal(number + 1)}"
    return {f"ADetailer {words}{ending}": unit[name] for name, words in _PAIRS if name not in left_out}


def _ordinal(number: int) -> str:
    return f"{number}{ {2: 'nd', 3: 'rd'}.get(number, 'th') }"


def _arguments(data: Mapping[str, Any], tab: str) -> list[dict[str, Any]]:
    """Two switches, and a unit for each tab; the first tab's has a detector."""
    del tab
    listed = (data.get("adetailer/v1/ad_model") or {"ad_model": DETECTORS})["ad_model"]
    usual = {name: described["default"] for name, described in FIELDS.items() if name != "is_api"}
    units = [{**usual, "ad_model": listed[0] if not place and listed else "None"} for place in range(_TABS)]
    return [
        argument("Enable ADetailer", False),
        argument("Skip img2img", False),
        *(argument(None, unit) for unit in units),
    ]


@adetailer.script(of=_arguments)
class ADetailer(Script):
    """The script."""

    title = "ADetailer"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """The pairs of all units; and img2img made short where only the detailing is wanted."""
        units = self._units(run, args)
        if not units:
            return
        for number, unit in enumerate(units):
            run.extra.update(pairs_of(unit, number))
        run.extra["ADetailer version"] = VERSION
        if _skips_img2img(run, args):
            run.extra["ADetailer skip img2img"] = True

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Paint what each unit finds."""
        units = self._units(run, args)
        if not units:
            return None
        from .passes import Detailing, init_pictures

        if _skips_img2img(run, args):
            images = init_pictures(run, len(images))
        known = detectors(run.state.catalog)
        for unit in units:
            if unit["ad_model"] not in known:
                raise FileNotFoundError(f"there is no detector {unit['ad_model']!r}")
            images = [Detailing(run, batch, unit, index).detailed(image) for index, image in enumerate(images)]
        return images

    def _units(self, run: Generation, args: Sequence[Any]) -> list[dict[str, Any]]:
        return units_of(args, int(run.options.get("ad_max_models", _TABS)))


def _skips_img2img(run: Generation, args: Sequence[Any]) -> bool:
    """img2img without a mask, and only the detailing is wanted."""
    flags = [value for value in args[:2] if isinstance(value, bool)]
    return len(flags) == 2 and flags[1] and run.kind == "img2img" and getattr(run, "image_mask", None) is None
