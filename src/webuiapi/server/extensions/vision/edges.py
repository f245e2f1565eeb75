"""Edges and lines, drawn white on black."""

from __future__ import annotations

import numpy as np
from PIL import ImageFilter
from PIL.Image import Image

from .arrays import Array, Mask, blurred, gradient, grey, mask_picture, normalised, picture, pixels, smooth
from .regions import flood

_TURN = (0.4142, 2.4142)
"""Tangents between which an edge counts as slanting."""


def canny(image: Image, low: float, high: float) -> Image:
    """Canny's edges: one pixel wide, where the change exceeds `high`, or `low` beside such a place."""
    gx, gy = _strongest(image)
    low, high = min(low, high), max(low, high)
    thin = thinned(np.abs(gx) + np.abs(gy), gx, gy)
    weak, strong = thin > low, thin > high
    return mask_picture(flood(_joined(weak), strong) & weak)


def _strongest(image: Image) -> tuple[Array, Array]:
    """Of the three channels, the gradient where it is strongest."""
    channels = pixels(image)
    each = [gradient(channels[..., channel]) for channel in range(3)]
    across = np.stack([gx for gx, _ in each])
    down = np.stack([gy for _, gy in each])
    best = np.argmax(np.abs(across) + np.abs(down), axis=0)[None]
    gx: Array = np.take_along_axis(across, best, 0)[0]
    gy: Array = np.take_along_axis(down, best, 0)[0]
    return gx, gy


def thinned(strength: Array, gx: Array, gy: Array) -> Array:
    """Only where a change is the strongest across its edge."""
    wide = np.pad(strength, 1)
    height, width = strength.shape

    def moved(dy: int, dx: int) -> Array:
        return wide[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]

    ax, ay = np.abs(gx), np.abs(gy)
    flat, steep = ay < ax * _TURN[0], ay > ax * _TURN[1]
    falling = (gx * gy > 0) & ~flat & ~steep
    rising = ~(flat | steep | falling)
    keep = np.zeros(strength.shape, np.bool_)
    for where, (dy, dx) in ((flat, (0, 1)), (steep, (1, 0)), (falling, (1, 1)), (rising, (1, -1))):
        keep |= where & (strength > moved(-dy, -dx)) & (strength >= moved(dy, dx))
    result: Array = np.where(keep, strength, 0).astype(np.float32)
    return result


def _joined(mask: Mask) -> Mask:
    """The mask with a pixel more wherever two of it touch only at a corner."""
    joined: Mask = mask.copy()
    joined[1:, :-1] |= mask[:-1, :-1] & mask[1:, 1:]
    joined[1:, 1:] |= mask[:-1, 1:] & mask[1:, :-1]
    return joined


def lines(image: Image, *, fineness: float = 1.0, sharp: bool = False) -> Image:
    """A drawing of the picture: strong edges are bright, weak ones faint. More `fineness` shows smaller things."""
    scale = max(min(image.size) / 512 / fineness, 0.5)
    values = blurred(grey(image), scale)
    gx, gy = gradient(values)
    strength = np.hypot(gx, gy)
    around = smooth(strength, 24 * scale) + 4
    drawn = strength / (strength + around * (1.3 if sharp else 1.0)) * np.clip(strength / 24, 0, 1)
    drawn = np.maximum(drawn, thinned(strength, gx, gy) / (strength.max() + 1e-6))
    lifted = np.clip((drawn - (0.42 if sharp else 0.3)) * (4 if sharp else 2.4), 0, 1)
    return picture(lifted * 255)


def standard_lines(image: Image) -> Image:
    """What is darker than its surroundings, as of a drawing on white paper."""
    values = grey(image)
    around = blurred(values, 6)
    darker = np.clip(around - values, 0, 255)
    level = max(16.0, float(np.median(darker[darker > 8])) if (darker > 8).any() else 16.0)
    return picture(darker / level * 127)


def soft_edges(image: Image, *, safe: bool = False) -> Image:
    """Broad, soft edges of several sizes together, as edge networks draw them; `safe` in few steps of grey."""
    values = grey(image)
    unit = min(image.size) / 512
    total = np.zeros_like(values)
    for size, share in ((1.2, 0.5), (2.5, 0.8), (5.0, 1.0)):
        total += np.hypot(*gradient(blurred(values, size * unit))) * share
    strength = normalised(blurred(np.minimum(total, 255), 0.8 * unit), 30, 99.5) ** 0.8
    if safe:
        strength = np.floor(strength * 4 + 0.5) / 4
    return picture(strength * 255)


def scribble(image: Image, threshold: float = 0.38) -> Image:
    """Thick strokes where edges are strong."""
    strength = np.asarray(soft_edges(image), np.float32) / 255
    strokes = mask_picture(strength > threshold)
    size = max(round(min(image.size) / 512), 0) * 2 + 1
    return strokes.filter(ImageFilter.MaxFilter(size)) if size > 1 else strokes


def xdog(image: Image, threshold: float) -> Image:
    """Strokes by the difference of two blurs; a low threshold draws more."""
    values = grey(image)
    unit = min(image.size) / 512
    near = blurred(values, 0.5 * unit + 0.3)
    far = blurred(values, 5 * unit)
    return mask_picture(255 - np.minimum(255, 255 - (far - near)) > threshold)
