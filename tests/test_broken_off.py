"""Operations broken off, by Ctrl-C here and by cancelling there, send their last words."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from typing import Any

import pytest

from support.callers import Caller, Colour
from support.scripted import CLOSE, HANG, Scripted, Seen, answer
from support.signals import needs_signals, press_ctrl_c
from webuiapi import (
    AsyncWebUIApi,
    Flow,
    GetProgress,
    Interrupt,
    Skip,
    Sleep,
    Txt2Img,
    Watch,
    WebUIApi,
)


def asked(scripted: Scripted) -> list[str]:
    return [seen.target.removeprefix("/sdapi/v1/") for seen in scripted.seen]


def break_off(colour: Colour, scripted: Scripted, work: Any, until: int = 1) -> None:
    """Run `work` against a server that hangs, and break it off when `until` requests have arrived."""
    if colour == "plain":
        with WebUIApi(url=scripted.url, server="a1111") as api, pytest.raises(KeyboardInterrupt):
            api.run(work)
        return

    async def main() -> None:
        async with AsyncWebUIApi(url=scripted.url, server="a1111") as api:
            task = asyncio.ensure_future(api.run(work))
            await asyncio.to_thread(scripted.wait_for, until)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert task.cancelled()

    asyncio.run(main())


def last_words(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let each of the last words take so long."""
    from webuiapi.client import base, plain

    for module in (base, plain):
        monkeypatch.setattr(module, "LAST_WORDS", seconds)


def hangs(scripted: Scripted, colour: Colour) -> None:
    """The next request is broken off: by Ctrl-C here, by cancelling there."""
    scripted.play(*((press_ctrl_c,) if colour == "plain" else ()), HANG)


@needs_signals
def test_an_operation_broken_off_sends_its_last_words(colour: Colour, scripted: Scripted) -> None:
    seen: list[BaseException] = []

    def flow() -> Flow[None]:
        try:
            yield from GetProgress()
        except BaseException as error:
            seen.append(error)
            yield from Interrupt()
            yield from Skip()
            raise

    hangs(scripted, colour)
    break_off(colour, scripted, flow())
    assert asked(scripted) == ["progress", "interrupt", "skip"]
    assert isinstance(seen[0], KeyboardInterrupt if colour == "plain" else asyncio.CancelledError)


@needs_signals
def test_it_can_not_be_swallowed(colour: Colour, scripted: Scripted) -> None:
    def flow() -> Flow[str]:
        try:
            yield from GetProgress()
        except BaseException:
            yield from Skip()
        return "as if nothing had been"

    hangs(scripted, colour)
    break_off(colour, scripted, flow())
    assert asked(scripted) == ["progress", "skip"]


@needs_signals
def test_trouble_with_the_last_words_does_not_hide_it(colour: Colour, scripted: Scripted) -> None:
    def flow() -> Flow[None]:
        try:
            yield from GetProgress()
        finally:
            yield from Interrupt()

    hangs(scripted, colour)
    scripted.play(answer({"detail": "busy"}, 503))
    break_off(colour, scripted, flow())
    assert asked(scripted) == ["progress", "interrupt"]


@needs_signals
def test_the_last_words_have_little_time(colour: Colour, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    last_words(monkeypatch, 0.1)

    def flow() -> Flow[None]:
        try:
            yield from GetProgress()
        finally:
            yield from Interrupt()

    hangs(scripted, colour)
    scripted.play(HANG)
    break_off(colour, scripted, flow())
    assert asked(scripted) == ["progress", "interrupt"]


@needs_signals
def test_a_watched_call_broken_off(colour: Colour, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interrupt is sent while the call still hangs, and the answer that it brings about is waited for."""
    last_words(monkeypatch, 20.0)
    interrupted = threading.Event()

    def idle() -> Generator[Any, Any, None]:
        while True:
            yield Sleep(0.001)

    def flow() -> Flow[None]:
        try:
            yield from Watch(Txt2Img("x"), idle)
        except BaseException:
            yield from Interrupt()
            raise

    def stop(seen: Seen) -> bytes:
        interrupted.set()
        return answer({})

    begin = (press_ctrl_c,) if colour == "plain" else ()
    scripted.play_at("/sdapi/v1/txt2img", *begin, interrupted, answer({"images": []}))
    scripted.play_at("/sdapi/v1/interrupt", stop)
    break_off(colour, scripted, flow())
    assert asked(scripted) == ["txt2img", "interrupt"]


@needs_signals
@pytest.mark.parametrize("busy", [True, False])
def test_a_generation_broken_off_is_stopped_on_the_server(colour: Colour, scripted: Scripted, busy: bool) -> None:
    state = {"job": "scripts_txt2img", "job_count": 1} if busy else {"job": "", "job_count": 0}
    scripted.play_at("/sdapi/v1/progress", answer({"progress": 0.5 if busy else 0.0, "state": state}))
    scripted.play_at("/internal/pending-tasks", answer({"size": 0, "tasks": []}))
    hangs(scripted, colour)
    break_off(colour, scripted, Txt2Img("x"))
    assert asked(scripted)[0] == "txt2img"
    assert ("interrupt" in asked(scripted)) is busy


def test_a_second_break_ends_the_last_words(scripted: Scripted) -> None:
    async def main() -> None:
        def flow() -> Flow[None]:
            try:
                yield from GetProgress()
            finally:
                yield from Interrupt()

        async with AsyncWebUIApi(url=scripted.url, server="a1111") as api:
            task = asyncio.ensure_future(api.run(flow()))
            await asyncio.to_thread(scripted.wait_for, 1)
            task.cancel()
            await asyncio.to_thread(scripted.wait_for, 2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    scripted.play(HANG)
    scripted.play(HANG)
    asyncio.run(main())


@needs_signals
def test_ctrl_c_breaks_a_sleep(scripted: Scripted) -> None:
    def flow() -> Flow[None]:
        yield from GetProgress()
        try:
            yield Sleep(60)
        except KeyboardInterrupt:
            yield from Skip()
            raise

    scripted.play(answer({}), press_ctrl_c)
    with WebUIApi(url=scripted.url, server="a1111") as api, pytest.raises(KeyboardInterrupt):
        api.run(flow())
    assert asked(scripted) in (["progress", "skip"], ["progress"])


def test_a_server_that_stops_may_break_the_connection(caller: Caller, scripted: Scripted) -> None:
    scripted.play(CLOSE)
    assert caller.server_kill() == ""
    scripted.play(answer(b"Stopping.", headers={"Content-Type": "text/plain"}))
    assert caller.server_stop() == "Stopping."
