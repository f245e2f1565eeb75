"""What is stable-diffusion.cpp's own: types, LoRAs as a field, its lists, its capabilities."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from ..studio import text_of
from .conftest import SMALL, Asked, Made, info_of


@pytest.fixture
def sdcpp(make: Made) -> Asked:
    return make("sdcpp")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"prompt": ""}, "prompt required"),
        ({"width": 0}, "width and height must be positive"),
        ({"height": -8, "prompt": ""}, "width and height must be positive"),
        ({"lora": [{"multiplier": 1}]}, "lora.path required"),
        ({"lora": [{"path": "nope.safetensors"}]}, "invalid lora path: nope.safetensors"),
    ],
)
@pytest.mark.parametrize("path", ["txt2img", "img2img"])
def test_what_is_refused(sdcpp: Asked, path: str, fields: dict[str, Any], message: str) -> None:
    answer = sdcpp.post(path, {**SMALL, **fields})
    assert (answer.status, answer.body) == (400, {"error": message})


def test_no_prompt_at_all(sdcpp: Asked) -> None:
    assert sdcpp.post("txt2img", {"steps": 1}).body == {"error": "prompt required"}
    answer = sdcpp.post("txt2img", b"")
    assert (answer.status, answer.body) == (400, {"error": "empty body"})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"steps": "5"}, "type must be number, but is string"),
        ({"seed": None}, "type must be number, but is null"),
        ({"prompt": 5}, "type must be string, but is number"),
        ({"enable_hr": 1}, "type must be boolean, but is number"),
        ({"sampler_name": None}, "type must be string, but is null"),
    ],
)
def test_other_types_break_it(sdcpp: Asked, fields: dict[str, Any], message: str) -> None:
    answer = sdcpp.post("txt2img", {**SMALL, **fields})
    assert (answer.status, answer.body) == (
        500,
        {"error": "server_error", "message": f"[json.exception.type_error.302] {message}"},
    )


@pytest.mark.parametrize(("body", "word"), [(b"{", "parse_error.101"), (b"[]", "type_error.306")])
def test_other_bodies_break_it(sdcpp: Asked, body: bytes, word: str) -> None:
    answer = sdcpp.post("txt2img", body)
    assert (answer.status, answer.body["error"]) == (500, "server_error")
    assert f"[json.exception.{word}]" in answer.body["message"]


def test_numbers_are_cut(sdcpp: Asked) -> None:
    sdcpp.txt2img(steps=2.9, batch_size=True)
    assert (sdcpp.engine.passes[-1].steps, len(sdcpp.engine.passes[-1].seeds)) == (2, 1)


def test_loras(sdcpp: Asked) -> None:
    loras = sdcpp.get("loras").body
    assert loras[0] == {"name": "add_detail", "path": "add_detail.safetensors"}
    asked = [{"path": "add_detail.safetensors", "multiplier": 0.5}, "odd"]
    answer = sdcpp.txt2img(prompt="a house <lora:add_detail:1>", lora=asked)
    assert answer["parameters"]["lora"] == asked
    info = info_of(answer)
    assert info["prompt"] == "a house <lora:add_detail:1>"
    assert "Lora hashes" not in info["infotexts"][0]
    assert "<lora" not in sdcpp.engine.passes[-1].prompts[0]


def test_lists(sdcpp: Asked) -> None:
    assert sdcpp.get("options").body == {"samples_format": "png", "sd_model_checkpoint": "v1-5-pruned-emaonly"}
    assert sdcpp.get("sd-models").body == [
        {
            "title": "v1-5-pruned-emaonly",
            "model_name": "v1-5-pruned-emaonly",
            "hash": "8888888888",
            "sha256": "8" * 64,
            "config": None,
            "filename": "v1-5-pruned-emaonly.safetensors",
        }
    ]
    assert sdcpp.get("samplers").body[:2] == [
        {"name": "default", "aliases": ["default"], "options": {}},
        {"name": "euler", "aliases": ["euler"], "options": {}},
    ]
    assert sdcpp.get("schedulers").body[:3] == [
        {"name": "default", "label": "default"},
        {"name": "discrete", "label": "discrete"},
        {"name": "normal", "label": "normal"},
    ]
    assert [item["name"] for item in sdcpp.get("upscalers").body] == [
        "None",
        "Lanczos",
        "Nearest",
        "RealESRGAN_x4plus",
    ]
    assert type(sdcpp.get("upscalers").body[0]["scale"]) is int
    assert [item["name"] for item in sdcpp.get("latent-upscale-modes").body] == [
        "Latent",
        "Latent (nearest)",
        "Latent (nearest-exact)",
        "Latent (antialiased)",
        "Latent (bicubic)",
        "Latent (bicubic antialiased)",
    ]


def test_capabilities(sdcpp: Asked) -> None:
    found = sdcpp.get("/sdcpp/v1/capabilities").body
    assert found["model"] == {
        "name": "v1-5-pruned-emaonly.safetensors",
        "stem": "v1-5-pruned-emaonly",
        "path": "/srv/stable-diffusion-webui/models/Stable-diffusion/v1-5-pruned-emaonly.safetensors",
    }
    assert found["samplers"] == [item["name"] for item in sdcpp.get("samplers").body[1:]]
    assert found["schedulers"] == [item["name"] for item in sdcpp.get("schedulers").body[1:]]
    assert found["loras"] == sdcpp.get("loras").body
    assert found["defaults"] == found["defaults_by_mode"]["img_gen"]
    assert found["features"]["cancel_generating"] is False
    assert found["limits"]["max_queue_size"] == 16


def test_pictures_that_cannot_be_read_are_passed_over(sdcpp: Asked) -> None:
    picture = text_of(Image.new("RGB", (128, 128), "red"))
    for given in ([], "x", ["x"], [5], None):
        sdcpp.img2img(init_images=given, mask=picture)
        assert sdcpp.engine.passes[-1].images is None
    sdcpp.img2img(init_images=[picture], mask="x")
    assert sdcpp.engine.passes[-1].mask is None
    sdcpp.img2img(init_images=[picture], mask=picture)
    assert sdcpp.engine.passes[-1].mask is not None


def test_a_catalogue_of_its_own(make: Made) -> None:
    lists: dict[str, Any] = {
        "samplers": [{"name": "default", "aliases": ["default"], "options": {}}],
        "schedulers": [{"name": "default", "label": "default"}, {"name": "mine", "label": "mine"}],
        "loras": [{"name": "x", "path": "x.safetensors"}],
    }
    server = make("sdcpp", lists)
    assert {name: server.get(name).body for name in lists} == lists
    assert info_of(server.txt2img(scheduler="mine"))["extra_generation_params"] == {"Schedule type": "mine"}
