"""Masks: from what the request sends to what is painted, and how the rest of the picture comes back afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as pil
from PIL import ImageOps

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

Box = tuple[int, int, int, int]
ROUND_ABOVE = 128
OPAQUE = (255, 255)
MOST_BLUR = 512
"""More than this blurs a mask as much as any mask can be blurred."""


def binary(mask: Image, *, rounded: Any) -> Image:
    """The mask in grey: its alpha where it has a real one (cut at 128 if `rounded`), else its brightness."""
    if mask.mode != "RGBA" or mask.getextrema()[-1] == OPAQUE:
        return mask.convert("L")
    alpha = mask.getchannel("A")
    return alpha.point(lambda value: 255 if value > ROUND_ABOVE else 0) if rounded else alpha


def inverted(mask: Image) -> Image:
    """Black for white."""
    return ImageOps.invert(mask)


def blurred(mask: Image, blur_x: float, blur_y: float) -> Image:
    """The mask with soft edges, blurred across and down by its own measure."""
    if not (blur_x > 0 or blur_y > 0):
        return mask
    values = np.asarray(mask, dtype=np.float32)
    if blur_x > 0:
        values = _blur_rows(values, blur_x)
    if blur_y > 0:
        values = _blur_rows(values.T, blur_y).T
    return pil.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _blur_rows(values: NDArray[np.float32], blur: float) -> NDArray[np.float32]:
    """A Gaussian along each row, mirrored at its ends. Its kernel has 2*int(2.5*blur + 0.5) + 1 places."""
    blur = min(blur, MOST_BLUR)
    radius = int(2.5 * blur + 0.5)
    places = np.arange(-radius, radius + 1, dtype=np.float32)
    kernel = np.exp(-(places**2) / (2 * blur * blur))
    kernel /= kernel.sum()
    width = values.shape[1]
    wide = np.pad(values, ((0, 0), (radius, radius)), mode="reflect" if width > 1 else "edge")
    out = np.zeros_like(values)
    for place, weight in enumerate(kernel):
        out += weight * wide[:, place : place + width]
    return out


# --- only masked


def masked_box(mask: Image, padding: int | None) -> Box | None:
    """The box around everything that is not black, with a padding; None where all is black."""
    box = mask.getbbox()
    if box is None or not padding:
        return box
    left, top, right, bottom = box
    return (
        max(left - padding, 0),
        max(top - padding, 0),
        min(right + padding, mask.width),
        min(bottom + padding, mask.height),
    )


def widened(box: Box, width: int, height: int, picture: tuple[int, int]) -> Box:
    """The box grown to the shape of width x height, as far as the picture allows."""
    left, top, right, bottom = box
    wanted = width / height
    if (right - left) / (bottom - top) > wanted:
        top, bottom = _grown(top, bottom, (right - left) / wanted, picture[1])
    else:
        left, right = _grown(left, right, (bottom - top) * wanted, picture[0])
    return left, top, right, bottom


def _grown(start: int, end: int, length: float, limit: int) -> tuple[int, int]:
    """A stretch made longer on both sides, and moved back where it hangs over an end."""
    more = int(length - (end - start))
    start -= more // 2
    end += more - more // 2
    if end > limit:
        start -= end - limit
        end = limit
    if start < 0:
        end -= start
        start = 0
    return start, min(end, limit)


# --- the rest of the picture


def doubled(mask: Image) -> Image:
    """The mask at twice its strength: what it only half covers is wholly taken from what was painted."""
    return mask.point(lambda value: min(255, 2 * value))


def overlay(image: Image, mask: Image) -> Image:
    """The part of a picture that is not masked, the rest transparent: it is laid over what was painted."""
    kept = pil.new("RGBa", image.size)
    kept.paste(image.convert("RGBA").convert("RGBa"), mask=ImageOps.invert(mask.convert("L")))
    return kept.convert("RGBA")


def laid_over(image: Image, kept: Image) -> Image:
    """What was painted under the part that is kept."""
    result = image.convert("RGBA")
    result.alpha_composite(kept)
    return result.convert("RGB")


def composite(painted: Image, mask: Image) -> Image:
    """What was painted, transparent where the mask is black."""
    colours = painted.convert("RGBA").convert("RGBa")
    return pil.composite(colours, pil.new("RGBa", painted.size), mask.convert("L")).convert("RGBA")
