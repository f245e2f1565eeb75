"""txt2img: what is echoed, seeds, sizes, batches, settings, pictures in the answer, and what fails how."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .studio import Studio, text_of


@pytest.fixture
def studio() -> Studio:
    return Studio()


# --- what is echoed


def test_parameters_are_the_model_with_its_defaults(studio: Studio) -> None:
    reply = studio.txt2img(steps="4", cfg_scale=3, seed=7.9, sampler_name="", unknown=1)
    echoed = reply.parameters
    assert list(echoed)[:4] == ["prompt", "negative_prompt", "styles", "seed"]
    assert (echoed["steps"], echoed["cfg_scale"], echoed["seed"]) == (4, 3.0, 7)
    assert echoed["sampler_name"] == ""
    assert echoed["sampler_index"] == "Euler"
    assert echoed["do_not_save_grid"] is False
    assert "unknown" not in echoed
    assert reply.info["sampler_name"] == "Euler"


def test_the_infotext_says_what_was_used(studio: Studio) -> None:
    reply = studio.txt2img(prompt="a, b", negative_prompt="c", sampler_name="DPM2 a", cfg_scale=4.5, tiling=True)
    assert reply.infotext == (
        "a, b\nNegative prompt: c\nSteps: 3, Sampler: DPM2 a, Schedule type: Karras, CFG scale: 4.5, Seed: 20, "
        "Size: 64x64, Model hash: 5c9d8f78c1, Model: tiny-random-sd15, Tiling: True, Version: v1.10.1"
    )


def test_settings_for_the_infotext(studio: Studio) -> None:
    left_out = {"add_model_name_to_info": False, "add_model_hash_to_info": False, "add_version_to_infotext": False}
    pairs = studio.txt2img(override_settings=left_out).pairs
    assert pairs == "Steps: 3, Sampler: Euler, Schedule type: Automatic, CFG scale: 7.0, Seed: 20, Size: 64x64"
    told = {"randn_source": "CPU", "eta_noise_seed_delta": 31337, "token_merging_ratio": 0.3, "s_churn": 1.5}
    pairs = studio.txt2img(override_settings=told).pairs
    assert "Token merging ratio: 0.3, RNG: CPU, Sigma churn: 1.5, Version" in pairs
    assert "ENSD: 31337" in studio.txt2img(override_settings=told, sampler_name="Euler a").pairs
    assert "ENSD" not in studio.txt2img(override_settings=told, sampler_name="Euler a", eta=0).pairs
    assert "Eta: 0.0" in studio.txt2img(sampler_name="Euler a", eta=0).pairs


def test_quiet_settings_of_the_sampler(studio: Studio) -> None:
    told = {"always_discard_next_to_last_sigma": True, "skip_early_cond": 0.2, "s_min_uncond_all": True}
    pairs = studio.txt2img(override_settings=told, s_min_uncond=0.5).pairs
    assert "Discard penultimate sigma: True, Skip Early CFG: 0.2, NGMS: 0.5, NGMS all steps: True" in pairs
    assert "VAE Decoder: TAESD" in studio.txt2img(override_settings={"sd_vae_decode_method": "TAESD"}).pairs


# --- seeds


def test_seeds_count_up(studio: Studio) -> None:
    info = studio.txt2img(batch_size=3, n_iter=2, subseed=100).info
    assert info["all_seeds"] == [20, 21, 22, 23, 24, 25]
    assert info["all_subseeds"] == [100, 101, 102, 103, 104, 105]
    assert [work.seeds for work in studio.engine.passes] == [[20, 21, 22], [23, 24, 25]]


def test_seeds_stay_with_variation(studio: Studio) -> None:
    reply = studio.txt2img(batch_size=2, subseed=100, subseed_strength=0.25)
    assert reply.info["all_seeds"] == [20, 20]
    assert reply.info["all_subseeds"] == [100, 101]
    assert "Seed: 20, Size: 64x64" in reply.info["infotexts"][1]
    assert "Variation seed: 101, Variation seed strength: 0.25" in reply.info["infotexts"][1]
    assert studio.last.subseed_strength == 0.25


@pytest.mark.parametrize("seed", [-1, None])
def test_seeds_are_drawn(studio: Studio, seed: int | None) -> None:
    infos = [studio.txt2img(seed=seed, subseed=seed, n_iter=2).info for _ in range(2)]
    assert infos[0]["seed"] != infos[1]["seed"]
    assert infos[0]["all_seeds"] == [infos[0]["seed"], infos[0]["seed"] + 1]
    assert infos[0]["all_subseeds"] == [infos[0]["subseed"], infos[0]["subseed"] + 1]
    assert Studio().txt2img(seed=seed, subseed=seed).info["seed"] == infos[0]["seed"]


def test_seed_resize_is_told(studio: Studio) -> None:
    assert "Seed resize from: 96x32" in studio.txt2img(seed_resize_from_w=96, seed_resize_from_h=32).pairs
    assert "Seed resize" not in studio.txt2img(seed_resize_from_w=96).pairs


# --- sizes


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 130), st.integers(8, 130))
def test_sizes_are_cut_to_eights(width: int, height: int) -> None:
    reply = Studio().txt2img(width=width, height=height, steps=1)
    assert reply.images[0].size == (width // 8 * 8, height // 8 * 8)
    assert (reply.info["width"], reply.info["height"]) == (width, height)
    assert f"Size: {width}x{height}," in reply.pairs


# --- settings of the request


def test_settings_are_for_one_request(studio: Studio) -> None:
    reply = studio.txt2img(override_settings={"CLIP_stop_at_last_layers": 3, "sd_vae": "tiny-vae.safetensors"})
    assert "VAE: tiny-vae.safetensors, Clip skip: 3" in reply.pairs
    assert reply.info["clip_skip"] == 3
    assert reply.info["sd_vae_name"] == "tiny-vae.safetensors"
    after = studio.txt2img()
    assert after.info["clip_skip"] == 1
    assert after.info["sd_vae_name"] is None
    assert "VAE" not in after.pairs


def test_settings_stay_where_the_request_wants_it(studio: Studio) -> None:
    studio.txt2img(override_settings={"CLIP_stop_at_last_layers": 3}, override_settings_restore_afterwards=False)
    assert studio.txt2img().info["clip_skip"] == 3


def test_the_format_of_an_override_leaks_only_on_a_fresh_server() -> None:
    override = {"samples_format": "webp"}
    assert Studio().txt2img(override_settings=override).images[0].format == "PNG"
    fresh = Studio(saved_options=False)
    assert fresh.txt2img(override_settings=override).images[0].format == "WEBP"
    assert fresh.txt2img().images[0].format == "WEBP"


def test_a_vae_that_nobody_knows_is_none(studio: Studio) -> None:
    assert studio.txt2img(override_settings={"sd_vae": "nope.pt"}).info["sd_vae_name"] is None


def test_another_checkpoint_for_one_request(studio: Studio) -> None:
    assert (
        studio.txt2img(override_settings={"sd_model_checkpoint": "random-sd15"}).info["sd_model_name"] == "random-sd15"
    )
    assert studio.last.model == "random-sd15"
    assert studio.txt2img().info["sd_model_name"] == "tiny-random-sd15"
    assert (
        studio.txt2img(override_settings={"sd_model_checkpoint": "nobody"}).info["sd_model_name"] == "tiny-random-sd15"
    )


def test_faces(studio: Studio) -> None:
    assert studio.txt2img(restore_faces=False).info["face_restoration_model"] is None
    studio.setting(face_restoration=True, face_restoration_model="GFPGAN")
    reply = studio.txt2img()
    assert reply.info["restore_faces"] is True
    assert "Face restoration: GFPGAN" in reply.pairs
    assert studio.txt2img(restore_faces=False).info["restore_faces"] is False


def test_refiner(studio: Studio) -> None:
    reply = studio.txt2img(refiner_checkpoint="random-sd15.safetensors", refiner_switch_at=0.8)
    assert "Refiner: random-sd15, Refiner switch at: 0.8" in reply.pairs
    studio.setting(refiner_switch_by_sample_steps=True)
    by_steps = studio.txt2img(refiner_checkpoint="random-sd15", refiner_switch_at=0.5)
    assert "Refiner switch by sampling steps: True, Refiner: random-sd15, Refiner switch at: 0.5" in by_steps.pairs


@pytest.mark.parametrize("name", ["", "None", "none", "tiny-random-sd15"])
def test_no_refiner(studio: Studio, name: str) -> None:
    assert "Refiner" not in studio.txt2img(refiner_checkpoint=name, refiner_switch_at=0.5).pairs


# --- what the engine is told


def test_the_pass(studio: Studio) -> None:
    studio.txt2img(
        prompt="x", negative_prompt="y", styles=["Watercolor"], steps=5, cfg_scale=2, width=72, height=80,
        sampler_name="Restart", tiling=True, batch_size=2,
    )  # fmt: skip
    work = studio.last
    assert (work.prompts, work.negative_prompts) == (["x, watercolor"] * 2, ["y, photo"] * 2)
    assert (work.width, work.height, work.steps, work.cfg_scale, work.tiling) == (72, 80, 5, 2.0, True)
    assert (work.sampler, work.scheduler, work.model) == ("Restart", "Karras", "tiny-random-sd15")
    assert (work.images, work.mask) == (None, None)


@pytest.mark.parametrize(("field", "value", "told"), [("cfg_scale", "nan", 0.0), ("cfg_scale", "inf", 0.0)])
def test_the_engine_is_told_numbers_only(studio: Studio, field: str, value: str, told: float) -> None:
    studio.txt2img(**{field: value})
    assert getattr(studio.last, field) == told


@pytest.mark.parametrize(("value", "told"), [(7.0, 1.0), (-2.0, 0.0)])
def test_the_engine_is_told_shares_only(studio: Studio, value: float, told: float) -> None:
    studio.txt2img(subseed_strength=value)
    assert studio.last.subseed_strength == told


def test_the_same_request_gives_the_same_bytes() -> None:
    studio = Studio()
    assert studio.txt2img().body["images"] == studio.txt2img().body["images"]
    assert studio.txt2img().body["images"] == studio.txt2img(subseed=3).body["images"]
    assert text_of(studio.txt2img().images[0]) != text_of(studio.txt2img(seed=21).images[0])
