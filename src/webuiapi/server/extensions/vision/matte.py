"""What of a picture is in front, without a network: what cannot be reached from its border without a change of colour."""

from __future__ import annotations

import numpy as np
from PIL.Image import Image

from .arrays import Array, Mask, grey, mask_picture, normalised, pixels, resized
from .regions import Labels, box_of, filled_up, flood, grown, opened

SIDE = 224
"""The shorter side at which it is decided what is in front; only its outline is found at full size."""
_ROUNDS = 3
_CERTAIN = 0.74
_LIGHTS = 8
_TONES = 32
_FLAT = 10.0
"""Below this spread of its colours a picture has nothing in front."""


def foreground(image: Image) -> Array:
    """How much each pixel belongs to what is in front, 0 to 1; all 0 for a picture of one colour."""
    image = image.convert("RGB")
    factor = min(SIDE / min(image.size), 1.0)
    small = resized(image, max(round(image.width * factor), 8), max(round(image.height * factor), 8))
    mask = _in_front(pixels(small))
    if not mask.any():
        return np.zeros((image.height, image.width), np.float32)
    rough = np.asarray(resized(mask_picture(mask), *image.size), np.float32) / 255
    return _outlined(rough, grey(image) / 255, max(round(min(image.size) / 96), 2))


def subject_box(image: Image) -> tuple[int, int, int, int] | None:
    """The box around what is in front; None where nothing is."""
    return box_of(foreground(image) > 0.5)


def _in_front(values: Array) -> Mask:
    """What stands out in the middle, by its colours; or what the border's colours do not reach, if that is more."""
    if float(values.std(axis=(0, 1)).max()) < _FLAT:
        return np.zeros(values.shape[:2], np.bool_)
    height, width = values.shape[:2]
    y, x = (np.mgrid[0:height, 0:width] + 0.5).astype(np.float32)
    across, down = x / width - 0.5, y / height - 0.6
    central = np.exp(-((across / 0.24) ** 2) - (down / 0.32) ** 2).astype(np.float32)
    core = np.exp(-((across / 0.09) ** 2) - ((down - 0.02) / 0.14) ** 2).astype(np.float32)
    by_colours = _tidy(_by_colours(values, core, central) > _CERTAIN, core > 0.4)
    return by_colours


def _by_colours(values: Array, core: Array, central: Array) -> Array:
    """How likely each pixel is in front, as its colours are found more in the middle than around it."""
    bins = _bins(values)
    inside, outside = core, (1 - central) ** 2
    share = inside
    for _ in range(_ROUNDS):
        share = _share(bins, inside, outside)
        near = _box(share, 2)
        inside = near**3 * (0.1 + central)
        outside = (1 - near) * (1.1 - central)
    return _box(share, 1) * np.minimum(central * 1.5 + 0.75, 1)


def _tidy(mask: Mask, core: Mask) -> Mask:
    """The parts of a mask that reach into the core, without specks and small holes."""
    size = max(round(min(mask.shape) / 75), 1)
    mask = flood(opened(mask, size // 2), core)
    holes = filled_up(mask) & ~mask
    large = grown(opened(holes, size * 2), size * 2) & holes
    return opened(mask | (holes & ~large), size)


def _bins(values: Array) -> Labels:
    """The bin that each pixel falls in, by its brightness and its two opposing colours."""
    light = values.mean(2)
    scale = _TONES / (light + 60)
    warm = (values[..., 0] - values[..., 1]) * scale * 0.5 + _TONES / 2
    blue = (values[..., 2] - (values[..., 0] + values[..., 1]) / 2) * scale * 0.4 + _TONES / 2
    steps = [np.clip(field, 0, _TONES - 1).astype(np.intp) for field in (warm, blue)]
    return (np.minimum(light * (_LIGHTS / 256), _LIGHTS - 1).astype(np.intp) * _TONES + steps[0]) * _TONES + steps[1]


def _share(bins: Labels, inside: Array, outside: Array) -> Array:
    """How much more often a pixel's colour is found inside than outside, 0 to 1.

    Colours beside it count too, and above all the same colour in other light.
    """
    found = []
    for weights in (inside, outside):
        counts = np.bincount(bins.ravel(), weights.ravel(), _LIGHTS * _TONES**2).reshape(_LIGHTS, _TONES, _TONES)
        for axis, times in ((0, 6), (1, 1), (2, 1)):
            for _ in range(times):
                wide = np.pad(counts, [(1, 1) if one == axis else (0, 0) for one in range(3)], mode="edge")
                size = counts.shape[axis]
                counts = (np.take(wide, range(size), axis) + 2 * counts + np.take(wide, range(2, size + 2), axis)) / 4
        found.append(counts.ravel()[bins] / (counts.sum() + 1e-9))
    result: Array = (found[0] / (found[0] + found[1] + 1e-9)).astype(np.float32)
    return result


def _outlined(rough: Array, guide: Array, radius: int) -> Array:
    """The rough matte with its edge moved to that of the picture: in each window a line from grey to matte."""
    mean_guide, mean = _box(guide, radius), _box(rough, radius)
    spread = _box(guide * guide, radius) - mean_guide * mean_guide
    slope = (_box(guide * rough, radius) - mean_guide * mean) / (spread + 4e-4)
    offset = mean - slope * mean_guide
    matte = _box(slope, radius) * guide + _box(offset, radius)
    edge = (rough > 0.02) & (rough < 0.98)
    near = grown(edge, radius) if edge.any() else edge
    result = np.where(near, matte, rough)
    return np.clip((result - 0.2) / 0.6, 0, 1).astype(np.float32)


def _box(values: Array, radius: int) -> Array:
    """The mean of a square around each pixel."""
    size = 2 * radius + 1
    for axis in (0, 1):
        padding = [(0, 0), (0, 0)]
        padding[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(values, padding, mode="edge"), axis=axis, dtype=np.float64)
        length = values.shape[axis]
        low = np.take(sums, range(length), axis)
        high = np.take(sums, range(size, size + length), axis)
        values = ((high - low) / size).astype(np.float32)
    return values
