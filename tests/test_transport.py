"""Connections kept and given up, bodies whole and packed: the same in both colours."""

from __future__ import annotations

import asyncio

import pytest

from conftest import Connect
from support.callers import Caller, Colour
from support.scripted import CLOSE, RESET, Scripted, answer, head
from webuiapi import ConnectionLost, ServerBusy


def test_no_call_is_made_before_the_first(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, username="a", password="b", headers={"X-A": "1"}, timeout=5)
    caller.api.set_auth("c", "d")
    caller.api.with_options(timeout=3)
    assert scripted.connections == 0
    caller.get_progress()
    assert scripted.connections == 1


# -- connections kept -------------------------------------------------------------------------------------------------


def test_a_connection_is_used_again(caller: Caller, scripted: Scripted) -> None:
    for _ in range(3):
        caller.get_progress()
        caller.txt2img("x")
    assert scripted.connections == 1
    assert [seen.connection for seen in scripted.seen] == [1] * 6


def test_copies_share_the_connections(caller: Caller, scripted: Scripted) -> None:
    caller.get_progress()
    caller.with_options(timeout=5, headers={"X-A": "1"}).get_progress()
    caller.get_progress()
    assert scripted.connections == 1
    assert ["x-a" in seen.headers for seen in scripted.seen] == [False, True, False]


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_answer_leaves_the_connection_in_order(caller: Caller, scripted: Scripted, status: int) -> None:
    fields = {} if status == 204 else {"Content-Length": "0"}
    for _ in range(2):
        scripted.play(head(status, fields))
        assert caller.interrupt() is None
    caller.txt2img("x")
    assert scripted.connections == 1
    assert len(scripted.seen) == 3


def test_an_error_leaves_the_connection_in_order(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer({"detail": "no"}, 503))
    with pytest.raises(ServerBusy):
        caller.txt2img("x")
    caller.txt2img("x")
    assert scripted.connections == 1


@pytest.mark.parametrize("fields", [{"Connection": "close"}, {"Connection": "Close"}])
def test_the_server_may_want_it_closed(caller: Caller, scripted: Scripted, fields: dict[str, str]) -> None:
    scripted.play(answer({}, headers=fields), CLOSE)
    caller.txt2img("x")
    caller.txt2img("x")
    assert scripted.connections == 2


def test_an_old_server_ends_its_answer_by_closing(caller: Caller, scripted: Scripted) -> None:
    scripted.play(b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"progress": 0.5}', CLOSE)
    assert caller.get_progress().progress == 0.5
    assert caller.get_progress().progress == 0.0
    assert scripted.connections == 2


def test_an_idle_connection_is_not_used_again(
    colour: Colour, connect: Connect, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The webui closes idle connections after 5 seconds, so that ours are given up after 3."""
    from webuiapi.transport import awaitable, base, plain

    assert base.IDLE_LIMIT == 3.0
    monkeypatch.setattr(plain if colour == "plain" else awaitable, "IDLE_LIMIT", 1e-9)
    caller = connect(url=scripted.url)
    for _ in range(3):
        caller.txt2img("x")
    assert scripted.connections == 3


def test_a_connection_that_the_server_has_closed_is_seen_to_be(caller: Caller, scripted: Scripted) -> None:
    caller.get_progress()
    scripted.play(answer({}), CLOSE)
    caller.get_progress()
    scripted.wait_until_closed()
    if caller.loop is not None:
        for _ in range(3):  # the event loop has to look at its sockets
            caller.finish(asyncio.sleep(0))
    caller.txt2img("x")
    assert [seen.connection for seen in scripted.seen] == [1, 1, 2]


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_a_get_that_meets_a_dead_connection_is_asked_again(caller: Caller, scripted: Scripted, end: object) -> None:
    caller.get_progress()
    scripted.play(end)  # type: ignore[arg-type]
    scripted.play(answer({"progress": 0.25}))
    assert caller.get_progress().progress == 0.25
    assert [seen.connection for seen in scripted.seen] == [1, 1, 2]


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_a_post_that_meets_a_dead_connection_is_not(caller: Caller, scripted: Scripted, end: object) -> None:
    caller.get_progress()
    scripted.play(end)  # type: ignore[arg-type]
    with pytest.raises(ConnectionLost) as caught:
        caller.txt2img("x")
    assert caught.value.may_have_begun
    assert str(caught.value).endswith("; the server may have begun, and goes on")
    assert len(scripted.seen) == 2


def test_a_get_is_not_asked_for_ever(caller: Caller, scripted: Scripted) -> None:
    caller.get_progress()
    for _ in range(5):
        scripted.play(CLOSE)
    with pytest.raises(ConnectionLost):
        caller.get_progress()
    assert len(scripted.seen) == 3


def test_a_post_on_a_new_connection_that_breaks_is_not_tried_again(caller: Caller, scripted: Scripted) -> None:
    scripted.play(CLOSE)
    with pytest.raises(ConnectionLost):
        caller.txt2img("x")
    assert len(scripted.seen) == 1


def test_a_closed_client_opens_new_connections(caller: Caller, scripted: Scripted) -> None:
    caller.get_progress()
    caller.finish(caller.api.close() if caller.colour == "plain" else caller.api.aclose())
    caller.get_progress()
    assert scripted.connections == 2


def test_clients_are_context_managers(colour: Colour, scripted: Scripted) -> None:
    from webuiapi import AsyncWebUIApi, WebUIApi

    if colour == "plain":
        with WebUIApi(url=scripted.url, server="a1111") as api:
            assert api.get_progress().progress == 0
        return

    async def main() -> None:
        async with AsyncWebUIApi(url=scripted.url, server="a1111") as api:
            assert (await api.get_progress()).progress == 0

    asyncio.run(main())
