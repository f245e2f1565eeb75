"""`webuiapi xyz`: the same picture over axes of values, as a grid."""

from __future__ import annotations

from typing import Any

import click

from ..api.generate import Txt2Img
from ..extensions.xyz import XYZPlot
from .command import Run, as_command, usage_errors
from .flags import Flag, flags_of
from .output import DEFAULT, place_for
from .painting import paint, refuse_missing_prompt
from .values import ParamTypeBase


class AxisType(ParamTypeBase):
    """`NAME=VALUES`: an axis and its values, as the webui's page takes them."""

    name = "name=values"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        name, equals, values = value.partition("=")
        if not (equals and name.strip() and values.strip()):
            self.fail(f"{value!r} is no axis: a name and values are needed, as in Steps=10,20,30", param, ctx)
        return name.strip(), values


def _axis(name: str, what: str) -> Flag:
    return Flag([f"-{name}", f"--{name}"], section="Axes", type=AxisType(), help=what)


@as_command(
    "xyz",
    click.Argument(["prompt"], required=False),
    _axis("x", "The horizontal axis."),
    _axis("y", "The vertical axis."),
    _axis("z", "The third: a grid for each value."),
    Flag(["--singles"], section="Axes", is_flag=True, default=None, help="Save the single pictures too."),
    Flag(["--legend/--no-legend"], section="Axes", default=None, help="Write the values beside the grid (default)."),
    *flags_of(Txt2Img, skip=("prompt", "script_name", "script_args")),
    output=True,
    examples="""
webuiapi xyz "a lighthouse" -x "Steps=10,20,30" -y "CFG Scale=4-10 (+3)" --seed 7
webuiapi xyz "a lighthouse" -x "Sampler=Euler a,DDIM" -W 256 -H 256 --singles --out "grid/{index}"
""",
)
def command(run: Run, **values: Any) -> None:
    """Paint a text over axes of values, as a grid.

    An axis is a name of the server's (Steps, CFG Scale, Sampler, Seed, Prompt S/R, ...) and values, as the webui's page
    takes them: 10,20,30 or 10-30 (+10) or 10-30 [3]. Prints the paths of the pictures, the grid first.
    """
    refuse_missing_prompt(values)
    plot: dict[str, Any] = {axis: values.pop(axis) for axis in ("x", "y", "z") if axis in values}
    if not plot:
        raise click.UsageError('give an axis, as in -x "Steps=10,20,30"')
    plot |= {"include_lone_images": values.pop("singles", None), "draw_legend": values.pop("legend", None)}
    with usage_errors():
        request = Txt2Img(**values, scripts=XYZPlot(**plot))
    paint(run, request, "xyz", place_for(run, DEFAULT, "xyz"))
