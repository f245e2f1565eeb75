"""The request field `infotext`: what it fills, in which tab, and its quirks."""

from __future__ import annotations

import pytest

from .studio import Studio, box_mask, text_of

TEXT = (
    "a barn\nNegative prompt: fog\nSteps: 4, Sampler: Heun, Schedule type: Beta, CFG scale: 6, Seed: 11, Size: 72x80, "
    "Model hash: e275edade3, Variation seed: 3, Variation seed strength: 0.1, Clip skip: 2, RNG: CPU, Batch size: 2"
)


@pytest.fixture
def studio() -> Studio:
    return Studio()


def read(studio: Studio, text: str, **fields: object) -> dict[str, object]:
    reply = studio.post("txt2img", infotext=text, **fields)
    assert reply.status == 200, reply.body
    return {**reply.parameters, "used": reply.info}


def test_txt2img_takes_nearly_everything(studio: Studio) -> None:
    found = read(studio, TEXT)
    expected = {
        "prompt": "a barn", "negative_prompt": "fog", "steps": 4, "sampler_name": "Heun", "scheduler": "Beta",
        "cfg_scale": 6.0, "seed": 11, "width": 72, "height": 80, "subseed": 3, "subseed_strength": 0.1, "batch_size": 2,
        "enable_hr": False, "override_settings": {"CLIP_stop_at_last_layers": 2, "randn_source": "CPU"},
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert isinstance(found["cfg_scale"], float)


def test_the_request_wins(studio: Studio) -> None:
    given = {"CLIP_stop_at_last_layers": 5}
    found = read(studio, TEXT, prompt="mine", seed=None, sampler_name="LMS", width=64, override_settings=given)
    assert found["prompt"] == "mine"
    assert found["seed"] is None
    assert (found["width"], found["height"]) == (64, 80)
    assert found["sampler_name"] == "LMS"
    assert found["override_settings"] == {"CLIP_stop_at_last_layers": 5, "randn_source": "CPU"}


def test_img2img_takes_little(studio: Studio) -> None:
    reply = studio.img2img(infotext=TEXT, seed=20)
    assert reply.parameters["prompt"] == "a house"
    assert reply.parameters["cfg_scale"] == 7.0
    assert reply.parameters["batch_size"] == 1
    assert reply.parameters["steps"] == 8
    bare = studio.post("img2img", infotext=TEXT, init_images=reply.body["images"], width=64, height=64)
    taken = {"steps": 4, "seed": 11, "subseed": 3, "sampler_name": "Heun", "scheduler": "Beta", "prompt": ""}
    assert {name: bare.parameters[name] for name in taken} == taken
    assert "hr_sampler_name" not in bare.parameters


def test_the_model_is_taken_only_where_the_option_allows_it(studio: Studio) -> None:
    studio.txt2img(override_settings={"sd_model_checkpoint": "random-sd15"})
    assert "sd_model_checkpoint" not in str(read(studio, TEXT)["override_settings"])
    studio.setting(disable_weights_auto_swap=False)
    found = read(studio, TEXT)
    assert found["override_settings"]["sd_model_checkpoint"] == "e275edade3"  # type: ignore[index]
    assert found["used"]["sd_model_name"] == "random-sd15"  # type: ignore[index]


def test_settings_are_taken_where_they_differ(studio: Studio) -> None:
    pairs = "Steps: 1, Sampler: LMS, Size: 64x64, Seed: 1"
    studio.setting(CLIP_stop_at_last_layers=2, randn_source="CPU", s_noise=1.5)
    assert read(studio, f"x\n{pairs}, Clip skip: 2, RNG: CPU, Sigma noise: 1.5")["override_settings"] == {}
    assert read(studio, f"x\n{pairs}")["override_settings"] == {"CLIP_stop_at_last_layers": 1, "randn_source": "GPU"}


@pytest.mark.parametrize(
    ("pair", "setting"),
    [
        ("VAE: tiny-vae.safetensors", {"sd_vae": "tiny-vae.safetensors"}),
        ("ENSD: 31337", {"eta_noise_seed_delta": 31337}),
        ("Eta: 0.5", {"eta_ancestral": 0.5}),
        ("NGMS: 2, NGMS all steps: True", {"s_min_uncond": 2.0, "s_min_uncond_all": True}),
        ("Pad conds: False", {}),
        ("Tiling: True", {"tiling": True}),
        ("Face restoration: CodeFormer", {"face_restoration": True}),
        ("Schedule rho: 5", {"rho": 5.0}),
        ("UniPC order: 2", {"uni_pc_order": 2}),
        ("Hypertile U-Net: True", {"hypertile_enable_unet": True}),
        ("Version: v1.7.0", {"use_downcasted_alpha_bar": True}),
    ],
)
def test_settings(studio: Studio, pair: str, setting: dict[str, object]) -> None:
    found = read(studio, f"x\nSteps: 1, Sampler: LMS, Size: 64x64, Seed: 1, {pair}")
    assert found["override_settings"] == setting


HIRES = "Steps: 2, Sampler: LMS, CFG scale: 4, Seed: 3, Size: 64x64, Denoising strength: 0.6, "


@pytest.mark.parametrize(
    ("pairs", "on"),
    [
        (HIRES + "Hires upscale: 1.5", True),
        (HIRES + "Hires upscaler: Latent", True),
        (HIRES + "Hires resize: 96x0", True),
        (HIRES + "Hires steps: 2", False),
        (HIRES.replace("Denoising strength: 0.6, ", "Hires upscale: 2"), False),
    ],
)
def test_when_hires_fix_is_on(studio: Studio, pairs: str, on: bool) -> None:
    assert read(studio, f"x\n{pairs}", hr_sampler_name=None)["enable_hr"] is on


def test_hires_fields(studio: Studio) -> None:
    pairs = HIRES + (
        'Hires sampler: Heun, Hires schedule type: Beta, Hires prompt: "a, b", Hires resize: 96x80, Hires steps: 1, '
        "Hires upscaler: tiny-4x, Hires checkpoint: random-sd15"
    )
    found = read(studio, f"x\n{pairs}")
    expected = {
        "hr_sampler_name": "Heun", "hr_scheduler": "Beta", "hr_prompt": "a, b", "hr_negative_prompt": "",
        "hr_resize_x": 96, "hr_resize_y": 80, "hr_second_pass_steps": 1, "hr_upscaler": "tiny-4x",
        "hr_checkpoint_name": "random-sd15", "denoising_strength": 0.6,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected


def test_hires_without_its_own_sampler_fails(studio: Studio) -> None:
    reply = studio.post("txt2img", infotext=f"x\n{HIRES}Hires upscale: 2")
    assert (reply.status, reply.body["error"]) == (500, "AssertionError")
    assert reply.body["errors"] == "bad sampler name: Use same sampler"


def test_seed_resize_comes_with_its_sides_swapped(studio: Studio) -> None:
    found = read(studio, "x\nSteps: 1, Sampler: LMS, Size: 64x64, Seed resize from: 96x32")
    assert (found["seed_resize_from_w"], found["seed_resize_from_h"]) == (32, 96)


def test_names_of_old_versions_are_split(studio: Studio) -> None:
    found = read(studio, "x\nSteps: 1, Sampler: DPM++ 2M Karras, Size: 64x64, Seed: 1")
    assert (found["sampler_name"], found["scheduler"]) == ("DPM++ 2M", "Automatic")
    assert (found["hr_sampler_name"], found["hr_scheduler"]) == ("DPM++ 2M", "Use same scheduler")
    found = read(studio, "x\nSteps: 1, Sampler: Heun Karras, Size: 64x64, Seed: 1")
    assert (found["sampler_name"], found["scheduler"]) == ("Heun", "Karras")


def test_a_text_without_pairs_is_a_prompt(studio: Studio) -> None:
    found = read(studio, "x\nSteps: 1, Sampler: Heun", steps=1, width=64, height=64)
    assert found["prompt"] == "x\nSteps: 1, Sampler: Heun"
    assert found["sampler_name"] == "DPM++ 2M"


def test_refiner(studio: Studio) -> None:
    text = "x\nSteps: 1, Sampler: LMS, Size: 64x64, Refiner: {}, Refiner switch at: 0.4"
    found = read(studio, text.format("random-sd15"))
    assert (found["refiner_checkpoint"], found["refiner_switch_at"]) == ("random-sd15.safetensors", 0.4)
    assert read(studio, text.format("nobody"))["refiner_checkpoint"] is None


def test_known_styles_are_cut_out_and_lost(studio: Studio) -> None:
    text = "cinematic still of a barn, film grain\nNegative prompt: fog, cartoon, drawing\n"
    found = read(studio, text + "Steps: 1, Sampler: LMS, Size: 64x64, Seed: 1")
    assert (found["prompt"], found["negative_prompt"]) == ("a barn", "fog")
    assert found["styles"] == "['Cinematic']"
    assert found["used"]["prompt"] == "a barn"  # type: ignore[index]
    studio.setting(infotext_styles="Ignore")
    assert read(studio, text + "Steps: 1, Sampler: LMS, Size: 64x64, Seed: 1")["styles"] is None


def test_arguments_of_scripts(studio: Studio) -> None:
    pairs = "Steps: 2, Sampler: LMS, Seed: 1, Soft inpainting enabled: True, Soft inpainting schedule bias: 3"
    mask = text_of(box_mask((64, 64), (8, 8, 20, 20)))
    reply = studio.img2img(infotext=f"x\n{pairs}", mask=mask)
    assert "Soft inpainting enabled: True, Soft inpainting schedule bias: 3.0" in reply.pairs
    wins = studio.img2img(infotext=f"x\n{pairs}", mask=mask, alwayson_scripts={"Soft Inpainting": {"args": [True, 1]}})
    assert "Soft inpainting schedule bias: 1" in wins.pairs


def test_values_that_are_no_numbers(studio: Studio) -> None:
    reply = studio.post("txt2img", infotext="x\nSteps: many, Sampler: LMS, Seed: 1")
    assert (reply.status, reply.body["error"]) == (500, "ValueError")


@pytest.mark.parametrize("text", ["", None])
def test_no_text(studio: Studio, text: str | None) -> None:
    reply = studio.txt2img(infotext=text)
    assert reply.parameters["override_settings"] is None
    assert reply.info["sampler_name"] == "Euler"
