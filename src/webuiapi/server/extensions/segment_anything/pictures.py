"""The pictures of Segment Anything: masks, what they show and cut out, boxes, and pictures in the colours of things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image as pil
from PIL import ImageDraw
from PIL.Image import Image

from ...processing.limits import check_pixels
from ..vision.arrays import Mask, mask_picture, to_short_side
from ..vision.objects import Box, Point, grow
from ..vision.regions import Labels, grown
from ..vision.scenery import ADE_TO_COCO, labels, palette

_TINT = (140, 182, 154)
"""The colour laid over what a mask shows."""
_MOST_DILATION = 400
_HYPOTHESES = 3


def hypotheses(image: Image, positive: Sequence[Point], negative: Sequence[Point], boxes: Sequence[Box]) -> list[Mask]:
    """Three masks; of several boxes what is in any of them."""
    if len(boxes) < 2:
        return grow(image, positive, negative, boxes[0] if boxes else None)
    each = [grow(image, (), (), box) for box in boxes]
    return [np.logical_or.reduce([masks[place] for masks in each]) for place in range(_HYPOTHESES)]


def of_mask(image: Image, mask: Mask, boxes: Sequence[Box]) -> tuple[Image, Image, Image]:
    """The picture with what is masked tinted and the boxes drawn, the mask in black and white, and what it cuts out."""
    return _tinted(with_boxes(image, boxes), mask), pil.fromarray(mask), _cut(image, mask)


def _tinted(image: Image, mask: Mask) -> Image:
    tint = pil.new(image.mode, image.size, _TINT if image.mode == "RGB" else (*_TINT, 255))
    return pil.composite(pil.blend(image, tint, 0.5), image, mask_picture(mask))


def _cut(image: Image, mask: Mask) -> Image:
    cut = pil.new("RGBA", image.size)
    cut.paste(image.convert("RGBA"), mask=mask_picture(mask))
    return cut


def with_boxes(image: Image, boxes: Sequence[Box], *, numbered: bool = False) -> Image:
    """The picture with red boxes, numbered from 0 where wanted."""
    if not boxes:
        return image
    drawn = image.copy()
    pen = ImageDraw.Draw(drawn)
    width = max(min(image.size) // 200, 1)
    for number, box in enumerate(boxes):
        pen.rectangle((box[0], box[1], max(box[2] - 1, box[0]), max(box[3] - 1, box[1])), outline="red", width=width)
        if numbered:
            pen.text((box[0] + 2 * width + 2, box[1] + 2 * width), str(number), fill="red")
    return drawn


def dilated(image: Image, mask: Image, amount: int) -> tuple[Image, Image, Image]:
    """What the grown mask shows, itself, and what it cuts out; by 0 it stays as it was given."""
    bits: Mask = np.asarray(mask.convert("1"))
    if amount <= 0:
        return _tinted(image, bits), mask, _cut(image, bits)
    bits = grown(bits, min(amount, _MOST_DILATION) // 2)
    return _tinted(image, bits), mask_picture(bits), _cut(image, bits)


def resized(image: Image, payload: Mapping[str, Any]) -> Image:
    """The picture at the resolution at which it is looked at. Pixel perfect needs both sides of the target."""
    side = payload["processor_res"]
    if payload["pixel_perfect"]:
        shares = [float(payload[f"target_{key}"]) / size for key, size in (("W", image.width), ("H", image.height))]
        estimate = (min(shares) if payload["resize_mode"] == 2 else max(shares)) * min(image.size)
        side = round(estimate / 64) * 64
    if side <= 0:
        raise ValueError("height and width must be > 0")
    check_pixels(side, max(round(side * max(image.size) / min(image.size)), 1))
    return to_short_side(image.convert("RGB"), side)


def semantic_segments(image: Image) -> tuple[Image, Image, Image, Image]:
    """The picture in the colours of its things, roughly and with their outlines, and each of these over the picture."""
    rough, fine = palette(labels(image, fine=False)), palette(labels(image, fine=True))
    return rough, fine, pil.blend(image, rough, 0.5), pil.blend(image, fine, 0.5)


def random_segments(image: Image) -> tuple[Image, Image, Image]:
    """The parts of a picture in colours drawn by chance, over it and alone; and numbered, for Edit Anything."""
    image = image.convert("RGB")
    parts = labels(image, fine=True)
    numbers = np.unique(parts, return_inverse=True)[1].reshape(parts.shape)
    drawn = np.random.default_rng(0).integers(0, 255, (int(numbers.max()) + 1, 3), dtype=np.uint8)
    coloured = pil.fromarray(drawn[numbers])
    counted = np.zeros((*parts.shape, 3), np.uint8)
    counted[..., 0], counted[..., 1] = (numbers + 1) % 256, (numbers + 1) // 256
    return pil.blend(image, coloured, 0.5), coloured, pil.fromarray(counted)


def categories(image: Image, wanted: Sequence[int], *, coco: bool) -> Mask:
    """Where the picture shows something of these categories, by the numbers of ADE20K or COCO."""
    found: Labels = labels(image.convert("RGB"), fine=True)
    if coco:
        translated = np.full(151, -1, np.intp)
        for ade, number in ADE_TO_COCO.items():
            translated[ade] = number
        found = translated[found]
    mask: Mask = np.isin(found, wanted)
    return mask
