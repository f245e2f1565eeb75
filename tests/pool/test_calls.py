"""The calls of a pool: the same as a client's, on any of its servers; several at once; bad arguments."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from support.callers import Caller, Colour, on_loop
from support.pictures import file_of, noise
from webuiapi import AsyncPool, AsyncWebUIApi, Img2Img, Pool, Txt2Img, WebUIApi
from webuiapi.server import App, serve

from .conftest import SMALL, MakePool, Start, mapped, painted, submitted

PNG = file_of(noise("RGB", 64, 64))


@pytest.fixture(params=["socket", "in-process"])
def two(request: pytest.FixtureRequest, pool: MakePool, start: Start) -> Caller:
    """A pool of two servers, through each door."""
    return pool([start(), start()] if request.param == "socket" else [":local:", ":local:"])


def test_the_calls_of_a_client(two: Caller) -> None:
    result = two.txt2img("a cat", seed=5, **SMALL)
    assert (result.seeds, result.images[0].size) == ([5], (64, 64))
    assert two.img2img(PNG, "a dog", seed=6, **SMALL).seeds == [6]
    assert two.extra_single_image(PNG, upscaler_1="Lanczos", upscaling_resize=2).images[0].size == (128, 128)
    assert len(two.extra_batch_images([PNG, PNG], upscaler_1="Lanczos").images) == 2
    assert two.png_info(result).parameters["Seed"] == "5"
    assert two.interrogate(PNG).info != ""
    assert two.run(Img2Img(PNG, "x", seed=7, **SMALL)).seeds == [7]
    assert sum(server.done for server in two.api.servers) == 7


def test_results_in_order_and_as_they_come(two: Caller) -> None:
    requests = [Txt2Img("a cat", seed=seed, **SMALL) for seed in range(12)]
    assert [result.seeds for result in mapped(two, requests)] == [[seed] for seed in range(12)]
    assert sorted(result.seeds for result in mapped(two, requests, ordered=False)) == [[seed] for seed in range(12)]
    assert mapped(two, []) == []


def test_requests_are_taken_as_places_become_free(two: Caller) -> None:
    taken = []

    def endless() -> Iterator[Txt2Img]:
        seed = 0
        while True:
            taken.append(seed)
            yield Txt2Img("a cat", seed=seed, **SMALL)
            seed += 1

    async def some() -> int:
        results = two.api.map(endless())
        assert (await results.__anext__()).seeds == [0]
        most = len(taken)
        await results.aclose()
        return most

    if two.loop is None:
        results = two.api.map(endless())
        assert next(results).seeds == [0]
        most = len(taken)
        results.close()
    else:
        most = two.finish(some())
    assert most == 16
    assert two.api.waiting == 0


def test_one_that_fails_among_many(pool: MakePool, start: Start) -> None:
    caller = pool([start()])
    requests = [Txt2Img("a", **SMALL), Txt2Img("b", steps=0), Txt2Img("c", extra={"script_name": "no"}, **SMALL)]
    good, bad, refused = mapped(caller, requests, return_exceptions=True)
    assert len(good.images) == 1
    assert (type(bad), str(bad)) == (ValueError, "steps=0 must be at least 1")
    assert refused.status == 422
    with pytest.raises(ValueError, match="steps=0 must be at least 1"):
        mapped(caller, requests)


def test_both_servers_work(pool: MakePool, start: Start) -> None:
    servers = [start(step_time=0.01), start(step_time=0.01)]
    caller = pool(servers)
    jobs = submitted(caller, *(Txt2Img(str(number), **{**SMALL, "steps": 5}) for number in range(8)))
    for job in jobs:
        caller.finish(job.result())
    shares = [painted(server, "prompt") for server in servers]
    assert sorted(shares[0] + shares[1]) == [str(number) for number in range(8)]
    assert min(map(len, shares)) >= 2
    assert {job.server for job in jobs} == {server.url for server in servers}


def test_the_higher_priority_first(pool: MakePool, start: Start) -> None:
    server = start()
    caller = pool([], in_flight=1)
    first = submitted(caller, Txt2Img("first", **SMALL))
    later = submitted(caller, Txt2Img("later", **SMALL))
    urgent = submitted(caller, Txt2Img("urgent", **SMALL), priority=5)
    assert caller.api.waiting == 3
    on_loop(caller, lambda: caller.api.add(server.url))
    for job in (*first, *later, *urgent):
        caller.finish(job.result())
    assert painted(server, "prompt") == ["urgent", "first", "later"]


def test_servers_as_clients_and_as_arguments(colour: Colour, start: Start) -> None:
    one, other = start(), start(api_auth="me:secret")
    kind: Any = AsyncWebUIApi if colour == "awaitable" else WebUIApi
    pool: Any = AsyncPool if colour == "awaitable" else Pool
    client = kind(url=one.url)
    caller = Caller.around(pool([client, {"url": other.url, "username": "me", "password": "secret"}], steps=3))
    results = mapped(caller, [Txt2Img("a", width=64, height=64) for _ in range(8)])
    assert len(results) == 8
    assert set(painted(other, "steps")) <= {3}
    assert set(painted(one, "steps")) <= {20}
    assert "secret" not in repr(caller.api) + repr(caller.api.servers)
    on_its_own = Caller.around(client)
    caller.close()
    assert on_its_own.txt2img("a", **SMALL).seeds != []
    on_its_own.close()


def test_nothing_is_left_behind(pool: MakePool, start: Start, colour: Colour) -> None:
    before = set(threading.enumerate())
    with serve(App(seed=1)) as server:
        kind: Any = AsyncPool if colour == "awaitable" else Pool
        caller = Caller.around(kind([server.url]))
        mapped(caller, [Txt2Img("a", **SMALL) for _ in range(4)])
        caller.close()
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("webuiapi")]
    assert left == []
    with pytest.raises(RuntimeError, match="the pool is closed"):
        caller.api.submit(Txt2Img("a"))


def test_making_one_asks_nobody(start: Start, pool: MakePool) -> None:
    server = start()
    caller = pool([server])
    assert [seen.url for seen in caller.api.servers] == [server.url]
    assert caller.api.servers[0].flavour is None
    assert server.requests == []


@pytest.mark.parametrize("kind", [Pool, AsyncPool])
def test_what_is_no_pool(kind: Any) -> None:
    for given, error in (
        ("http://a", r"servers='http://a' must be a list of servers"),
        (5, r"servers=5 must be a list of servers"),
        ([5], r"an int is no server for a \w+: give an address"),
        ([WebUIApi() if kind is AsyncPool else AsyncWebUIApi()], r"is no server for a \w+"),
    ):
        with pytest.raises(TypeError, match=error):
            kind(given)
    for settings, error in (
        ({"in_flight": 0}, "in_flight=0 must be a whole number from 1"),
        ({"in_flight": True}, "in_flight=True must be"),
        ({"patience": -1}, "patience=-1 must be a number of seconds, at least 0"),
        ({"rest": "x"}, "rest='x' must be a number of seconds"),
    ):
        with pytest.raises(ValueError, match=error):
            kind(["http://a"], **settings)
    with pytest.raises(ValueError, match=r"http://a:80 is in the pool already"):
        kind(["http://a", "http://a:80/"])
    with pytest.raises(TypeError, match="'x' is no request: pass one"):
        kind([]).submit("x")
