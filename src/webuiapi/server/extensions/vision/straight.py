"""Straight lines in a picture, found by their votes (Hough) and drawn white on black."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as pil
from PIL import ImageDraw
from PIL.Image import Image

from .arrays import Array, blurred, gradient, grey
from .edges import thinned

_ANGLES = 180
_MOST = 300
"""No more lines than this are looked for."""
_STRENGTH = 40.0
_TOLERANCE = 4
"""By how many degrees an edge may run otherwise than its line."""
_SHORTEST = 0.045
"""Of the shorter side, with the lowest threshold."""

Segment = tuple[tuple[float, float], tuple[float, float]]


def straight_lines(image: Image, least: float) -> Image:
    """The lines of a picture; with a higher threshold (0.1 is usual) only longer ones."""
    drawn = pil.new("L", image.size)
    pen = ImageDraw.Draw(drawn)
    unit = min(image.size) / 512
    for start, end in find_lines(image, max(_SHORTEST + least * 0.25, _SHORTEST) * min(image.size)):
        pen.line([start, end], fill=255, width=max(round(unit * 1.5), 1))
    return drawn


def find_lines(image: Image, shortest: float) -> list[Segment]:
    """The ends of the lines that are at least so long, the ones with the most votes first."""
    values = blurred(grey(image), min(image.size) / 512)
    gx, gy = gradient(values)
    rows, columns = np.nonzero(thinned(np.hypot(gx, gy), gx, gy) > _STRENGTH)
    angles = np.rint(np.degrees(np.arctan2(gy[rows, columns], gx[rows, columns]))).astype(np.intp) % _ANGLES
    across, down = columns.astype(np.float32), rows.astype(np.float32)
    reach = int(np.hypot(*image.size)) + 2
    votes = np.zeros((_ANGLES, 2 * reach), np.int32)
    _vote(votes, across, down, angles, 1)
    found: list[Segment] = []
    for _ in range(_MOST):
        best = int(votes.argmax())
        angle, place = divmod(best, 2 * reach)
        if votes.flat[best] < max(shortest * 0.6, 4):
            break
        turn = np.radians(angle)
        offset = across * np.cos(turn) + down * np.sin(turn) - (place - reach)
        apart = np.abs(angles - angle)
        on = (np.abs(offset) < 1.6) & (np.minimum(apart, _ANGLES - apart) <= _TOLERANCE)
        for run in _runs(down[on] * np.cos(turn) - across[on] * np.sin(turn), shortest):
            ends = [_at(turn, place - reach, float(along)) for along in (run[0], run[-1])]
            found.append((ends[0], ends[1]))
        votes[angle, place] = 0
        _vote(votes, across[on], down[on], angles[on], -1)
        across, down, angles = across[~on], down[~on], angles[~on]
    return found


def _vote(votes: NDArray[np.int32], across: Array, down: Array, angles: NDArray[np.intp], weight: int) -> None:
    """Each point votes for the lines through it that run about as its edge does."""
    reach = votes.shape[1] // 2
    for turned in range(-_TOLERANCE, _TOLERANCE + 1):
        angle = (angles + turned) % _ANGLES
        turn = np.radians(angle)
        place = np.rint(across * np.cos(turn) + down * np.sin(turn)).astype(np.intp) + reach
        np.add.at(votes, (angle, place), weight)


def _runs(along: Array, shortest: float) -> list[Array]:
    """The stretches of a line on which its points lie close to each other, as far as they are long enough."""
    ordered = np.sort(along)
    parts = np.split(ordered, np.flatnonzero(np.diff(ordered) > max(shortest / 6, 2.5)) + 1)
    return [part for part in parts if len(part) > 1 and part[-1] - part[0] >= shortest and len(part) >= shortest * 0.5]


def _at(turn: float, distance: int, along: float) -> tuple[float, float]:
    return distance * np.cos(turn) - along * np.sin(turn), distance * np.sin(turn) + along * np.cos(turn)
