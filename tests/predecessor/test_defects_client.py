"""Defects of webuiapi 0.9 in how it talks to a server: where it is, how long it waits, what it says; each cured."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from typing import Any

import pytest

import webuiapi
from support.scripted import CLOSE, HANG, Scripted, Seen, answer

from .answers import BUSY, IDLE, RED
from .ours import ran
from .pictures import gradient
from .stub import Stub

# -- D12, D32: async --------------------------------------------------------------------------------------------------


def test_d12_outside_a_loop_it_is_said_at_once() -> None:
    found = ran("async_no_running_loop")
    assert "AsyncWebUIApi" in found.error(RuntimeError)
    assert not found.requests()


def test_d12_in_another_thread_too() -> None:
    caught: list[BaseException] = []

    def work() -> None:
        try:
            webuiapi.WebUIApi().txt2img("x", use_async=True)  # type: ignore[call-arg]
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "needs a running event loop" in str(caught[0])


def test_d12_and_a_client_to_await() -> None:
    async def main(url: str) -> Any:
        async with webuiapi.AsyncWebUIApi(url=url) as api:
            return await api.txt2img("x")

    with Stub() as stub:
        assert asyncio.run(main(stub.url)).image.size == (4, 4)


def test_d32_one_pool_the_same_headers_and_errors(scripted: Scripted) -> None:
    async def main() -> None:
        api = webuiapi.WebUIApi(url=scripted.url, headers={"X-Mine": "1"}, username="user", password="pass")
        for _ in range(3):
            with pytest.raises(webuiapi.ServerError):
                await api.png_info(gradient("RGB"), use_async=True)  # type: ignore[call-arg, misc]

    scripted.play_at("/sdapi/v1/png-info", answer({"error": "E", "errors": "boom"}, 500))
    asyncio.run(main())
    assert scripted.connections == 1
    for seen in scripted.seen:
        assert (seen.headers["x-mine"], seen.headers["authorization"]) == ("1", "Basic dXNlcjpwYXNz")


def test_d32_every_call_can_be_awaited() -> None:
    endpoints = [name for name in dir(webuiapi.WebUIApi) if name.startswith(("get_", "util_", "png_", "interrogate"))]

    async def main(url: str) -> None:
        async with webuiapi.AsyncWebUIApi(url=url) as api:
            for name in endpoints:
                if name not in ("get_endpoint", "get_artists", "get_artist_categories"):
                    assert callable(getattr(api, name))
            made = api.get_options()
            assert inspect.iscoroutine(made)
            await made

    with Stub() as stub:
        asyncio.run(main(stub.url))


# -- D15, D16: time, and what is swallowed ----------------------------------------------------------------------------


def test_d15_the_constructor_sends_nothing(scripted: Scripted) -> None:
    scripted.play(HANG)
    api = webuiapi.WebUIApi(url=scripted.url)
    api.set_auth("user", "pass")
    assert scripted.connections == 0


def test_d15_a_silent_server(scripted: Scripted) -> None:
    scripted.play(HANG)
    with pytest.raises(webuiapi.CallTimeout):
        webuiapi.WebUIApi(url=scripted.url, timeout=0.05, retries=0).get_options()


def test_d15_a_get_whose_connection_breaks_is_asked_again(scripted: Scripted) -> None:
    scripted.play(CLOSE)
    scripted.play(answer({"sd_model_checkpoint": "m"}))
    assert webuiapi.WebUIApi(url=scripted.url).get_options().sd_model_checkpoint == "m"


def test_d16_nothing_is_swallowed(scripted: Scripted) -> None:
    """What 0.9 asked for in its constructor is asked for when it is needed, and an error of it is an error."""
    scripted.play(answer({"detail": "Incorrect username or password"}, 401))
    with pytest.raises(webuiapi.AuthenticationError):
        _ = webuiapi.WebUIApi(url=scripted.url).has_controlnet
    with pytest.raises(webuiapi.ConnectError):
        _ = webuiapi.WebUIApi(port=9, retries=0).has_controlnet


# -- D17 to D19: where the server is, and who asks --------------------------------------------------------------------


def test_d17_the_prefix_stays_for_extensions() -> None:
    found = ran("init_baseurl_prefix")
    assert [item["path"] for item in found.requests(2)] == ["/webui/controlnet/version"]
    assert found.results[2] == 3


def test_d18_a_slash_at_the_end() -> None:
    assert [item["path"] for item in ran("init_baseurl_trailing_slash").requests()] == ["/sdapi/v1/options"]


@pytest.mark.parametrize("path", ["", "/", "/sdapi/v1", "/sdapi/v1/"])
def test_d18_the_plain_address_too(path: str) -> None:
    with Stub() as stub:
        webuiapi.WebUIApi(baseurl=stub.url + path).get_options()
        assert [item["path"] for item in stub.requests] == ["/sdapi/v1/options"]


def test_d19_an_empty_password_is_a_password() -> None:
    (request,) = ran("init_auth_empty_password").requests()
    assert request["authorization"] == "Basic dXNlcjo="


# -- D34, D35: waiting and progress -----------------------------------------------------------------------------------


def test_d34_a_pause_between_two_jobs_is_not_the_end() -> None:
    with Stub({"sequence": {"/sdapi/v1/progress": [IDLE, BUSY, IDLE, IDLE]}}) as stub:
        seen: list[float] = []
        api = webuiapi.WebUIApi(url=stub.url)
        api.util_wait_for_ready(0.001, callback=lambda progress: seen.append(progress.progress or 0))
    assert seen == [0.0, 0.25, 0.0, 0.0]


def test_d34_not_for_ever() -> None:
    with Stub({"sequence": {"/sdapi/v1/progress": [BUSY]}}) as stub, pytest.raises(webuiapi.CallTimeout):
        webuiapi.WebUIApi(url=stub.url).util_wait_for_ready(0.01, timeout=0.02)


def test_d34_whether_my_own_job_is_done() -> None:
    api = webuiapi.WebUIApi(":local:")
    job = api.submit(webuiapi.Txt2Img("x", width=64, height=64, steps=3))
    result = job.result()
    assert job.done()
    assert result.parameters["force_task_id"] == job.id
    api.close()


def test_d35_the_progress_is_my_own_tasks(scripted: Scripted) -> None:
    asked = threading.Event()
    seen: list[float] = []

    def progress(request: Seen) -> bytes:
        if sum(seen.target == request.target for seen in scripted.seen) > 1:  # the first answer has arrived
            asked.set()
        return answer({"active": True, "queued": False, "completed": False, "progress": 0.25, "live_preview": None})

    for path in ("/sdapi/v1/version", "/api/extra/version", "/sdcpp/v1/capabilities", "/sdapi/v1/sd-modules"):
        scripted.play_at(path, answer({"detail": "Not Found"}, 404))  # not one of A1111's relatives
    scripted.play_at("/sdapi/v1/options", answer({"sd_model_checkpoint": "m", "sd_vae": "Automatic"}))
    scripted.play_at("/sdapi/v1/progress", answer(BUSY))
    scripted.play_at("/internal/progress", progress)
    scripted.play_at("/sdapi/v1/txt2img", asked, answer({"images": [RED], "info": "{}", "parameters": {}}))
    api = webuiapi.WebUIApi(url=scripted.url)
    api.run(webuiapi.Txt2Img("x"), on_progress=lambda now: seen.append(now.progress or 0))
    bodies = {
        name: [item.json for item in scripted.seen if item.target == name]
        for name in ("/internal/progress", "/sdapi/v1/txt2img")
    }
    (sent,) = bodies["/sdapi/v1/txt2img"]
    assert {body["id_task"] for body in bodies["/internal/progress"]} == {sent["force_task_id"]}
    assert 0.25 in seen


def test_d35_no_preview_that_nobody_looks_at() -> None:
    with Stub() as stub:
        api = webuiapi.WebUIApi(url=stub.url)
        api.get_progress(skip_current_image=True)
        api.util_wait_for_ready(0.001)
        assert {item["query"]["skip_current_image"] for item in stub.requests} == {"true"}


# -- D36, D37: finding out, and saying so -----------------------------------------------------------------------------


def test_d36_found_when_needed_kept_and_asked_again() -> None:
    with Stub({"scripts": ["controlnet"]}) as stub:  # Forge has no "controlnet m2m"
        api = webuiapi.WebUIApi(url=stub.url)
        assert not stub.requests
        assert [api.has_controlnet, api.has_controlnet, api.has_adetailer] == [True, True, False]
        assert len(stub.requests) == 2
        stub.profile["scripts"] = ["adetailer"]
        assert api.has_controlnet
        api.check_extensions()
        assert [api.has_controlnet, api.has_adetailer, api.has_animatediff] == [False, True, False]
        stub.profile["scripts"] = []
        api.forget()
        assert not api.has_adetailer


def test_d36_to_be_awaited() -> None:
    async def main(url: str) -> Any:
        async with webuiapi.AsyncWebUIApi(url=url) as api:
            return await api.has_controlnet

    with Stub({"scripts": ["controlnet"]}) as stub:
        assert asyncio.run(main(stub.url)) is True


def test_d37_nothing_is_printed(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """test_same.py holds it for every case; what was printed is given back, or logged, or a warning."""
    with Stub() as stub, caplog.at_level(logging.DEBUG):
        api = webuiapi.WebUIApi(url=stub.url)
        api.util_set_model("robodiffusion")
        api.util_wait_for_ready(0.001)
        with pytest.warns(DeprecationWarning, match="guessmode= is now control_mode="):
            webuiapi.ControlNetUnit(guessmode=1)
        with pytest.warns(DeprecationWarning, match="ControlNetInterface"):
            webuiapi.ControlNetInterface(api)
    assert capsys.readouterr() == ("", "")
