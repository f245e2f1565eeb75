"""What the type checker has to find in both colours. It is never run: mypy reads it with the rest of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
from PIL.Image import Image
from typing_extensions import assert_type

from webuiapi import (
    AsyncWebUIApi,
    ExtrasResult,
    Flow,
    GetProgress,
    GetSamplers,
    Img2Img,
    InterrogateResult,
    Options,
    PngInfoResult,
    Progress,
    Sampler,
    Scheduler,
    SDModel,
    SetOptions,
    Sleep,
    Timeout,
    Txt2Img,
    Watch,
    WebUIApi,
    WebUIApiResult,
)


def plain(api: WebUIApi, image: Image, array: numpy.ndarray[Any, Any]) -> None:
    result = api.txt2img("a cat", steps=20, seed=1)
    assert_type(result, WebUIApiResult)
    assert_type(api.img2img(image, "a cat"), WebUIApiResult)
    assert_type(api.img2img([image, Path("x.png"), b"x", array, result], mask_image="mask.png"), WebUIApiResult)
    assert_type(api.extra_single_image(result, upscaler_1="Lanczos"), ExtrasResult)
    assert_type(api.extra_batch_images(result.images, name_list=["a"]), ExtrasResult)
    assert_type(api.png_info("x.png"), PngInfoResult)
    assert_type(api.interrogate(image, "clip"), InterrogateResult)
    assert_type(api.get_progress(skip_current_image=True), Progress)
    assert_type(api.get_options(), Options)
    assert_type(api.set_options({"a": 1}), Any)
    assert_type(api.get_samplers(), list[Sampler])
    assert_type(api.get_schedulers(), list[Scheduler])
    assert_type(api.get_sd_models(), list[SDModel])
    assert_type(api.interrupt(), Any)

    assert_type(api.run(Txt2Img("a cat")), WebUIApiResult)
    assert_type(api.run(GetSamplers()), list[Sampler])
    assert_type(api.run(operation("a cat")), tuple[WebUIApiResult, list[Sampler]])
    assert_type(api.with_options(timeout=Timeout(total=5)), WebUIApi)
    with api as same:
        assert_type(same, WebUIApi)

    api.txt2img(promt="a cat")  # type: ignore[call-arg]
    api.txt2img("a cat", steps=[20])  # type: ignore[arg-type]
    api.txt2img("a cat", "a dog")  # type: ignore[call-arg]
    api.img2img(5)  # type: ignore[arg-type]


async def awaitable(api: AsyncWebUIApi, image: Image) -> None:
    assert_type(await api.txt2img("a cat", steps=20), WebUIApiResult)
    assert_type(await api.img2img([image], "a cat"), WebUIApiResult)
    assert_type(await api.extra_single_image(image), ExtrasResult)
    assert_type(await api.png_info(b"x"), PngInfoResult)
    assert_type(await api.get_progress(), Progress)
    assert_type(await api.get_samplers(), list[Sampler])
    assert_type(await api.run(Img2Img(image)), WebUIApiResult)
    assert_type(await api.run(operation("a cat")), tuple[WebUIApiResult, list[Sampler]])
    assert_type(api.with_options(headers={}), AsyncWebUIApi)
    async with api as same:
        assert_type(same, AsyncWebUIApi)

    await api.txt2img(promt="a cat")  # type: ignore[call-arg]
    assert api.txt2img("a cat").images  # type: ignore[attr-defined]


def operation(prompt: str) -> Flow[tuple[WebUIApiResult, list[Sampler]]]:
    assert_type((yield from GetProgress()), Progress)
    yield Sleep(0.1)
    assert_type((yield from SetOptions({})), Any)
    result = yield from Watch(Txt2Img(prompt), beside)
    assert_type(result, WebUIApiResult)
    samplers = yield from GetSamplers()
    return result, samplers


def beside() -> Any:
    yield Sleep(1)


def results(result: WebUIApiResult, text: PngInfoResult, extras: ExtrasResult, progress: Progress) -> None:
    assert_type(result.image, Image)
    assert_type(result.images, list[Image])
    assert_type(result.info, dict[str, Any])
    assert_type(result.parameters, dict[str, Any])
    assert_type(result.seeds, list[int | None])
    assert_type(result.infotexts, list[str | None])
    assert_type(result.content, list[bytes])
    assert_type(result.grid, Image | None)
    assert_type(result.load(), WebUIApiResult)
    assert_type(result.save("x"), list[Path])
    assert_type(text.info, str)
    assert_type(extras.html_info, str)
    assert_type(progress.progress, float)
    assert_type(progress.state.sampling_step, int)
    assert_type(progress.preview, Image | None)
    assert_type(progress["progress"], Any)


def items(sampler: Sampler, model: SDModel, options: Options) -> None:
    assert_type(sampler.name, str)
    assert_type(sampler.aliases, list[str])
    assert_type(model.sha256, str | None)
    assert_type(options.sd_model_checkpoint, str)
