"""The queue of the extension agent-scheduler: what is sent, what is read, and jobs that go through it."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from typing import Any

import pytest

from conftest import Connect
from support.callers import Caller, on_loop
from support.pictures import noise, with_parameters
from support.samples import PNG, uri
from support.scripted import Scripted, answer
from webuiapi import AnswerError, AsyncWebUIApi, Img2Img, Txt2Img, WebUIApiError
from webuiapi.api.agent_scheduler import QueueTask
from webuiapi.jobs import Cancelled, JobCancelled, Queued, Running

ROOT = "/agent-scheduler/v1"
PICTURE = with_parameters(noise("RGB", 8, 8), "a cat\nSteps: 1, Seed: 7, Size: 8x8")
TASK = {"id": "t1", "type": "txt2img", "status": "pending", "position": 2, "priority": 5, "params": {"steps": 1}}


def test_putting_something_in(caller: Caller, scripted: Scripted) -> None:
    scripted.play_at(f"{ROOT}/queue/txt2img", answer({"task_id": "t1"}))
    assert caller.queue_task(Txt2Img("x"), checkpoint="a.ckpt", callback_url="http://me/done") == "t1"
    assert scripted.last.line == f"POST {ROOT}/queue/txt2img HTTP/1.1"
    assert scripted.last.json == {
        "prompt": "x", "sampler_name": "Euler a", "steps": 20, "checkpoint": "a.ckpt",
        "callback_url": "http://me/done",
    }  # fmt: skip
    scripted.play(answer({"task_id": "t2"}))
    assert caller.run(QueueTask(Img2Img(PNG, "x", size="input"))) == "t2"
    assert scripted.last.target == f"{ROOT}/queue/img2img"
    assert scripted.last.json["init_images"] == [uri(PNG)]


@pytest.mark.parametrize("body", [{}, {"task_id": ""}, {"success": False, "message": "no"}])
def test_nothing_was_put_in(caller: Caller, scripted: Scripted, body: Any) -> None:
    scripted.play(answer(body))
    with pytest.raises(AnswerError, match="the queue refused: it gave no task id"):
        caller.queue_task(Txt2Img("x"))
    with pytest.raises(TypeError, match="request is a str: Txt2Img or Img2Img is needed"):
        caller.queue_task("x")


def test_looking_at_it(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer({"current_task_id": None, "pending_tasks": [TASK], "total_pending_tasks": 1, "paused": True}))
    queue = caller.get_queue(limit=5)
    assert scripted.last.target == f"{ROOT}/queue?limit=5&offset=0"
    assert (queue.paused, queue.total_pending_tasks, queue.pending_tasks[0].id) == (True, 1, "t1")
    scripted.play(answer({"tasks": [TASK], "total": 7}))
    history = caller.get_queue_history(status="done")
    assert scripted.last.target == f"{ROOT}/history?status=done&limit=20&offset=0"
    assert (history.total, history.tasks[0].params) == (7, {"steps": 1})
    scripted.play(answer({"success": True, "data": TASK}))
    task = caller.get_queue_task("t1")
    assert scripted.last.target == f"{ROOT}/task/t1"
    assert (task.status, task.position, task.priority) == ("pending", 2, 5)
    scripted.play(answer({"success": False, "message": "Task not found"}))
    with pytest.raises(AnswerError, match="the queue refused: Task not found"):
        caller.get_queue_task("t9")
    scripted.play(answer({"success": False}))
    with pytest.raises(AnswerError, match="the queue refused: it says no reason"):
        caller.get_queue_task("t9")


def finished(*pictures: bytes) -> dict[str, Any]:
    return {
        "success": True,
        "data": [{"image": uri(data), "infotext": "a cat\nSteps: 1, Seed: 7, Size: 8x8"} for data in pictures],
    }


def test_fetching_the_pictures(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer(finished(PICTURE, PICTURE)))
    result = caller.get_queue_results("t1")
    assert scripted.last.target == f"{ROOT}/task/t1/results"
    assert result.content == [PICTURE, PICTURE]
    assert result.seeds == [7, 7]
    scripted.play(answer({"success": True, "data": None}))
    assert caller.get_queue_results("t1").images == []


def test_orders(caller: Caller, scripted: Scripted) -> None:
    for name, line in (
        ("pause_queue", "POST {}/queue/pause"),
        ("resume_queue", "POST {}/queue/resume"),
        ("clear_queue", "POST {}/queue/clear"),
    ):
        scripted.play(answer({"success": True, "message": "done"}))
        assert getattr(caller, name)() == "done"
        assert scripted.last.line == line.format(ROOT) + " HTTP/1.1"
    scripted.play(answer({"success": True}))
    assert caller.delete_queue_task("t1") == ""
    assert scripted.last.line == f"DELETE {ROOT}/task/t1 HTTP/1.1"


# -- jobs -------------------------------------------------------------------------------------------------------------


def play_task(scripted: Scripted, *states: dict[str, Any]) -> None:
    """What the task says, time after time; the last goes on."""
    left = list(states)

    def told(seen: Any) -> bytes:
        return answer({"success": True, "data": {**TASK, **(left.pop(0) if len(left) > 1 else left[0])}})

    scripted.play_at(f"{ROOT}/task/t1", told)


def test_a_job_through_the_queue(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at(f"{ROOT}/queue/txt2img", answer({"task_id": "t1"}))
    play_task(scripted, {"status": "pending"}, {"status": "running"}, {"status": "done"})
    scripted.play_at(f"{ROOT}/task/t1/results", answer(finished(PICTURE)))
    caller = connect(url=scripted.url)
    job = on_loop(caller, lambda: caller.api.submit(Txt2Img("x"), via="agent-scheduler"))
    assert caller.finish(job.result()).content == [PICTURE]
    assert job.id == "t1"
    assert json.loads(scripted.wait_for(1, f"{ROOT}/queue/txt2img")[0].body)["prompt"] == "x"


def test_a_job_of_an_earlier_program(connect: Connect, scripted: Scripted) -> None:
    play_task(scripted, {"status": "pending"}, {"status": "running"}, {"status": "done"})
    scripted.play_at(f"{ROOT}/task/t1/results", answer(finished(PICTURE)))
    caller = connect(url=scripted.url)
    job = on_loop(caller, lambda: caller.api.attach("t1"))

    async def collect() -> list[Any]:
        return [status async for status in job.events()]

    told = list(job.events()) if caller.loop is None else caller.finish(collect())
    assert [type(status) for status in told if isinstance(status, (Queued, Running))][-2:] == [Queued, Running]
    assert next(status.position for status in reversed(told) if isinstance(status, Queued)) == 2
    assert caller.finish(job.result()).content == [PICTURE]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"status": "failed", "result": "out of memory"}, "task t1 of the queue failed: out of memory"),
        ({"status": "interrupted", "result": None}, "task t1 of the queue interrupted: it says no reason"),
    ],
)
def test_a_task_that_failed(connect: Connect, scripted: Scripted, state: dict[str, Any], message: str) -> None:
    play_task(scripted, state)
    caller = connect(url=scripted.url)
    job = on_loop(caller, lambda: caller.api.attach("t1"))
    with pytest.raises(WebUIApiError, match=f"^{message}$"):
        caller.finish(job.result())


def test_a_task_taken_out_again(connect: Connect, scripted: Scripted) -> None:
    left = [{"status": "pending"}, {"status": "interrupted"}]

    def told(seen: Any) -> bytes:
        if seen.method == "DELETE":
            left.pop(0)
            return answer({"success": True})
        return answer({"success": True, "data": {**TASK, **left[0]}})

    scripted.play_at(f"{ROOT}/task/t1", told)
    caller = connect(url=scripted.url)
    job = on_loop(caller, lambda: caller.api.attach("t1"))
    assert caller.finish(job.cancel()) is True
    with pytest.raises(JobCancelled):
        caller.finish(job.result())
    assert job.status == Cancelled()


def test_a_job_that_ends_before_the_order_to_end_it_is_answered(connect: Connect, scripted: Scripted) -> None:
    ordered = threading.Event()
    ended = threading.Event()

    def told(seen: Any) -> bytes:
        if seen.method == "DELETE":
            ordered.set()
            assert ended.wait(10)
            return answer({"success": True})
        return answer({"success": True, "data": {**TASK, "status": "interrupted" if ordered.is_set() else "running"}})

    scripted.play_at(f"{ROOT}/task/t1", told)
    caller = connect(url=scripted.url)
    job = on_loop(caller, lambda: caller.api.attach("t1"))
    on_loop(caller, lambda: job.add_done_callback(lambda _: ended.set()))
    assert caller.finish(job.cancel()) is True
    with pytest.raises(JobCancelled):
        caller.finish(job.result())


def test_a_job_given_up_on_its_way_into_the_queue() -> None:
    """An awaitable client's: the plain one comes back when the task is in the queue."""

    async def main(scripted: Scripted) -> None:
        async with AsyncWebUIApi(url=scripted.url, server="a1111") as api:
            job = api.submit(Txt2Img("x"), via="agent-scheduler")
            await asyncio.to_thread(scripted.wait_for, 1, f"{ROOT}/queue/txt2img")
            assert await job.cancel() is True
            given_up.set()
            with pytest.raises(JobCancelled):
                await job.result()

    given_up = threading.Event()
    with Scripted() as scripted:
        scripted.play_at(f"{ROOT}/queue/txt2img", given_up, answer({"task_id": "t1"}))
        taken_out = answer({"success": True, "data": {**TASK, "status": "interrupted"}})
        scripted.play_at(f"{ROOT}/task/t1", taken_out)
        asyncio.run(main(scripted))
        orders = [(seen.method, seen.target) for seen in scripted.seen]
    assert orders[:2] == [("POST", f"{ROOT}/queue/txt2img"), ("DELETE", f"{ROOT}/task/t1")]


def test_a_picture_that_was_deleted_there(caller: Caller, scripted: Scripted) -> None:
    body = {"success": True, "data": [{"image": None, "infotext": None}, {"image": base64.b64encode(PICTURE).decode()}]}
    scripted.play(answer(body))
    with pytest.warns(UserWarning, match="image 0 of the answer is empty|where base64 text was expected"):
        assert caller.get_queue_results("t1").content == [PICTURE]
