"""IC-Light: lights a given subject anew. Here the subject is cut out, put on what was painted, and lit by a slope.

There are two lines under one title: the older takes one object, the newer 13 values. Which one a server has is told by
its script-info; the default is the older. What they cannot use fails in the hook, without a word to the client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..processing.pictures import decode
from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Batch, Generation
    from ..processing.info import Processed

ic_light = Extension(
    "ic-light",
    repository="huchenlei/sd-forge-ic-light",
    also=["Haoming02/sd-forge-ic-light"],
    commit="ff82902",
    date=1730419200,
)

FC, FBC = "iclight_sd15_fc_unet_ldm", "iclight_sd15_fbc_unet_ldm"
_LIGHTS = ("Left Light", "Right Light", "Top Light", "Bottom Light")
_FC_SOURCES = ("None", *_LIGHTS, "Ambient", "Custom LightMap")
_FBC_SOURCES = ("Use Background Image", "Use Flipped Background Image", *_LIGHTS, "Ambient")
_USUAL: Mapping[str, Any] = {
    "enabled": False, "model_type": FC, "input_fg": None, "uploaded_bg": None, "bg_source_fc": "None",
    "bg_source_fbc": "Use Background Image", "remove_bg": True, "reinforce_fg": False, "detail_transfer": False,
    "detail_transfer_use_raw_input": False, "detail_transfer_blur_radius": 5,
}  # fmt: skip
_NEWER = (
    "enabled", "model_type", "input_fg", "uploaded_bg", "remove_bg", "rembg_model", "foreground_threshold",
    "background_threshold", "erode_size", "detail_transfer", "detail_transfer_use_raw_input",
    "detail_transfer_blur_radius", "reinforce_fg",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What a request asks for."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, args: Sequence[Any]) -> Settings | None:
        """Those of the arguments; None where the script is off. Raises what the hook of the real one raises."""
        if len(args) > 1:
            if isinstance(args[0], dict):
                raise ValueError("input image required")
            values = {**_USUAL, **dict(zip(_NEWER, args, strict=True))}
        else:
            if not isinstance(args[0], dict):
                raise TypeError("argument after ** must be a mapping")
            values = {**_USUAL, "reinforce_fg": True, "model_type": None, **args[0]}
        if not values["enabled"]:
            return None
        if values["model_type"] not in (FC, FBC):
            raise SystemError(f"there is no model {values['model_type']!r}")
        if values["bg_source_fc"] not in _FC_SOURCES or values["bg_source_fbc"] not in _FBC_SOURCES:
            raise ValueError("that is no source of light")
        return cls(values)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@ic_light.script(argument(None, dict(_USUAL)))
class ICLight(Script):
    """The script."""

    title = "IC Light"
    always_on = True

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """The subject in front of what was painted, in one light."""
        settings = Settings.of(args)
        if settings is None:
            return None
        subject = _subject(run, settings)
        lights = _lights(settings, len(args) > 1)
        return [_lit(image, subject.resize(image.size), lights) for image in images]

    def postprocess(self, run: Generation, args: Sequence[Any], processed: Processed) -> None:
        """The subject behind the pictures, and where asked for the pictures with its detail."""
        settings = Settings.of(args)
        if settings is None:
            return
        from .vision.grade import clearer

        pictures: list[Image] = processed.images[processed.index_of_first_image :]
        if settings["detail_transfer"]:
            processed.images += [clearer(picture, 0.8) for picture in pictures]
        processed.images.append(_subject(run, settings).convert("RGB"))


def _subject(run: Generation, settings: Settings) -> Image:
    if settings["input_fg"] is None:
        raise ValueError("input image required")
    image = decode(settings["input_fg"], run.options).convert("RGB")
    from PIL import ImageOps

    image = ImageOps.fit(image, (int(run.width), int(run.height)))
    if not settings["remove_bg"]:
        return image.convert("RGBA")
    from .vision.arrays import picture
    from .vision.matte import foreground

    cut = image.convert("RGBA")
    cut.putalpha(picture(foreground(image) * 255))
    return cut


def _lights(settings: Settings, newer: bool) -> str:
    if newer:
        return "Ambient"
    source = settings["bg_source_fc"] if settings["model_type"] == FC else settings["bg_source_fbc"]
    return str(source)


def _lit(image: Image, subject: Image, light: str) -> Image:
    """The subject on the picture, brighter towards its light."""
    from PIL import Image as pil
    from PIL import ImageChops

    both = image.copy()
    both.paste(subject, mask=subject.getchannel("A"))
    if light not in _LIGHTS:
        return both
    slope = pil.linear_gradient("L")
    turned = {"Top Light": 180, "Bottom Light": 0, "Left Light": 270, "Right Light": 90}[light]
    shade = slope.rotate(turned).point([110 + value * 145 // 255 for value in range(256)]).resize(image.size)
    return ImageChops.multiply(both, pil.merge("RGB", (shade,) * 3))
