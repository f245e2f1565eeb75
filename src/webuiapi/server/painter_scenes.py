"""The places that the painter knows: hills, peaks, dunes, sea, forest, city and space."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .painter_canvas import Scene, crest, firs, land, mirror, ridge, sky, stars, warped
from .painter_noise import Array, clip01, line, noise, smooth
from .painter_ornaments import bloom, flow


def hills(scene: Scene) -> None:
    """Layers of land into the distance."""
    _layers(scene, jagged=False)


def peaks(scene: Scene) -> None:
    """Mountains behind dark woods."""
    _layers(scene, jagged=True)


def _layers(scene: Scene, *, jagged: bool) -> None:
    latent, tall = scene.latent, scene.tall
    horizon = tall * latent.between(0.5, 0.64, "horizon")
    sky(scene, horizon)
    haze = 0.36 if scene.idea.dark else 0.62
    for i in range(7):
        p = i / 6
        base = horizon + (tall - horizon) * (p * math.sqrt(p) * 0.8 - 0.02)
        height = (0.06 + 0.02 * p) * (1 + latent.between(-0.3, 0.3, f"high{i}"))
        tone = haze * (1 - p) * (1 - 0.2 * p) + 0.05
        steep = jagged and i < 3
        if steep:
            foot = crest(scene, f"peak{i}", base - 0.06 + 0.03 * i, 0.24 - 0.06 * i, 1.6 + 0.5 * i)
        else:
            foot = ridge(scene, f"ridge{i}", base, height, 1.3 + 0.4 * p, 3)
        trees = 0 if i < 3 else firs(scene, f"fir{i}", 0.008 + 0.02 * p * p, 0.012 + 0.075 * p * p * p)
        land(
            scene,
            foot - trees,
            tone - 0.06 * steep,
            0.7 * (1 - p) * math.sqrt(1 - p),
            fog=(haze - tone + 0.06 * steep) * 0.6 * (1 - p * 0.6) + 0.1 * steep,
            foot=foot,
            side=0.24 if steep else 0.0,
        )


def dunes(scene: Scene) -> None:
    """Sand in long curves, each with a lit and a shaded side."""
    latent, tall = scene.latent, scene.tall
    horizon = tall * latent.between(0.4, 0.55, "horizon")
    sky(scene, horizon, cloud=0.35)
    haze = 0.5 if scene.idea.dark else 0.78
    sand = scene.noise("sand", 5, 60, 3)
    for i in range(5):
        p = i / 4
        base = horizon + (tall - horizon) * (p * (0.7 + 0.3 * p) * 0.8 + 0.03)
        top = base - (0.9 - np.abs(scene.line(f"dune{i}", 0.8 + 0.3 * (1 - p), 2)) * 1.3) * (0.04 + 0.07 * p)
        rows = scene.below(float(top.min()))
        depth = scene.down[rows] - top
        fold = scene.line(f"fold{i}", 0.9, 2) * (0.05 + 0.1 * p) + 0.1
        lit = smooth((depth - fold) * (1 / (0.02 + 0.1 * p)))
        tone = (haze - 0.38 * p) - 0.3 * lit * (0.4 + 0.6 * p) + sand[rows] * (0.02 * p)
        light = 1 / (1 + ((scene.across - scene.sun[0]) * 1.8) ** 2)
        scene.cover(
            rows,
            clip01(depth * (1 / scene.edge) + 0.5),
            tone + light * 0.08 * (1 - p),
            (1 - lit) * light * (0.8 - 0.4 * p),
        )


def sea(scene: Scene) -> None:
    """Water under a sky, with islands far off and waves at the front."""
    latent, tall = scene.latent, scene.tall
    horizon = tall * latent.between(0.48, 0.62, "horizon")
    sky(scene, horizon)
    haze = 0.36 if scene.idea.dark else 0.62
    for i in range(2):
        shape = scene.line(f"isle{i}", 1.3 - 0.4 * i, 6) - 0.2 + latent.between(-0.7, 0.4, f"isles{i}")
        shape = np.maximum(shape, -0.05)
        land(scene, horizon + 0.004 - shape * (0.045 + 0.03 * i), haze - 0.16 * i, 0.4, fog=0.12, side=0.1)
    mirror(scene, horizon, calm=latent.between(0.0, 0.3, "calm"))
    shore = tall * latent.between(0.9, 0.97, "shore") + (scene.across - latent.normal("bay") * 0.3) * 0.1
    for i, (tone, hue, lace) in enumerate(((0.62, 0.1, 0.3), (0.4, 0.9, 0.25), (0.6, 0.9, 0.0))):
        top = shore + 0.028 * i + scene.line(f"foam{i}", 3, 5) * 0.008
        rows = scene.below(float(top.min()))
        depth = scene.down[rows] - top
        foam = 1 / (1 + (depth * (1 / 0.005)) ** 2)
        alpha = smooth(depth * (1 / (0.004 + 0.02 * (i == 2))) + 0.5) * (0.45 if i == 0 else 0.9)
        dim = 0.55 if scene.idea.dark else 1.0
        scene.cover(rows, alpha, (tone - depth * 0.7) * dim + foam * lace, hue)


def forest(scene: Scene) -> None:
    """Trunks in mist, with light falling through."""
    latent, tall = scene.latent, scene.tall
    dark = scene.idea.dark
    haze = 0.55 if dark else 0.88
    scene.sun = (latent.between(-0.28, 0.28, "sun x") * scene.wide, tall * latent.between(0.2, 0.45, "sun y"))
    light = scene.glow(0.42)
    ground = tall * latent.between(0.72, 0.82, "ground")
    scene.tone += light * (haze * 0.62)
    scene.tone += haze * 0.36
    scene.hue += light * 0.85
    top = slice(0, scene.below(0.6 * tall).start)
    leaves = noise(latent, "leaves", scene.x * 6 + 64, scene.y[top] * 6, 5, gain=0.7, limit=scene.edge * 15)
    for i in range(4):
        p = i / 3
        tone = haze * (0.66 - 0.6 * p)
        canopy = tall * (0.3 - 0.07 * i) + scene.line(f"canopy{i}", 1.5, 3) * 0.07
        shade = (canopy - scene.down[top]) * 9 + leaves * (1.3 + 0.4 * p)
        alpha = clip01(shade)
        alpha *= 0.5 + 0.3 * p
        scene.cover(top, alpha, tone + light[top] * (0.22 * (1 - p)), light[top] * (0.8 - 0.5 * p))
        _trunks(scene, f"trunk{i}", p, tone, ground + (tall - ground) * p * 0.6)
        floor = ridge(scene, f"floor{i}", ground + (tall - ground) * (p * 0.75 - 0.1), 0.02, 1.5, 4)
        if i > 1:
            floor = floor - firs(scene, f"fern{i}", 0.007 + 0.003 * i, 0.015 + 0.015 * p)
        land(scene, floor, tone * 0.95, 0.6 * (1 - p), fog=0.16 * (1 - p))
        if i < 3:
            scene.cover(slice(None), light * (0.3 * (1 - p)), haze, 0.8)
    _beams(scene, light)


def _trunks(scene: Scene, name: str, p: float, tone: float, foot: float) -> None:
    count = int((13 - 8 * p) * scene.wide) + 1
    wiggle, size = scene.latent.row(name, count), scene.latent.row(name + " size", count)
    lean = scene.latent.row(name + " lean", count)
    rows = slice(0, scene.below(foot).start)
    y = scene.down[rows]
    unit = len(scene.x) / scene.wide
    for k in range(count):
        middle = (k + 0.5 + float(wiggle[k]) * 0.33) / count * scene.wide - scene.wide / 2
        half = (0.006 + 0.022 * p * p) * (1 + 0.3 * min(max(float(size[k]), -1.5), 2.0))
        if p > 0.5 and abs(middle) < 0.17:
            continue  # the middle stays free to look into, or for a figure
        sway = float(lean[k]) * 0.03
        left = max(int((middle - abs(sway) * 2 - half * 2.5 + scene.wide / 2) * unit), 0)
        right = int((middle + abs(sway) * 2 + half * 2.5 + scene.wide / 2) * unit) + 2
        x = scene.across[left:right]
        centre = middle + sway * (y - foot)
        width = half * (1 + 0.5 * np.maximum(1 - (foot - y) * 7, 0) ** 2 - 0.25 * (foot - y))
        off = x - centre
        alpha = clip01((width - np.abs(off)) * (1 / scene.edge) + 0.5)
        lit = off * (math.copysign(0.09, scene.sun[0] - middle) * (1 - p * 0.4) / half)
        part = scene.tone[rows, left:right]
        part += alpha * (tone + lit - part)
        part = scene.hue[rows, left:right]
        part += alpha * (0.25 * (1 - p) - part)


def _beams(scene: Scene, light: Array) -> None:
    slant = scene.latent.between(-0.9, 0.9, "slant")
    along = (scene.across - slant * scene.down) * 400 + 3000
    beam = line(scene.latent, "beam", np.arange(6000) / 400 * 7, 3, gain=0.6)
    shaft = clip01(np.take(beam, along.astype(np.intp), mode="clip") * 0.6)
    shaft *= light
    scene.tone += shaft * 0.22
    scene.hue += shaft * 0.3


def city(scene: Scene) -> None:
    """Towers with lit windows over water."""
    latent, tall = scene.latent, scene.tall
    shore = tall * latent.between(0.68, 0.78, "shore")
    sky(scene, shore, cloud=0.7)
    haze = 0.42 if scene.idea.dark else 0.66
    for i in range(4):
        p = i / 3
        top = _towers(scene, f"tower{i}", shore, 0.05 + 0.018 * i, 0.42 - 0.09 * i)
        tone = haze * (1 - p) * 0.85 + 0.07
        land(scene, top, tone, 0.7 * (1 - p), fog=0.16 * (1 - p) + 0.06)
        if i:
            _windows(scene, f"window{i}", top, shore, 0.008 + 0.0035 * i, p)
    mirror(scene, shore, calm=0.2)


def _towers(scene: Scene, name: str, shore: float, gap: float, height: float) -> Array:
    cell = scene.x / gap + 200
    index = np.floor(cell)
    at = (index - index[0]).astype(np.intp)
    size = scene.latent.row(name, int(at[-1]) + 2)
    step = scene.latent.row(name + " step", int(at[-1]) + 2)
    across = np.abs(cell - index - 0.5)
    middle = 1 / (1 + (scene.x / (0.45 * scene.wide)) ** 2)
    tall = np.clip(0.55 + 0.3 * size[at], 0.12, 1.3) * (0.45 + 0.75 * middle)
    set_back = np.clip(step[at], 0, 1) * 0.16 * (across < 0.3)
    spire = np.where((step[at] > 0.9) & (across < 0.035), 0.22, 0.0)
    street = np.where(across > 0.5 - np.clip(size[at + 1] * 0.06, 0, 0.1), 0.35, 1.0)
    top: Array = (shore - (tall + set_back + spire) * street * height).astype(np.float32)
    return top


def _windows(scene: Scene, name: str, top: Array, shore: float, gap: float, p: float) -> None:
    rows = slice(scene.below(float(top.min())).start, scene.below(shore).start)
    if rows.start >= rows.stop:
        return
    cx, cy = scene.x / gap + 300, scene.y[rows] / (gap * 1.5)
    lattice = scene.latent.lattice(name, np.floor(cy).astype(np.int64), np.floor(cx).astype(np.int64))
    lit = clip01((lattice - (0.55 if scene.idea.dark else 1.15)) * 3)
    soft = max(scene.edge / gap, 0.12)
    column = np.clip((0.3 - np.abs(cx - np.floor(cx) - 0.5)) / soft + 0.5, 0, 1).astype(np.float32)
    row = np.clip((0.3 - np.abs(cy - np.floor(cy) - 0.5)) / soft + 0.5, 0, 1).astype(np.float32)[:, None]
    lit *= column
    lit *= row
    lit *= scene.down[rows] > top + gap * 0.8
    scene.cover(rows, lit, 0.8 + 0.1 * p, 1.0)


def space(scene: Scene) -> None:
    """Clouds of gas, stars, and a planet."""
    latent = scene.latent
    gas = warped(scene, "gas", 3, 0.45, 5)
    veil = warped(scene, "veil", 3, 0.5, 4)
    slant = latent.between(-0.8, 0.8, "slant")
    band = (scene.down - scene.tall * 0.5 + slant * scene.across) * 1.8
    band = 1 / (1 + band * band)
    band *= np.minimum(1 + 0.35 * veil, 1.2)
    cloud = smooth(gas * 0.28 + 0.45)
    cloud *= band
    scene.tone += 0.07 + cloud * np.minimum(0.4 + 0.12 * veil, 0.5)
    thread = 1 / (1 + (gas * 4) ** 2)
    scene.tone += thread * band * 0.1
    scene.hue += clip01(veil * 0.4 + 0.05) * 0.8
    stars(scene, 320, scene.tall)
    r = latent.between(0.13, 0.24, "planet")
    px, py = latent.between(-0.3, 0.3, "planet x") * scene.wide, scene.tall * latent.between(0.3, 0.7, "planet y")
    scene.sun = (px + r * 1.4, py - r * 1.2)
    dx, dy = (scene.across - px) * (1 / r), (scene.down - py) * (1 / r)
    inside = 1 - dx * dx - dy * dy
    disc = clip01(inside * (r / (2 * scene.edge)) + 0.5)
    depth = np.sqrt(np.maximum(inside, 0))
    light = clip01(dx * 0.6 - dy * 0.5 + depth * 0.62)
    bands = noise(latent, "bands", scene.x * 1.5 + 64, scene.y * 14, 4, limit=scene.edge * 20) * 0.07
    scene.cover(slice(None), disc, 0.04 + light * (0.7 + bands), 0.3 + 0.7 * light)
    air = np.abs(inside)
    rim = 1 / (1 + (air * 7) ** 2) * clip01(dx * 0.5 - dy * 0.4 + 0.35)
    scene.tone += rim * 0.3
    scene.hue += rim * 0.3


SCENES: dict[str, Callable[[Scene], None]] = {
    "hills": hills,
    "peaks": peaks,
    "dunes": dunes,
    "sea": sea,
    "forest": forest,
    "city": city,
    "space": space,
    "bloom": bloom,
    "flow": flow,
}
