"""Axes that are none are said before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

import webuiapi

from .bench import Bench


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("Steps", r"""y='Steps' must be a pair of an axis and its values, as in \("Steps", \[20, 30\]\)"""),
        (("Steps",), r"y=\['Steps'\] must be a pair"),
        ((5, [1]), r"y=\[5, \[1\]\] must be a pair"),
        (("Steps", 5), r"y: the values of 'Steps' are 5, and must be a list"),
        (("Steps", []), r"y: 'Steps' has no values"),
        (("Steps", ""), r"y: 'Steps' has no values"),
    ],
)
def test_an_axis_that_is_none(axis: Any, message: str) -> None:
    bench = Bench()
    with pytest.raises(ValueError, match=f"^XYZPlot: {message}"):
        bench.client().txt2img("a", scripts=[webuiapi.XYZPlot(y=axis)])
    assert bench.sent == []


@pytest.mark.parametrize("values", [[1, 2], (1, 2), range(1, 3), "1, 2", "1-2"])
def test_values_of_every_kind_are_an_axis(values: Any) -> None:
    assert list(webuiapi.XYZPlot(x=("Steps", values)).problems()) == []


def test_values_of_an_iterator_are_read_once() -> None:
    plot: Any = webuiapi.XYZPlot(x=("Steps", (number for number in (1, 2))))  # type: ignore[arg-type]
    assert [list(plot.x[1]) for _ in range(2)] == [[1, 2]] * 2
