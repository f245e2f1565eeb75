"""What of a picture is in front: what stands in the middle and is coloured otherwise than the rest."""

from __future__ import annotations

import numpy as np
from PIL.Image import Image

from .arrays import Array, Mask, box_mean, grey, mask_picture, pixels, resized
from .likeness import colour_bins, share_inside
from .regions import box_of, filled_up, flood, grown, opened

SIDE = 224
"""The shorter side at which it is decided what is in front; only its outline is found at full size."""
_ROUNDS = 3
_CERTAIN = 0.68
_FLAT = 10.0
"""Below this spread of its colours a picture has nothing in front."""


def foreground(image: Image) -> Array:
    """How much each pixel belongs to what is in front, 0 to 1; all 0 for a picture of one colour."""
    image = image.convert("RGB")
    small = shrunk(image, SIDE)
    mask = _in_front(pixels(small))
    if not mask.any():
        return np.zeros((image.height, image.width), np.float32)
    return outlined(mask, image)


def subject_box(image: Image) -> tuple[int, int, int, int] | None:
    """The box around what is in front; None where nothing is."""
    return box_of(foreground(image) > 0.5)


def shrunk(image: Image, side: int) -> Image:
    """The picture with a shorter side of at most so much."""
    factor = min(side / min(image.size), 1.0)
    return resized(image, max(round(image.width * factor), 8), max(round(image.height * factor), 8))


def outlined(mask: Mask, image: Image) -> Array:
    """A mask of any size as a matte of the picture's, its outline moved to the edges of the picture.

    In each window near the outline the matte is a line of the picture's brightness.
    """
    rough = np.asarray(resized(mask_picture(mask), *image.size), np.float32) / 255
    guide = grey(image) / 255
    radius = max(round(min(image.size) / 96), 2)
    mean_guide, mean = box_mean(guide, radius), box_mean(rough, radius)
    spread = box_mean(guide * guide, radius) - mean_guide * mean_guide
    slope = (box_mean(guide * rough, radius) - mean_guide * mean) / (spread + 4e-4)
    offset = mean - slope * mean_guide
    matte = box_mean(slope, radius) * guide + box_mean(offset, radius)
    edge = (rough > 0.02) & (rough < 0.98)
    near = grown(edge, radius) if edge.any() else edge
    return np.clip((np.where(near, matte, rough) - 0.2) / 0.6, 0, 1).astype(np.float32)


def _in_front(values: Array) -> Mask:
    if float(values.std(axis=(0, 1)).max()) < _FLAT:
        return np.zeros(values.shape[:2], np.bool_)
    height, width = values.shape[:2]
    y, x = (np.mgrid[0:height, 0:width] + 0.5).astype(np.float32)
    across, down = x / width - 0.5, y / height - 0.6
    central = np.exp(-((across / 0.24) ** 2) - (down / 0.32) ** 2).astype(np.float32)
    core = np.exp(-((across / 0.09) ** 2) - ((down - 0.02) / 0.14) ** 2).astype(np.float32)
    bins = colour_bins(values)
    inside, outside = core, (1 - central) ** 2
    share = inside
    for _ in range(_ROUNDS):
        share = share_inside(bins, inside, outside)
        near = box_mean(share, 2)
        inside = near**3 * (0.1 + central)
        outside = (1 - near) * (1.1 - central)
    certain = box_mean(share, 1) * np.minimum(central * 1.5 + 0.75, 1)
    return _tidy(certain > _CERTAIN, core > 0.4)


def _tidy(mask: Mask, core: Mask) -> Mask:
    """The parts of a mask that reach into the core, without specks and small holes."""
    size = max(round(min(mask.shape) / 75), 1)
    mask = flood(opened(mask, size // 2), core)
    holes = filled_up(mask) & ~mask
    large = grown(opened(holes, size * 2), size * 2) & holes
    return opened(mask | (holes & ~large), size)
