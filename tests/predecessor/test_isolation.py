"""No data of one call reaches another: what crosses the wire depends on a call's own arguments alone.

Calls are drawn from a small pool of argument objects, so that several calls share the same dictionary, list, unit and
picture, and are made one after the other, in threads and in tasks. What each sends has to be what a client that is made
for that call alone sends; and no argument is changed by it.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import webuiapi

from .pictures import folded, gradient
from .stub import Stub

_SCRIPTS = ["controlnet", "adetailer", "animatediff", "reactor", "roop", "self attention guidance", "other"]
Call = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub({"scripts": _SCRIPTS}) as stub:
        yield stub


def _picture(shift: int) -> Image.Image:
    return gradient("RGB", (8, 8), shift)


_PICTURES = st.integers(0, 255).map(_picture)
_SCRIPT_VALUES = st.lists(st.one_of(st.integers(0, 9), st.booleans(), st.text("abc", max_size=3)), max_size=3)
_POOLS = st.fixed_dictionaries(
    {
        "styles": st.lists(st.sampled_from(["anime", "s"]), max_size=2),
        "override_settings": st.dictionaries(
            st.sampled_from(["CLIP_stop_at_last_layers", "sd_vae"]), st.integers(1, 4)
        ),
        "alwayson_scripts": st.dictionaries(
            st.sampled_from(["Other", "other", "ControlNet"]),
            st.fixed_dictionaries({"args": _SCRIPT_VALUES}),
            max_size=1,
        ),
        "controlnet_units": st.lists(
            st.builds(webuiapi.ControlNetUnit, image=_PICTURES, module=st.just("canny"), model=st.just("m")),
            min_size=1,
            max_size=2,
        ),
        "adetailer": st.builds(webuiapi.ADetailer, ad_model=st.sampled_from(["face_yolov8n.pt", "hand_yolov8n.pt"])),
        "animatediff": st.builds(webuiapi.AnimateDiff, video_length=st.integers(1, 24)),
        "roop": st.builds(webuiapi.Roop, img=_PICTURES),
        "reactor": st.builds(webuiapi.ReActor, img=_PICTURES),
        "sag": st.builds(webuiapi.Sag, scale=st.sampled_from([0.5, 0.75])),
        "extra": st.dictionaries(st.sampled_from(["distilled_cfg_scale", "unknown"]), st.integers(0, 3)),
        "images": st.lists(_PICTURES, min_size=1, max_size=1),
        "mask_image": _PICTURES,
    }
)


@st.composite
def _calls(draw: st.DrawFn) -> list[Call]:
    """Several calls whose arguments come from one pool, each with a prompt of its own."""
    pools = draw(st.lists(_POOLS, min_size=1, max_size=2))
    found: list[Call] = []
    for number in range(draw(st.integers(2, 5))):
        pool = draw(st.sampled_from(pools))
        names = draw(st.sets(st.sampled_from(sorted(pool.keys() - {"images", "mask_image"})), max_size=4))
        name = draw(st.sampled_from(["txt2img", "img2img"]))
        if name == "img2img":
            names |= {"images"} | draw(st.sampled_from([set(), {"mask_image"}]))
        found.append((name, {"prompt": f"call {number}", **{key: pool[key] for key in sorted(names)}}))
    return found


def _make(client: Any, call: Call, **more: Any) -> Any:
    name, kwargs = call
    return getattr(client, name)(**kwargs, **more)


def _sent(stub: Stub, make: Callable[[], None]) -> dict[str, Any]:
    """The bodies that were sent, by prompt."""
    first = len(stub.requests)
    make()
    bodies = [item["json"] for item in stub.requests[first:] if item["path"].endswith(("/txt2img", "/img2img"))]
    return {body["prompt"]: folded(body) for body in bodies}


def _alone(stub: Stub, call: Call) -> dict[str, Any]:
    """What a client sends that is made for this call alone, with arguments of its own."""
    client = webuiapi.WebUIApi(url=stub.url, checks="off")
    name, kwargs = call
    return _sent(stub, lambda: _make(client, (name, copy.deepcopy(kwargs))) and None)


def _state(value: Any) -> Any:
    """An argument as a value that can be compared."""
    if isinstance(value, Image.Image):
        return value.tobytes()
    if isinstance(value, dict):
        return {key: _state(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_state(item) for item in value]
    return {name: _state(item) for name, item in vars(value).items()} if hasattr(value, "__dict__") else value


def _checked(stub: Stub, calls: Sequence[Call], make: Callable[[], None]) -> None:
    before = [_state(kwargs) for _, kwargs in calls]
    expected: dict[str, Any] = {}
    for call in calls:
        expected.update(_alone(stub, call))
    assert _sent(stub, make) == expected
    assert [_state(kwargs) for _, kwargs in calls] == before


_SETTINGS = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@_SETTINGS
@given(_calls())
def test_one_after_the_other(stub: Stub, calls: list[Call]) -> None:
    """On one client, then back again, on two in turn, and on a copy with other settings."""

    def make() -> None:
        one, two = (webuiapi.WebUIApi(url=stub.url, checks="off") for _ in range(2))
        clients = [one, two, one.with_options(headers={"X-Test": "1"})]
        for number, call in enumerate([*calls, *reversed(calls)]):
            _make(clients[number % 3], call)

    _checked(stub, calls, make)


@_SETTINGS
@given(_calls())
def test_in_threads(stub: Stub, calls: list[Call]) -> None:
    def make() -> None:
        client = webuiapi.WebUIApi(url=stub.url, checks="off", max_in_flight=None)
        together = threading.Barrier(len(calls))
        threads = [threading.Thread(target=lambda call=call: (together.wait(), _make(client, call))) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    _checked(stub, calls, make)


@_SETTINGS
@given(_calls())
def test_in_tasks_of_an_awaitable_client(stub: Stub, calls: list[Call]) -> None:
    async def make() -> None:
        async with webuiapi.AsyncWebUIApi(url=stub.url, checks="off", max_in_flight=None) as client:
            await asyncio.gather(*[_make(client, call) for call in calls])

    _checked(stub, calls, lambda: asyncio.run(make()))


@_SETTINGS
@given(_calls())
def test_in_tasks_of_a_plain_client(stub: Stub, calls: list[Call]) -> None:
    async def make() -> None:
        client = webuiapi.WebUIApi(url=stub.url, checks="off", max_in_flight=None)
        await asyncio.gather(*[_make(client, call, use_async=True) for call in calls])

    _checked(stub, calls, lambda: asyncio.run(make()))


@_SETTINGS
@given(_calls())
def test_as_jobs(stub: Stub, calls: list[Call]) -> None:
    kinds = {"txt2img": webuiapi.Txt2Img, "img2img": webuiapi.Img2Img}

    def make() -> None:
        client = webuiapi.WebUIApi(url=stub.url, checks="off")
        for job in [client.submit(kinds[name](**kwargs)) for name, kwargs in calls]:
            job.result()

    def without_ids(body: Any) -> Any:
        return {key: value for key, value in body.items() if key != "force_task_id"}

    expected: dict[str, Any] = {}
    for call in calls:
        expected.update(_alone(stub, call))
    assert {prompt: without_ids(body) for prompt, body in _sent(stub, make).items()} == expected


# -- what is sent is what the pictures were when the call was made ----------------------------------------------------

_BLACK = Image.new("RGB", (8, 8), "black")
_WAYS = ["use_async", "awaitable", "awaitable request", "job", "awaitable job"]


def _kwargs(place: str, picture: Any) -> dict[str, Any]:
    """Arguments of img2img with a picture in a place."""
    base = {"prompt": "x", "images": [_BLACK]}
    return {
        "images": {**base, "images": [picture]},
        "one image": {**base, "images": picture},
        "mask": {**base, "mask_image": picture},
        "unit": {**base, "controlnet_units": [webuiapi.ControlNetUnit(image=picture, module="canny", model="m")]},
        "face": {**base, "reactor": webuiapi.ReActor(img=picture)},
        "script": {**base, "alwayson_scripts": {"Other": {"args": [{"deep": [picture]}]}}},
        "extra": {**base, "extra": {"mine": [picture]}},
    }[place]


async def _awaited(stub: Stub, way: str, kwargs: dict[str, Any], spoil: Callable[[], None]) -> None:
    """Make the call in one of the ways, and spoil its arguments before anything of it can have been sent."""
    client = webuiapi.WebUIApi(url=stub.url, checks="off", max_in_flight=1)
    if way == "use_async":
        task = client.img2img(**kwargs, use_async=True)  # type: ignore[call-arg]
        spoil()
        await task  # type: ignore[misc]
    elif way == "job":
        _in_turn(client, lambda: client.submit(webuiapi.Img2Img(**kwargs)), spoil).result()
    else:
        async with webuiapi.AsyncWebUIApi(url=stub.url, checks="off", max_in_flight=1) as awaitable:
            if way == "awaitable job":
                await _in_turn(awaitable, lambda: awaitable.submit(webuiapi.Img2Img(**kwargs)), spoil)
                return
            made = awaitable.img2img(**kwargs) if way == "awaitable" else awaitable.run(webuiapi.Img2Img(**kwargs))
            spoil()
            await made


def _in_turn(client: Any, submit: Callable[[], Any], spoil: Callable[[], None]) -> Any:
    """A job that waits for its turn while its arguments are spoiled."""
    client.gate.ask(lambda: None)
    job = submit()
    spoil()
    client.gate.leave()
    return job


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("place", ["images", "one image", "mask", "unit", "face", "script", "extra"])
def test_drawing_on_a_picture_afterwards(stub: Stub, way: str, place: str) -> None:
    picture = gradient("RGB")
    expected = _alone(stub, ("img2img", _kwargs(place, gradient("RGB"))))["x"]
    kwargs = _kwargs(place, picture)
    found = _sent(stub, lambda: asyncio.run(_awaited(stub, way, kwargs, partial(picture.paste, "red", (0, 0, 8, 8)))))
    assert {key: value for key, value in found["x"].items() if key != "force_task_id"} == expected


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("kind", ["array", "bytearray"])
def test_writing_into_a_buffer_afterwards(stub: Stub, way: str, kind: str) -> None:
    numpy = pytest.importorskip("numpy")
    import io

    if kind == "array":
        buffer: Any = numpy.array(gradient("RGB"))
    else:
        out = io.BytesIO()
        gradient("RGB").save(out, "PNG")
        buffer = bytearray(out.getvalue())
    expected = _alone(stub, ("img2img", _kwargs("images", gradient("RGB"))))["x"]

    def spoil() -> None:
        buffer[:] = buffer[:0] if kind == "bytearray" else 0

    found = _sent(stub, lambda: asyncio.run(_awaited(stub, way, _kwargs("images", buffer), spoil)))
    assert found["x"]["init_images"] == expected["init_images"]


@pytest.mark.parametrize("way", _WAYS)
def test_changing_lists_and_dicts_afterwards(stub: Stub, way: str) -> None:
    scripts = {"Other": {"args": [1, [2]]}}
    styles = ["anime"]
    kwargs = {"prompt": "x", "images": [_BLACK], "alwayson_scripts": scripts, "styles": styles}

    def spoil() -> None:
        scripts["Other"]["args"][1] = 3
        scripts["Else"] = {"args": []}
        styles.append("s")

    found = _sent(stub, lambda: asyncio.run(_awaited(stub, way, kwargs, spoil)))["x"]
    assert found["alwayson_scripts"] == {"Other": {"args": [1, [2]]}}
    assert found["styles"] == ["anime"]


def test_a_payload_of_custom_post(stub: Stub) -> None:
    picture = gradient("RGB")
    payload = {"input_image": picture}

    async def make() -> None:
        client = webuiapi.WebUIApi(url=stub.url)
        task: Any = client.custom_post("rembg", payload, use_async=True)  # type: ignore[call-arg]
        picture.paste("red", (0, 0, 8, 8))
        payload.clear()
        await task

    asyncio.run(make())
    assert folded(stub.posted("/rembg")[-1]) == {"input_image": {"$picture": "PNG RGB 8x8 1e231947893827da"}}
