"""What SD.Next says of what it does and did, and how it refuses those who ask too much."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from ..conftest import FOREVER, PATIENCE, until
from .conftest import SMALL, Asked, Made


@pytest.fixture
def sdnext(make: Made) -> Asked:
    return make("sdnext")


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 23, 12)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(sdnext: Asked) -> Clock:
    clock = Clock()
    sdnext.app.state.clock = clock
    return clock


def test_history(sdnext: Asked, clock: Clock) -> None:
    sdnext.engine.on_step = lambda _: clock.move(2)
    assert sdnext.get("history").body == []
    sdnext.txt2img(steps=2)
    sdnext.img2img(steps=2, denoising_strength=0.5)
    history = sdnext.get("history").body
    began = datetime(2026, 7, 23, 12).timestamp()
    assert [(item["job"], item["op"], item["duration"], item["timestamp"] - began) for item in history] == [
        ("api-txt", "begin", None, 0.0),
        ("api-txt", "end", 4.0, 4.0),
        ("api-img", "begin", None, 4.0),
        ("api-img", "end", 4.0, 8.0),
    ]
    assert [item["outputs"] for item in history] == [[], [], [], []]
    first, second = history[0]["id"], history[2]["id"]
    assert len({first, second}) == 2
    assert [item["op"] for item in sdnext.get(f"history?id={second}").body] == ["begin", "end"]


def test_idle(sdnext: Asked, clock: Clock) -> None:
    assert sdnext.get("version").status == 200
    clock.move(90)
    assert sdnext.get("status").body == {
        "status": "idle",
        "task": "",
        "timestamp": None,
        "current": "",
        "id": "",
        "job": 0,
        "jobs": 0,
        "total": 0,
        "step": 0,
        "steps": 0,
        "queued": 0,
        "uptime": 90,
        "elapsed": None,
        "eta": None,
        "progress": 0.0,
    }
    progress = sdnext.get("progress").body
    assert progress == {
        "id": "",
        "progress": 0.0,
        "eta_relative": 0.0,
        "state": {
            "skipped": False,
            "interrupted": False,
            "job": "",
            "job_count": 0,
            "job_timestamp": "0",
            "job_no": 0,
            "sampling_step": 0,
            "sampling_steps": 0,
        },
        "current_image": None,
        "textinfo": None,
    }


@pytest.fixture
def running(make: Made) -> Iterator[Asked]:
    """A server that stands in the first of four steps, for ever."""
    server = make("sdnext", step_time=FOREVER)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(server.post, "txt2img", {**SMALL, "steps": 4, "n_iter": 2})
        until(lambda: server.app.state.progress.sampling_step == 1)
        yield server
        server.post("interrupt")
        assert call.result(PATIENCE).status == 200


def test_busy(running: Asked) -> None:
    shown = running.get("progress?skip_current_image=true").body
    assert (shown["progress"], shown["current_image"]) == (0.12, None)
    assert (shown["state"]["job_count"], shown["state"]["sampling_steps"]) == (2, 4)
    status = running.get("status").body
    assert (status["status"], status["jobs"], status["step"], status["steps"], status["progress"], status["total"]) == (
        "running",
        2,
        1,
        8,
        0.12,
        1,
    )
    assert status["task"] == "Batch 1 out of 2"
    assert status["timestamp"] == running.app.state.progress.job_timestamp
    assert status["elapsed"] >= 0
    assert running.post("interrupt").status == 204
    until(lambda: running.get("status").body["task"] == "")
    assert running.get("status").body["status"] == "interrupted"


def test_previews(running: Asked) -> None:
    running.app.state.set_options({"show_progress_every_n_steps": 1})
    assert running.get("progress").body["current_image"] is not None
    task = running.post("/internal/progress", {"id_live_preview": -1}).body
    assert (task["live_preview"], task["id_live_preview"]) == (None, 1)
    task = running.post("/internal/progress", {"id_live_preview": 0}).body
    assert task["live_preview"].startswith("data:image/jpeg;base64,")
    assert (task["active"], task["textinfo"], task["progress"]) == (True, None, 0.25)


@pytest.mark.parametrize(("name", "active"), [(None, True), ("task(x)", False)])
def test_tasks(sdnext: Asked, name: str | None, active: bool) -> None:
    assert sdnext.post("/internal/progress", {"id_task": name}).body == {
        "job": "",
        "textinfo": None if active else "Waiting...",
        "active": active,
        "queued": False,
        "paused": False,
        "completed": False,
        "debug": False,
        "step": 0,
        "steps": 1,
        "batch_no": 0,
        "batch_count": 0,
        "progress": 0.0,
        "eta": None,
        "live_preview": None,
        "id_live_preview": 0,
    }


# --- its limit


def test_no_limit_unless_it_is_set(sdnext: Asked) -> None:
    assert sdnext.get("options").body["server_rate_limit"] == 0
    assert {sdnext.get("version").status for _ in range(400)} == {200}


def test_who_asks_too_much_is_refused_after_the_work(sdnext: Asked, clock: Clock) -> None:
    sdnext.post("options", {"server_rate_limit": 10})
    assert [sdnext.post("txt2img", SMALL).status for _ in range(3)] == [200, 200, 429]
    assert len(sdnext.engine.passes) == 3
    answer = sdnext.post("txt2img", SMALL)
    assert (answer.status, answer.body) == (
        429,
        {
            "error": "HTTPException",
            "code": 429,
            "detail": "127.0.0.1:/sdapi/v1/txt2img: rate limit exceeded",
            "body": "",
            "errors": "429: 127.0.0.1:/sdapi/v1/txt2img: rate limit exceeded",
        },
    )
    assert [sdnext.get("version").status for _ in range(11)] == [200] * 10 + [429]
    assert {sdnext.post("/internal/progress", {}).status for _ in range(20)} == {200}
    clock.move(59)
    assert sdnext.get("version").status == 429
    clock.move(1)
    assert sdnext.get("version").status == 200


def test_failures_are_not_counted(sdnext: Asked, clock: Clock) -> None:
    del clock
    sdnext.post("options", {"server_rate_limit": 5})
    bad: dict[str, Any] = {**SMALL, "sampler_name": "nope"}
    assert [sdnext.post("txt2img", bad).status for _ in range(3)] == [404] * 3
    assert sdnext.post("txt2img", SMALL).status == 200
