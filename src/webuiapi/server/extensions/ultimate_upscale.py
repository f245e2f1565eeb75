"""Ultimate SD upscale: the picture upscaled, then painted again tile by tile, and the seams between tiles once more.

A selectable script of img2img with 18 arguments. Width and height of the request are the final size, or that comes from
the arguments; a tile has a size of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..processing.limits import check_count, check_pixels
from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.img2img import Img2Img
    from ..processing.info import Processed

ultimate_upscale = Extension(
    "ultimate-upscale",
    repository="Coyote-A/ultimate-upscale-for-automatic1111",
    commit="2322caa480535b1011a1f9c18126d85ea444f146",
    date=1709856000,
)

FROM_REQUEST, CUSTOM_SIZE, BY_FACTOR = 0, 1, 2
_SIZES = ("From img2img2 settings", "Custom size", "Scale from image size")
LINEAR, CHESS, NONE = 0, 1, 2
_REDRAWS = ("Linear", "Chess", "None")
NO_FIX, BAND, HALF_TILE, HALF_TILE_AND_CORNERS = 0, 1, 2, 3
_FIXES = ("None", "Band pass", "Half tile offset pass", "Half tile offset pass + intersections")
_STEP = 64
"""A size by factor is rounded up to a multiple of this."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Part:
    """A place to be painted: a box, and whether its mask fades to its sides across or down."""

    box: Box
    fades_across: bool = False
    fades_down: bool = False


@dataclass(frozen=True)
class Tiles:
    """The rows and columns of tiles that cover a picture."""

    width: int
    height: int
    tile_width: int
    tile_height: int

    @property
    def columns(self) -> int:
        """How many lie side by side."""
        return math.ceil(self.width / self.tile_width)

    @property
    def rows(self) -> int:
        """How many lie one below the other."""
        return math.ceil(self.height / self.tile_height)

    def box(self, column: float, row: float) -> Box:
        """The pixels of a tile; halves lie between two."""
        left, top = round(column * self.tile_width), round(row * self.tile_height)
        return left, top, left + self.tile_width, top + self.tile_height

    def redrawn(self, mode: int) -> Iterator[Part]:
        """All tiles: row by row, or first the light then the dark squares of a chess board."""
        places = [(column, row) for row in range(self.rows) for column in range(self.columns)]
        if mode == CHESS:
            places.sort(key=lambda place: sum(place) % 2)
        for column, row in places:
            yield Part(self.box(column, row))

    def seams(self, kind: int, width: int) -> Iterator[Part]:
        """What is painted to hide the seams."""
        if kind == BAND:
            for column in range(1, self.columns):
                left = column * self.tile_width - width // 2
                yield Part((left, 0, left + width, self.height), fades_across=True)
            for row in range(1, self.rows):
                top = row * self.tile_height - width // 2
                yield Part((0, top, self.width, top + width), fades_down=True)
            return
        for row in range(self.rows - 1):
            for column in range(self.columns):
                yield Part(self.box(column, row + 0.5), fades_down=True)
        for row in range(self.rows):
            for column in range(self.columns - 1):
                yield Part(self.box(column + 0.5, row), fades_across=True)
        if kind == HALF_TILE_AND_CORNERS:
            for row in range(self.rows - 1):
                for column in range(self.columns - 1):
                    yield Part(self.box(column + 0.5, row + 0.5), fades_across=True, fades_down=True)


def _arguments(data: Mapping[str, Any], tab: str) -> list[dict[str, Any]]:
    del tab
    upscalers = [item["name"] for item in data["upscalers"]]
    return [
        argument("", "<p>Will upscale the image depending on the selected target size type</p>"),
        argument("Tile width", 512, 0, 2048, 64),
        argument("Tile height", 0, 0, 2048, 64),
        argument("Mask blur", 8, 0, 64, 1),
        argument("Padding", 32, 0, 512, 1),
        argument("Width", 64, 0, 128, 1),
        argument("Denoise", 0.35, 0, 1, 0.01),
        argument("Padding", 16, 0, 128, 1),
        argument("Upscaler", upscalers[0], choices=upscalers),
        argument("Upscaled", True),
        argument("Type", _REDRAWS[0], choices=_REDRAWS),
        argument("Seams fix", False),
        argument("Mask blur", 4, 0, 64, 1),
        argument("Type", _FIXES[0], choices=_FIXES),
        argument("Target size type", _SIZES[0], choices=_SIZES),
        argument("Custom width", 2048, 64, 8192, 64),
        argument("Custom height", 2048, 64, 8192, 64),
        argument("Scale", 2, 1, 16, 0.01),
    ]


@ultimate_upscale.script(of=_arguments, tabs=("img2img",))
class UltimateUpscale(Script):
    """The script."""

    title = "Ultimate SD upscale"

    def run(
        self, run: Img2Img, _: Any, tile_width: Any, tile_height: Any, mask_blur: Any, padding: Any,
        seams_fix_width: Any, seams_fix_denoise: Any, seams_fix_padding: Any, upscaler_index: Any, _save: Any,
        redraw_mode: Any, _save_fix: Any, seams_fix_mask_blur: Any, seams_fix_type: Any, target_size_type: Any,
        custom_width: Any, custom_height: Any, custom_scale: Any,
    ) -> Processed:  # fmt: skip
        """The redrawn picture, and behind it the one with its seams fixed where that is asked for."""
        from ..processing.info import Processed
        from ..processing.pictures import flat
        from ..processing.pipeline import fix_seed

        fix_seed(run)
        run.do_not_save_grid = True
        run.inpaint_full_res, run.inpainting_fill, run.n_iter, run.batch_size = False, 1, 1, 1
        seed = run.seed
        image = flat(run.init_images[0], run.options["img2img_background_color"])
        if target_size_type == CUSTOM_SIZE:
            run.width, run.height = int(custom_width), int(custom_height)
        elif target_size_type == BY_FACTOR:
            run.width, run.height = (math.ceil(side * custom_scale / _STEP) * _STEP for side in image.size)
        upscaler = run.state.catalog.upscalers[upscaler_index]
        tiles = Tiles(run.width, run.height, int(tile_width) or int(tile_height), int(tile_height) or int(tile_width))
        check_pixels(run.width, run.height)
        check_count(tiles.columns * tiles.rows * 4)
        redraws = redraw_mode in (LINEAR, CHESS)
        fixes = seams_fix_type in (BAND, HALF_TILE, HALF_TILE_AND_CORNERS)
        passes = list(tiles.redrawn(redraw_mode)) if redraws else []
        seams = list(tiles.seams(seams_fix_type, int(seams_fix_width))) if fixes else []
        run.course.planned = len(passes) + len(seams)
        run.extra.update({
            "Ultimate SD upscale upscaler": upscaler["name"],
            "Ultimate SD upscale tile_width": tiles.tile_width,
            "Ultimate SD upscale tile_height": tiles.tile_height,
            "Ultimate SD upscale mask_blur": mask_blur,
            "Ultimate SD upscale padding": padding,
        })  # fmt: skip
        image, size = _upscaled(run, image, upscaler), (run.width, run.height)
        work = _Work(run, tiles)
        image = work.painted(image, passes, int(mask_blur), int(padding))
        images = [image]
        if fixes:
            run.denoising_strength = seams_fix_denoise
            blur = 0 if seams_fix_type == BAND else int(seams_fix_mask_blur)
            images.append(work.painted(image, seams, blur, int(seams_fix_padding)))
        run.width, run.height = size
        return Processed.of(run, images, seed=seed, info=work.text)


def _upscaled(run: Img2Img, image: Image, upscaler: Mapping[str, Any]) -> Image:
    from PIL import Image as pil

    from ..processing.resizing import upscale

    size = (run.width, run.height)
    if upscaler["name"] != "None":
        factor = max(run.width, run.height) // max(image.size)
        image = upscale(image, max(factor, 1), dict(upscaler), run.state)
    return image.resize(size, pil.Resampling.LANCZOS)


class _Work:
    """Paints parts of a picture, each in a run of its own."""

    def __init__(self, run: Img2Img, tiles: Tiles) -> None:
        self.run = run
        self.tiles = tiles
        self.text = ""

    def painted(self, image: Image, parts: list[Part], blur: int, padding: int) -> Image:
        """The picture with these parts painted one after the other, each over what is there by then."""
        from ..processing.pipeline import process

        for part in parts:
            if self.run.job.interrupted:
                break
            run = self.run.copy()
            run.init_images, run.image_mask = [image], _mask(image.size, part)
            run.mask_blur_x = run.mask_blur_y = blur
            run.inpaint_full_res, run.inpaint_full_res_padding = True, padding
            run.width, run.height = _pass_size(part.box, padding)
            processed = process(run)
            self.text = self.text or processed.text
            self.run.all_prompts, self.run.all_negative_prompts = run.all_prompts, run.all_negative_prompts
            self.run.all_seeds, self.run.all_subseeds = run.all_seeds, run.all_subseeds
            self.run.model_name, self.run.model_hash = run.model_name, run.model_hash
            if processed.images:
                image = processed.images[processed.index_of_first_image]
        return image


def _pass_size(box: Box, padding: int) -> tuple[int, int]:
    """The size at which a part is painted, with its padding, in whole cells."""
    return tuple(math.ceil((box[place + 2] - box[place] + padding) / 8) * 8 for place in (0, 1))  # type: ignore[return-value]  # two sides


def _mask(size: tuple[int, int], part: Part) -> Image:
    """White where the part is, fading from its middle to its sides where it says so."""
    from PIL import Image as pil
    from PIL import ImageChops

    left, top, right, bottom = part.box
    shape = max(right - left, 1), max(bottom - top, 1)
    inside = pil.new("L", shape, 255)
    slope = pil.linear_gradient("L").point([255 - abs(2 * value - 255) for value in range(256)])
    if part.fades_down:
        inside = ImageChops.multiply(inside, slope.resize(shape, pil.Resampling.BICUBIC))
    if part.fades_across:
        inside = ImageChops.multiply(inside, slope.rotate(90).resize(shape, pil.Resampling.BICUBIC))
    mask = pil.new("L", size)
    mask.paste(inside, (left, top))
    return mask
