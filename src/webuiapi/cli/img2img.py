"""`webuiapi img2img`: pictures from a picture and a text, also inpainting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..api.generate import Img2Img
from .command import Run, as_command, usage_errors
from .flags import Flag, flags_of
from .output import DEFAULT, place_for
from .painting import paint, refuse_missing_prompt
from .values import PictureType


@as_command(
    "img2img",
    click.Argument(["image"], type=PictureType(), required=True),
    click.Argument(["prompt"], required=False),
    Flag(
        ["-i", "--images"],
        section="Most used",
        type=PictureType(),
        multiple=True,
        help="Another picture beside IMAGE; --batch-size is then to be their number, one for each. Repeatable.",
    ),
    *flags_of(Img2Img, skip=("images", "prompt")),
    output=True,
    examples="""
webuiapi img2img photo.jpg "an oil painting" --denoise 0.5 --size input
webuiapi img2img photo.png "a cat on the sofa" --mask mask.png --inpainting-fill 1
cat photo.png | webuiapi img2img - "an oil painting" --out - > painting.png
""",
)
def command(run: Run, image: Any, images: tuple[Any, ...] = (), **values: Any) -> None:
    """Paint pictures from a picture and a text.

    IMAGE is a file, an http(s) URL that the server may read, or - for standard input. With --mask only what is white
    there is painted anew. Prints the paths of the pictures.
    """
    refuse_missing_prompt(values)
    with usage_errors():
        request = Img2Img([image, *images], **values)
    name = image.stem if isinstance(image, Path) else "img2img"
    paint(run, request, "img2img", place_for(run, DEFAULT, name))
