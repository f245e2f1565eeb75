"""SD upscale: the picture is upscaled, and painted again tile by tile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PIL import Image as pil

from .. import grids
from ..img2img import Img2Img
from ..info import Processed
from ..limits import check_count, check_total
from ..pictures import flat
from ..pipeline import fix_seed, process
from ..resizing import upscale
from .base import Script, register

if TYPE_CHECKING:
    from ...catalog import Item


@register
class SdUpscale(Script):
    """The script. Width and height of the request are those of a tile."""

    title = "SD upscale"

    def run(self, run: Img2Img, _: Any, overlap: Any, upscaler_index: Any, scale_factor: Any) -> Processed:
        """One picture for each iteration. The upscaler is given by its place in the list, or by its name."""
        upscaler = _upscaler(run, upscaler_index)
        fix_seed(run)
        run.extra["SD upscale overlap"] = overlap
        run.extra["SD upscale upscaler"] = upscaler["name"]
        seed = run.seed
        image = flat(run.init_images[0], run.options["img2img_background_color"])
        if upscaler["name"] != "None":
            image = upscale(image, scale_factor, upscaler, run.state)
        check_total(run.n_iter, image.size)
        tiles = grids.cut_into_tiles(image, run.width, run.height, overlap)
        starts = [tile.image for tile in tiles]
        size, rounds = run.batch_size, run.n_iter
        batches = math.ceil(len(starts) / size)
        check_count(len(starts) * rounds)
        run.n_iter = 1
        run.do_not_save_grid = True
        run.course.planned = batches * rounds

        first_text = ""
        results = []
        for number in range(rounds):
            run.seed = seed + number
            painted = []
            for batch in range(batches):
                run.batch_size = size
                run.init_images = starts[batch * size : (batch + 1) * size]
                run.course.name = f"Batch {batch + 1 + number * batches} out of {batches * rounds}"
                processed = process(run)
                first_text = first_text or processed.text
                run.seed = processed.seed + 1
                painted += processed.images
            painted += [pil.new("RGB", (run.width, run.height))] * len(starts)
            for tile, paint in zip(tiles, painted, strict=False):
                tile.image = paint
            results.append(tiles.joined())
        return Processed.of(run, results, seed=seed, info=first_text)


def _upscaler(run: Img2Img, wanted: Any) -> Item:
    upscalers = run.state.catalog.upscalers
    if isinstance(wanted, str):
        wanted = [item["name"].lower() for item in upscalers].index(wanted.lower())
    found: Item = upscalers[wanted]
    return found
