"""Operations of several calls: driven to their end by both colours, and cleaned up when they are broken off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import pytest

from support.callers import Caller
from support.scripted import Scripted, Seen, answer
from webuiapi import (
    AsyncWebUIApi,
    Flow,
    GetProgress,
    NotFound,
    ServerBusy,
    Skip,
    Sleep,
    Txt2Img,
    Watch,
)
from webuiapi.request import Remember
from webuiapi.transport.base import Incoming, Outgoing


def asked(scripted: Scripted) -> list[str]:
    return [seen.target.removeprefix("/sdapi/v1/") for seen in scripted.seen]


def test_an_operation_returns_its_result(caller: Caller, scripted: Scripted) -> None:
    def flow() -> Flow[tuple[float, str]]:
        first = yield from GetProgress()
        yield Sleep(0)
        yield from Skip()
        second = yield from Txt2Img("x")
        return first.progress, second.info["a"]

    scripted.play(answer({"progress": 0.5}))
    scripted.play(answer(None))
    scripted.play(answer({"images": [], "info": {"a": "b"}}))
    assert caller.run(flow()) == (0.5, "b")
    assert asked(scripted) == ["progress", "skip", "txt2img"]


def test_errors_are_raised_where_the_request_stands(caller: Caller, scripted: Scripted) -> None:
    def flow() -> Flow[str]:
        try:
            yield from GetProgress()
        except NotFound as error:
            yield from Skip()
            return error.message
        return "none"

    scripted.play(answer({"detail": "nobody"}, 404))
    assert caller.run(flow()) == "nobody"
    assert asked(scripted) == ["progress", "skip"]


def test_what_an_operation_does_not_catch_comes_out(caller: Caller, scripted: Scripted) -> None:
    def flow() -> Flow[None]:
        yield from GetProgress()

    scripted.play(answer({"detail": "busy"}, 503))
    with pytest.raises(ServerBusy):
        caller.run(flow())

    def broken() -> Flow[None]:
        yield Sleep(0)
        raise LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        caller.run(broken())


def test_wrong_arguments_are_raised_inside_too(caller: Caller, scripted: Scripted) -> None:
    def flow() -> Flow[str]:
        try:
            yield from Txt2Img("x", steps=0)
        except ValueError as error:
            return str(error)
        return "none"

    assert caller.run(flow()).startswith("steps=0 must be at least 1")
    assert scripted.seen == []


def test_an_operation_within_an_operation(caller: Caller, scripted: Scripted) -> None:
    def inner(number: int) -> Flow[int]:
        yield from GetProgress()
        return number + 1

    def outer() -> Flow[int]:
        return (yield from inner((yield from inner(0))))

    assert caller.run(outer()) == 2
    assert asked(scripted) == ["progress"] * 2


def test_facts_are_found_once(caller: Caller, scripted: Scripted) -> None:
    def find() -> Flow[float]:
        return (yield from GetProgress()).progress

    def flow() -> Flow[list[float]]:
        first = yield from Remember("x", find)
        second = yield from Remember("x", find)
        third = yield from Remember("x", find, refresh=True)
        return [first, second, third]

    scripted.play(answer({"progress": 0.1}))
    scripted.play(answer({"progress": 0.2}))
    assert caller.run(flow()) == [0.1, 0.1, 0.2]
    assert len(scripted.seen) == 2
    caller.api.forget()
    scripted.play(answer({"progress": 0.3}))
    scripted.play(answer({"progress": 0.4}))
    assert caller.run(flow()) == [0.3, 0.3, 0.4]


def test_no_watching_of_an_operation(caller: Caller) -> None:
    def flow() -> Flow[None]:
        yield Sleep(0)

    work = flow()
    with pytest.raises(TypeError, match="on_progress is for a request, not for an operation of several calls"):
        caller.run(work, on_progress=print)
    work.close()


# -- something beside a running call ----------------------------------------------------------------------------------


def watched(beside: Any) -> Flow[Any]:
    return (yield from Watch(Txt2Img("x"), beside))


def test_questions_beside_a_call(caller: Caller, scripted: Scripted) -> None:
    enough = threading.Event()
    heard: list[float] = []
    scripted.play_at("/sdapi/v1/txt2img", enough, answer({"images": [], "info": {"done": 1}}))
    scripted.play_at("/sdapi/v1/progress", answer({"progress": 0.5}))
    closed = []

    def beside() -> Generator[Any, Any, None]:
        try:
            while True:
                heard.append((yield from GetProgress()).progress)
                if len(heard) == 3:
                    enough.set()
                yield Sleep(0.001)
        finally:
            closed.append(True)

    assert caller.run(watched(beside)).info == {"done": 1}
    assert heard[:3] == [0.5] * 3
    assert closed == [True]


def test_beside_may_end_first(caller: Caller, scripted: Scripted) -> None:
    ended = threading.Event()
    scripted.play_at("/sdapi/v1/txt2img", ended, answer({"images": [], "info": {"done": 1}}))

    def beside() -> Generator[Any, Any, None]:
        yield Sleep(0)
        ended.set()

    assert caller.run(watched(beside)).info == {"done": 1}


def test_trouble_beside_a_call_comes_out_after_it(caller: Caller, scripted: Scripted) -> None:
    about_to_fail = threading.Event()
    answered: list[bool] = []

    def late(seen: Seen) -> bytes:
        answered.append(True)
        return answer({"images": []})

    scripted.play_at("/sdapi/v1/txt2img", about_to_fail, late)

    def beside() -> Generator[Any, Any, None]:
        yield Sleep(0)
        about_to_fail.set()
        raise LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        caller.run(watched(beside))
    assert answered == [True]


def test_errors_of_questions_are_raised_inside(caller: Caller, scripted: Scripted) -> None:
    caught = threading.Event()
    scripted.play_at("/sdapi/v1/txt2img", caught, answer({"images": [], "info": {"done": 1}}))
    scripted.play_at("/sdapi/v1/progress", answer({"detail": "no"}, 404))

    def beside() -> Generator[Any, Any, None]:
        try:
            yield from GetProgress()
        except NotFound:
            caught.set()

    assert caller.run(watched(beside)).info == {"done": 1}


def test_a_transport_that_swallows_a_cancellation() -> None:
    """As `asyncio.wait_for` does in Python 3.11 when the answer comes at the same moment: it ends all the same."""

    class Swallowing:
        async def send(self, call: Outgoing) -> Incoming:
            if call.method == "POST":
                await under_way.wait()
                return Incoming(200, {}, b'{"images": []}')
            under_way.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
            return Incoming(200, {}, b"{}")

        async def aclose(self) -> None:
            under_way.clear()

    def beside() -> Generator[Any, Any, None]:
        while True:
            yield from GetProgress()

    async def main() -> None:
        api = AsyncWebUIApi(transport=Swallowing(), server="a1111")
        assert (await api.run(watched(beside))).images == []

    under_way = asyncio.Event()
    asyncio.run(main())


def test_the_error_of_the_call_counts_most(caller: Caller, scripted: Scripted) -> None:
    failed = threading.Event()
    scripted.play_at("/sdapi/v1/txt2img", failed, answer({"detail": "busy"}, 503))

    def beside() -> Generator[Any, Any, None]:
        yield Sleep(0)
        failed.set()
        raise LookupError("less")

    with pytest.raises(ServerBusy):
        caller.run(watched(beside))
