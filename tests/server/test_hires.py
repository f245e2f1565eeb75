"""Hires fix: the second pass, its size, its prompts, and what it says and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from .studio import Reply, Studio, extended, text_of

FIX: dict[str, Any] = {"enable_hr": True, "denoising_strength": 0.6}


@pytest.fixture
def studio() -> Studio:
    return Studio()


def hires(studio: Studio, **fields: Any) -> Reply:
    reply = studio.txt2img(**{**FIX, **fields})
    assert reply.status == 200, reply.body
    return reply


@pytest.mark.parametrize(
    ("fields", "size", "told"),
    [
        ({}, (128, 128), "Hires upscale: 2.0"),
        ({"hr_scale": 1.3}, (80, 80), "Hires upscale: 1.3"),
        ({"width": 64, "height": 96, "hr_scale": 1.5}, (96, 144), "Hires upscale: 1.5"),
        ({"hr_resize_x": 100}, (96, 96), "Hires resize: 100x0"),
        ({"height": 96, "hr_resize_x": 128}, (128, 192), "Hires resize: 128x0"),
        ({"height": 96, "hr_resize_y": 144}, (96, 144), "Hires resize: 0x144"),
        ({"hr_resize_x": 128, "hr_resize_y": 64}, (128, 64), "Hires resize: 128x64"),
        ({"hr_resize_x": 72, "hr_resize_y": 136}, (72, 136), "Hires resize: 72x136"),
        ({"height": 128, "hr_resize_x": 128, "hr_resize_y": 128}, (128, 128), "Hires resize: 128x128"),
    ],
)
@pytest.mark.parametrize("upscaler", [None, "tiny-4x"])
def test_size(studio: Studio, fields: dict[str, Any], size: tuple[int, int], told: str, upscaler: str | None) -> None:
    reply = hires(studio, hr_upscaler=upscaler, **fields)
    assert reply.images[0].size == size
    assert told in reply.pairs
    assert (reply.info["width"], reply.info["height"]) == (64, fields.get("height", 64))


def test_the_second_pass(studio: Studio) -> None:
    hires(
        studio, steps=6, hr_second_pass_steps=4, hr_upscaler="Latent (nearest)", sampler_name="Heun", scheduler="beta"
    )
    first, second = studio.engine.passes
    assert (first.steps, first.images, first.width) == (6, None, 64)
    assert (second.steps, second.width, second.height, second.denoising_strength) == (4, 128, 128, 0.6)
    assert second.images is not None
    assert [image.size for image in second.images] == [(128, 128)]
    assert (second.sampler, second.scheduler, second.seeds) == ("Heun", "Beta", first.seeds)
    assert studio.engine.upscales == [("RGB", (128, 128), "Latent (nearest)")]


def test_what_equals_the_first_pass_is_not_told(studio: Studio) -> None:
    reply = hires(studio, hr_prompt="a house", hr_sampler_name="Euler", hr_second_pass_steps=0)
    assert reply.pairs.endswith("Denoising strength: 0.6, Hires upscale: 2.0, Version: v1.10.1")
    assert studio.last.steps == 3
    assert studio.engine.upscales[-1][2] == "Latent"


def test_own_prompts(studio: Studio) -> None:
    reply = hires(studio, hr_prompt="a villa # big", hr_negative_prompt="rain", styles=["Watercolor"], n_iter=2)
    # The style stands behind the comment, and so is part of it.
    assert 'Hires prompt: "a villa \\n", Hires negative prompt: "rain, photo"' in reply.pairs
    assert [work.prompts for work in studio.engine.passes[1::2]] == [["a villa \n"]] * 2
    assert studio.last.negative_prompts == ["rain, photo"]
    assert reply.info["extra_generation_params"]["Hires prompt"] is None


def test_own_sampler_scheduler_and_checkpoint(studio: Studio) -> None:
    reply = hires(studio, hr_sampler_name="Restart", hr_scheduler="Automatic", hr_checkpoint_name="random-sd15")
    assert "Hires checkpoint: random-sd15, Hires sampler: Restart, Hires schedule type: Karras" in reply.pairs
    assert (studio.last.sampler, studio.last.scheduler, studio.last.model) == ("Restart", "Karras", "random-sd15")


def test_a_scheduler_of_its_own(studio: Studio) -> None:
    reply = hires(studio, scheduler="Karras", hr_scheduler="Exponential")
    assert "Schedule type: Karras" in reply.pairs
    assert "Hires schedule type: Exponential" in reply.pairs
    assert "Hires schedule type" not in hires(studio, scheduler="Karras").pairs


def test_a_model_without_weights_only_resizes(studio: Studio) -> None:
    reply = hires(studio, hr_upscaler="R-ESRGAN 4x+")
    assert "Hires upscaler: R-ESRGAN 4x+" in reply.pairs
    assert studio.engine.upscales == []


def test_refiner_of_the_second_pass() -> None:
    fields = {"refiner_checkpoint": "random-sd15", "refiner_switch_at": 0.7}
    for where, pairs in (
        ("second pass", "Hires upscaler: Latent, Refiner: random-sd15, Refiner switch at: 0.7,"),
        ("first pass", "Hires refiner: first pass, Refiner: random-sd15, Refiner switch at: 0.7,"),
        ("both passes", "Hires refiner: both passes, Refiner: random-sd15, Refiner switch at: 0.7,"),
    ):
        studio = Studio()
        studio.setting(hires_fix_refiner_pass=where)
        assert pairs in hires(studio, hr_upscaler="Latent", **fields).pairs


def test_token_merging_of_the_second_pass(studio: Studio) -> None:
    reply = hires(studio, override_settings={"token_merging_ratio": 0.2, "token_merging_ratio_hr": 0.4})
    assert "Token merging ratio: 0.2, Token merging ratio hr: 0.4" in reply.pairs
    assert "Token merging ratio hr: 0.2" in hires(studio, override_settings={"token_merging_ratio": 0.2}).pairs
    assert "ratio hr" not in studio.txt2img(override_settings={"token_merging_ratio_hr": 0.4}).pairs


def test_progress_counts_both_passes(studio: Studio) -> None:
    seen: list[tuple[int, int]] = []
    progress = studio.app.state.progress
    studio.engine.on_step = lambda done: seen.append((progress.job_count, progress.job_no))
    hires(studio, n_iter=2, steps=1)
    assert seen == [(4, 0), (4, 1), (4, 2), (4, 3)]


def test_interrupt_in_the_first_pass(studio: Studio) -> None:
    studio.during("interrupt", number=1)
    assert hires(studio).images[0].size == (64, 64)
    assert len(studio.engine.passes) == 1


def test_hypertile_of_the_second_pass() -> None:
    studio = Studio()
    studio.setting(hypertile_enable_unet_secondpass=True, hypertile_swap_size_unet=5)
    pairs = hires(studio).pairs
    assert "Hypertile U-Net second pass: True, Hypertile U-Net swap size: 5" in pairs
    studio.setting(hypertile_enable_unet=True, hypertile_enable_vae=True, hypertile_max_tile_vae=64)
    pairs = studio.txt2img().pairs
    assert (
        "Hypertile U-Net: True, Hypertile U-Net swap size: 5, Hypertile VAE: True, Hypertile VAE max tile size: 64"
        in pairs
    )


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"denoising_strength": None}, "TypeError", "'>' not supported"),
        ({"hr_upscaler": "lanczos"}, "Exception", "could not find upscaler named lanczos"),
        ({"hr_upscaler": ""}, "Exception", "could not find upscaler"),
        ({"hr_checkpoint_name": "nobody"}, "Exception", "Could not find checkpoint with name nobody"),
        ({"hr_sampler_name": "euler"}, "AssertionError", "bad sampler name: euler"),
        ({"hr_scale": 0}, "RuntimeError", "Kernel size"),
        ({"hr_scale": None}, "TypeError", ""),
        ({"hr_scale": 1e6}, "OutOfMemoryError", ""),
        ({"hr_second_pass_steps": -1}, "RuntimeError", ""),
        ({"hr_prompt": None}, "TypeError", ""),
        ({"firstpass_image": text_of(Image.new("RGB", (8, 8)))}, "ValueError", "could not convert string to float"),
    ],
)
def test_errors(studio: Studio, fields: dict[str, Any], error: str, text: str) -> None:
    status, name, said = studio.failing("txt2img", **{**FIX, **fields})
    assert (status, name) == (500, error)
    assert text in said
    assert said


def test_without_hires_fix_nothing_of_it_counts(studio: Studio) -> None:
    reply = studio.txt2img(hr_upscaler="nobody", firstpass_image="x", hr_scale=9)
    assert reply.status == 200
    assert reply.info["extra_generation_params"] == {}


def test_a_catalogue_with_other_upscalers() -> None:
    upscaler = {"name": "Mine", "model_name": "Mine", "model_path": "/srv/mine.pth", "model_url": None, "scale": 2.0}
    studio = Studio(extended(upscalers=[upscaler]))
    hires(studio, hr_upscaler="Mine")
    assert studio.engine.upscales == [("RGB", (128, 128), "Mine")]
