"""`webuiapi rembg`: pictures without their background, by the extension rembg."""

from __future__ import annotations

from typing import Any

from ..extensions.rembg import RemBG
from .command import Run, as_command
from .flags import flags_of
from .given import FILES, check_given, pictures_from


@as_command(
    "rembg",
    FILES,
    *flags_of(RemBG, skip=("input_image",)),
    output=True,
    examples="""
webuiapi rembg photo.png
webuiapi rembg *.jpg --model isnet-general-use --out "cut/{name}.png"
""",
)
def command(run: Run, files: tuple[str, ...], **values: Any) -> None:
    """Take the background off pictures, by the extension rembg.

    FILES are pictures, http(s) URLs that the server may read, or - for standard input. Each is saved beside its source
    as NAME-cut. Prints the paths.
    """
    given = check_given(run, files)
    with run.client() as api:
        pictures_from(run, api, given, lambda picture: RemBG(picture, **values), "cut")
