"""The painter's randomness: latents mixed from seeds, and smooth noise grown from them.

Everything here uses only integer arithmetic and the float operations that IEEE 754 defines exactly (no sine, power or
exponential of an array, no matrix product, no float sum), because those give the same bits on every platform.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

SIDE = 128  # of the square bank of normal numbers that a latent is


def key(kind: str, value: object) -> int:
    """A number of 64 bits for a value, the same in every process."""
    return int.from_bytes(hashlib.blake2b(f"{kind}:{value}".encode("utf-8", "replace"), digest_size=8).digest(), "big")


@lru_cache(maxsize=64)
def _normals(seed: int) -> Array:
    """A bank of near-normal numbers: splitmix64 over a counter, then the sum of the four 16-bit parts."""
    z = np.arange(1, SIDE * SIDE + 1, dtype=np.uint64)
    z *= np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z ^= z >> np.uint64(shift)
        z *= np.uint64(factor)
    z ^= z >> np.uint64(31)
    parts = z.view(np.uint16).reshape(-1, 4).astype(np.int32)
    total = parts[:, 0] + parts[:, 1] + parts[:, 2] + parts[:, 3]
    bank: Array = ((total - 2 * 65535).astype(np.float32) * (1 / 37837.0)).reshape(SIDE, SIDE)
    bank.setflags(write=False)
    return bank


class Latent:
    """What makes one picture differ from another: a bank of normal numbers mixed from those of several keys.

    The mix keeps the variance, so that a picture halfway between two seeds is as lively as either.
    """

    def __init__(self, parts: Iterable[tuple[int, float]]) -> None:
        bank: Array = np.zeros((SIDE, SIDE), np.float32)
        square = 0.0
        for seed, weight in parts:
            if weight:
                bank += _normals(seed) * weight
                square += weight * weight
        bank *= 1 / math.sqrt(square)
        self.bank = bank

    def normal(self, name: str) -> float:
        """The normal number of that name."""
        place = zlib.crc32(name.encode())
        return float(self.bank[place >> 7 & 127, place & 127])

    def between(self, low: float, high: float, name: str) -> float:
        """A number from `low` to `high`, about evenly spread, that moves smoothly with the latent."""
        n = self.normal(name) * 0.9
        return low + (high - low) * (0.5 + 0.5 * n / math.sqrt(0.6 + n * n))

    def row(self, name: str, count: int) -> Array:
        """`count` normal numbers."""
        place = (zlib.crc32(name.encode()) + np.arange(count)) % (SIDE * SIDE)
        return self.bank.reshape(-1)[place]

    def lattice(self, name: str, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Array:
        """The normal numbers at those places of an endless lattice (which repeats after `SIDE`)."""
        place = zlib.crc32(name.encode())
        return self.bank[(rows + (place >> 7)) % SIDE][:, (columns + place) % SIDE]


def clip01(values: Array) -> Array:
    """Limit to 0..1, in place."""
    np.maximum(values, 0, out=values)
    return np.minimum(values, 1, out=values)


def smooth(values: Array) -> Array:
    """Smoothstep of values limited to 0..1."""
    t = clip01(values.copy())
    ease = t * -2
    ease += 3
    ease *= t
    ease *= t
    return ease


def _levels(places: Array, pixels: float) -> int:
    """How often cells of 1 are to be halved until they are no more than so many pixels wide."""
    step = float(places[-1] - places[0]) / max(len(places) - 1, 1) or 1.0
    levels = 0
    while levels < 10 and 0.5**levels > pixels * step:
        levels += 1
    return levels


def _spans(places: Array, levels: int) -> list[tuple[int, int]]:
    """For each level, coarsest first, the first and the last place of the lattice that the finest depends on."""
    low, high = math.floor(places[0] * 2**levels), math.floor(places[-1] * 2**levels) + 1
    spans = [(low, high)]
    for _ in range(levels):
        low, high = low // 2 - 1, -(-high // 2) + 1
        spans.append((low, high))
    return spans[::-1]


def _subdivide(coarse: Array, start: int, low: int, high: int) -> Array:
    """Cubic B-spline coefficients along axis 0 at half the distance, for the fine places `low` to `high`."""
    count = high // 2 - low // 2 + 1
    at = low // 2 - start
    middle = coarse[at : at + count]
    after = coarse[at + 1 : at + 1 + count]
    fine = np.empty((2 * count, coarse.shape[1]), np.float32)
    fine[0::2] = middle * 0.75 + (coarse[at - 1 : at - 1 + count] + after) * 0.125
    fine[1::2] = (middle + after) * 0.5
    skip = low - low // 2 * 2
    return fine[skip : skip + high - low + 1]


def _places(span: tuple[int, int], period: int | None) -> NDArray[np.int64]:
    places = np.arange(span[0], span[1] + 1)
    return places if period is None else places % period


def noise(
    latent: Latent,
    name: str,
    x: Array,
    y: Array,
    octaves: int,
    *,
    gain: float = 0.5,
    limit: float = 0.0,
    cell: float = 4.0,
    periods: tuple[int, int] | None = None,
) -> Array:
    """Smooth fractal noise, standard deviation about 1, at all pairs of `y` (rows) and `x` (columns).

    `x` and `y` are rising coordinates in cells of the coarsest lattice. Octaves whose cells are finer than `limit` fade
    out. The noise is smooth down to `cell` pixels, and straight between them. With `periods` (cells across, cells down)
    it repeats.

    One B-spline surface is refined level by level, and each level adds its own random numbers, so the price is that of
    the finest lattice alone.
    """
    if not len(x) or not len(y):
        return np.zeros((len(y), len(x)), np.float32)
    weights = [1.0]
    part = 1.0
    for k in range(1, octaves):
        part *= gain
        fade = min(max(2 * 0.5**k / max(limit, 1e-9) - 1.0, 0.0), 1.0)
        if not fade:
            break
        weights.append(part * fade)
    total = math.sqrt(sum(weight * weight for weight in weights))
    across = _spans(x, max(len(weights) - 1, _levels(x, cell)))
    down = _spans(y, max(len(weights) - 1, _levels(y, cell)))
    surface: Array | None = None
    for k in range(max(len(across), len(down))):
        if surface is not None and k < len(down):
            surface = _subdivide(surface, down[k - 1][0], *down[k])
        if surface is not None and k < len(across):
            surface = _subdivide(surface.T, across[k - 1][0], *across[k]).T
        if k < len(weights):
            turn = (None, None) if periods is None else (periods[1] << k, periods[0] << k)
            fresh = latent.lattice(f"{name}{k}", _places(down[k], turn[0]), _places(across[k], turn[1]))
            fresh *= weights[k] / total * 2.1
            surface = fresh if surface is None else surface + fresh
    assert surface is not None
    return _bilinear(surface, x * 2 ** (len(across) - 1) - across[-1][0], y * 2 ** (len(down) - 1) - down[-1][0])


def _bilinear(surface: Array, x: Array, y: Array) -> Array:
    column, row = x.astype(np.intp), y.astype(np.intp)
    part = (x - column).astype(np.float32)
    left = np.take(surface, column, axis=1)
    left += (np.take(surface, column + 1, axis=1) - left) * part
    part = (y - row).astype(np.float32)[:, None]
    top = np.take(left, row, axis=0)
    bottom = np.take(left, row + 1, axis=0)
    bottom -= top
    bottom *= part
    top += bottom
    return top


def line(latent: Latent, name: str, x: Array, octaves: int, *, gain: float = 0.5, limit: float = 0) -> Array:
    """Fractal noise along a line."""
    level: Array = noise(latent, name, x, np.full(1, 0.37), octaves, gain=gain, limit=limit)[0]
    return level * 1.2
