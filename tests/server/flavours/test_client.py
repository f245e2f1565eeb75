"""The client against every flavour: which server it is, and what its core calls do there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Literal

import pytest
from PIL import Image

from support.callers import Caller, Colour
from webuiapi import BadRequest, WebUIApiError
from webuiapi.server import App, Server, serve
from webuiapi.server.flavours import FLAVOURS
from webuiapi.transport.local import AsyncLocalTransport, LocalTransport

from ..studio import FlatEngine

Door = Literal["socket", "local"]
SMALL: dict[str, Any] = {"prompt": "a house", "steps": 2, "width": 128, "height": 128}
VERSIONS = {"sdnext": "2026-07-23", "koboldcpp": "1.102"}
HAVE: dict[str, str] = {
    "a1111": "samplers schedulers sd_models upscalers latent_upscale_modes loras",
    "forge": "samplers schedulers sd_models upscalers latent_upscale_modes loras sd_modules",
    "reforge": "samplers schedulers sd_models upscalers latent_upscale_modes loras",
    "sdnext": "samplers schedulers sd_models upscalers loras",
    "koboldcpp": "samplers sd_models upscalers latent_upscale_modes",
    "sdcpp": "samplers schedulers sd_models upscalers latent_upscale_modes loras",
    "drawthings": "",
}
LISTS = ["samplers", "schedulers", "sd_models", "upscalers", "latent_upscale_modes", "loras", "sd_modules"]
WITHOUT_PROGRESS = ("koboldcpp", "sdcpp", "drawthings")


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[str], Server]]:
    """One server of each flavour, behind a socket, with an engine that costs nothing."""
    running: dict[str, Server] = {}
    with ExitStack() as stack:

        def of(flavour: str) -> Server:
            if flavour not in running:
                app = App(flavour=flavour, engine=FlatEngine(), seed=1)
                running[flavour] = stack.enter_context(serve(app))
            return running[flavour]

        yield of


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def api(
    servers: Callable[[str], Server], flavour: str, door: Door, colour: Colour, connect: Callable[..., Caller]
) -> Caller:
    """A client of a server of each flavour: each colour through each door."""
    server = servers(flavour)
    if door == "socket":
        return connect(url=server.url, server=None)
    local = LocalTransport(server.app)
    return connect(":local:", server=None, transport=local if colour == "plain" else AsyncLocalTransport(local))


def test_which_server_it_is(api: Caller, flavour: str) -> None:
    info = api.finish(api.api.server)
    assert (info.flavour, info.version) == (flavour, VERSIONS.get(flavour))
    assert info.webui == (flavour in ("a1111", "forge", "reforge"))


def test_txt2img(api: Caller, flavour: str) -> None:
    result = api.txt2img(**SMALL, seed=5, negative_prompt="bad", cfg_scale=6)
    assert result.image.size == (128, 128)
    assert result.image.format == ("JPEG" if flavour == "sdnext" else "PNG")
    if flavour not in ("koboldcpp", "drawthings"):
        assert result.seeds == [5]
    assert (result.infotexts[0] is None) == (flavour in ("koboldcpp", "drawthings"))
    assert (result.parameters == {}) == (flavour in ("koboldcpp", "drawthings"))


@pytest.mark.parametrize("flavour", [name for name in FLAVOURS if name != "drawthings"], indirect=True)
def test_img2img(api: Caller) -> None:
    result = api.img2img([Image.new("RGB", (128, 128), "red")], **SMALL, denoising_strength=0.5)
    assert result.image.size == (128, 128)


def test_lists(api: Caller, flavour: str) -> None:
    for name in LISTS:
        get = getattr(api, f"get_{name}")
        if name in HAVE[flavour].split():
            items = get()
            assert all(item.name if hasattr(item, "name") else item.model_name for item in items), name
        else:
            with pytest.raises(WebUIApiError):
                get()


def test_embeddings_and_progress(api: Caller, flavour: str) -> None:
    if flavour in WITHOUT_PROGRESS:
        with pytest.raises(WebUIApiError):
            api.get_progress()
        return
    assert set(api.get_embeddings().loaded) == {"bad-hands-5", "EasyNegative", "charturnerv2"}
    progress = api.get_progress(skip_current_image=True)
    assert (progress.idle, progress.progress) == (True, 0.0)
    assert api.interrupt() in ({}, None)
    assert api.skip() is None


def test_options(api: Caller, flavour: str) -> None:
    options = api.get_options()
    if flavour == "drawthings":
        assert options["model"] == "v1-5-pruned-emaonly.safetensors"
    else:
        assert options.sd_model_checkpoint.startswith("v1-5-pruned-emaonly")
    if flavour in WITHOUT_PROGRESS:
        with pytest.raises(WebUIApiError):
            api.set_options({"CLIP_stop_at_last_layers": 1})
    else:
        api.set_options({"CLIP_stop_at_last_layers": 1})


def test_jobs(api: Caller, colour: Colour) -> None:
    from webuiapi import Txt2Img

    async def submitted() -> Any:
        return await api.api.submit(Txt2Img(**SMALL))

    result = api.api.submit(Txt2Img(**SMALL)).result(20) if colour == "plain" else api.finish(submitted())
    assert len(result) == 1


@pytest.mark.parametrize("flavour", ["drawthings"], indirect=True)
def test_what_drawthings_refuses_is_an_error_of_ours(api: Caller) -> None:
    with pytest.raises(BadRequest, match="Unrecognized keys"):
        api.with_options(checks="off").txt2img(**SMALL, extra={"nope": 1})
