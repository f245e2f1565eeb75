"""Several calls together: models by name, waiting, options for a while; against the embedded server and scripts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import Connect, Door, enter
from contract.compare import CATALOG
from support.callers import Caller, Colour
from support.scripted import Scripted, answer
from webuiapi import AsyncWebUIApi, CallTimeout, WebUIApi, WebUIApiError
from webuiapi.errors import NotSupported, UnknownName
from webuiapi.server import App, Server, serve
from webuiapi.transport.local import AsyncLocalTransport, LocalTransport


@pytest.fixture
def own() -> Iterator[Server]:
    """A server with two checkpoints that nobody else uses."""
    with serve(App(CATALOG, seed=1)) as server:
        yield server


@pytest.fixture
def client(connect: Connect, door: Door, colour: Colour, own: Server) -> Caller:
    return enter(connect, door, colour, own)


def test_names(client: Caller) -> None:
    models = client.util_get_model_names()
    assert len(models) == 2
    assert models == sorted(models)
    assert "Euler a" in client.util_get_sampler_names()
    assert "karras" in client.util_get_scheduler_names()
    assert client.util_get_current_model() in models


def test_another_model(client: Caller) -> None:
    first = client.util_get_current_model()
    other = next(name for name in client.util_get_model_names() if name.partition(" [")[0] != first.partition(" [")[0])
    loaded = client.util_set_model(other.partition(".")[0])
    assert loaded.partition(" [")[0] == other.partition(" [")[0]
    assert client.util_get_current_model() == loaded
    with pytest.raises(UnknownName, match="the server has no model 'no such thing at all'"):
        client.util_set_model("no such thing at all")
    with pytest.raises(UnknownName):
        client.util_set_model(other[:6] + "x", find_closest=False)
    assert client.util_get_current_model() == loaded


@pytest.mark.parametrize("call", [lambda api: api.util_set_model(5), lambda api: api.using_model(5).__enter__()])
def test_a_model_that_is_no_name(scripted: Scripted, call: Any) -> None:
    with pytest.raises(TypeError, match=r"^name=5 must be a text$"):
        call(WebUIApi(url=scripted.url))
    assert scripted.seen == []


def test_a_payload_that_is_none(caller: Caller, scripted: Scripted) -> None:
    with pytest.raises(ValueError, match=r"^payload='x' must be a dict$"):
        caller.custom_post("rembg", "x")
    assert scripted.seen == []


def test_a_model_that_did_not_load(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/sd-models", answer([{"title": "a.ckpt", "model_name": "a", "filename": "a.ckpt"}]))
    scripted.play_at("/sdapi/v1/options", answer({"sd_model_checkpoint": "b.ckpt"}))
    with pytest.raises(WebUIApiError, match=r"was told to load 'a.ckpt' and still uses 'b.ckpt': loading failed"):
        connect(url=scripted.url).util_set_model("a")


@pytest.mark.parametrize(
    ("options", "title"),
    [
        ({"sd_model_checkpoint": "a.ckpt [1]"}, "a.ckpt [1]"),
        ({"sd_checkpoint_hash": "abcdef0123"}, "b.ckpt"),
        ({"sd_checkpoint_hash": "ffff"}, None),
        ({"sd_model_checkpoint": None, "sd_checkpoint_hash": None}, None),
    ],
)
def test_the_current_model(connect: Connect, scripted: Scripted, options: dict[str, Any], title: str | None) -> None:
    models = [{"title": "a.ckpt", "hash": None, "sha256": None}, {"title": "b.ckpt", "hash": "abcdef"}]
    scripted.play_at("/sdapi/v1/options", answer(options))
    scripted.play_at("/sdapi/v1/sd-models", answer(models))
    caller = connect(url=scripted.url)
    if title is not None:
        assert caller.util_get_current_model() == title
        return
    with pytest.raises(WebUIApiError, match="the server does not say which checkpoint it uses"):
        caller.util_get_current_model()


BUSY, IDLE = {"progress": 0.5, "state": {"job_count": 1}}, {"progress": 0.0, "state": {"job_count": 0}}


def test_waiting_until_it_is_idle_twice(connect: Connect, scripted: Scripted) -> None:
    for state in (BUSY, IDLE, BUSY, IDLE, IDLE):
        scripted.play(answer(state))
    heard: list[float] = []
    caller = connect(url=scripted.url)
    caller.util_wait_for_ready(check_interval=0.001, callback=lambda now: heard.append(now.progress))
    assert heard == [0.5, 0.0, 0.5, 0.0, 0.0]
    assert scripted.last.target == "/sdapi/v1/progress?skip_current_image=true"


def test_waiting_has_an_end(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/progress", answer(BUSY))
    with pytest.raises(CallTimeout, match=r"the server is not idle after 0\.01 s: <Progress: 50%"):
        connect(url=scripted.url).util_wait_for_ready(check_interval=0.005, timeout=0.01)


def test_options_for_a_while(door: Door, own: Server) -> None:
    local = LocalTransport(own.app)
    api = WebUIApi(url=own.url) if door == "socket" else WebUIApi(":local:", transport=local)
    with api:
        before = api.get_options()
        with api.using_options({"CLIP_stop_at_last_layers": 3}, samples_format="jpg"):
            now = api.get_options()
            assert (now["CLIP_stop_at_last_layers"], now.samples_format) == (3, "jpg")
        assert api.get_options() == before
        with pytest.raises(LookupError), api.using_options(samples_format="jpg"):
            raise LookupError
        assert api.get_options() == before
        with pytest.raises(
            UnknownName, match="the server has no option 'samples_formatt'; similar are 'samples_format'"
        ):
            api.using_options(samples_formatt="jpg").__enter__()
        with api.using_model(api.util_get_model_names()[-1]):
            assert api.util_get_current_model() in api.util_get_model_names()
        assert api.util_get_current_model().partition(" [")[0] == before.sd_model_checkpoint.partition(" [")[0]


def test_options_for_a_while_awaited(door: Door, own: Server) -> None:
    async def main() -> None:
        local = AsyncLocalTransport(LocalTransport(own.app))
        api = AsyncWebUIApi(url=own.url) if door == "socket" else AsyncWebUIApi(":local:", transport=local)
        async with api:
            before = await api.get_options()
            async with api.using_options(CLIP_stop_at_last_layers=3):
                assert (await api.get_options())["CLIP_stop_at_last_layers"] == 3
            async with api.using_model((await api.util_get_model_names())[-1]):
                pass
            after = await api.get_options()
            assert after["CLIP_stop_at_last_layers"] == before["CLIP_stop_at_last_layers"]

    asyncio.run(main())


def test_a_model_for_one_call(client: Caller) -> None:
    before = client.util_get_current_model()
    other = next(name for name in client.util_get_model_names() if name.partition(" [")[0] != before.partition(" [")[0])
    settings = {"steps": 1, "width": 64, "height": 64, "seed": 1}
    result = client.txt2img("x", model=other.partition(".")[0], clip_skip=2, **settings)
    assert result.info["sd_model_name"] == other.partition(".")[0]
    assert "Clip skip: 2" in result.infotexts[0]
    assert client.util_get_current_model() == before
    result = client.txt2img("x", vae="None", refiner=other.partition(".")[0], refiner_switch_at=0.5, **settings)
    assert result.parameters["refiner_checkpoint"].partition(" [")[0] == other.partition(" [")[0]
    with pytest.raises(UnknownName, match="no model 'no such'"):
        client.txt2img("x", model="no such", **settings)
    with pytest.raises(UnknownName, match="no VAE 'no such'"):
        client.txt2img("x", vae="no such", **settings)
    with pytest.raises(ValueError, match="refiner= and refiner_checkpoint= are both given"):
        client.txt2img("x", refiner=other, refiner_checkpoint=other, **settings)
    with pytest.raises(ValueError, match=r"override_settings.*is given, and a parameter for the same"):
        client.txt2img("x", clip_skip=2, override_settings={"CLIP_stop_at_last_layers": 1}, **settings)


def test_vaes_of_forge(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/sd-vae", answer({"detail": "Not Found"}, 404))
    scripted.play_at("/sdapi/v1/sd-modules", answer([{"model_name": "ae.safetensors", "filename": "/x"}]))
    connect(url=scripted.url).txt2img("x", vae="ae")
    assert scripted.last.json["override_settings"] == {"forge_additional_modules": ["/x"]}


def test_calls_of_ones_own(client: Caller) -> None:
    assert client.custom_get("/sdapi/v1/samplers") == client.get_samplers()
    assert client.custom_get("samplers", baseurl=True) == client.get_samplers()
    body = {"prompt": "x", "steps": 1, "width": 64, "height": 64, "seed": 5}
    result = client.custom_post("txt2img", body, baseurl=True)
    assert result.image.size == (64, 64)
    assert result.info["seed"] == 5
    assert result.parameters["prompt"] == "x"
    assert result.json["images"]
    found = client.custom_post("sdapi/v1/png-info", {"image": result.image})
    assert "Seed: 5" in found.info
    upscaled = client.custom_post("/sdapi/v1/extra-single-image", {"image": result.content[0], "upscaler_1": "Nearest"})
    assert upscaled.image.size == (128, 128)


def test_where_a_call_of_ones_own_goes() -> None:
    api = WebUIApi(url="http://gpu-box/webui")
    assert api.get_endpoint("controlnet/version", False) == "http://gpu-box:80/webui/controlnet/version"
    assert api.get_endpoint("/txt2img", True) == "http://gpu-box:80/webui/sdapi/v1/txt2img"
    for gone in (api.get_artists, api.get_artist_categories):
        with pytest.raises(NotSupported, match="the webui dropped its list of artists in 2023"):
            gone()
