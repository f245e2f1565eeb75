"""Jobs whose connection broke are watched to their end, and generations that wait for a place can be given up."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from conftest import Connect
from support.callers import submit
from support.scripted import CLOSE, HANG, Scripted, Seen, answer
from support.signals import needs_signals, press_ctrl_c, until_the_main_thread_waits
from webuiapi import AsyncWebUIApi, ConnectionLost, GatewayError, Txt2Img, WebUIApi
from webuiapi.jobs import TaskLost


def task(**fields: Any) -> bytes:
    return answer({"active": False, "queued": False, "completed": False, **fields})


GATEWAY = answer(b"<html><title>504 Gateway Time-out</title></html>", 504)


@pytest.mark.parametrize("broken", [(GATEWAY,), (CLOSE,)], ids=["a proxy gave up", "the connection broke"])
@pytest.mark.parametrize(
    ("told", "how"),
    [
        ([task(active=True, progress=0.5, eta=1.0), task(queued=True, textinfo="In queue: 1/1"), task(completed=True)],
         "was completed"),
        ([answer({"detail": "no"}, 500)], "can't be asked for"),
        ([task(active=True, progress=0.5)], "has not moved for 0 s"),
    ],
    ids=["completed", "silent", "stuck"],
)  # fmt: skip
def test_a_task_goes_on_without_its_connection(
    connect: Connect, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, broken: Any, told: list[bytes], how: str
) -> None:
    from webuiapi import jobs

    for name, value in (("_FIRST_PAUSE", 0.001), ("_LONGEST_PAUSE", 0.002), ("_STANDSTILL", 0.02)):
        monkeypatch.setattr(jobs, name, value)
    lost = threading.Event()
    left = list(told)

    def progress(seen: Seen) -> bytes:
        if not lost.is_set():
            return task(queued=True, textinfo="In queue: 2/2")
        return left.pop(0) if len(left) > 1 else left[0]

    def lose(seen: Seen) -> bytes:
        lost.set()
        return b""

    scripted.play_at("/internal/progress", progress)
    scripted.play_at("/sdapi/v1/txt2img", lose, *broken)
    caller = connect(url=scripted.url)
    job = submit(caller, Txt2Img("x"))
    with pytest.raises(TaskLost) as caught:
        caller.finish(job.result())
    assert caught.value.task_id == job.id
    assert f"The task {job.id} went on without the connection and {how}; its pictures" in str(caught.value)
    assert isinstance(caught.value.__cause__, (GatewayError, ConnectionLost))
    assert len([seen for seen in scripted.seen if seen.target == "/sdapi/v1/txt2img"]) == 1


@pytest.mark.parametrize("broken", [GATEWAY, CLOSE], ids=["a proxy gave up", "the connection broke"])
def test_a_task_that_the_server_does_not_know(
    connect: Connect, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, broken: Any
) -> None:
    """It is not said that it went on: what is seen is that the connection broke."""
    from webuiapi import jobs

    monkeypatch.setattr(jobs, "_FIRST_PAUSE", 0.001)
    scripted.play_at("/internal/progress", task())
    scripted.play_at("/sdapi/v1/txt2img", broken)
    caller = connect(url=scripted.url)
    with pytest.raises((GatewayError, ConnectionLost)):
        caller.finish(submit(caller, Txt2Img("x")).result())


def test_trouble_with_the_last_words_is_not_shown(scripted: Scripted) -> None:
    """The server does not say what it does: nothing is interrupted, and the cancelling stands."""
    scripted.play_at("/sdapi/v1/progress", answer({"detail": "no"}, 500))
    scripted.play_at("/internal/pending-tasks", answer({"detail": "Not Found"}, 404))
    scripted.play(HANG)

    async def main() -> None:
        async with AsyncWebUIApi(url=scripted.url, server="a1111") as api:
            call = asyncio.ensure_future(api.txt2img("x"))
            await asyncio.to_thread(scripted.wait_for, 1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    asyncio.run(main())
    assert not [seen for seen in scripted.seen if seen.target.endswith("interrupt")]


def test_a_task_that_waits_for_a_place_is_never_sent(scripted: Scripted) -> None:
    end = threading.Event()
    scripted.play_at("/sdapi/v1/txt2img", end, answer({"images": []}))

    async def main() -> None:
        async with AsyncWebUIApi(url=scripted.url, server="a1111", max_in_flight=1) as api:
            first = asyncio.ensure_future(api.txt2img("first"))
            await asyncio.to_thread(scripted.wait_for, 1)
            second = asyncio.ensure_future(api.txt2img("second"))
            while not api.gate._waiting:
                await asyncio.sleep(0)
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            end.set()
            await first
            await api.txt2img("third")
            assert api.gate.at_work == 0

    asyncio.run(main())
    assert [seen.json["prompt"] for seen in scripted.seen] == ["first", "third"]


@needs_signals
def test_ctrl_c_while_waiting_for_a_place(scripted: Scripted) -> None:
    with WebUIApi(url=scripted.url, server="a1111", max_in_flight=1) as api:
        api.gate.ask(lambda: None)

        def press_when_it_waits() -> None:
            until_the_main_thread_waits(lambda: bool(api.gate._waiting))
            press_ctrl_c(scripted)

        thread = threading.Thread(target=press_when_it_waits)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            api.txt2img("x")
        thread.join()
        api.gate.leave()
        assert scripted.seen == []
        api.txt2img("y")
        assert api.gate.at_work == 0
