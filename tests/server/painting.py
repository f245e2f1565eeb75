"""What the tests of the painter share: a pass to vary, and measures of pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webuiapi.server.engine import Pass, Stop
from webuiapi.server.painter import Painter
from webuiapi.server.painter_words import FIGURES, SCENES

Pixels = NDArray[np.int64]
PROMPTS = (*SCENES, *FIGURES, "city at night", "red rose", "something else", "")
DEFAULT = Pass(
    prompts=["cute squirrel"],
    negative_prompts=[""],
    seeds=[1],
    subseeds=[2],
    subseed_strength=0.0,
    width=128,
    height=128,
    steps=20,
    cfg_scale=7.0,
    sampler="Euler a",
    scheduler="Automatic",
    model="v1-5-pruned",
)


def work(prompt: str = "cute squirrel", **changes: Any) -> Pass:
    return replace(DEFAULT, prompts=[prompt], **changes)


def paint(of: Pass, stop: int | None = None) -> Image.Image:
    def step(done: int, preview: Callable[[], Image.Image]) -> None:
        if done == stop:
            raise Stop

    return Painter().paint(of, step)[0]


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image).astype(np.int64)


def distance(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of a channel, in levels of 255."""
    return float(np.abs(pixels(one) - pixels(other)).mean())


def detail(image: Image.Image) -> float:
    """How much neighbouring pixels differ."""
    values = pixels(image)
    return float(np.abs(np.diff(values, axis=0)).mean() + np.abs(np.diff(values, axis=1)).mean())


def fine(image: Image.Image) -> float:
    """What is lost at half the size."""
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)
    return distance(image, half.resize(image.size, Image.Resampling.BICUBIC))


def photo(size: int = 128) -> Image.Image:
    return paint(work("city at night", seeds=[5], width=size, height=size))
