"""What each flavour makes of a generation: its defaults, its silent rules, its pictures."""

from __future__ import annotations

from typing import Any

import pytest

from ..studio import opened
from .conftest import SMALL, Asked, Made, info_of

FAMILY = ("a1111", "forge", "reforge")


@pytest.mark.parametrize(
    ("name", "steps", "cfg", "size"),
    [
        ("a1111", 50, 7.0, 512),
        ("forge", 50, 7.0, 512),
        ("reforge", 50, 7.0, 512),
        ("sdnext", 20, 6.0, 1024),
        ("koboldcpp", 20, 5.0, 512),
        ("sdcpp", 20, 7.0, 512),
        ("drawthings", 20, 7.5, 512),
    ],
)
def test_defaults(make: Made, name: str, steps: int, cfg: float, size: int) -> None:
    server = make(name)
    assert server.post("txt2img", {"prompt": "a house"}).status == 200
    done = server.engine.passes[-1]
    assert (done.steps, done.cfg_scale, done.width, done.height) == (steps, cfg, size, size)


@pytest.mark.parametrize(
    ("name", "strength"),
    [*((name, 0.75) for name in FAMILY), ("sdnext", 0.5), ("koboldcpp", 0.6), ("sdcpp", 0.75), ("drawthings", 0.7)],
)
def test_how_much_img2img_paints_anew(make: Made, name: str, strength: float) -> None:
    server = make(name)
    server.img2img()
    assert server.engine.passes[-1].denoising_strength == strength


def test_where_a_mask_is_painted_unless_it_is_said(make: Made) -> None:
    """Fill, and only the masked part, in A1111's family; the original, and the whole, on SD.Next."""
    for name, fill, whole in (("a1111", 0, False), ("forge", 0, False), ("sdnext", 1, True)):
        parameters = make(name).img2img()["parameters"]
        assert (parameters["inpainting_fill"], parameters["inpaint_full_res"]) == (fill, not whole)


# --- names


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("a1111", "DPM++ 2M"),
        ("forge", "DPM++ 2M"),
        ("reforge", "DPM++ 2M"),
        ("koboldcpp", "Default"),
        ("sdcpp", "euler_a"),
    ],
)
def test_unknown_samplers_without_a_word(make: Made, name: str, used: str) -> None:
    server = make(name)
    server.txt2img(sampler_name="nope")
    assert server.engine.passes[-1].sampler == used


def test_unknown_samplers_refused(make: Made) -> None:
    answer = make("sdnext").post("txt2img", {**SMALL, "sampler_name": "nope"})
    assert (answer.status, answer.body["detail"]) == (404, "Sampler not found")
    answer = make("sdnext").post("txt2img", {**SMALL, "sampler_name": None})
    assert (answer.status, answer.body["detail"]) == (404, "Sampler not found")
    answer = make("drawthings").post("txt2img", {**SMALL, "sampler_name": "nope"})
    assert answer.status == 422
    assert answer.body["detail"].startswith('Invalid value for sampler_name (options: ["DPM++ 2M Karras", "Euler a",')


@pytest.mark.parametrize(
    ("name", "said", "used"),
    [
        ("a1111", "euler a", "DPM++ 2M"),
        ("a1111", "k_euler_a", "DPM++ 2M"),
        ("sdnext", "euler A", "Euler a"),
        ("sdnext", "Default", "Default"),
        ("koboldcpp", "K_EULER_A", "Euler a"),
        ("koboldcpp", "euler a", "Euler a"),
        ("koboldcpp", "k_euler_ancestral", "Euler a"),
        ("sdcpp", "Euler a", "euler_a"),
        ("sdcpp", "k_dpmpp_2m", "dpm++2m"),
        ("sdcpp", "lcm", "lcm"),
        ("sdcpp", "default", "euler_a"),
    ],
)
def test_other_names_of_samplers(make: Made, name: str, said: str, used: str) -> None:
    server = make(name)
    server.txt2img(sampler_name=said)
    assert server.engine.passes[-1].sampler == used


@pytest.mark.parametrize(
    ("name", "said", "sampler", "schedule"),
    [
        ("a1111", "Euler a karras", "Euler a", "Karras"),
        ("a1111", "Euler a KARRAS", "DPM++ 2M", None),
        ("reforge", "Euler a KARRAS", "Euler a", "Karras"),
        ("reforge", "euler a karras", "DPM++ 2M", "Karras"),
        ("reforge", "Euler a", "Euler a", None),
    ],
)
def test_schedulers_at_the_end_of_a_name(make: Made, name: str, said: str, sampler: str, schedule: str | None) -> None:
    answer = make(name).txt2img(sampler_name=said)
    assert answer["parameters"]["sampler_name"] == said
    info = info_of(answer)
    assert info["sampler_name"] == sampler
    if schedule is not None:
        assert info["extra_generation_params"]["Schedule type"] == schedule


def test_schedulers_of_sdcpp_have_to_be_spelt_right(make: Made) -> None:
    server = make("sdcpp")
    for said, found in (("karras", {"Schedule type": "karras"}), ("Karras", None), ("nope", None)):
        assert info_of(server.txt2img(scheduler=said)).get("extra_generation_params") == found


# --- pictures


@pytest.mark.parametrize(
    ("name", "batch", "iterations", "count"),
    [
        *((name, 2, 2, 4) for name in (*FAMILY, "sdnext", "drawthings")),
        ("koboldcpp", 2, 2, 1),
        ("sdcpp", 2, 2, 2),
    ],
)
def test_how_many(make: Made, name: str, batch: int, iterations: int, count: int) -> None:
    assert len(make(name).txt2img(batch_size=batch, n_iter=iterations)["images"]) == count


def test_formats(server: Asked, flavour: str) -> None:
    for answer in (server.txt2img(), server.img2img()):
        assert server.format(answer) == ("JPEG" if flavour == "sdnext" else "PNG")
        texts = opened(answer["images"][0]).info
        assert ("parameters" in texts) == (flavour in (*FAMILY, "sdcpp"))


@pytest.mark.parametrize(
    ("name", "steps", "reported"),
    [*((name, 3, True) for name in (*FAMILY, "sdnext", "sdcpp")), ("koboldcpp", 3, False), ("drawthings", 3, False)],
)
def test_seeds(make: Made, name: str, steps: int, reported: bool) -> None:
    server = make(name)
    answer = server.txt2img(seed=-1, steps=steps)
    used = server.engine.passes[-1].seeds[0]
    assert used >= 0
    assert (str(used) in answer.get("info", "")) == reported
    server.txt2img(seed=7)
    assert server.engine.passes[-1].seeds[0] == 7


def test_seeds_of_koboldcpp_have_six_digits(make: Made) -> None:
    server = make("koboldcpp")
    for seed in (-1, -100):
        server.txt2img(seed=seed)
        assert 100_000 <= server.engine.passes[-1].seeds[0] <= 999_999


@pytest.mark.parametrize("name", ["a1111", "forge", "reforge", "sdnext", "koboldcpp", "sdcpp"])
def test_data_uris(make: Made, name: str) -> None:
    from PIL import Image

    from ..studio import text_of

    server = make(name)
    picture = "data:image/png;base64," + text_of(Image.new("RGB", (128, 128), "grey"))
    server.img2img(init_images=[picture])
    images = server.engine.passes[-1].images
    assert images is not None
    assert images[0].getpixel((5, 5)) == (128, 128, 128)


def test_drawthings_wants_plain_base64(make: Made) -> None:
    server = make("drawthings")
    for text in ("data:image/png;base64,AAAA", "http://a/b.png", "AAA\nA", 5):
        answer = server.post("img2img", {**SMALL, "init_images": [text]})
        assert (answer.status, answer.body["detail"]) == (422, "init_images: Encountered Data is not valid Base64.")


# --- without a picture


WITHOUT: dict[str, tuple[int, Any]] = {
    "a1111": (404, {"error": "HTTPException", "detail": "Init image not found", "body": "", "errors": ""}),
    "forge": (404, {"detail": "Init image not found"}),
    "reforge": (404, {"error": "HTTPException", "detail": "Init image not found", "body": "", "errors": ""}),
    "sdnext": (400, {"error": "Init image is none"}),
}


@pytest.mark.parametrize(("name", "expected"), WITHOUT.items(), ids=list(WITHOUT))
def test_img2img_without_a_picture(make: Made, name: str, expected: tuple[int, Any]) -> None:
    answer = make(name).post("img2img", SMALL)
    assert (answer.status, answer.body) == expected


@pytest.mark.parametrize("name", ["koboldcpp", "sdcpp", "drawthings"])
def test_img2img_without_a_picture_is_txt2img(make: Made, name: str) -> None:
    server = make(name)
    assert len(server.post("img2img", SMALL).body["images"]) == 1
    assert server.engine.passes[-1].images is None
