"""Submitted generations: their statuses, their results, cancelling them; in both colours."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import Connect, Door, enter
from support.callers import Caller, Colour, on_loop, statuses, submit
from support.scripted import Scripted, Seen, answer
from webuiapi import CallTimeout, ServerBusy, Txt2Img
from webuiapi.jobs import Cancelled, Completed, Failed, JobCancelled, Queued, Running
from webuiapi.server import App, Server, serve

SMALL: dict[str, Any] = {"width": 64, "height": 64, "seed": 3}


@pytest.fixture
def slow() -> Iterator[Server]:
    """An embedded server that takes its time for each step."""
    with serve(App(seed=1, step_time=0.02)) as server:
        yield server


@pytest.fixture
def client(connect: Connect, door: Door, colour: Colour, slow: Server) -> Caller:
    return enter(connect, door, colour, slow)


def test_a_job_has_a_result(client: Caller) -> None:
    job = submit(client, Txt2Img("a cat", steps=2, **SMALL))
    result = client.finish(job.result())
    assert result.seeds == [3]
    assert job.done()
    assert job.status == Completed()
    assert client.finish(job.result(timeout=0.001)) is result
    assert statuses(client, job) == [Completed()]
    assert client.finish(job.cancel()) is False
    assert repr(job).endswith(": Completed()>")
    assert result.parameters["force_task_id"] == job.id


def test_what_a_job_tells(client: Caller) -> None:
    job = submit(client, Txt2Img("a cat", steps=25, **SMALL))
    told = statuses(client, job)
    assert told[-1] == Completed()
    running = [status for status in told if isinstance(status, Running)]
    assert running
    assert all(status.preview is None for status in running)
    steps = [status.step for status in running if status.step is not None]
    assert steps == sorted(steps)
    assert {status.steps for status in running} == {25}


def test_previews_when_somebody_looks(client: Caller) -> None:
    job = submit(client, Txt2Img("a cat", steps=40, **SMALL))
    told = statuses(client, job, previews=True)
    previews = [status.preview for status in told if isinstance(status, Running) and status.preview is not None]
    assert previews
    assert max(previews[0].size) <= 64
    assert job.watchers == 0


def test_jobs_wait_for_their_turn(connect: Connect, door: Door, colour: Colour, slow: Server) -> None:
    client = enter(connect, door, colour, slow, max_in_flight=1)
    first, second, urgent = (
        submit(client, Txt2Img(name, steps=5, **SMALL), priority=priority)
        for name, priority in (("first", 0), ("second", 0), ("urgent", 5))
    )
    assert second.status == Queued()
    ended: list[str] = []
    for job, name in ((first, "first"), (second, "second"), (urgent, "urgent")):
        job.add_done_callback(lambda job, name=name: ended.append(name))
    for job in (first, second, urgent):
        client.finish(job.result())
    assert ended == ["first", "urgent", "second"]
    first.add_done_callback(lambda job: ended.append("at once"))
    assert ended[-1] == "at once"


def test_a_job_that_waits_here_is_never_sent(connect: Connect, door: Door, colour: Colour, slow: Server) -> None:
    client = enter(connect, door, colour, slow, max_in_flight=1)
    first = submit(client, Txt2Img("x", steps=10, **SMALL))
    second = submit(client, Txt2Img("y", steps=10, **SMALL))
    ended: list[Any] = []
    second.add_done_callback(ended.append)
    assert client.finish(second.cancel()) is True
    assert second.status == Cancelled()
    assert ended == [second]
    with pytest.raises(JobCancelled, match=r"^the job was cancelled$") as caught:
        client.finish(second.result())
    assert caught.value.partial is None
    assert client.finish(first.result()).seeds == [3]


def test_a_running_job_is_interrupted(client: Caller) -> None:
    job = submit(client, Txt2Img("x", n_iter=3, steps=100, **SMALL))
    wait_until(client, job, Running)
    assert client.finish(job.cancel()) is True
    with pytest.raises(JobCancelled, match="its partial result is kept") as caught:
        client.finish(job.result())
    assert job.status == Cancelled()
    assert caught.value.partial is job.partial
    assert len(job.partial.images) < 3


def wait_until(caller: Caller, job: Any, kind: type[Any]) -> None:
    """Return when the job has a status of that kind."""

    async def awaited() -> None:
        async for status in job.events():
            if isinstance(status, kind):
                return

    if caller.loop is None:
        next(status for status in job.events() if isinstance(status, kind))
    else:
        caller.finish(awaited())


def test_a_job_that_waits_on_the_server_is_interrupted_when_its_turn_comes(
    connect: Connect, door: Door, colour: Colour, slow: Server
) -> None:
    client = enter(connect, door, colour, slow, max_in_flight=None)
    first = submit(client, Txt2Img("x", steps=60, **SMALL))
    wait_until(client, first, Running)
    second = submit(client, Txt2Img("y", steps=1000, **SMALL))
    wait_until(client, second, Queued)
    told = queued_position(client, second)
    assert told == 1
    assert client.finish(second.cancel()) is True
    assert len(client.finish(first.result()).images) == 1
    with pytest.raises(JobCancelled):
        client.finish(second.result())


def queued_position(caller: Caller, job: Any) -> int | None:
    """Its first place in the server's queue."""

    async def awaited() -> int | None:
        async for status in job.events():
            if isinstance(status, Queued) and status.position is not None:
                return status.position
        return None

    if caller.loop is None:
        return next(status.position for status in job.events() if isinstance(status, Queued) and status.position)
    found: int | None = caller.finish(awaited())
    return found


def test_a_job_that_fails(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/txt2img", answer({"detail": "busy"}, 503))
    caller = connect(url=scripted.url)
    job = submit(caller, Txt2Img("x"))
    with pytest.raises(ServerBusy) as caught:
        caller.finish(job.result())
    assert job.status == Failed(caught.value)
    assert statuses(caller, job) == [Failed(caught.value)]
    assert caller.api.gate.at_work == 0


def test_wrong_arguments_are_said_at_once(connect: Connect, scripted: Scripted) -> None:
    with pytest.raises(ValueError, match="steps=0 must be at least 1"):
        submit(connect(url=scripted.url), Txt2Img("x", steps=0))
    assert scripted.seen == []


def test_waiting_has_an_end_and_the_job_goes_on(connect: Connect, scripted: Scripted) -> None:
    end = threading.Event()
    scripted.play_at("/sdapi/v1/txt2img", end, answer({"images": [], "info": {"a": 1}}))
    caller = connect(url=scripted.url)
    job = submit(caller, Txt2Img("x"))
    with pytest.raises(CallTimeout, match=r"the job has not ended after 0\.05 s .*; it goes on") as caught:
        caller.finish(job.result(timeout=0.05))
    assert caught.value.may_have_begun
    end.set()
    assert caller.finish(job.result()).info == {"a": 1}


# -- servers that know no tasks ---------------------------------------------------------------------------------------


def state(stamp: str, count: int, step: int = 0) -> dict[str, Any]:
    job = {"job_timestamp": stamp, "job_count": count, "sampling_step": step, "sampling_steps": 20}
    return {"progress": 0.5 if count else 0.0, "eta_relative": 2.0, "state": job}


def test_progress_by_time_stamp(connect: Connect, scripted: Scripted) -> None:
    """SD.Next has no tasks: our job is the one whose time stamp is new."""
    scripted.play_at("/sdapi/v1/version", answer({"app": "sd.next"}))
    end, asked = threading.Event(), []

    def progress(seen: Seen) -> bytes:
        asked.append(seen.target)
        now = [state("old", 0), state("old", 1, 19), state("new", 1, 5)][min(len(asked) - 1, 2)]
        if len(asked) >= 4:  # the third answer has been told
            end.set()
        return answer(now)

    scripted.play_at("/sdapi/v1/progress", progress)
    scripted.play_at("/sdapi/v1/txt2img", end, answer({"images": []}))
    caller = connect(url=scripted.url, server=None)
    job = submit(caller, Txt2Img("x"))
    told = statuses(caller, job)
    assert [status.step for status in told if isinstance(status, Running)] == [5]
    assert job.id is None
    assert "force_task_id" not in scripted.wait_for(1, "/sdapi/v1/txt2img")[0].json
    assert asked[0].endswith("?skip_current_image=true")


def test_a_server_without_any_progress(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/version", answer({"detail": "Not Found"}, 404))
    scripted.play_at("/api/extra/version", answer({"result": "KoboldCpp", "version": "1"}))
    caller = connect(url=scripted.url, server=None)
    job = submit(caller, Txt2Img("x"))
    assert caller.finish(job.result()).images == []
    assert [seen.target for seen in scripted.seen if "progress" in seen.target] == []


def test_trouble_with_the_progress_costs_no_picture(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/version", answer({"app": "sd.next"}))
    enough, asked = threading.Event(), []

    def broken(seen: Seen) -> bytes:
        asked.append(seen.target)
        if len(asked) == 1:
            return answer(state("old", 0))
        if len(asked) == 4:
            enough.set()
        return answer({"detail": "no"}, 500)

    scripted.play_at("/sdapi/v1/progress", broken)
    scripted.play_at("/sdapi/v1/txt2img", enough, answer({"images": [], "info": {"a": 1}}))
    caller = connect(url=scripted.url, server=None)
    job = submit(caller, Txt2Img("x"))
    assert caller.finish(job.result()).info == {"a": 1}
    assert len(asked) == 4, "after three failures nobody asks any more"


def test_cancelling_without_tasks_spares_the_jobs_of_others(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/version", answer({"app": "sd.next"}))
    scripted.play_at("/sdapi/v1/progress", answer(state("new", 1, 5)))
    scripted.play_at("/internal/pending-tasks", answer({"size": 1, "tasks": ["another's"]}))
    end = threading.Event()
    scripted.play_at("/sdapi/v1/txt2img", end, answer({"images": []}))
    caller = connect(url=scripted.url, server=None)
    job = submit(caller, Txt2Img("x"))
    scripted_wait(caller, scripted, "/sdapi/v1/txt2img")
    caller.finish(job.cancel())
    assert [seen.target for seen in scripted.seen if seen.target.endswith("interrupt")] == []
    scripted.play_at("/internal/pending-tasks", answer({"detail": "Not Found"}, 404))
    caller.finish(job.cancel())
    assert len([seen for seen in scripted.seen if seen.target.endswith("interrupt")]) == 1
    end.set()
    with pytest.raises(JobCancelled):
        caller.finish(job.result())


def scripted_wait(caller: Caller, scripted: Scripted, path: str) -> None:
    """Let things go on until a request of that path has arrived."""
    if caller.loop is None:
        scripted.wait_for(1, path)
    else:
        caller.finish(asyncio.to_thread(scripted.wait_for, 1, path))


# -- in the client's colour -------------------------------------------------------------------------------------------


def test_a_job_can_be_awaited(slow: Server) -> None:
    from webuiapi import AsyncWebUIApi

    async def main() -> None:
        async with AsyncWebUIApi(url=slow.url) as api:
            jobs = [api.submit(Txt2Img("x", steps=1, width=64, height=64, seed=seed)) for seed in range(3)]
            results = await asyncio.gather(*jobs)
            assert [result.seeds for result in results] == [[0], [1], [2]]

    asyncio.run(main())


def test_submit_is_plain_in_both_colours() -> None:
    from webuiapi import AsyncWebUIApi, WebUIApi

    assert not inspect.iscoroutinefunction(WebUIApi.submit)
    assert not inspect.iscoroutinefunction(AsyncWebUIApi.submit)


def test_a_callback_that_raises_keeps_no_other_from_being_called(
    client: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Any] = []
    last = threading.Event()
    job = submit(client, Txt2Img("a", width=64, height=64, steps=1))

    def broken(job: Any) -> None:
        raise ZeroDivisionError

    for callback in (broken, heard.append, lambda _: last.set()):
        on_loop(client, functools.partial(job.add_done_callback, callback))
    client.finish(job.result())
    if client.loop is not None:  # its callbacks are called by the loop, which runs while something is waited for
        client.finish(asyncio.sleep(0))
    assert last.wait(10)
    assert heard == [job]
    assert "a done callback raised ZeroDivisionError()" in caplog.text
