"""Parts of a picture painted with prompts of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image as pil
from PIL import ImageDraw, ImageFilter
from PIL.Image import Image

from ..processing.generation import Batch

if TYPE_CHECKING:
    from ..processing.generation import Generation

Shares = tuple[float, float, float, float]
"""Left, top, right and bottom, each 0 to 1."""


def painted_over(
    run: Generation,
    batch: Batch,
    images: list[Image],
    box: Shares,
    prompt: str,
    negative: str,
    seed: int = -1,
    softness: float = 0.05,
) -> list[Image]:
    """The pictures with a part painted with the region's prompt behind their own."""
    painted = paint(run, batch, _behind(batch.prompts, prompt), _behind(batch.negative_prompts, negative), seed)
    mask = mask_of(images[0].size, box, softness)
    return [pil.composite(own, image, mask) for own, image in zip(painted, images, strict=True)]


def paint(
    run: Generation, batch: Batch, prompts: list[str], negatives: list[str] | None = None, seed: int = -1
) -> list[Image]:
    """The batch once more with other prompts; with a `seed` of its own too."""
    seeds = batch.seeds if seed < 0 else [seed + place for place in range(len(prompts))]
    again = Batch(batch.index, prompts, negatives or batch.negative_prompts, seeds, batch.subseeds)
    return run.paint(again)


def mask_of(size: tuple[int, int], box: Shares, softness: float) -> Image:
    """White inside the box, with an edge as soft as this share of its shorter side."""
    left, top, right, bottom = (share * size[place % 2] for place, share in enumerate(box))
    mask = pil.new("L", size)
    ImageDraw.Draw(mask).rectangle((round(left), round(top), round(right) - 1, round(bottom) - 1), fill=255)
    radius = min(right - left, bottom - top) * softness / 2
    return mask.filter(ImageFilter.GaussianBlur(radius)) if radius > 0 else mask


def _behind(prompts: list[str], more: str) -> list[str]:
    return [", ".join(part for part in (prompt, more) if part) for prompt in prompts]
