"""What ADetailer paints: the things that a detector is taken to find, each in a pass of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as pil
from PIL import ImageChops, ImageFilter
from PIL.Image import Image

from ...processing import masks
from ...processing.generation import Batch
from ...processing.pictures import flat
from ...processing.resizing import CELL
from ..vision.arrays import Resampling, mask_picture
from ..vision.faces import Face, find_faces
from ..vision.matte import foreground
from ..vision.regions import box_of

if TYPE_CHECKING:
    from ...processing.generation import Generation

_SEPARATOR = re.compile(r"\s*\[SEP\]\s*")
_MOST_DILATION = 128
_CONFIDENCE = {"face": 0.86, "hand": 0.62, "person": 0.91}
"""How sure each kind of detector is of what it finds."""


@dataclass(frozen=True)
class Find:
    """Something that a detector has found."""

    mask: Image
    confidence: float

    @property
    def area(self) -> float:
        """The share of the picture that it covers."""
        return float(np.asarray(self.mask).mean()) / 255


def find(image: Image, model: str) -> list[Find]:
    """What a detector finds in a picture."""
    faces = find_faces(image)
    if "hand" in model:
        ovals = [oval for face in faces for oval in _hands(face)]
        return [Find(oval.mask(image.size), _CONFIDENCE["hand"]) for oval in ovals]
    if "person" in model or "world" in model:
        front = foreground(image) > 0.5
        return [Find(mask_picture(front), _CONFIDENCE["person"])] if box_of(front) else []
    ovals = [oval for face in faces for oval in (_eyes(face) if "eyes" in model else [face])]
    return [Find(oval.mask(image.size), _CONFIDENCE["face"]) for oval in ovals]


def _eyes(face: Face) -> list[Face]:
    width, top = face.width * 0.24, face.top + face.height * 0.36
    return [
        Face(middle - width / 2, top, middle + width / 2, top + width * 0.6)
        for middle in (face.left + face.width * 0.3, face.left + face.width * 0.7)
    ]


def _hands(face: Face) -> list[Face]:
    size, top = face.width * 0.7, face.bottom + face.height * 0.9
    return [
        Face(middle - size / 2, top, middle + size / 2, top + size)
        for middle in (face.left - face.width * 0.2, face.right + face.width * 0.2)
    ]


def init_pictures(run: Generation, count: int) -> list[Image]:
    """The pictures that an img2img request brings, at its size, in place of painted ones."""
    given: list[Image] = run.init_images  # type: ignore[attr-defined]  # there in img2img, where alone this is called
    size = (run.width // CELL * CELL, run.height // CELL * CELL)
    ground = run.options["img2img_background_color"]
    return [flat(given[min(place, len(given) - 1)], ground).resize(size, Resampling.LANCZOS) for place in range(count)]


class Detailing:
    """One unit on one picture of a batch."""

    def __init__(self, run: Generation, batch: Batch, unit: Mapping[str, Any], index: int) -> None:
        self.run = run
        self.unit = unit
        self.batch = batch
        self.index = index

    def detailed(self, image: Image) -> Image:
        """The picture with all that is found painted again."""
        own = self.batch.prompts[self.index], self.batch.negative_prompts[self.index]
        prompts = _prompts(self.unit["ad_prompt"], own[0])
        negatives = _prompts(self.unit["ad_negative_prompt"], own[1])
        for number, mask in enumerate(self.masks(image)):
            prompt = prompts[min(number, len(prompts) - 1)]
            if self.run.job.interrupted:
                break
            if prompt != "[SKIP]":
                image = self._painted(image, mask, prompt, negatives[min(number, len(negatives) - 1)], number)
        return image

    def masks(self, image: Image) -> list[Image]:
        """Where is painted: what is found, chosen, moved, grown and put together as the unit says."""
        unit = self.unit
        finds = [
            one
            for one in find(image, unit["ad_model"])
            if one.confidence >= unit["ad_confidence"]
            and unit["ad_mask_min_ratio"] <= one.area <= unit["ad_mask_max_ratio"]
        ]
        if unit["ad_mask_k"]:
            by_area = unit["ad_mask_filter_method"] == "Area"
            finds.sort(key=lambda one: one.area if by_area else one.confidence, reverse=True)
            finds = finds[: unit["ad_mask_k"]]
        found = [_moved(one.mask, unit["ad_x_offset"], -unit["ad_y_offset"]) for one in finds]
        found = [_dilated(mask, unit["ad_dilate_erode"]) for mask in found]
        found = [mask for mask in found if mask.getbbox()]
        if not found or unit["ad_mask_merge_invert"] == "None":
            return found
        merged = found[0]
        for mask in found[1:]:
            merged = ImageChops.lighter(merged, mask)
        return [masks.inverted(merged) if unit["ad_mask_merge_invert"] == "Merge and Invert" else merged]

    def _painted(self, image: Image, mask: Image, prompt: str, negative: str, number: int) -> Image:
        run, unit = self.run, self.unit
        soft = masks.blurred(mask, unit["ad_mask_blur"], unit["ad_mask_blur"])
        width, height = image.size
        if unit["ad_use_inpaint_width_height"]:
            width, height = unit["ad_inpaint_width"], unit["ad_inpaint_height"]
        width, height = max(width // CELL * CELL, CELL), max(height // CELL * CELL, CELL)
        box = (0, 0, *image.size)
        if unit["ad_inpaint_only_masked"]:
            around = masks.masked_box(soft, unit["ad_inpaint_only_masked_padding"])
            box = masks.widened(around, width, height, image.size) if around else box
        start = image.crop(box).resize((width, height), Resampling.LANCZOS)
        strength = unit["ad_denoising_strength"]
        steps = unit["ad_steps"] if unit["ad_use_steps"] else run.steps
        seed = self.batch.seeds[self.index] + number
        alone = Batch(self.batch.index, [prompt], [negative], [seed], [self.batch.subseeds[self.index] + number])
        changes: dict[str, Any] = {}
        if unit["ad_use_cfg_scale"]:
            changes["cfg_scale"] = float(unit["ad_cfg_scale"])
        if unit["ad_use_sampler"] and run.names.sampler(unit["ad_sampler"]):
            changes["sampler"] = unit["ad_sampler"]
        if unit["ad_use_checkpoint"]:
            checkpoint = run.state.find_checkpoint(unit["ad_checkpoint"])
            if checkpoint is not None:
                changes["model"] = checkpoint["model_name"]
        work = run.pass_of(
            alone,
            width=width,
            height=height,
            steps=int(min(strength, 0.999) * steps) + 1,
            images=[start],
            denoising_strength=strength,
            mask=soft.crop(box).resize((width, height), Resampling.BILINEAR),
            tiling=False,
            **changes,
        )
        painted = run.run_pass(work)[0].resize((box[2] - box[0], box[3] - box[1]), Resampling.LANCZOS)
        if unit["ad_restore_face"]:
            painted = painted.filter(ImageFilter.SMOOTH)
        layer = image.copy()
        layer.paste(painted, box[:2])
        return pil.composite(layer, image, soft)


def _prompts(text: str, own: str) -> list[str]:
    """One for each find; an empty one is the picture's own, and `[PROMPT]` stands for that."""
    return [part.replace("[PROMPT]", own) if part.strip() else own for part in _SEPARATOR.split(text.strip())]


def _moved(mask: Image, x: int, y: int) -> Image:
    if not x and not y:
        return mask
    moved = pil.new("L", mask.size)
    moved.paste(mask, (x, y))
    return moved


def _dilated(mask: Image, amount: int) -> Image:
    """The mask grown by half the amount to each side, as a kernel of that size does; or shrunk."""
    size = min(abs(amount), _MOST_DILATION) // 2 * 2 + 1
    if size <= 1:
        return mask
    return mask.filter(ImageFilter.MaxFilter(size) if amount > 0 else ImageFilter.MinFilter(size))
