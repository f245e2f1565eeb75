"""Pictures as arrays and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as pil
from PIL import ImageFilter
from PIL.Image import Image

Array = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
Resampling = pil.Resampling


def pixels(image: Image) -> Array:
    """Height x width x 3, 0 to 255."""
    return np.asarray(image.convert("RGB"), dtype=np.float32)


def grey(image: Image) -> Array:
    """Height x width, 0 to 255."""
    return np.asarray(image.convert("L"), dtype=np.float32)


def picture(values: NDArray[Any]) -> Image:
    """An array of 0 to 255 as a picture: RGB of three channels, L of one."""
    return pil.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def mask_picture(mask: Mask) -> Image:
    """A mask as an L picture: white where it is set."""
    return pil.fromarray(mask.astype(np.uint8) * 255)


def blurred(values: Array, radius: float) -> Array:
    """A Gaussian over a field of 0 to 255, kept exact to a quarter of a step."""
    if radius <= 0:
        return values
    image = pil.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32)


def smooth(values: Array, size: float) -> Array:
    """A field of any range without what is smaller than `size` pixels: shrunk and enlarged again."""
    image = pil.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    width, height = image.size
    small = max(round(width / size), 1), max(round(height / size), 1)
    return np.asarray(image.resize(small, Resampling.BOX).resize((width, height), Resampling.BICUBIC), dtype=np.float32)


def normalised(values: Array, low: float = 0.0, high: float = 100.0) -> Array:
    """From 0 to 1, between two percentiles; all 0 where there is no difference."""
    bottom, top = np.percentile(values, (low, high))
    if top - bottom < 1e-6:
        return np.zeros_like(values)
    result: Array = np.clip((values - bottom) / (top - bottom), 0, 1).astype(np.float32)
    return result


def gradient(values: Array) -> tuple[Array, Array]:
    """How much a field changes across and down (Sobel)."""
    wide = np.pad(values, 1, mode="edge")
    across = wide[:, 2:] - wide[:, :-2]
    down = wide[2:] - wide[:-2]
    gx: Array = across[:-2] + 2 * across[1:-1] + across[2:]
    gy: Array = down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    return gx, gy


def resized(image: Image, width: int, height: int) -> Image:
    """The picture at a size: by area where it shrinks, else smoothly."""
    if image.size == (width, height):
        return image
    shrinks = width * height < image.width * image.height
    return image.resize((width, height), Resampling.BOX if shrinks else Resampling.BICUBIC)


def to_short_side(image: Image, side: int) -> Image:
    """The picture with its shorter side so long."""
    factor = side / min(image.size)
    return resized(image, max(round(image.width * factor), 1), max(round(image.height * factor), 1))


def box_mean(values: Array, radius: int) -> Array:
    """The mean of the square around each pixel."""
    size = 2 * radius + 1
    for axis in (0, 1):
        padding = [(0, 0), (0, 0)]
        padding[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(values, padding, mode="edge"), axis=axis, dtype=np.float64)
        length = values.shape[axis]
        values = ((sums.take(range(size, size + length), axis) - sums.take(range(length), axis)) / size).astype(
            np.float32
        )
    return values
