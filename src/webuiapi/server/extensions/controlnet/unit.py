"""A unit of ControlNet, as a request brings it: what is taken, corrected and refused, in pydantic 1's words.

A refusal fails the whole request. What is wrong with pictures is found out later, in the hook: the request then
succeeds without any control.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import pybase64

from ...coerce import Refused, Several
from ...contract import contract
from ...errors import ValidationError
from ...processing.pictures import decode
from ..base import field
from .modules import Module, Modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...coerce import Model

RESIZE_MODES = ("Just Resize", "Crop and Resize", "Resize and Fill")
CONTROL_MODES = ("Balanced", "My prompt is more important", "ControlNet is more important")
HR_OPTIONS = ("Both", "Low res only", "High res only")
_OLD_RESIZE_MODES = {
    "Inner Fit (Scale to Fit)": "Crop and Resize",
    "Scale to Fit (Inner Fit)": "Crop and Resize",
    "Outer Fit (Shrink to Fit)": "Resize and Fill",
    "Envelope (Outer Fit)": "Resize and Fill",
}
_OLD_NAMES = {"guidance": "guidance_end", "lowvram": "low_vram", "input_image": "image"}
_ENUMS: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "input_mode": ("InputMode", (("SIMPLE", "simple"), ("BATCH", "batch"), ("MERGE", "merge"))),
    "control_mode": ("ControlMode", tuple(zip(("BALANCED", "PROMPT", "CONTROL"), CONTROL_MODES, strict=True))),
    "hr_option": (
        "HiResFixOption", tuple(zip(("BOTH", "LOW_RES_ONLY", "HIGH_RES_ONLY"), HR_OPTIONS, strict=True)),
    ),
    "pulid_mode": ("PuLIDMode", (("FIDELITY", "Fidelity"), ("STYLE", "Extremely style"))),
    "union_control_type": (
        "ControlNetUnionControlType",
        (("OPENPOSE", "OpenPose"), ("DEPTH", "Depth"), ("SOFTEDGE", "Soft Edge"), ("HARDEDGE", "Hard Edge"),
         ("NORMAL_MAP", "Normal Map"), ("SEGMENTATION", "Segmentation"), ("TILE", "Tile"), ("INPAINT", "Inpaint"),
         ("UNKNOWN", "Unknown")),
    ),
}  # fmt: skip
"""Fields that take one of some texts: the name of their class, and the names of its members."""
_NULL = field("any", None)

FIELDS: Mapping[str, dict[str, Any]] = {
    "is_ui": field("boolean", False),
    "input_mode": field("any", "simple"),
    "batch_images": _NULL,
    "output_dir": field("string", ""),
    "loopback": field("boolean", False),
    "enabled": field("boolean", False),
    "module": field("any", "none"),
    "model": field("string", "None"),
    "weight": field("number", 1.0, ge=0.0, le=2.0),
    "image": _NULL,
    "resize_mode": field("any", "Crop and Resize"),
    "low_vram": field("boolean", False),
    "processor_res": field("integer", -1),
    "threshold_a": field("number", -1),
    "threshold_b": field("number", -1),
    "guidance_start": field("number", 0.0, ge=0.0, le=1.0),
    "guidance_end": field("number", 1.0, ge=0.0, le=1.0),
    "pixel_perfect": field("boolean", False),
    "control_mode": field("any", "Balanced"),
    "inpaint_crop_input_image": field("boolean", True),
    "hr_option": field("any", "Both"),
    "save_detected_map": field("boolean", True),
    "advanced_weighting": field("array", None, nullable=True, items="number"),
    "effective_region_mask": _NULL,
    "pulid_mode": field("any", "Fidelity"),
    "union_control_type": field("any", "Unknown"),
    "ipadapter_input": _NULL,
    "mask": _NULL,
    "batch_mask_dir": field("string", None, nullable=True),
    "animatediff_batch": field("boolean", False),
    "batch_modifiers": field("array", []),
    "batch_image_files": field("array", []),
    "batch_keyframe_idx": _NULL,
}
"""The fields of a unit, in their order, with their defaults."""
_TOLD = (
    "module", "model", "weight", "resize_mode", "processor_res", "threshold_a", "threshold_b", "guidance_start",
    "guidance_end", "pixel_perfect", "control_mode",
)  # fmt: skip


class Unit:
    """A unit that was taken."""

    def __init__(self, values: dict[str, Any], module: Module) -> None:
        self.values = values
        self.module = module

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def told(self) -> str:
        """What an infotext tells of it."""
        return ", ".join(f"{name.replace('_', ' ').title()}: {self.values[name]}" for name in _TOLD)


def unit_of(given: Mapping[str, Any], modules: Modules, options: Mapping[str, Any]) -> Unit:
    """The unit that a request means. Raises what fails the request."""
    values = _renamed(given)
    taken: dict[str, Any] = {}
    problems: list[str] = []
    for name, described in FIELDS.items():
        if name not in values and name != "module":
            taken[name] = described["default"]
            continue
        try:
            taken[name] = _taken(name, values.get(name, described["default"]), modules, options)
        except Refused as refused:
            problems.append(_told_refusal(name, refused))
        except Several as several:
            problems += [
                _told_refusal(
                    " -> ".join(map(str, entry["loc"])), Refused(entry["type"], entry["msg"], entry.get("ctx"))
                )
                for entry in several.entries
            ]
    for check in (_within_sliders, _in_order):
        try:
            check(taken, modules)
        except Refused as refused:
            problems.append(_told_refusal("__root__", refused))
    if problems:
        count = len(problems)
        head = f"{count} validation error{'s' if count > 1 else ''} for ControlNetUnit"
        raise ValidationError("\n".join([head, *problems]))
    module = modules.find(taken["module"])
    assert module is not None  # checked above
    return Unit(taken, module)


def _renamed(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields under their present names; an old one beside its new one fails."""
    values = dict(given)
    for old, new in _OLD_NAMES.items():
        if old in values:
            if new in values:
                raise AssertionError(f"Conflict of field '{old}' and '{new}'")
            values[new] = values[old]
    if values.get("mask_image") is not None:
        if values.get("mask") is not None:
            raise ValueError("Cannot specify both 'mask' and 'mask_image'!")
        values["mask"] = values["mask_image"]
    return values


def _taken(name: str, value: Any, modules: Modules, options: Mapping[str, Any]) -> Any:
    special = _SPECIAL.get(name)
    if special is not None:
        return special(value, modules, options)
    if name in _ENUMS:
        return _member(name, value)
    return _model()[name].take(value, (name,))


@cache
def _model() -> Model:
    return contract().model(FIELDS)


def _module(value: Any, modules: Modules, _: Mapping[str, Any]) -> Any:
    if modules.find(value) is None:
        raise Refused("value_error", f"module({value}) not found in supported modules.")
    return value


def _resize_mode(value: Any, _: Modules, __: Mapping[str, Any]) -> str:
    if not isinstance(value, str):
        raise Refused("assertion_error", "")
    mode = _OLD_RESIZE_MODES.get(value, value)
    if mode not in RESIZE_MODES:
        raise Refused("value_error", f"{mode!r} is not a valid ResizeMode")
    return mode


def _region(value: Any, _: Modules, options: Mapping[str, Any]) -> Any:
    """The mask of the region. What is no picture fails as an error of the API."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refused("assertion_error", "")
    return decode(value, options)


def _embeddings(value: Any, _: Modules, __: Mapping[str, Any]) -> list[bytes] | None:
    if value is None:
        return None
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts:
        raise Refused("assertion_error", "input cannot be empty")
    try:
        return [pybase64.b64decode(text, validate=True) for text in texts]
    except (binascii.Error, TypeError) as error:
        raise Refused("value_error", str(error)) from None


_SPECIAL: Mapping[str, Callable[[Any, Modules, Mapping[str, Any]], Any]] = {
    "module": _module,
    "resize_mode": _resize_mode,
    "effective_region_mask": _region,
    "ipadapter_input": _embeddings,
}


def _member(name: str, value: Any) -> Any:
    kind, members = _ENUMS[name]
    texts = [text for _, text in members]
    if value in texts:
        return value
    shown = ", ".join(f"<{kind}.{member}: {text!r}>" for member, text in members)
    permitted = ", ".join(map(repr, texts))
    message = f"value is not a valid enumeration member; permitted: {permitted}"
    raise Refused("type_error.enum", message, {"enum_values": f"[{shown}]"})


def _told_refusal(where: str, refused: Refused) -> str:
    ctx = "".join(f"; {key}={value}" for key, value in (refused.ctx or {}).items())
    return f"{where}\n  {refused.message} (type={refused.kind}{ctx})"


def _within_sliders(values: dict[str, Any], modules: Modules) -> None:
    """Numbers outside their slider become its default, in units that are on."""
    module = modules.find(values.get("module"))
    if not values.get("enabled") or module is None:
        return
    for name, slider in (
        ("processor_res", module.resolution),
        ("threshold_a", module.threshold(0)),
        ("threshold_b", module.threshold(1)),
    ):
        value = values.get(name)
        if value is None:
            raise Refused("type_error", "'<' not supported between instances of 'NoneType' and 'float'")
        if not slider.least <= value <= slider.most:
            values[name] = slider.value


def _in_order(values: dict[str, Any], _: Modules) -> None:
    start, end = values.get("guidance_start"), values.get("guidance_end")
    if start is None or end is None:
        raise Refused("type_error", "'>' not supported between instances of 'NoneType' and 'float'")
    if start > end:
        raise Refused("value_error", f"guidance_start({start}) > guidance_end({end})")


# --- pictures


def inputs_of(unit: Unit) -> list[tuple[str, str | None]]:
    """The pictures of a unit with their masks, as texts; [] where it brings none. An exception for other forms."""
    image, mask = unit["image"], unit["mask"]
    if image is None:
        if mask is not None:
            raise AssertionError
        return []
    if isinstance(image, str):
        return [(image, mask)]
    return list(_listed(image))


def _listed(image: Any) -> Iterator[tuple[str, str | None]]:
    if isinstance(image, dict):
        image = [image]
    if not isinstance(image, list) or not image:
        raise ValueError(f"{image!r} is not a valid 'image' field value")
    if not isinstance(image[0], dict):
        if len(image) != 2:
            raise AssertionError
        image = [{"image": image[0], "mask": image[1]}]
    for entry in image:
        picture = entry.get("image") if isinstance(entry, dict) else None
        if not isinstance(picture, str):
            raise AssertionError
        yield picture, entry.get("mask")
