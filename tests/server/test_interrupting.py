"""What stops a job, and the previews of one that runs."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from webuiapi.server.app import App
from webuiapi.server.engine import Stop
from webuiapi.server.http import Dropped

from .conftest import PATIENCE, Ask, ask, picture, progress, running, task_progress, until
from .studio import opened


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


def test_skip_and_interrupt_on_an_idle_server(app: App, post: Ask) -> None:
    post("/sdapi/v1/skip")
    post("/sdapi/v1/interrupt")
    state = progress(app)["state"]
    assert (state["skipped"], state["interrupted"]) == (True, True)


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
