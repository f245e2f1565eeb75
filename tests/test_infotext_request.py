"""Parameters made into a request: the recorded generations again, every field, and what cannot be carried over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webuiapi.infotext import GenerationParameters, parse, request_fields

GENERATIONS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "infotexts.json").read_text(encoding="utf-8")
)["generations"]


@pytest.mark.parametrize("made", GENERATIONS, ids=lambda made: made["name"])
def test_recorded_generations_again(made: dict[str, Any]) -> None:
    """What the server reported of a generation is what the request made of its text asks for."""
    for index, text in enumerate(made["infotexts"]):
        fields, notes = request_fields(parse(text))
        assert notes == []
        assert fields["prompt"] == made["all_prompts"][index].replace(" \n", "\n")
        assert fields.get("negative_prompt", "") == made["all_negative_prompts"][index]
        assert fields["seed"] == made["all_seeds"][index]
        for name in ("width", "height", "sampler_name", "cfg_scale", "steps"):
            assert fields[name] == made[name]
        if made["subseed_strength"]:
            assert (fields["subseed"], fields["subseed_strength"]) == (made["subseed"], made["subseed_strength"])
        if made["seed_resize_from_w"] > 0:
            assert fields["seed_resize_from_w"] == made["seed_resize_from_w"]
            assert fields["seed_resize_from_h"] == made["seed_resize_from_h"]
        settings = fields["override_settings"]
        assert settings["sd_model_checkpoint"] == made["sd_model_hash"]
        assert settings.get("sd_vae") == made["sd_vae_name"]
        assert settings.get("CLIP_stop_at_last_layers", 1) == made["clip_skip"]
        assert fields.get("restore_faces", False) == made["restore_faces"]
        hires = {name: value for name, value in made["hires"].items() if value is not None}
        assert {name: fields.get(name) for name in hires} == hires
        assert fields.get("enable_hr", False) == hires.get("enable_hr", fields.get("enable_hr", False))
        assert fields.get("denoising_strength") == made["denoising_strength"]


def text_with(pairs: str, prompt: str = "a") -> GenerationParameters:
    return parse(f"{prompt}\nSteps: 20, Sampler: Euler a, Seed: 7, {pairs}")


def fields_of(pairs: str, **options: Any) -> tuple[dict[str, Any], list[str]]:
    """Fields beyond those that `text_with` always gives, and the notes."""
    fields, notes = request_fields(text_with(pairs), **options)
    assert (fields.pop("prompt"), fields.pop("steps"), fields.pop("sampler_name"), fields.pop("seed")) == (
        "a",
        20,
        "Euler a",
        7,
    )
    return fields, notes


def test_everything_in_txt2img() -> None:
    pairs = (
        "Schedule type: Karras, CFG scale: 6.5, Face restoration: CodeFormer, Size: 512x768, Model hash: abc, "
        "Model: m, VAE hash: def, VAE: v.pt, Variation seed: 5, Variation seed strength: 0.3, "
        "Seed resize from: 128x64, Denoising strength: 0.7, Clip skip: 2, ENSD: 31337, Token merging ratio: 0.5, "
        "RNG: CPU, Tiling: True, Hires sampler: DDIM, Hires schedule type: Karras, Hires checkpoint: c, "
        "Hires prompt: hp, Hires negative prompt: hn, Hires upscale: 1.5, Hires steps: 2, Hires upscaler: up, "
        "Refiner: r, Refiner switch at: 0.8, Pad conds: True, Eta: 0.5, UniPC order: 2.0, "
        'Lora hashes: "l: 1", TI hashes: "t: 2", Version: v1.10.1, User: me'
    )
    fields, notes = fields_of(pairs)
    assert notes == []
    assert fields == {
        "scheduler": "Karras",
        "cfg_scale": 6.5,
        "width": 512,
        "height": 768,
        "subseed": 5,
        "subseed_strength": 0.3,
        "seed_resize_from_w": 128,
        "seed_resize_from_h": 64,
        "refiner_checkpoint": "r",
        "refiner_switch_at": 0.8,
        "tiling": True,
        "restore_faces": True,
        "denoising_strength": 0.7,
        "hr_scale": 1.5,
        "hr_upscaler": "up",
        "hr_second_pass_steps": 2,
        "hr_sampler_name": "DDIM",
        "hr_scheduler": "Karras",
        "hr_checkpoint_name": "c",
        "hr_prompt": "hp",
        "hr_negative_prompt": "hn",
        "enable_hr": True,
        "override_settings": {
            "sd_model_checkpoint": "abc",
            "sd_vae": "v.pt",
            "CLIP_stop_at_last_layers": 2,
            "eta_noise_seed_delta": 31337,
            "randn_source": "CPU",
            "eta_ancestral": 0.5,
            "token_merging_ratio": 0.5,
            "pad_cond_uncond": True,
            "uni_pc_order": 2,
            "face_restoration_model": "CodeFormer",
        },
    }


def test_checkpoint_by_name_where_its_hash_is_not_known() -> None:
    assert fields_of("Model: m") == ({"override_settings": {"sd_model_checkpoint": "m"}}, [])


def test_negative_prompt() -> None:
    fields, _ = request_fields(parse("a\nNegative prompt: b\nSteps: 1, Sampler: Euler, Seed: 1"))
    assert fields == {"prompt": "a", "negative_prompt": "b", "steps": 1, "sampler_name": "Euler", "seed": 1}


def test_second_pass_to_a_size() -> None:
    fields, notes = fields_of("Denoising strength: 0.5, Hires resize: 96x64, Hires sampler: Use same sampler")
    assert fields == {"denoising_strength": 0.5, "hr_resize_x": 96, "hr_resize_y": 64, "enable_hr": True}
    assert notes == []


def test_second_pass_without_strength() -> None:
    fields, notes = fields_of("Hires upscale: 2.0")
    assert fields == {"hr_scale": 2.0, "enable_hr": True}
    assert notes == ["The denoising strength of the second pass is not known."]


def test_old_texts() -> None:
    fields, notes = request_fields(
        text_with("Size: 1024x768, First pass size: 512x384, Denoising strength: 0.7, Batch size: 4, Hypernet: h")
    )
    assert notes == []
    assert fields == {
        "prompt": "a<hypernet:h:1.0>",
        "steps": 20,
        "sampler_name": "Euler a",
        "seed": 7,
        "width": 512,
        "height": 384,
        "denoising_strength": 0.7,
        "hr_resize_x": 1024,
        "hr_resize_y": 768,
        "enable_hr": True,
    }


def test_img2img_as_txt2img_says_that_its_source_is_missing() -> None:
    fields, notes = fields_of("Denoising strength: 0.5, Mask blur: 4, Masked content: fill, Noise multiplier: 0.9")
    assert fields == {}
    assert notes == ["The picture was made from another one (img2img), which the text does not hold."]


@pytest.mark.parametrize(
    ("pairs", "mask"),
    [
        ("Mask blur: 4", (4, 1, False, None, 0)),
        ("Inpaint area: Only masked, Masked area padding: 8, Masked content: fill", (None, 0, True, 8, 0)),
        ("Mask mode: Inpaint not masked, Masked content: latent nothing", (None, 3, False, None, 1)),
    ],
)
def test_masks_in_img2img(pairs: str, mask: tuple[Any, ...]) -> None:
    fields, notes = fields_of(f"Denoising strength: 0.5, {pairs}", kind="img2img")
    names = (
        "mask_blur",
        "inpainting_fill",
        "inpaint_full_res",
        "inpaint_full_res_padding",
        "inpainting_mask_invert",
    )
    assert fields == {"denoising_strength": 0.5} | {n: v for n, v in zip(names, mask, strict=True) if v is not None}
    assert notes == ["A mask was used, which the text does not hold."]


def test_img2img_without_mask() -> None:
    fields, notes = fields_of(
        "Denoising strength: 0.5, Image CFG scale: 1.5, Noise multiplier: 0.9, Conditional mask weight: 0.5, "
        "Hires upscale: 2",
        kind="img2img",
    )
    assert fields == {
        "denoising_strength": 0.5,
        "image_cfg_scale": 1.5,
        "initial_noise_multiplier": 0.9,
        "override_settings": {"inpainting_mask_weight": 0.5},
    }
    assert notes == ["Not carried over: Hires upscale."]


def test_what_cannot_be_read_or_carried_over_is_said() -> None:
    parameters = parse(
        'a\nSteps: many, Sampler: Euler, CFG scale: inf, Tiling: yes, ControlNet 0: "Module: canny, Weight: 1", '
        "ADetailer model: face, ADetailer version: 24, Script: X/Y/Z plot"
    )
    fields, notes = request_fields(parameters)
    assert fields == {"prompt": "a", "sampler_name": "Euler"}
    assert notes == [
        "Steps is 'many', which cannot be read.",
        "CFG scale is 'inf', which cannot be read.",
        "Tiling is 'yes', which cannot be read.",
        "No seed is known, so the server draws another one.",
        "ControlNet 0 is not carried over: its picture is not in the text.",
        "Not carried over: ADetailer model, ADetailer version, Script.",
    ]
    _, notes = request_fields(text_with("Denoising strength: 0.5, Masked content: odd"), kind="img2img")
    assert notes[-1] == "Masked content is 'odd', which cannot be read."


def test_implied_settings() -> None:
    fields, notes = fields_of("Clip skip: 2, Version: v1.7.0", implied=True)
    assert notes == []
    assert fields == {
        "override_settings": {
            "CLIP_stop_at_last_layers": 2,
            "sd_vae_encode_method": "Full",
            "sd_vae_decode_method": "Full",
            "randn_source": "GPU",
            "use_downcasted_alpha_bar": True,
            "refiner_switch_by_sample_steps": False,
            "sigma_min": 0.0,
            "sigma_max": 0.0,
            "rho": 0.0,
        }
    }


KEYS = st.sampled_from(["Steps", "Size", "Seed", "Hires upscale", "Mask blur", "Masked content", "First pass size"])


@given(st.dictionaries(KEYS | st.text(), st.text() | st.sampled_from(["1", "1x1", "0x0", "True"])), st.booleans())
def test_any_pairs_can_be_made_into_fields(pairs: dict[str, str], implied: bool) -> None:
    parameters = GenerationParameters("a", "", pairs)
    for kind in ("txt2img", "img2img"):
        fields, notes = request_fields(parameters, kind=kind, implied=implied)
        assert fields["prompt"].startswith("a")
        assert all(note.endswith(".") for note in notes)
