"""The calls of the API against the embedded server: both colours through both of its doors."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from conftest import Connect, Door, enter
from support.callers import Caller, Colour
from support.pictures import file_of, noise, opened
from webuiapi import AuthenticationError, BadRequest, NotFound, ServerError, Txt2Img, WebUIApiResult
from webuiapi.server import App, Server, serve
from webuiapi.transport.local import AsyncLocalTransport, LocalTransport

SMALL: dict[str, Any] = {"steps": 2, "width": 64, "height": 64}
INIT = file_of(noise("RGB", 64, 64, 5))


def mask() -> Image.Image:
    image = Image.new("L", (64, 64), 0)
    image.paste(255, (0, 0, 32, 64))
    return image


def pixels(image: Image.Image) -> bytes:
    return image.convert("RGB").tobytes()


def test_pictures_from_a_text(client: Caller) -> None:
    result = client.txt2img("a cat", seed=7, batch_size=2, n_iter=2, **SMALL)
    assert result.seeds == [7, 8, 9, 10]
    assert [image.size for image in result.images] == [(64, 64)] * 4
    assert len({pixels(image) for image in result.images}) == 4
    assert (result.grid, result.extra_images, result.errors) == (None, [], [])
    assert result.parameters["batch_size"] == 2
    assert result.info["all_seeds"] == [7, 8, 9, 10]
    for seed, text in zip(result.seeds, result.infotexts, strict=True):
        assert f"Seed: {seed}," in text
        assert "Sampler: Euler a" in text
    again = client.txt2img("a cat", seed=8, **SMALL)
    assert pixels(again.image) == pixels(result.images[1])


def test_a_grid_comes_first(client: Caller) -> None:
    result = client.txt2img("a cat", seed=7, n_iter=2, save_images=True, **SMALL)
    assert result.seeds == [None, 7, 8]
    assert result.grid is result.images[0]


def test_the_servers_defaults_count_where_nothing_was_said(
    connect: Connect, door: Door, colour: Colour, embedded: Server
) -> None:
    client = enter(connect, door, colour, embedded, sampler=None, steps=None)
    result = client.txt2img("x", width=64, height=64, n_iter=1)
    assert (result.parameters["steps"], result.parameters["sampler_name"]) == (50, None)
    assert result.seeds[0] is not None


def test_pictures_from_a_picture(client: Caller) -> None:
    kept = client.img2img(INIT, "x", denoising_strength=0, seed=1, **SMALL)
    assert kept.image.size == (64, 64)
    changed = client.img2img(kept, "x", denoising_strength=0.9, seed=1, **SMALL)
    assert pixels(changed.image) != pixels(kept.image)
    sized = client.img2img(noise("RGB", 64, 128), "x", size="input", steps=1)
    assert sized.image.size == (64, 128)


def test_inpainting(client: Caller) -> None:
    result = client.img2img(INIT, "x", mask_image=mask(), mask_blur=0, inpainting_fill=1, seed=1, **SMALL)
    right = (32, 0, 64, 64)
    assert pixels(result.image.crop(right)) == pixels(opened(INIT).crop(right))
    assert pixels(result.image) != pixels(opened(INIT))


def test_hires_fix(client: Caller) -> None:
    result = client.txt2img("x", enable_hr=True, hr_scale=2, seed=1, **SMALL)
    assert result.image.size == (128, 128)
    assert result.parameters["denoising_strength"] == 0.7


def test_upscaling_keeps_the_parameters_of_the_source(client: Caller) -> None:
    source = client.txt2img("a cat", seed=11, **SMALL)
    result = client.extra_single_image(source, upscaler_1="Lanczos", upscaling_resize=2)
    assert result.image.size == (128, 128)
    assert result.seeds == [11]
    several = client.extra_batch_images([source, INIT], upscaler_1="Nearest", upscaling_resize=1.5)
    assert [image.size for image in several.images] == [(96, 96)] * 2
    assert several.seeds == [11, None]


def test_the_parameters_are_read_back(client: Caller) -> None:
    source = client.txt2img("a cat", negative_prompt="dog", seed=11, **SMALL)
    for given in (source, source.image, source.content[0]):
        found = client.png_info(given)
        assert found.info == source.infotexts[0]
        assert found.parameters["Seed"] == "11"
    assert client.png_info(INIT).info == ""


def test_saved_and_sent_again(client: Caller, tmp_path: Path) -> None:
    source = client.txt2img("a cat", seed=11, **SMALL)
    (path,) = source.save(tmp_path / "{seed}-{model}.png")
    assert path.name.startswith("11-")
    assert client.png_info(path).info == source.infotexts[0]
    (jpeg,) = source.save(tmp_path / "cat.jpg")
    assert client.png_info(jpeg).info == source.infotexts[0]


def test_lists_and_options(client: Caller) -> None:
    assert "Euler a" in {sampler.name for sampler in client.get_samplers()}
    assert "karras" in {scheduler.name for scheduler in client.get_schedulers()}
    assert {"None", "Lanczos", "Nearest"} <= {upscaler.name for upscaler in client.get_upscalers()}
    model = client.get_sd_models()[0]
    assert client.get_options().sd_model_checkpoint in {item.title for item in client.get_sd_models()}
    assert model.filename
    before = client.get_options()["CLIP_stop_at_last_layers"]
    assert client.set_options({"CLIP_stop_at_last_layers": 2}) is None
    assert client.get_options()["CLIP_stop_at_last_layers"] == 2
    client.set_options({"CLIP_stop_at_last_layers": before})


def test_an_idle_server(client: Caller) -> None:
    now = client.get_progress(skip_current_image=True)
    assert now.idle
    assert now.preview is None
    assert client.interrupt() == {}
    assert client.skip() is None


def test_no_pictures_when_none_are_wanted(client: Caller) -> None:
    result = client.txt2img("x", send_images=False, **SMALL)
    assert result.images == []
    assert len(result.info["all_seeds"]) == 1
    with pytest.raises(LookupError, match="send_images=False"):
        _ = result.image


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"alwayson_scripts": {"No Such": {"args": []}}}, BadRequest, "Script 'No Such' not found"),
        ({"override_settings": {"no_such": 1}}, ServerError, "no_such"),
        ({"extra": {"steps": "many"}}, BadRequest, "steps: value is not a valid integer"),
    ],
)
def test_what_the_server_refuses(client: Caller, settings: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        client.with_options(checks="off").txt2img("x", **{**SMALL, **settings})


def test_what_is_not_there(client: Caller) -> None:
    with pytest.raises(NotFound) as caught:
        client.custom_get("no/such", baseurl=True)
    assert caught.value.status == 404
    assert "--api" in caught.value.hint
    with pytest.raises(ServerError, match="no_such"):
        client.with_options(checks="off").extra_single_image(INIT, upscaler_1="no_such")


@pytest.fixture
def guarded() -> Iterator[Server]:
    """An embedded server that wants a password."""
    with serve(App(seed=1, api_auth="user:pa:ss,other:")) as server:
        yield server


def test_credentials(connect: Connect, door: Door, colour: Colour, guarded: Server) -> None:
    for username, password in (("user", "pa:ss"), ("other", "")):
        assert enter(connect, door, colour, guarded, username=username, password=password).get_progress().idle
    with pytest.raises(AuthenticationError, match="The server wants credentials"):
        enter(connect, door, colour, guarded).get_progress()
    wrong = enter(connect, door, colour, guarded, username="user", password="wrong")
    with pytest.raises(AuthenticationError, match="is not one of those that the server was started with"):
        wrong.txt2img("x")
    wrong.api.set_auth("user", "pa:ss")
    assert wrong.get_progress().idle


# -- on the way -------------------------------------------------------------------------------------------------------


@pytest.fixture
def slow() -> Iterator[Server]:
    """An embedded server that takes its time for each step."""
    with serve(App(seed=1, step_time=0.03)) as server:
        yield server


def test_progress_is_told(connect: Connect, door: Door, colour: Colour, slow: Server) -> None:
    client = enter(connect, door, colour, slow)
    told: list[Any] = []
    result = client.run(Txt2Img("a cat", seed=1, width=64, height=64, steps=20), on_progress=told.append)
    assert isinstance(result, WebUIApiResult)
    assert result.seeds == [1]
    assert told
    steps = [now.step for now in told]
    assert steps == sorted(steps)
    assert {now.steps for now in told} == {20}
    assert all(0 <= now.progress <= 1 for now in told)


def test_trouble_with_being_told_costs_no_picture(connect: Connect, door: Door, colour: Colour, slow: Server) -> None:
    client = enter(connect, door, colour, slow)
    told: list[Any] = []

    def on_progress(now: Any) -> None:
        told.append(now)
        raise LookupError("mine")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = client.run(Txt2Img("a cat", seed=1, width=64, height=64, steps=20), on_progress=on_progress)
    assert result.seeds == [1]
    assert len(told) == 1
    texts = [str(item.message) for item in caught if "on_progress" in str(item.message)]
    assert texts == ["on_progress raised LookupError: mine; it is not called again"]


def test_a_cancelled_task_stops_the_job(door: Door, slow: Server) -> None:
    from webuiapi import AsyncWebUIApi

    async def main() -> None:
        local = AsyncLocalTransport(LocalTransport(slow.app))
        api = AsyncWebUIApi(url=slow.url) if door == "socket" else AsyncWebUIApi(":local:", transport=local)
        async with api:
            task = asyncio.ensure_future(api.txt2img("x", width=64, height=64, steps=1000))
            while (await api.get_progress(skip_current_image=True)).idle:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(slow.app.state.turnstile.wait_until_free)
            assert (await api.get_progress(skip_current_image=True)).idle

    asyncio.run(main())
