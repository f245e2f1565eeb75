"""What is Forge's own besides: modules, flags, forms of items."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from webuiapi.server.app import App

from ..studio import text_of
from .conftest import SMALL, Asked, Made, info_of


def test_modules(make: Made) -> None:
    server = make("forge")
    modules = server.get("sd-modules").body
    assert [item["model_name"] for item in modules] == [
        "kl-f8-anime2.ckpt",
        "sdxl_vae.safetensors",
        "vae-ft-mse-840000-ema-pruned.safetensors",
        "clip_l.safetensors",
        "t5xxl_fp8_e4m3fn.safetensors",
    ]
    assert modules[-1]["filename"] == "/srv/stable-diffusion-webui/models/text_encoder/t5xxl_fp8_e4m3fn.safetensors"
    given = [{"model_name": "ae.safetensors", "filename": "/models/ae.safetensors"}]
    assert make("forge", {"sd-modules": given}).get("sd-modules").body == given


def test_options(make: Made) -> None:
    server = make("forge")
    options = server.get("options").body
    assert {name: value for name, value in options.items() if name.startswith("forge_")} == {
        "forge_unet_storage_dtype": "Automatic",
        "forge_inference_memory": 1024,
        "forge_async_loading": "Queue",
        "forge_pin_shared_memory": "CPU",
        "forge_preset": "sd",
        "forge_additional_modules": [],
    }
    assert server.post("options", {"forge_additional_modules": ["/models/ae.safetensors"]}).raw == b"null"
    assert server.get("options").body["forge_additional_modules"] == ["/models/ae.safetensors"]
    server.txt2img(override_settings={"forge_additional_modules": []})
    assert server.get("options").body["forge_additional_modules"] == ["/models/ae.safetensors"]


def flags(**changes: Any) -> dict[str, Any]:
    return {"cmd-flags": {**App().catalog.flags, **changes}}


def test_flags_without_a_default_have_to_be_texts(make: Made) -> None:
    answer = make("forge", flags(port=7861)).get("cmd-flags")
    assert (answer.status, answer.body["error"]) == (500, "ResponseValidationError")
    assert answer.body["message"].startswith(
        "1 validation errors:\n  {'type': 'string_type', 'loc': ('response', 'port')"
    )
    assert make("forge", flags(port=None)).get("cmd-flags").body["port"] is None
    assert make("forge", flags(port="7861")).get("cmd-flags").body["port"] == "7861"
    assert make("a1111", flags(port=7861)).get("cmd-flags").status == 200


def test_dates_of_extensions_are_numbers(make: Made) -> None:
    items = [{"name": "x", "remote": "", "commit_date": date, "enabled": True} for date in ("1712345678", "lately")]
    for name, dates in (("forge", [1712345678, "lately"]), ("a1111", ["1712345678", "lately"])):
        shown = make(name, {"extensions": items}).get("extensions").body
        assert [item["commit_date"] for item in shown] == dates


def test_options_of_samplers_have_their_types(make: Made) -> None:
    samplers = make("forge").get("samplers").body
    assert samplers[0] == {"name": "DPM++ 2M", "aliases": ["k_dpmpp_2m"], "options": {"scheduler": "karras"}}
    assert samplers[1]["options"] == {"scheduler": "karras", "second_order": True, "brownian_noise": True}


def test_samplers_of_a_catalogue_keep_their_types_and_their_use(make: Made) -> None:
    options = {"second_order": True, "some": 1.5, "off": False}
    samplers = [{"name": "Own", "aliases": ["own"], "options": options}]
    server = make("forge", {"samplers": samplers})
    assert server.get("samplers").body == samplers
    server.txt2img(sampler_name="nope")
    assert server.engine.passes[-1].sampler == "Own"
    assert server.app.catalog.samplers[0]["options"] == {"second_order": "True", "some": "1.5", "off": "False"}


@pytest.mark.parametrize("path", ["txt2img", "img2img"])
def test_what_openapi_says(make: Made, path: str) -> None:
    schema = make("forge").get("/openapi.json").body
    reference = schema["paths"][f"/sdapi/v1/{path}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    model = schema["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
    assert model["properties"]["distilled_cfg_scale"] == {
        "title": "Distilled Cfg Scale",
        "type": "number",
        "default": 3.5,
        "nullable": True,
    }
    assert ("hr_additional_modules" in model["properties"]) == (path == "txt2img")
    assert "/sdapi/v1/sd-modules" in schema["paths"]


# --- the ControlNet that is built in

PICTURE = text_of(Image.new("RGB", (128, 128), "red"))
UNIT = {"module": "canny", "model": "None", "image": PICTURE}


@pytest.fixture
def forge(make: Made) -> Asked:
    return make("forge")


def model_of(forge: Asked) -> str:
    models: list[str] = forge.get("/controlnet/model_list").body["model_list"]
    return next(name for name in models if "canny" in name)


def controlled(forge: Asked, title: str = "ControlNet", **unit: Any) -> dict[str, Any]:
    args = [{**UNIT, "model": model_of(forge), **unit}]
    answer = forge.txt2img(alwayson_scripts={title: {"args": args}}, seed=3)
    assert answer["parameters"]["alwayson_scripts"] == {title: {"args": args}}
    return answer


def test_units_are_on_unless_they_say_otherwise(forge: Asked) -> None:
    assert len(controlled(forge)["images"]) == 2
    assert len(controlled(forge, title="controlnet")["images"]) == 2
    assert len(controlled(forge, enabled=False)["images"]) == 1


def test_numbers_stand_for_texts(forge: Asked) -> None:
    told = info_of(controlled(forge, resize_mode=0, control_mode=2, hr_option=1))["infotexts"][0]
    assert "Resize Mode: Just Resize" in told
    assert "Control Mode: ControlNet is more important" in told
    told = info_of(controlled(forge, resize_mode=7, control_mode="My prompt is more important"))["infotexts"][0]
    assert "Resize Mode: Just Resize" in told
    assert "Control Mode: My prompt is more important" in told


def test_the_mask_has_one_name(forge: Asked) -> None:
    mask = Image.new("L", (128, 128), 0)
    mask.paste(255, (0, 0, 64, 64))
    plain = controlled(forge)["images"][1]
    assert controlled(forge, mask_image=text_of(mask))["images"][1] != plain
    assert controlled(forge, mask=text_of(mask))["images"][1] == plain


@pytest.mark.parametrize(
    "unit",
    [
        {"module": "nope"},
        {"module": "none"},
        {"module": "depth"},
        {"image": None, "input_image": PICTURE},
        {"image": {"image": PICTURE}},
        {"image": [PICTURE]},
    ],
)
def test_what_it_does_not_know_is_no_control(forge: Asked, unit: dict[str, Any]) -> None:
    answer = controlled(forge, **unit)
    assert len(answer["images"]) == 1


def test_fields_that_it_does_not_know(forge: Asked) -> None:
    assert len(controlled(forge, low_vram="banana", nope=1, effective_region_mask=5)["images"]) == 2


@pytest.mark.parametrize("args", [{}, {"args": "text"}, {"args": [5]}])
def test_other_arguments(forge: Asked, args: dict[str, Any]) -> None:
    assert len(forge.txt2img(alwayson_scripts={"ControlNet": args})["images"]) == 1


def test_units_in_img2img(forge: Asked) -> None:
    scripts = {"ControlNet": {"args": [{**UNIT, "model": model_of(forge), "image": None}]}}
    answer = forge.img2img(alwayson_scripts=scripts)
    assert len(answer["images"]) == 2


def test_modules_of_controlnet(make: Made) -> None:
    shown = make("forge").get("/controlnet/module_list").body
    assert list(shown) == ["module_list"]
    assert shown["module_list"][0] == "None"
    assert "depth_midas" in shown["module_list"]
    assert not {"none", "depth", "hed"} & set(shown["module_list"])
    few = {"module_list": ["None", "canny", "depth_midas", "unheard of"]}
    server = make("forge", {"controlnet/module_list": few})
    assert server.get("/controlnet/module_list").body == few
    assert len(controlled(server)["images"]) == 2
    assert len(controlled(server, module="softedge_hed")["images"]) == 1


def test_detecting(forge: Asked) -> None:
    asked = {"controlnet_input_images": [PICTURE], "controlnet_processor_res": 64}
    assert len(forge.post("/controlnet/detect", {**asked, "controlnet_module": "canny"}).body["images"]) == 1
    for fields in (asked, {**asked, "controlnet_module": "depth"}):
        answer = forge.post("/controlnet/detect", fields)
        assert (answer.status, answer.body) == (422, {"detail": "Module not available"})
    for path in ("version", "settings"):
        assert forge.get(f"/controlnet/{path}").status == 404
    assert forge.post("/controlnet/render_openpose_json", []).status == 404


def test_without_controlnet(make: Made) -> None:
    server = make("forge", without=["controlnet"])
    assert server.get("/controlnet/module_list").status == 404
    answer = server.post("txt2img", {**SMALL, "alwayson_scripts": {"ControlNet": {"args": [UNIT]}}})
    assert (answer.status, answer.body) == (422, {"detail": "Script 'ControlNet' not found"})
