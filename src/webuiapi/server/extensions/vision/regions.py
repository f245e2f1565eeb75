"""Connected regions of masks: found, grown, filled."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFilter

from .arrays import Mask, mask_picture

Labels = NDArray[np.intp]


def flood(allowed: Mask, seeds: Mask) -> Mask:
    """All of `allowed` that hangs together with `seeds`, by sides.

    Whole runs of a row, then of a column, are filled at a time, until nothing is added: as many rounds as the region
    has bends, not as it has pixels.
    """
    filled = allowed & seeds
    if not filled.any():
        return filled
    rows, columns = _runs(allowed), _runs(allowed.T).T
    count = -1
    while count != (count := int(np.count_nonzero(filled))):
        for runs in (rows, columns):
            hit = np.zeros(int(runs.max()) + 1, np.bool_)
            hit[runs[filled]] = True
            filled = hit[runs] & allowed
    return filled


def _runs(mask: Mask) -> Labels:
    """The number of the run in its row that each set pixel belongs to; anything where none is set."""
    starts = mask.copy()
    starts[:, 1:] &= ~mask[:, :-1]
    return np.cumsum(starts).reshape(mask.shape)


def filled_up(mask: Mask) -> Mask:
    """The mask without holes: what is not joined to the border is inside."""
    border = np.zeros(mask.shape, np.bool_)
    border[[0, -1]] = border[:, [0, -1]] = True
    return ~flood(~mask, border)


def largest(mask: Mask, *, keep: float = 1.0) -> Mask:
    """The largest connected part, and all others of at least `keep` times its size."""
    rest = mask.copy()
    parts: list[tuple[int, Mask]] = []
    left = int(rest.sum())
    while left and (not parts or left > max(size for size, _ in parts) * min(keep, 1.0)) and len(parts) < 64:
        seed = np.zeros(mask.shape, np.bool_)
        seed.flat[int(np.argmax(rest))] = True
        part = flood(rest, seed)
        parts.append((int(part.sum()), part))
        rest &= ~part
        left = int(rest.sum())
    if not parts:
        return mask
    top = max(size for size, _ in parts)
    result = np.zeros(mask.shape, np.bool_)
    for size, part in parts:
        if size >= top * keep:
            result |= part
    return result


def grown(mask: Mask, amount: int) -> Mask:
    """The mask larger by so many pixels all round; smaller where the number is below 0."""
    if not amount:
        return mask
    if amount < 0:
        return ~grown(~mask, -amount)
    return _spread(mask, min(amount, max(mask.shape)))


def _spread(mask: Mask, reach: int) -> Mask:
    """All within a distance: first down each column, then across, both by the nearest set pixel."""
    height, width = mask.shape
    far = float(height + width)
    down = np.where(mask, 0.0, far)
    for row in range(1, height):
        np.minimum(down[row], down[row - 1] + 1, out=down[row])
    for row in range(height - 2, -1, -1):
        np.minimum(down[row], down[row + 1] + 1, out=down[row])
    squared = down * down
    wide = np.pad(squared, ((0, 0), (reach, reach)), constant_values=far * far)
    result = np.zeros(mask.shape, np.bool_)
    for offset in range(-reach, reach + 1):
        result |= wide[:, reach + offset : reach + offset + width] <= reach * reach - offset * offset
    return result


def opened(mask: Mask, size: int) -> Mask:
    """Without specks and thin bridges."""
    if size < 1:
        return mask
    image = mask_picture(mask).filter(ImageFilter.MinFilter(2 * size + 1)).filter(ImageFilter.MaxFilter(2 * size + 1))
    return np.asarray(image) > 0


def box_of(mask: Mask) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what is set; None where nothing is."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def at_points(shape: tuple[int, int], points: Iterable[tuple[float, float]], radius: int = 0) -> Mask:
    """A mask that is set at these places and around them; what lies outside is moved to the border."""
    mask = np.zeros(shape, np.bool_)
    for x, y in points:
        column = int(min(max(x, 0), shape[1] - 1))
        row = int(min(max(y, 0), shape[0] - 1))
        mask[max(row - radius, 0) : row + radius + 1, max(column - radius, 0) : column + radius + 1] = True
    return mask
