"""A server whose engine paints flat colours and writes down what it was asked for, and a short way to ask it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

from contract.compare import CATALOG
from webuiapi.server.app import App
from webuiapi.server.engine import Pass, Step, Stop
from webuiapi.server.http import Request

Colour = tuple[int, int, int]


class FlatEngine:
    """Paints every picture in one colour, which its seed gives."""

    notice = "Flat colours."

    def __init__(self) -> None:
        self.passes: list[Pass] = []
        self.upscales: list[tuple[str, tuple[int, int], str]] = []
        """Mode, new size and upscaler of each picture that was upscaled."""
        self.on_step: Callable[[int], None] | None = None

    def paint(self, work: Pass, step: Step) -> list[Image.Image]:
        """Flat colours, whatever the work starts from."""
        self.passes.append(work)
        images = [Image.new("RGB", (work.width, work.height), colour_of(seed)) for seed in work.seeds]
        try:
            for done in range(1, work.steps + 1):
                if self.on_step is not None:
                    self.on_step(done)
                step(done, lambda: images[0])
        except Stop:
            pass
        return images

    def upscale(self, image: Image.Image, width: int, height: int, upscaler: str) -> Image.Image:
        """Nearest neighbours."""
        self.upscales.append((image.mode, (width, height), upscaler))
        return image.resize((width, height), Image.Resampling.NEAREST)


def colour_of(seed: int) -> Colour:
    """What `FlatEngine` paints for a seed."""
    return (seed * 7 % 200 + 30, seed * 13 % 200 + 30, seed * 29 % 200 + 30)


class Reply:
    """The answer to a generation or to another call."""

    def __init__(self, status: int, raw: bytes) -> None:
        self.status = status
        self.body: Any = json.loads(raw)

    @property
    def info(self) -> dict[str, Any]:
        """`info`, parsed."""
        parsed: dict[str, Any] = json.loads(self.body["info"])
        return parsed

    @property
    def parameters(self) -> dict[str, Any]:
        """`parameters`."""
        parameters: dict[str, Any] = self.body["parameters"]
        return parameters

    @property
    def images(self) -> list[Image.Image]:
        """The pictures, decoded."""
        return [opened(text) for text in self.body["images"]]

    @property
    def infotext(self) -> str:
        """The first infotext."""
        text: str = self.info["infotexts"][0]
        return text

    @property
    def pairs(self) -> str:
        """Its last line."""
        return self.infotext.rpartition("\n")[2]


class Studio:
    """A server with a `FlatEngine`, by default with the catalogue of the recordings."""

    def __init__(self, catalog: Any = CATALOG, **options: Any) -> None:
        self.engine = FlatEngine()
        self.app = App(catalog, engine=self.engine, seed=options.pop("seed", 5), **options)

    def post(self, path: str, **body: Any) -> Reply:
        """Any call."""
        raw = json.dumps(body).encode()
        response = self.app.handle(Request("POST", f"/sdapi/v1/{path}", body=raw))
        return Reply(response.status, response.body)

    def txt2img(self, **fields: Any) -> Reply:
        """A small one."""
        small = {"prompt": "a house", "steps": 3, "width": 64, "height": 64, "seed": 20}
        return self.post("txt2img", **{**small, **fields})

    def img2img(self, *images: Image.Image, **fields: Any) -> Reply:
        """A small one, of a grey picture if none is given."""
        texts = [text_of(image) for image in images or (Image.new("RGB", (64, 64), "grey"),)]
        small = {"prompt": "a house", "steps": 8, "width": 64, "height": 64, "seed": 20, "init_images": texts}
        return self.post("img2img", **{**small, **fields})

    def failing(self, path: str, **fields: Any) -> tuple[int, str, str]:
        """Status, class and text of the error that a call ends in."""
        call = {"txt2img": self.txt2img, "img2img": self.img2img}.get(path)
        reply = call(**fields) if call else self.post(path, **fields)
        return reply.status, reply.body["error"], reply.body["errors"] or reply.body["detail"]

    def setting(self, **options: Any) -> None:
        """Set options for good."""
        assert self.post("options", **options).status == 200

    def during(self, call: str, *, number: int, step: int = 1) -> None:
        """Send `call` ("interrupt" or "skip") in this step of the pass of this number, counted from 1."""

        def on_step(done: int) -> None:
            if len(self.engine.passes) == number and done == step:
                self.post(call)

        self.engine.on_step = on_step

    @property
    def last(self) -> Pass:
        """The last pass that was painted."""
        return self.engine.passes[-1]


def text_of(image: Image.Image, kind: str = "PNG", **how: Any) -> str:
    """A picture as base64."""
    out = io.BytesIO()
    image.save(out, kind, **how)
    return base64.b64encode(out.getvalue()).decode()


def opened(text: str) -> Image.Image:
    """The picture of an answer."""
    image = Image.open(io.BytesIO(base64.b64decode(text, validate=True)))
    image.load()
    return image


def extended(**changes: Any) -> Mapping[str, Any]:
    """The catalogue of the recordings with some lists replaced."""
    return {**json.loads(CATALOG.read_bytes()), **changes}


def box_mask(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """A black mask with a white box."""
    mask = Image.new("L", size, 0)
    mask.paste(255, box)
    return mask


def gradient(width: int, height: int) -> Image.Image:
    """Red rises to the right, green downwards."""
    image = Image.new("RGB", (width, height))
    image.putdata([(x * 255 // width, y * 255 // height, 0) for y in range(height) for x in range(width)])
    return image
