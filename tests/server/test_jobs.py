"""The queue, the tasks, the progress, and what stops a job."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from PIL import Image

from contract.compare import CATALOG, RECORDINGS
from webuiapi.server.app import App
from webuiapi.server.engine import Stop
from webuiapi.server.http import Dropped
from webuiapi.server.progress import RunningJob

from .conftest import FOREVER, PATIENCE, Ask, ask, until


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


@pytest.fixture
def slow(pool: ThreadPoolExecutor) -> Iterator[App]:
    """A server whose steps take until somebody stops them; closed before the threads are waited for."""
    with App(CATALOG, seed=1, step_time=FOREVER) as app:
        app.state.clock = lambda: datetime(2026, 11, 23, 15, 5, 22)
        yield app


def is_pending(app: App, task: str) -> bool:
    return task in app.state.tasks.pending


def is_waiting(app: App, number: int) -> bool:
    return len(app.state.turnstile) == number


def picture() -> Image.Image:
    return Image.new("RGB", (128, 96), "red")


@contextmanager
def running(app: App, **how: Any) -> Iterator[RunningJob]:
    """A job whose turn has come."""
    with app.state.queued(**{"kind": "txt2img", "task_id": "task(me)", "name": "scripts_txt2img", **how}) as job:
        yield job


def paint(app: App, pool: ThreadPoolExecutor, step: int, steps: int, *, task: str = "task(me)") -> Future[str]:
    """A request whose first pass stands in a step until it is stopped; the result is what stopped it."""

    def work() -> str:
        with app.state.queued("txt2img", task, "scripts_txt2img") as job:
            job.begin(2)
            job.begin_batch(0, 2)
            try:
                job.step(step, steps, picture)
            except Stop:
                return f"skipped {job.skipped}, interrupted {job.interrupted}"
            return "went on"

    future = pool.submit(work)
    until(lambda: app.state.progress.sampling_step == step)
    return future


def progress(app: App, query: str = "") -> Any:
    return ask(app, "GET", f"/sdapi/v1/progress{query}").body


def task_progress(app: App, task: str | None = "task(me)", **more: Any) -> Any:
    return ask(app, "POST", "/internal/progress", {"id_task": task, **more}).body


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
        assert now["eta_relative"] >= 0
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


def test_tasks_from_waiting_to_done(app: App, pool: ThreadPoolExecutor) -> None:
    first, second = threading.Event(), threading.Event()

    def work(task: str, event: threading.Event) -> None:
        with app.state.queued("txt2img", task, "x") as job:
            job.start()
            assert event.wait(PATIENCE)

    futures = [pool.submit(work, "a", first)]
    until(lambda: app.state.tasks.current == "a")
    for task in ("b", "c"):
        futures.append(pool.submit(work, task, second))
        until(partial(is_pending, app, task))
    assert ask(app, "GET", "/internal/pending-tasks").body == {"size": 2, "tasks": ["b", "c"]}
    waiting = {"active": False, "completed": False, "progress": None, "eta": None, "live_preview": None}
    assert task_progress(app, "c") == waiting | {"queued": True, "id_live_preview": -1, "textinfo": "In queue: 2/2"}
    runs = task_progress(app, "a")
    assert runs == waiting | {"active": True, "queued": False, "progress": 0.0, "id_live_preview": -1, "textinfo": None}
    first.set()
    until(lambda: app.state.tasks.current == "b")
    assert task_progress(app, "c")["textinfo"] == "In queue: 1/1"
    assert task_progress(app, "a") == waiting | {
        "queued": False,
        "completed": True,
        "id_live_preview": -1,
        "textinfo": "Waiting...",
    }
    second.set()
    for future in futures:
        future.result(PATIENCE)
    assert ask(app, "GET", "/internal/pending-tasks").body == {"size": 0, "tasks": []}


def test_first_come_first_served(app: App, pool: ThreadPoolExecutor) -> None:
    served: list[int] = []

    def work(number: int) -> None:
        with app.state.queued("img2img", f"{number}", "x"):
            served.append(number)

    with running(app):
        futures = []
        for number in range(10):
            futures.append(pool.submit(work, number))
            until(partial(is_waiting, app, number + 1))
    for future in futures:
        future.result(PATIENCE)
    assert served == list(range(10))


@pytest.mark.skipif(os.name != "posix", reason="signals are sent to a thread")
def test_ctrl_c_while_waiting_gives_up_the_place() -> None:
    code = """
import signal, threading
from webuiapi.server.queue import Turnstile
turnstile = Turnstile()

def press():
    while not len(turnstile):
        pass
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

with turnstile:
    threading.Thread(target=press).start()
    try:
        with turnstile:
            print("never")
    except KeyboardInterrupt:
        print(len(turnstile))
with turnstile:
    print("free")
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert found.stdout == "0\nfree\n"


def test_only_the_last_sixteen_are_remembered(app: App) -> None:
    for number in range(17):
        with running(app, task_id=f"t{number}"):
            pass
    assert not task_progress(app, "t0")["completed"]
    assert task_progress(app, "t1")["completed"]


def test_task_ids_of_requests_that_bring_none(app: App) -> None:
    with app.state.queued("img2img", ""):
        (task,) = app.state.tasks.pending
    prefix, letters = task[:13], task[13:-1]
    assert (prefix, len(letters), letters.isalnum(), letters.upper()) == ("task(img2img-", 7, True, letters)
    assert task_progress(app, task)["completed"]


def test_requests_that_are_no_tasks(app: App) -> None:
    with app.state.queued(None, name="extras") as job:
        assert app.state.tasks.pending == []
        job.start()
        assert app.state.tasks.current is None
        assert task_progress(app, None)["active"]
    assert progress(app)["state"]["job_count"] == 0


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


def test_interrupt(slow: App, pool: ThreadPoolExecutor) -> None:
    future = paint(slow, pool, 1, 20)
    answer = ask(slow, "POST", "/sdapi/v1/interrupt")
    assert (answer.status, answer.body) == (200, {})
    assert future.result(PATIENCE) == "skipped False, interrupted True"
    assert progress(slow)["state"]["interrupted"] is True


def test_skip(slow: App, pool: ThreadPoolExecutor) -> None:
    future = paint(slow, pool, 1, 20)
    answer = ask(slow, "POST", "/sdapi/v1/skip")
    assert (answer.status, answer.body) == (200, None)
    assert future.result(PATIENCE) == "skipped True, interrupted False"
    assert progress(slow)["state"]["skipped"] is True


def test_the_next_batch_clears_skip_and_the_next_job_clears_both(app: App) -> None:
    with running(app) as job:
        job.begin(2)
        ask(app, "POST", "/sdapi/v1/skip")
        assert job.skipped
        job.begin_batch(1, 2)
        assert not job.skipped
        ask(app, "POST", "/sdapi/v1/skip")
        ask(app, "POST", "/sdapi/v1/interrupt")
    with running(app) as job:
        assert job.interrupted
        job.start()
        assert (job.interrupted, job.skipped) == (False, False)


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def test_previews_come_every_ten_steps(slow: App, pool: ThreadPoolExecutor) -> None:
    future = paint(slow, pool, 9, 20)
    assert progress(slow)["current_image"] is None
    assert task_progress(slow)["id_live_preview"] == -1
    slow.state.progress.stop(interrupt=True)
    future.result(PATIENCE)
    paint(slow, pool, 10, 20)
    assert progress(slow, "?skip_current_image=true")["current_image"] is None
    assert slow.state.progress.preview is None
    image = opened(progress(slow)["current_image"])
    assert (image.format, image.size, image.getpixel((0, 0))) == ("PNG", (32, 24), (255, 0, 0))
    found = task_progress(slow)
    assert found["id_live_preview"] == 1
    assert found["live_preview"].startswith("data:image/png;base64,iVBOR")
    assert found["progress"] == 10 / 40
    assert found["eta"] > 0
    again = task_progress(slow, id_live_preview=1)
    assert (again["live_preview"], again["id_live_preview"]) == (None, 1)
    without = task_progress(slow, live_preview=False)
    assert (without["live_preview"], without["id_live_preview"]) == (None, -1)


def test_previews_in_other_formats(slow: App, pool: ThreadPoolExecutor) -> None:
    ask(slow, "POST", "/sdapi/v1/options", {"samples_format": "jpg", "live_previews_image_format": "webp"})
    paint(slow, pool, 10, 20)
    assert opened(progress(slow)["current_image"]).format == "JPEG"
    assert task_progress(slow)["live_preview"].startswith("data:image/webp;base64,UklGR")
    ask(slow, "POST", "/sdapi/v1/options", {"samples_format": "gif"})
    answer = ask(slow, "GET", "/sdapi/v1/progress")
    assert (answer.status, answer.body["detail"]) == (500, "Invalid image format")


@pytest.mark.parametrize("setting", [{"live_previews_enable": False}, {"show_progress_every_n_steps": -1}])
def test_previews_turned_off(slow: App, pool: ThreadPoolExecutor, setting: dict[str, Any]) -> None:
    ask(slow, "POST", "/sdapi/v1/options", setting)
    paint(slow, pool, 10, 20)
    assert progress(slow)["current_image"] is None
    assert task_progress(slow)["live_preview"] is None


def test_a_preview_that_was_asked_for_between_steps_comes_with_the_next(app: App, pool: ThreadPoolExecutor) -> None:
    with running(app) as job:
        job.begin(1)
        job.step(10, 20, picture)
        asked = pool.submit(progress, app)
        until(lambda: app.state.progress.preview_wanted)
        job.step(11, 20, picture)
        assert asked.result(PATIENCE)["current_image"] is not None
        assert app.state.progress.preview_id == 1


def test_nobody_waits_for_the_preview_of_a_pass_that_is_over(app: App, pool: ThreadPoolExecutor) -> None:
    with running(app) as job:
        job.begin(1)
        job.step(10, 20, picture)
        asked = pool.submit(progress, app)
        until(lambda: app.state.progress.preview_wanted)
        job.end_pass()
        assert asked.result(PATIENCE)["current_image"] is None


def test_loading_waits_for_the_queue_and_other_options_do_not(app: App, pool: ThreadPoolExecutor) -> None:
    with running(app) as job:
        job.start()
        load = pool.submit(ask, app, "POST", "/sdapi/v1/options", {"sd_model_checkpoint": "random-sd15"})
        refresh = pool.submit(ask, app, "POST", "/sdapi/v1/refresh-checkpoints")
        until(lambda: len(app.state.turnstile) == 2)
        assert ask(app, "POST", "/sdapi/v1/options", {"send_seed": False}).status == 200
        assert ask(app, "POST", "/sdapi/v1/options", {"sd_vae": "Automatic"}).status == 200
        assert ask(app, "POST", "/sdapi/v1/refresh-loras").status == 200
        assert app.state.checkpoint["model_name"] == "tiny-random-sd15"
        assert not load.done()
    assert load.result(PATIENCE).status == 200
    assert refresh.result(PATIENCE).status == 200
    assert app.state.checkpoint["model_name"] == "random-sd15"


def test_closing_ends_the_job_and_drops_those_who_wait(slow: App, pool: ThreadPoolExecutor) -> None:
    job = paint(slow, pool, 1, 20)
    waiting = pool.submit(ask, slow, "POST", "/sdapi/v1/refresh-vae")
    until(lambda: len(slow.state.turnstile) == 1)
    slow.close()
    assert job.result(PATIENCE) == "skipped False, interrupted True"
    with pytest.raises(Dropped):
        waiting.result(PATIENCE)
    with pytest.raises(Dropped):
        ask(slow, "POST", "/sdapi/v1/refresh-vae")
    assert ask(slow, "GET", "/sdapi/v1/samplers").status == 200


def test_a_seed_makes_chance_repeatable() -> None:
    ids = []
    for _ in range(2):
        with App(CATALOG, seed=5) as app:
            ids.append(app.state.new_task("txt2img"))
    with App(CATALOG) as app:
        ids.append(app.state.new_task("txt2img"))
    assert ids[0] == ids[1] != ids[2]


def test_skip_and_interrupt_on_an_idle_server(app: App, post: Ask) -> None:
    post("/sdapi/v1/skip")
    post("/sdapi/v1/interrupt")
    state = progress(app)["state"]
    assert (state["skipped"], state["interrupted"]) == (True, True)
