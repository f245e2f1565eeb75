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
    """What a request asks for, and of which line."""

    values: Mapping[str, Any]
    newer: bool

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
        return cls(values, newer=len(args) > 1)

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
        subject, shade = _subject(run, settings), _shade(run, settings)
        return [_lit(_ground(image, run, settings), subject.resize(image.size), shade) for image in images]

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
    """What is lit, cut out. The newer line takes it from the pictures to start from, where there are some."""
    if settings["input_fg"] is None:
        raise ValueError("input image required")
    from PIL import ImageOps

    given = _start(run) if settings.newer and run.kind == "img2img" else decode(settings["input_fg"], run.options)
    image = ImageOps.fit(given.convert("RGB"), (int(run.width), int(run.height)))
    if not settings["remove_bg"]:
        return image.convert("RGBA")
    from .vision.arrays import picture
    from .vision.matte import foreground

    cut = image.convert("RGBA")
    cut.putalpha(picture(foreground(image) * 255))
    return cut


def _start(run: Generation) -> Image:
    """The picture that an img2img starts from."""
    image: Image = run.init_images[0]  # type: ignore[attr-defined]  # there in img2img, where alone this is called
    return image


def _ground(image: Image, run: Generation, settings: Settings) -> Image:
    """What is behind the subject: what was painted, or the background that the model for it is given."""
    source = settings["bg_source_fbc"]
    if settings["model_type"] != FBC or settings["uploaded_bg"] is None or not source.startswith("Use"):
        return image
    from PIL import ImageOps

    ground = ImageOps.fit(decode(settings["uploaded_bg"], run.options).convert("RGB"), image.size)
    return ImageOps.mirror(ground) if "Flipped" in source else ground


def _shade(run: Generation, settings: Settings) -> Image | None:
    """How bright each place is: a slope, or in img2img the light map, which each line takes from another picture."""
    from PIL import Image as pil

    source = settings["bg_source_fc" if settings["model_type"] == FC else "bg_source_fbc"]
    turned = {"Top Light": 180, "Bottom Light": 0, "Left Light": 270, "Right Light": 90}.get(source)
    if turned is not None:
        slope = pil.linear_gradient("L").rotate(turned)
    elif run.kind == "img2img" and source != "Ambient":
        slope = decode(settings["input_fg"], run.options) if settings.newer else _start(run)
    else:
        return None
    return slope.convert("L").point([110 + value * 145 // 255 for value in range(256)])


def _lit(image: Image, subject: Image, shade: Image | None) -> Image:
    """The subject on the picture, both brighter towards the light."""
    from PIL import Image as pil
    from PIL import ImageChops

    both = image.convert("RGB")
    both.paste(subject, mask=subject.getchannel("A"))
    return both if shade is None else ImageChops.multiply(both, pil.merge("RGB", (shade.resize(both.size),) * 3))
