"""A server with everything installed, short ways to ask it, and pictures to send."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from webuiapi.server.app import App
from webuiapi.server.engine import Pass
from webuiapi.server.painter import Painter

from ..conftest import Answer, ask, until
from ..studio import FlatEngine, opened, text_of

SIDE = 128
SCHEDULER = "/agent-scheduler/v1"
"""Where Agent Scheduler's paths begin."""
TASK: dict[str, Any] = {"prompt": "a fox", "width": 64, "height": 64, "steps": 2, "seed": 5}
NO_TASK = {"success": False, "message": "Task not found"}


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


class Desk:
    """A server with a queue. A task with the prompt `wait` runs until `gate` is set or it is interrupted; one with
    `break` fails."""

    def __init__(self, **settings: Any) -> None:
        self.gate = threading.Event()
        self.engine = engine = FlatEngine()
        self.shop = Shop(settings.pop("catalog", None), engine=engine, **settings)
        state = self.shop.app.state

        def hold(_done: int) -> None:
            if engine.passes[-1].prompts == ["break"]:
                raise RuntimeError("the engine broke")
            if engine.passes[-1].prompts == ["wait"]:
                until(lambda: self.gate.is_set() or state.progress.interrupted)

        engine.on_step = hold

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer of a path of the scheduler, which is to be a good one."""
        answer = ask(self.shop.app, method, f"{SCHEDULER}{path}", body, **headers)
        assert answer.status == 200, answer.raw
        return answer.body

    def add(self, kind: str = "txt2img", **fields: Any) -> str:
        """The id of a new task."""
        task: str = self.ask("POST", f"/queue/{kind}", {**TASK, **fields})["task_id"]
        return task

    def task(self, name: str) -> dict[str, Any]:
        """What is told of a task."""
        found: dict[str, Any] = self.ask("GET", f"/task/{name}")["data"]
        return found

    def over(self, *names: str) -> None:
        """Wait until these tasks are over."""
        until(lambda: all(self.task(name)["status"] in ("done", "failed", "interrupted") for name in names))

    def running(self, name: str) -> None:
        """Wait until a task runs."""
        until(lambda: self.task(name)["status"] == "running")

    def pending(self) -> list[str]:
        """The ids of the tasks that wait or run, in order."""
        return [task["id"] for task in self.ask("GET", "/queue")["pending_tasks"]]

    def close(self) -> None:
        """Let go of what waits, and close the server."""
        self.gate.set()
        self.shop.app.close()


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


__all__ = [
    "NO_TASK", "SCHEDULER", "SIDE", "TASK", "Desk", "Painted", "Shop", "apart", "disc", "flower", "painted", "share",
    "squirrel", "text_of",
]  # fmt: skip
