"""Servers for the tests, and a short way to ask them."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from contract.compare import CATALOG, Recording, differences, parsed
from webuiapi.server.app import App
from webuiapi.server.http import Request
from webuiapi.server.progress import RunningJob

FOREVER = 3600.0
"""Seconds of a step that ends only because somebody stops it."""
PATIENCE = 30.0
"""Seconds after which a test that waits for another thread has failed."""


@dataclass
class Answer:
    """An answer with its body parsed."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


Ask = Callable[..., Answer]


def ask(app: App, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Ask `app`; a body that is no bytes goes as JSON. Underscores in header names stand for hyphens."""
    path, _, query = path.partition("?")
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response = app.handle(Request(method, path, query, names, raw))
    return Answer(response.status, response.headers, response.body)


def hold(app: App, recording: Recording) -> None:
    """Send a recorded request again and hold its answer against the recorded one."""
    path, _, query = recording.request["path"].partition("?")
    response = app.handle(Request(recording.request["method"], path, query, recording.headers, recording.body))
    raw = gzip.decompress(response.body) if "content-encoding" in response.headers else response.body
    assert differences(recording, response.status, response.headers, parsed(raw)) == []


def until(condition: Callable[[], Any]) -> None:
    """Return when another thread has got there."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.001)


@contextmanager
def running(app: App, **how: Any) -> Iterator[RunningJob]:
    """A job whose turn has come."""
    with app.state.queued(**{"kind": "txt2img", "task_id": "task(me)", "name": "scripts_txt2img", **how}) as job:
        yield job


def progress(app: App, query: str = "") -> Any:
    """What the API tells of the job that runs."""
    return ask(app, "GET", f"/sdapi/v1/progress{query}").body


def task_progress(app: App, task: str | None = "task(me)", **more: Any) -> Any:
    """What the user interface is told of a task."""
    return ask(app, "POST", "/internal/progress", {"id_task": task, **more}).body


def picture() -> Image.Image:
    """A preview, as a job gives it."""
    return Image.new("RGB", (128, 96), "red")


@pytest.fixture
def app() -> Iterator[App]:
    """A server with the catalogue of the recordings."""
    with App(CATALOG, seed=1) as app:
        yield app


@pytest.fixture
def get(app: App) -> Ask:
    """GET a path of `app`."""
    return lambda path, **headers: ask(app, "GET", path, **headers)


@pytest.fixture
def post(app: App) -> Ask:
    """POST to a path of `app`."""
    return lambda path, body=None, **headers: ask(app, "POST", path, body, **headers)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for requests that wait."""
    with ThreadPoolExecutor(16) as pool:
        yield pool


@pytest.fixture
def slow(pool: ThreadPoolExecutor) -> Iterator[App]:
    """A server whose steps take until somebody stops them; closed before the threads are waited for."""
    with App(CATALOG, seed=1, step_time=FOREVER) as app:
        app.state.clock = lambda: datetime(2026, 11, 23, 15, 5, 22)
        yield app
