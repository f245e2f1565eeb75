"""What the painter's scenes are made of: the picture in the making, skies, land, water, and fields that flow.

A picture is two fields: `tone` (0 dark to 1 light) and `hue` (0 air, 1 glow, 2 body), which `painter_colours.table`
turns into colours. Lengths are in units of the picture's shorter side, so that a picture is the same in every size.
"""

from __future__ import annotations

import numpy as np

from .painter_noise import Array, Latent, clip01, line, noise, smooth
from .painter_words import Idea


class Scene:
    """A picture in the making."""

    def __init__(self, latent: Latent, idea: Idea, width: int, height: int, blur: float) -> None:
        unit = max(min(width, height), max(width, height) / 3)
        self.latent, self.idea = latent, idea
        self.wide, self.tall = width / unit, height / unit
        self.x: Array = (np.arange(width) + 0.5) / unit - self.wide / 2
        self.y: Array = (np.arange(height) + 0.5) / unit
        self.edge = max(blur, 1.0 / unit)
        """How wide an edge is: what is smaller cannot be seen."""
        self.tone: Array = np.zeros((height, width), np.float32)
        self.hue: Array = np.zeros((height, width), np.float32)
        self.sun = (0.0, 0.0)

    @property
    def across(self) -> Array:
        """x as a row of float32."""
        return self.x.astype(np.float32)

    @property
    def down(self) -> Array:
        """y as a column of float32."""
        return self.y.astype(np.float32)[:, None]

    def noise(self, name: str, fx: float, fy: float, octaves: int, *, gain: float = 0.5) -> Array:
        """Noise with `fx` and `fy` cells in a unit."""
        return noise(
            self.latent, name, self.x * fx + 64, self.y * fy, octaves, gain=gain, limit=self.edge * 2.5 * max(fx, fy)
        )

    def line(self, name: str, frequency: float, octaves: int, *, gain: float = 0.5) -> Array:
        """Noise along x."""
        x = self.x * frequency + 64
        return line(self.latent, name, x, octaves, gain=gain, limit=self.edge * 2.5 * frequency)

    def below(self, top: float) -> slice:
        """The rows from `top` down."""
        return slice(int(np.searchsorted(self.y, top - self.edge)), len(self.y))

    def cover(self, rows: slice, alpha: Array, tone: Array | float, hue: Array | float) -> None:
        """Paint over some rows."""
        for field, value in ((self.tone, tone), (self.hue, hue)):
            change = value - field[rows]
            change *= alpha
            field[rows] += change

    def glow(self, radius: float, rows: slice = slice(None)) -> Array:
        """Light around the sun: 1 in its middle, falling off with the square of the distance."""
        dx, dy = self.across - self.sun[0], self.down[rows] - self.sun[1]
        light = dx * dx + dy * dy
        light *= 1 / (radius * radius)
        light += 1
        np.divide(1, light, out=light)
        return light


def sky(scene: Scene, horizon: float, *, cloud: float = 1.0) -> None:
    """A sky with its light and clouds, down to the horizon."""
    latent, dark, low = scene.latent, scene.idea.dark, scene.idea.low_sun
    zenith, base = (0.13, 0.46) if dark else (0.34, 0.7) if low else (0.5, 0.88)
    height = 0.85 if low else latent.between(0.3, 0.75, "sun high")
    scene.sun = (latent.between(-0.3, 0.3, "sun x") * scene.wide, horizon * height)
    fall = np.minimum(scene.down / horizon, 1.2)
    scene.tone += zenith + (base - zenith) * fall * fall
    wide = scene.glow(0.26 if low else 0.34)
    if dark:
        stars(scene, 170, horizon)
    n = scene.noise("cloud", 1.1, 3.6, 6, gain=0.55)
    lit = scene.noise("cloud light", 1.1, 3.6, 3) * 0.35 + n * 0.65
    n += latent.between(-0.6, 0.5, "cover")
    n *= 0.55
    alpha = smooth(n)
    alpha *= 0.75 * cloud
    lit *= 0.1
    lit += wide * 0.22
    lit += 0.3 if dark else 0.6 if low else 0.72
    scene.cover(slice(None), alpha, lit, alpha * 0.35)
    scene.hue += wide * (0.75 if low else 0.5)
    scene.tone += wide * (0.2 if dark else 0.14)
    size = 0.085 if dark or low else 0.055
    dx, dy = scene.across - scene.sun[0], scene.down - scene.sun[1]
    distance = np.sqrt(dx * dx + dy * dy)
    disc = clip01((size - distance) * (1 / (scene.edge * 1.5)) + 0.5)
    halo = scene.glow(size * 1.3)
    scene.tone += halo * 0.2
    clip01(scene.tone)
    scene.cover(slice(None), disc * (1 - alpha * 0.6), 0.99, 1.0)


def stars(scene: Scene, count: int, depth: float) -> None:
    """Small lights on the upper part."""
    place = scene.latent.row("star x", count), scene.latent.row("star y", count)
    bright = np.minimum(np.abs(scene.latent.row("star light", count)), 2)
    unit = (len(scene.x)) / scene.wide
    for sx, sy, light in zip(*place, bright, strict=True):
        x, y = float(sx) * 7.13 % 1 * scene.wide - scene.wide / 2, float(sy) * 5.71 % 1 * depth
        radius = max(scene.edge * 0.6, 0.0007 + 0.0009 * float(light) ** 2)
        power = min(0.9, 0.25 + 0.5 * float(light)) * min(1.0, (0.003 / scene.edge) ** 2)
        reach = radius * 3
        left, right = (max(int((x + scene.wide / 2 + s * reach) * unit), 0) for s in (-1, 1))
        top, bottom = (max(int((y + s * reach) * unit), 0) for s in (-1, 1))
        dx, dy = scene.across[left : right + 2] - x, scene.down[top : bottom + 2] - y
        spot = clip01(1 - (dx * dx + dy * dy) * (1 / (reach * reach)))
        scene.tone[top : bottom + 2, left : right + 2] += spot * spot * power


def ridge(scene: Scene, name: str, base: float, height: float, frequency: float, octaves: int) -> Array:
    """The y of a rolling skyline."""
    return base - scene.line(name, frequency, octaves, gain=0.42) * height


def crest(scene: Scene, name: str, base: float, height: float, frequency: float) -> Array:
    """The y of a jagged skyline: each octave folds to peaks, smaller ones on the flanks of the great."""
    rise: Array = np.full(len(scene.x), 0.55, np.float32)
    part = 1.0
    for k in range(7):
        n = scene.line(f"{name}{k}", frequency, 1)
        fold = 0.55 - np.sqrt(n * n + 0.004)
        rise += np.maximum(fold, -0.8) * (part * min(max(0.16 / (scene.edge * frequency) - 1, 0), 1))
        part *= 0.45
        frequency *= 1.9
    return base - rise * height


def firs(scene: Scene, name: str, gap: float, height: float) -> Array:
    """How far the tips of conifers stand over a ridge."""
    cell = scene.x / gap + 500
    index = np.floor(cell)
    tops = np.zeros(len(scene.x), np.float32)
    count = int(index[-1] - index[0]) + 3
    middle, size = scene.latent.row(name + " at", count), scene.latent.row(name + " size", count)
    for near in (-1, 0, 1):
        at = (index - index[0]).astype(np.intp) + near + 1
        tall = np.clip(0.72 + size[at] * 0.28, 0.15, 1.4)
        off = np.abs((cell - index - near - 0.5 - middle[at] * 0.22) / (0.62 * tall)).astype(np.float32)
        saw = off * 6 - np.floor(off * 6)
        np.maximum(tops, tall * np.maximum(1 - off - 0.1 * saw, 0), out=tops)
    return tops * height


def land(
    scene: Scene, top: Array, tone: float, hue: float, *, fog: float, foot: Array | None = None, side: float = 0.0
) -> None:
    """A layer of land under the skyline `top`, foggier below `foot`, its slopes lit from the sun's side."""
    foot = top if foot is None else foot
    rows = scene.below(float(top.min()))
    alpha = clip01((scene.down[rows] - top) * (1 / scene.edge) + 0.5)
    depth = scene.down[rows] - foot
    shade = clip01(depth * (1 / 0.25))
    shade *= fog
    shade += tone
    if side:
        flank = slice(rows.start, scene.below(float(top.max()) + 0.25).start)
        shade[: flank.stop - flank.start] += facets(scene, foot, depth[: flank.stop - flank.start], flank) * side
    light = 1 / (1 + ((scene.across - scene.sun[0]) * (1 / 0.4)) ** 2)
    scene.cover(rows, alpha, shade + light * (0.2 * hue * hue), light * hue)


def facets(scene: Scene, top: Array, depth: Array, rows: slice) -> Array:
    """Where a mountain's flanks face the sun: the slope of its skyline, carried down and aside."""
    if len(top) < 3:
        return np.zeros_like(depth)
    unit = len(scene.x) / scene.wide
    reach = max(round(0.008 * unit), 1)  # a slope over a little way: a mountain has few faces
    column = np.arange(len(top))
    left, right = np.maximum(column - reach, 0), np.minimum(column + reach, len(top) - 1)
    slope = (top[right] - top[left]) * (unit / (2 * reach))
    facing = np.minimum(np.maximum(slope * (1.5 if scene.sun[0] > 0 else -1.5), -1), 1)
    bend = noise(scene.latent, "flank", scene.x * 5 + 64, scene.y[rows] * 5, 4, limit=scene.edge * 12)
    bend *= 0.015
    bend += depth * (0.3 if scene.sun[0] > 0 else -0.3)
    bend *= unit
    bend += column.astype(np.float32)
    lit = np.take(facing, bend.astype(np.intp), mode="clip")
    lit *= 1 / (1 + np.maximum(depth, 0) * 6)
    return lit


def mirror(scene: Scene, horizon: float, *, calm: float) -> None:
    """Water from the horizon down, which reflects what is over it."""
    rows = scene.below(horizon + scene.edge)
    deep = scene.y[rows] - horizon
    far = deep / (deep + 0.2)
    ripple = noise(scene.latent, "ripple", scene.x * 2.2 + 64, far * 60, 5, gain=0.6, limit=scene.edge * 12)
    unit = len(scene.x) / scene.wide
    move = ripple * ((0.5 + deep[:, None] * 3).astype(np.float32) * (0.012 * unit * (1 - calm)))
    source = move + ((horizon - deep * 0.9) * unit).astype(np.float32)[:, None]
    np.maximum(source, 0, out=source)
    np.minimum(source, max(int(horizon * unit) - 1, 0), out=source)
    index = source.astype(np.intp)
    index *= len(scene.x)
    index += np.arange(len(scene.x))
    depth = (deep * (1 / (scene.tall - horizon + 0.01))).astype(np.float32)[:, None]
    scene.tone[rows] = np.take(scene.tone, index) * (0.92 - 0.35 * depth) + ripple * (0.02 + 0.03 * depth)
    scene.hue[rows] = np.take(scene.hue, index) * 0.85
    column = 1 / (1 + ((scene.across - scene.sun[0]) / (0.05 + 0.16 * depth)) ** 2)
    spark = smooth((ripple - 0.35) * 1.2)
    spark *= column
    scene.tone[rows] += spark * 0.4
    scene.hue[rows] += spark * 0.5


def warped(scene: Scene, name: str, frequency: float, strength: float, octaves: int = 6) -> Array:
    """Noise whose places are moved by other noise, which gives it the look of something that flows.

    It repeats at the picture's borders, and it is made at half the resolution: it has no edges.
    """
    width, height = len(scene.x), len(scene.y)
    across, down = width // 2 + 2, height // 2 + 2
    cells = (max(round(scene.wide * frequency), 1), max(round(scene.tall * frequency), 1))
    x = np.arange(across) * (2 * cells[0] / width) + 0.5
    y = np.arange(down) * (2 * cells[1] / height) + 0.5
    limit = scene.edge * 2.5 * frequency

    def plain(part: str, count: int) -> Array:
        return noise(scene.latent, name + part, x, y, count, limit=limit, cell=1.5, periods=cells)

    step = width / cells[0] / 2 * strength
    mx = plain(" x", min(octaves, 3))
    mx *= step
    mx += np.arange(across, dtype=np.float32)
    my = plain(" y", min(octaves, 3))
    my *= step
    my += np.arange(down, dtype=np.float32)[:, None]
    moved = _gather(plain("", octaves), mx, my, (width / 2, height / 2))
    return double(moved)[:height, :width]


def _gather(field: Array, x: Array, y: Array, turn: tuple[float, float]) -> Array:
    """The field at other places, which wrap around after `turn`."""
    rows, columns = field.shape
    x -= np.floor(x * (1 / turn[0])) * turn[0]
    y -= np.floor(y * (1 / turn[1])) * turn[1]
    np.maximum(np.minimum(x, columns - 1.01, out=x), 0, out=x)
    np.maximum(np.minimum(y, rows - 1.01, out=y), 0, out=y)
    column, row = x.astype(np.int32), y.astype(np.int32)
    x -= column
    y -= row
    at = row.astype(np.intp)
    at *= columns
    at += column
    flat = field.reshape(-1)
    one = np.take(flat, at)
    at += 1
    one += (np.take(flat, at) - one) * x
    at += columns
    two = np.take(flat, at)
    at -= 1
    left = np.take(flat, at)
    left += (two - left) * x
    one += (left - one) * y
    return one


def double(half: Array) -> Array:
    """A field at twice the resolution: `n` rows become `2 n - 1`, and so do columns."""
    rows, columns = half.shape
    wide = np.empty((rows, columns * 2 - 1), np.float32)
    wide[:, 0::2] = half
    np.add(half[:, :-1], half[:, 1:], out=wide[:, 1::2])
    wide[:, 1::2] *= 0.5
    full = np.empty((rows * 2 - 1, columns * 2 - 1), np.float32)
    full[0::2] = wide
    np.add(wide[:-1], wide[1:], out=full[1::2])
    full[1::2] *= 0.5
    return full
