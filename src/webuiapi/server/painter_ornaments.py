"""Two of the painter's scenes that are no places: a great blossom, and ribbons of poured paint."""

from __future__ import annotations

import numpy as np

from .painter_canvas import Scene, warped
from .painter_noise import Array, clip01, noise, smooth


def flow(scene: Scene) -> None:
    """Ribbons of poured paint, lit from one side."""
    latent = scene.latent
    body = warped(scene, "paint", 2, latent.between(0.25, 0.5, "stir"), 3)
    other = warped(scene, "tint", 1.6, 0.4, 2)
    bands = body * latent.between(0.9, 1.7, "bands") + other * latent.between(-0.6, 0.6, "cross")
    bands += scene.latent.normal("phase")
    wave = bands - np.floor(bands)
    fold = smooth(np.abs(wave * 2 - 1))
    scene.tone += 0.12 + fold * 0.5 + body * 0.09
    slope = fold - np.roll(fold, (1, 1), (0, 1))
    slope *= 0.011 * len(scene.x) / scene.wide
    scene.tone += np.maximum(np.minimum(slope, 0.25), -0.14)
    scene.hue += smooth(other * 0.9) * 0.35
    scene.hue += smooth(body * 1.6 - 0.3) * (2 - scene.hue)
    vein = (np.abs(wave - 0.5) - 0.035) * (30 + 10 * other)
    vein = 1 / (1 + vein * vein)
    scene.tone += vein * 0.28
    scene.hue += vein * (1 - scene.hue)


def angle(dx: Array, dy: Array) -> Array:
    """The direction in turns, 0 to 1, from exact operations only (to about 0.0002 turns)."""
    ax, ay = np.abs(dx), np.abs(dy)
    low = np.minimum(ax, ay)
    low /= np.maximum(np.maximum(ax, ay), 1e-9)
    square = low * low
    turn = low * (0.1591 + square * (-0.0518 + square * (0.0255 - square * 0.0078)))
    turn = np.where(ay > ax, 0.25 - turn, turn)
    turn = np.where(dx < 0, 0.5 - turn, turn)
    return np.where(dy < 0, 1 - turn, turn)


def bloom(scene: Scene) -> None:
    """A great blossom before soft lights."""
    latent = scene.latent
    scene.tone += 0.2 + 0.12 * scene.noise("back", 1.4, 1.4, 2)
    scene.sun = (latent.between(-0.3, 0.3, "sun x") * scene.wide, 0.2 * scene.tall)
    light = scene.glow(0.5)
    scene.tone += light * 0.25
    scene.hue += light * 0.5
    _bokeh(scene)
    cx, cy = latent.between(-0.12, 0.12, "x"), scene.tall * latent.between(0.44, 0.56, "y")
    left, right = np.searchsorted(scene.x, (cx - 0.56, cx + 0.56))
    top, bottom = np.searchsorted(scene.y, (cy - 0.56, cy + 0.56))
    dx, dy = scene.across[left:right] - cx, scene.down[top:bottom] - cy
    r = np.sqrt(dx * dx + dy * dy)
    turn = angle(dx, dy)
    turn *= int(latent.between(5, 12, "petals"))
    bend = noise(latent, "bend", scene.x[left:right] * 2.2 + 64, scene.y[top:bottom] * 2.2, 2) * 0.02
    turn += bend * 4
    for i in range(9):
        reach = 0.45 * (1 - i / 8 * 0.84)
        rows = slice(*np.searchsorted(scene.y[top:bottom], (cy - reach - 0.07, cy + reach + 0.07)))
        columns = slice(*np.searchsorted(scene.x[left:right], (cx - reach - 0.07, cx + reach + 0.07)))
        canvas = np.s_[top + rows.start : top + rows.stop, left + columns.start : left + columns.stop]
        lobe = turn[rows, columns] + (i * 0.5 + latent.between(-0.1, 0.1, f"turn{i}"))
        lobe -= np.floor(lobe)
        _petals(scene, canvas, lobe, r[rows, columns], bend[rows, columns], i / 8)
    heart = clip01((0.045 - r) * (1 / scene.edge) + 0.5)
    seeds = np.s_[top:bottom, left:right]
    scene.tone[seeds] += heart * (0.75 - r * 5 - scene.tone[seeds])
    scene.hue[seeds] += heart * (1 - scene.hue[seeds])


def _petals(scene: Scene, canvas: tuple[slice, slice], lobe: Array, r: Array, bend: Array, p: float) -> None:
    """A ring of petals and its shadow.

    `p` is 0 for the outermost ring and 1 for the innermost, `lobe` 0 to 1 across each petal. Most is done in place:
    fresh memory is dearer than arithmetic.
    """
    reach = 0.45 * (1 - p * 0.84)
    lobe *= 2
    lobe -= 1
    np.abs(lobe, out=lobe)
    border = lobe * lobe
    border *= 0.15 * p - 0.42
    border += 1
    tone = bend + reach
    border *= tone
    border -= r
    np.multiply(r, (0.5 + 0.12 * p) / reach, out=tone)
    tone += 0.24 + 0.14 * p
    lobe *= 0.12 + 0.14 * p
    tone -= lobe
    rim = np.multiply(border, 1 / 0.012, out=lobe)
    rim *= rim
    rim += 1
    np.divide(0.12, rim, out=rim)
    tone += rim
    shadow = np.multiply(border, 20, out=rim)
    shadow += 1
    clip01(shadow)
    shadow *= 0.16
    border *= 1 / scene.edge
    border += 0.5
    alpha = clip01(border)
    field = scene.tone[canvas]
    tone -= field
    tone += shadow
    tone *= alpha
    tone -= shadow
    field += tone
    field = scene.hue[canvas]
    hue = np.multiply(r, 0.8 * p / reach, out=tone)
    hue += 2 - 0.8 * p
    hue -= field
    hue *= alpha
    field += hue


def _bokeh(scene: Scene) -> None:
    x, y, size = (scene.latent.row(f"bokeh {n}", 26) for n in "xyr")
    unit = len(scene.x) / scene.wide
    for k in range(26):
        r = 0.03 + 0.03 * abs(float(size[k]))
        cx, cy = float(x[k]) * 3.7 % 1 * scene.wide - scene.wide / 2, float(y[k]) * 4.3 % 1 * scene.tall
        left, right = (max(int((cx + s * r * 1.3 + scene.wide / 2) * unit), 0) for s in (-1, 1))
        top, bottom = (max(int((cy + s * r * 1.3) * unit), 0) for s in (-1, 1))
        dx, dy = scene.across[left : right + 1] - cx, scene.down[top : bottom + 1] - cy
        d = np.sqrt(dx * dx + dy * dy)
        spot = clip01((r - d) * (1 / max(scene.edge, 0.01)) + 0.5) * (0.5 + 0.5 * d / r)
        scene.tone[top : bottom + 1, left : right + 1] += spot * (0.08 + 0.1 * (float(size[k]) > 0))
        scene.hue[top : bottom + 1, left : right + 1] += spot * 0.25
