"""`webuiapi segment`: masks of what is in a picture, by the extension Segment Anything."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from ..encoding import encode
from ..extensions.segment_anything import SamPredict
from ..results import Result
from .command import Run, as_command, usage_errors
from .flags import Flag
from .given import all_given
from .job import carry_out
from .output import as_json, deliver, place_for, summary
from .values import ParamTypeBase

_WHAT = {"mask": "masks", "cutout": "masked_images", "overlay": "blended_images"}


class PointType(ParamTypeBase):
    """`X,Y`: pixels, or fractions of the picture where one has a decimal point."""

    name = "x,y"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        number = float if "." in value else int
        try:
            x, y = map(number, value.split(","))
        except ValueError:
            self.fail(f"{value!r} is no point: pixels as in 200,120 or fractions as in 0.5,0.25 are needed", param, ctx)
        return x, y


@as_command(
    "segment",
    click.Argument(["file"]),
    Flag(["--at"], section="Most used", type=PointType(), multiple=True, help="A point on what is wanted. Repeatable."),
    Flag(["--not-at"], section="Most used", type=PointType(), multiple=True, help="One on what is not. Repeatable."),
    Flag(["--text"], section="Most used", help="What to look for, separated by periods. Needs GroundingDINO there."),
    Flag(
        ["--what"],
        section="Most used",
        type=click.Choice(list(_WHAT)),
        default="mask",
        show_default=True,
        help="Masks, what they cut out, or the picture with them drawn over it.",
    ),
    Flag(["--model"], section="Options", help='Default "sam_vit_h_4b8939.pth".'),
    Flag(["--threshold"], section="Options", type=click.FloatRange(0, 1), help="Least confidence for --text; 0.3."),
    output=True,
    examples="""
webuiapi segment photo.png --at 200,120
webuiapi segment photo.png --text "the dog" --what cutout --out dog
""",
)
def command(
    run: Run, file: str, what: str, at: tuple[Any, ...] = (), not_at: tuple[Any, ...] = (), text: str | None = None,
    model: str | None = None, threshold: float | None = None,
) -> None:  # fmt: skip
    """Make masks of what is in a picture, by the extension Segment Anything.

    FILE is a picture, an http(s) URL that the server may read, or - for standard input. Say what is wanted by points
    (pixels, or fractions with a decimal point) or by --text. It gives three guesses, saved beside FILE as NAME-WHAT-0
    to 2. Prints the paths.
    """
    if not (at or not_at or text):
        raise click.UsageError("say what is wanted: --at X,Y or --text")
    if run.out == "-":
        raise click.UsageError("--out - is for one picture, and three come: give a template")
    (given,) = all_given((file,))
    with usage_errors():
        request = SamPredict(
            given.picture, sam_model_name=model, sam_positive_points=at or None, sam_negative_points=not_at or None,
            dino_enabled=True if text else None, dino_text_prompt=text, dino_box_threshold=threshold,
        )  # fmt: skip
    begin = time.monotonic()
    with run.client() as api:
        found = carry_out(run, api, request, given.title)
    pictures = getattr(found, _WHAT[what])
    if not pictures:
        raise click.ClickException(f"nothing was found: {found.message or 'the server says no more'}")
    result = Result([encode(picture, what) for picture in pictures], found.message)
    paths: list[Path] = deliver(run, result, place_for(run, given.beside(what), given.name))
    run.note(summary(result, time.monotonic() - begin))
    if run.json:
        run.emit({"source": given.source, "message": found.message, **as_json(result, paths)})
