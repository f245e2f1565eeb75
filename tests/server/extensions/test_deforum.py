"""Deforum's API: jobs from their acceptance to their end."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from ..conftest import ask, until
from ..studio import FlatEngine
from .shop import Shop

ROOT = "/deforum_api"
SETTINGS: dict[str, Any] = {"W": 64, "H": 64, "steps": 2, "max_frames": 3, "seed": 5, "prompts": {"0": "a fox"}}


class Studio:
    """A server that renders; frames with the prompt `wait` last until `gate` is set or somebody interrupts."""

    def __init__(self, **settings: Any) -> None:
        self.engine = engine = FlatEngine()
        self.gate = threading.Event()
        self.shop = Shop(settings.pop("catalog", None), engine=engine, **settings)
        progress = self.shop.app.state.progress

        def hold(_done: int) -> None:
            if engine.passes[-1].prompts == ["break"]:
                raise RuntimeError("the engine broke")
            if engine.passes[-1].prompts == ["wait"]:
                until(lambda: self.gate.is_set() or progress.interrupted)

        engine.on_step = hold

    def submit(self, *settings: Any, **more: Any) -> list[str]:
        given = settings[0] if len(settings) == 1 else list(settings)
        answer = self.shop.post(f"{ROOT}/batches", {"deforum_settings": given, **more})
        assert answer.status == 202
        jobs: list[str] = answer.body["job_ids"]
        return jobs

    def job(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.shop.get(f"{ROOT}/jobs/{name}").body
        return found

    def over(self, name: str) -> dict[str, Any]:
        until(lambda: self.job(name)["status"] != "ACCEPTED")
        return self.job(name)


@pytest.fixture
def studio() -> Iterator[Studio]:
    studio = Studio()
    yield studio
    studio.gate.set()
    studio.shop.app.close()


def test_a_batch(studio: Studio) -> None:
    answer = studio.shop.post(f"{ROOT}/batches", {"deforum_settings": [SETTINGS, {**SETTINGS, "seed": 9}]})
    assert answer.status == 202
    assert list(answer.body) == ["message", "batch_id", "job_ids"]
    batch, jobs = answer.body["batch_id"], answer.body["job_ids"]
    assert re.fullmatch(r"batch\(\d+\)", batch)
    assert jobs == [f"{batch}-0", f"{batch}-1"]
    assert studio.shop.get(f"{ROOT}/batches?id=whatever").body == {batch: jobs}
    for job in jobs:
        assert studio.over(job)["status"] == "SUCCEEDED"
    assert [work.seeds for work in studio.engine.passes] == [[5], [6], [7], [9], [10], [11]]
    assert [one["id"] for one in studio.shop.get(f"{ROOT}/batches/{batch}").body] == jobs
    assert list(studio.shop.get(f"{ROOT}/jobs").body) == jobs


def test_what_is_known_of_a_job(studio: Studio) -> None:
    (name,) = studio.submit(SETTINGS, options_overrides={"sd_model_checkpoint": "dreamshaper_8"})
    job = studio.over(name)
    assert list(job) == [
        "id", "status", "phase", "error_type", "phase_progress", "started_at", "last_updated", "execution_time",
        "update_interval_time", "updates", "message", "outdir", "timestring", "deforum_settings", "options_overrides",
    ]  # fmt: skip
    assert (job["id"], job["error_type"], job["phase_progress"], job["message"]) == (name, "NONE", 1, None)
    assert job["outdir"].endswith(f"/output/img2img-images/Deforum_{job['timestring']}")
    assert job["deforum_settings"] == SETTINGS
    assert job["last_updated"] >= job["started_at"]
    assert job["updates"] >= 3
    assert {work.model for work in studio.engine.passes} == {"dreamshaper_8"}
    assert studio.shop.get("/sdapi/v1/options").body["sd_model_checkpoint"].startswith("v1-5-pruned")


def test_it_stays_accepted_until_it_is_over(studio: Studio) -> None:
    (name,) = studio.submit({**SETTINGS, "prompts": {"0": "a fox", "1": "wait"}})
    until(lambda: studio.job(name)["phase_progress"] > 0)
    job = studio.job(name)
    assert (job["status"], job["phase"]) == ("ACCEPTED", "GENERATING")
    assert job["phase_progress"] == pytest.approx(1 / 3)
    assert studio.shop.get("/sdapi/v1/progress").body["state"]["job"] != ""
    studio.gate.set()
    assert studio.over(name)["status"] == "SUCCEEDED"


def test_prompts_and_seeds(studio: Studio) -> None:
    prompts = {"0": "a fox --neg bad", "2": "an owl"}
    (name,) = studio.submit({**SETTINGS, "prompts": prompts, "seed_behavior": "fixed", "positive_prompts": "fine"})
    studio.over(name)
    assert [work.prompts for work in studio.engine.passes] == [["a fox fine"], ["a fox fine"], ["an owl fine"]]
    assert [work.negative_prompts[0] for work in studio.engine.passes] == ["bad", "bad", ""]
    assert [work.seeds for work in studio.engine.passes] == [[5]] * 3


def test_cancelling(studio: Studio) -> None:
    first, second, third = studio.submit({**SETTINGS, "prompts": {"0": "wait"}}, SETTINGS, SETTINGS)
    until(lambda: studio.job(first)["phase"] == "GENERATING" and studio.engine.passes)
    gone = ask(studio.shop.app, "DELETE", f"{ROOT}/jobs/{second}")
    assert (gone.status, gone.body) == (200, {"id": second, "message": "Job cancelled."})
    assert ask(studio.shop.app, "DELETE", f"{ROOT}/jobs/{first}").status == 200
    assert studio.over(third)["status"] == "SUCCEEDED"
    assert [studio.job(name)["status"] for name in (first, second)] == ["CANCELLED", "CANCELLED"]
    assert studio.job(first)["message"] == "Cancelled due to user request."
    again = ask(studio.shop.app, "DELETE", f"{ROOT}/jobs/{third}")
    assert (again.status, again.body["message"]) == (400, f"Job with ID {third} already in terminal state.")


def test_cancelling_a_batch(studio: Studio) -> None:
    jobs = studio.submit({**SETTINGS, "prompts": {"0": "wait"}}, SETTINGS)
    batch = jobs[0].rpartition("-")[0]
    assert ask(studio.shop.app, "DELETE", f"{ROOT}/batches/{batch}").body == {
        "ids": jobs,
        "message:": "2 job(s) cancelled.",
    }
    until(lambda: all(studio.job(name)["status"] == "CANCELLED" for name in jobs))


def test_a_job_that_fails(studio: Studio) -> None:
    for wrong in ({"prompts": {"0": "break"}}, {"W": "wide"}, {"prompts": {"first": "x"}}):
        (name,) = studio.submit({**SETTINGS, **wrong})
        job = studio.over(name)
        assert (job["status"], job["error_type"]) == ("FAILED", "TERMINAL")
        assert job["message"].startswith("Exception: ")
        assert job["phase"] in ("PREPARING", "GENERATING")
    (name,) = studio.submit(SETTINGS)
    assert studio.over(name)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("settings", [None, {}, []])
def test_no_settings(studio: Studio, settings: Any) -> None:
    answer = studio.shop.post(f"{ROOT}/batches", {"deforum_settings": settings})
    assert (answer.status, answer.body) == (400, {"message": "No deforum_settings provided"})


def test_jobs_that_are_not_there(studio: Studio) -> None:
    assert studio.shop.get(f"{ROOT}/jobs/x").status == 404
    assert studio.shop.get(f"{ROOT}/jobs/x").body == {"id": "x", "status": "NOT FOUND"}
    assert ask(studio.shop.app, "DELETE", f"{ROOT}/jobs/x").status == 404
    for method in ("GET", "DELETE"):
        answer = ask(studio.shop.app, method, f"{ROOT}/batches/x")
        assert (answer.status, answer.body["error"]) == (500, "KeyError")
    missing = studio.shop.get(f"{ROOT}/batches")
    assert (missing.status, missing.body["detail"][0]["loc"]) == (422, ["query", "id"])


def test_the_simple_one(studio: Studio) -> None:
    assert studio.shop.get("/deforum/api_version").body == {"version": "1.0"}
    assert list(studio.shop.get("/deforum/version").body) == ["version"]
    settings = quote(json.dumps(SETTINGS))
    answer = studio.shop.post(f"/deforum/run?settings_json={settings}")
    assert (answer.status, list(answer.body)) == (200, ["outdir"])
    assert [work.seeds for work in studio.engine.passes] == [[5], [6], [7]]
    limited = studio.shop.post(f"/deforum/run?settings_json={settings}&allowed_params=W;H;max_frames;steps;prompts")
    assert limited.status == 200
    assert studio.engine.passes[-1].seeds != [7]
    broken = studio.shop.post(f"/deforum/run?settings_json={quote(json.dumps({**SETTINGS, 'W': 'x'}))}")
    assert (broken.status, list(broken.body)) == (500, ["detail"])
    assert studio.shop.post("/deforum/run").body["detail"][0]["loc"] == ["query", "settings_json"]
    assert studio.shop.post("/deforum/run?settings_json=x").status == 500


@pytest.mark.parametrize(("flag", "gone", "there"), [
    ("deforum_api", "/deforum_api/jobs", "/deforum/api_version"),
    ("deforum_simple_api", "/deforum/api_version", "/deforum_api/jobs"),
])  # fmt: skip
def test_without_its_flag(flag: str, gone: str, there: str) -> None:
    data = Shop().app.catalog.data
    shop = Shop({**data, "cmd-flags": {**data["cmd-flags"], flag: False}})
    assert (shop.get(gone).status, shop.get(there).status) == (404, 200)


def test_closing_ends_it() -> None:
    studio = Studio()
    (name,) = studio.submit({**SETTINGS, "prompts": {"0": "wait"}})
    until(lambda: studio.engine.passes)
    closed = threading.Thread(target=studio.shop.app.close)
    closed.start()
    studio.gate.set()
    closed.join(30)
    assert not closed.is_alive()
    assert studio.job(name)["status"] in ("CANCELLED", "FAILED", "SUCCEEDED")


def test_cancelling_one_that_waits_leaves_the_running_job_alone(studio: Studio) -> None:
    state = studio.shop.app.state
    with state.queued("txt2img", None, "scripts_txt2img") as job:
        job.begin(1)
        (name,) = studio.submit(SETTINGS)
        until(lambda: len(state.turnstile) == 1)
        assert ask(studio.shop.app, "DELETE", f"{ROOT}/jobs/{name}").body["message"] == "Job cancelled."
        assert not state.progress.interrupted
    until(lambda: studio.job(name)["phase"] == "DONE")
    assert studio.job(name)["status"] == "CANCELLED"
    assert studio.engine.passes == []
