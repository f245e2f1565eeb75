"""What is tried again, and what never is."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Connect
from support.callers import Caller
from support.scripted import CLOSE, HANG, Scripted, answer
from webuiapi import CallTimeout, ConnectError, ConnectionLost, ServerBusy, WebUIApi
from webuiapi.retry import Retry, retry_of

QUICK = Retry(attempts=3, first_pause=0.001)


@pytest.fixture
def caller(connect: Connect, scripted: Scripted) -> Caller:
    return connect(url=scripted.url, retries=QUICK)


BUSY = answer({"detail": "busy"}, 503)


@pytest.mark.parametrize("trouble", [(BUSY,), (answer({"detail": "slow down"}, 429),), (CLOSE,)])
def test_a_question_is_asked_again(caller: Caller, scripted: Scripted, trouble: Any) -> None:
    scripted.play(answer({"progress": 0.0}, headers={"Connection": "close"}), CLOSE)
    caller.get_progress()
    scripted.play(*trouble)
    scripted.play(*trouble)
    scripted.play(answer({"progress": 0.5}))
    assert caller.get_progress().progress == 0.5


def test_not_for_ever(caller: Caller, scripted: Scripted) -> None:
    for _ in range(10):
        scripted.play(BUSY)
    with pytest.raises(ServerBusy):
        caller.get_progress()
    assert len(scripted.seen) == 3


@pytest.mark.parametrize(("trouble", "kind"), [((BUSY,), ServerBusy), ((CLOSE,), ConnectionLost)])
def test_a_generation_that_may_have_begun_is_not(
    caller: Caller, scripted: Scripted, trouble: Any, kind: type[Exception]
) -> None:
    scripted.play(answer({"progress": 0.0}))
    scripted.play_at("/sdapi/v1/txt2img", *trouble)
    with pytest.raises(kind):
        caller.txt2img("x")
    assert [seen.target for seen in scripted.seen].count("/sdapi/v1/txt2img") == 1


def test_one_whose_connection_was_refused_is(connect: Connect) -> None:
    with Scripted() as gone:
        url = gone.url
    heard: list[str] = []
    caller = connect(url=url, retries=QUICK, on_request=lambda call: heard.append(call.target))
    with pytest.raises(ConnectError):
        caller.txt2img("x")
    assert heard == ["/sdapi/v1/txt2img"] * 3


def test_the_time_allowed_is_for_all_attempts(connect: Connect, scripted: Scripted) -> None:
    scripted.play(BUSY)
    scripted.play(HANG)
    caller = connect(url=scripted.url, retries=QUICK, timeout=0.15)
    with pytest.raises(CallTimeout, match=r"no whole answer within 0\.15 s"):
        caller.get_progress()
    assert len(scripted.seen) == 2
    for _ in range(5):
        scripted.play(BUSY)
    patient = connect(url=scripted.url, retries=Retry(first_pause=60, longest_pause=60), timeout=5)
    with pytest.raises(ServerBusy):  # waiting a minute would be too long
        patient.get_progress()


def test_a_server_may_say_when(connect: Connect, scripted: Scripted) -> None:
    scripted.play(answer({"detail": "busy"}, 503, {"Retry-After": "60"}))
    caller = connect(url=scripted.url, retries=Retry(first_pause=0.001, longest_pause=0.002))
    assert caller.get_progress().progress == 0
    assert len(scripted.seen) == 2


@pytest.mark.parametrize(
    ("method", "status", "headers", "attempt", "refused", "pause"),
    [
        ("GET", 503, {}, 1, False, (1.0, 1.25)),
        ("GET", 503, {}, 2, False, (2.0, 2.5)),
        ("GET", 503, {"retry-after": "3"}, 1, False, (3.0, 3.0)),
        ("GET", 503, {"retry-after": "300"}, 1, False, (4.0, 4.0)),
        ("GET", 503, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 1, False, (1.0, 1.25)),
        ("GET", 503, {}, 3, False, None),
        ("GET", 500, {}, 1, False, None),
        ("POST", 503, {}, 1, False, None),
        ("POST", 503, {}, 1, True, (1.0, 1.25)),
        ("POST", 429, {}, 1, True, None),
    ],
)
def test_after_a_status(
    method: str, status: int, headers: dict[str, str], attempt: int, refused: bool, pause: tuple[float, float] | None
) -> None:
    retry = Retry(attempts=3, first_pause=1.0, longest_pause=4.0)
    found = retry.after_status(method, status, headers, attempt, refused=refused)
    assert (found is None) is (pause is None)
    if found is not None and pause is not None:
        assert pause[0] <= found <= pause[1]


def test_what_may_be_given() -> None:
    assert retry_of(None).attempts == retry_of(0).attempts == retry_of(1).attempts == 1
    assert retry_of(5).attempts == 5
    assert retry_of(QUICK) is QUICK
    assert WebUIApi(retries=4).with_options(retries=2).retries.attempts == 2
    for wrong in (-1, True, 2.5, "3"):
        with pytest.raises(ValueError, match="must be a whole number of attempts, a Retry, or None"):
            WebUIApi(retries=wrong)  # type: ignore[arg-type]
    for settings in ({"attempts": 0}, {"first_pause": -1}, {"longest_pause": -1}):
        with pytest.raises(ValueError, match="attempts is at least 1, the pauses are at least 0"):
            Retry(**settings)
