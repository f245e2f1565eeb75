"""`webuiapi controlnet detect`: what ControlNet's preprocessors see in pictures."""

from __future__ import annotations

from typing import Any

import click

from ..extensions.controlnet import ControlNetDetect
from .command import Run, as_command
from .flags import Flag, flags_of
from .given import FILES, check_given, pictures_from
from .values import PictureType


@as_command(
    "detect",
    FILES,
    Flag(
        ["--mask", "masks"],
        section="Most used",
        type=PictureType(),
        help="A mask, for the modules that need one; with one picture.",
    ),
    *flags_of(ControlNetDetect, skip=("images", "masks")),
    output=True,
    examples="""
webuiapi controlnet detect photo.png --module canny
webuiapi controlnet detect *.png --module openpose_full --processor-res 768 --out "poses/{name}"
""",
)
def detect(run: Run, files: tuple[str, ...], **values: Any) -> None:
    """Run a preprocessor of ControlNet on pictures.

    FILES are pictures, http(s) URLs that the server may read, or - for standard input. Each map is saved beside its
    source as NAME-MODULE. `webuiapi list controlnet-modules` names the modules. Prints the paths.
    """
    given = check_given(run, files)
    if "masks" in values and len(given) > 1:
        raise click.UsageError(f"--mask is for one picture, and {len(given)} are given")
    module = str(values.get("module", "map")).replace("/", "_")
    with run.client() as api:
        pictures_from(run, api, given, lambda picture: ControlNetDetect(picture, **values), module)


command = click.Group(
    "controlnet", commands=[detect], help="Run preprocessors of ControlNet on pictures.", no_args_is_help=False
)
