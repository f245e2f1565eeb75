"""One unit, many servers: other titles and orders, shorter and longer lists, renamed keys, two lines of one title."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import webuiapi
from webuiapi.checks import ParameterWarning

from .bench import PNG, RAW, Bench, Json, args_of, described, joined

FORGE_SAG = "SelfAttentionGuidance Integrated (SD 1.x, SD 2.x, SDXL)"
FORGE_FREEU = "FreeU Integrated (SD 1.x, SD 2.x, SDXL)"
FORGE_CFG = "DynamicThresholding (CFG-Fix) Integrated"


# -- ADetailer --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["ad_mask_k", "ad_mask_k_largest"])
@pytest.mark.parametrize(
    ("schema", "key"),
    [
        ({"properties": {"ad_mask_k": {}}}, "ad_mask_k"),
        ({"properties": {"ad_mask_k_largest": {}}}, "ad_mask_k_largest"),
        (None, "ad_mask_k_largest"),
    ],
    ids=["24.11", "24.6", "before 24.1.2"],
)
def test_adetailers_mask_k_as_the_running_version_calls_it(said: str, schema: Json | None, key: str) -> None:
    answers = {} if schema is None else {"/adetailer/v1/schema": schema}
    bench = Bench(described("adetailer"), answers=answers)
    api = bench.client()
    for _ in range(2):
        api.txt2img("a", adetailer=webuiapi.ADetailer(ad_model="m", **{said: 2.0}))  # type: ignore[arg-type]
        assert args_of(bench.last, "ADetailer") == [True, False, {"ad_model": "m", key: 2}]
    assert [target for _, target, _ in bench.sent].count("/adetailer/v1/schema") == 1
    assert type(args_of(bench.last, "ADetailer")[2][key]) is int


def test_adetailer_is_not_asked_without_need() -> None:
    bench = Bench(described("adetailer"))
    bench.client().txt2img("a", adetailer=[webuiapi.ADetailer(ad_model="m"), webuiapi.ADetailer(skip_img2img=True)])
    assert args_of(bench.last, "ADetailer") == [True, True, {"ad_model": "m"}, {}]
    assert "/adetailer/v1/schema" not in {target for _, target, _ in bench.sent}


# -- ControlNet -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({"control_mode": 2, "resize_mode": 0, "hr_option": 1},
         {"control_mode": "ControlNet is more important", "resize_mode": "Just Resize", "hr_option": "Low res only"}),
        ({"control_mode": "my prompt is more important"}, {"control_mode": "My prompt is more important"}),
        ({"resize_mode": "Scale to Fit (Inner Fit)"}, {"resize_mode": "Crop and Resize"}),
        ({"resize_mode": "Envelope (Outer Fit)"}, {"resize_mode": "Resize and Fill"}),
    ],
)  # fmt: skip
def test_controlnets_numbers_and_old_texts_become_texts(said: Json, sent: Json) -> None:
    body = joined(webuiapi.ControlNetUnit(**said), described("controlnet"))
    assert args_of(body, "ControlNet") == [{**sent, "enabled": True}]


@pytest.mark.parametrize(
    ("flavour", "sent"),
    [("a1111", {"mask": RAW, "low_vram": True}), ("forge", {"mask_image": RAW})],
)
def test_controlnets_mask_on_forge(flavour: str, sent: Json) -> None:
    unit = webuiapi.ControlNetUnit(image=PNG, mask=PNG, low_vram=True)
    body = joined(unit, described("controlnet"), flavour=flavour)
    assert args_of(body, "ControlNet") == [{"image": RAW, "enabled": True, **sent}]


def test_controlnets_old_keywords() -> None:
    with pytest.warns(DeprecationWarning, match="^ControlNetUnit: .* is now ") as caught:
        unit: Any = webuiapi.ControlNetUnit(input_image=PNG, lowvram=True, guidance=0.5, guessmode=1)  # type: ignore[call-arg]
    assert [str(item.message) for item in caught] == [
        "ControlNetUnit: input_image= is now image=",
        "ControlNetUnit: lowvram= is now low_vram=",
        "ControlNetUnit: guidance= is now guidance_end=",
        "ControlNetUnit: guessmode= is now control_mode=",
    ]
    assert {item.filename for item in caught} == {__file__}
    assert (unit.image, unit.low_vram, unit.guidance_end, unit.control_mode) == (PNG, True, 0.5, 1)
    with pytest.raises(TypeError, match="input_image= is the old name of image=: both are given"):
        webuiapi.ControlNetUnit(input_image=PNG, image=PNG)  # type: ignore[call-arg]


# -- Forge's titles ---------------------------------------------------------------------------------------------------


def test_forges_self_attention_guidance() -> None:
    unit = webuiapi.Sag(True, 1.5, 0.9, blur_sigma=3)
    body = joined(unit, described("forge_sag"), flavour="forge")
    assert body["alwayson_scripts"] == {FORGE_SAG.lower(): {"args": [True, 1.5, 3, 0.9]}}
    old = described("forge_sag", length=3, name="selfattentionguidance integrated")
    with pytest.warns(ParameterWarning, match="^Sag: 'selfattentionguidance integrated' .* knows no mask_threshold"):
        body = joined(unit, old, flavour="forge")
    assert args_of(body, "selfattentionguidance integrated") == [True, 1.5, 3]
    with pytest.warns(ParameterWarning, match="^Sag: 'self attention guidance' on this server knows no blur_sigma"):
        body = joined(unit, described("sag"))
    assert args_of(body, "Self Attention Guidance") == [True, 1.5, 0.9]


def test_forges_freeu() -> None:
    unit = webuiapi.FreeU(b1=1.3, s2=0.3, end=0.5)
    body = joined(unit, described("forge_freeu"), flavour="forge")
    assert args_of(body, FORGE_FREEU.lower()) == [True, 1.3, 1.02, 0.99, 0.3, 0.0, 0.5]
    with pytest.warns(ParameterWarning, match="knows no end and no version: left out"):
        body = joined(
            webuiapi.FreeU(b1=1.3, end=0.5, version="Version 1"),
            described("forge_freeu", length=5, name="freeu integrated"),
            flavour="forge",
        )
    assert args_of(body, "freeu integrated") == [True, 1.3]


def test_forges_dynamic_thresholding_measures_otherwise() -> None:
    unit = webuiapi.DynamicThresholding(threshold_percentile=95, separate_feature_channels=False)
    body = joined(unit, described("forge_dynthres"), flavour="forge")
    args = args_of(body, FORGE_CFG.lower())
    assert args == [True, 7.0, 0.95, "Constant", 0.0, "Constant", 0.0, 1.0, "disable"]
    own = args_of(joined(unit, described("dynamic_thresholding")), unit.title)
    assert own == [True, 7.0, 95, "Constant", 0.0, "Constant", 0.0, 4.0, False]


def test_forges_multidiffusion_measures_in_pixels() -> None:
    unit = webuiapi.TiledDiffusion(method="mixture of diffusers", tile_width=64, overlap=16)
    body = joined(unit, described("forge_multidiffusion"), flavour="forge")
    assert body["alwayson_scripts"] == {
        "multidiffusion integrated": {"args": [True, "Mixture of Diffusers", 512, 768, 128]}
    }
    with pytest.raises(ValueError, match="'multidiffusion integrated', which this server has, knows no regions"):
        joined(webuiapi.TiledDiffusion(regions=[webuiapi.TiledRegion()]), described("forge_multidiffusion"))


def test_the_older_title_of_perturbed_attention_guidance() -> None:
    info = described("forge_pag", length=2, name="perturbed attention guidance integrated")
    body = joined(webuiapi.PerturbedAttentionGuidance(scale=2), info, flavour="forge")
    assert args_of(body, "perturbed attention guidance integrated") == [True, 2]


# -- two lines of one title -------------------------------------------------------------------------------------------


def test_ic_light_of_both_lines() -> None:
    unit = webuiapi.ICLight(model_type="iclight_fc", input_fg=PNG, detail_transfer_use_raw_input=True)
    assert args_of(joined(unit, described("ic_light")), "IC Light") == [
        {"enabled": True, "model_type": "iclight_fc", "input_fg": RAW, "detail_transfer_use_raw_input": True},
    ]
    haoming = described("ic_light_haoming02")
    assert args_of(joined(unit, haoming), "IC Light") == [
        True, "iclight_fc", RAW, None, True, "the server's rembg_model", 225, 16, 16, False, True,
    ]  # fmt: skip
    other = webuiapi.ICLight(erode_size=8)
    assert args_of(joined(other, haoming), "IC Light")[8] == 8
    with pytest.raises(ValueError, match="erode_size are of Haoming02's line, and the server has huchenlei's"):
        joined(other, described("ic_light"))
    with pytest.warns(ParameterWarning, match="knows no bg_source_fc"):
        joined(webuiapi.ICLight(bg_source_fc="left light"), haoming)
    with pytest.raises(ValueError, match="ICLight: 2 are given, and a call can have one"):
        joined([unit, unit], described("ic_light"))
    with pytest.raises(ValueError, match="IC Light is given both as ICLight and in alwayson_scripts"):
        Bench(described("ic_light")).client().txt2img(
            "a", scripts=[unit], alwayson_scripts={"ic light": {"args": [{"enabled": False}]}}
        )


# -- shorter and longer lists -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [17, 21, 22])
def test_reactor_before_it_had_sources(length: int) -> None:
    args = args_of(joined(webuiapi.ReActor(PNG), described("reactor", length=length)), "ReActor")
    assert len(args) == 2, "nothing behind the switch was said"


@pytest.mark.parametrize("length", [23, 24, 28, 30, 31])
def test_reactor_since_it_has_sources(length: int) -> None:
    args = args_of(joined(webuiapi.ReActor(PNG), described("reactor", length=length)), "ReActor")
    assert len(args) == 23
    assert args[22] == 0


def test_what_an_older_version_does_not_know_is_left_out_with_a_warning() -> None:
    unit = webuiapi.ReActor(PNG, det_thresh=0.6, face_model="x.safetensors")
    with pytest.warns(ParameterWarning, match="'reactor' on this server knows no det_thresh: left out"):
        args = args_of(joined(unit, described("reactor", length=28)), "ReActor")
    assert args[22:] == [0, "x.safetensors"]


def test_a_longer_list_is_no_trouble() -> None:
    info = described("reactor")
    info["args"] += [{"label": "new", "value": 1}] * 4
    args = args_of(joined(webuiapi.ReActor(PNG, selected_tab="tab_single"), info), "ReActor")
    assert len(args) == 31


def test_a_longer_list_of_a_selectable_script_is_filled_by_the_server() -> None:
    info = described("prompt_matrix")
    info["args"] += [{"label": "new", "value": "whatever"}]
    body = joined(webuiapi.PromptMatrix(put_at_start=True), info)
    assert body["script_args"] == [True, False, "positive", "comma", 0, "whatever"]


FILE_LABELS = {
    0: "Iterate seed every line",
    1: "Use same random seed for all lines",
    2: "Insert prompts at the",
    3: "List of prompt inputs",
}


def test_prompts_from_file_of_three_versions() -> None:
    unit = webuiapi.PromptsFromFile(["a cat", "a dog"], iterate_seed=True)
    now = described("prompts_from_file", labels=FILE_LABELS)
    assert joined(unit, now)["script_args"] == [True, False, "start", "a cat\na dog"]
    old = {**now, "args": [now["args"][index] for index in (0, 1, 3)]}  # before 1.7
    assert joined(unit, old)["script_args"] == [True, False, "a cat\na dog"]
    with pytest.warns(ParameterWarning, match="knows no position: left out"):
        said = joined(webuiapi.PromptsFromFile("a cat", position="end"), old)
    assert said["script_args"] == [False, False, "a cat"]
    forge = {**now, "args": [*now["args"], {"label": "Combine", "value": False}]}
    assert joined(webuiapi.PromptsFromFile("a cat", make_combined=True), forge)["script_args"] == [
        False, False, "start", "a cat", True,
    ]  # fmt: skip
    with pytest.warns(ParameterWarning, match="knows no make_combined"):
        joined(webuiapi.PromptsFromFile("a cat", make_combined=True), now)


def test_freeu_of_older_versions() -> None:
    labels = {1: "Start At Step", 2: "Stop At Step", 3: "Transition Smoothness"}
    parts = ["Backbone {} Scale", "Skip {} Scale", "Backbone {} Offset", "Backbone {} Width", "Skip {} Cutoff",
             "Skip {} High End Scale"]  # fmt: skip
    for stage in (1, 2, 3):
        labels |= {5 + 6 * (stage - 1) + index: part.format(stage) for index, part in enumerate(parts)}
    now = described("freeu", labels=labels)
    unit = webuiapi.FreeU(b1=1.5, end=0.8)
    assert args_of(joined(unit, now), "FreeU") == [True, 0, 0.8, 0, "Version 2", 1.5]
    before_version = {**now, "args": [item for index, item in enumerate(now["args"]) if index != 4]}
    assert args_of(joined(unit, before_version), "FreeU") == [True, 0, 0.8, 0, 1.5]
    with pytest.warns(ParameterWarning, match="knows no version: left out"):
        joined(webuiapi.FreeU(version="Version 1"), before_version)
    before_schedule = {**now, "args": [now["args"][0], *now["args"][5:]]}
    with pytest.warns(ParameterWarning, match="knows no end: left out"):
        args = args_of(joined(unit, before_schedule), "FreeU")
    assert args == [True, 1.5]


def test_labels_are_compared_without_capitals_blanks_and_signs() -> None:
    info = described("prompts_from_file", labels={**FILE_LABELS, 3: "list of PROMPT-inputs"})
    info["args"].insert(0, {"label": "new", "value": 5})
    body = joined(webuiapi.PromptsFromFile("a cat"), info)
    assert body["script_args"] == [5, False, False, "start", "a cat"]


# -- upscalers by number ----------------------------------------------------------------------------------------------


def test_ultimate_sd_upscale_behind_other_calls_with_upscalers() -> None:
    bench = Bench(
        described("ultimate_sd_upscale"), answers={"/sdapi/v1/upscalers": [{"name": "None"}, {"name": "Lanczos"}]}
    )
    bench.answers["/sdapi/v1/extra-single-image"] = {"image": RAW, "html_info": ""}
    api = bench.client()
    for _ in range(2):
        api.extra_single_image(PNG, upscaler_1="Lanczos")
        api.img2img(PNG, "a", scripts=webuiapi.UltimateSDUpscale(upscaler="Lanczos"), size="input")
        assert bench.last["script_args"][8] == 1


def test_ultimate_sd_upscale_asks_for_the_number_of_an_upscaler() -> None:
    unit = webuiapi.UltimateSDUpscale(upscaler="4x-ultrasharp", scale=2.5)
    names = ["None", "Lanczos", "4x-UltraSharp"]
    answers = {"/sdapi/v1/upscalers": [{"name": name} for name in names]}
    body = joined(unit, described("ultimate_sd_upscale"), tab="img2img", answers=answers)
    assert body["script_name"] == "Ultimate SD upscale"
    assert body["script_args"] == [
        None, 512, 0, 8, 32, 64, 0.35, 16, 2, True, 0, False, 4, 0, 2, 2048, 2048, 2.5,
    ]  # fmt: skip
    listed = described("ultimate_sd_upscale")
    listed["args"][8] |= {"choices": names, "value": "None"}
    bench_body = joined(unit, listed, tab="img2img")
    assert bench_body["script_args"][8] == 2
    custom = webuiapi.UltimateSDUpscale(custom_width=640, redraw_mode="chess", seams_fix_type=3)
    assert joined(custom, listed, tab="img2img")["script_args"] == [
        None, 512, 0, 8, 32, 64, 0.35, 16, 0, True, 1, False, 4, 3, 1, 640, 2048, 2,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="tile_width and tile_height are both 0"):
        joined(webuiapi.UltimateSDUpscale(tile_width=0), listed, tab="img2img", checks="default")


def test_nothing_is_said_of_values_that_were_not_given() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        joined(webuiapi.ReActor(PNG), described("reactor", length=17))
        joined(webuiapi.FreeU(), described("forge_freeu", length=5, name="freeu integrated"))
