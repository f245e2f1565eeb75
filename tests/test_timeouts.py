"""Limits of time: on the whole call, on each wait, on the connection; alike in both colours."""

from __future__ import annotations

import asyncio
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from conftest import Connect
from support.callers import Caller
from support.scripted import HANG, Drip, Scripted, answer, head
from webuiapi import CallTimeout, Timeout, Txt2Img, WebUIApi
from webuiapi.client.base import GENERATION, ORDINARY
from webuiapi.transport.base import Deadline

SHORT = 0.1


@pytest.fixture
def caller(connect: Connect, scripted: Scripted) -> Caller:
    return connect(url=scripted.url, timeout=SHORT)


def test_the_defaults() -> None:
    assert Timeout(connect=10.0, read=None, total=60.0) == ORDINARY
    assert Timeout(connect=10.0, read=None, total=None) == GENERATION
    assert Timeout() == GENERATION


@pytest.mark.parametrize(
    ("given", "timeout"),
    [
        (5, Timeout(connect=5, total=5)),
        (60.5, Timeout(connect=10, total=60.5)),
        (Timeout(1, 2, 3), Timeout(1, 2, 3)),
        (math.inf, Timeout(connect=10)),
        (None, None),
    ],
)
def test_what_may_be_given(given: Any, timeout: Timeout | None) -> None:
    assert WebUIApi(timeout=given).timeout == timeout
    assert WebUIApi().with_options(timeout=given).timeout == timeout


@pytest.mark.parametrize("wrong", [0, -1, math.nan, True, "5", (1, 2)])
def test_what_may_not(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="timeout"):
        WebUIApi(timeout=wrong)
    for name in ("connect", "read", "total"):
        with pytest.raises(ValueError, match=f"^timeout: {name}={wrong!r} must be a number of seconds above 0, or None"
                           .replace("(", r"\(").replace(")", r"\)")):  # fmt: skip
            Timeout(**{name: wrong})


def test_no_limit_is_no_limit() -> None:
    assert Timeout(math.inf, math.inf, math.inf) == Timeout(None, None, None)


DRIPS = [
    pytest.param((HANG,), id="nothing"),
    pytest.param((b"HTTP/1.1 200 OK\r\nContent-Le", HANG), id="half a head"),
    pytest.param((Drip(b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 999),), id="a head byte by byte"),
    pytest.param((answer({}, length=1000), HANG), id="half a body"),
    pytest.param((head(200, {"Content-Length": "100000"}), Drip(b" " * 100000)), id="a body byte by byte"),
    pytest.param(
        (head(200, {"Transfer-Encoding": "chunked"}), Drip(b"1\r\nx\r\n" * 9999)), id="a chunked body byte by byte"
    ),
    pytest.param((head(200, {}), Drip(b" " * 100000)), id="a body without a length byte by byte"),
]


@pytest.mark.parametrize("steps", DRIPS)
@pytest.mark.parametrize("method", ["txt2img", "get_progress"])
def test_the_total_holds(caller: Caller, scripted: Scripted, steps: Any, method: str) -> None:
    scripted.play(*steps)
    with pytest.raises(CallTimeout) as caught:
        getattr(caller, method)(*(["x"] if method == "txt2img" else []))
    error = caught.value
    assert isinstance(error, TimeoutError)
    assert error.may_have_begun
    assert error.__cause__ is not None
    where = f"{error.method} {scripted.url}/sdapi/v1/{'txt2img' if method == 'txt2img' else 'progress'}"
    assert f"{error.method} {error.url}" == where
    ending = "; the server may have begun, and goes on" if method == "txt2img" else ""
    assert str(error) == f"{where}: no whole answer within {SHORT} s{ending}"
    assert scripted.connections == 1


def test_the_connection_is_not_used_again(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer({}, length=1000), HANG)
    with pytest.raises(CallTimeout):
        caller.get_progress()
    assert caller.get_progress().progress == 0
    assert scripted.connections == 2


def test_the_total_spans_redirects(connect: Connect, scripted: Scripted) -> None:
    for _ in range(5):
        scripted.play(Drip(head(307, {"Location": "/again", "Content-Length": "0"}), 0.001))
    scripted.play(HANG)
    with pytest.raises(CallTimeout, match=f"no whole answer within {SHORT} s"):
        connect(url=scripted.url, timeout=SHORT).txt2img("x")
    assert 2 <= len(scripted.seen) < 6


@pytest.mark.parametrize("steps", [(HANG,), (head(200, {"Content-Length": "9"}) + b"1234", HANG)])
def test_the_limit_for_each_wait(connect: Connect, scripted: Scripted, steps: Any) -> None:
    scripted.play(*steps)
    caller = connect(url=scripted.url, timeout=Timeout(read=SHORT))
    with pytest.raises(CallTimeout, match=f"nothing arrived for {SHORT} s"):
        caller.get_progress()


def test_the_limit_for_each_wait_is_met_by_a_drip(connect: Connect, scripted: Scripted) -> None:
    scripted.play(head(200, {"Content-Length": "60"}), Drip(b'{"progress": 0.5}'.ljust(60), 0.005))
    caller = connect(url=scripted.url, timeout=Timeout(read=0.25))
    assert caller.get_progress().progress == 0.5


def test_a_body_that_nobody_takes(connect: Connect) -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        taken: list[socket.socket] = []
        thread = threading.Thread(target=lambda: taken.append(listener.accept()[0]))
        thread.start()
        caller = connect(url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=SHORT)
        with pytest.raises(CallTimeout, match="no whole answer within"):
            caller.txt2img("x" * (32 << 20))
        thread.join()
        taken[0].close()


@pytest.fixture
def full() -> Iterator[int]:
    """A port whose queue of connections is full, so that further ones hang."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(8):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            waiting.append(client)
        probe = stack.enter_context(socket.socket())
        probe.settimeout(0.05)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            pytest.skip("this system accepts connections that nobody takes")
        yield port


@pytest.mark.parametrize(
    ("timeout", "message"),
    [
        (Timeout(connect=SHORT), f"no connection within {SHORT} s"),
        (Timeout(connect=SHORT, total=30), f"no connection within {SHORT} s"),
        (Timeout(connect=30, total=SHORT), f"no whole answer within {SHORT} s"),
        (Timeout(connect=None, total=SHORT), f"no whole answer within {SHORT} s"),
    ],
)
def test_no_connection_in_time(connect: Connect, full: int, timeout: Timeout, message: str) -> None:
    caller = connect(url=f"http://127.0.0.1:{full}", timeout=timeout)
    with pytest.raises(CallTimeout) as caught:
        caller.txt2img("x")
    assert str(caught.value) == f"POST http://127.0.0.1:{full}/sdapi/v1/txt2img: {message}"
    assert not caught.value.may_have_begun


def test_a_limit_for_one_call(connect: Connect, scripted: Scripted) -> None:
    scripted.play(HANG)
    caller = connect(url=scripted.url)
    with pytest.raises(CallTimeout):
        caller.with_options(timeout=SHORT).run(Txt2Img("x"))
    assert caller.api.timeout is None


def test_which_calls_have_which_limit(connect: Connect) -> None:
    """Generations may take minutes, changing the model too; the rest may not."""
    from webuiapi import GetOptions, Img2Img, Interrogate, SetOptions

    api = WebUIApi()
    limits = {
        name: api._outgoing(request).timeout
        for name, request in {
            "txt2img": Txt2Img("x"),
            "img2img": Img2Img("https://example.com/x.png"),
            "interrogate": Interrogate("https://example.com/x.png"),
            "model": SetOptions({"sd_model_checkpoint": "x"}),
            "options": SetOptions({"samples_format": "png"}),
            "get": GetOptions(),
        }.items()
    }
    slow = {"txt2img", "img2img", "interrogate", "model"}
    assert limits == {name: GENERATION if name in slow else ORDINARY for name in limits}


def test_a_deadline() -> None:
    endless = Deadline(Timeout(), time.monotonic())
    assert (endless.left(), endless.left(5), endless.passed) == (None, 5, False)
    ahead = Deadline(Timeout(total=1000), time.monotonic())
    left = ahead.left()
    assert left is not None
    assert 0 < left <= 1000
    assert ahead.left(5) == 5
    assert not ahead.passed
    over = Deadline(Timeout(total=5), time.monotonic() - 5)
    assert over.passed
    with pytest.raises(TimeoutError):
        over.left()


def test_the_in_process_server_keeps_the_total_too(colour: str) -> None:
    """A job that hangs there is left behind."""
    from webuiapi.server import App
    from webuiapi.server.http import Request, Response
    from webuiapi.transport.local import AsyncLocalTransport, LocalTransport

    leave = threading.Event()

    class Hanging(App):
        def handle(self, request: Request) -> Response:
            leave.wait(20)
            return Response()

    with Hanging() as app:
        local = LocalTransport(app)
        caller = Caller(
            "plain" if colour == "plain" else "awaitable",
            ":local:",
            transport=local if colour == "plain" else AsyncLocalTransport(local),
            timeout=SHORT,
            server="a1111",
        )
        with pytest.raises(CallTimeout, match=f"no whole answer within {SHORT} s; the server may have begun"):
            caller.txt2img("x")
        leave.set()
        caller.close()


def test_a_task_is_not_held_up_by_the_others_limit(scripted: Scripted) -> None:
    from webuiapi import AsyncWebUIApi

    scripted.play_at("/sdapi/v1/txt2img", HANG)

    async def main() -> None:
        async with AsyncWebUIApi(url=scripted.url, server="a1111") as api:
            slow = asyncio.ensure_future(api.with_options(timeout=SHORT).txt2img("x"))
            assert (await api.get_progress()).progress == 0
            with pytest.raises(CallTimeout):
                await slow

    asyncio.run(main())
