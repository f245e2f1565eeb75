"""Answers become results: recorded ones of a real webui, those of its relatives, and odd ones."""

from __future__ import annotations

import base64
import json
import warnings
from typing import Any

import pytest
from PIL import Image

from contract.compare import RECORDINGS, Recording, recorded
from support.pictures import file_of, noise, with_parameters
from webuiapi import InterrogateResult, PngInfoResult
from webuiapi.answers import read_extras, read_generation
from webuiapi.api.extras import Interrogate, PngInfo
from webuiapi.request import Answer


def received(body: Any) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(200, {}, raw, "POST", "http://127.0.0.1:7860/x")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


FIRST = with_parameters(noise("RGB", 16, 8, 1), "a cat\nSteps: 20, Seed: 11, Size: 16x8")
SECOND = with_parameters(noise("RGB", 16, 8, 2), "a cat\nSteps: 20, Seed: 12, Size: 16x8")
PLAIN = file_of(noise("L", 8, 8))

# -- recorded answers -------------------------------------------------------------------------------------------------

Seeds = list[int | None]


@pytest.mark.parametrize(
    ("name", "seeds", "texts", "grid", "extra"),
    [
        ("txt2img/txt2img_minimal", [1], "x", False, 0),
        ("txt2img/txt2img_batch2_iter2", [1, 2, 3, 4], "xxxx", False, 0),
        ("txt2img/txt2img_batch2_iter2_save_images", [None, 1, 2, 3, 4], "xxxxx", True, 0),
        ("txt2img/txt2img_save_images_true", [1], "x", False, 0),
        ("txt2img/txt2img_random_seed", [3565288146], "x", False, 0),
        ("txt2img/txt2img_seed_huge", [2**40], "x", False, 0),
        ("txt2img/txt2img_override_jpeg_no_config", [1], "x", False, 0),
        ("txt2img/txt2img_send_images_false", [], "", False, 0),
        ("txt2img/txt2img_script_xyz", [None], "x", True, 0),
        ("txt2img/txt2img_script_xyz_lone_images", [None, None, 1, 1, 1, 1], "x-xxxx", True, 1),
        ("txt2img/txt2img_script_xyz_bad_axis_value", [], "", False, 0),
        ("txt2img/txt2img_script_prompt_matrix", [None, 1, 1, 1, 1], "xxxxx", True, 0),
        ("img2img/img2img_simple", [1], "x", False, 0),
        ("img2img/img2img_mask_save_options", [1, None, None], "x--", False, 2),
        ("img2img/img2img_script_loopback", [None, 1, 2], "-xx", True, 0),
        ("img2img/img2img_script_sd_upscale", [1], "x", False, 0),
        ("controlnet/txt2img_cn_ok", [1, None], "x-", False, 1),
        ("controlnet/txt2img_cn_two_units", [1, None, None], "x--", False, 2),
        ("running/txt2img_interrupted", [1], "x", False, 0),
        ("running/txt2img_skipped", [1, 2], "xx", False, 0),
        ("auth/ok_post", [1055002142], "x", False, 0),
    ],
)
def test_recorded_generations(name: str, seeds: Seeds, texts: str, grid: bool, extra: int) -> None:
    body = recorded(name).response["body"]
    result = read_generation(received(body))
    assert [b64(data) for data in result.content] == body["images"]
    assert len(result.images) == len(result) == len(seeds)
    assert result.seeds == seeds
    assert "".join("-" if text is None else "x" for text in result.infotexts) == texts
    assert (result.grid is not None) is grid
    assert len(result.extra_images) == extra
    assert result.info == json.loads(body["info"])
    assert result.parameters == body["parameters"]
    assert result.json == body
    assert result.errors == []
    for seed, text in zip(result.seeds, result.infotexts, strict=True):
        if seed is not None:
            assert f"Seed: {seed}," in str(text)


GENERATIONS = [
    Recording(path)
    for folder in ("txt2img", "img2img", "controlnet", "running", "nowebui", "options")
    for path in sorted((RECORDINGS / folder).glob("*.json"))
]


@pytest.mark.parametrize(
    "recording",
    [item for item in GENERATIONS if item.response.get("status") == 200 and "2img" in item.request.get("path", "")],
    ids=lambda item: item.name,
)
def test_every_recorded_generation_is_read(recording: Recording) -> None:
    result = read_generation(received(recording.response["body"]))
    assert len(result.seeds) == len(result.infotexts) == len(result.images) == len(result.content)
    assert result.json == recording.response["body"]
    result.load()


def test_where_a_grid_and_its_pictures_stand() -> None:
    result = read_generation(received(recorded("txt2img/txt2img_batch2_iter2_save_images").response["body"]))
    assert result.grid is result.images[0]
    assert result.grid.size == (128, 128)
    assert {image.size for image in result.images[1:]} == {(64, 64)}
    masks = read_generation(received(recorded("img2img/img2img_mask_save_options").response["body"]))
    assert masks.grid is None
    assert masks.extra_images == masks.images[1:]


@pytest.mark.parametrize("name", ["single_lanczos", "single_txt2img_png", "batch", "single_two"])
def test_recorded_extras(name: str) -> None:
    body = recorded(f"extras/extra_{name}").response["body"]
    result = read_extras(received(body))
    assert result.html_info == result.info == body["html_info"]
    assert len(result.images) == (2 if name == "batch" else 1)
    assert result.seeds == {"single_txt2img_png": [1], "batch": [None, 1]}.get(name, [None])
    assert [b64(data) for data in result.content] == (body.get("images") or [body.get("image")])
    assert result.json == body


def test_a_recorded_extras_call_that_found_nothing() -> None:
    result = read_extras(received(recorded("extras/extra_batch_empty").response["body"]))
    assert result.images == []
    with pytest.raises(LookupError, match=r"^the answer holds no pictures$"):
        _ = result.image


def test_recorded_png_info() -> None:
    body = recorded("extras/pnginfo_txt2img").response["body"]
    result = PngInfo("http://x").parse(received(body))
    assert type(result) is PngInfoResult
    assert result.info == str(result) == body["info"]
    assert (result.items, result.parameters) == (body["items"], body["parameters"])
    assert result.json == body
    empty = PngInfo("http://x").parse(received(recorded("extras/pnginfo_plain").response["body"]))
    assert empty.info == ""
    odd = PngInfo("http://x").parse(received({"info": None, "items": None, "parameters": None}))
    assert (odd.info, odd.items, odd.parameters) == ("", {}, {})


def test_recorded_interrogate() -> None:
    result = Interrogate("http://x").parse(received({"caption": "a cat"}))
    assert type(result) is InterrogateResult
    assert result.caption == result.info == str(result) == "a cat"


# -- the relatives ----------------------------------------------------------------------------------------------------

ODD_INFO: dict[str, Any] = {"all_seeds": ["x"], "infotexts": "x", "index_of_first_image": -3}
TEXTS = ["a\nSteps: 1, Seed: 11", "a\nSteps: 1, Seed: 12"]
INFO: dict[str, Any] = {"seed": 11, "all_seeds": [11, 12], "infotexts": TEXTS, "index_of_first_image": 0}


@pytest.mark.parametrize(
    ("body", "info", "seeds", "texts"),
    [
        pytest.param({"images": [b64(PLAIN)], "parameters": {}, "info": ""}, {}, [None], [None], id="KoboldCpp"),
        pytest.param({"images": [b64(PLAIN)]}, {}, [None], [None], id="Draw Things"),
        pytest.param({"images": [b64(PLAIN)], "info": "generated-locally"}, {}, [None], [None], id="a shim"),
        pytest.param({"images": [b64(PLAIN)], "info": "{broken"}, {}, [None], [None], id="broken info"),
        pytest.param({"images": [b64(PLAIN)], "info": "[1]"}, {}, [None], [None], id="info is a list"),
        pytest.param({"images": [b64(PLAIN)], "info": '{"a": NaN}'.replace("NaN", "1e999")}, {"a": float("inf")},
                     [None], [None], id="info with infinity"),
        pytest.param({"images": [b64(PLAIN), b64(PLAIN)], "info": json.dumps(INFO)}, INFO, [11, 12],
                     INFO["infotexts"], id="sd.cpp: nothing in the files"),
        pytest.param({"images": [b64(PLAIN), b64(PLAIN)], "info": INFO, "parameters": {"a": 1}}, INFO, [11, 12],
                     INFO["infotexts"], id="info as an object"),
        pytest.param({"images": [b64(PLAIN)] * 3, "info": {**INFO, "infotexts": []}}, {**INFO, "infotexts": []},
                     [11, 12, None], [None] * 3, id="seeds without texts"),
        pytest.param({"images": [b64(PLAIN)], "info": ODD_INFO}, ODD_INFO, [None], [None], id="odd info"),
        pytest.param({"parameters": None, "info": None, "images": ["data:image/png;base64," + b64(FIRST)]}, {}, [11],
                     ["a cat\nSteps: 20, Seed: 11, Size: 16x8"], id="another order, a data URI"),
    ],
)  # fmt: skip
def test_answers_of_relatives(body: Any, info: Any, seeds: Seeds, texts: list[str | None]) -> None:
    result = read_generation(received(body))
    assert result.info == info
    assert result.seeds == seeds
    assert result.infotexts == texts
    assert result.grid is None
    assert result.extra_images == []


def test_masks_between_the_pictures_when_the_files_hold_nothing() -> None:
    """enable_pnginfo is off: only the order tells which picture is which."""
    info = {**INFO, "index_of_first_image": 1, "infotexts": ["grid", *TEXTS]}
    settings = {"return_mask": True, "return_mask_composite": True}
    body = {"images": [b64(PLAIN)] * 7, "parameters": {"override_settings": settings}, "info": info}
    result = read_generation(received(body))
    assert result.infotexts == ["grid", TEXTS[0], None, None, TEXTS[1], None, None]
    assert result.seeds == [None, 11, None, None, 12, None, None]
    assert len(result.extra_images) == 4


def test_an_animated_picture() -> None:
    frames = [Image.new("L", (4, 4), value) for value in (10, 200)]
    gif = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    result = read_generation(received({"images": [b64(gif)], "info": ""}))
    assert getattr(result.image, "n_frames", 1) == 2


def test_videos_are_kept_beside_the_pictures() -> None:
    video = b"\0\0\0\x20ftypisom" + bytes(20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = read_generation(received({"images": [b64(video)], "info": ""}))
    assert result.images == []
    assert result.videos == [video]
    assert (result.errors[0].kind, str(result.errors[0])) == ("mp4", "image 0 of the answer is a video (mp4)")
    with pytest.raises(LookupError, match="no pictures, but videos"):
        _ = result.image
