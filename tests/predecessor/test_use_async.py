"""`use_async=True`: a task of the running loop, on kept connections that are closed with the loop."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import webuiapi
from support.scripted import Scripted, answer

from .pictures import gradient
from .stub import Stub

_PICTURE = gradient("RGB")
_CALLS: dict[str, Callable[..., Any]] = {
    "txt2img": lambda api, **how: api.txt2img(prompt="x", **how),
    "img2img": lambda api, **how: api.img2img(images=[_PICTURE], prompt="x", **how),
    "extra_single_image": lambda api, **how: api.extra_single_image(_PICTURE, upscaler_1="Lanczos", **how),
    "extra_batch_images": lambda api, **how: api.extra_batch_images(images=[_PICTURE], upscaler_1="Lanczos", **how),
    "custom_post": lambda api, **how: api.custom_post("rembg", payload={"a": 1}, **how),
    "interrogate": lambda api, **how: api.interrogate(_PICTURE, **how),
    "png_info": lambda api, **how: api.png_info(_PICTURE, **how),
    "get_options": lambda api, **how: api.get_options(**how),
    "util_get_current_model": lambda api, **how: api.util_get_current_model(**how),
    "tagger_interrogate": lambda api, **how: webuiapi.TaggerInterface(api).tagger_interrogate(_PICTURE, **how),
}


@pytest.mark.parametrize("name", _CALLS)
@pytest.mark.parametrize("kind", [webuiapi.WebUIApi, webuiapi.AsyncWebUIApi])
def test_gives_a_task_that_is_already_started(kind: Any, name: str) -> None:
    async def main(url: str) -> Any:
        api = kind(url=url)
        task = _CALLS[name](api, use_async=True)
        assert isinstance(task, asyncio.Task)
        done, _ = await asyncio.wait([task])  # the one who waits need not be the one who awaits
        if kind is webuiapi.AsyncWebUIApi:
            await api.aclose()
        return done.pop().result()

    with Stub() as stub:
        found = asyncio.run(main(stub.url))
        expected = _CALLS[name](webuiapi.WebUIApi(url=stub.url))
    assert type(found) is type(expected)
    assert getattr(found, "content", found) == getattr(expected, "content", expected)


@pytest.mark.parametrize("name", _CALLS)
def test_outside_a_loop_it_is_an_error_at_once(name: str) -> None:
    with Stub() as stub:
        api = webuiapi.WebUIApi(url=stub.url)
        with pytest.raises(RuntimeError, match=r"needs a running event loop.*async def.*AsyncWebUIApi"):
            _CALLS[name](api, use_async=True)
        assert not stub.requests


def test_use_async_false_is_the_plain_call() -> None:
    with Stub() as stub:
        result: Any = webuiapi.WebUIApi(url=stub.url).txt2img(prompt="x", use_async=False)  # type: ignore[call-arg]
    assert result.image.size == (4, 4)


def test_connections_are_kept_within_a_loop_and_closed_with_it(scripted: Scripted) -> None:
    async def main() -> None:
        api = webuiapi.WebUIApi(url=scripted.url)
        for _ in range(3):
            await api.get_options(use_async=True)  # type: ignore[call-arg, misc]
        await api.with_options(headers={"X-Other": "1"}).get_options(use_async=True)  # type: ignore[call-arg, misc]
        assert scripted.connections == 1

    scripted.play_at("/sdapi/v1/options", answer({}))
    asyncio.run(main())
    scripted.wait_until_closed()
    assert [seen.headers.get("x-other") for seen in scripted.seen] == [None, None, None, "1"]


def test_settings_are_those_of_the_moment(scripted: Scripted) -> None:
    """Headers and credentials set later count for later calls, which is what scripts for 0.9 do with `session`."""

    async def main() -> None:
        api = webuiapi.WebUIApi(url=scripted.url)
        await api.get_options(use_async=True)  # type: ignore[call-arg, misc]
        api.set_auth("user", "pass")
        api.session.headers["X-Mine"] = "1"
        await api.get_options(use_async=True)  # type: ignore[call-arg, misc]

    scripted.play_at("/sdapi/v1/options", answer({}))
    asyncio.run(main())
    first, second = scripted.seen
    assert ("authorization" in first.headers, "x-mine" in first.headers) == (False, False)
    assert (second.headers["authorization"], second.headers["x-mine"]) == ("Basic dXNlcjpwYXNz", "1")


def test_nothing_is_left_of_many_loops(scripted: Scripted) -> None:
    api = webuiapi.WebUIApi(url=scripted.url)
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await api.get_options(use_async=True)  # type: ignore[call-arg, misc]

    scripted.play_at("/sdapi/v1/options", answer({}))
    for _ in range(20):
        asyncio.run(main())
    gc.collect()
    assert sum(loop() is not None for loop in loops) <= 1  # the last, until there is another
    scripted.wait_until_closed()


_SCRIPT = """
import asyncio, sys
from predecessor.stub import Stub
import webuiapi

async def main(api):
    print((await api.txt2img(prompt="x", use_async=True)).image.size)

with Stub() as stub:
    for _ in range(2):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main(webuiapi.WebUIApi(url=stub.url)))
        if "close" in sys.argv:
            loop.close()
"""


@pytest.mark.parametrize("ending", ["close", "leave"])
def test_a_loop_that_ends_without_ceremony(ending: str) -> None:
    """Scripts of before `asyncio.run` close their loop by hand, or not at all: nothing is said about connections."""
    folder = str(Path(__file__).parents[1])
    where = os.pathsep.join([folder, str(Path(webuiapi.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, ending],
        env={**os.environ, "PYTHONPATH": where},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.splitlines(), done.stderr) == (["(4, 4)"] * 2, "")


def test_loops_in_threads(scripted: Scripted) -> None:
    api = webuiapi.WebUIApi(url=scripted.url)
    scripted.play_at("/sdapi/v1/options", answer({"sd_model_checkpoint": "m"}))
    found: list[Any] = []

    async def main() -> Any:
        return await asyncio.gather(*[api.get_options(use_async=True) for _ in range(3)])  # type: ignore[call-arg, call-overload]

    threads = [threading.Thread(target=lambda: found.extend(asyncio.run(main()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [options.sd_model_checkpoint for options in found] == ["m"] * 12


def test_the_embedded_server_of_a_client_outlives_the_loop() -> None:
    api = webuiapi.WebUIApi(":local:")
    api.set_options({"CLIP_stop_at_last_layers": 3})

    async def main() -> Any:
        return await api.get_options(use_async=True)  # type: ignore[call-arg, misc]

    assert asyncio.run(main())["CLIP_stop_at_last_layers"] == 3
    assert api.get_options()["CLIP_stop_at_last_layers"] == 3
    api.close()
