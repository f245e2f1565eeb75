"""How many may wait for their turn: whoever comes to wait is counted, whatever for, and whoever is refused is gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract.compare import CATALOG
from webuiapi.server.app import App
from webuiapi.server.errors import HTTPError
from webuiapi.server.flavours.table import Line
from webuiapi.server.limits import Limits
from webuiapi.server.queue import Turnstile

from .conftest import PATIENCE, Answer, ask, until
from .mishaps import SMALL


@pytest.fixture
def full(pool: ThreadPoolExecutor) -> Iterator[App]:
    """A server at which one may wait, and one does."""
    with App(CATALOG, seed=1, limits=Limits(queue=1)) as app, app.state.turnstile:
        call = pool.submit(ask, app, "POST", "/sdapi/v1/refresh-vae")
        until(lambda: len(app.state.turnstile) == 1)
        yield app
        app.close()
        assert call.exception(PATIENCE) is not None


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("txt2img", SMALL),
        ("refresh-checkpoints", None),
        ("refresh-vae", None),
        ("options", {"sd_vae": "None"}),
        ("options", {"sd_model_checkpoint": "random-sd15"}),
    ],
)
def test_whatever_would_wait_is_refused(full: App, path: str, fields: Any) -> None:
    answer = ask(full, "POST", f"/sdapi/v1/{path}", fields)
    assert (answer.status, answer.body["detail"]) == (503, "1 requests are waiting already")
    assert len(full.state.turnstile) == 1
    assert full.state.tasks.pending == []


def test_an_option_that_could_not_be_loaded_is_not_set(full: App) -> None:
    before = ask(full, "GET", "/sdapi/v1/options").body
    assert ask(full, "POST", "/sdapi/v1/options", {"sd_model_checkpoint": "random-sd15"}).status == 503
    assert ask(full, "GET", "/sdapi/v1/options").body == before


def test_what_need_not_wait_is_not_refused(full: App) -> None:
    assert ask(full, "POST", "/sdapi/v1/options", {"samples_format": "webp"}).status == 200
    assert ask(full, "GET", "/sdapi/v1/options").body["samples_format"] == "webp"


def test_of_many_at_once_only_so_many_wait(pool: ThreadPoolExecutor) -> None:
    def ask_at_once(number: int) -> Answer:
        barrier.wait(PATIENCE)
        return ask(app, "POST", "/sdapi/v1/options", {"sd_vae": f"vae {number}"})

    barrier = threading.Barrier(5)
    with App(CATALOG, seed=1, limits=Limits(queue=1)) as app:
        with app.state.turnstile:
            calls = [pool.submit(ask_at_once, number) for number in range(5)]
            until(lambda: sum(call.done() for call in calls) + len(app.state.turnstile) == 5)
            assert len(app.state.turnstile) == 1
        assert sorted(call.result(PATIENCE).status for call in calls) == [200, 503, 503, 503, 503]


def test_a_refused_task_leaves_that_of_its_name_where_it_is(pool: ThreadPoolExecutor) -> None:
    body = {**SMALL, "force_task_id": "task(me)"}
    with App(CATALOG, seed=1, limits=Limits(queue=1)) as app:
        with app.state.turnstile:
            waiting = pool.submit(ask, app, "POST", "/sdapi/v1/txt2img", body)
            until(lambda: len(app.state.turnstile) == 1)
            assert ask(app, "POST", "/sdapi/v1/txt2img", body).status == 503
            assert app.state.tasks.pending == ["task(me)"]
        assert waiting.result(PATIENCE).status == 200


def test_who_ends_the_server_waits_behind_any_number(pool: ThreadPoolExecutor) -> None:
    turnstile = Turnstile(Line(1, "busy"))

    def work() -> None:
        with turnstile:
            pass

    with turnstile:
        waiting = pool.submit(work)
        until(lambda: len(turnstile) == 1)
        with pytest.raises(HTTPError, match="busy"):
            work()
        ending = pool.submit(turnstile.wait_until_free)
        until(lambda: len(turnstile) == 2 or ending.done())
        assert not ending.done()
    waiting.result(PATIENCE)
    ending.result(PATIENCE)
