"""LayerDiffuse: pictures with a transparent background. Here what stands in front is cut out.

Pictures given as foreground, background or blend are used without decoding there, so that a base64 text fails in the
hook, without a word to the client: only the methods that need none work over HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Batch, Generation
    from ..processing.info import Processed

layerdiffuse = Extension(
    "layerdiffuse",
    repository="layerdiffusion/sd-forge-layerdiffuse",
    also=["lllyasviel/sd-forge-layerdiffusion"],
    commit="e4d5060e05c7b4337a3258bb03c4e3ad2f8b15bb",
    date=1709856000,
)

METHODS = (
    "(SD1.5) Only Generate Transparent Image (Attention Injection)",
    "(SD1.5) From Foreground to Background (need batch size 2)",
    "(SD1.5) From Background to Foreground (need batch size 2)",
    "(SD1.5) Generate Everything Together (need batch size 3)",
    "(SDXL) Only Generate Transparent Image (Attention Injection)",
    "(SDXL) Only Generate Transparent Image (Conv Injection)",
    "(SDXL) From Foreground to Blending",
    "(SDXL) From Foreground and Blending to Background",
    "(SDXL) From Background to Blending",
    "(SDXL) From Background and Blending to Foreground",
)
_TRANSPARENT = "Only Generate Transparent Image"
_TOGETHER = "Generate Everything Together"
_RESIZE_MODES = ("Just Resize", "Crop and Resize", "Resize and Fill")


@layerdiffuse.script(
    argument("LayerDiffuse", False),
    argument("Method", METHODS[4], choices=METHODS),
    argument("Weight", 1.0, 0.0, 2.0, 0.001),
    argument("Stop At", 1.0, 0.0, 1.0, 0.001),
    argument("Foreground", None),
    argument("Background", None),
    argument("Blending", None),
    argument("Resize Mode", "Crop and Resize", choices=_RESIZE_MODES),
    argument("Output original mat for img2img", False),
    argument("Foreground Additional Prompt", ""),
    argument("Background Additional Prompt", ""),
    argument("Blended Additional Prompt", ""),
)
class LayerDiffuse(Script):
    """The script."""

    title = "LayerDiffuse"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Its pairs."""
        if not args[0]:
            return
        _check(args)
        names = ("enabled", "method", "weight", "ending_step", "fg_image", "bg_image", "blend_image", "resize_mode")
        values = [*args[:4], *(picture is not None for picture in args[4:7]), args[7]]
        run.extra.update({f"layerdiffusion_{name}": value for name, value in zip(names, values, strict=True)})
        for name, value in zip(("fg", "bg", "blend"), args[9:12], strict=True):
            run.extra[f"layerdiffusion_{name}_additional_prompt"] = value

    def postprocess(self, run: Generation, args: Sequence[Any], processed: Processed) -> None:
        """The pictures cut out, behind those that they were cut out of."""
        if not args[0]:
            return
        _check(args)
        first = processed.index_of_first_image
        pictures: list[Image] = processed.images[first:]
        which = pictures if _TRANSPARENT in args[1] else pictures[:1]
        for picture in which:
            processed.images.append(_cut_out(picture, min(max(float(args[2]), 0.0), 2.0)))

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Everything together: the foreground, the background, and both."""
        if not args[0] or _TOGETHER not in args[1] or len(images) % 3:
            return None
        found: list[Image] = []
        for place in range(0, len(images), 3):
            front, back = images[place], images[place + 1]
            cut = _cut_out(front, 1.0)
            both = back.copy()
            both.paste(cut, mask=cut.getchannel("A"))
            found += [front, back, both]
        return found


def _check(args: Sequence[Any]) -> None:
    if args[1] not in METHODS:
        raise ValueError(f"{args[1]!r} is not a valid LayerMethod")
    for picture in args[4:7]:
        if isinstance(picture, str):
            raise AttributeError("'str' object has no attribute 'shape'")
    if _TRANSPARENT not in args[1] and _TOGETHER not in args[1]:
        raise AttributeError("'NoneType' object has no attribute 'shape'")


def _cut_out(image: Image, weight: float) -> Image:
    from .vision.arrays import picture
    from .vision.matte import foreground

    cut = image.convert("RGBA")
    cut.putalpha(picture(foreground(image) * 255 * min(weight, 1.0)))
    return cut
