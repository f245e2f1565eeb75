"""Defects of webuiapi 0.9 in what it sends, each cured: D01 to D49 with the gaps that the other files fill."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import webuiapi
from support.pictures import file_of, noise
from webuiapi.infotext import exif_user_comment

from .cases import case, load
from .ours import ran, ran_with
from .pictures import folded, gradient, looks
from .stub import Stub

_RGB8 = "RGB 8x8 1e231947893827da"
_RGB8B = "RGB 8x4 631528f21360152b"


def _sent(path: str = "/sdapi/v1/txt2img", profile: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    """The body of one call of txt2img (img2img, with that path)."""
    with Stub(profile) as stub:
        getattr(webuiapi.WebUIApi(url=stub.url, checks="off"), path.rpartition("/")[2])(**kwargs)
        (body,) = stub.posted(path)
    return dict(folded(body))


# -- D01, D02: one call's data in another, and in the caller's own (test_isolation.py goes on) ------------------------


def test_d01_a_face_stays_in_its_call() -> None:
    found = ran("leak_reactor_then_plain")
    assert found.script("ReActor", 0)[0] == {"$picture": f"data:image/png;base64,PNG {_RGB8}"}
    assert "alwayson_scripts" not in found.body(1)
    assert "alwayson_scripts" not in ran("leak_adetailer_then_plain").body(1)


def test_d01_also_with_two_clients() -> None:
    found = ran("leak_across_clients")
    assert found.script("roop", 0)[0] == {"$picture": f"data:image/png;base64,PNG {_RGB8}"}
    assert "alwayson_scripts" not in found.body(2)


def test_d01_also_with_calls_started_together() -> None:
    bodies = ran("async_gather_reactor_race").posted()
    scripts = {body["prompt"]: body.get("alwayson_scripts") for body in bodies}
    faces = {name: its and its["ReActor"]["args"][0]["$picture"] for name, its in scripts.items()}
    head = "data:image/png;base64,PNG"
    assert faces == {"alice": f"{head} {_RGB8}", "bob": f"{head} {_RGB8B}", "carol": None}


def test_d02_the_callers_dict_stays_as_it_is() -> None:
    found = ran("leak_into_callers_dict")
    assert found.body(1)["alwayson_scripts"] == {
        "Other": {"args": [1]},
        "Self Attention Guidance": {"args": [True]},
    }
    assert found.results[2] == {"Other": {"args": [1]}}


# -- D03, D04: samplers and schedulers --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["txt2img_sampler_index_only", "txt2img_readme_all_commented"])
def test_d03_sampler_index_is_the_sampler(name: str) -> None:
    assert ran(name).body()["sampler_name"] == "DDIM"


def test_d03_sampler_name_goes_first() -> None:
    assert _sent(prompt="x", sampler_name="Euler", sampler_index="DDIM")["sampler_name"] == "Euler"


def test_d04_no_scheduler_unless_asked_for() -> None:
    body = ran("txt2img_sampler_name_only").body()
    assert body["sampler_name"] == "DPM++ 2M SDE Karras"
    assert "scheduler" not in body


def test_d04_the_server_splits_the_old_name() -> None:
    api = webuiapi.WebUIApi(":local:")
    result = api.txt2img("x", sampler_name="DPM++ 2M SDE Karras", width=64, height=64, steps=1)
    assert "Sampler: DPM++ 2M SDE, Schedule type: Karras" in (result.infotexts[0] or "")
    api.close()


# -- D09, D10: ControlNet ---------------------------------------------------------------------------------------------


def test_d09_detect_sends_the_key_that_is_read() -> None:
    body = ran("controlnet_detect_readme").body()
    old = load("0.9.10")["controlnet_detect_readme"]["steps"][0]["requests"][0]["json"]
    assert body == {name: old[name] for name in ("controlnet_module", "controlnet_input_images")}


def test_d09_what_the_extension_says_is_raised() -> None:
    found = ran("controlnet_detect_real_answer")
    assert "answered 422: No image selected" in found.error(webuiapi.BadRequest)


def test_d09_poses_tensors_and_masks() -> None:
    answer = {"images": [], "poses": [{"people": []}], "tensor": ["AA=="], "info": "Success"}
    with Stub({"answer": {"/controlnet/detect": answer}}) as stub:
        api = webuiapi.WebUIApi(url=stub.url)
        result = api.controlnet_detect(gradient("RGB"), "openpose", masks=gradient("L"))
        assert folded(stub.posted("/controlnet/detect")[0])["controlnet_masks"] == [
            {"$picture": f"data:image/png;base64,PNG {looks(gradient('L'))}"}
        ]
    assert (result.poses, result.tensor, result.info) == ([{"people": []}], ["AA=="], "Success")


def test_d10_the_readmes_spelling_works_with_one_warning() -> None:
    found = ran("txt2img_controlnet_readme_input_image")
    assert found.warned() == ["DeprecationWarning"]
    old = load("0.9.10")["txt2img_controlnet_readme_input_image"]["steps"][0]["requests"][0]["json"]
    (unit,) = old["alwayson_scripts"]["ControlNet"]["args"]
    assert found.script("ControlNet") == [
        {"image": unit["input_image"], "module": unit["module"], "model": unit["model"], "enabled": True}
    ]


def test_d10_each_old_name() -> None:
    make: Any = webuiapi.ControlNetUnit
    for old, new in (("input_image", "image"), ("lowvram", "low_vram"), ("guidance", "guidance_end")):
        with pytest.warns(DeprecationWarning, match=f"{old}= is now {new}="):
            unit = make(**{old: 0.5})
        assert getattr(unit, new) == 0.5
        with pytest.raises(TypeError, match="both are given"):
            make(**{old: 0.5, new: 0.5})


# -- D13: ADetailer ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["txt2img_adetailer_readme", "img2img_adetailer_readme"])
def test_d13_only_what_was_said_behind_two_booleans(name: str) -> None:
    assert ran(name).script("ADetailer") == [True, False, {"ad_model": "face_yolov8n.pt"}]


def test_d13_all_options_as_they_were_said() -> None:
    kwargs = case("txt2img_adetailer_all_options")["steps"][0]["call"]["kwargs"]["adetailer"][0]["kwargs"]
    found = ran_with("txt2img_adetailer_all_options", ('"ck"', '"m.safetensors"'))  # which the server has
    assert found.script("ADetailer") == [True, False, {**kwargs, "ad_checkpoint": "m.safetensors"}]


@pytest.mark.parametrize(("known", "wire"), [("ad_mask_k", "ad_mask_k"), ("ad_mask_k_largest", "ad_mask_k_largest")])
@pytest.mark.parametrize("given", ["ad_mask_k", "ad_mask_k_largest"])
def test_d13_the_renamed_field_is_called_as_the_version_calls_it(known: str, wire: str, given: str) -> None:
    profile: dict[str, Any] = {"answer": {"/adetailer/v1/schema": {"properties": {known: {}}}}}
    unit = webuiapi.ADetailer(ad_model="f", **{given: 2})  # type: ignore[arg-type]
    scripts = _sent(profile=profile, prompt="x", adetailer=unit)["alwayson_scripts"]
    assert scripts["ADetailer"]["args"] == [True, False, {"ad_model": "f", wire: 2}]


def test_d13_everything_at_once_in_one_list_each() -> None:
    scripts = ran("txt2img_everything").body()["alwayson_scripts"]
    assert {name.lower() for name in scripts} == {
        "other", "controlnet", "adetailer", "animatediff", "roop", "reactor", "self attention guidance",
    }  # fmt: skip
    assert scripts["ADetailer"]["args"] == [True, False, {"ad_model": "f"}]
    assert scripts["Other"] == {"args": [1]}


@pytest.mark.parametrize("name", ["txt2img_reactor_default", "img2img_reactor_readme"])
def test_reactor_is_sent_as_far_as_it_has_to_be(name: str) -> None:
    """Not in the list of defects: of its 31 values all have defaults on the server but `select_source`, the 23rd."""
    arguments = ran(name).script("ReActor")
    assert len(arguments) == 23
    assert arguments[:2] == [{"$picture": f"data:image/png;base64,PNG {_RGB8B if 'readme' in name else _RGB8}"}, True]
    assert arguments[22] == 0


# -- D14: fields that nobody listed -----------------------------------------------------------------------------------


def test_d14_the_refiner_and_whatever_comes_next() -> None:
    found = ran_with("txt2img_unknown_keyword", ("r.safetensors", "m.safetensors"))
    assert found.body()["refiner_checkpoint"] == "m.safetensors"
    body = _sent(prompt="x", force_task_id="t", infotext="a", extra={"distilled_cfg_scale": 3.5, "of_tomorrow": None})
    assert {name: body[name] for name in ("force_task_id", "infotext", "distilled_cfg_scale", "of_tomorrow")} == {
        "force_task_id": "t",
        "infotext": "a",
        "distilled_cfg_scale": 3.5,
        "of_tomorrow": None,
    }


# -- D20 to D23: always-on scripts ------------------------------------------------------------------------------------


def test_d20_hand_written_arguments_are_sent_as_written() -> None:
    body = ran("txt2img_alwayson_overwritten_by_offswitch").body()
    assert body["alwayson_scripts"] == {"ADetailer": {"args": [True, {"ad_model": "face_yolov8n.pt"}]}}


def test_d21_one_key_whatever_its_case() -> None:
    body = ran("txt2img_alwayson_lowercase_duplicate").body()
    assert body["alwayson_scripts"] == {"controlnet": {"args": [{"module": "canny"}]}}
    body = _sent(
        profile={"scripts": ["controlnet"]},
        prompt="x",
        alwayson_scripts={"controlnet": {"args": [{"module": "canny"}]}},
        controlnet_units=webuiapi.ControlNetUnit(module="depth"),
    )
    assert body["alwayson_scripts"] == {
        "controlnet": {"args": [{"module": "canny"}, {"module": "depth", "enabled": True}]}
    }


def test_d22_none_is_nothing() -> None:
    assert "alwayson_scripts" not in ran("txt2img_none_alwayson_with_extension").body()


@pytest.mark.parametrize("name", ["txt2img_extensions_unused", "img2img_extensions_unused"])
def test_d23_no_off_switches(name: str) -> None:
    assert "alwayson_scripts" not in ran(name).body()


def test_d23_switched_off_by_hand_it_is_a_form_that_the_extension_reads() -> None:
    body = _sent(profile={"scripts": ["animatediff"]}, prompt="x", animatediff=webuiapi.AnimateDiff(enable=False))
    assert [value["args"] for value in body["alwayson_scripts"].values()] == [[{"enable": False}]]


# -- D24: AnimateDiff, what is sent (what comes back is in test_defects_received.py) ----------------------------------


def test_d24_the_video_source_is_sent() -> None:
    found = ran_with("txt2img_animatediff_all", (', "last_frame": "aGk="', ""))
    assert found.script("AnimateDiff")[0]["video_source"] == "/v.mp4"


def test_d24_a_picture_as_last_frame() -> None:
    found = ran("img2img_animatediff_last_frame_image")
    assert found.script("AnimateDiff")[0]["last_frame"] == {"$picture": f"PNG {_RGB8}"}


def test_d24_no_default_is_shared() -> None:
    assert webuiapi.AnimateDiff().format is None


# -- D28 to D30: pictures ---------------------------------------------------------------------------------------------


def test_d28_cmyk_is_converted() -> None:
    (picture,) = ran("img2img_mode_cmyk").body()["init_images"]
    assert picture["$picture"].startswith("data:image/png;base64,PNG RGB 8x8 ")


@pytest.mark.parametrize("mode", ["CMYK", "F", "I", "HSV", "LAB", "YCbCr", "PA", "La", "RGBa", "I;16B"])
def test_d28_every_mode_is_sent(mode: str) -> None:
    (picture,) = _sent("/sdapi/v1/img2img", images=noise(mode, 8, 8))["init_images"]
    assert picture["$picture"].startswith("data:image/png;base64,PNG ")


def test_d29_upright_and_with_its_parameters() -> None:
    picture = ran("png_info_jpeg").body()["image"]["$picture"]
    assert picture == "data:image/png;base64,PNG RGB 4x8 9ca4b171ad3e93c9"  # 8x4, to be turned by 90 degrees


def test_d29_a_file_goes_out_as_it_is(tmp_path: Path) -> None:
    data = file_of(gradient("RGB"), "JPEG", quality=90, exif=exif_user_comment("a cat\nSteps: 20, Seed: 7"))
    path = tmp_path / "cat.jpg"
    path.write_bytes(data)
    with Stub() as stub:
        api = webuiapi.WebUIApi(url=stub.url)
        for image in (path, data, io.BytesIO(data)):
            api.png_info(image)
        with Image.open(path) as opened:
            api.png_info(opened)
        sent = [body["image"] for body in stub.posted("/sdapi/v1/png-info")]
    assert sent == ["data:image/jpeg;base64," + base64.b64encode(data).decode()] * 4


def test_d30_anything_that_is_a_picture(tmp_path: Path) -> None:
    picture = gradient("RGB")
    data = file_of(picture)
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    numpy = pytest.importorskip("numpy")
    given = [picture, path, str(path), data, bytearray(data), io.BytesIO(data), numpy.array(picture)]
    for image in given:
        assert _sent("/sdapi/v1/img2img", images=[image])["init_images"] == [
            {"$picture": f"data:image/png;base64,PNG {_RGB8}"}
        ]
    url = "https://example.com/cat.png"
    assert _sent("/sdapi/v1/img2img", images=[url])["init_images"] == [url]


def test_d30_a_path_to_nothing_is_said_before_sending() -> None:
    found = ran("img2img_image_is_path")
    assert found.error(ValueError).startswith("images[0]='picture.png' can't be read")
    assert not found.posted()


def test_d30_one_picture_where_a_list_is_wanted() -> None:
    assert ran("img2img_image_not_in_list").body()["init_images"] == [
        {"$picture": f"data:image/png;base64,PNG {_RGB8}"}
    ]


# -- D31: defaults that override the server's -------------------------------------------------------------------------


def test_d31_only_what_was_said() -> None:
    assert _sent(prompt="x") == {"prompt": "x", "sampler_name": "Euler a", "steps": 20}
    with Stub() as stub:
        webuiapi.WebUIApi(url=stub.url, sampler=None, steps=None).txt2img("x")
        assert stub.posted("/sdapi/v1/txt2img") == [{"prompt": "x"}]


def test_d31_what_the_server_fails_without_is_sent() -> None:
    assert _sent(prompt="x", enable_hr=True)["denoising_strength"] == 0.7


def test_d31_a_unit_too() -> None:
    body = _sent(prompt="x", controlnet_units=webuiapi.ControlNetUnit(module="tile_resample"))
    assert body["alwayson_scripts"]["ControlNet"]["args"] == [{"module": "tile_resample", "enabled": True}]


def test_img2img_without_a_picture_is_said_before_sending() -> None:
    """Not in the list of defects: the server refuses an empty list."""
    found = ran("img2img_default_no_images")
    assert found.error(ValueError) == "images: img2img needs a picture to start from"
    assert not found.posted()
