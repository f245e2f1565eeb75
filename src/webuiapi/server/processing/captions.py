"""What a picture shows, in words: no neural network, but what can be measured in it, the same for the same picture.

A catalogue says which interrogators have their weights, as `"interrogate": {"clip": false, "deepdanbooru": false}`;
what it does not say is there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as pil

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..state import State

FAILED = "<error>"
_COLOURS = {
    "black": (20, 20, 20), "white": (240, 240, 240), "grey": (128, 128, 128), "red": (200, 40, 40),
    "orange": (230, 130, 40), "yellow": (230, 215, 70), "green": (60, 150, 60), "teal": (50, 150, 150),
    "blue": (50, 90, 190), "purple": (130, 60, 160), "pink": (235, 150, 180), "brown": (120, 80, 50),
    "beige": (220, 200, 170),
}  # fmt: skip
_SAMPLE = 32
"""Pixels across and down that are looked at."""
_RARE = 0.08
"""The share below which a colour is not worth a word."""


def clip(image: Image, state: State) -> str:
    """A caption in CLIP's manner. Never fails: without weights it is all error."""
    if not _has_weights(state, "clip"):
        return FAILED
    seen = Seen(image)
    colours = " and ".join(colour for colour, _ in seen.colours[:2])
    what = f"a {seen.brightness} {seen.shape} picture of {colours} {seen.detail}"
    return f"{what}, {seen.focus}, {seen.contrast} contrast"


def deepdanbooru(image: Image, state: State) -> str:
    """Tags in DeepDanbooru's manner, under the options for them."""
    if not _has_weights(state, "deepdanbooru"):
        raise FileNotFoundError("the weights of DeepDanbooru are not there")
    options = state.options
    seen = Seen(image)
    marks = [(f"{colour}_theme", share) for colour, share in seen.colours]
    marks += [("no_humans", 0.9), (f"{seen.brightness}_background", 0.8), (f"{seen.contrast}_contrast_(style)", 0.7)]
    left_out = {tag.strip().lower().replace(" ", "_") for tag in options["deepbooru_filter_tags"].split(",")}
    least = options["interrogate_deepbooru_score_threshold"]
    marks = [mark for mark in marks if mark[1] >= least and mark[0] not in left_out]
    marks.sort(key=lambda mark: mark[0] if options["deepbooru_sort_alpha"] else -mark[1])
    return ", ".join(_tag(tag, share, state) for tag, share in marks)


def _tag(tag: str, share: float, state: State) -> str:
    options = state.options
    if options["deepbooru_use_spaces"]:
        tag = tag.replace("_", " ")
    if options["deepbooru_escape"]:
        tag = re.sub(r"([\\()])", r"\\\1", tag)
    return f"({tag}:{share:.3f})" if options["interrogate_return_ranks"] else tag


def _has_weights(state: State, model: str) -> bool:
    return bool((state.catalog.data.get("interrogate") or {}).get(model, True))


class Seen:
    """What is measured in a picture."""

    def __init__(self, image: Image) -> None:
        small = image.convert("RGB").resize((_SAMPLE, _SAMPLE), pil.Resampling.BOX)
        pixels = np.asarray(small, dtype=np.float32)
        grey = pixels.mean(2)
        self.brightness = "dark" if grey.mean() < 85 else "bright" if grey.mean() > 170 else "soft"
        self.contrast = "high" if grey.std() > 60 else "low" if grey.std() < 20 else "medium"
        width, height = image.size
        self.shape = "square" if width == height else "wide" if width > height else "tall"
        self.detail = self._detail(grey)
        middle = grey[_SAMPLE // 4 : -_SAMPLE // 4, _SAMPLE // 4 : -_SAMPLE // 4].mean()
        centred = abs(middle - grey.mean()) > 12
        self.focus = f"{'brighter' if middle > grey.mean() else 'darker'} in the middle" if centred else "evenly lit"
        names = list(_COLOURS)
        distances = ((pixels[:, :, None, :] - np.array(list(_COLOURS.values()), np.float32)) ** 2).sum(3)
        counts = np.bincount(distances.argmin(2).ravel(), minlength=len(names)) / _SAMPLE**2
        order = sorted(range(len(names)), key=lambda place: (-counts[place], place))
        self.colours = [(names[place], float(counts[place])) for place in order if counts[place] >= _RARE]
        self.colours = self.colours or [(names[order[0]], float(counts[order[0]]))]

    @staticmethod
    def _detail(grey: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
        change = float(np.abs(np.diff(grey, axis=1)).mean() + np.abs(np.diff(grey, axis=0)).mean())
        return "patterns" if change > 24 else "shapes" if change > 6 else "planes"
