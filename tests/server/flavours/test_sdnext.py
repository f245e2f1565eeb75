"""What is SD.Next's own: answers without bodies, its options, its lists, its fields."""

from __future__ import annotations

import pytest
from PIL import Image

from ..studio import text_of
from .conftest import Asked, Made


@pytest.fixture
def sdnext(make: Made) -> Asked:
    return make("sdnext")


@pytest.mark.parametrize(
    "path", ["interrupt", "skip", "refresh-checkpoints", "refresh-vae", "unload-checkpoint", "reload-checkpoint"]
)
def test_no_bodies(sdnext: Asked, path: str) -> None:
    answer = sdnext.post(path)
    assert (answer.status, answer.raw, "content-type" in answer.headers) == (204, b"", False)


def test_refresh_loras_has_one(sdnext: Asked) -> None:
    answer = sdnext.post("refresh-loras")
    assert (answer.status, answer.raw) == (200, b"null")


# --- what it is


def test_version(sdnext: Asked) -> None:
    assert sdnext.get("version").body == {
        "app": "sd.next",
        "updated": "2026-07-23",
        "commit": "058a7f0c",
        "branch": "master",
        "url": "https://github.com/vladmandic/sdnext/tree/master",
        "kanvas": "main",
        "ui": "main",
    }


def test_setting_options(sdnext: Asked) -> None:
    answer = sdnext.post("options", {"samples_format": "png", "CLIP_stop_at_last_layers": 1, "nope": 1})
    assert (answer.status, answer.body) == (
        200,
        {"updated": [{"samples_format": True}, {"CLIP_stop_at_last_layers": False}, {"nope": False}]},
    )
    assert sdnext.get("options").body["samples_format"] == "png"
    assert sdnext.format(sdnext.txt2img()) == "PNG"
    assert sdnext.post("options", {"sd_model_checkpoint": "nope"}).body == {"updated": [{"sd_model_checkpoint": False}]}
    assert sdnext.post("options", {"sd_model_checkpoint": "dreamshaper_8"}).body == {
        "updated": [{"sd_model_checkpoint": True}]
    }
    assert sdnext.get("checkpoint").body["name"] == "dreamshaper_8"


def test_options_are_not_typed(sdnext: Asked) -> None:
    assert sdnext.post("options", {"samples_save": "banana"}).body == {"updated": [{"samples_save": True}]}
    shown = sdnext.get("options")
    assert (shown.status, shown.body["samples_save"]) == (200, "banana")
    assert type(shown.body["jpeg_quality"]) is int


def test_loading_a_checkpoint(sdnext: Asked) -> None:
    assert sdnext.post("checkpoint?sd_model_checkpoint=dreamshaper_8").body == {"ok": True}
    assert sdnext.post("checkpoint?sd_model_checkpoint=nope").body == {"ok": False}
    assert sdnext.post("checkpoint").status == 422
    assert sdnext.get("checkpoint").body == {
        "type": "sd",
        "class": "StableDiffusionPipeline",
        "checkpoint": "dreamshaper_8.safetensors [879db523c3]",
        "title": "dreamshaper_8.safetensors [879db523c3]",
        "name": "dreamshaper_8",
        "filename": "/srv/stable-diffusion-webui/models/Stable-diffusion/dreamshaper_8.safetensors",
        "hash": "879db523c3",
    }


def test_loras(sdnext: Asked) -> None:
    assert sdnext.get("lora?lora=add_detail").body["alias"] == "add_detail"
    answer = sdnext.get("lora?lora=nope")
    assert (answer.status, answer.body["detail"]) == (404, "Lora 'nope' not found")
    assert sdnext.get("loaded-loras").body == []


def test_forms_of_items(sdnext: Asked) -> None:
    samplers, schedulers = sdnext.get("samplers").body, sdnext.get("schedulers").body
    assert samplers[0] == {"name": "UniPC", "options": {}}
    assert schedulers[0] == {"name": "UniPC", "cls": "UniPCMultistepScheduler", "options": {}}
    assert [item["name"] for item in schedulers] == [item["name"] for item in samplers]
    assert sdnext.get("embeddings").body == {
        "loaded": ["bad-hands-5", "EasyNegative", "charturnerv2"],
        "skipped": ["negativeXL_D"],
    }
    assert set(sdnext.get("scripts").body) == {"control", "txt2img", "img2img"}
    assert sdnext.get("sd-models").body[0]["type"] == "Stable Diffusion"
    assert (
        sdnext.get("face-restorers").body
        == sdnext.get("detailers").body
        == [
            {"name": "CodeFormer", "path": None},
            {"name": "GFPGAN", "path": None},
        ]
    )
    assert list(sdnext.get("prompt-styles").body[0]) == [
        "name",
        "prompt",
        "negative_prompt",
        "extra",
        "filename",
        "preview",
    ]


def test_lists_of_a_catalogue(make: Made) -> None:
    samplers = [{"name": "Mine", "options": {"order": 2, "karras": True}}]
    schedulers = [{"name": "Mine", "cls": "MineScheduler", "options": {}}]
    embeddings = {"loaded": ["a"], "skipped": []}
    server = make("sdnext", {"samplers": samplers, "schedulers": schedulers, "embeddings": embeddings})
    assert server.get("samplers").body == samplers
    assert server.get("schedulers").body == schedulers
    assert server.get("embeddings").body == embeddings
    server.txt2img(sampler_name="mine")
    assert server.engine.passes[-1].sampler == "Mine"
    server.txt2img()
    assert server.engine.passes[-1].sampler == "Default"


def test_only_what_a_catalogue_names_is_shown(make: Made) -> None:
    server = make("sdnext", {"options": {"samples_format": "png", "odd": 1}, "cmd-flags": {"auth": None, "f": False}})
    assert server.get("options").body == {"samples_format": "png", "odd": 1}
    assert server.get("cmd-flags").body == {"auth": None, "f": False}
    assert server.format(server.txt2img()) == "PNG"


# --- generations


def test_the_fields_of_a_generation(sdnext: Asked) -> None:
    answer = sdnext.txt2img(
        sd_model_checkpoint="dreamshaper_8",
        guidance_scale=3,
        clip_skip=2,
        override_settings={"nope": 1},
        scheduler="karras",
        seed=3,
    )
    done = sdnext.engine.passes[-1]
    assert (done.model, done.cfg_scale, done.sampler, done.seeds) == ("dreamshaper_8", 3.0, "Default", [3])
    parameters = answer["parameters"]
    assert (parameters["sd_model_checkpoint"], parameters["override_settings"]) == ("dreamshaper_8", {"nope": 1})
    assert (parameters["guidance_scale"], parameters["cfg_scale"]) == (3.0, 6.0)
    assert "Clip skip: 2" in answer["info"]
    sdnext.txt2img(guidance_scale=3, cfg_scale=4)
    assert sdnext.engine.passes[-1].cfg_scale == 4.0
    assert sdnext.engine.passes[-1].model == "v1-5-pruned-emaonly"


def test_the_strength_of_the_second_pass(sdnext: Asked) -> None:
    sdnext.txt2img(enable_hr=True, hr_upscaler="Latent", hr_denoising_strength=0.9)
    assert sdnext.engine.passes[-1].denoising_strength == 0.9


def test_pictures_of_the_request_come_back_if_wanted(sdnext: Asked) -> None:
    picture = text_of(Image.new("RGB", (128, 128)))
    assert sdnext.img2img(init_images=[picture])["parameters"]["init_images"] is None
    back = sdnext.img2img(init_images=[picture], mask=picture, include_init_images=True)["parameters"]
    assert (back["init_images"], back["mask"]) == ([picture], picture)


def test_long_arguments_come_back_as_their_length(sdnext: Asked) -> None:
    scripts = {"seed": {"args": ["x" * 1000, "y"]}, "sampler": {}, "refiner": {"args": "text"}}
    answer = sdnext.txt2img(alwayson_scripts=scripts, script_args=["z" * 1234])
    assert answer["parameters"]["alwayson_scripts"] == {
        "seed": {"args": ["<str 1000>", "y"]},
        "sampler": {},
        "refiner": {"args": "text"},
    }
    assert answer["parameters"]["script_args"] == ["<str 1234>"]


@pytest.mark.parametrize(
    ("text", "status", "detail"),
    [
        ("upload:1", 400, "Upload reference not found: upload:1"),
        ("http://example.org/a.png", 500, "Invalid encoded image"),
    ],
)
def test_links(sdnext: Asked, text: str, status: int, detail: str) -> None:
    picture = text_of(Image.new("RGB", (128, 128)))
    for path, fields in (
        ("img2img", {"init_images": [text]}),
        ("img2img", {"init_images": [picture], "mask": text}),
        ("extra-single-image", {"image": text}),
        ("png-info", {"image": text}),
    ):
        answer = sdnext.post(path, fields)
        assert (answer.status, answer.body["detail"]) == (status, detail), path
