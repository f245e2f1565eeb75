"""What scripts for webuiapi 0.9 rely on: public names, the order of arguments, enumerations, encoded pictures."""

from __future__ import annotations

import base64
import dataclasses
import inspect
import io
import json
import pickle
from enum import Enum
from typing import Any

import pytest
from PIL import Image

import webuiapi
from webuiapi import wire

from .bench import PNG, RAW, URI, Bench, args_of, described, generated

NAMES_OF_0_9_17 = [
    "ADetailer", "AnimateDiff", "ControlNetInterface", "ControlNetUnit", "HiResUpscaler", "InstructPix2PixInterface",
    "ModelKeywordInterface", "ModelKeywordResult", "ReActor", "RemBGInterface", "Roop", "Sag",
    "SegmentAnythingControlNetSegNotRandomResult", "SegmentAnythingControlNetSegRandomResult",
    "SegmentAnythingDilationResult", "SegmentAnythingGinoResult", "SegmentAnythingInterface",
    "SegmentAnythingSamResult", "SegmentAnythingSemanticSegWithCatIdResult", "TaggerInterface", "Upscaler", "WebUIApi",
    "WebUIApiResult", "b64_img", "raw_b64_img",
]  # fmt: skip

ORDER = {
    "ControlNetUnit": (
        "image mask module model weight resize_mode low_vram processor_res threshold_a threshold_b guidance_start "
        "guidance_end control_mode pixel_perfect guessmode hr_option enabled"
    ),
    "ADetailer": (
        "ad_model ad_model_classes ad_tab_enable ad_prompt ad_negative_prompt ad_confidence ad_mask_k_largest "
        "ad_mask_min_ratio ad_mask_max_ratio ad_dilate_erode ad_x_offset ad_y_offset ad_mask_merge_invert ad_mask_blur "
        "ad_denoising_strength ad_inpaint_only_masked ad_inpaint_only_masked_padding ad_use_inpaint_width_height "
        "ad_inpaint_width ad_inpaint_height ad_use_steps ad_steps ad_use_cfg_scale ad_cfg_scale ad_use_checkpoint "
        "ad_checkpoint ad_use_vae ad_vae ad_use_sampler ad_sampler ad_scheduler ad_use_noise_multiplier "
        "ad_noise_multiplier ad_use_clip_skip ad_clip_skip ad_restore_face ad_controlnet_model ad_controlnet_module "
        "ad_controlnet_weight ad_controlnet_guidance_start ad_controlnet_guidance_end"
    ),
    "AnimateDiff": (
        "model enable video_length fps loop_number closed_loop batch_size stride overlap format interp interp_x "
        "video_source video_path mask_path freeinit_enable freeinit_filter freeinit_ds freeinit_dt freeinit_iters "
        "latent_power latent_scale last_frame latent_power_last latent_scale_last request_id"
    ),
    "Roop": (
        "img enable faces_index model face_restorer_name face_restorer_visibility upscaler_name upscaler_scale "
        "upscaler_visibility swap_in_source swap_in_generated"
    ),
    "ReActor": (
        "img enable source_faces_index faces_index model face_restorer_name face_restorer_visibility restore_first "
        "upscaler_name upscaler_scale upscaler_visibility swap_in_source swap_in_generated console_logging_level "
        "gender_source gender_target save_original codeFormer_weight source_hash_check target_hash_check device "
        "mask_face select_source face_model"
    ),
    "Sag": "enable scale mask_threshold",
    "WebUIApi.prompt_gen": (
        "model_name batch_count batch_size text min_length max_length num_beams temperature repetition_penalty "
        "length_preference sampling_mode top_k top_p"
    ),
    "WebUIApi.controlnet_detect": "images module processor_res threshold_a threshold_b",
    "RemBGInterface.rembg": (
        "input_image model return_mask alpha_matting alpha_matting_foreground_threshold "
        "alpha_matting_background_threshold alpha_matting_erode_size"
    ),
    "TaggerInterface.tagger_interrogate": "image model threshold",
    "InstructPix2PixInterface.img2img": (
        "images prompt negative_prompt output_batches sampler steps seed randomize_seed text_cfg image_cfg "
        "randomize_cfg output_image_width"
    ),
    "SegmentAnythingInterface.sam_predict": (
        "image sam_model_name sam_positive_points sam_negative_points dino_enabled dino_model_name dino_text_prompt "
        "dino_box_threshold dino_preview_checkbox dino_preview_boxes_selection"
    ),
    "SegmentAnythingInterface.dino_predict": "image text_prompt dino_model_name box_threshold",
    "SegmentAnythingInterface.dilate_mask": "image mask dilate_amount",
    "SegmentAnythingInterface.generate_semantic_segmentation": (
        "image sam_model_name processor processor_res pixel_perfect resize_mode target_width target_height "
        "points_per_side points_per_batch pred_iou_thresh stability_score_thresh stability_score_offset box_nms_thresh "
        "crop_n_layers crop_nms_thresh crop_overlap_ratio crop_n_points_downscale_factor min_mask_region_area"
    ),
    "SegmentAnythingInterface.sam_and_semantic_seg_with_cat_id": (
        "image category sam_model_name processor processor_res pixel_perfect resize_mode target_width target_height "
        "points_per_side points_per_batch pred_iou_thresh stability_score_thresh stability_score_offset box_nms_thresh "
        "crop_n_layers crop_nms_thresh crop_overlap_ratio crop_n_points_downscale_factor min_mask_region_area"
    ),
    "ControlNetInterface.txt2img": (
        "prompt negative_prompt controlnet_image controlnet_mask controlnet_module controlnet_model controlnet_weight "
        "controlnet_resize_mode controlnet_low_vram controlnet_processor_res controlnet_threshold_a "
        "controlnet_threshold_b controlnet_guidance enable_hr denoising_strength hr_scale hr_upscale guess_mode seed "
        "subseed subseed_strength sampler_index batch_size n_iter steps cfg_scale width height restore_faces "
        "override_settings override_settings_restore_afterwards"
    ),
    "ControlNetInterface.img2img": (
        "init_images mask mask_blur inpainting_fill inpaint_full_res inpaint_full_res_padding inpainting_mask_invert "
        "resize_mode denoising_strength prompt negative_prompt controlnet_image controlnet_mask controlnet_module "
        "controlnet_model controlnet_weight controlnet_resize_mode controlnet_low_vram controlnet_processor_res "
        "controlnet_threshold_a controlnet_threshold_b guess_mode seed subseed subseed_strength sampler_index "
        "batch_size n_iter steps cfg_scale width height restore_faces include_init_images override_settings "
        "override_settings_restore_afterwards"
    ),
}
"""The positional parameters of webuiapi 0.9.17."""
RESULTS = {
    "ModelKeywordResult": "keywords model oldhash match_source",
    "SegmentAnythingSamResult": "message blended_images masks masked_images",
    "SegmentAnythingGinoResult": "message image_with_box",
    "SegmentAnythingDilationResult": "blended_image mask masked_image",
    "SegmentAnythingControlNetSegNotRandomResult": "message sem_presam sem_postsam blended_presam blended_postsam",
    "SegmentAnythingControlNetSegRandomResult": "message blended_image random_seg edit_anything_control",
    "SegmentAnythingSemanticSegWithCatIdResult": "message blended_image mask masked_image resized_input",
}


@pytest.mark.parametrize("name", NAMES_OF_0_9_17)
def test_the_public_names_are_there(name: str) -> None:
    assert name in webuiapi.__all__
    assert getattr(webuiapi, name).__name__ == name


def test_all_public_names_can_be_loaded() -> None:
    assert len(set(webuiapi.__all__)) == len(webuiapi.__all__)
    for name in webuiapi.__all__:
        assert getattr(webuiapi, name) is not None
    assert set(webuiapi.__all__) <= set(dir(webuiapi))


@pytest.mark.parametrize("of", ORDER)
def test_arguments_by_place_are_those_of_0_9_17(of: str) -> None:
    owner, _, method = of.partition(".")
    found: Any = getattr(webuiapi, owner)
    signature = inspect.signature(getattr(found, method) if method else found)
    wanted = ORDER[of].split()
    names = [name for name, item in signature.parameters.items() if item.kind is item.POSITIONAL_OR_KEYWORD]
    assert names[: len(wanted)] == wanted


@pytest.mark.parametrize("name", RESULTS)
def test_results_have_the_attributes_of_0_9_17(name: str) -> None:
    kind = getattr(webuiapi, name)
    assert [item.name for item in dataclasses.fields(kind)] == RESULTS[name].split()
    one = kind(*RESULTS[name].split())
    assert [getattr(one, item) for item in RESULTS[name].split()] == RESULTS[name].split()


# -- defects of the predecessor ---------------------------------------------------------------------------------------


def test_d13_only_what_was_said_of_adetailer_and_both_booleans() -> None:
    bench = Bench(described("adetailer"))
    bench.client().txt2img("a", adetailer=[webuiapi.ADetailer("face_yolov8n.pt")])
    assert args_of(bench.last, "ADetailer") == [True, False, {"ad_model": "face_yolov8n.pt"}]


def test_d20_d23_nothing_is_switched_off_that_was_not_mentioned() -> None:
    bench = Bench(described("adetailer"), described("animatediff"), described("controlnet"))
    bench.client().txt2img("a", alwayson_scripts={"ADetailer": {"args": [True, False, {"ad_model": "m"}]}})
    assert bench.last["alwayson_scripts"] == {"ADetailer": {"args": [True, False, {"ad_model": "m"}]}}
    bench.client().txt2img("a")
    assert "alwayson_scripts" not in bench.last


def test_d21_titles_are_compared_without_case() -> None:
    bench = Bench(described("controlnet"))
    given = {"CONTROLNET": {"args": [{"module": "canny"}]}}
    bench.client(checks="off").txt2img("a", alwayson_scripts=given, controlnet_units=[webuiapi.ControlNetUnit()])
    assert list(bench.last["alwayson_scripts"]) == ["CONTROLNET"]


def test_d24_the_list_of_formats_is_the_units_own() -> None:
    formats = ["GIF"]
    one, other = webuiapi.AnimateDiff(format=formats), webuiapi.AnimateDiff(format=formats)
    formats.append("MP4")
    assert one.format == other.format == ["GIF"]
    assert one.format is not other.format


def test_d31_the_modules_own_defaults_apply() -> None:
    bench = Bench(described("controlnet"))
    bench.client(checks="off").txt2img("a", controlnet_units=[webuiapi.ControlNetUnit(PNG, None, "depth", "m")])
    assert args_of(bench.last, "ControlNet") == [{"image": RAW, "module": "depth", "model": "m", "enabled": True}]


def test_d10_guessmode_by_place_and_by_name() -> None:
    by_place = (PNG, None, "canny", "m", 1, "Just Resize", False, 512, 64, 64, 0, 1, None, False)
    for guessmode, mode in ((True, 1), (2, 2), (0, None), (False, None)):
        with pytest.warns(DeprecationWarning, match="ControlNetUnit: guessmode= is now control_mode=") as caught:
            unit = webuiapi.ControlNetUnit(*by_place, guessmode, "Both", False)
        assert len(caught) == 1
        assert caught[0].filename == __file__
        assert (unit.control_mode, unit.hr_option, unit.enabled, unit.guessmode) == (mode, "Both", False, None)


# -- enumerations -----------------------------------------------------------------------------------------------------

MEMBERS = {
    "Upscaler": {
        "none": "None", "Lanczos": "Lanczos", "Nearest": "Nearest", "LDSR": "LDSR", "BSRGAN": "BSRGAN",
        "ESRGAN_4x": "R-ESRGAN 4x+", "R_ESRGAN_General_4xV3": "R-ESRGAN General 4xV3", "ScuNET_GAN": "ScuNET GAN",
        "ScuNET_PSNR": "ScuNET PSNR", "SwinIR_4x": "SwinIR 4x",
    },
    "HiResUpscaler": {
        "none": "None", "Latent": "Latent", "LatentAntialiased": "Latent (antialiased)",
        "LatentBicubic": "Latent (bicubic)", "LatentBicubicAntialiased": "Latent (bicubic antialiased)",
        "LatentNearest": "Latent (nearest)", "LatentNearestExact": "Latent (nearest-exact)", "Lanczos": "Lanczos",
        "Nearest": "Nearest", "ESRGAN_4x": "R-ESRGAN 4x+", "LDSR": "LDSR", "ScuNET_GAN": "ScuNET GAN",
        "ScuNET_PSNR": "ScuNET PSNR", "SwinIR_4x": "SwinIR 4x",
    },
}  # fmt: skip
ADDED = {"R-ESRGAN 4x+ Anime6B", "R-ESRGAN 2x+", "DAT x2", "DAT x3", "DAT x4"}


@pytest.mark.parametrize("name", MEMBERS)
def test_members_and_their_values(name: str) -> None:
    kind = getattr(webuiapi, name)
    assert issubclass(kind, str)
    assert issubclass(kind, Enum)
    found = {member.name: member.value for member in kind}
    assert found.items() >= MEMBERS[name].items()
    assert set(found.values()) >= ADDED
    assert len(set(found.values())) == len(found)


def test_d42_members_print_as_their_value() -> None:
    one = webuiapi.Upscaler.ESRGAN_4x
    assert (str(one), f"{one}", f"{one:>14}", "%s" % one, one) == (  # noqa: UP031 - one of the ways to print
        "R-ESRGAN 4x+", "R-ESRGAN 4x+", "  R-ESRGAN 4x+", "R-ESRGAN 4x+", "R-ESRGAN 4x+",
    )  # fmt: skip
    assert one in {"R-ESRGAN 4x+"}
    assert json.dumps([one]) == '["R-ESRGAN 4x+"]'
    assert wire.encode({"upscaler": one, one: 1}).join() == b'{"upscaler":"R-ESRGAN 4x+","R-ESRGAN 4x+":1}'
    assert pickle.loads(pickle.dumps(one)) is one
    assert webuiapi.HiResUpScaler is webuiapi.HiResUpscaler


def test_members_as_parameters() -> None:
    bench = Bench(described("reactor"), answers={"/sdapi/v1/txt2img": generated("a")})
    unit = webuiapi.ReActor(PNG, upscaler_name=webuiapi.Upscaler.Lanczos)
    bench.client().txt2img("a", enable_hr=True, hr_upscaler=webuiapi.HiResUpscaler.LatentNearest, reactor=unit)
    assert bench.last["hr_upscaler"] == "Latent (nearest)"
    assert args_of(bench.last, "ReActor")[8] == "Lanczos"


# -- encoded pictures -------------------------------------------------------------------------------------------------


def test_b64_img() -> None:
    image = Image.new("RGB", (3, 2), (1, 2, 3))
    image.info["parameters"] = "a cat"
    raw, uri = webuiapi.raw_b64_img(image), webuiapi.b64_img(image)
    assert uri == "data:image/png;base64," + raw
    read = Image.open(io.BytesIO(base64.b64decode(raw)))
    assert (read.format, read.size, read.getpixel((0, 0))) == ("PNG", (3, 2), (1, 2, 3))
    assert read.info["parameters"] == "a cat"
    assert (webuiapi.b64_img(PNG), webuiapi.raw_b64_img(PNG)) == (URI, RAW)
    assert (webuiapi.b64_img(URI), webuiapi.raw_b64_img(URI)) == (URI, RAW)
    with pytest.raises(TypeError, match="image: an int is no picture"):
        webuiapi.b64_img(3)
