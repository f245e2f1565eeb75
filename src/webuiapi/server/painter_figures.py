"""The figures that the painter knows, seen from behind or from the side, looking into the scene.

A figure is a list of rounded, tapered strokes that melt into each other. It stands at (0, 0) and
is about 1 high; y points up.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .painter_canvas import Scene, double, firs, land
from .painter_noise import Array, Latent, clip01, noise


class Stroke(NamedTuple):
    """One of them."""

    x0: float
    y0: float
    r0: float
    x1: float
    y1: float
    r1: float
    melt: float
    """How widely it melts into those before it."""
    light: float = 0.0
    hue: float = 2.0


def _both(*strokes: tuple[float, ...]) -> list[tuple[float, ...]]:
    """Each stroke and its mirror image."""
    return [(sign * s[0], *s[1:3], sign * s[3], *s[4:]) for s in strokes for sign in (1, -1)]


FIGURES: dict[str, list[tuple[float, ...]]] = {
    "cat": [
        (0.0, 0.20, 0.23, 0.0, 0.50, 0.145, 0.05, 0.0),
        *_both((0.15, 0.12, 0.12, 0.11, 0.22, 0.12, 0.05, -0.04)),
        (-0.045, 0.74, 0.125, 0.045, 0.74, 0.125, 0.09, 0.04),
        *_both((0.095, 0.80, 0.06, 0.125, 0.97, 0.006, 0.03, -0.05)),
        (0.17, 0.05, 0.045, 0.40, 0.05, 0.042, 0.03, -0.05),
        (0.40, 0.05, 0.042, 0.50, 0.17, 0.036, 0.02, -0.08),
        (0.50, 0.17, 0.036, 0.46, 0.31, 0.024, 0.02, -0.14),
    ],
    "fox": [
        (0.0, 0.18, 0.19, 0.0, 0.50, 0.12, 0.05, 0.0),
        *_both((0.12, 0.11, 0.10, 0.09, 0.22, 0.10, 0.05, -0.03)),
        (-0.05, 0.70, 0.11, 0.05, 0.70, 0.11, 0.08, 0.05),
        *_both((0.15, 0.66, 0.05, 0.20, 0.63, 0.01, 0.06, 0.18), (0.09, 0.77, 0.065, 0.13, 0.98, 0.006, 0.03, -0.12)),
        (0.15, 0.07, 0.06, 0.32, 0.09, 0.095, 0.04, 0.0),
        (0.32, 0.09, 0.095, 0.46, 0.17, 0.085, 0.03, 0.02),
        (0.50, 0.22, 0.065, 0.56, 0.33, 0.012, 0.05, 0.30),
    ],
    "dog": [
        (0.0, 0.20, 0.21, 0.0, 0.50, 0.15, 0.05, 0.0),
        *_both((0.14, 0.12, 0.11, 0.11, 0.24, 0.11, 0.05, -0.03)),
        (-0.04, 0.76, 0.14, 0.04, 0.76, 0.14, 0.08, 0.03),
        *_both((0.13, 0.85, 0.05, 0.20, 0.66, 0.055, 0.02, -0.16)),
        (0.12, 0.12, 0.05, 0.33, 0.22, 0.035, 0.03, 0.0),
        (0.33, 0.22, 0.035, 0.39, 0.36, 0.02, 0.02, 0.12),
    ],
    "rabbit": [
        (0.0, 0.17, 0.19, 0.0, 0.36, 0.13, 0.05, 0.0),
        *_both((0.13, 0.11, 0.10, 0.09, 0.2, 0.1, 0.05, -0.03)),
        (-0.03, 0.54, 0.115, 0.03, 0.54, 0.115, 0.07, 0.03),
        *_both((0.05, 0.63, 0.04, 0.09, 0.80, 0.052, 0.03, -0.05), (0.09, 0.80, 0.052, 0.11, 0.95, 0.012, 0.03, -0.05)),
        (0.0, 0.1, 0.065, 0.0, 0.1, 0.07, 0.01, 0.3),
    ],
    "squirrel": [
        (0.14, 0.07, 0.055, 0.29, 0.14, 0.09, 0.03, -0.08),
        (0.29, 0.14, 0.09, 0.37, 0.42, 0.125, 0.05, -0.02),
        (0.37, 0.42, 0.125, 0.33, 0.72, 0.13, 0.05, 0.03),
        (0.33, 0.72, 0.13, 0.22, 0.86, 0.105, 0.05, 0.10),
        (0.22, 0.86, 0.105, 0.11, 0.85, 0.05, 0.05, 0.16),
        (0.04, 0.20, 0.165, -0.05, 0.44, 0.115, 0.012, 0.0),
        (0.07, 0.14, 0.135, 0.02, 0.17, 0.13, 0.03, -0.04),
        (-0.11, 0.62, 0.115, -0.15, 0.61, 0.10, 0.06, 0.04),
        (-0.20, 0.59, 0.06, -0.245, 0.575, 0.035, 0.05, 0.10),
        (-0.05, 0.70, 0.04, -0.02, 0.84, 0.008, 0.02, -0.08),
        (-0.12, 0.71, 0.036, -0.12, 0.84, 0.008, 0.02, -0.04),
        (0.02, 0.035, 0.04, -0.17, 0.03, 0.032, 0.03, -0.06),
        (-0.09, 0.42, 0.05, -0.21, 0.44, 0.03, 0.02, 0.08),
        (-0.235, 0.465, 0.04, -0.235, 0.475, 0.038, 0.005, -0.12),
    ],
    "bird": [
        (-0.02, 0.36, 0.16, 0.05, 0.30, 0.17, 0.05, 0.0),
        (-0.09, 0.58, 0.115, -0.06, 0.55, 0.12, 0.09, 0.05),
        (-0.19, 0.575, 0.035, -0.27, 0.555, 0.006, 0.02, -0.25),
        (0.02, 0.38, 0.11, 0.25, 0.16, 0.05, 0.02, -0.16),
        (0.15, 0.22, 0.07, 0.42, -0.06, 0.035, 0.05, -0.2),
        (-0.03, 0.2, 0.014, -0.05, 0.06, 0.01, 0.02, -0.3),
        (0.05, 0.2, 0.014, 0.04, 0.06, 0.01, 0.02, -0.3),
    ],
    "woman": [
        (0.0, -0.05, 0.23, 0.0, 0.16, 0.16, 0.05, 0.02, 0.5),
        *_both(
            (0.05, 0.25, 0.075, 0.22, 0.18, 0.075, 0.06, 0.06, 0.5),
            (0.25, 0.16, 0.08, 0.31, -0.2, 0.085, 0.04, 0.0, 0.5),
        ),
        (0.0, 0.26, 0.06, 0.0, 0.42, 0.055, 0.03, 0.3),
        (0.0, 0.57, 0.13, 0.0, 0.64, 0.135, 0.02, -0.08),
        (0.0, 0.52, 0.132, 0.01, 0.30, 0.12, 0.06, -0.07),
        (-0.055, 0.50, 0.085, -0.085, 0.18, 0.055, 0.02, -0.09),
        (-0.085, 0.18, 0.055, -0.07, 0.07, 0.01, 0.012, -0.09),
        (0.06, 0.50, 0.085, 0.10, 0.20, 0.055, 0.02, -0.05),
        (0.10, 0.20, 0.055, 0.15, 0.06, 0.008, 0.012, -0.05),
        (0.02, 0.24, 0.09, 0.04, 0.0, 0.01, 0.012, -0.07),
    ],
    "man": [
        (0.0, -0.05, 0.25, 0.0, 0.14, 0.19, 0.05, 0.02, 0.5),
        *_both(
            (0.06, 0.24, 0.085, 0.27, 0.17, 0.09, 0.06, 0.06, 0.5), (0.3, 0.15, 0.095, 0.37, -0.2, 0.1, 0.04, 0.0, 0.5)
        ),
        (0.0, 0.26, 0.08, 0.0, 0.42, 0.075, 0.03, 0.28),
        *_both((0.122, 0.57, 0.026, 0.128, 0.52, 0.022, 0.02, 0.3)),
        (0.0, 0.47, 0.095, 0.0, 0.52, 0.11, 0.02, 0.2),
        (0.0, 0.56, 0.115, 0.0, 0.62, 0.125, 0.02, -0.06),
    ],
}
PEOPLE = ("woman", "man")  # seen from the waist up
SIZES = {"woman": 0.86, "man": 0.86, "bird": 0.62, "rabbit": 0.55, "squirrel": 0.62}


def figure(scene: Scene) -> None:
    """Put the idea's figure into the scene."""
    name = scene.idea.figure
    assert name is not None
    latent = scene.latent
    size = SIZES.get(name, 0.58) * latent.between(0.9, 1.1, "size")
    middle = latent.between(-0.1, 0.1, "figure x") * scene.wide
    foot = scene.tall * (1.0 if name in PEOPLE else 0.93)
    turn = 1.0 if scene.sun[0] > middle else -1.0
    if name not in PEOPLE:
        top = foot - 0.01 + scene.line("mound", 1.3, 3) * 0.012 + ((scene.across - middle) * 0.32) ** 2
        land(scene, top - firs(scene, "mound grass", 0.01, 0.018), 0.1, 0.3, fog=-0.05)
    strokes = _posed(name, latent)
    box = _box(scene, strokes, middle, foot, size)
    if box is None:
        return
    rows, columns = box
    x = (scene.x[columns][::2] - middle) * (turn / size)
    y = (foot - scene.y[rows][::2]) / size
    shape, shade, hue = _melt(strokes, x.astype(np.float32), y.astype(np.float32)[:, None])
    edge = scene.edge / size
    fur = noise(
        latent, "fur", scene.x[columns][::2] * 42 + 64, scene.y[rows][::2] * 15, 3, gain=0.7, limit=scene.edge * 60
    )
    shape += fur * (0.001 if name in PEOPLE else 0.004)

    towards_x = (scene.sun[0] - middle) / size * turn
    towards_y = (foot - scene.sun[1]) / size - 0.5
    pull = max(math.sqrt(towards_x * towards_x + towards_y * towards_y), 0.3)
    towards_x, towards_y = towards_x / pull, towards_y / pull
    facing = clip01(_slope(shape, x, y, towards_x, towards_y) * 0.6 + 0.5)
    rim = 1 / (1 + (shape * (1 / 0.018)) ** 2)
    rim *= facing * facing
    soft = clip01(shape * (1 / 0.12) + 1)
    soft *= soft * facing
    level = y.astype(np.float32)[:, None]
    tone = 0.2 + shade + (level * towards_y * 0.12 + x.astype(np.float32) * (towards_x * 0.25))
    tone += soft * 0.25 + rim * 0.45 + fur * (hue * 0.011)
    tone -= clip01(0.16 - level) * 0.8
    hue += (rim * 0.8 + soft * 0.15) * (1 - hue)
    alpha = clip01(double(shape) * (-1 / edge) + 0.5)
    for field, value in ((scene.tone, tone), (scene.hue, hue)):
        part = field[rows, columns]
        part += alpha * (double(value) - part)


def _posed(name: str, latent: Latent) -> list[Stroke]:
    """The strokes of a figure as this latent has them: the same places move together."""
    posed = []
    for numbers in FIGURES[name]:
        stroke = Stroke(*numbers)
        x0, y0, r0 = _moved(latent, *stroke[0:3])
        x1, y1, r1 = _moved(latent, *stroke[3:6])
        posed.append(stroke._replace(x0=x0, y0=y0, r0=r0, x1=x1, y1=y1, r1=r1))
    return posed


def _moved(latent: Latent, x: float, y: float, r: float) -> tuple[float, float, float]:
    at = f"{abs(x):.2f} {y:.2f}"
    aside = latent.normal(f"x{at}") * 0.011
    x += aside if x > 0 else -aside if x < 0 else 0
    return x, y + latent.normal(f"y{at}") * 0.011, r * (1 + 0.06 * latent.normal(f"r{at}"))


def _box(scene: Scene, strokes: list[Stroke], middle: float, foot: float, size: float) -> tuple[slice, slice] | None:
    """The rows and columns that the strokes can touch: an odd number of each."""
    reach = max(max(abs(s[0]) + s[2], abs(s[3]) + s[5]) for s in strokes) * size + 0.03 + scene.edge
    top = foot - max(max(s[1] + s[2], s[4] + s[5]) for s in strokes) * size - 0.03 - scene.edge
    bottom = foot - min(min(s[1] - s[2], s[4] - s[5]) for s in strokes) * size + 0.03 + scene.edge
    first, last = (int(v) for v in np.searchsorted(scene.y, (top, bottom)))
    left, right = (int(v) for v in np.searchsorted(scene.x, (middle - reach, middle + reach)))
    if last - first < 3 or right - left < 3:
        return None
    return slice(first, last - 1 + (last - first) % 2), slice(left, right - 1 + (right - left) % 2)


def _melt(strokes: list[Stroke], x: Array, y: Array) -> tuple[Array, Array, Array]:
    """The distance to the outline (negative inside), and how light and of which hue each place is."""
    shape: Array = np.full((y.shape[0], x.shape[0]), 9, np.float32)
    shade: Array = np.zeros_like(shape)
    hue: Array = np.full_like(shape, 2)
    for x0, y0, r0, x1, y1, r1, melt, light, colour in strokes:
        ax, ay = x1 - x0, y1 - y0
        length = ax * ax + ay * ay or 1.0
        px, py = x - x0, y - y0
        t = clip01(px * (ax / length) + py * (ay / length))
        dx, dy = px - t * ax, py - t * ay
        dx *= dx
        dy *= dy
        dx += dy
        near = np.sqrt(dx, out=dx)
        near -= t * (r1 - r0) + r0
        between = shape - near
        share = clip01(between * (0.5 / melt) + 0.5)
        shade += share * (light - shade)
        hue += share * (colour - hue)
        np.minimum(shape, near, out=shape)
        bridge = np.maximum(melt - np.abs(between), 0)
        bridge *= bridge
        bridge *= 0.25 / melt
        shape -= bridge
    return shape, shade, hue


def _slope(field: Array, x: Array, y: Array, along_x: float, along_y: float) -> Array:
    """How fast a field rises in a direction."""
    result: Array = np.zeros_like(field)
    if min(field.shape) > 2:
        result[:, 1:-1] = (field[:, 2:] - field[:, :-2]) * float(along_x / (x[2] - x[0]))
        result[1:-1] += (field[2:] - field[:-2]) * float(along_y / (y[2] - y[0]))
    return result
