"""The pictures of an answer: their texts, formats and grids, and what comes of a generation that was stopped."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from webuiapi.infotext import parse, read_image_text

from .studio import Studio, colour_of


@pytest.fixture
def studio() -> Studio:
    return Studio()


def test_pictures_carry_their_own_text(studio: Studio) -> None:
    reply = studio.txt2img(batch_size=2, n_iter=2)
    assert [image.getpixel((0, 0)) for image in reply.images] == [colour_of(seed) for seed in (20, 21, 22, 23)]
    assert [image.info["parameters"] for image in reply.images] == reply.info["infotexts"]
    assert reply.info["index_of_first_image"] == 0


def test_text_that_is_not_latin(studio: Studio) -> None:
    image = studio.txt2img(prompt="дом, 家").images[0]
    assert image.info["parameters"].startswith("дом, 家\nSteps: 3")


def test_pictures_without_text(studio: Studio) -> None:
    studio.setting(enable_pnginfo=False)
    reply = studio.txt2img()
    assert reply.images[0].info == {}
    assert reply.infotext.startswith("a house\nSteps: 3")


@pytest.mark.parametrize(("kind", "format"), [("jpg", "JPEG"), ("JPEG", "JPEG"), ("webp", "WEBP")])
def test_other_formats(studio: Studio, kind: str, format: str) -> None:
    studio.setting(samples_format=kind)
    reply = studio.txt2img(prompt="ein Häuschen")
    image = reply.images[0]
    assert (image.format, image.mode, image.size) == (format, "RGB", (64, 64))
    assert parse(read_image_text(base64.b64decode(reply.body["images"][0])) or "").prompt == "ein Häuschen"


def test_an_unknown_format_fails_when_all_is_painted(studio: Studio) -> None:
    studio.setting(samples_format="tiff")
    assert studio.failing("txt2img") == (500, "HTTPException", "Invalid image format")
    assert len(studio.engine.passes) == 1
    assert studio.txt2img(send_images=False).status == 200


def test_no_pictures_are_sent(studio: Studio) -> None:
    reply = studio.txt2img(send_images=False, n_iter=2)
    assert reply.body["images"] == []
    assert len(reply.info["infotexts"]) == 2


def test_grid(studio: Studio) -> None:
    reply = studio.txt2img(n_iter=3, save_images=True)
    grid, *pictures = reply.images
    assert grid.size == (128, 128)
    assert [grid.getpixel(at) for at in ((0, 0), (64, 0), (0, 64))] == [colour_of(seed) for seed in (20, 21, 22)]
    assert len(pictures) == 3
    info = reply.info
    assert info["index_of_first_image"] == 1
    assert len(info["infotexts"]) == 4
    assert grid.info["parameters"] == info["infotexts"][0] == info["infotexts"][1]


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"n_iter": 2}, {}),
        ({"n_iter": 1, "save_images": True}, {}),
        ({"n_iter": 2, "save_images": True}, {"return_grid": False}),
        ({"n_iter": 2, "do_not_save_grid": False}, {}),
    ],
)
def test_no_grid(studio: Studio, fields: dict[str, Any], options: dict[str, Any]) -> None:
    studio.setting(**options)
    reply = studio.txt2img(**fields)
    assert len(reply.images) == fields["n_iter"]
    assert reply.info["index_of_first_image"] == 0


def test_a_grid_of_one(studio: Studio) -> None:
    studio.setting(grid_only_if_multiple=False)
    assert len(studio.txt2img(save_images=True).images) == 2


# --- interrupt and skip


def test_interrupt_returns_what_there_is(studio: Studio) -> None:
    studio.during("interrupt", number=1, step=2)
    reply = studio.txt2img(n_iter=4, steps=9)
    assert len(reply.images) == len(reply.info["infotexts"]) == 1
    assert reply.info["all_seeds"] == [20, 21, 22, 23]
    assert len(reply.info["all_prompts"]) == 4


def test_skip_goes_on_with_the_next_batch(studio: Studio) -> None:
    steps: list[int] = []

    def on_step(done: int) -> None:
        steps.append(done)
        if len(steps) == 2:
            studio.post("skip")

    studio.engine.on_step = on_step
    assert len(studio.txt2img(n_iter=2, steps=4).images) == 2
    assert steps == [1, 2, 1, 2, 3, 4]


def test_an_interrupted_grid(studio: Studio) -> None:
    studio.during("interrupt", number=2)
    reply = studio.txt2img(n_iter=4, save_images=True)
    assert [image.size for image in reply.images] == [(128, 64), (64, 64), (64, 64)]
