"""What each flavour says about a generation, which tasks it knows, and how it paints a second time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import SMALL, Asked, Made, info_of


def test_parameters(server: Asked, flavour: str) -> None:
    answer = server.txt2img(seed=5, sampler_name="Euler a")
    if flavour in ("koboldcpp", "sdcpp", "drawthings"):
        sent = {**SMALL, "seed": 5, "sampler_name": "Euler a"}
        assert answer.get("parameters") == {"koboldcpp": {}, "sdcpp": sent, "drawthings": None}[flavour]
        return
    parameters = answer["parameters"]
    assert list(parameters) == list(server.app.flavour.contract.endpoint("POST", "/sdapi/v1/txt2img").body or ())
    assert parameters["sampler_name"] == "Euler a"
    assert ("force_task_id" in parameters) == (flavour != "sdnext")
    assert ("scheduler" in parameters) == (flavour != "sdnext")
    assert ("hr_cfg" in parameters) == (flavour in ("forge", "reforge"))
    assert ("distilled_cfg_scale" in parameters) == (flavour == "forge")
    assert ("sd_model_checkpoint" in parameters) == (flavour == "sdnext")


def test_info(server: Asked, flavour: str) -> None:
    answer = server.txt2img(seed=5, negative_prompt="bad")
    if flavour == "koboldcpp":
        assert answer["info"] == ""
        assert answer["animated"] is False
        return
    if flavour == "drawthings":
        assert list(answer) == ["images"]
        return
    info = info_of(answer)
    assert (info["seed"], info["prompt"], info["negative_prompt"], info["all_seeds"]) == (5, "a house", "bad", [5])
    versions = {"a1111": "v1.10.1", "forge": "f2.0.1v1.10.1-previous-665-gdfdcbab6", "sdcpp": "stable-diffusion.cpp"}
    if flavour == "sdnext":
        assert not {"version", "sd_model_name", "sd_vae_name", "sd_vae_hash"} & info.keys()
    else:
        assert info["version"] == versions.get(flavour, "v1.10.1RC-latest-2184-g3b56b268")
    written = {**versions, "sdnext": "058a7f0c", "reforge": "v1.10.1RC-latest-2184-g3b56b268"}
    assert info["infotexts"][0].endswith(f", Version: {written[flavour]}")
    assert (", App: SD.Next, " in info["infotexts"][0]) == (flavour == "sdnext")
    assert ("Schedule type" in info["infotexts"][0]) == (flavour != "sdnext")


def test_info_of_sdcpp(make: Made) -> None:
    server = make("sdcpp")
    answer = server.txt2img(seed=5, batch_size=2, clip_skip=2)
    info = info_of(answer)
    assert list(info) == sorted(info)
    texts = info.pop("infotexts")
    assert len(texts) == 2
    assert "Clip skip: 2" in texts[0]
    assert info == {
        "all_negative_prompts": ["", ""],
        "all_prompts": ["a house", "a house"],
        "all_seeds": [5, 6],
        "cfg_scale": 7.0,
        "clip_skip": 2,
        "height": 128,
        "prompt": "a house",
        "sampler_name": "euler_a",
        "sd_model_name": "v1-5-pruned-emaonly.safetensors",
        "seed": 5,
        "steps": 3,
        "version": "stable-diffusion.cpp",
        "width": 128,
    }
    assert info_of(server.img2img(denoising_strength=3.0))["denoising_strength"] == 1.0


# --- tasks


@pytest.mark.parametrize(("name", "known"), [("a1111", True), ("forge", True), ("reforge", True), ("sdnext", False)])
def test_task_ids(make: Made, name: str, known: bool) -> None:
    server = make(name)
    server.txt2img(force_task_id="task(mine)")
    answer = server.post("/internal/progress", {"id_task": "task(mine)"}).body
    assert answer["completed"] == known
    assert ("job" in answer) == (not known)


@pytest.mark.parametrize("name", ["koboldcpp", "sdcpp"])
def test_task_ids_are_passed_over(make: Made, name: str) -> None:
    assert make(name).txt2img(force_task_id="task(mine)")["images"]


# --- hires fix


@pytest.mark.parametrize(
    ("name", "fields", "cfg"),
    [
        ("a1111", {}, 7.0),
        ("forge", {"hr_additional_modules": ["Use same choices"]}, 1.0),
        ("forge", {"hr_additional_modules": ["Use same choices"], "hr_cfg": 5}, 5.0),
        ("reforge", {}, 1.0),
        ("reforge", {"hr_cfg": 7}, 7.0),
        ("sdnext", {}, 6.0),
        ("sdcpp", {}, 7.0),
    ],
)
def test_the_cfg_scale_of_the_second_pass(make: Made, name: str, fields: dict[str, Any], cfg: float) -> None:
    server = make(name)
    answer = server.txt2img(enable_hr=True, denoising_strength=0.5, hr_upscaler="Latent", **fields)
    assert [done.cfg_scale for done in server.engine.passes] == [server.engine.passes[0].cfg_scale, cfg]
    own = name in ("forge", "reforge")
    assert (f"Hires CFG Scale: {cfg}" in json.loads(answer["info"])["infotexts"][0]) == own


def test_forge_wants_modules_for_hires_fix(make: Made) -> None:
    server = make("forge")
    for fields in ({}, {"hr_additional_modules": None}):
        answer = server.post("txt2img", {**SMALL, "enable_hr": True, "denoising_strength": 0.5, **fields})
        assert (answer.status, answer.body) == (
            500,
            {"error": "TypeError", "detail": "", "body": "", "message": "argument of type 'NoneType' is not iterable"},
        )
    assert server.txt2img(hr_additional_modules=None)["images"]


@pytest.mark.parametrize("name", ["a1111", "forge", "reforge"])
def test_hires_fix_without_a_strength_breaks(make: Made, name: str) -> None:
    fields = {"enable_hr": True, "hr_additional_modules": []}
    answer = make(name).post("txt2img", {**SMALL, **fields})
    assert (answer.status, answer.body["error"]) == (500, "TypeError")


@pytest.mark.parametrize(("name", "strength"), [("sdnext", 0.3), ("sdcpp", 0.7)])
def test_hires_fix_with_a_strength_of_its_own(make: Made, name: str, strength: float) -> None:
    server = make(name)
    server.txt2img(enable_hr=True, hr_upscaler="Latent")
    assert server.engine.passes[-1].denoising_strength == strength


def test_how_sdcpp_calls_the_steps_of_the_second_pass(make: Made) -> None:
    server = make("sdcpp")
    server.txt2img(enable_hr=True, hr_steps=2, hr_second_pass_steps=9, hr_resize_x=256, hr_resize_y=256)
    assert [(done.steps, done.width) for done in server.engine.passes] == [(3, 128), (2, 256)]
