"""Cancelling a job that is neither here nor there: before it is sent, and on its way to the server; in both colours."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from conftest import Connect
from support.callers import Caller, submit
from support.scripted import Scripted, Seen, answer
from webuiapi import Txt2Img
from webuiapi.jobs import Cancelled, JobCancelled

UNKNOWN: dict[str, Any] = {
    "active": False, "queued": False, "completed": False, "progress": None, "eta": None, "live_preview": None,
    "id_live_preview": -1, "textinfo": "Waiting...",
}  # fmt: skip
ACTIVE = {**UNKNOWN, "active": True, "progress": 0.1, "textinfo": None}
AT_WORK = {"progress": 0.1, "eta_relative": 1.0, "state": {"job_count": 1, "sampling_step": 2, "sampling_steps": 20}}


def wait_for(caller: Caller, scripted: Scripted, path: str) -> None:
    """Return when the server has been asked for a path, with the event loop running."""
    if caller.loop is None:
        scripted.wait_for(1, path)
    else:
        caller.finish(asyncio.to_thread(scripted.wait_for, 1, path))


def asked(scripted: Scripted, path: str) -> int:
    return sum(seen.target.startswith(path) for seen in scripted.seen)


def test_before_it_is_sent(connect: Connect, scripted: Scripted) -> None:
    """While the client finds out which server it is, the job's place is taken, and nothing has been sent."""
    found = threading.Event()
    scripted.play_at("/sdapi/v1/version", found, answer({"detail": "Not Found"}, 404))
    caller = connect(url=scripted.url, server=None)
    job = submit(caller, Txt2Img("x"))
    wait_for(caller, scripted, "/sdapi/v1/version")
    assert caller.finish(job.cancel()) is True
    found.set()
    with pytest.raises(JobCancelled) as caught:
        caller.finish(job.result())
    assert (job.status, caught.value.partial) == (Cancelled(), None)
    assert asked(scripted, "/sdapi/v1/txt2img") == 0
    assert asked(scripted, "/sdapi/v1/interrupt") == 0
    assert caller.finish(job.cancel()) is False


def test_on_its_way(connect: Connect, scripted: Scripted) -> None:
    """A server that has not heard of the task yet is told to stop as soon as it works on it."""
    questions: list[Seen] = []
    stopped = threading.Event()

    def progress(seen: Seen) -> bytes:
        questions.append(seen)
        return answer(UNKNOWN if len(questions) < 3 else ACTIVE)

    def interrupt(seen: Seen) -> bytes:
        stopped.set()
        return answer(None)

    scripted.play_at("/internal/progress", progress)
    scripted.play_at("/sdapi/v1/progress", answer(AT_WORK))
    scripted.play_at("/sdapi/v1/interrupt", interrupt)
    scripted.play_at("/sdapi/v1/txt2img", stopped, answer({"images": [], "info": {"a": 1}}))
    caller = connect(url=scripted.url, server="a1111")
    job = submit(caller, Txt2Img("x"))
    wait_for(caller, scripted, "/sdapi/v1/txt2img")
    assert caller.finish(job.cancel()) is True
    assert not stopped.is_set()
    with pytest.raises(JobCancelled) as caught:
        caller.finish(job.result())
    assert caught.value.partial.info == {"a": 1}
    assert asked(scripted, "/sdapi/v1/interrupt") == 1


def test_on_its_way_to_a_server_without_tasks(connect: Connect, scripted: Scripted) -> None:
    stopped = threading.Event()
    answers = [
        {"progress": 0.0, "state": {"job_timestamp": "old", "job_count": 0}},  # before it is sent
        {"progress": 0.0, "state": {"job_timestamp": "old", "job_count": 0}},  # when it is cancelled
        {**AT_WORK, "state": {**AT_WORK["state"], "job_timestamp": "new"}},  # type: ignore[dict-item]
    ]
    questions: list[Seen] = []

    def progress(seen: Seen) -> bytes:
        questions.append(seen)
        return answer(answers[min(len(questions), len(answers)) - 1])

    def interrupt(seen: Seen) -> bytes:
        stopped.set()
        return answer(None)

    scripted.play_at("/internal/pending-tasks", answer({"detail": "Not Found"}, 404))
    scripted.play_at("/sdapi/v1/progress", progress)
    scripted.play_at("/sdapi/v1/interrupt", interrupt)
    scripted.play_at("/sdapi/v1/txt2img", stopped, answer({"images": []}))
    caller = connect(url=scripted.url, server="sdnext")
    job = submit(caller, Txt2Img("x"))
    wait_for(caller, scripted, "/sdapi/v1/txt2img")
    assert caller.finish(job.cancel()) is True
    with pytest.raises(JobCancelled):
        caller.finish(job.result())
    assert asked(scripted, "/sdapi/v1/interrupt") == 1
