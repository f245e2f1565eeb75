"""Defects of webuiapi 0.9 in what it makes of answers, each cured."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

import webuiapi
from support.pictures import with_parameters

from .answers import GREEN, RED, model
from .ours import ran, ran_with
from .pictures import gradient
from .stub import Stub

# -- D05: errors where they happen ------------------------------------------------------------------------------------


def test_d05_every_call_of_wrong_credentials() -> None:
    found = ran("set_auth_wrong")
    assert not found.requests(0)  # nothing is asked by setting them
    for step in (1, 2):
        assert "Incorrect username or password" in found.error(webuiapi.AuthenticationError, step)
    assert "wants credentials" in ran("util_get_current_model_401").error(webuiapi.AuthenticationError)


def test_d05_the_servers_words_and_where_they_came_from() -> None:
    error: Any = ran_with(
        "config_set_options_500", ('"sd_model_checkpoint": "nope"', '"samples_format": "nope"')
    ).errors[0]
    assert isinstance(error, webuiapi.ServerError)
    assert (error.status, error.method, error.error, error.errors) == (
        500, "POST", "RuntimeError", "model 'nope' not found",
    )  # fmt: skip
    assert error.url.endswith("/sdapi/v1/options")
    assert str(error).endswith("answered 500: RuntimeError: model 'nope' not found")
    assert error.args[0] == 500
    assert json.loads(error.args[1])["errors"] == "model 'nope' not found"


def test_d05_a_proxys_page_and_a_wrong_path() -> None:
    assert "A proxy between here and the server gave up" in ran("config_get_html_502").error(webuiapi.GatewayError)
    assert "answered 404: Not Found" in ran("custom_get_404").error(webuiapi.NotFound)


_GETS = (
    "get_options", "get_cmd_flags", "get_samplers", "get_schedulers", "get_sd_vae", "get_upscalers", "get_loras",
    "get_latent_upscale_modes", "get_sd_models", "get_hypernetworks", "get_face_restorers", "get_realesrgan_models",
    "get_prompt_styles", "get_scripts", "get_embeddings", "get_memory", "get_progress", "interrupt", "skip",
    "refresh_checkpoints", "controlnet_version", "controlnet_model_list", "controlnet_module_list",
    "list_prompt_gen_models", "util_get_model_names", "util_get_sampler_names", "util_get_scheduler_names",
    "util_get_current_model", "util_wait_for_ready",
)  # fmt: skip


@pytest.mark.parametrize("name", _GETS)
def test_d05_no_call_takes_an_error_for_data(name: str) -> None:
    with Stub({"auth": "user:pass"}) as stub:
        with pytest.raises(webuiapi.AuthenticationError) as caught:
            getattr(webuiapi.WebUIApi(url=stub.url, retries=0), name)()
        assert caught.value.url.startswith(stub.url + stub.requests[-1]["path"])


def test_d05_a_result_with_another_status_is_a_result() -> None:
    (result,) = ran("answer_txt2img_201").results
    assert (len(result), result.info) == (0, {})


# -- D06 to D08: models -----------------------------------------------------------------------------------------------


def test_d06_a_model_that_could_not_be_loaded() -> None:
    assert ran("util_set_model_server_error").error(webuiapi.ServerError).endswith("RuntimeError: boom")


def test_d06_the_title_of_the_model_now_loaded() -> None:
    with Stub() as stub:
        assert webuiapi.WebUIApi(url=stub.url).util_set_model("robodiffusion") == "robo-diffusion-v1.ckpt [41fef4bd]"


def test_d07_the_exact_title_whatever_its_letters() -> None:
    found = ran("util_set_model_capitals_wrong_model")
    assert found.body() == {"sd_model_checkpoint": "MIXPROV.safetensors"}
    assert "still uses 'robo-diffusion-v1.ckpt [41fef4bd]'" in found.error(webuiapi.WebUIApiError)  # as the stub says


@pytest.mark.parametrize("name", ["util_set_model_nonsense", "util_set_model_exact_only_missing"])
def test_d07_a_name_that_means_nothing(name: str) -> None:
    found = ran(name)
    assert "the server has no model" in found.error(webuiapi.WebUIApiError)
    assert isinstance(found.errors[0], ValueError)
    assert not found.posted()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("SDXL_sd_xl_base_1.0", "SDXL/sd_xl_base_1.0.safetensors [31e35c80fc]"),  # model_name
        ("sd_xl_base_1.0.safetensors", "SDXL/sd_xl_base_1.0.safetensors [31e35c80fc]"),  # file
        ("31e35c80fc", "SDXL/sd_xl_base_1.0.safetensors [31e35c80fc]"),  # hash
        ("dd" * 32, "SDXL/sd_xl_base_1.0.safetensors [31e35c80fc]"),  # sha256
        ("xl_base", "SDXL/sd_xl_base_1.0.safetensors [31e35c80fc]"),  # a part that is unique
        ("anythingv3", "anythingv3.safetensors [543bcbc212]"),
    ],
)
def test_d07_every_name_that_a_model_has(name: str, title: str) -> None:
    profile = {"answer": {"/sdapi/v1/options": {"sd_model_checkpoint": title}}}
    with Stub(profile) as stub:
        assert webuiapi.WebUIApi(url=stub.url).util_set_model(name) == title
        assert stub.posted("/sdapi/v1/options") == [{"sd_model_checkpoint": title}]


def test_d07_a_name_that_means_several() -> None:
    with Stub() as stub, pytest.raises(webuiapi.WebUIApiError, match="'anything' could mean several: 'AnythingV5"):
        webuiapi.WebUIApi(url=stub.url).util_set_model("anything")


@pytest.mark.parametrize("name", ["util_get_current_model_hash_unknown", "util_get_current_model_unhashed"])
def test_d08_no_model_is_named_that_the_server_does_not_name(name: str) -> None:
    assert ran(name).error(webuiapi.WebUIApiError) == "the server does not say which checkpoint it uses"


def test_d08_by_its_hash() -> None:
    models = [model("a.ckpt", "11", "11"), model("b.ckpt", "22", "22")]
    answers = {"/sdapi/v1/options": {"sd_checkpoint_hash": "22" * 32}, "/sdapi/v1/sd-models": models}
    with Stub({"answer": answers}) as stub:
        assert webuiapi.WebUIApi(url=stub.url).util_get_current_model() == "b.ckpt [22]"


# -- D11: Segment Anything --------------------------------------------------------------------------------------------


def test_d11_nothing_found_is_a_result_with_the_message() -> None:
    result = ran("sam_predict_message_only").results[1]
    assert (result.message, result.masks, result.blended_images, result.masked_images) == (
        "nothing to segment", [], [], [],
    )  # fmt: skip


def test_d11_an_error_is_an_error() -> None:
    assert ran("sam_error_500").error(webuiapi.ServerError).endswith("answered 500: RuntimeError: no model")


def test_d11_the_random_form() -> None:
    result = ran("sam_seg_random").results[1]
    assert type(result) is webuiapi.SegmentAnythingControlNetSegRandomResult
    images = (result.blended_image, result.random_seg, result.edit_anything_control)
    assert [image and image.size for image in images] == [(4, 4)] * 3


def test_d11_points_as_fractions_are_sent_in_pixels() -> None:
    assert ran("sam_predict_points_readme").body()["sam_positive_points"] == [[4, 2], [6, 6]]


def test_d11_no_box() -> None:
    answer = {"msg": "GroundingDINO found nothing", "image_with_box": None}
    with Stub({"answer": {"/sam/dino-predict": answer}}) as stub:
        result = webuiapi.SegmentAnythingInterface(webuiapi.WebUIApi(url=stub.url)).dino_predict(RED, "cat")
    assert (result.message, result.image_with_box) == ("GroundingDINO found nothing", None)


# -- D24, D25: what is no picture -------------------------------------------------------------------------------------


def test_d24_a_video_is_kept() -> None:
    (result,) = ran("txt2img_animatediff_mp4_answer").results
    assert [video[4:12] for video in result.videos] == [b"ftypisom"]
    assert [(error.index, error.kind) for error in result.errors] == [(0, "mp4")]
    with pytest.raises(IndexError, match="no pictures, but videos: they are in `videos`"):
        _ = result.image


def test_d25_no_pictures() -> None:
    (result,) = ran("answer_images_null").results
    assert (result.images, result.info, result.parameters) == ([], {}, {})


def test_d25_a_data_uri() -> None:
    (result,) = ran("answer_data_uri").results
    assert result.content == [base64.b64decode(RED)]


def test_d25_a_damaged_picture_is_said_on_arrival() -> None:
    error: Any = ran("answer_truncated_image").errors[0]
    assert type(error) is webuiapi.ImageError
    assert "image 0 of the answer is cut off: 1330 bytes of a PNG without its end" in str(error)
    assert error.result is not None
    assert len(error.result.errors[0].content) == 1330


def test_d25_one_damaged_picture_does_not_cost_the_others() -> None:
    answer = {"/sdapi/v1/txt2img": {"images": [RED, RED[:40], GREEN], "info": "{}"}}
    with Stub({"answer": answer}) as stub, pytest.warns(UserWarning, match="image 1 of the answer is cut off"):
        result = webuiapi.WebUIApi(url=stub.url).txt2img("x")
    assert result.content == [base64.b64decode(RED), base64.b64decode(GREEN)]


def test_d25_rembg_answers_null() -> None:
    result = ran("rembg_null_answer").results[1]
    assert (result.images, result.info) == ([], "no model was chosen")


# -- D26, D27: one type each ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("info", ["not json", "1234", '"a"', "[1]", "", None, 7])
def test_d26_info_and_parameters_are_dicts(info: Any) -> None:
    with Stub({"answer": {"/sdapi/v1/txt2img": {"images": [RED], "info": info}}}) as stub:
        result = webuiapi.WebUIApi(url=stub.url).txt2img("x")
    assert (result.info, result.parameters) == ({}, {})


@pytest.mark.parametrize("text", ["1234", "{}", "null", ""])
def test_d26_an_infotext_is_a_text(text: str) -> None:
    answer = {"/sdapi/v1/png-info": {"info": text, "items": {}, "parameters": {}}}
    with Stub({"answer": answer}) as stub:
        assert webuiapi.WebUIApi(url=stub.url).png_info(RED).info == text


def test_d26_seeds_and_infotexts_are_read() -> None:
    with Stub() as stub:
        result = webuiapi.WebUIApi(url=stub.url).txt2img("x")
    assert (result.seeds, result.infotexts) == ([1003], ["p\nSteps: 20, Seed: 1003"])


def test_d27_why_there_is_no_image() -> None:
    with Stub() as stub:
        result = webuiapi.WebUIApi(url=stub.url).txt2img("x", send_images=False)
    assert len(result) == 0
    empty = {"/sdapi/v1/txt2img": {"images": [], "parameters": {"send_images": False}, "info": "{}"}}
    with Stub({"answer": empty}) as stub:
        result = webuiapi.WebUIApi(url=stub.url).txt2img("x", send_images=False)
    with pytest.raises(IndexError, match="send_images=False asked for none"):
        _ = result.image


# -- D33, D43: what is kept of a picture ------------------------------------------------------------------------------


def test_d33_no_base64_is_kept_nor_shown() -> None:
    with Stub() as stub:
        result = webuiapi.WebUIApi(url=stub.url).txt2img("x", batch_size=2)
    assert RED not in repr(vars(result))
    assert repr(result) == "<WebUIApiResult: 2 images of 4x4; seeds 1003>"
    assert result.json["images"][0] == RED  # made anew when it is asked for


def test_d43_a_saved_file_is_the_received_one(tmp_path: Path) -> None:
    data = with_parameters(gradient("RGB"), "a cat\nSteps: 20, Sampler: Euler a, Seed: 7")
    answer = {"images": [base64.b64encode(data).decode()], "info": "{}"}
    with Stub({"answer": {"/sdapi/v1/txt2img": answer}}) as stub:
        result = webuiapi.WebUIApi(url=stub.url).txt2img("x")
    (path,) = result.save(tmp_path / "x.png")
    assert path.read_bytes() == data
    (path,) = result.save(tmp_path / "x.jpg")
    assert webuiapi.infotext.GenerationParameters.from_image(path).seed == 7
    assert result.content == [data]
