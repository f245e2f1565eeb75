"""The painter's colours: ramps from dark to light, by hand or around a hue, and the table that colours a picture."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .painter_noise import key

Ramp = tuple[tuple[int, int, int], ...]
"""Six colours, dark to light."""


def _ramp(text: str) -> Ramp:
    return tuple((int(c[0:2], 16), int(c[2:4], 16), int(c[4:6], 16)) for c in text.split())


# Air: the ramp of the surroundings. Glow: the ramp near the light.
AIRS = {
    "day": _ramp("0d2233 23495c 4b8797 8fbfc0 c9e2d6 f7fbee"),
    "sunset": _ramp("190f30 3f1f58 85305f d2576a f6a070 ffe6bd"),
    "forest": _ramp("06140f 10301f 22563a 568f5a a9cb86 f3f6d0"),
    "ocean": _ramp("04142a 0a3358 13648f 3da3ba 98dcd5 f3fbf1"),
    "night": _ramp("04060f 0b1230 182a5c 35509a 7f9ad6 e4edff"),
    "winter": _ramp("122036 30496f 658ab5 a4c0dc d8e6f2 ffffff"),
    "autumn": _ramp("1d0e0a 4d1f12 93421b cd7a2b efb963 fdeecb"),
    "desert": _ramp("25100f 652c20 ad5c39 dc995a f3cf95 fff3da"),
    "spring": _ramp("241030 59265a 9c4f86 d98bab f4c3cd fff3ee"),
    "neon": _ramp("07051a 1a1046 45197a 9a2c9c ec5a9c ffd3cf"),
    "cosmos": _ramp("030312 0f0c34 33185f 6f3194 c46fb6 ffe0ea"),
    "fire": _ramp("120307 430a10 93190f dc4a12 fba233 fff0b0"),
    "mist": _ramp("121a1f 33434a 64787c 9aaaa8 cbd4cd f7f6ee"),
}
GLOWS = {
    "sun": _ramp("2a0f20 7a2a3a d8603f fb9a4c ffd083 fff6da"),
    "moon": _ramp("081126 1c3158 456aa0 8fb2d8 d2e4f5 fffef2"),
    "gold": _ramp("1f1405 5a3a10 a8741e e0ac3e f8d98a fffbe2"),
    "neon": _ramp("031a2b 05506e 10a0b8 4fe0dc a8fff0 f6fffc"),
    "rose": _ramp("2b0a22 7d1f4d cf4a78 f58aa0 ffc3c0 fff2ea"),
}
PLAIN = {
    "black": _ramp("040406 0b0b10 16161d 2c2c36 62626e c9c9d3"),
    "white": _ramp("3a3a44 7c7a80 b4b0ae dcd8d3 f4f1ec ffffff"),
    "grey": _ramp("131417 34363b 66696f 9b9ea3 cfd1d3 f8f8f7"),
}
PLAIN |= {"gray": PLAIN["grey"], "silver": PLAIN["grey"]}
BODIES = {
    "squirrel": _ramp("1f0a06 5a210e a24a18 d8832f f2bd74 ffeecd"),
    "fox": _ramp("240a06 6e2109 c04d12 ea8430 f9bf7c fff0d8"),
    "cat": _ramp("150f12 3c2b2c 74554c ad8770 dcc0a4 fbf0e2"),
    "dog": _ramp("1a100b 4b2f1d 865c38 bd9160 e2c79b fbf3e0"),
    "rabbit": _ramp("1b171a 4a4042 85777a b9acaa e2d8d2 fffaf3"),
    "bird": _ramp("0a1420 17405a 2a7f96 f08a4b fbc887 fff5e2"),
    "woman": _ramp("150a12 42202b 7f3f40 bd765e e8b596 fff0e0"),
    "man": _ramp("150a12 42202b 7f3f40 bd765e e8b596 fff0e0"),
}
# Degrees of hue and chroma in OKLCh.
COLOURS = {
    "red": (27, 0.19),
    "crimson": (20, 0.17),
    "orange": (58, 0.16),
    "gold": (85, 0.14),
    "golden": (85, 0.14),
    "yellow": (100, 0.16),
    "lime": (125, 0.17),
    "green": (148, 0.14),
    "emerald": (160, 0.13),
    "teal": (190, 0.10),
    "turquoise": (195, 0.11),
    "cyan": (205, 0.11),
    "blue": (255, 0.15),
    "indigo": (280, 0.15),
    "purple": (305, 0.15),
    "violet": (298, 0.15),
    "magenta": (335, 0.18),
    "pink": (355, 0.13),
    "brown": (55, 0.08),
}


def mix(one: Ramp, other: Ramp, share: float) -> Ramp:
    """The ramp between two."""
    return tuple(
        (round(a[0] + (b[0] - a[0]) * share), round(a[1] + (b[1] - a[1]) * share), round(a[2] + (b[2] - a[2]) * share))
        for a, b in zip(one, other, strict=True)
    )


def ramp_of_hue(hue: float, chroma: float, turn: float) -> Ramp:
    """A ramp in OKLCh around a hue, whose lights lean by `turn` degrees."""
    ramp = []
    for step, light in enumerate((0.16, 0.30, 0.47, 0.66, 0.84, 0.97)):
        angle = math.radians(hue + turn * (step / 5 - 0.4))
        c = chroma * (0.5, 0.85, 1.0, 0.95, 0.6, 0.2)[step]
        a, b = c * math.cos(angle), c * math.sin(angle)
        l3 = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
        m3 = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
        s3 = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
        linear = (
            4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3,
            -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3,
            -0.0041960863 * l3 - 0.7034186147 * m3 + 1.7076147010 * s3,
        )
        r, g, b = (round(255 * (1.055 * max(min(v, 1.0), 0.0031308) ** (1 / 2.4) - 0.055)) for v in linear)
        ramp.append((r, g, b))
    return tuple(ramp)


TONES, HUES = 512, 128  # tones from dark to light; hues between two of the three ramps


@lru_cache(maxsize=8)
def table(ramps: tuple[Ramp, Ramp, Ramp], cfg_scale: float, model: str) -> NDArray[np.uint32]:
    """The colours of a picture, four bytes each, at `hue * TONES + tone`; hues go from the first ramp to the last.

    The model grades the colours; the guidance scale sets how strong they are.
    """
    number = key("model", model)
    warm = (number % 41 - 20) / 20
    lift = (number // 41 % 21 - 10) / 10
    vivid = 1 + (number // 1000 % 21 - 10) / 40
    strength = max(cfg_scale, 0.0) / 7
    saturation = vivid * (0.25 + 1.5 * strength / (1 + strength))
    contrast = (0.55 + 0.9 * strength / (1 + strength)) * (1 + (number // 50000 % 21 - 10) / 100)

    stops = np.array(ramps, np.float32)
    place = np.arange(TONES, dtype=np.float32) * (5 / (TONES - 1))
    lower = np.minimum(place.astype(np.intp), 4)
    part = (place - lower.astype(np.float32))[:, None]
    colours = stops[:, lower] * (1 - part) + stops[:, lower + 1] * part
    grey = colours[..., 0:1] * 0.3 + colours[..., 1:2] * 0.59 + colours[..., 2:3] * 0.11
    colours = grey + (colours - grey) * saturation
    colours = (colours - 118) * contrast + 118
    colours += np.array([9 * warm, 2 * lift, -11 * warm], np.float32) + 5 * lift
    share = np.arange(2 * HUES + 1, dtype=np.float32)[:, None] / HUES
    result = np.zeros((2 * HUES + 1, TONES, 4), np.uint8)
    for channel in range(3):
        air, glow, body = colours[..., channel]
        values = np.empty((2 * HUES + 1, TONES), np.float32)
        np.multiply(glow - air, share[: HUES + 1], out=values[: HUES + 1])
        values[: HUES + 1] += air
        np.multiply(body - glow, share[1 : HUES + 1], out=values[HUES + 1 :])
        values[HUES + 1 :] += glow
        values += 0.5
        np.maximum(values, 0, out=values)
        np.minimum(values, 255, out=values)
        result[..., channel] = values
    return result.reshape(-1, 4).view(np.uint32)[:, 0]
