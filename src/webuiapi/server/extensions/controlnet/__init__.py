"""ControlNet: pictures that steer the composition. Maps are made by image processing, and show in what is painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import HTTPError
from ...processing.limits import check_count, check_pixels, check_total
from ...processing.pictures import decode, encode
from ...processing.scripts import Script
from ..base import Extension, argument, field
from .modules import UNSUPPORTED, Modules
from .script import UNITS, ControlNet, arguments
from .unit import unit_of

if TYPE_CHECKING:
    from ...routing import Call

controlnet = Extension(
    "controlnet",
    repository="Mikubill/sd-webui-controlnet",
    commit="56cec5b2958edf3b1807b7e7b2b1b5186dbd2f81",
    date=1721940772,
    options={
        "control_net_unit_count": UNITS,
        "control_net_no_detectmap": False,
        "controlnet_ignore_noninpaint_mask": False,
    },
)

API_VERSION = 3
_NO_POSES = "No pose data detected."

controlnet.script(of=arguments)(ControlNet)

_VIDEO, _SAVE = argument("", None), argument("Save preprocessed", False)


@controlnet.script(*(_VIDEO, _VIDEO, _SAVE) * UNITS, argument("Duration", 50.0, 10.0, 200.0, 10))
class ControlNetM2M(Script):
    """A script of the user interface for videos; it is listed, and does nothing for requests."""

    title = "ControlNet M2M"

    def run(self, run: Any, *_: Any) -> Any:
        """The pictures as without it."""
        from ...processing.pipeline import process

        return process(run)


@controlnet.get("/controlnet/version")
def version(_: Call) -> dict[str, int]:
    """The version of the API."""
    return {"version": API_VERSION}


@controlnet.get("/controlnet/model_list", query={"update": field("boolean", True)})
def model_list(call: Call) -> dict[str, Any]:
    """The models."""
    listed: dict[str, Any] | None = call.state.catalog.data.get("controlnet/model_list")
    return listed or {"model_list": ["None", *Modules(call.state.catalog).models]}


@controlnet.get("/controlnet/module_list", query={"alias_names": field("boolean", False)})
def module_list(call: Call) -> dict[str, Any]:
    """The preprocessors with their sliders."""
    return Modules(call.state.catalog).listed(labels=call.fields["alias_names"])


@controlnet.get("/controlnet/control_types")
def control_types(call: Call) -> dict[str, Any]:
    """Preprocessors, models and defaults by type."""
    return {"control_types": Modules(call.state.catalog).types()}


@controlnet.get("/controlnet/settings")
def settings(call: Call) -> dict[str, Any]:
    """How many units a request can have."""
    return {"control_net_unit_count": call.state.options.get("control_net_unit_count", UNITS)}


@controlnet.post(
    "/controlnet/detect",
    {
        "controlnet_module": field("string", "none"),
        "controlnet_input_images": field("array", [], items="string"),
        "controlnet_processor_res": field("integer", -1),
        "controlnet_threshold_a": field("number", -1),
        "controlnet_threshold_b": field("number", -1),
        "controlnet_masks": field("array", [], items="string"),
        "low_vram": field("boolean", False),
    },
    optional=True,
)
def detect(call: Call) -> dict[str, Any]:
    """Run a preprocessor on pictures. The module is looked at before the pictures are."""
    fields, options = call.fields, call.state.options
    modules = Modules(call.state.catalog)
    name = fields["controlnet_module"]
    module = modules.find(name)
    if module is None:
        raise HTTPError(422, "Module not available")
    if name in UNSUPPORTED:
        raise HTTPError(422, "Module not supported")
    images, masks = fields["controlnet_input_images"], fields["controlnet_masks"]
    if not images:
        raise HTTPError(422, "No image selected")
    check_count(len(images))
    if module.needs_mask and len(masks) != len(images):
        raise HTTPError(422, f"Preprocessor {name} requires `controlnet_masks` param.")
    given = {
        "enabled": True,
        "module": name,
        "processor_res": fields["controlnet_processor_res"],
        "threshold_a": fields["controlnet_threshold_a"],
        "threshold_b": fields["controlnet_threshold_b"],
    }
    unit = unit_of(given, modules, options)
    from . import preprocessors

    shown: list[str] = []
    tensors: list[str] = []
    poses: list[dict[str, Any]] = []
    for number, text in enumerate(images):
        picture = decode(text, options)
        small = preprocessors.prepared(picture, module, unit["processor_res"])
        mask = decode(masks[number], options).convert("RGB").getchannel(0) if number < len(masks) else None
        if module.needs_mask and mask is not None and mask.size != picture.size:
            raise ValueError("all the input array dimensions except for the concatenation axis must match exactly")
        if "openpose" in name:
            poses.append(preprocessors.pose(module, small))
        if module.makes_picture:
            fitting = None if mask is None else mask.resize(small.size)
            work = preprocessors.Work(small, unit["threshold_a"], unit["threshold_b"], fitting)
            shown.append(encode(preprocessors.run(module, work), options))
        else:
            tensors.append(preprocessors.embedding_text(small))
    answer: dict[str, Any] = {"info": "Success"}
    answer |= {key: value for key, value in (("poses", poses), ("images", shown), ("tensor", tensors)) if value}
    return answer


_NUMBERS = field("array", None, nullable=True, items="number")


@controlnet.post(
    "/controlnet/render_openpose_json",
    each={
        "people": field(
            "array",
            items={
                "pose_keypoints_2d": field("array", items="number"),
                "hand_right_keypoints_2d": _NUMBERS,
                "hand_left_keypoints_2d": _NUMBERS,
                "face_keypoints_2d": _NUMBERS,
            },
        ),
        "canvas_width": field("integer"),
        "canvas_height": field("integer"),
    },
    optional=True,
)
def render_openpose_json(call: Call) -> dict[str, Any]:
    """Draw poses."""
    if not call.fields["body"]:
        return {"info": _NO_POSES}
    from ..vision.poses import draw

    check_count(len(call.fields["body"]))
    for pose in call.fields["body"]:
        if pose["canvas_width"] <= 0 or pose["canvas_height"] <= 0:
            raise ValueError("the canvas has no pixels")
        check_pixels(pose["canvas_width"], pose["canvas_height"])
    check_total(sum(pose["canvas_width"] * pose["canvas_height"] for pose in call.fields["body"]))
    drawn = [encode(draw(pose), call.state.options) for pose in call.fields["body"]]
    return {"images": drawn, "info": "Success"}
