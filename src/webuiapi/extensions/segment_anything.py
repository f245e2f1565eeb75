"""Segment Anything: masks of what lies at points of a picture, or fits a text. Endpoints, no script.

Points may be given as fractions of the picture or in pixels; the server is sent pixels, since it takes fractions for
the pixel in the corner. Where nothing is found it answers with a message alone: the result is then empty, and has it.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from .. import images as pictures
from ..api.base import GetItem, read_item
from ..checks import Problem, within
from ..items import Item, text
from ..request import LOCAL, Answer, Request, endpoint, sent_as
from ._endpoints import PictureRequest, image_in, images_in
from ._segment_anything_results import (
    SegmentAnythingControlNetSegNotRandomResult,
    SegmentAnythingControlNetSegRandomResult,
    SegmentAnythingDilationResult,
    SegmentAnythingGinoResult,
    SegmentAnythingSamResult,
    SegmentAnythingSemanticSegWithCatIdResult,
)
from .base import PICTURE, Client_co, Interface, choice

if TYPE_CHECKING:
    from ..images import ImageInput

R_co = TypeVar("R_co", covariant=True)
_INPUT = {**PICTURE, **sent_as("input_image")}


Point = Sequence[float]
"""`(x, y)`: fractions of the picture if both are floats from 0 to 1, else pixels, from the upper left corner."""


def to_pixels(point: Any, size: tuple[int, int] | None, name: str) -> list[float]:
    """A point in pixels. Raises `ValueError` for what is no point, and for fractions of a picture of unknown size."""
    given = _listed(point)
    if len(given) != 2 or not all(isinstance(at, numbers.Real) for at in given):
        raise ValueError(f"{name}={point!r} is no point: (x, y) is needed")
    if not all(isinstance(at, float) and 0 <= at <= 1 for at in given):
        return given
    if size is None:
        raise ValueError(f"{name}={point!r} is a fraction of a picture whose size can't be read here: give pixels")
    return [min(round(at * length), length - 1) for at, length in zip(given, size, strict=True)]


def _listed(values: Any) -> list[Any]:
    """A list, a tuple or an array as a list of plain numbers (or points); [] for anything else."""
    if hasattr(values, "tolist"):
        values = values.tolist()
    if not isinstance(values, (list, tuple)):
        return []
    return [item.item() if getattr(item, "ndim", None) == 0 else item for item in values]


@dataclass(frozen=True, eq=False)
class SamPredict(PictureRequest[SegmentAnythingSamResult]):
    """Masks of what lies at points, or fits a text: POST /sam/sam-predict."""

    path: ClassVar[str] = "/sam/sam-predict"
    generation: ClassVar[bool] = True

    image: ImageInput = field(metadata=_INPUT)
    """The picture."""
    sam_model_name: str | None = None
    """The model, as get_sam_models() names it. Default "sam_vit_h_4b8939.pth". Unknown: an error."""
    sam_positive_points: Sequence[Point] | None = field(default=None, metadata=LOCAL)
    """Points on what is wanted, each `(x, y)`: floats from 0 to 1 are fractions of the picture, all else pixels."""
    sam_negative_points: Sequence[Point] | None = field(default=None, metadata=LOCAL)
    """Points on what is not wanted."""
    dino_enabled: bool | None = None
    """Look for dino_text_prompt; with several finds the points are left out of account. Default false."""
    dino_model_name: str | None = None
    """`GroundingDINO_SwinT_OGC (694MB)` (default) or `GroundingDINO_SwinB (938MB)`."""
    dino_text_prompt: str | None = None
    """What to look for, separated by periods."""
    dino_box_threshold: float | None = field(default=None, metadata=within(0, 1))
    """Least confidence of a find, 0 to 1. Default 0.3."""
    dino_preview_checkbox: bool | None = None
    """Use only the finds of dino_preview_boxes_selection. Default false."""
    dino_preview_boxes_selection: Sequence[int] | None = None
    """Numbers of finds, from 0."""

    def contradictions(self) -> Iterator[Problem]:
        if not (_listed(self.sam_positive_points) or _listed(self.sam_negative_points) or self.dino_enabled):
            yield Problem("sam_predict: neither points nor dino_enabled=True: nothing will be found", fatal=False)
        if self.dino_enabled and not self.dino_text_prompt:
            yield Problem("sam_predict: dino_enabled=True without dino_text_prompt= looks for nothing", fatal=False)

    def payload(self) -> dict[str, Any]:
        payload = super().payload()
        for name in ("sam_positive_points", "sam_negative_points"):
            if getattr(self, name) is not None:
                given = _listed(getattr(self, name))
                size = pictures.size_of(self.image, "image") if given else None
                payload[name] = [to_pixels(point, size, f"{name}[{index}]") for index, point in enumerate(given)]
        return payload

    def parse(self, answer: Answer) -> SegmentAnythingSamResult:
        found = read_item(answer, _Message)
        keys = ("blended_images", "masks", "masked_images")
        return SegmentAnythingSamResult(found.msg, *(images_in(found, key, answer) for key in keys))


@dataclass(frozen=True, eq=False)
class DinoPredict(PictureRequest[SegmentAnythingGinoResult]):
    """Boxes around what fits a text: POST /sam/dino-predict."""

    path: ClassVar[str] = "/sam/dino-predict"
    generation: ClassVar[bool] = True

    image: ImageInput = field(metadata=_INPUT)
    """The picture."""
    text_prompt: str
    """What to look for, separated by periods."""
    dino_model_name: str | None = None
    """`GroundingDINO_SwinT_OGC (694MB)` (default) or `GroundingDINO_SwinB (938MB)`."""
    box_threshold: float | None = field(default=None, metadata=within(0, 1))
    """Least confidence of a find, 0 to 1. Default 0.3."""

    def parse(self, answer: Answer) -> SegmentAnythingGinoResult:
        found = read_item(answer, _Message)
        return SegmentAnythingGinoResult(found.msg, image_in(found, ["image_with_box"], answer))


@dataclass(frozen=True, eq=False)
class DilateMask(PictureRequest[SegmentAnythingDilationResult]):
    """Let a mask grow: POST /sam/dilate-mask."""

    path: ClassVar[str] = "/sam/dilate-mask"
    generation: ClassVar[bool] = True

    image: ImageInput = field(metadata=_INPUT)
    """The picture."""
    mask: ImageInput = field(metadata=PICTURE)
    """The mask, of the picture's size."""
    dilate_amount: int | None = field(default=None, metadata=within(0))
    """Pixels, from 0. Default 10."""

    def parse(self, answer: Answer) -> SegmentAnythingDilationResult:
        found = read_item(answer, _Message)
        keys = ("blended_image", "mask", "masked_image")
        return SegmentAnythingDilationResult(*(image_in(found, [key], answer) for key in keys))


PROCESSORS = ("seg_ufade20k", "seg_ofade20k", "seg_ofcoco", "random")
_AUTO = {"autosam": True}


@dataclass(frozen=True, eq=False)
class _Segmentation(PictureRequest[R_co], Generic[R_co]):
    """What the two calls that segment a whole picture have in common; they send two objects."""

    generation: ClassVar[bool] = True

    def contradictions(self) -> Iterator[Problem]:
        values: Any = self
        if values.pixel_perfect and (values.target_width is None or values.target_height is None):
            yield Problem("pixel_perfect=True needs target_width= and target_height=")

    def payload(self) -> dict[str, Any]:
        sent = super().payload()
        if "processor" in sent:
            sent["processor"] = choice("processor", sent["processor"], PROCESSORS)
        names = {item.name for item in fields(self) if item.metadata.get("autosam")}
        return {
            "payload": {name: value for name, value in sent.items() if name not in names},
            "autosam_conf": {name: value for name, value in sent.items() if name in names},
        }


def _auto(low: float | None = None, high: float | None = None) -> Any:
    return field(default=None, metadata={**_AUTO, **within(low, high)})


@dataclass(frozen=True, eq=False)
class _Whole:
    """The parameters that both have, in the order of webuiapi 0.9."""

    sam_model_name: str | None = None
    """The model, as get_sam_models() names it. Default "sam_vit_h_4b8939.pth". Unknown: an error."""
    processor: str | None = None
    """`seg_ofade20k` (default), `seg_ufade20k`, `seg_ofcoco`; or `random`, which knows no categories."""
    processor_res: int | None = field(default=None, metadata=within(64, 2048))
    """The size that is worked in, 64 to 2048. Default 512."""
    pixel_perfect: bool | None = None
    """Choose processor_res by target_width and target_height, which are then needed. Default false."""
    resize_mode: int | None = field(default=None, metadata=within(0, 2))
    """For pixel_perfect: 0 just resize, 1 crop and resize (default), 2 resize and fill."""
    target_width: int | None = field(default=None, metadata=sent_as("target_W"))
    """For pixel_perfect: the width that the picture is for."""
    target_height: int | None = field(default=None, metadata=sent_as("target_H"))
    """For pixel_perfect: the height that the picture is for."""
    points_per_side: int | None = _auto(1)
    """Points that are tried on each side. Default 32."""
    points_per_batch: int | None = _auto(1)
    """Points that are tried together. Default 64."""
    pred_iou_thresh: float | None = _auto(0, 1)
    """Least quality that the model gives a mask itself. Default 0.88."""
    stability_score_thresh: float | None = _auto(0, 1)
    """Least stability of a mask. Default 0.95."""
    stability_score_offset: float | None = _auto()
    """How much is varied for the stability. Default 1."""
    box_nms_thresh: float | None = _auto(0, 1)
    """How far boxes may overlap. Default 0.7."""
    crop_n_layers: int | None = _auto(0)
    """How often the picture is cut into parts. Default 0."""
    crop_nms_thresh: float | None = _auto(0, 1)
    """How far boxes of different parts may overlap. Default 0.7."""
    crop_overlap_ratio: float | None = _auto(0, 1)
    """How far parts overlap. Default 0.3413."""
    crop_n_points_downscale_factor: int | None = _auto(1)
    """By how much fewer points each further cut has. Default 1."""
    min_mask_region_area: int | None = _auto(0)
    """Least size of a hole or an island, in pixels. Default 0."""


@dataclass(frozen=True, eq=False)
class _Picture:
    image: ImageInput = field(metadata=_INPUT)
    """The picture."""


@dataclass(frozen=True, eq=False)
class _PictureAndCategory(_Picture):
    category: str
    """Numbers of categories joined with `+`: `"1+2+3"` (ADE20K's 0 to 149, or COCO's)."""


@dataclass(frozen=True, eq=False)
class GenerateSemanticSegmentation(
    _Whole,
    _Picture,
    _Segmentation[SegmentAnythingControlNetSegNotRandomResult | SegmentAnythingControlNetSegRandomResult],
):
    """Segment a whole picture: POST /sam/controlnet-seg. Needs ControlNet on the server."""

    path: ClassVar[str] = "/sam/controlnet-seg"

    def parse(
        self, answer: Answer
    ) -> SegmentAnythingControlNetSegNotRandomResult | SegmentAnythingControlNetSegRandomResult:
        found = read_item(answer, _Message)
        if "random_seg" in found or self.processor == "random":
            blended = image_in(found, ["blended_images", "blended_image"], answer)
            others = (image_in(found, [key], answer) for key in ("random_seg", "edit_anything_control"))
            return SegmentAnythingControlNetSegRandomResult(found.msg, blended, *others)
        keys = ("sem_presam", "sem_postsam", "blended_presam", "blended_postsam")
        return SegmentAnythingControlNetSegNotRandomResult(found.msg, *(image_in(found, [key], answer) for key in keys))


@dataclass(frozen=True, eq=False)
class SamAndSemanticSegWithCatId(_Whole, _PictureAndCategory, _Segmentation[SegmentAnythingSemanticSegWithCatIdResult]):
    """A mask of all that belongs to categories: POST /sam/category-mask. Needs ControlNet on the server."""

    path: ClassVar[str] = "/sam/category-mask"

    def contradictions(self) -> Iterator[Problem]:
        yield from super().contradictions()
        if not all(part.strip().isdigit() for part in self.category.split("+")):
            yield Problem(f'category={self.category!r} must be numbers joined with +: "1+2+3"')

    def parse(self, answer: Answer) -> SegmentAnythingSemanticSegWithCatIdResult:
        found = read_item(answer, _Message)
        keys = ("blended_image", "mask", "masked_image", "resized_input")
        return SegmentAnythingSemanticSegWithCatIdResult(found.msg, *(image_in(found, [key], answer) for key in keys))


class _Message(Item):
    msg = text()


class Heartbeat(Item):
    """A sign of life."""

    msg = text()


class SamHeartbeat(GetItem[Heartbeat]):
    """Whether Segment Anything answers: GET /sam/heartbeat."""

    path, kind = "/sam/heartbeat", Heartbeat


@dataclass(frozen=True, eq=False)
class GetSamModels(Request[list[str]]):
    """The models, as they were found when the server started: GET /sam/sam-model."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/sam/sam-model"

    def parse(self, answer: Answer) -> list[str]:
        listed = answer.json()
        return [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []


class SegmentAnythingInterface(Interface[Client_co], Generic[Client_co]):
    """Segment Anything's endpoints (continue-revolution/sd-webui-segment-anything)."""

    heartbeat = endpoint(SamHeartbeat)
    get_sam_models = endpoint(GetSamModels)
    sam_predict = endpoint(SamPredict)
    dino_predict = endpoint(DinoPredict)
    dilate_mask = endpoint(DilateMask)
    generate_semantic_segmentation = endpoint(GenerateSemanticSegmentation)
    sam_and_semantic_seg_with_cat_id = endpoint(SamAndSemanticSegWithCatId)
