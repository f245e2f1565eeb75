"""ControlNet in a generation: units are read, their maps made, the pictures put under their control, and the maps added
to the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...processing.pictures import decode, flat
from ...processing.scripts import Script
from ..base import argument
from .modules import NONE, Modules
from .unit import FIELDS, RESIZE_MODES, Unit, inputs_of, unit_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from ...processing.generation import Batch, Generation
    from ...processing.info import Processed

UNITS = 3
_LOW_RES = "Low res only"


@dataclass
class Controlling:
    """A unit that works, with what its module made, and how that is brought to size."""

    unit: Unit
    detected: Image
    mode: str
    map: Image
    """At the size of the first pass."""
    large: Image | None = None
    """At that of the second, if there is one."""

    def map_for(self, size: tuple[int, int], *, second_pass: bool) -> Image:
        """The map at the size of the pictures."""
        if not second_pass or not self.unit.module.makes_picture:
            return self.map
        if self.large is None:
            self.large = _fitted(self.detected, self.mode, *size)
        return self.large


def arguments(data: Mapping[str, Any], tab: str) -> list[dict[str, Any]]:
    """A unit for each place."""
    del tab
    usual = {name: described["default"] for name, described in FIELDS.items()}
    count = int(data["options"].get("control_net_unit_count", UNITS))
    return [argument("", dict(usual)) for _ in range(count)]


class ControlNet(Script):
    """The script."""

    title = "ControlNet"
    always_on = True

    def check(self, run: Generation, args: Sequence[Any]) -> None:
        """Read the units: what is wrong with one fails the request."""
        units_of(run, args)

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Their pairs, and their maps. If one cannot work, none does."""
        units = units_of(run, args)
        run.controlling = []  # type: ignore[attr-defined]  # what the later hooks work with
        for number, unit in enumerate(units):
            run.extra[f"ControlNet {number}"] = unit.told()
        modules = Modules(run.state.catalog)
        run.controlling = [_controlling(run, unit, modules) for unit in units]  # type: ignore[attr-defined]

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Each picture under the control of all units."""
        working = _working(run)
        if not working:
            return None
        from .control import controlled

        for one in working:
            share = 0.4 if run.passes > 1 and one.unit["hr_option"] == _LOW_RES else 1.0
            map_ = one.map_for(images[0].size, second_pass=run.passes > 1)
            images = [controlled(image, map_, one.unit, share) for image in images]
        return images

    def postprocess(self, run: Generation, args: Sequence[Any], processed: Processed) -> None:
        """The maps behind the pictures, of two passes the larger first."""
        hidden = run.options.get("control_net_no_detectmap", False)
        upscaled = any("sd upscale" in key.lower() for key in processed.extra_generation_params)
        if hidden or upscaled:
            return
        for one in _working(run):
            if one.unit["save_detected_map"]:
                processed.images += [map_.copy() for map_ in (one.large, one.map) if map_ is not None]


def units_of(run: Generation, args: Sequence[Any]) -> list[Unit]:
    """The units that are on. Raises what fails the request."""
    modules = Modules(run.state.catalog)
    units = [unit_of(value, modules, run.options) for value in args if isinstance(value, dict)]
    return [unit for unit in units if unit["enabled"]]


def _working(run: Generation) -> list[Controlling]:
    return getattr(run, "controlling", [])


def _controlling(run: Generation, unit: Unit, modules: Modules) -> Controlling:
    """The unit with its map. Raises where it cannot work: no model, no picture, an unreadable one."""
    if not unit.module.model_free:
        if unit["model"] == NONE:
            raise RuntimeError("You have not selected any ControlNet Model.")
        if modules.find_model(unit["model"]) is None:
            raise RuntimeError(f"model not found: {unit['model']}")
    source, mask, mode = _input(run, unit)
    from .preprocessors import Work, prepared
    from .preprocessors import run as made

    size = (int(run.width) // 8 * 8, int(run.height) // 8 * 8)
    resolution = _perfect(source.size, size, mode) if unit["pixel_perfect"] else unit["processor_res"]
    small = prepared(source, unit.module, resolution)
    work = Work(small, unit["threshold_a"], unit["threshold_b"], None if mask is None else mask.resize(small.size))
    detected = made(unit.module, work) if unit.module.makes_picture else small
    return Controlling(unit, detected, mode, _fitted(detected, mode, *size))


def _input(run: Generation, unit: Unit) -> tuple[Image, Image | None, str]:
    """The unit's picture and mask, or in img2img those of the request, and how the map is brought to size."""
    given = inputs_of(unit)
    if len(given) > 1 and not unit.module.takes_several:
        raise ValueError(f"{unit.module.name} takes one picture, and {len(given)} are given")
    if not given:
        starts: list[Image] | None = getattr(run, "init_images", None)
        if not starts:
            raise ValueError("controlnet is enabled but no input image is given")
        image = flat(starts[0], run.options["img2img_background_color"])
        mode = RESIZE_MODES[run.resize_mode] if run.resize_mode in range(3) else RESIZE_MODES[0]  # type: ignore[attr-defined]
        mask = getattr(run, "image_mask", None)
        return image, mask.convert("L").resize(image.size) if mask is not None else None, mode
    pictures = []
    for text, mask_text in given:
        image = decode(text, run.options).convert("RGB")
        mask = None if mask_text is None else decode(mask_text, run.options).convert("RGB").getchannel(0)
        if mask is not None and mask.size != image.size:
            raise ValueError(f"image shape {image.size} not aligned with mask shape {mask.size}")
        pictures.append((image, mask))
    image, mask = pictures[0]
    ignored = run.options.get("controlnet_ignore_noninpaint_mask", False)
    if mask is not None and not unit.module.needs_mask and unit.module.makes_picture and not ignored:
        low, high = mask.getextrema()
        if low != high:
            return mask.convert("RGB"), None, unit["resize_mode"]
    return image, mask, unit["resize_mode"]


def _perfect(source: tuple[int, int], target: tuple[int, int], mode: str) -> int:
    """The resolution at which no pixel is lost or made up."""
    shares = [target[side] / source[side] for side in (0, 1)]
    share = min(shares) if mode == RESIZE_MODES[2] else max(shares)
    return max(round(share * min(source)), 1)


def _fitted(map_: Image, mode: str, width: int, height: int) -> Image:
    """The map at a size: squashed to it, covering it, or inside it."""
    from PIL import ImageOps

    if mode == RESIZE_MODES[0]:
        return map_.resize((width, height))
    if mode == RESIZE_MODES[1]:
        return ImageOps.fit(map_, (width, height))
    corners: list[Any] = [map_.getpixel((x, y)) for x in (0, map_.width - 1) for y in (0, map_.height - 1)]
    border = sorted(corners)[1]
    return ImageOps.pad(map_, (width, height), color=border)
