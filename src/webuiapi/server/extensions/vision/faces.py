"""Where a face is taken to be in a picture, and one face put over another. No network looks: what stands in front has
its face at its top."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image as pil
from PIL import ImageDraw, ImageFilter
from PIL.Image import Image

from .arrays import Resampling, grey, pixels
from .matte import foreground
from .regions import box_of

_LEAST_CONTRAST = 4.0
"""A picture with less than this has no face."""


@dataclass(frozen=True)
class Face:
    """An upright oval."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Across."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Down."""
        return self.bottom - self.top

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The pixels around it."""
        return round(self.left), round(self.top), round(self.right), round(self.bottom)

    def mask(self, size: tuple[int, int], softness: float = 0.0) -> Image:
        """White where it is, in a picture of this size."""
        mask = pil.new("L", size)
        ImageDraw.Draw(mask).ellipse((self.left, self.top, self.right, self.bottom), fill=255)
        return mask.filter(ImageFilter.GaussianBlur(softness)) if softness > 0 else mask


def find_faces(image: Image) -> list[Face]:
    """The faces of a picture: one, or none where there is nothing to be seen."""
    if float(grey(image).std()) < _LEAST_CONTRAST:
        return []
    side = min(image.size)
    front = foreground(image) > 0.5
    box = box_of(front)
    if box is None or (box[2] - box[0]) * (box[3] - box[1]) < 0.02 * side * side:
        middle, top, width = image.width / 2, image.height * 0.22, side * 0.32
    else:
        wide, tall, top = box[2] - box[0], box[3] - box[1], float(box[1])
        head = front[box[1] : box[1] + max(tall // 3, 1)]
        middle = float(np.nonzero(head)[1].mean())
        width = min(wide * 0.62, tall * 0.45, side * 0.5)
    height = min(width * 1.25, image.height - top)
    return [Face(middle - width / 2, top, middle + width / 2, top + height)]


def cut_out(image: Image, face: Face) -> Image:
    """The part of a picture around a face."""
    return image.convert("RGB").crop(face.box)


def swap(target: Image, face: Face, source: Image, source_face: Face, strength: float = 1.0) -> Image:
    """The target with the source's face softly over its own, in the target's light."""
    left, top, right, bottom = face.box
    size = max(right - left, 1), max(bottom - top, 1)
    base = target.convert("RGB")
    new = cut_out(source, source_face).resize(size, Resampling.LANCZOS)
    old = pixels(base.crop(face.box))
    values = pixels(new)
    lit = values + (old.mean((0, 1)) - values.mean((0, 1))) * 0.35
    layer = base.copy()
    layer.paste(pil.fromarray(np.clip(lit, 0, 255).astype(np.uint8)), (left, top))
    inner = face.width * 0.06
    oval = Face(face.left + inner, face.top + inner, face.right - inner, face.bottom - inner)
    mask = oval.mask(base.size, max(face.width * 0.05, 0.5)).point([round(v * strength) for v in range(256)])
    result = pil.composite(layer, base, mask)
    if target.mode == "RGBA":
        result.putalpha(target.getchannel("A"))
    return result


def likeness(one: Image, other: Image) -> float:
    """How alike two faces are, -1 to 1: the correlation of their shapes and colours in the large."""
    vectors = [pixels(image.resize((16, 16), Resampling.BOX)).ravel() for image in (one, other)]
    a, b = (vector - vector.mean() for vector in vectors)
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length else 0.0
