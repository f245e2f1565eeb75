"""The scripts that work on parts of a picture: SD upscale and outpainting; and img2img alternative test."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from .studio import Reply, Studio, colour_of


@pytest.fixture
def studio() -> Studio:
    return Studio()


def run(studio: Studio, name: str, *args: Any, **fields: Any) -> Reply:
    reply = studio.img2img(script_name=name, script_args=list(args), **fields)
    assert reply.status == 200, reply.body
    return reply


# --- sd upscale


def test_sd_upscale(studio: Studio) -> None:
    reply = run(studio, "sd upscale", None, 16, "Nearest", 1.5, n_iter=2)
    assert [image.size for image in reply.images] == [(96, 96)] * 2
    assert len(studio.engine.passes) == 8
    assert studio.engine.upscales == [("RGB", (96, 96), "Nearest")]
    assert [work.seeds[0] for work in studio.engine.passes] == [20, 21, 22, 23, 21, 22, 23, 24]
    info = reply.info
    assert (info["seed"], info["subseed"], info["index_of_first_image"]) == (20, -1, 0)
    assert info["extra_generation_params"]["SD upscale overlap"] == 16
    assert "SD upscale overlap: 16, SD upscale upscaler: Nearest" in info["infotexts"][0]
    assert reply.images[0].info == {}


def test_sd_upscale_in_batches_by_number(studio: Studio) -> None:
    reply = run(studio, "SD upscale", "", 0, 0, 2.0, batch_size=3)
    assert reply.images[0].size == (64, 64)
    reply = run(studio, "SD upscale", "", 0, 1, 2.0, batch_size=3)
    assert reply.images[0].size == (128, 128)
    assert [len(work.prompts) for work in studio.engine.passes[1:]] == [3, 3]
    assert reply.images[0].getpixel((0, 0)) == colour_of(20)
    assert reply.images[0].getpixel((127, 127)) == colour_of(21)


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (["", 16, "nobody", 2.0], "ValueError"),
        (["", 64, "Lanczos", 2.0], "ZeroDivisionError"),
        (["", 16, 99, 2.0], "IndexError"),
        ([], "TypeError"),
        (["", 16, "Lanczos"], "TypeError"),
    ],
)
def test_sd_upscale_errors(studio: Studio, args: list[Any], error: str) -> None:
    assert studio.failing("img2img", script_name="sd upscale", script_args=args)[:2] == (500, error)


# --- outpainting


@pytest.mark.parametrize(
    ("directions", "size", "passes"),
    [
        (["left"], (128, 64), 1),
        (["left", "right"], (192, 64), 2),
        (["up", "down", "left", "right"], (192, 192), 4),
        ("down", (64, 128), 1),
    ],
)
def test_mk2_grows_side_by_side(studio: Studio, directions: Any, size: tuple[int, int], passes: int) -> None:
    reply = run(studio, "outpainting mk2", "", 64, 4, directions, 1.0, 0.05)
    assert [image.size for image in reply.images] == [size]
    assert len(studio.engine.passes) == passes
    assert reply.images[0].info == {}
    assert all(work.fill == 1 for work in studio.engine.passes)
    assert "Inpaint area" not in reply.info["infotexts"][0]


def test_mk2_keeps_the_old_picture_and_paints_the_border(studio: Studio) -> None:
    reply = run(studio, "outpainting mk2", "", 64, 2, ["right"], 1.0, 0.05)
    image = reply.images[0]
    assert image.getpixel((10, 30)) == (128, 128, 128)
    assert image.getpixel((120, 30)) == colour_of(20)


def test_mk2_rounds_its_sides_up(studio: Studio) -> None:
    reply = studio.img2img(
        Image.new("RGB", (70, 50)), width=128, height=64,
        script_name="outpainting mk2", script_args=["", 20, 2, ["left", "right", "down"], 1.0, 0.05],
    )  # fmt: skip
    assert reply.images[0].size == (128, 128)


def test_mk2_of_several(studio: Studio) -> None:
    reply = run(studio, "outpainting mk2", "", 64, 4, ["left"], 1.0, 0.05, n_iter=2, batch_size=2)
    assert [image.size for image in reply.images] == [(256, 128), *[(128, 64)] * 4]


def test_mk2_without_direction(studio: Studio) -> None:
    reply = run(studio, "outpainting mk2", "", 64, 4, [], 1.0, 0.05)
    assert reply.images[0].size == (64, 64)
    assert studio.engine.passes == []


def test_poor_mans_outpainting(studio: Studio) -> None:
    reply = run(studio, "poor man's outpainting", 32, 4, 3, ["left", "right"], n_iter=2)
    assert [image.size for image in reply.images] == [(128, 64)]
    assert {work.fill for work in studio.engine.passes} == {3}
    assert [work.seeds for work in studio.engine.passes] == [[20], [21]]
    image = reply.images[0]
    assert image.getpixel((2, 30)) == colour_of(20)
    assert image.getpixel((125, 30)) == colour_of(21)
    assert "Masked content: latent nothing" in reply.info["infotexts"][0]


def test_poor_mans_outpainting_passes_the_middle_over(studio: Studio) -> None:
    picture = Image.new("RGB", (192, 64), "blue")
    reply = studio.img2img(picture, script_name="Poor man's outpainting", script_args=[16, 2, 1, ["right"]])
    assert reply.images[0].size == (256, 64)
    assert reply.images[0].getpixel((5, 5)) == (0, 0, 255)
    assert len(studio.engine.passes) < 5


# --- img2img alternative test


def test_alternative_overrides_the_request(studio: Studio) -> None:
    args = ["", True, True, "orig", "bad", True, 12, True, 1.5, 0.25, True]
    reply = run(studio, "img2img alternative test", *args, sampler_name="LMS", denoising_strength=0.1)
    work = studio.last
    assert (work.prompts, work.negative_prompts, work.sampler, work.steps) == (["orig"], ["bad"], "Euler", 12)
    assert (
        "Decode prompt: orig, Decode negative prompt: bad, Decode CFG scale: 1.5, Decode steps: 12, Randomness: 0.25, "
        "Sigma Adjustment: True"
    ) in reply.pairs
    assert "Denoising strength: 1.0" in reply.pairs
    assert work.denoising_strength < 1


def test_alternative_leaves_the_request_alone(studio: Studio) -> None:
    args = ["", False, False, "orig", "bad", False, 12, False, 1.5, 1.0, False]
    run(studio, "img2img alternative test", *args, sampler_name="LMS", denoising_strength=0.5)
    work = studio.last
    assert (work.prompts, work.sampler, work.steps, work.denoising_strength) == (["a house"], "LMS", 5, 0.5)


@pytest.mark.parametrize("fall_off", [-3.0, 0.0, 4.0, 1e9])
def test_noise_of_any_fineness(studio: Studio, fall_off: float) -> None:
    reply = run(studio, "outpainting mk2", "", 64, 4, ["up"], fall_off, 0.5, height=128)
    assert reply.images[0].size == (64, 128)
    start = studio.last.images
    assert start is not None
    assert start[0].crop((0, 64, 64, 128)).getcolors() == [(64 * 64, (128, 128, 128))]
