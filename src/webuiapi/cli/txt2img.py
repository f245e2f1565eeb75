"""`webuiapi txt2img`: pictures from a text."""

from __future__ import annotations

from typing import Any

import click

from ..api.generate import Txt2Img
from .command import Run, as_command, usage_errors
from .flags import flags_of
from .output import DEFAULT, place_for
from .painting import paint, refuse_missing_prompt


@as_command(
    "txt2img",
    click.Argument(["prompt"], required=False),
    *flags_of(Txt2Img, skip=("prompt",)),
    output=True,
    examples="""
webuiapi txt2img "a lighthouse in a storm" --seed 7
webuiapi txt2img "a lighthouse" -n people -s 30 -W 768 -H 512 --sampler "DPM++ 2M" --out "{seed}-{prompt}.png"
webuiapi txt2img "a lighthouse" --override-settings CLIP_stop_at_last_layers=2 --json
webuiapi txt2img "a lighthouse" --url :local: --out - | display
""",
)
def command(run: Run, **values: Any) -> None:
    """Paint pictures from a text.

    The server's own defaults apply to what is not said, but for the sampler (Euler a) and the steps (20). Prints the
    paths of the pictures.
    """
    refuse_missing_prompt(values)
    with usage_errors():
        request = Txt2Img(**values)
    paint(run, request, "txt2img", place_for(run, DEFAULT, "txt2img"))
