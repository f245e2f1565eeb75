"""The pictures that the stub answers with and that are sent to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

KINDS = ("photo", "noise")


def make(folder: Path, sizes: Iterable[int]) -> None:
    """Write `512-photo.png`, `512-noise.png`, ...: PNG as the webui writes it, parameters inside."""
    for size in sizes:
        for kind in KINDS:
            info = PngInfo()
            info.add_text("parameters", f"a cat\nSteps: 20, Sampler: Euler a, Seed: 7, Size: {size}x{size}")
            picture = photo(size) if kind == "photo" else noise(size)
            # Noise does not shrink at any level.
            picture.save(folder / f"{size}-{kind}.png", pnginfo=info, compress_level=6 if kind == "photo" else 1)


def photo(size: int) -> Image.Image:
    """Soft shapes of all sizes and a little grain: as PNG about 1.35 bytes a pixel, like what a webui paints."""
    random = np.random.default_rng(1)
    total = np.full((size, size, 3), 128, np.float32)
    cells, strength = 4, 1.0
    while cells <= size // 8:
        shapes = Image.fromarray(random.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += (np.asarray(shapes.resize((size, size), Image.Resampling.BICUBIC), np.float32) - 128) * strength
        cells, strength = cells * 2, strength * 0.55
    total += random.normal(0, 1.5, (size, size, 1)) + random.normal(0, 0.75, (size, size, 3))
    return Image.fromarray(np.clip(total, 0, 255).astype(np.uint8))


def noise(size: int) -> Image.Image:
    """Random pixels: 3 bytes a pixel as PNG."""
    return Image.fromarray(np.random.default_rng(2).integers(0, 256, (size, size, 3), dtype=np.uint8))
