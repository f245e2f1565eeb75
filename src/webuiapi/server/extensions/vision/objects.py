"""Things in a picture: grown from points, or found by the words for their colour or place."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from PIL.Image import Image

from .arrays import Array, Mask, box_mean, pixels
from .likeness import colour_bins, share_inside
from .matte import foreground, outlined, shrunk
from .regions import at_points, box_of, filled_up, flood, largest, opened

Box = tuple[int, int, int, int]
Point = Sequence[float]

_SIDE = 256
_LEVELS = (0.86, 0.66, 0.42)
"""How sure it has to be that a pixel belongs to a thing: of three masks the smallest to the largest."""
_COLOURS = {
    "red": (200, 40, 40), "orange": (230, 130, 40), "yellow": (230, 215, 70), "green": (60, 150, 60),
    "teal": (50, 150, 150), "blue": (50, 90, 190), "purple": (130, 60, 160), "pink": (235, 150, 180),
    "brown": (120, 80, 50), "white": (240, 240, 240), "black": (20, 20, 20), "grey": (128, 128, 128),
    "gray": (128, 128, 128), "beige": (220, 200, 170),
}  # fmt: skip
_PLACES = {
    "sky": (0.0, 0.0, 1.0, 0.42), "background": (0.0, 0.0, 1.0, 1.0), "ground": (0.0, 0.62, 1.0, 1.0),
    "floor": (0.0, 0.62, 1.0, 1.0), "grass": (0.0, 0.62, 1.0, 1.0), "water": (0.0, 0.5, 1.0, 1.0),
    "sea": (0.0, 0.5, 1.0, 1.0),
}  # fmt: skip
_SURE = 0.62
"""The confidence with which the thing in front is found; what is found by colour is as sure as the colour is near."""


def grow(image: Image, positive: Sequence[Point], negative: Sequence[Point] = (), box: Box | None = None) -> list[Mask]:
    """Three masks of the thing at these points (or in the box), the smallest first; `negative` points are outside."""
    image = image.convert("RGB")
    small = shrunk(image, _SIDE)
    factor = (small.width / image.width, small.height / image.height)
    shape = (small.height, small.width)
    here = [(point[0] * factor[0], point[1] * factor[1]) for point in positive]
    away = [(point[0] * factor[0], point[1] * factor[1]) for point in negative]
    frame = np.ones(shape, np.bool_)
    if box is not None:
        frame = _rectangle(shape, box, factor, 0.0)
    core = at_points(shape, here, max(min(shape) // 64, 1)) if here else _core(shape, box, factor, away)
    apart = at_points(shape, away, max(min(shape) // 48, 1))
    share = _belonging(pixels(small), core, apart, frame if box is not None else None)
    return [outlined(_part(share, core, apart, frame, level), image) > 0.5 for level in _LEVELS]


def _core(shape: tuple[int, int], box: Box | None, factor: tuple[float, float], away: Sequence[Point]) -> Mask:
    """Where to begin without a point: the middle of the box, or of what is farthest from the points outside."""
    if box is not None:
        return _rectangle(shape, box, factor, 0.3)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    distance = np.min([np.hypot(x - px, y - py) for px, py in away], axis=0)
    far: Mask = distance >= distance.max() * 0.9
    return far


def _rectangle(shape: tuple[int, int], box: Box, factor: tuple[float, float], inset: float) -> Mask:
    left, top, right, bottom = box[0] * factor[0], box[1] * factor[1], box[2] * factor[0], box[3] * factor[1]
    dx, dy = (right - left) * inset, (bottom - top) * inset
    mask = np.zeros(shape, np.bool_)
    mask[max(int(top + dy), 0) : max(int(bottom - dy), 1), max(int(left + dx), 0) : max(int(right - dx), 1)] = True
    return mask


def _belonging(values: Array, core: Mask, apart: Mask, frame: Mask | None) -> Array:
    """How likely each pixel is of the same thing as the core."""
    height, width = core.shape
    rows, columns = np.nonzero(core)
    middle = (rows.mean(), columns.mean())
    y, x = np.mgrid[0:height, 0:width]
    distance = np.hypot((y - middle[0]) / min(height, width), (x - middle[1]) / min(height, width))
    inside = core.astype(np.float32) + 1e-4
    outside = (1 - np.exp(-((distance / 0.4) ** 2))).astype(np.float32)
    if frame is not None:
        outside = np.where(frame, 0.02, 1.0).astype(np.float32)
    outside += apart * np.float32(outside.sum() / max(int(apart.sum()), 1))
    bins = colour_bins(values)
    share = inside
    for _ in range(3):
        share = share_inside(bins, inside, outside)
        near = box_mean(share, 1)
        inside = near**3 * np.exp(-((distance / 0.5) ** 2)).astype(np.float32) + core
        outside = np.maximum(outside, 0.02) * (1.05 - near)
    return box_mean(share, 1)


def _part(share: Array, core: Mask, apart: Mask, frame: Mask, level: float) -> Mask:
    mask = flood(((share > level) & frame & ~apart) | core, core)
    size = max(min(mask.shape) // 128, 1)
    holes = filled_up(mask) & ~mask
    small = holes & ~opened(holes, size * 3)
    tidy = flood(opened(mask | small, size) | core, core)
    return tidy & ~apart


# --- by words


def find(image: Image, text: str, threshold: float) -> list[Box]:
    """Boxes around what a text names, the surest first: by words for colours and places, else what is in front."""
    boxes: list[tuple[float, Box]] = []
    for phrase in filter(None, (part.strip() for part in re.split(r"[.,;]", text.lower()))):
        boxes += _found(image, phrase)
    return [box for confidence, box in sorted(boxes, key=lambda one: -one[0]) if confidence >= threshold]


def _found(image: Image, phrase: str) -> list[tuple[float, Box]]:
    words = re.findall(r"[a-z]+", phrase)
    for word in words:
        if word in _PLACES:
            left, top, right, bottom = _PLACES[word]
            size = image.size
            return [(_SURE, (int(left * size[0]), int(top * size[1]), int(right * size[0]), int(bottom * size[1])))]
    named = [_COLOURS[word] for word in words if word in _COLOURS]
    if named:
        return _by_colour(image, named[0])
    box = box_of(foreground(image) > 0.5)
    return [(_SURE, box)] if box is not None else []


def _by_colour(image: Image, colour: tuple[int, int, int]) -> list[tuple[float, Box]]:
    """The largest part of the picture in about this colour."""
    small = shrunk(image.convert("RGB"), _SIDE)
    values = pixels(small)
    near = 1 - np.sqrt(((values - np.array(colour, np.float32)) ** 2).sum(2)) / 255
    mask = opened(near > 0.55, 1)
    if mask.mean() < 0.002:
        return []
    part = largest(mask)
    box = box_of(part)
    if box is None:
        return []
    across, down = image.width / small.width, image.height / small.height
    scaled = (int(box[0] * across), int(box[1] * down), int(box[2] * across), int(box[3] * down))
    return [(float(near[part].mean()), scaled)]
