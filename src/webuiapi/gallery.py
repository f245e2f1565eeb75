"""Pictures as HTML: what a notebook shows of a result, of an X/Y/Z plot, and of results side by side."""

from __future__ import annotations

import base64
import csv
import html
from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from .infotext import GenerationParameters
from .infotext import parse as parse_infotext
from .png import MEDIA_TYPES, kind_of
from .wording import a_kind

if TYPE_CHECKING:
    from .results import Result

_SHOWN_INLINE = frozenset({"png", "jpeg", "webp", "gif", "avif"})
_TEXT = "font:12px sans-serif"


def fragment(result: Result[Any], *, width: int = 256) -> str:
    """The pictures side by side, each with its seed below and its generation parameters on hover.

    Those of an X/Y/Z plot that sent its single pictures (`include_lone_images=True`) stand in a table of its values.
    """
    plot = _plot_of(result)
    if plot is not None:
        return "".join(_tables(result, plot, width))
    cells = [_figure(result, index, width, _seed(result, index)) for index in range(len(result.content))]
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px">{"".join(cells)}</div>'


def _seed(result: Result[Any], index: int) -> str:
    seed = result.seeds[index]
    return "" if seed is None else f"seed {seed}"


def _figure(result: Result[Any], index: int, width: int, caption: str) -> str:
    """One picture; nothing for what browsers don't show."""
    data = result.content[index]
    kind = kind_of(data) or ""
    if kind not in _SHOWN_INLINE:
        return ""
    source = f"data:{MEDIA_TYPES[kind]};base64,{base64.b64encode(data).decode()}"
    title = html.escape(result.infotexts[index] or "", quote=True)
    return (
        f'<figure style="margin:0"><img src="{source}" title="{title}" style="max-width:{width}px">'
        f'<figcaption style="{_TEXT}">{html.escape(caption)}</figcaption></figure>'
    )


# -- X/Y/Z plots --------------------------------------------------------------------------------------------------


class _Axis(NamedTuple):
    label: str
    values: list[str]


class _Plot(NamedTuple):
    """The axes, x to z, and where the picture of the first values stands; z counts slowest, x fastest."""

    x: _Axis
    y: _Axis
    z: _Axis
    first: int


def _plot_of(result: Result[Any]) -> _Plot | None:
    """The plot that a result is, by its grid's parameters; None if it is none, or its single pictures aren't there.

    Grids come before the single pictures, and but for the first have no parameters. Axes given as a range ("10-50 [5]")
    don't say how many values they have.
    """
    texts = result.infotexts
    said = next((found for found in map(parse_infotext, filter(None, texts)) if "X Type" in found), None)
    if said is None:
        return None
    x, y, z = (_axis(said, letter) for letter in "XYZ")
    count = prod(len(axis.values) for axis in (x, y, z))
    first = len(texts) - count
    after_a_grid = first > 0 and (texts[first - 1] is None or texts[first - 1] == str(said))
    return _Plot(x, y, z, first) if after_a_grid and None not in texts[first:] else None


def _axis(said: GenerationParameters, letter: str) -> _Axis:
    """One axis; one that was not used has one value without a name."""
    label = said.get(f"{letter} Type", "")
    rows = csv.reader([said.get(f"{letter} Values", "")], skipinitialspace=True)
    return _Axis(label, [value.strip() for row in rows for value in row if value.strip()] or [""])


def _tables(result: Result[Any], plot: _Plot, width: int) -> Iterable[str]:
    """A table for each value of z."""
    at = plot.first
    for z in plot.z.values:
        rows = []
        for y in plot.y.values:
            indices = range(at, at := at + len(plot.x.values))
            rows.append([y, *(_figure(result, index, width, _seed(result, index)) for index in indices)])
        caption = _said(plot.z.label, z)
        yield _table(caption, [_said(plot.y.label, "↓"), *(_said(plot.x.label, x) for x in plot.x.values)], rows)


def _said(label: str, value: str) -> str:
    return f"{label}: {value}" if label else ""


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column and head are texts; the other cells are HTML."""
    body = "".join(
        f'<tr><th style="text-align:left">{html.escape(first)}</th>'
        + "".join(f'<td style="vertical-align:top;text-align:left">{cell}</td>' for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    heads = "".join(f'<th style="text-align:left">{html.escape(text)}</th>' for text in head)
    above = f'<caption style="text-align:left">{html.escape(caption)}</caption>' if caption else ""
    return f'<table style="{_TEXT}">{above}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'


# -- results side by side -----------------------------------------------------------------------------------------


class Comparison:
    """Results side by side, as a notebook shows them: a column each, and above the pictures what they differ in."""

    def __init__(self, results: Sequence[Result[Any]], labels: Sequence[str], width: int) -> None:
        self.results = list(results)
        """What is compared, from left to right."""
        self.labels = list(labels)
        """The heads of the columns."""
        self.width = width
        """Of a picture, in pixels of the screen, at most."""

    @property
    def differences(self) -> dict[str, list[str | None]]:
        """Of the first pictures: the generation parameters that are not the same for all, a value a result.

        None where a result does not say it. `Prompt` and `Negative prompt` are among them.
        """
        said = [_all_said(result) for result in self.results]
        names = dict.fromkeys(name for parameters in said for name in parameters)
        values = {name: [parameters.get(name) for parameters in said] for name in names}
        return {name: row for name, row in values.items() if len(set(row)) > 1}

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.results)} results: {', '.join(self.differences) or 'no difference'}>"

    def _repr_html_(self) -> str:
        texts = [[name, *(html.escape(value or "") for value in row)] for name, row in self.differences.items()]
        pictures = [
            [
                str(index) if index else "",
                *(
                    _figure(result, index, self.width, _seed(result, index)) if index < len(result.content) else ""
                    for result in self.results
                ),
            ]
            for index in range(max(len(result.content) for result in self.results))
        ]
        return _table("", ["", *self.labels], [*texts, *pictures])


def _all_said(result: Result[Any]) -> dict[str, str]:
    text = next((text for text in result.infotexts if text), "")
    parameters = parse_infotext(text)
    return {"Prompt": parameters.prompt, "Negative prompt": parameters.negative_prompt, **parameters}


def compare(*results: Result[Any], labels: Sequence[str] | None = None, width: int = 256) -> Comparison:
    """Results side by side, for a notebook: the pictures, and the generation parameters in which they differ.

    `labels` are the heads of the columns, one a result (default: 1, 2, ...); `width` is that of a picture, in pixels.
    Raises `TypeError` for what is no result, `ValueError` for none at all or another number of labels.
    """
    from .results import Result

    for result in results:
        if not isinstance(result, Result):
            raise TypeError(f"compare: {a_kind(result)} is no result: give what txt2img and the like returned")
    if not results:
        raise ValueError("compare: no results were given")
    if labels is not None and (isinstance(labels, str) or len(labels) != len(results)):
        raise ValueError(f"compare: labels={labels!r}: as many as results are needed, {len(results)}")
    return Comparison(results, labels or [str(number) for number in range(1, len(results) + 1)], width)
