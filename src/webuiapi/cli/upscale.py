"""`webuiapi upscale`: larger pictures from finished ones, one call for each."""

from __future__ import annotations

import time
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import click

from ..api.extras import ExtraSingleImage
from .command import Run, as_command, usage_errors
from .flags import Flag, flags_of
from .job import carry_out
from .output import as_json, check_output, deliver, favourite, place_for, summary, to_files
from .values import STDIN, PictureType, SizeType, expanded

_SUFFIX = "{name}-upscaled"


@as_command(
    "upscale",
    click.Argument(["files"], nargs=-1, required=True),
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
    given = [(name, _picture(name)) for name in expanded(files)]
    check_output(run, pictures=len(given))
    done: list[dict[str, Any]] = []
    run.report["pictures"] = done
    with run.client() as api:
        if "upscaler_1" not in values and not _only_faces(values):
            values["upscaler_1"] = favourite([upscaler.name for upscaler in api.get_upscalers()])
        for index, (source, picture) in enumerate(given):
            with usage_errors():
                request = ExtraSingleImage(picture, **{**values, **sizes})
            title = source if len(given) == 1 else f"{source} ({index + 1} of {len(given)})"
            begin = time.monotonic()
            place = place_for(run, _beside(picture), _name(source))
            result = carry_out(run, api, to_files(run, request, place), title)
            paths = deliver(run, result, place)
            run.note(summary(result, time.monotonic() - begin))
            done.append({"source": source, **as_json(result, paths)})
    if run.json:
        run.emit(run.report)


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


def _picture(name: str) -> Any:
    return PictureType().convert(name, _FILES, click.get_current_context())


_FILES = click.Argument(["files"])
"""What a message about one of the files names."""


def _only_faces(values: dict[str, Any]) -> bool:
    """Faces are to be restored and nothing is said about a size."""
    faces = any(values.get(name) for name in ("gfpgan_visibility", "codeformer_visibility"))
    return faces and not any(name.startswith("upscaling_resize") for name in values)


def _beside(picture: Any) -> str:
    return str(picture.parent / _SUFFIX) if isinstance(picture, Path) else _SUFFIX


def _name(source: str) -> str:
    if source == STDIN or source.startswith("data:"):
        return "stdin"
    if source.startswith(("http://", "https://")):
        return PurePosixPath(urlsplit(source).path).stem or "picture"
    return Path(source).stem
