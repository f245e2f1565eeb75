"""Servers of every flavour, and a short way to ask them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from webuiapi.server.app import App
from webuiapi.server.flavours import FLAVOURS

from ..conftest import Answer, ask
from ..studio import FlatEngine, opened, text_of

API = "/sdapi/v1/"
SMALL = {"prompt": "a house", "steps": 3, "width": 128, "height": 128}


class Asked:
    """A server of one flavour."""

    def __init__(self, flavour: str, catalog: Any = None, **settings: Any) -> None:
        self.engine = FlatEngine()
        self.app = App(catalog, flavour=flavour, engine=settings.pop("engine", self.engine), seed=1, **settings)

    def get(self, path: str, **headers: str) -> Answer:
        """GET; a path without a slash at its beginning lies below /sdapi/v1."""
        return ask(self.app, "GET", path if path.startswith("/") else API + path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST, likewise."""
        return ask(self.app, "POST", path if path.startswith("/") else API + path, body, **headers)

    def txt2img(self, **fields: Any) -> dict[str, Any]:
        """The answer to a small one."""
        return self._painted("txt2img", fields)

    def img2img(self, **fields: Any) -> dict[str, Any]:
        """The answer to a small one, of a grey picture unless it is said."""
        from PIL import Image

        pictures = [text_of(Image.new("RGB", (128, 128), "grey"))]
        return self._painted("img2img", {"init_images": pictures, **fields})

    def _painted(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        answer = self.post(kind, {**SMALL, **fields})
        assert answer.status == 200, answer.raw
        body: dict[str, Any] = answer.body
        return body

    def format(self, answer: dict[str, Any]) -> str | None:
        """The format of the first picture of an answer."""
        return opened(answer["images"][0]).format


def info_of(answer: dict[str, Any]) -> dict[str, Any]:
    """`info`, parsed."""
    info: dict[str, Any] = json.loads(answer["info"])
    return info


Made = Callable[..., Asked]


@pytest.fixture
def make() -> Iterator[Made]:
    """Makes servers, closed at the end."""
    with ExitStack() as stack:

        def made(flavour: str, catalog: Any = None, **settings: Any) -> Asked:
            asked = Asked(flavour, catalog, **settings)
            stack.callback(asked.app.close)
            return asked

        yield made


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    """Each flavour in turn."""
    name: str = request.param
    return name


@pytest.fixture
def server(make: Made, flavour: str) -> Asked:
    """A server of each flavour in turn."""
    return make(flavour)
