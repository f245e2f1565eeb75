"""Which pixels look like those of one part of a picture rather than those of another."""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .regions import Labels

_LIGHTS = 8
_TONES = 32
_SMOOTHING = ((0, 6), (1, 1), (2, 1))
"""How often the counts are spread to their neighbours: by light above all, so that a shade does not part a thing."""


def colour_bins(values: Array) -> Labels:
    """The bin that each pixel falls in, by its light and its two opposing colours."""
    light = values.mean(2)
    scale = _TONES / (light + 60)
    warm = (values[..., 0] - values[..., 1]) * scale * 0.5 + _TONES / 2
    blue = (values[..., 2] - (values[..., 0] + values[..., 1]) / 2) * scale * 0.4 + _TONES / 2
    tones = [np.clip(field, 0, _TONES - 1).astype(np.intp) for field in (warm, blue)]
    lights = np.minimum(light * (_LIGHTS / 256), _LIGHTS - 1).astype(np.intp)
    bins: Labels = (lights * _TONES + tones[0]) * _TONES + tones[1]
    return bins


def share_inside(bins: Labels, inside: Array, outside: Array) -> Array:
    """How much more often a pixel's colour is found inside than outside, 0 to 1; both are weights by pixel."""
    found = []
    for weights in (inside, outside):
        counts: Array = np.bincount(bins.ravel(), weights.ravel(), _LIGHTS * _TONES**2).astype(np.float64)
        counts = counts.reshape(_LIGHTS, _TONES, _TONES)
        for axis, times in _SMOOTHING:
            for _ in range(times):
                counts = _spread(counts, axis)
        found.append(counts.ravel()[bins] / (counts.sum() + 1e-9))
    result: Array = (found[0] / (found[0] + found[1] + 1e-9)).astype(np.float32)
    return result


def _spread(counts: Array, axis: int) -> Array:
    size = counts.shape[axis]
    wide = np.pad(counts, [(1, 1) if one == axis else (0, 0) for one in range(3)], mode="edge")
    result: Array = (np.take(wide, range(size), axis) + 2 * counts + np.take(wide, range(2, size + 2), axis)) / 4
    return result
