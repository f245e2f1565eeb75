"""A server with everything installed, short ways to ask it, and pictures to send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from webuiapi.server.app import App
from webuiapi.server.engine import Pass
from webuiapi.server.painter import Painter

from ..conftest import Answer, ask
from ..studio import opened, text_of

SIDE = 128


class Shop:
    """The server; settings are those of `App`."""

    def __init__(self, catalog: Any = None, **settings: Any) -> None:
        self.app = App(catalog, seed=1, **settings)

    def get(self, path: str, **headers: str) -> Answer:
        """GET a path."""
        return ask(self.app, "GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST to a path."""
        return ask(self.app, "POST", path, body, **headers)

    def txt2img(self, scripts: Mapping[str, Any] | None = None, **fields: Any) -> Painted:
        """A small picture; `scripts` are arguments by title."""
        return self._generated("txt2img", scripts, fields)

    def img2img(self, image: Image.Image, scripts: Mapping[str, Any] | None = None, **fields: Any) -> Painted:
        """One after a picture."""
        return self._generated("img2img", scripts, {"init_images": [text_of(image)], **fields})

    def _generated(self, kind: str, scripts: Mapping[str, Any] | None, fields: Mapping[str, Any]) -> Painted:
        small = {"prompt": "a fox in a forest", "seed": 7, "steps": 12, "width": SIDE, "height": SIDE}
        always = {title: {"args": args} for title, args in (scripts or {}).items()}
        return Painted(self.post(f"/sdapi/v1/{kind}", {**small, "alwayson_scripts": always, **fields}))


class Painted:
    """The answer to a generation."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.body: Any = answer.body

    @property
    def images(self) -> list[Image.Image]:
        """The pictures."""
        return [opened(text) for text in self.body["images"]]

    @property
    def info(self) -> dict[str, Any]:
        """`info`, parsed."""
        parsed: dict[str, Any] = json.loads(self.body["info"])
        return parsed

    @property
    def extra(self) -> dict[str, Any]:
        """What scripts and the like have told, without what the pipeline tells itself."""
        told: dict[str, Any] = self.info["extra_generation_params"]
        return {key: value for key, value in told.items() if key not in ("Denoising strength", "Schedule type")}

    @property
    def infotext(self) -> str:
        """The first infotext."""
        text: str = self.info["infotexts"][0]
        return text

    @property
    def result(self) -> tuple[list[str], list[str], dict[str, Any]]:
        """All that the server has made: pictures, infotexts and what scripts have told."""
        return self.body["images"], self.info["infotexts"], self.extra

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, class and text of an error."""
        return self.status, self.body["error"], self.body["errors"] or self.body["detail"]


@lru_cache(maxsize=16)
def painted(prompt: str, seed: int = 1, side: int = SIDE) -> Image.Image:
    """A picture by the embedded painter."""
    work = Pass([prompt], [""], [seed], [0], 0.0, side, side, 20, 7.0, "Euler", "Automatic", "dreamshaper_8")
    return Painter().paint(work, lambda done, render: None)[0]


def squirrel() -> Image.Image:
    """An orange animal before a green wood, its body left of the middle below."""
    return painted("a squirrel on a branch in a forest", 1, 256)


def flower() -> Image.Image:
    """A red flower that fills most of the picture."""
    return painted("a red flower in a meadow", 4, 256)


def disc(side: int = 96, radius: int = 24) -> Image.Image:
    """A red disc in the middle of a blue ground."""
    y, x = np.mgrid[0:side, 0:side]
    inside = (x - side / 2) ** 2 + (y - side / 2) ** 2 < radius**2
    pixels = np.where(inside[..., None], np.array([210, 50, 40]), np.array([40, 70, 180])).astype(np.uint8)
    return Image.fromarray(pixels)


def apart(one: Image.Image, other: Image.Image, box: tuple[int, int, int, int] | None = None) -> float:
    """How much two pictures differ on average, 0 to 255, in a box or everywhere."""
    pair = [np.asarray((image.crop(box) if box else image).convert("RGB"), np.float32) for image in (one, other)]
    return float(np.abs(pair[0] - pair[1]).mean())


def share(mask: Image.Image, box: tuple[int, int, int, int] | None = None) -> float:
    """How much of a mask is white, 0 to 1, in a box or everywhere."""
    return float(np.asarray((mask.crop(box) if box else mask).convert("L"), np.float32).mean()) / 255


__all__ = ["SIDE", "Painted", "Shop", "apart", "disc", "flower", "painted", "share", "squirrel", "text_of"]
