"""Who is next: the queue, the tasks that wait, run and have finished, and what waits for its turn."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from contract.compare import CATALOG
from webuiapi.server.app import App

from .conftest import PATIENCE, ask, progress, running, task_progress, until


def is_pending(app: App, task: str) -> bool:
    return task in app.state.tasks.pending


def is_waiting(app: App, number: int) -> bool:
    return len(app.state.turnstile) == number


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


def test_a_seed_makes_chance_repeatable() -> None:
    ids = []
    for _ in range(2):
        with App(CATALOG, seed=5) as app:
            ids.append(app.state.new_task("txt2img"))
    with App(CATALOG) as app:
        ids.append(app.state.new_task("txt2img"))
    assert ids[0] == ids[1] != ids[2]
