"""A batch over several servers: the same pictures as one server's, in the same order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.pictures import file_of, noise
from webuiapi import Img2Img, JobCancelled, ServerError, Txt2Img, WebUIApi, XYZPlot
from webuiapi.jobs import Cancelled, Completed, Failed, Running
from webuiapi.pool.split import split

from .conftest import SMALL, MakePool, Start, painted, submitted

PNG = file_of(noise("RGB", 64, 64))


@pytest.mark.parametrize(
    "how",
    [
        {"seed": 5, "batch_size": 4},
        {"seed": 5, "n_iter": 5},
        {"seed": 5, "n_iter": 2, "batch_size": 3},
        {"seed": 5, "subseed": 9, "subseed_strength": 0.3, "n_iter": 3},
        {"seed": 4294967293, "batch_size": 3},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["txt2img", "img2img"])
def test_the_same_pictures_as_of_one_server(pool: MakePool, start: Start, how: dict[str, Any], kind: str) -> None:
    servers = [start(), start()]
    request = Txt2Img("a cat", **how, **SMALL) if kind == "txt2img" else Img2Img(PNG, "a cat", **how, **SMALL)
    with WebUIApi(url=servers[0].url) as api:
        whole = api.run(request)
    parted = pool(servers).run(request, split=True)
    assert [image.tobytes() for image in parted.images] == [image.tobytes() for image in whole.images]
    assert parted.seeds == whole.seeds
    varied = ["all_subseeds"] if "subseed" in how else []  # else they are drawn
    for name in ("all_seeds", "all_prompts", "batch_size", *varied):
        assert parted.info[name] == whole.info[name], name
    assert (parted.parameters["n_iter"], parted.parameters["batch_size"]) == (
        whole.parameters["n_iter"],
        whole.parameters["batch_size"],
    )
    assert all(server.requests for server in servers)


def test_a_seed_that_is_drawn(pool: MakePool, start: Start) -> None:
    first, *others = pool([start(), start()], split=True).txt2img("a cat", batch_size=4, **SMALL).seeds
    assert others == [first + 1, first + 2, first + 3]


@pytest.mark.parametrize(
    "request_",
    [
        Txt2Img("a"),
        Txt2Img("a", batch_size=4, scripts=[XYZPlot(x=("Steps", [1, 2]))]),
        Txt2Img("a", batch_size=4, alwayson_scripts={"x": {"args": []}}),
        Txt2Img("a", batch_size=4, save_images=True),
        Txt2Img("a", batch_size=4, force_task_id="task(x)"),
        Txt2Img("a", batch_size=4, extra={"seed": 5}),
        Img2Img([PNG, PNG], "a", batch_size=2),
    ],
)
def test_what_is_not_split(request_: Any) -> None:
    assert split(request_, 3) == [request_]


@given(
    n_iter=st.none() | st.integers(1, 7), batch_size=st.none() | st.integers(1, 7), servers=st.integers(1, 9),
    seed=st.none() | st.integers(-1, 1 << 32), strength=st.sampled_from([None, 0.0, 0.5]),
)  # fmt: skip
def test_parts_are_the_whole(
    n_iter: int | None, batch_size: int | None, servers: int, seed: int | None, strength: float | None
) -> None:
    given_ = Txt2Img(
        "a", n_iter=n_iter, batch_size=batch_size, seed=seed, subseed=3 if strength else None, subseed_strength=strength
    )
    parts: list[Any] = list(split(given_, servers))
    count = (n_iter or 1) * (batch_size or 1)
    assert sum((part.n_iter or 1) * (part.batch_size or 1) for part in parts) == count
    assert all((part.batch_size or 1) <= (batch_size or 1) for part in parts)
    if len(parts) > 1:
        at = 0
        for part in parts:
            first, step = (part.subseed, parts[0].subseed) if strength else (part.seed, parts[0].seed)
            assert first is not None
            assert step is not None
            assert first - step == at
            at += part.batch_size or 1
        assert {part.seed for part in parts} == {parts[0].seed} or not strength
        assert seed in (None, -1) or parts[0].seed == seed
    assert len(parts) > 1 or servers == 1 or count == 1


def test_a_part_that_fails(pool: MakePool, start: Start) -> None:
    servers = [start(), start()]
    servers[1].app.faults.add({"kind": "status", "status": 500, "path": "/sdapi/v1/txt2img"})
    caller = pool(servers)
    (job,) = submitted(caller, Txt2Img("a", seed=3, n_iter=6, **SMALL), split=True)
    with pytest.raises(ServerError) as caught:
        caller.finish(job.result())
    assert job.status == Failed(caught.value)
    assert job.partial.seeds == sorted(painted(servers[0], "seed")), "what was made is kept"


def test_the_job_of_a_batch(pool: MakePool, start: Start) -> None:
    servers = [start(step_time=0.005), start(step_time=0.005)]
    caller = pool(servers, in_flight=1)
    (job,) = submitted(caller, Txt2Img("a", seed=3, n_iter=4, **{**SMALL, "steps": 10}), split=True)
    ended: list[Any] = []
    seen: list[Any] = []
    job.listen(lambda: seen.append(job.status))
    job.add_done_callback(ended.append)
    assert caller.finish(job.result()).seeds == [3, 4, 5, 6]
    assert sorted(job.servers) == sorted(server.url for server in servers)
    assert ended == [job]
    shares = [status.progress or 0.0 for status in seen if isinstance(status, Running)]
    assert shares == sorted(shares)
    assert seen[-1] == Completed()
    assert caller.finish(job.cancel()) is False


def test_a_batch_cancelled(pool: MakePool, start: Start) -> None:
    servers = [start(step_time=0.01), start(step_time=0.01)]
    caller = pool(servers, in_flight=1)
    (job,) = submitted(caller, Txt2Img("a", seed=3, n_iter=20, **{**SMALL, "steps": 20}), split=True)
    assert caller.finish(job.cancel()) is True
    with pytest.raises(JobCancelled):
        caller.finish(job.result())
    assert job.status == Cancelled()
    assert caller.api.waiting == 0
    assert sum(len(painted(server, "seed")) for server in servers) <= 2
