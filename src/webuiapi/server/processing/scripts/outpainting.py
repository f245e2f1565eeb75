"""Outpainting: pictures continued beyond their borders, in two ways."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as pil
from PIL import ImageDraw

from .. import grids
from ..img2img import ORIGINAL, Img2Img
from ..info import Processed
from ..limits import check_count, check_pixels, check_total
from ..pictures import flat
from ..pipeline import process
from .base import Script, register

if TYPE_CHECKING:
    from PIL.Image import Image

NOISE = 0.3
"""How strong it is, measured by how much the picture's colours vary."""
SIDE_STEP = 64
"""Sides of an outpainted picture are multiples of this."""


@dataclass
class Borders:
    """How far a picture grows on each side."""

    left: int
    up: int
    right: int
    down: int

    @classmethod
    def of(cls, image: Image, pixels: int, direction: Any) -> Borders:
        """`pixels` in every wanted direction, then as much more as the step of the sides takes."""
        left, right, up, down = (pixels if name in direction else 0 for name in ("left", "right", "up", "down"))
        width = _up(image.width + left + right, SIDE_STEP)
        height = _up(image.height + up + down, SIDE_STEP)
        check_pixels(width, height)
        left, right = _shared(width - image.width, left, right)
        up, down = _shared(height - image.height, up, down)
        return cls(left, up, right, down)

    def around(self, image: Image) -> tuple[int, int]:
        """The size of the picture when it has grown."""
        return image.width + self.left + self.right, image.height + self.up + self.down

    def inner(self, size: tuple[int, int], inset: int) -> tuple[int, int, int, int]:
        """The rectangle of the old picture in the new one, smaller by `inset` on the sides that grow."""
        return (
            self.left + (inset if self.left else 0),
            self.up + (inset if self.up else 0),
            size[0] - self.right - (inset if self.right else 0) - 1,
            size[1] - self.down - (inset if self.down else 0) - 1,
        )


def _up(value: float, step: int) -> int:
    """The next multiple of `step`."""
    return math.ceil(value / step) * step


def _shared(more: int, before: int, after: int) -> tuple[int, int]:
    if before > 0:
        before = before * more // (before + after)
    if after > 0:
        after = more - before
    return before, after


def _mask(size: tuple[int, int], hole: tuple[int, int, int, int]) -> Image:
    """White with a black rectangle in it."""
    mask = pil.new("L", size, 255)
    left, top, right, bottom = hole
    if left <= right and top <= bottom:
        ImageDraw.Draw(mask).rectangle(hole, fill=0)
    return mask


@register
class OutpaintingMk2(Script):
    """Grows the picture side by side, from noise that has the colours of the picture."""

    title = "Outpainting mk2"

    def run(
        self,
        run: Img2Img,
        _: Any,
        pixels: Any,
        mask_blur: Any,
        direction: Any,
        noise_q: Any,
        color_variation: Any,
    ) -> Processed:
        """One picture for each of the batches, with a grid before them if there are several."""
        run.inpaint_full_res = False
        run.inpainting_fill = ORIGINAL
        run.do_not_save_grid = True
        start = flat(run.init_images[0], run.options["img2img_background_color"])
        borders = Borders.of(start, pixels, direction)
        run.mask_blur_x = mask_blur * 4 if borders.left or borders.right else 0
        run.mask_blur_y = mask_blur * 4 if borders.up or borders.down else 0
        batches, size = run.n_iter, run.batch_size
        sides = [side for side in ("left", "right", "up", "down") if getattr(borders, side) > 0]
        check_count(batches * size)
        check_total(batches * size, borders.around(start))
        run.n_iter = 1
        run.course.planned = batches * len(sides)
        work = _SideBySide(run, mask_blur, noise_q, color_variation)
        images: list[Image] = []
        for number in range(batches):
            run.course.name = f"Batch {number + 1} out of {batches}"
            grown = [start] * size
            for side in sides:
                grown = work.grow(grown, side, getattr(borders, side))
            images += grown
        if grids.is_wanted(len(images), run.options):
            images = [grids.grid(images, run.options), *images]
        return Processed.of(run, images, seed=work.first_seed, info=work.first_text)


class _SideBySide:
    """The passes of one call."""

    def __init__(self, run: Img2Img, mask_blur: int, noise_q: float, color_variation: float) -> None:
        self.run = run
        self.size = (run.width, run.height)
        self.mask_blur = mask_blur
        self.noise_q = noise_q
        self.color_variation = color_variation
        self.first_seed: int | None = None
        self.first_text = ""

    def grow(self, images: list[Image], side: str, pixels: int) -> list[Image]:
        """The pictures with `pixels` more on a side: only the part at that side is painted."""
        run = self.run
        across = side in ("left", "right")
        width = images[0].width + (pixels if across else 0)
        height = images[0].height + (0 if across else pixels)
        place = (pixels if side == "left" else 0, pixels if side == "up" else 0)
        borders = Borders(**{name: pixels if name == side else 0 for name in ("left", "up", "right", "down")})
        canvases = [self._noised(image, (width, height), place, seed) for seed, image in enumerate(images)]
        run.width = min(self.size[0], width) if across else _up(width, SIDE_STEP)
        run.height = _up(height, SIDE_STEP) if across else min(self.size[1], height)
        left = 0 if side == "left" else width - min(run.width, width)
        top = 0 if side == "up" else height - min(run.height, height)
        box = (left, top, left + min(run.width, width), top + min(run.height, height))
        run.init_images = [canvas.crop(box) for canvas in canvases]
        run.image_mask = _mask((width, height), borders.inner((width, height), self.mask_blur)).crop(box)
        run.latent_mask = _mask((width, height), borders.inner((width, height), self.mask_blur * 2)).crop(box)
        run.latent_mask = run.latent_mask.resize((run.width, run.height))
        processed = process(run)
        if self.first_seed is None:
            self.first_seed, self.first_text = processed.seed, processed.text
        for canvas, painted in zip(canvases, processed.images, strict=False):
            canvas.paste(painted.resize((box[2] - box[0], box[3] - box[1])), box[:2])
        return canvases

    def _noised(self, image: Image, size: tuple[int, int], place: tuple[int, int], seed: int) -> Image:
        """The picture on a larger canvas: its border drawn out, under noise that has its colours.

        The noise is finer with a low fall-off, and wilder with more variation.
        """
        pixels = np.asarray(image, dtype=np.float32)
        rows = (place[1], size[1] - place[1] - image.height)
        columns = (place[0], size[0] - place[0] - image.width)
        drawn_out = np.pad(pixels, (rows, columns, (0, 0)), mode="edge")
        coarse = min(max(1, int(1 + 4 * float(self.noise_q))), *size)
        shape = (-(-size[1] // coarse), -(-size[0] // coarse), 3)
        strength = NOISE * pixels.std((0, 1)) * (1 + float(self.color_variation))
        noise = (
            (np.random.default_rng([seed, *size]).normal(0, 1, shape) * strength).repeat(coarse, 0).repeat(coarse, 1)
        )
        ground = pil.fromarray(np.clip(drawn_out + noise[: size[1], : size[0]], 0, 255).astype(np.uint8))
        ground.paste(image, place)
        return ground


@register
class PoorMansOutpainting(Script):
    """Grows the picture on all sides at once, tile by tile."""

    title = "Poor man's outpainting"

    def run(self, run: Img2Img, pixels: Any, mask_blur: Any, inpainting_fill: Any, direction: Any) -> Processed:
        """Always one picture."""
        run.mask_blur_x = run.mask_blur_y = mask_blur * 2
        run.inpainting_fill = inpainting_fill
        run.inpaint_full_res = False
        run.n_iter = run.batch_size = 1
        run.do_not_save_grid = True
        start = flat(run.init_images[0], run.options["img2img_background_color"])
        borders = Borders.of(start, pixels, direction)
        size = borders.around(start)
        canvas = pil.new("RGB", size)
        canvas.paste(start, (borders.left, borders.up))
        mask = _mask(size, borders.inner(size, mask_blur * 2))
        latent_mask = _mask(size, borders.inner(size, math.floor(mask_blur / 2)))
        tiles, masks, latent_masks = (
            grids.cut_into_tiles(image, run.width, run.height, pixels) for image in (canvas, mask, latent_mask)
        )
        work = [parts for parts in zip(tiles, masks, latent_masks, strict=True) if not _inside(parts[0], borders, size)]
        check_count(len(work))
        run.course.planned = len(work)
        seed: int | None = None
        text = ""
        for number, (tile, its_mask, its_latent_mask) in enumerate(work):
            run.init_images = [tile.image]
            run.image_mask = its_mask.image
            run.latent_mask = its_latent_mask.image
            run.course.name = f"Batch {number + 1} out of {len(work)}"
            processed = process(run)
            if seed is None:
                seed, text = processed.seed, processed.text
            run.seed = processed.seed + 1
            tile.image = processed.images[0] if processed.images else pil.new("RGB", (run.width, run.height))
        return Processed.of(run, [tiles.joined()], seed=seed, info=text)


def _inside(tile: grids.Tile, borders: Borders, size: tuple[int, int]) -> bool:
    """Whether a tile shows nothing but the old picture, which needs no painting."""
    return (
        tile.x >= borders.left
        and tile.x + tile.image.width <= size[0] - borders.right
        and tile.y >= borders.up
        and tile.y + tile.image.height <= size[1] - borders.down
    )
