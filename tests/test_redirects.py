"""Redirects: followed where that is safe, and nothing secret goes along to another host."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conftest import Connect
from support.callers import Caller
from support.scripted import Scripted, answer
from webuiapi import AuthenticationError, StatusError


@pytest.fixture
def caller(connect: Connect, scripted: Scripted) -> Caller:
    return connect(url=scripted.url, username="user", password="pass", headers={"X-Token": "secret", "Cookie": "a=1"})


@pytest.fixture
def other() -> Iterator[Scripted]:
    with Scripted() as server:
        yield server


def moved(to: str, status: int = 307) -> bytes:
    return answer(b"", status, {"Location": to})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_get_follows_every_redirect(caller: Caller, scripted: Scripted, status: int) -> None:
    scripted.play(moved("/webui/sdapi/v1/progress?x=1", status))
    scripted.play(answer({"progress": 0.5}))
    assert caller.get_progress().progress == 0.5
    assert [seen.target for seen in scripted.seen] == ["/sdapi/v1/progress", "/webui/sdapi/v1/progress?x=1"]
    first, second = scripted.seen
    assert first.headers == second.headers, "credentials go along to the same host"
    assert "authorization" in second.headers


@pytest.mark.parametrize("status", [307, 308])
def test_a_post_is_sent_again_whole(caller: Caller, scripted: Scripted, status: int) -> None:
    scripted.play(moved("elsewhere", status))
    caller.txt2img("x")
    first, second = scripted.seen
    assert (second.method, second.target) == ("POST", "/sdapi/v1/elsewhere")
    assert first.body == second.body
    assert first.headers == second.headers


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_does_not_become_a_get(caller: Caller, scripted: Scripted, status: int) -> None:
    scripted.play(moved("/elsewhere", status))
    with pytest.raises(StatusError) as caught:
        caller.txt2img("x")
    assert len(scripted.seen) == 1
    assert caught.value.status == status
    assert caught.value.message == "it redirects to /elsewhere"
    assert caught.value.hint == "Use the address that it redirects to."


def test_nothing_secret_goes_to_another_host(caller: Caller, scripted: Scripted, other: Scripted) -> None:
    scripted.play(moved(f"{other.url}/sdapi/v1/txt2img"))
    caller.txt2img("x")
    assert other.last.body == scripted.last.body
    assert other.last.headers.keys() == {
        "host", "user-agent", "accept", "accept-encoding", "content-type", "content-length",
    }  # fmt: skip
    assert other.last.headers["host"] == f"127.0.0.1:{other.port}"


def test_nor_back_again(caller: Caller, scripted: Scripted, other: Scripted) -> None:
    scripted.play(moved(f"{other.url}/x"))
    other.play(moved(f"{scripted.url}/y"))
    scripted.play(answer({"detail": "Not authenticated"}, 401))
    with pytest.raises(AuthenticationError, match="The server wants credentials"):
        caller.get_progress()
    assert "authorization" not in scripted.last.headers


def test_another_name_is_another_host(caller: Caller, scripted: Scripted) -> None:
    scripted.play(moved(f"http://localhost:{scripted.port}/x"))
    caller.get_progress()
    assert "x-token" not in scripted.last.headers
    assert "cookie" not in scripted.last.headers


def test_the_same_host_in_another_spelling(connect: Connect, scripted: Scripted) -> None:
    caller = connect(host="LOCALHOST", port=scripted.port, username="a")
    scripted.play(moved(f"http://localhost:{scripted.port}/x"))
    caller.get_progress()
    assert "authorization" in scripted.last.headers


def test_not_for_ever(caller: Caller, scripted: Scripted) -> None:
    for _ in range(10):
        scripted.play(moved("/round"))
    with pytest.raises(StatusError, match="it redirects to /round"):
        caller.get_progress()
    assert len(scripted.seen) == 6


@pytest.mark.parametrize(
    "location", ["ftp://127.0.0.1/x", "http://127.0.0.1:port/", "http://[::1/", "http://a..b/", "file:///x"]
)
def test_a_place_that_is_none(caller: Caller, scripted: Scripted, location: str) -> None:
    scripted.play(moved(location))
    with pytest.raises(StatusError) as caught:
        caller.get_progress()
    assert caught.value.message == f"it redirects to {location}"


def test_without_a_place(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer({"detail": "gone away"}, 302))
    with pytest.raises(StatusError) as caught:
        caller.get_progress()
    assert (caught.value.message, caught.value.hint) == ("gone away", "")
    scripted.play(answer(b"", 304, {"Location": "/x"}))
    with pytest.raises(StatusError):
        caller.get_progress()
