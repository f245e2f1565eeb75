"""X/Y/Z plot: the same picture over two or three axes of values, as a grid.

Axes are given by their names and values as lists; their numbers, which differ between tabs, versions and servers, are
looked up in the server's own description. The old form, eleven positional arguments with an axis' number from the lists
of early 2023, is recognised and translated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from ..checks import Problem
from ..errors import UnknownName
from ..names import find_name
from ..request import Flow, answered
from .base import SelectableScript, Slot, arg, filled

if TYPE_CHECKING:
    from ..api.lists import ScriptArg

Axis: TypeAlias = tuple[str, Sequence[Any] | str]
"""A name (`Steps`, `CFG Scale`, `Sampler`, ...) and values: a list, or text as the web page takes it (`10-50 [5]`)."""


@dataclass(frozen=True, eq=False)
class XYZPlot(SelectableScript):
    """Paint over axes of values and put the pictures into a labelled grid (built in)."""

    title: ClassVar[str] = "X/Y/Z plot"

    x: Axis | None = arg(0, 0, axis=True)
    """The horizontal axis: `("Steps", [20, 30])`."""
    y: Axis | None = arg(3, 0, axis=True)
    """The vertical axis."""
    z: Axis | None = arg(6, 0, axis=True)
    """The third: a grid for each value."""
    draw_legend: bool | None = arg(9, True, label="Draw legend")
    """Write the values beside the grid. Default true."""
    include_lone_images: bool | None = arg(10, False, label="Include Sub Images")
    """Send the single pictures behind the grid. Default false."""
    include_sub_grids: bool | None = arg(11, False, label="Include Sub Grids")
    """Send the grid of each z value. Default false."""
    no_fixed_seeds: bool | None = arg(12, False, label="Keep -1 for seeds")
    """Draw a new seed for each picture where the seed is -1. Default false."""
    vary_seeds_x: bool | None = arg(13, False, label="Vary seeds for X")
    """Another seed for each x value (server 1.8 and newer). Default false."""
    vary_seeds_y: bool | None = arg(14, False, label="Vary seeds for Y")
    """Another seed for each y value (server 1.8 and newer). Default false."""
    vary_seeds_z: bool | None = arg(15, False, label="Vary seeds for Z")
    """Another seed for each z value (server 1.8 and newer). Default false."""
    margin_size: int | None = arg(16, 0, label="Grid margins (px)")
    """Pixels between the pictures. Default 0."""
    csv_mode: bool | None = arg(17, False, label="Use text inputs instead of dropdowns")
    """Set by the form of the values; there is no need to."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("x", "y", "z"):
            axis: Any = getattr(self, name)  # a list by now
            values: Any = axis[1] if isinstance(axis, list) and len(axis) == 2 else None
            if hasattr(values, "__iter__") and not isinstance(values, (str, Mapping)):
                # Read once: what is left of an iterator is not all there was.
                object.__setattr__(self, name, [axis[0], list(values)])

    def contradictions(self) -> Iterator[Problem]:
        for name in ("x", "y", "z"):
            axis: Any = getattr(self, name)
            if axis is None:
                continue
            if not (isinstance(axis, (tuple, list)) and len(axis) == 2 and isinstance(axis[0], str)):
                wanted = 'an axis and its values, as in ("Steps", [20, 30])'
                yield Problem(f"XYZPlot: {name}={axis!r:.60} must be a pair of {wanted}")
            elif not hasattr(axis[1], "__iter__"):
                yield Problem(f"XYZPlot: {name}: the values of {axis[0]!r} are {axis[1]!r:.60}, and must be a list")
            elif len(axis[1]) == 0:
                yield Problem(f"XYZPlot: {name}: {axis[0]!r} has no values")

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        plot: XYZPlot = units[0]
        return answered(plot.laid_out(slot))

    def laid_out(self, slot: Slot) -> list[Any]:
        """The complete list for this server. Raises `UnknownName` for an axis or a value that it does not have."""
        bare = XYZPlot(**{name: getattr(self, name) for name in _FLAGS})
        values = filled(bare, slot, complete=True)
        for name, at in zip(("x", "y", "z"), _axis_places(slot.args), strict=True):
            axis = getattr(self, name)
            if axis is None:
                values[at : at + 3] = [0, "", []][: 3 if _has_dropdowns(slot.args) else 2]
                continue
            number, text, chosen = _axis(name, axis, slot.args, at)
            values[at] = number
            values[at + 1] = text
            if _has_dropdowns(slot.args):
                values[at + 2] = chosen
        return values


_FLAGS = (
    "draw_legend", "include_lone_images", "include_sub_grids", "no_fixed_seeds",
    "vary_seeds_x", "vary_seeds_y", "vary_seeds_z", "margin_size", "csv_mode",
)  # fmt: skip


def _has_dropdowns(args: Sequence[ScriptArg]) -> bool:
    """Whether each axis has a third argument, the chosen values (server 1.1 and newer)."""
    return len(args) == 0 or len(args) >= 14


def _axis_places(args: Sequence[ScriptArg]) -> tuple[int, int, int]:
    return (0, 3, 6) if _has_dropdowns(args) else (0, 2, 4)


def _axis(name: str, axis: Axis, args: Sequence[ScriptArg], at: int) -> tuple[int, str, list[Any]]:
    """The axis' number, its values as text, and the chosen ones for an axis with choices."""
    label, given = axis
    if at >= len(args) or not args[at].choices:
        raise UnknownName("axis", label, (), known=())
    choices = args[at].choices
    number = choices.index(find_name(f"axis for {name}", label, choices))
    if isinstance(given, str):
        return number, given, _split(given)
    return number, ", ".join(_quoted(item) for item in given), [str(item) for item in given]


def _split(text: str) -> list[str]:
    import csv

    return [item.strip() for row in csv.reader([text], skipinitialspace=True) for item in row if item.strip()]


def _quoted(item: Any) -> str:
    text = str(item)
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


# -- the form of old scripts ------------------------------------------------------------------------------------------

_OLD_AXES = {
    "txt2img": (
        "Nothing", "Seed", "Var. seed", "Var. strength", "Steps", "Hires steps", "CFG Scale", "Prompt S/R",
        "Prompt order", "Sampler", "Checkpoint name", "Sigma Churn", "Sigma min", "Sigma max", "Sigma noise", "Eta",
        "Clip skip", "Denoising", "Hires upscaler", "VAE", "Styles",
    ),
    "img2img": (
        "Nothing", "Seed", "Var. seed", "Var. strength", "Steps", "CFG Scale", "Image CFG Scale", "Prompt S/R",
        "Prompt order", "Sampler", "Checkpoint name", "Sigma Churn", "Sigma min", "Sigma max", "Sigma noise", "Eta",
        "Clip skip", "Denoising", "Cond. Image Mask Weight", "VAE", "Styles",
    ),
}  # fmt: skip
"""The axes by number as the documentation of webuiapi 0.9 lists them (the webui of early 2023)."""


def from_old_list(given: Sequence[Any], tab: str) -> XYZPlot | None:
    """The plot that eleven positional arguments mean, as webuiapi 0.9 documents them; None for any other list.

    Its last version documents fourteen: behind the values of each axis a list of chosen ones, empty there.
    """
    if len(given) == 14 and not any(given[2:9:3]):
        given = [*given[0:2], *given[3:5], *given[6:8], *given[9:]]
    if len(given) != 11:
        return None
    axes = _OLD_AXES[tab]
    numbers, texts = given[0:6:2], given[1:6:2]
    if not all(isinstance(number, int) and 0 <= number < len(axes) for number in numbers):
        return None
    named = [(axes[number], str(text)) if number else None for number, text in zip(numbers, texts, strict=True)]
    legend, lone, grids, no_fixed = (_truth(value) for value in given[6:10])
    return XYZPlot(
        x=named[0],
        y=named[1],
        z=named[2],
        draw_legend=legend,
        include_lone_images=lone,
        include_sub_grids=grids,
        no_fixed_seeds=no_fixed,
        margin_size=int(given[10]),
    )


def _truth(value: Any) -> bool:
    """The flags were documented as the texts "True" and "False", both of which the server takes for true."""
    return value.strip().casefold() == "true" if isinstance(value, str) else bool(value)
