"""Exactly what is sent for one telling use of each extension, on a server that describes it as its contract says."""

from __future__ import annotations

from typing import Any

import pytest

import webuiapi

from .bench import FLAVOURS, PICTURE, PNG, RAW, URI, Bench, args_of, contracts, described, joined

FACE = "face.safetensors"


def test_reactor_goes_as_far_as_the_source() -> None:
    body = joined(webuiapi.ReActor(PNG), described("reactor"))
    assert body["alwayson_scripts"] == {
        "ReActor": {
            "args": [
                URI, True, "0", "0", "the server's model", "the server's face_restorer_name", 1, True, "None", 1, 1,
                False, True, 1, 0, 0, False, 0.5, True, False, "the server's device", False, 0,
            ],
        },
    }  # fmt: skip


def test_reactor_in_the_order_of_webuiapi_0_9() -> None:
    unit = webuiapi.ReActor(
        PNG, True, "0,1", [1, 2], "m.onnx", "GFPGAN", 0.5, False, "None", 2, 0.5, False, True, 2, 1, "Male Only",
        True, 0.25, False, True, "CPU", True, 1, FACE,
    )  # fmt: skip
    assert args_of(joined(unit, described("reactor")), "ReActor") == [
        URI, True, "0,1", "1,2", "m.onnx", "GFPGAN", 0.5, False, "None", 2, 0.5, False, True, 2, 1, 2,
        True, 0.25, False, True, "CPU", True, 1, FACE,
    ]  # fmt: skip


def test_reactor_in_full() -> None:
    unit = webuiapi.ReActor(
        select_source="Folder", source_folder="/faces", random_image=True, selected_tab="tab_single"
    )
    args = args_of(joined(unit, described("reactor")), "ReActor")
    assert args[22:] == [2, "None", "/faces", None, True, False, 0.5, 0, "tab_single"]


def test_reactor_without_a_description() -> None:
    unit = webuiapi.ReActor(img=PNG, enable=True)
    assert args_of(joined(unit, undescribed=True, unlisted=True), "ReActor") == [
        URI, True, "0", "0", "inswapper_128.onnx", "CodeFormer", 1, True, "None", 1, 1,
        False, True, 1, 0, 0, False, 0.5, True, False, None, False, 0,
    ]  # fmt: skip


def test_roop_by_its_named_parameter() -> None:
    bench = Bench(described("roop"))
    bench.client().txt2img("a", roop=webuiapi.Roop(PNG, True, "0,2", "/models/roop/m.onnx", "None"))
    assert bench.last["alwayson_scripts"] == {"roop": {"args": [URI, True, "0,2", "/models/roop/m.onnx", "None"]}}


def test_the_named_parameters_take_one_or_several() -> None:
    info = [described(key) for key in ("controlnet", "adetailer", "animatediff", "reactor", "sag")]
    bench = Bench(*info, answers={"/adetailer/v1/schema": {"properties": {"ad_mask_k": {}}}})
    bench.client(checks="off").txt2img(
        "a",
        controlnet_units=[webuiapi.ControlNetUnit(module="canny"), webuiapi.ControlNetUnit(model="m")],
        adetailer=webuiapi.ADetailer(ad_model="face_yolov8n.pt"),
        animatediff=webuiapi.AnimateDiff(video_length=8),
        reactor=[webuiapi.ReActor(PNG, enable=False)],
        sag=webuiapi.Sag(scale=1.5),
    )
    sent = bench.last["alwayson_scripts"]
    assert list(sent) == ["ControlNet", "ADetailer", "AnimateDiff", "ReActor", "Self Attention Guidance"]
    assert sent["ControlNet"] == {"args": [{"module": "canny", "enabled": True}, {"model": "m", "enabled": True}]}
    assert sent["ADetailer"] == {"args": [True, False, {"ad_model": "face_yolov8n.pt"}]}
    assert sent["AnimateDiff"] == {"args": [{"enable": True, "video_length": 8}]}
    assert sent["ReActor"]["args"][:2] == [URI, False]
    assert sent["Self Attention Guidance"] == {"args": [True, 1.5]}


def test_animatediff() -> None:
    formats = ["gif", "MP4"]
    unit = webuiapi.AnimateDiff("mm.safetensors", True, 16, 8, 0, "a", format=formats, video_source="/v.mp4",
                                last_frame=PICTURE, request_id="x")  # fmt: skip
    formats.append("TXT")
    assert args_of(joined(unit, described("animatediff"), tab="img2img"), "AnimateDiff") == [
        {
            "model": "mm.safetensors", "enable": True, "video_length": 16, "fps": 8, "loop_number": 0,
            "closed_loop": "A", "format": ["GIF", "MP4"], "video_source": "/v.mp4",
            "last_frame": webuiapi.raw_b64_img(PICTURE), "request_id": "x",
        },
    ]  # fmt: skip
    one = joined(webuiapi.AnimateDiff(format="WEBP"), described("animatediff"))
    assert args_of(one, "AnimateDiff") == [{"enable": True, "format": ["WEBP"]}]


def test_faceswaplab() -> None:
    unit = webuiapi.FaceSwapLab(
        [
            webuiapi.FaceSwapUnit(source_img=PNG, faces_index=[0, 2]),
            webuiapi.FaceSwapUnit(source_face=FACE, swapping_options=webuiapi.FaceSwapOptions(sharpen=True)),
        ],
        webuiapi.FaceSwapPostprocessing(inpainting_when="after all"),
    )
    info = described("faceswaplab")
    one, post = info["args"][:37], info["args"][37:]
    for index, item in enumerate([*one, *post]):
        item["value"] = 100 + index
    one[19]["value"] = ["Euler"]  # as the web page leaves it
    info["args"] = [*one, *one, *one, *post]
    args = args_of(joined(unit, info), "faceswaplab")
    units: list[list[Any]] = [[*range(100, 119), "Euler", *range(120, 137)] for _ in range(3)]
    units[0][0], units[0][4], units[0][11] = RAW, True, "0,2"
    units[1][1], units[1][4], units[1][28] = FACE, True, True
    assert args == [*units[0], *units[1], *units[2], *range(137, 143), "After All"]


def test_faceswaplab_without_a_description() -> None:
    unit = webuiapi.FaceSwapLab(webuiapi.FaceSwapUnit(PNG), webuiapi.FaceSwapPostprocessing(scale=2))
    args = args_of(joined(unit, unlisted=True, undescribed=True), "faceswaplab")
    assert len(args) == 3 * 37 + 5
    assert args[:5] == [RAW, None, None, True, True]
    assert [args[37 * number + 11] for number in range(3)] == ["0", "1", "2"]
    assert [args[37 * number + 4] for number in range(3)] == [True, False, False]
    assert args[111:] == [None, 1.0, 1.0, None, 2]


def test_faceswaplab_has_room_for_so_many() -> None:
    info = described("faceswaplab")  # one unit and the postprocessing
    with pytest.raises(ValueError, match="2 units are given, and the server has room for 1"):
        joined(webuiapi.FaceSwapLab([webuiapi.FaceSwapUnit(PNG), webuiapi.FaceSwapUnit(PNG)]), info)


def test_dynamic_prompts_is_found_by_the_beginning_of_its_title() -> None:
    info = described("dynamic_prompts", name="dynamic prompts v2.16.0")
    body = joined(webuiapi.DynamicPrompts(is_combinatorial=True, max_generations=4), info)
    args = args_of(body, "dynamic prompts v2.16.0")
    assert args == [True, True, 1, False, False, False, 1.1, 1.5, 100, 0.7, False, False, True, False, False, 4]
    assert joined(webuiapi.DynamicPrompts(enable=False), info)["alwayson_scripts"] == {
        "dynamic prompts v2.16.0": {"args": [False]}
    }


def test_regional_prompter() -> None:
    unit = webuiapi.RegionalPrompter(mode="mask", ratios=[1, 2], switches=["flip prompts"], mask=PNG)
    assert args_of(joined(unit, described("regional_prompter")), "Regional Prompter") == [
        True, False, "Mask", "Columns", "Mask", "Prompt", "1,2", "0.2", False, False, False, "Attention",
        ["Flip prompts"], "0", "0", "0.4", RAW,
    ]  # fmt: skip


def test_tiled_diffusion_with_regions() -> None:
    regions = [webuiapi.TiledRegion(x=0, w=0.5, prompt="cat"), webuiapi.TiledRegion(blend_mode="foreground", seed=7)]
    info = described("tiled_diffusion")
    info["args"] += [*info["args"][21:31]] * 7
    args = args_of(joined(webuiapi.TiledDiffusion(tile_width=64, regions=regions), info), "Tiled Diffusion")
    assert args[:10] == [True, "MultiDiffusion", False, True, 1024, 1024, 64, 96, 0, 4]
    assert args[18:21] == [True, False, False]
    assert args[21:] == [
        True, 0, 0.4, 0.5, 0.2, "cat", "", "Background", 0.2, -1,
        True, 0.4, 0.4, 0.2, 0.2, "", "", "Foreground", 0.2, 7,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="9 regions are given, the server has room for 8"):
        joined(webuiapi.TiledDiffusion(regions=[webuiapi.TiledRegion()] * 9), info)


@pytest.mark.parametrize(("tab", "method", "overlap"), [("txt2img", "MultiDiffusion", 48),
                                                      ("img2img", "Mixture of Diffusers", 8)])  # fmt: skip
def test_tiled_diffusions_own_defaults_are_the_tabs(tab: str, method: str, overlap: int) -> None:
    body = joined(webuiapi.TiledDiffusion(tile_batch_size=2), tab=tab, unlisted=True, undescribed=True)
    args = args_of(body, "Tiled Diffusion")
    assert args == [True, method, False, True, 1024, 1024, 96, 96, overlap, 2]


def test_demofusion_and_tiled_vae() -> None:
    body = joined(
        [webuiapi.DemoFusion(window_size=64), webuiapi.TiledVAE(True, 1024)],
        described("demofusion"),
        described("tiled_vae"),
    )
    assert body["alwayson_scripts"] == {
        "demofusion": {"args": [True, "DemoFusion", False, 64]},
        "Tiled VAE": {"args": [True, 1024]},
    }


def test_freeu() -> None:
    args = args_of(joined(webuiapi.FreeU(b1=1.3, s2=0.3, version="1"), described("freeu")), "FreeU")
    assert args == [True, 0, 1, 0, "1", 1.3, 0.9, 0.0, 0.5, 0.0, 1.0, 1.4, 0.3]  # the server lists `1` too
    plain = joined(webuiapi.FreeU(version="1"), unlisted=True, undescribed=True)
    assert args_of(plain, "FreeU") == [True, 0.0, 1.0, 0.0, "Version 1"]


def test_the_small_ones() -> None:
    info = [described(key) for key in ("dynamic_thresholding", "cutoff", "model_keyword", "layerdiffuse")]
    body = joined(
        [
            webuiapi.DynamicThresholding(mimic_scale=5, mimic_mode="half cosine up"),
            webuiapi.Cutoff(targets=["red", "blue"], intp="slerp"),
            webuiapi.ModelKeyword(False, "prompt, keyword"),
            webuiapi.LayerDiffuse(method="conv injection", weight=0.8, fg_additional_prompt="leaf"),
        ],
        *info,
    )
    assert body["alwayson_scripts"] == {
        "Dynamic Thresholding (CFG Scale Fix)": {"args": [True, 5, 100.0, "Half Cosine Up"]},
        "Cutoff": {"args": [True, "red, blue", 0.5, True, False, "", "SLerp"]},
        "Model keyword": {"args": [False, "prompt, keyword"]},
        "LayerDiffuse": {
            "args": [True, "(SDXL) Only Generate Transparent Image (Conv Injection)", 0.8, 1.0, None, None, None,
                     "Crop and Resize", False, "leaf"],
        },
    }  # fmt: skip


def test_texts_that_the_server_describes_as_null_are_sent_as_texts() -> None:
    info = described("layerdiffuse")
    for item in info["args"][9:]:
        item["value"] = None
    args = args_of(joined(webuiapi.LayerDiffuse(blend_additional_prompt="leaf"), info), "LayerDiffuse")
    assert args[9:] == ["", "", "leaf"]


def test_forges_own() -> None:
    keys = ("kohya_hrfix", "pag", "stylealign", "never_oom", "latent_modifier")
    body = joined(
        [
            webuiapi.KohyaHRFix(downscale_factor=1.5),
            webuiapi.PerturbedAttentionGuidance(scale=2),
            webuiapi.StyleAlign(strength=0.5),
            webuiapi.NeverOOM(vae=True),
            webuiapi.LatentModifier(tonemap_method="arctan"),
        ],
        *(described(f"forge_{key}") for key in keys),
        flavour="forge",
    )
    assert body["alwayson_scripts"] == {
        "Kohya HRFix Integrated": {"args": [True, 3, 1.5]},
        "PerturbedAttentionGuidance Integrated": {"args": [True, 2]},
        "StyleAlign Integrated": {"args": [True, 0.5]},
        "Never OOM Integrated": {"args": [False, True]},
        "LatentModifier Integrated": {"args": [True, 0.0, "anisotropic", 0.0, "arctan"]},
    }


def test_soft_inpainting_by_its_labels() -> None:
    labels = {0: "Soft inpainting", 1: "Schedule bias", 6: "Difference contrast"}
    body = joined(webuiapi.SoftInpainting(schedule_bias=2), described("soft_inpainting", labels=labels), tab="img2img")
    assert body["alwayson_scripts"] == {"Soft Inpainting": {"args": [True, 2]}}


def test_units_of_options() -> None:
    body = joined(
        [webuiapi.Hypertile(max_tile_unet=512), webuiapi.SimpleWildcards(same_seed=True)], described("hypertile")
    )
    assert body["alwayson_scripts"] == {"Hypertile": {"args": []}, "Simple wildcards": {"args": []}}
    assert body["override_settings"] == {
        "hypertile_enable_unet": True,
        "hypertile_max_tile_unet": 512,
        "wildcards_same_seed": True,
    }


def test_options_of_units_join_the_callers() -> None:
    options = {**FLAVOURS["a1111"], "CLIP_stop_at_last_layers": 1.0, "hypertile_enable_unet": False}
    answers = {"/sdapi/v1/sd-vae": [{"model_name": "v", "filename": "/v"}], "/sdapi/v1/options": options}
    bench = Bench(described("hypertile"), answers=answers)
    api = bench.client()
    given = {"CLIP_stop_at_last_layers": 2}
    api.txt2img("a", scripts=[webuiapi.Hypertile()], override_settings=given, vae="v")
    assert bench.last["override_settings"] == {
        "CLIP_stop_at_last_layers": 2, "hypertile_enable_unet": True, "sd_vae": "v",
    }  # fmt: skip
    assert given == {"CLIP_stop_at_last_layers": 2}
    with pytest.raises(ValueError, match="hypertile_enable_unet is set by Hypertile and elsewhere too"):
        api.txt2img("a", scripts=[webuiapi.Hypertile()], override_settings={"hypertile_enable_unet": False})


def test_the_contracts_are_there() -> None:
    assert len(contracts()) == 47
