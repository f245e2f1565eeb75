"""What a control map does to a painted picture: its lines are drawn in, its light or its colours are taken over."""

from __future__ import annotations

import numpy as np
from PIL import Image as pil
from PIL.Image import Image

from ..vision.arrays import Array, grey, picture, pixels, resized, smooth
from .unit import CONTROL_MODES, Unit

_LINES = ("canny", "lineart", "softedge", "hed", "pidinet", "scribble", "mlsd", "threshold", "invert", "openpose",
          "dw_openpose", "animal_openpose", "mediapipe", "instant_id", "densepose")  # fmt: skip
_LIGHT = ("depth", "normal", "segmentation", "oneformer", "anime_face", "mobile_sam", "recolor")
_MODE_SHARE = dict(zip(CONTROL_MODES, (1.0, 0.6, 1.4), strict=True))


def controlled(image: Image, map_: Image, unit: Unit, share: float = 1.0) -> Image:
    """A painted picture under a unit's control."""
    strength = unit["weight"] * (unit["guidance_end"] - unit["guidance_start"]) * _MODE_SHARE[unit["control_mode"]]
    strength = min(max(strength * share, 0.0), 1.6)
    if strength == 0:
        return image
    own = pixels(image)
    shown = pixels(resized(map_, *image.size))
    name = unit.module.name
    if name.startswith(_LINES) or (name == "none" and _is_drawing(map_)):
        result = _with_lines(own, shown.max(2) / 255, strength)
    elif name.startswith(_LIGHT):
        result = _with_light(own, shown.mean(2), strength)
    elif name.startswith("inpaint"):
        return image
    else:
        result = _with_colours(own, shown, strength)
    changed = picture(result)
    region = unit["effective_region_mask"]
    if region is None:
        return changed
    return pil.composite(changed, image.convert("RGB"), region.convert("L").resize(image.size))


def _is_drawing(map_: Image) -> bool:
    """Mostly black with bright strokes."""
    values = grey(map_)
    return bool((values < 24).mean() > 0.6 and values.max() > 160)


def _with_lines(own: Array, lines: Array, strength: float) -> Array:
    """Lines in the picture's own colours: bright where it is dark, dark where it is bright; the rest calmer."""
    calm = np.stack([smooth(own[..., channel], 3) for channel in range(3)], axis=2)
    base = own + (calm - own) * min(0.35 * strength, 0.6)
    contrast = np.where(own.mean(2, keepdims=True) > 128, base * 0.25, 255 - (255 - base) * 0.25)
    drawn = np.minimum(lines * 0.75 * strength, 1.0)[..., None]
    result: Array = base + (contrast - base) * drawn
    return result


def _with_light(own: Array, light: Array, strength: float) -> Array:
    """The picture in the light of the map."""
    target = own.mean(2) + (light - own.mean(2)) * min(0.55 * strength, 0.95)
    result: Array = own * (target / np.maximum(own.mean(2), 1.0))[..., None]
    return result


def _with_colours(own: Array, shown: Array, strength: float) -> Array:
    """The colours of the map, in the large, and its structure."""
    result: Array = own + (shown - own) * min(0.5 * strength, 0.9)
    return result
