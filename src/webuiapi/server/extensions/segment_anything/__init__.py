"""Segment Anything: masks of things by points or words. Here they grow by colour, from the points or from the middle.

Points are pixels. Where there is nothing to go by, the answer is a message, without the keys of the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...processing.limits import check_pixels
from ...processing.pictures import decode, encode
from ...processing.scripts import Script
from ..base import Extension, field

if TYPE_CHECKING:
    from PIL.Image import Image

    from ...routing import Call
    from ..vision.objects import Box

segment_anything = Extension(
    "segment-anything",
    repository="continue-revolution/sd-webui-segment-anything",
    commit="982138cfb505de61a3cbb257b2fa9d461d9b5493",
    date=1708646400,
)

SAM_MODELS = ("sam_vit_b_01ec64.pth", "sam_vit_h_4b8939.pth", "sam_vit_l_0b3195.pth", "sam_hq_vit_b.pth")
DINO_MODEL = "GroundingDINO_SwinT_OGC (694MB)"
_NOTHING = "You neither added point prompts nor enabled GroundingDINO. Segmentation cannot be generated."
_TOO_HIGH = (
    "It seems that you are using a high box threshold with no point prompts. "
    "Please lower your box threshold and re-try."
)
_NO_TEXT = "GroundingDINO requires text prompt."
_NO_CONTROLNET = "ControlNet extension not found."
_POINT = field("array", items="number")
_AUTO = field(
    "object",
    fields={
        "points_per_side": field("integer", 32, nullable=True),
        "points_per_batch": field("integer", 64),
        "pred_iou_thresh": field("number", 0.88),
        "stability_score_thresh": field("number", 0.95),
        "stability_score_offset": field("number", 1.0),
        "box_nms_thresh": field("number", 0.7),
        "crop_n_layers": field("integer", 0),
        "crop_nms_thresh": field("number", 0.7),
        "crop_overlap_ratio": field("number", 512 / 1500),
        "crop_n_points_downscale_factor": field("integer", 1),
        "min_mask_region_area": field("integer", 0),
    },
)
_RESIZED = {
    "sam_model_name": field("string", SAM_MODELS[1]),
    "input_image": field("string"),
    "processor": field("string", "seg_ofade20k"),
    "processor_res": field("integer", 512),
    "pixel_perfect": field("boolean", False),
    "resize_mode": field("integer", 1, nullable=True),
    "target_W": field("integer", None, nullable=True),
    "target_H": field("integer", None, nullable=True),
}


@segment_anything.script()
class SegmentAnything(Script):
    """The script; it reads files of the server only, so that a request can do nothing with it."""

    title = "Segment Anything"
    always_on = True


@segment_anything.get("/sam/heartbeat")
def heartbeat(_: Call) -> dict[str, str]:
    """The lightest sign of life."""
    return {"msg": "Success!"}


def _models(call: Call) -> list[str]:
    listed: list[str] = call.state.catalog.data.get("sam/sam-model") or list(SAM_MODELS)
    return listed


@segment_anything.get("/sam/sam-model")
def sam_model(call: Call) -> list[str]:
    """The installed models."""
    return _models(call)


@segment_anything.post(
    "/sam/sam-predict",
    {
        "sam_model_name": field("string", SAM_MODELS[1]),
        "input_image": field("string"),
        "sam_positive_points": field("array", [], items=_POINT),
        "sam_negative_points": field("array", [], items=_POINT),
        "dino_enabled": field("boolean", False),
        "dino_model_name": field("string", DINO_MODEL, nullable=True),
        "dino_text_prompt": field("string", None, nullable=True),
        "dino_box_threshold": field("number", 0.3, nullable=True),
        "dino_preview_checkbox": field("boolean", False),
        "dino_preview_boxes_selection": field("array", None, nullable=True, items="integer"),
    },
)
def sam_predict(call: Call) -> dict[str, Any]:
    """Three masks each with the picture under it and the part that it cuts out."""
    from . import pictures

    fields, options = call.fields, call.state.options
    image = _input(call, fields["input_image"]).convert("RGBA")
    positive, negative = (_coordinates(fields[f"sam_{kind}_points"]) for kind in ("positive", "negative"))
    text = fields["dino_text_prompt"]
    by_words = fields["dino_enabled"] and text is not None
    boxes = _boxes(image, fields) if by_words else []
    _check_model(call, fields["sam_model_name"])
    if len(boxes) > 1:
        status = f"SAM inference with {len(boxes)} boxes, point prompts discarded"
        positive = negative = []
    elif not boxes and not positive and not negative:
        return {"msg": _TOO_HIGH if by_words and fields["dino_preview_checkbox"] else _NOTHING}
    else:
        status = (
            f"SAM inference with {len(boxes)} box, {len(positive)} positive prompts, {len(negative)} negative prompts"
        )
    masks = pictures.hypotheses(image, positive, negative, boxes)
    shown = [pictures.of_mask(image, mask, boxes) for mask in masks]
    names = ("blended_images", "masks", "masked_images")
    listed = {name: [encode(one[place], options) for one in shown] for place, name in enumerate(names)}
    return {"msg": f"{status} done.", **listed}


def _boxes(image: Image, fields: dict[str, Any]) -> list[Box]:
    from ..vision.objects import find

    threshold = 0.3 if fields["dino_box_threshold"] is None else fields["dino_box_threshold"]
    boxes = find(image, fields["dino_text_prompt"], threshold)
    selection = fields["dino_preview_boxes_selection"]
    if fields["dino_preview_checkbox"] and selection is not None:
        boxes = [boxes[place] for place in dict.fromkeys(selection) if 0 <= place < len(boxes)]
    return boxes


@segment_anything.post(
    "/sam/dino-predict",
    {
        "input_image": field("string"),
        "dino_model_name": field("string", DINO_MODEL),
        "text_prompt": field("string"),
        "box_threshold": field("number", 0.3),
    },
)
def dino_predict(call: Call) -> dict[str, Any]:
    """The picture with boxes around what the text names."""
    from ..vision.objects import find
    from . import pictures

    fields = call.fields
    image = _input(call, fields["input_image"])
    if not fields["text_prompt"]:
        return {"msg": _NO_TEXT, "image_with_box": None}
    boxes = find(image, fields["text_prompt"], fields["box_threshold"])
    boxed = pictures.with_boxes(image.convert("RGB"), boxes, numbered=True)
    return {"msg": "Done", "image_with_box": encode(boxed, call.state.options)}


@segment_anything.post(
    "/sam/dilate-mask",
    {"input_image": field("string"), "mask": field("string"), "dilate_amount": field("integer", 10)},
)
def dilate_mask(call: Call) -> dict[str, Any]:
    """The mask grown, and what it shows and cuts out of the picture."""
    from . import pictures

    fields, options = call.fields, call.state.options
    image = _input(call, fields["input_image"]).convert("RGBA")
    mask = _input(call, fields["mask"])
    if mask.size != image.size:
        raise IndexError(
            "boolean index did not match indexed array along dimension 0; "
            f"dimension is {image.height} but corresponding boolean dimension is {mask.height}"
        )
    shown, grown, cut = pictures.dilated(image, mask, fields["dilate_amount"])
    return {
        "blended_image": encode(shown, options),
        "mask": encode(grown, options),
        "masked_image": encode(cut, options),
    }


@segment_anything.post("/sam/controlnet-seg", {"payload": field("object", fields=_RESIZED), "autosam_conf": _AUTO})
def controlnet_seg(call: Call) -> dict[str, Any]:
    """The picture in the colours of the things on it; or in random ones, and numbered."""
    from . import pictures

    payload, options = call.fields["payload"], call.state.options
    image = _input(call, payload["input_image"])
    _check_model(call, payload["sam_model_name"])
    names: tuple[str, ...]
    found: tuple[Image, ...]
    if "seg" not in payload["processor"]:
        names = ("blended_images", "random_seg", "edit_anything_control")
        found = pictures.random_segments(image)
        message = (
            "Random segmentation done. Left above (0) is blended image, right above (1) is random segmentation, "
            "left below (2) is Edit-Anything control input."
        )
    else:
        if "controlnet" not in call.state.catalog.installed:
            return {"msg": _NO_CONTROLNET}
        names = ("sem_presam", "sem_postsam", "blended_presam", "blended_postsam")
        found = pictures.semantic_segments(pictures.resized(image, payload))
        message = _segmented(payload["processor"])
    shown = {name: encode(one, options) for name, one in zip(names, found, strict=True)}
    return {"msg": message, **shown}


def _segmented(processor: str) -> str:
    if processor == "seg_ufade20k":
        which = "Uniformer semantic segmentation of ade20k"
    else:
        which = f"Oneformer semantic segmentation of {processor.rpartition('_')[2][2:]}"
    return f"{which} done. Left is segmentation before SAM, right is segmentation after SAM."


@segment_anything.post(
    "/sam/category-mask",
    {"payload": field("object", fields={**_RESIZED, "category": field("string")}), "autosam_conf": _AUTO},
)
def category_mask(call: Call) -> dict[str, Any]:
    """The mask of everything of some categories, given by their numbers, joined by `+`."""
    from . import pictures

    payload, options = call.fields["payload"], call.state.options
    image = _input(call, payload["input_image"])
    _check_model(call, payload["sam_model_name"])
    if "controlnet" not in call.state.catalog.installed:
        raise ValueError("too many values to unpack (expected 2)")  # the real one takes its message for two results
    try:
        wanted = [int(part) for part in payload["category"].split("+")]
    except ValueError:
        raise ValueError("too many values to unpack (expected 2)") from None
    small = pictures.resized(image, payload).convert("RGBA")
    mask = pictures.categories(small, wanted, coco=payload["processor"].endswith("coco"))
    blended, shown, cut = pictures.of_mask(small, mask, [])
    return {
        "msg": "Done",
        "blended_image": encode(blended, options),
        "mask": encode(shown, options),
        "masked_image": encode(cut, options),
        "resized_input": encode(small, options),
    }


def _input(call: Call, text: str) -> Image:
    image = decode(text, call.state.options)
    check_pixels(*image.size)
    return image


def _check_model(call: Call, name: str) -> None:
    if name not in _models(call):
        raise Exception(f"{name} not found, please download model to models/sam.")


def _coordinates(points: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """The points. What is no pair fails as an array of unequal rows does there."""
    if any(len(point) != 2 for point in points):
        raise ValueError("setting an array element with a sequence")
    return list(points)
