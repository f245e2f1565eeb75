"""Ultimate SD upscale: enlarges a picture and paints it again tile by tile. A selectable script, for img2img."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..api.known import listed, names_of
from ..api.lists import GetUpscalers
from ..checks import Problem
from ..request import Flow, replaced
from .base import SelectableScript, Slot, arg, choice, filled, only, within_arg

_UPSCALER = 8
REDRAW_MODES = ("Linear", "Chess", "None")
SEAM_FIXES = ("None", "Band pass", "Half tile offset pass", "Half tile offset pass + intersections")
SIZES = ("From img2img2 settings", "Custom size", "Scale from image size")


@dataclass(frozen=True, eq=False)
class UltimateSDUpscale(SelectableScript):
    """Enlarge and paint in tiles (Coyote-A/ultimate-upscale-for-automatic1111).

    The first picture that comes back is the painted one, the second that with its seams mended, where that is on.
    """

    title: ClassVar[str] = "Ultimate SD upscale"
    source: ClassVar[str] = "Coyote-A/ultimate-upscale-for-automatic1111"
    tabs: ClassVar[tuple[str, ...]] = ("img2img",)
    marks: ClassVar[tuple[str, ...]] = ("Ultimate SD upscale",)

    upscaler: str | int | None = arg(_UPSCALER, 0, choices=(), numbered=True)
    """An upscaler by name, as get_upscalers() has it, or by its number there. Default 0, "None"."""
    scale: float | None = arg(17, 2, **within_arg(1, 16))
    """The factor, 1 to 16; sets the target size to `Scale from image size`. Default: that of the call, 2 otherwise."""
    tile_width: int | None = arg(1, 512, **within_arg(0, 2048))
    """Pixels; 0 is as tile_height. Default 512."""
    tile_height: int | None = arg(2, 0, **within_arg(0, 2048))
    """Pixels; 0 (default) is as tile_width."""
    mask_blur: int | None = arg(3, 8, **within_arg(0, 64))
    """Softness of the tiles' edges in pixels. Default 8."""
    padding: int | None = arg(4, 32, **within_arg(0, 512))
    """Surroundings of a tile that are taken along, in pixels. Default 32."""
    redraw_mode: int | str | None = arg(10, 0, choices=REDRAW_MODES, numbered=True)
    """The order of the tiles: 0 `Linear` (default), 1 `Chess`, 2 `None` (upscale only)."""
    seams_fix_type: int | str | None = arg(13, 0, choices=SEAM_FIXES, numbered=True)
    """How seams are mended: 0 `None` (default), 1 `Band pass`, 2 `Half tile offset pass`, 3 that and crossings."""
    seams_fix_width: int | None = arg(5, 64, **within_arg(0, 128))
    """Width of the mended band in pixels. Default 64."""
    seams_fix_denoise: float | None = arg(6, 0.35, **within_arg(0, 1))
    """How much of it is painted anew, 0 to 1. Default 0.35."""
    seams_fix_padding: int | None = arg(7, 16, **within_arg(0, 128))
    """Its surroundings in pixels. Default 16."""
    seams_fix_mask_blur: int | None = arg(12, 4, **within_arg(0, 64))
    """Softness of its edges in pixels. Default 4."""
    target_size_type: int | str | None = arg(14, 0, choices=SIZES, numbered=True)
    """0: the call's width and height (default); 1: custom_width and custom_height; 2: the init image's by scale."""
    custom_width: int | None = arg(15, 2048, **within_arg(64, 8192))
    """Pixels. Default 2048."""
    custom_height: int | None = arg(16, 2048, **within_arg(64, 8192))
    """Pixels. Default 2048."""
    save_upscaled_image: bool | None = arg(9, True)
    """Save the painted picture on the server. Default true."""
    save_seams_fix_image: bool | None = arg(11, False)
    """Save the mended picture on the server. Default false."""

    def contradictions(self) -> Iterator[Problem]:
        if self.tile_width == 0 and not self.tile_height:
            yield Problem("UltimateSDUpscale: tile_width and tile_height are both 0: the server would fail")

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        unit = only(units)
        if isinstance(unit.upscaler, str) and not slot.choices(_UPSCALER):  # the script wants the number
            names = yield from listed("upscaler", names_of(GetUpscalers()))
            unit = replaced(unit, upscaler=choice("UltimateSDUpscale.upscaler", unit.upscaler, names, numbered=True))
        if unit.target_size_type is None and unit.scale is not None:
            unit = replaced(unit, target_size_type=2)
        elif unit.target_size_type is None and (unit.custom_width or unit.custom_height):
            unit = replaced(unit, target_size_type=1)
        return filled(unit, slot, complete=True)
