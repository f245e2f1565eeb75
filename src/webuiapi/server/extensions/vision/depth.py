"""A plausible depth: what is low is near, what is in front nearer still, and haze is far."""

from __future__ import annotations

import numpy as np
from PIL.Image import Image

from .arrays import Array, gradient, grey, normalised, picture, pixels, smooth
from .matte import foreground


def depth(image: Image) -> Array:
    """0 far to 1 near."""
    height, width = image.height, image.width
    unit = min(width, height) / 512
    low = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    light = smooth(grey(image) / 255, max(6 * unit, 1))
    colours = pixels(image)
    vivid = smooth((colours.max(2) - colours.min(2)) / 255, max(6 * unit, 1))
    front = foreground(image)
    far = 0.62 * low**1.3 + 0.2 * (1 - normalised(light)) + 0.1 * vivid
    return normalised(np.maximum(far, front * (0.72 + 0.18 * low)), 0.5, 99.5)


def normals(image: Image, strength: float = 10.0, background: float = 0.0) -> Image:
    """The slope of the depth as colours; what is farther than `background` is flat."""
    distance = depth(image)
    relief = distance + normalised(grey(image)) * 0.2
    gx, gy = gradient(smooth(relief, max(min(image.size) / 200, 1)))
    flat = distance < background
    across, down = np.where(flat, 0, -gx * strength), np.where(flat, 0, -gy * strength)
    length = np.sqrt(across**2 + down**2 + 1)
    channels = np.stack([across / length, -down / length, 1 / length], axis=2)
    return picture((channels + 1) * 127.5)
