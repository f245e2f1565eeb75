"""`webuiapi upscale`: larger pictures from finished ones, one call for each."""

from __future__ import annotations

from typing import Any

import click

from ..api.extras import ExtraSingleImage
from .command import Run, as_command
from .flags import Flag, flags_of
from .given import FILES, check_given, pictures_from
from .output import favourite
from .values import SizeType


@as_command(
    "upscale",
    FILES,
    Flag(["--by"], section="Most used", type=click.FLOAT, metavar="FACTOR", help="How many times larger. Default 2."),
    Flag(["--to"], section="Most used", type=SizeType(), help="To this size, cropping what does not fit."),
    *flags_of(ExtraSingleImage, skip=("image",)),
    output=True,
    examples="""
webuiapi upscale photo.png
webuiapi upscale *.png --by 4 --upscaler "R-ESRGAN 4x+" --out large/
webuiapi upscale portrait.jpg --to 1024x1536 --codeformer-visibility 0.5 --out "{name}-{width}.webp"
""",
)
def command(run: Run, files: tuple[str, ...], **values: Any) -> None:
    """Make pictures larger, and restore faces.

    FILES are pictures, http(s) URLs that the server may read, or - for standard input. Each is saved beside its source
    as NAME-upscaled, with the generation parameters of the source. Without --upscaler the server's R-ESRGAN 4x+ is
    taken if it has that, else Lanczos.
    """
    sizes = _sizes(values)
    given = check_given(run, files)
    with run.client() as api:
        if "upscaler_1" not in values and not _only_faces(values):
            values["upscaler_1"] = favourite([upscaler.name for upscaler in api.get_upscalers()])
        pictures_from(run, api, given, lambda picture: ExtraSingleImage(picture, **{**values, **sizes}), "upscaled")


def _sizes(values: dict[str, Any]) -> dict[str, Any]:
    """`--by` and `--to` as the fields that they stand for."""
    factor, size = values.pop("by", None), values.pop("to", None)
    if factor is not None and size is not None:
        raise click.UsageError("--by and --to both say how large: give one of the two")
    if factor is not None:
        return {"resize_mode": 0, "upscaling_resize": factor}
    if size is not None:
        return {"resize_mode": 1, "upscaling_resize_w": size[0], "upscaling_resize_h": size[1]}
    return {}


def _only_faces(values: dict[str, Any]) -> bool:
    """Faces are to be restored and nothing is said about a size."""
    faces = any(values.get(name) for name in ("gfpgan_visibility", "codeformer_visibility"))
    return faces and not any(name.startswith("upscaling_resize") for name in values)
