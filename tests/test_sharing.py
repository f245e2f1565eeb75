"""One client for many threads, many tasks, several event loops; and nothing left open behind it."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from support.scripted import CLOSE, Scripted, Seen, answer
from webuiapi import AsyncWebUIApi, GetProgress, Txt2Img, WebUIApi
from webuiapi.server import App, Server
from webuiapi.transport.local import AsyncLocalTransport, LocalTransport


def echo(seen: Seen) -> bytes:
    """The prompt of a request as its answer."""
    return answer({"images": [], "info": {"prompt": seen.json["prompt"]}})


def test_threads_share_a_client(scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/txt2img", echo)
    together = threading.Barrier(8)

    def ask(number: int) -> list[Any]:
        together.wait(20)
        return [api.txt2img(f"{number} {turn}").info["prompt"] for turn in range(10)]

    with WebUIApi(url=scripted.url, server="a1111", max_in_flight=None) as api, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert found == [[f"{number} {turn}" for turn in range(10)] for number in range(8)]
    assert scripted.connections <= 8


def test_tasks_share_a_client(scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/txt2img", echo)

    async def ask(api: AsyncWebUIApi, number: int) -> list[Any]:
        return [(await api.txt2img(f"{number} {turn}")).info["prompt"] for turn in range(10)]

    async def main() -> list[list[Any]]:
        async with AsyncWebUIApi(url=scripted.url, server="a1111", max_in_flight=None) as api:
            return await asyncio.gather(*(ask(api, number) for number in range(8)))

    assert asyncio.run(main()) == [[f"{number} {turn}" for turn in range(10)] for number in range(8)]
    assert scripted.connections <= 8


def test_calls_at_the_same_time_have_connections_of_their_own(scripted: Scripted) -> None:
    """So that a progress can be asked for while a picture is made."""
    all_there = threading.Event()
    scripted.play_at("/sdapi/v1/txt2img", all_there, answer({"images": []}))

    async def main() -> None:
        async with AsyncWebUIApi(url=scripted.url, server="a1111", max_in_flight=None) as api:
            calls = [asyncio.ensure_future(api.txt2img("x")) for _ in range(30)]
            await asyncio.to_thread(scripted.wait_for, 30)
            assert (await api.get_progress()).progress == 0
            all_there.set()
            await asyncio.gather(*calls)

    asyncio.run(main())
    assert scripted.connections == 31


def test_more_connections_than_are_kept(scripted: Scripted) -> None:
    all_there = threading.Event()
    scripted.play_at("/sdapi/v1/txt2img", all_there, answer({"images": []}))
    with WebUIApi(url=scripted.url, server="a1111", max_in_flight=None) as api, ThreadPoolExecutor(20) as pool:
        calls = [pool.submit(api.txt2img, "x") for _ in range(20)]
        scripted.wait_for(20)
        all_there.set()
        for call in calls:
            call.result()
        assert len(scripted._open) >= 16
    scripted.wait_until_closed()


def test_one_client_in_several_event_loops(scripted: Scripted) -> None:
    api = AsyncWebUIApi(url=scripted.url, server="a1111")

    async def ask() -> float:
        return (await api.get_progress()).progress

    for _ in range(3):
        assert asyncio.run(ask()) == 0.0
    assert scripted.connections == 3, "a connection belongs to its event loop"

    async def end() -> None:
        await api.aclose()

    asyncio.run(end())
    scripted.wait_until_closed()


def test_one_client_in_two_event_loops_at_once(scripted: Scripted) -> None:
    api = AsyncWebUIApi(url=scripted.url, server="a1111")
    here, there = threading.Event(), threading.Event()

    async def other() -> None:
        await api.get_progress()
        there.set()
        await asyncio.to_thread(here.wait, 20)
        await api.get_progress()

    thread = threading.Thread(target=lambda: asyncio.run(other()))
    thread.start()

    async def main() -> None:
        await api.get_progress()
        await asyncio.to_thread(there.wait, 20)
        await api.aclose()  # the other loop's connections too
        here.set()
        await asyncio.to_thread(thread.join, 20)
        await api.get_progress()
        await api.aclose()

    asyncio.run(main())
    assert len(scripted.seen) == 4


def test_nothing_is_left_open(scripted: Scripted) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        async def main() -> None:
            async with AsyncWebUIApi(url=scripted.url, server="a1111") as api:
                await api.get_progress()
                scripted.play(CLOSE)
                with pytest.raises(ConnectionError):
                    await api.txt2img("x")

        asyncio.run(main())
        api = WebUIApi(url=scripted.url, server="a1111")
        api.get_progress()
        del api
        gc.collect()
    scripted.wait_until_closed()


def test_a_plain_client_that_nobody_closes_closes_itself(scripted: Scripted) -> None:
    """Old scripts close nothing."""
    api = WebUIApi(url=scripted.url, server="a1111")
    copy = api.with_options(timeout=5)
    copy.get_progress()
    del api
    gc.collect()
    copy.get_progress()
    assert scripted.connections == 1
    del copy
    gc.collect()
    scripted.wait_until_closed()


def test_both_colours_share_an_embedded_server(embedded: Server) -> None:
    local = LocalTransport(embedded.app)
    plain = WebUIApi(":local:", transport=local)
    awaitable = AsyncWebUIApi(":local:", transport=AsyncLocalTransport(local))

    async def main() -> Any:
        return await awaitable.run(Txt2Img("a cat", seed=3, steps=1, width=64, height=64))

    first = plain.run(Txt2Img("a cat", seed=3, steps=1, width=64, height=64))
    assert asyncio.run(main()).content == first.content


def test_an_embedded_server_of_ones_own() -> None:
    with WebUIApi(":local:") as api:
        assert api.local
        transport = api._transport
        assert transport._app is None, "it is made when first needed"  # type: ignore[attr-defined]
        assert api.get_progress().idle
        first = transport.app  # type: ignore[attr-defined]
        assert isinstance(first, App)
        assert api.run(GetProgress()).idle
        assert transport.app is first  # type: ignore[attr-defined]
        api.close()
        assert api.get_progress().idle
        assert transport.app is not first, "a closed one is forgotten"  # type: ignore[attr-defined]


def test_a_server_that_was_given_is_not_closed(embedded: Server) -> None:
    with WebUIApi(":local:", transport=LocalTransport(embedded.app)) as api:
        assert api.get_progress().idle
    with WebUIApi(url=embedded.url) as again:
        assert again.get_progress().idle
