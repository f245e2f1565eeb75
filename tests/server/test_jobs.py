"""What is told of a job: its progress, from before it starts to its end, and after it has failed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from contract.compare import RECORDINGS
from webuiapi.server.app import App

from .conftest import ask, picture, progress, running, task_progress


def test_before_the_first_job(app: App) -> None:
    assert progress(app) == {
        "progress": 0.0,
        "eta_relative": 0.0,
        "state": {
            "skipped": False,
            "interrupted": False,
            "stopping_generation": False,
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


def test_a_job_from_start_to_end(app: App) -> None:
    app.state.clock = lambda: datetime(2026, 11, 23, 15, 5, 22)
    with running(app) as job:
        assert progress(app)["state"]["job"] == ""
        job.start()
        at_start = progress(app)
        assert (at_start["progress"], at_start["state"]["job"]) == (0.01, "scripts_txt2img")
        assert (at_start["state"]["job_count"], at_start["state"]["job_timestamp"]) == (-1, "20261123150522")
        assert job.timestamp == "20261123150522"
        job.begin(2)
        job.begin_batch(0, 2)
        job.step(5, 20, picture)
        now = progress(app)
        assert now["progress"] == pytest.approx(0.01 + 5 / 40)
        done = now["progress"]
        elapsed = now["eta_relative"] * done / (1 - done)
        assert 0 <= elapsed <= app.state.progress.elapsed
        assert (now["state"]["job"], now["state"]["sampling_steps"]) == ("Batch 1 out of 2", 20)
        job.end_pass()
        job.begin_batch(1, 2)
        job.step(20, 20, picture)
        now = progress(app, "?skip_current_image=true")
        assert now["progress"] == 1.0
        assert now["state"] | {"job_timestamp": ""} == {
            "skipped": False,
            "interrupted": False,
            "stopping_generation": False,
            "job": "Batch 2 out of 2",
            "job_count": 2,
            "job_timestamp": "",
            "job_no": 1,
            "sampling_step": 20,
            "sampling_steps": 20,
        }
        job.end_pass()
    after = progress(app)
    assert (after["progress"], after["eta_relative"], after["current_image"]) == (0.0, 0.0, None)
    state = after["state"]
    assert (state["job"], state["job_count"], state["job_no"], state["sampling_step"]) == ("", 0, 2, 0)
    assert state["sampling_steps"] == 20


def timeline() -> list[dict[str, Any]]:
    """What was seen of a running job of 40 steps."""
    entries: list[dict[str, Any]] = json.loads((RECORDINGS / "running/progress_timeline.json").read_bytes())["timeline"]
    return entries


def test_the_formulas_give_the_recorded_figures(app: App) -> None:
    figures = app.state.progress
    bodies = [
        entry["response"]["body"] for entry in timeline() if entry["request"]["path"].startswith("/sdapi/v1/progress")
    ]
    bodies = [body for body in bodies if body["state"]["job_count"]]
    assert len(bodies) > 20
    for body in bodies:
        for name, value in body["state"].items():
            setattr(figures, name, value)
        assert progress(app)["progress"] == pytest.approx(body["progress"])
        assert progress(app)["state"] == body["state"]
        assert task_progress(app, None)["progress"] == pytest.approx(body["progress"] - 0.01)


def test_a_single_batch_and_a_named_one(app: App) -> None:
    with running(app) as job:
        job.begin(1)
        job.begin_batch(0, 1)
        assert progress(app)["state"]["job"] == "scripts_txt2img"
        job.begin_batch(0, 1, name="Upscale")
        assert progress(app)["state"]["job"] == "Upscale"


def test_failed_while_running(app: App) -> None:
    def fail() -> None:
        with running(app) as job:
            job.begin(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    found = task_progress(app)
    assert (found["active"], found["queued"], found["completed"]) == (True, False, False)
    assert (found["progress"], found["eta"], found["textinfo"]) == (0.0, None, None)
    assert progress(app)["state"]["job_count"] == 0
    with running(app, task_id="next") as job:
        job.start()
        assert task_progress(app)["textinfo"] == "Waiting..."


def test_failed_before_the_start(app: App) -> None:
    with pytest.raises(ValueError, match="bad picture"), running(app):
        raise ValueError("bad picture")
    with running(app, task_id="next"):
        assert task_progress(app)["textinfo"] == "In queue: 1/2"
    assert ask(app, "GET", "/internal/pending-tasks").body == {"size": 1, "tasks": ["task(me)"]}


def test_a_failed_upscaling_leaves_its_progress_behind(app: App) -> None:
    def fail() -> None:
        with app.state.queued(None, name="extras") as job:
            job.begin(1)
            job.begin_batch(0, 1, name="Upscale")
            job.end_pass()
            raise AssertionError("could not find upscaler named nope")

    with pytest.raises(AssertionError, match="nope"):
        fail()
    after = progress(app)
    assert (after["progress"], after["state"]["job"]) == (1.0, "Upscale")
    assert after["eta_relative"] < 0
    with running(app) as job:
        job.start()
    assert progress(app)["state"]["job"] == ""


def test_without_an_id_the_task_is_the_one_that_does_not_run(app: App) -> None:
    assert task_progress(app, None)["active"]
    with running(app) as job:
        job.start()
        assert not task_progress(app, None)["active"]
