"""What the parts of a picture are: sky, trees, water and so on, by their colour and place, numbered as ADE20K does."""

from __future__ import annotations

import numpy as np
from PIL import Image as pil
from PIL.Image import Image

from .arrays import Mask, blurred, pixels, resized
from .matte import foreground, shrunk
from .regions import Labels

WALL, BUILDING, SKY, TREE, GRASS, EARTH, MOUNTAIN, WATER, ANIMAL = 0, 1, 2, 4, 9, 13, 16, 21, 126
COLOURS = {
    WALL: (120, 120, 120), BUILDING: (180, 120, 120), SKY: (6, 230, 230), TREE: (4, 200, 3), GRASS: (4, 250, 7),
    EARTH: (120, 120, 70), MOUNTAIN: (143, 255, 140), WATER: (61, 230, 250), ANIMAL: (255, 0, 122),
}  # fmt: skip
"""The colours in which segmentation networks draw these."""
ADE_TO_COCO = {
    WALL: 131, BUILDING: 129, SKY: 119, TREE: 116, GRASS: 125, EARTH: 126, MOUNTAIN: 124, WATER: 110, ANIMAL: 16,
}  # fmt: skip
"""Their numbers among the categories of COCO's panoptic set."""

_SIDE = 256


def labels(image: Image, *, fine: bool) -> Labels:
    """The category of each pixel."""
    small = shrunk(image, _SIDE)
    found = _labelled(small)
    mode = pil.fromarray(found.astype(np.uint8))
    if not fine:
        coarse = mode.resize((max(mode.width // 6, 1), max(mode.height // 6, 1)), pil.Resampling.NEAREST)
        return np.asarray(coarse.resize(image.size, pil.Resampling.NEAREST)).astype(np.intp)
    full = np.asarray(mode.resize(image.size, pil.Resampling.NEAREST)).astype(np.intp)
    front: Mask = foreground(image) > 0.5
    return np.where(front, ANIMAL, full)


def palette(found: Labels) -> Image:
    """Categories in their colours."""
    table = np.zeros((151, 3), np.uint8)
    for number, colour in COLOURS.items():
        table[number] = colour
    return pil.fromarray(table[found])


def _labelled(image: Image) -> Labels:
    values = pixels(image)
    values = np.stack([blurred(values[..., channel], 2.5) for channel in range(3)], axis=2)
    height = values.shape[0]
    down = np.linspace(0, 1, height)[:, None]
    light = values.mean(2)
    red, green, blue = values[..., 0], values[..., 1], values[..., 2]
    vivid = values.max(2) - values.min(2)
    found: Labels = np.full(light.shape, EARTH, np.intp)
    found[np.broadcast_to(down < 0.55, light.shape)] = MOUNTAIN
    found[(vivid < 26) & (down > 0.3)] = WALL
    found[(blue > red + 8) & (down > 0.5)] = WATER
    found[(green > red + 4) & (green > blue + 4)] = GRASS
    found[(light < 90) & (down < 0.85) & (green >= blue - 12)] = TREE
    found[(light < 90) & (green < blue - 12)] = BUILDING
    found[(light > float(np.percentile(light, 55))) & (down < 0.6)] = SKY
    front = np.asarray(resized(pil.fromarray((foreground(image) * 255).astype(np.uint8)), image.width, image.height))
    found[front > 127] = ANIMAL
    return found
