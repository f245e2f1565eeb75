"""Medians, spread and ratios, as Markdown tables."""

from __future__ import annotations

import math
from statistics import median

from .case import FLOOR, OURS, PREDECESSOR, Area, Case, Column
from .run import Rounds


def ratios(rounds: Rounds, column: Column) -> list[float]:
    """The ratio of each round, so that what slowed one round down is in both of its sides."""
    over, under = (PREDECESSOR, OURS) if column.kind == "less than predecessor" else (OURS, FLOOR)
    pairs = zip(rounds[over], rounds[under], strict=True)
    return [a[column.measure] / b[column.measure] for a, b in pairs if b[column.measure] > 0]


def number(value: float) -> str:
    """Three digits at most, none of them idle."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(rounds: Rounds, column: Column) -> str:
    """The median, and for a ratio the least and the largest of a round."""
    if column.kind in ("less than predecessor", "of floor"):
        values = ratios(rounds, column)
        if not values:
            return "-"
        return f"**{number(median(values))}** ({number(min(values))} to {number(max(values))})"
    value = median(result[column.measure] for result in rounds[OURS])
    if column.kind == "ms":
        value *= 1000
    elif column.kind == "calls/s":
        value = 1 / value
    return number(value)


def row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def heading(area: Area) -> list[str]:
    """Title, note, and the head of the table."""
    titles = ["case", *(column.title for column in area.columns), "to reach"]
    lines = [f"### {area.title}", ""]
    if area.note:
        lines += [area.note, ""]
    return [*lines, row(titles), row(["---"] * len(titles))]


def line(area: Area, case: Case, rounds: Rounds) -> str:
    return row([case.name, *(cell(rounds, column) for column in area.columns), case.to_reach])


def mean_line(area: Area, measured: list[Rounds]) -> str:
    """The geometric means of the ratios' medians."""
    cells = []
    for column in area.columns:
        medians = [median(values) for rounds in measured if (values := ratios(rounds, column))]
        if column.kind in ("less than predecessor", "of floor") and medians:
            cells.append(f"**{number(math.exp(sum(map(math.log, medians)) / len(medians)))}**")
        else:
            cells.append("")
    return row(["geometric mean", *cells, area.mean or ""])
