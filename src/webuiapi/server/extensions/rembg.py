"""rembg: takes the background away. Here what stands in the middle in other colours than the rest is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..processing.limits import check_pixels
from ..processing.pictures import decode, encode
from .base import Extension, field

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..routing import Call

rembg = Extension(
    "rembg",
    repository="AUTOMATIC1111/stable-diffusion-webui-rembg",
    commit="a4c07b857e73f3035f759876797fa6de986def3d",
    date=1703894400,
)

MOST_EROSION = 40


@rembg.post(
    "/rembg",
    {
        "input_image": field("string", ""),
        "model": field("string", "u2net"),
        "return_mask": field("boolean", False),
        "alpha_matting": field("boolean", False),
        "alpha_matting_foreground_threshold": field("integer", 240),
        "alpha_matting_background_threshold": field("integer", 10),
        "alpha_matting_erode_size": field("integer", 10),
    },
    optional=True,
)
def remove(call: Call) -> dict[str, Any] | None:
    """The picture with a transparent background, or the mask. Without a model there is no answer, and no error."""
    fields, options = call.fields, call.state.options
    if fields["model"] in ("", "None"):
        return None
    image = decode(fields["input_image"], options)
    check_pixels(*image.size)
    matte = _matte(image, fields)
    if fields["return_mask"]:
        return {"image": encode(matte, options)}
    cut = image.convert("RGBA")
    cut.putalpha(matte)
    return {"image": encode(cut, options)}


def _matte(image: Image, fields: dict[str, Any]) -> Image:
    """White what is in front. Alpha matting makes a seam of its own size around the outline soft."""
    from PIL import Image as pil
    from PIL import ImageChops, ImageFilter

    from .vision.arrays import picture
    from .vision.matte import foreground

    matte = picture(foreground(image) * 255)
    if not fields["alpha_matting"]:
        return matte
    size = min(max(fields["alpha_matting_erode_size"], 0), MOST_EROSION) // 2 * 2 + 1
    high, low = fields["alpha_matting_foreground_threshold"], fields["alpha_matting_background_threshold"]
    sure = matte.point([255 if value > high else 0 for value in range(256)]).filter(ImageFilter.MinFilter(size))
    never = matte.point([0 if value < low else 255 for value in range(256)]).filter(ImageFilter.MaxFilter(size))
    soft = matte.filter(ImageFilter.GaussianBlur(size / 4))
    return pil.composite(sure, ImageChops.darker(soft, never), sure)
