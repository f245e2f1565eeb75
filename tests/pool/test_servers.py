"""Which server takes which job, servers that can't do a job, that fail, that come and go."""

from __future__ import annotations

import asyncio
import random
import re
import threading
from functools import partial
from typing import Any

import pytest

from support.callers import on_loop
from support.scripted import CLOSE, Scripted, answer
from support.signals import needs_signals, press_ctrl_c
from webuiapi import (
    ADetailer,
    AllServersAway,
    AsyncPool,
    ConnectionLost,
    ExtensionMissing,
    JobCancelled,
    NotSupported,
    Pool,
    ServerError,
    Txt2Img,
    UnknownName,
)  # fmt: skip
from webuiapi.errors import AuthenticationError
from webuiapi.jobs import Queued
from webuiapi.server import App, serve

from .conftest import SMALL, MakePool, Start, mapped, painted, submitted

MODELS = ["dreamshaper_8", "realisticVisionV51_v51VAE", "robo-diffusion-v1", "sd_xl_base_1.0"]
DETAILER = ADetailer(ad_model="face_yolov8n.pt")
GONE = "http://127.0.0.1:9"
"""Nobody listens there."""


# -- who takes what ---------------------------------------------------------------------------------------------------


def switches(server: Any) -> list[str]:
    """The checkpoints that a server has been made to load, one after the other."""
    titles = [settings["sd_model_checkpoint"] for settings in painted(server, "override_settings")]
    names = [title.partition(" [")[0] for title in titles]  # the hash is known from the first loading on
    return [now for before, now in zip([None, *names], names, strict=False) if now != before]


@pytest.mark.parametrize("seed", range(3))
def test_a_checkpoint_is_loaded_once_by_a_server(pool: MakePool, start: Start, seed: int) -> None:
    servers = [start(step_time=0.002), start(step_time=0.002)]
    requests = [Txt2Img("a", model=MODELS[number % 4], **SMALL) for number in range(32)]
    random.Random(seed).shuffle(requests)
    caller = pool([])
    jobs = submitted(caller, *requests)
    for server in servers:
        on_loop(caller, partial(caller.api.add, server.url))
    for job in jobs:
        caller.finish(job.result())
    for server in servers:
        loaded = switches(server)
        assert len(loaded) == len(set(loaded)), loaded
    assert len({name for server in servers for name in switches(server)}) == 4


def test_what_a_server_has_loaded_is_taken_first(pool: MakePool, start: Start) -> None:
    """The embedded server has v1-5-pruned-emaonly loaded: jobs for it, and jobs that name none, need no loading."""
    server = start()
    caller = pool([], in_flight=1)
    names = ["dreamshaper_8", None, "v1-5-pruned-emaonly", "dreamshaper_8", None]
    jobs = submitted(caller, *(Txt2Img(str(number), model=name, **SMALL) for number, name in enumerate(names)))
    on_loop(caller, lambda: caller.api.add(server.url))
    for job in jobs:
        caller.finish(job.result())
    assert painted(server, "prompt") == ["1", "2", "4", "0", "3"]
    assert caller.api.servers[0].checkpoint == "dreamshaper_8"


def test_a_job_goes_where_it_can_be_done(pool: MakePool, start: Start) -> None:
    without, with_it = start(without=["adetailer"]), start()
    caller = pool([without, with_it])
    for result in mapped(caller, [Txt2Img("a", adetailer=DETAILER, **SMALL) for _ in range(6)]):
        assert len(result.images) == 1
    assert (len(painted(without, "prompt")), len(painted(with_it, "prompt"))) == (0, 6)


def test_a_job_that_nobody_can_do(pool: MakePool, start: Start) -> None:
    servers = [start(without=["adetailer"]), start(without=["adetailer", "controlnet"])]
    with pytest.raises((NotSupported, ExtensionMissing)) as caught:
        pool(servers).txt2img("a", adetailer=DETAILER, **SMALL)
    assert all(server.url in str(caught.value) for server in servers)
    for count in (1, 2, 3):
        with pytest.raises(UnknownName, match="the server has no model 'nothing like it'"):
            pool([start() for _ in range(count)]).txt2img("a", model="nothing like it", **SMALL)


# -- servers that fail ------------------------------------------------------------------------------------------------


def test_the_jobs_of_a_server_that_is_away_go_to_others(pool: MakePool, start: Start) -> None:
    server = start()
    caller = pool([GONE, server])
    assert len(mapped(caller, [Txt2Img("a", **SMALL) for _ in range(6)])) == 6
    away = caller.api.servers[0]
    assert (away.done, away.failed >= 1) == (0, True)
    assert "nobody listens" in str(away.error)


def test_a_server_that_comes_back_is_used_again(pool: MakePool) -> None:
    with serve(App(seed=1)) as first:
        port = first.port
    caller = pool([f"http://127.0.0.1:{port}"])
    (job,) = submitted(caller, Txt2Img("a", **SMALL))
    with serve(App(seed=1), port=port):
        assert len(caller.finish(job.result()).images) == 1
        assert caller.api.servers[0].error is None


def test_all_servers_away(pool: MakePool) -> None:
    with pytest.raises(AllServersAway) as caught:
        pool([GONE, "http://127.0.0.1:8"], patience=0.05).txt2img("a")
    assert set(caught.value.reasons) == {GONE, "http://127.0.0.1:8"}
    assert str(caught.value).count("nobody listens at") == 2
    with pytest.raises(AllServersAway, match="no server of the pool answers"):
        pool([GONE], patience=0).txt2img("a")


def test_a_password_that_is_wrong_is_no_fault_of_the_job(pool: MakePool, start: Start) -> None:
    closed, opened = start(api_auth="a:b"), start()
    caller = pool([closed, opened])
    assert len(mapped(caller, [Txt2Img("a", **SMALL) for _ in range(4)])) == 4
    assert isinstance(caller.api.servers[0].error, AuthenticationError)


@pytest.mark.parametrize("rerun", [False, True])
def test_a_job_that_may_have_begun(pool: MakePool, start: Start, scripted: Scripted, rerun: bool) -> None:
    """It is run again only where the caller allowed it."""
    scripted.play_at("/sdapi/v1/txt2img", CLOSE)
    good = start()
    caller = pool([{"url": scripted.url, "server": "koboldcpp"}], rerun=rerun, in_flight=1, rest=60)
    (job,) = submitted(caller, Txt2Img("a", seed=4, **SMALL))
    scripted.wait_for(1, "/sdapi/v1/txt2img") if caller.loop is None else None
    on_loop(caller, lambda: caller.api.add(good.url))
    if rerun:
        assert caller.finish(job.result()).seeds == [4]
        assert job.server == good.url
    else:
        with pytest.raises(ConnectionLost) as caught:
            caller.finish(job.result())
        assert caught.value.may_have_begun
        assert scripted.url in str(caught.value)
        assert painted(good, "seed") == []
    assert len([seen for seen in scripted.seen if seen.target == "/sdapi/v1/txt2img"]) == 1


def test_a_job_that_kills_servers_is_given_up(pool: MakePool, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/txt2img", CLOSE)
    caller = pool([{"url": scripted.url, "server": "koboldcpp"}], rerun=True)
    with pytest.raises(ConnectionLost):
        caller.txt2img("a")
    assert len([seen for seen in scripted.seen if seen.target == "/sdapi/v1/txt2img"]) == 3


def test_one_picture_that_fails_is_not_the_servers_fault_two_are(pool: MakePool, start: Start) -> None:
    server = start()
    server.app.faults.add({"kind": "status", "status": 500, "path": "/sdapi/v1/txt2img", "times": 2})
    caller = pool([server], in_flight=1)
    for strikes in (None, 0.0):
        with pytest.raises(ServerError):
            caller.txt2img("a", **SMALL)
        assert (caller.api.servers[0].resting is None) == (strikes is None)
    assert len(caller.txt2img("a", **SMALL).images) == 1, "it was asked again, and is back"
    assert caller.api.servers[0].failed == 2


# -- jobs on their servers --------------------------------------------------------------------------------------------


def test_a_job_that_waits_is_taken_back_unseen(pool: MakePool, start: Start) -> None:
    caller = pool([])
    (job,) = submitted(caller, Txt2Img("a", **SMALL))
    assert (job.status, job.server) == (Queued(), None)
    ended: list[Any] = []
    on_loop(caller, lambda: job.add_done_callback(ended.append))
    assert caller.finish(job.cancel()) is True
    assert caller.finish(job.cancel()) is False
    assert ended == [job]
    with pytest.raises(JobCancelled):
        caller.finish(job.result())
    server = start()
    on_loop(caller, lambda: caller.api.add(server.url))
    assert len(caller.txt2img("b", **SMALL).images) == 1
    assert painted(server, "prompt") == ["b"]


def test_a_running_job_is_interrupted_where_it_runs(pool: MakePool, start: Start) -> None:
    servers = [start(step_time=0.01), start(step_time=0.01)]
    caller = pool(servers, in_flight=1)
    jobs = submitted(caller, *(Txt2Img(name, n_iter=3, **{**SMALL, "steps": 100}) for name in ("a", "b")))
    for job in jobs:
        wait_until_running(caller, job)
    assert caller.finish(jobs[0].cancel()) is True
    with pytest.raises(JobCancelled):
        caller.finish(jobs[0].result())
    interrupted = [server.url for server in servers if asked(server, "/sdapi/v1/interrupt")]
    assert interrupted == [jobs[0].server]
    assert not jobs[1].done()
    caller.finish(jobs[1].cancel())
    with pytest.raises(JobCancelled):
        caller.finish(jobs[1].result())


def asked(server: Any, path: str) -> int:
    return sum(request.path == path for request in server.requests)


def wait_until_running(caller: Any, job: Any) -> None:
    """Return when the server says how far it is."""

    async def follow() -> None:
        async for status in job.events():
            if getattr(status, "progress", None):
                return

    if caller.loop is not None:
        caller.finish(follow())
        return
    for status in job.events():
        if getattr(status, "progress", None):
            return


def until_asked(server: Any, path: str) -> None:
    """Return when a server has been asked for a path."""
    while not asked(server, path):
        threading.Event().wait(0.001)


def test_a_cancelled_task_takes_its_job_back(start: Start) -> None:
    server = start(step_time=0.01)

    async def main() -> None:
        async with AsyncPool([server.url]) as pool:
            task = asyncio.ensure_future(pool.txt2img("a", **{**SMALL, "steps": 1000}))
            await asyncio.to_thread(until_asked, server, "/internal/progress")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert asked(server, "/sdapi/v1/interrupt") == 1


@needs_signals
def test_ctrl_c_takes_its_job_back(start: Start) -> None:
    server = start(step_time=0.01)

    def press() -> None:
        until_asked(server, "/internal/progress")
        press_ctrl_c(None)

    with Pool([server.url]) as pool:
        thread = threading.Thread(target=press)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            pool.txt2img("a", **{**SMALL, "steps": 1000})
        thread.join()
    assert asked(server, "/sdapi/v1/interrupt") == 1


# -- servers that come and go -----------------------------------------------------------------------------------------


def test_a_server_more_and_a_server_less(pool: MakePool, start: Start) -> None:
    first, second = start(step_time=0.005), start()
    caller = pool([first], in_flight=1)
    jobs = submitted(caller, *(Txt2Img(str(number), **{**SMALL, "steps": 4}) for number in range(6)))
    on_loop(caller, lambda: caller.api.add(second.url))
    caller.finish(caller.api.remove(first.url))
    begun = len(painted(first, "prompt"))
    for job in jobs:
        caller.finish(job.result())
    assert len(painted(first, "prompt")) == begun, "it gets nothing more"
    assert begun + len(painted(second, "prompt")) == 6
    assert [server.url for server in caller.api.servers] == [second.url]
    with pytest.raises(ValueError, match=re.escape(f"{first.url} is not in the pool: it has {second.url}")):
        caller.finish(caller.api.remove(first.url))
    with pytest.raises(ValueError, match="is in the pool already"):
        on_loop(caller, lambda: caller.api.add(second.url))


def test_the_last_server_that_could_do_it_leaves(pool: MakePool, start: Start) -> None:
    without, with_it = start(without=["adetailer"]), start(step_time=0.01)
    caller = pool([without, with_it], in_flight=1)
    (long,) = submitted(caller, Txt2Img("a", adetailer=DETAILER, **{**SMALL, "steps": 50}))
    wait_until_running(caller, long)
    (job,) = submitted(caller, Txt2Img("b", adetailer=DETAILER, **SMALL))
    refused = threading.Event()
    job.listen(refused.set)
    caller.finish(caller.api.remove(with_it.url, wait=False))
    with pytest.raises(ExtensionMissing):
        caller.finish(job.result())
    assert len(caller.finish(long.result()).images) == 1, "what it had begun it ends"


def test_a_busy_server_that_refuses_first(pool: MakePool, start: Start, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/txt2img", answer({"detail": "busy"}, 503))
    scripted.play_at("/sdapi/v1/options", answer({"samples_format": "png"}))
    good = start()
    caller = pool([{"url": scripted.url, "server": "koboldcpp", "retries": None}, good])
    assert len(mapped(caller, [Txt2Img("a", **SMALL) for _ in range(6)])) == 6
