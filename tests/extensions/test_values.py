"""Values of units that are refused or warned of before anything is sent: choices, ranges, pitfalls."""

from __future__ import annotations

import re
from typing import Any

import pytest

import webuiapi
from webuiapi.checks import ParameterWarning
from webuiapi.errors import UnknownName

from .bench import PNG, Bench, Json, args_of, described, joined

# -- choices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "key", "tab", "text"),
    [
        (webuiapi.DynamicThresholding(mimic_mode="wavy"), "dynamic_thresholding", "txt2img", "'Constant', 'Linear"),
        (webuiapi.ReActor(PNG, gender_source="any"), "reactor", "txt2img", "'No', 'Female Only', 'Male Only'"),
        (webuiapi.ReActor(PNG, gender_target=3), "reactor", "txt2img", "'0: No', '1: Female Only', '2: Male Only'"),
        (webuiapi.AnimateDiff(closed_loop="Q"), "animatediff", "txt2img", "'N', 'R-P', 'R\\+P', 'A'"),
        (webuiapi.AnimateDiff(format=["GIF", "AVI"]), "animatediff", "txt2img", "'GIF', 'MP4', 'WEBP'"),
        (webuiapi.LatentModifier(affect_uncond="All"), "forge_latent_modifier", "txt2img", "'None', 'Sharpness'"),
        (webuiapi.PromptMatrix(prompt_type="both"), "prompt_matrix", "txt2img", "'positive', 'negative'"),
        (webuiapi.Loopback(denoising_curve="Steep"), "loopback", "img2img", "'Aggressive', 'Linear', 'Lazy'"),
        (webuiapi.OutpaintingMk2(direction=["left", "in"]), "outpainting_mk2", "img2img", "'left', 'right', 'up'"),
        (webuiapi.PoorMansOutpainting(inpainting_fill="dots"), "poor_mans_outpainting", "img2img", "'latent noise'"),
        (webuiapi.UltimateSDUpscale(redraw_mode="Spiral"), "ultimate_sd_upscale", "img2img", "'Linear', 'Chess'"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_an_unknown_choice_lists_the_right_ones(unit: Any, key: str, tab: str, text: str) -> None:
    with pytest.raises(UnknownName, match=text) as caught:
        joined(unit, described(key), tab=tab)
    assert isinstance(caught.value, ValueError)
    assert caught.value.kind.startswith(f"{type(unit).__name__}.")


def test_a_source_in_any_case_is_looked_at() -> None:
    for source in ("Face Model", "face model", 1):
        unit = webuiapi.ReActor(select_source=source)
        assert [problem.text for problem in unit.problems()] == [
            f"ReActor: select_source={source!r} needs face_model=: the pictures stay as they are"
        ]


def test_formats_in_any_case_are_formats() -> None:
    assert list(webuiapi.AnimateDiff(format=["gif"]).problems()) == []
    still = webuiapi.WebUIApiResult([PNG], {})
    assert "still pictures came back" in webuiapi.AnimateDiff.unseen([webuiapi.AnimateDiff(format="gif")], still)


def test_choices_of_any_script() -> None:
    info = described("loopback")
    label = {index: f"argument {index}" for index in range(len(info["args"]))}
    info = described("loopback", labels=label)
    at = next(index for index, item in enumerate(info["args"]) if item["choices"])
    script = webuiapi.Script("Loopback", **{f"argument {at}": "lazy"})
    assert joined(script, info, tab="img2img")["script_args"][at] == "Lazy"
    with pytest.raises(UnknownName, match="'Aggressive', 'Linear', 'Lazy'"):
        joined(webuiapi.Script("Loopback", **{f"argument {at}": "Steep"}), info, tab="img2img")


def test_the_servers_choices_win_over_the_known() -> None:
    info = described("dynamic_thresholding")
    info["args"][3]["choices"] = ["Constant", "Zigzag"]
    unit = webuiapi.DynamicThresholding(mimic_mode="zigzag")
    assert args_of(joined(unit, info), unit.title)[3] == "Zigzag"
    with pytest.raises(UnknownName, match="'Constant', 'Zigzag'"):
        joined(webuiapi.DynamicThresholding(mimic_mode="Sawtooth"), info)


def test_of_many_choices_those_near_are_named() -> None:
    info = described("tiled_diffusion")
    info["args"][10]["choices"] = [f"upscaler {number}" for number in range(40)]
    with pytest.raises(UnknownName) as caught:
        joined(webuiapi.TiledDiffusion(upscaler_name="upscalr 31"), info)
    assert caught.value.near[0] == "upscaler 31"
    assert len(caught.value.near) <= 5


# -- ranges and pitfalls ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (webuiapi.ReActor(PNG, upscaler_scale=9), "upscaler_scale=9 must be from 1 to 8"),
        (webuiapi.ReActor(PNG, codeFormer_weight="strong"), "codeFormer_weight='strong' must be a number"),  # type: ignore[arg-type]
        (webuiapi.FreeU(b1=-2), "b1=-2 must be from -1 to 3"),
        (webuiapi.Hypertile(max_depth_unet=4), "max_depth_unet=4 must be from 0 to 3"),
        (webuiapi.TiledDiffusion(regions=[webuiapi.TiledRegion(x=2)]), r"regions\[0\]: x=2 must be from 0 to 1"),
        (webuiapi.FaceSwapLab(webuiapi.FaceSwapUnit(PNG, min_sim=2)), r"units\[0\].min_sim=2 must be from 0 to 1"),
        (
            webuiapi.FaceSwapLab((), webuiapi.FaceSwapPostprocessing(
                inpainting_options=webuiapi.FaceSwapInpainting(inpainting_steps=0))),
            "postprocessing.inpainting_options.inpainting_steps=0 must be from 1 to 150",
        ),
        (webuiapi.AnimateDiff(fps=0), "fps=0 must be at least 1"),
        (webuiapi.ControlNetUnit(weight=5), "weight=5 must be from 0 to 2"),
        (webuiapi.ControlNetUnit(resize_mode="Stretch"), "resize_mode='Stretch' must be one of 'Just Resize', 'Crop"),
        (webuiapi.ControlNetUnit(control_mode=3), r"control_mode=3 must be one of 'Balanced', .* \(or 0, 1, 2\)"),
        (webuiapi.ControlNetUnit(guidance_start=0.5, guidance_end=0.25), "guidance_start=0.5 lies behind"),
        (webuiapi.Sag(enable="perhaps"), "enable='perhaps' must be True or False"),  # type: ignore[arg-type]
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_values_out_of_range_are_errors_before_sending(unit: Any, text: str) -> None:
    with pytest.raises(ValueError, match=f"{type(unit).__name__}.*{text}"):
        joined(unit, also=[unit.title.lower()], undescribed=True, checks="default")


PITFALLS: list[tuple[Any, str, Json, str]] = [
    (webuiapi.ReActor(), "txt2img", {}, "select_source=0 needs img="),
    (webuiapi.ReActor(select_source="Face Model"), "txt2img", {}, "needs face_model="),
    (webuiapi.ReActor(PNG, selected_tab="tab_multiple"), "txt2img", {}, "makes the server ignore img"),
    (webuiapi.ReActor(PNG, swap_in_source=True), "txt2img", {}, "swap_in_source has an effect in img2img only"),
    (webuiapi.Roop(), "txt2img", {}, "img= is missing"),
    (webuiapi.AnimateDiff(latent_power=2), "txt2img", {}, "latent_power have an effect in img2img only"),
    (webuiapi.AnimateDiff(format=["TXT"]), "txt2img", {}, "needs one of GIF, MP4, WEBP, WEBM, PNG"),
    (webuiapi.SoftInpainting(), "img2img", {}, "without mask_image"),
    (webuiapi.RegionalPrompter(), "txt2img", {}, "BREAK"),
    (webuiapi.DynamicThresholding(), "txt2img", {"sampler_name": "DDIM"}, "no effect with the sampler 'DDIM'"),
    (webuiapi.DynamicThresholding(), "txt2img", {"sampler_name": "UniPC", "enable_hr": True}, "'UniPC'"),
    (webuiapi.Cutoff(), "txt2img", {}, "targets= is missing"),
    (webuiapi.LayerDiffuse(method="(SDXL) From Foreground to Blending"), "txt2img", {}, "cannot take over HTTP"),
    (webuiapi.LayerDiffuse(method="(SD1.5) Generate Everything Together (need batch size 3)"), "txt2img", {},
     "needs batch_size=3"),
    (webuiapi.StyleAlign(), "txt2img", {}, "nothing to align"),
    (webuiapi.NeverOOM(), "txt2img", {}, "neither unet=True nor vae=True"),
    (webuiapi.PromptMatrix(), "txt2img", {}, "has no | to divide it"),
    (webuiapi.PromptMatrix(prompt_type="negative"), "txt2img", {"negative_prompt": "b"}, "the prompt 'b' has no |"),
    (webuiapi.Img2ImgAlternative(), "img2img", {}, "original_prompt= is missing"),
]  # fmt: skip


def generate(bench: Bench, unit: Any, tab: str, said: Json, **settings: Any) -> None:
    api = bench.client(**settings)
    if tab == "txt2img":
        api.txt2img("a", scripts=[unit], **said)
    else:
        api.img2img(PNG, "a", scripts=[unit], size=(64, 64), **said)


@pytest.mark.parametrize(("unit", "tab", "said", "text"), PITFALLS, ids=lambda value: type(value).__name__)
def test_what_would_silently_do_nothing_is_a_warning(unit: Any, tab: str, said: Json, text: str) -> None:
    bench = Bench(also=[unit.title.lower()], undescribed=True)
    with pytest.warns(ParameterWarning, match=f"^{type(unit).__name__}.*{re.escape(text)}"):
        generate(bench, unit, tab, said)
    with pytest.raises(ValueError, match=re.escape(text)):
        generate(bench, unit, tab, said, checks="strict")
    assert len(bench.posts) == 1


def test_what_has_its_condition_warns_of_nothing() -> None:
    also = ["soft inpainting", "regional prompter", "stylealign integrated", "prompt matrix", "layerdiffuse"]
    api = Bench(also=also, undescribed=True).client()
    api.img2img(PNG, "a", scripts=[webuiapi.SoftInpainting()], mask_image=PNG, size=(64, 64))
    api.txt2img("a BREAK b", scripts=[webuiapi.RegionalPrompter()])
    api.txt2img("a", scripts=[webuiapi.RegionalPrompter(enable=False)])
    api.txt2img("a", scripts=[webuiapi.StyleAlign()], batch_size=2)
    api.txt2img("a|b", scripts=[webuiapi.PromptMatrix()])
    method = "(SD1.5) Generate Everything Together (need batch size 3)"
    api.txt2img("a", scripts=[webuiapi.LayerDiffuse(method=method)], batch_size=3)


def test_tiled_diffusion_and_demofusion_disturb_each_other() -> None:
    api = Bench(also=["tiled diffusion", "demofusion"], undescribed=True).client()
    with pytest.warns(ParameterWarning, match="TiledDiffusion and DemoFusion disturb each other"):
        api.txt2img("a", scripts=[webuiapi.TiledDiffusion(), webuiapi.DemoFusion()])
