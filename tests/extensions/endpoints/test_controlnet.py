"""ControlNet's own endpoints, and the interface from before there were units."""

from __future__ import annotations

import pytest

import webuiapi
from support.callers import Caller

from ..bench import PICTURE, PNG, RAW, URI, Bench, Bound, pixels


def test_controlnets_lists(bench: Bench, client: Caller) -> None:
    bench.answers |= {
        "/controlnet/version": {"version": 3},
        "/controlnet/model_list": {"model_list": ["canny [d14c016b]", "depth [4b8939aa]"]},
        "/controlnet/module_list": {"module_list": ["none", "canny"], "module_detail": {}},
        "/controlnet/control_types": {"control_types": {"Canny": {"module_list": ["canny"]}}},
        "/controlnet/settings": {"control_net_unit_count": 3},
    }
    assert client.controlnet_version() == 3
    assert client.controlnet_model_list() == ["canny [d14c016b]", "depth [4b8939aa]"]
    assert client.controlnet_module_list() == ["none", "canny"]
    assert client.controlnet_control_types() == {"Canny": {"module_list": ["canny"]}}
    assert client.controlnet_settings().control_net_unit_count == 3
    assert client.controlnet_model_list(update=False)
    assert client.controlnet_module_list(True)
    assert [target for _, target, _ in bench.sent][-2:] == [
        "/controlnet/model_list?update=false",
        "/controlnet/module_list?alias_names=true",
    ]


def test_controlnets_detection(bench: Bench, client: Caller) -> None:
    poses = [{"people": [], "canvas_width": 8, "canvas_height": 4}]
    bench.answers |= {
        "/controlnet/detect": {"images": [RAW], "info": "Success", "poses": poses, "tensor": ["AAA="]},
        "/controlnet/render_openpose_json": {"images": [RAW], "info": "Success"},
    }
    result = client.controlnet_detect([PNG, PNG], "canny", 256, 100, 200, masks=PNG, low_vram=True)
    assert bench.last == {
        "controlnet_input_images": [URI, URI], "controlnet_module": "canny", "controlnet_processor_res": 256,
        "controlnet_threshold_a": 100, "controlnet_threshold_b": 200, "controlnet_masks": [URI], "low_vram": True,
    }  # fmt: skip
    assert (result.info, result.poses, result.tensor) == ("Success", poses, ["AAA="])
    assert pixels(result.image) == PICTURE.tobytes()
    with pytest.warns(webuiapi.ParameterWarning, match="^controlnet_detect: module= is missing: the pictures come"):
        client.controlnet_detect(PNG)
    assert bench.last == {"controlnet_input_images": [URI]}
    assert len(client.render_openpose_json(poses)) == 1
    assert bench.last == poses


def test_forges_answer_for_what_is_no_picture(bench: Bench, client: Caller) -> None:
    bench.answers["/controlnet/detect"] = {"images": [RAW, "Detect result is not image"], "info": "Success"}
    with pytest.warns(UserWarning, match="image 1 of the answer is no picture"):
        result = client.controlnet_detect([PNG, PNG], "inpaint_only")
    assert len(result) == 1
    assert result.errors[0].index == 1


@pytest.mark.parametrize("warned", [True, False])
def test_the_old_controlnet_interface_is_translated(bench: Bench, client: Caller, warned: bool) -> None:
    bench.answers |= {
        "/sdapi/v1/scripts": {"txt2img": ["controlnet"], "img2img": ["controlnet"]},
        "/controlnet/model_list": {"model_list": ["m"]},
    }
    client = client.with_options(checks="off")
    if warned:
        with pytest.warns(DeprecationWarning, match="ControlNetInterface: .* since 2023") as caught:
            old = Bound(client, lambda api: webuiapi.ControlNetInterface(api))  # noqa: PLW0108 - so it is this file's
        assert len(caught) == 1
        assert caught[0].filename == __file__
    else:
        old = Bound(client, lambda api: webuiapi.ControlNetInterface(api, show_deprecation_warning=False))
    assert old.model_list() == ["m"]
    old.txt2img(
        "p", "n", [PNG], [PNG], "canny", "m", 0.6, "Scale to Fit (Inner Fit)", True, 256, 1, 2, 0.5, True, 0.4, 2,
        "Lanczos", True, 1, 2, 0.5, "Euler", 2, 2, 5, 6, 64, 72, True, {"CLIP_stop_at_last_layers": 2}, False,
    )  # fmt: skip
    target, body = bench.posts[-1]
    unit = {
        "image": RAW, "mask": RAW, "module": "canny", "model": "m", "weight": 0.6, "resize_mode": "Crop and Resize",
        "low_vram": True, "processor_res": 256, "threshold_a": 1, "threshold_b": 2, "guidance_end": 0.5,
        "control_mode": "ControlNet is more important", "enabled": True,
    }  # fmt: skip
    assert target == "/sdapi/v1/txt2img"
    assert body == {
        "prompt": "p", "negative_prompt": "n", "enable_hr": True, "denoising_strength": 0.4, "hr_scale": 2,
        "hr_upscaler": "Lanczos", "seed": 1, "subseed": 2, "subseed_strength": 0.5, "sampler_name": "Euler",
        "batch_size": 2, "n_iter": 2, "steps": 5, "cfg_scale": 6, "width": 64, "height": 72, "restore_faces": True,
        "override_settings": {"CLIP_stop_at_last_layers": 2}, "override_settings_restore_afterwards": False,
        "alwayson_scripts": {"ControlNet": {"args": [unit]}},
    }  # fmt: skip
    old.img2img([PNG], PNG, 4, prompt="p", controlnet_image=[PNG, PNG], controlnet_mask=[PNG], guess_mode=False,
                sampler_index="", width=8, height=8)  # fmt: skip
    target, body = bench.posts[-1]
    assert target == "/sdapi/v1/img2img"
    units = body.pop("alwayson_scripts")["ControlNet"]["args"]
    assert units == [
        {"image": RAW, "mask": RAW, "control_mode": "Balanced", "enabled": True},
        {"image": RAW, "control_mode": "Balanced", "enabled": True},
    ]
    assert body == {
        "init_images": [URI], "mask": URI, "mask_blur": 4, "prompt": "p", "width": 8, "height": 8,
    }  # fmt: skip


def test_the_json_of_a_detection_is_what_came(bench: Bench, client: Caller) -> None:
    answer = {"images": [], "info": "Success", "tensor": ["AAA="]}
    bench.answers["/controlnet/detect"] = answer
    assert client.controlnet_detect(PNG, "ip-adapter_clip_sd15").json == answer
