"""Endpoints that give a picture or a video, and what all interfaces have in common."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

import webuiapi
from support.callers import Caller
from webuiapi.checks import ParameterWarning

from ..bench import PICTURE, PNG, RAW, URI, Bench, Bound, pixels


def test_rembg(bench: Bench, client: Caller) -> None:
    bench.answers["/rembg"] = {"image": RAW}
    rembg = Bound(client, webuiapi.RemBGInterface)
    result = rembg.rembg(input_image=PNG, model="u2net", return_mask=False)
    assert bench.posts == [("/rembg", {"input_image": URI, "model": "u2net", "return_mask": False})]
    assert pixels(result.image) == PICTURE.tobytes()
    assert (result.info, result.parameters, len(result)) == ("", {}, 1)
    rembg.rembg(PNG, "isnet-anime", True, True, 200, 20, 5)
    assert bench.last == {
        "input_image": URI, "model": "isnet-anime", "return_mask": True, "alpha_matting": True,
        "alpha_matting_foreground_threshold": 200, "alpha_matting_background_threshold": 20,
        "alpha_matting_erode_size": 5,
    }  # fmt: skip
    with pytest.raises(ValueError, match="alpha_matting_erode_size=41 must be from 0 to 40"):
        rembg.rembg(PNG, alpha_matting_erode_size=41)


def test_rembg_without_a_model_gives_nothing(bench: Bench, client: Caller) -> None:
    bench.answers["/rembg"] = b"null"
    with pytest.warns(ParameterWarning, match="model='None' means no model"):
        result = Bound(client, webuiapi.RemBGInterface).rembg(PNG, model="None")
    assert len(result) == 0
    with pytest.raises(LookupError, match="the answer holds no pictures: no model was chosen"):
        _ = result.image


@pytest.mark.parametrize("body", [{}, [], {"info": "x"}])
def test_an_answer_that_is_no_result(bench: Bench, client: Caller, body: Any) -> None:
    bench.answers["/rembg"] = body
    with pytest.raises(webuiapi.AnswerError, match="/rembg answered without 'image'"):
        Bound(client, webuiapi.RemBGInterface).rembg(PNG)


def test_a_damaged_picture_is_told(bench: Bench, client: Caller) -> None:
    bench.answers["/rembg"] = {"image": RAW[:60]}
    with pytest.raises(webuiapi.ImageError, match="no picture in the answer is whole"):
        Bound(client, webuiapi.RemBGInterface).rembg(PNG)


def test_instruct_pix2pix(bench: Bench, client: Caller) -> None:
    bench.answers["/instruct-pix2pix/img2img"] = {"images": [RAW], "info": json.dumps({"seed": 3})}
    old = Bound(client, webuiapi.InstructPix2PixInterface)
    assert old.img2img().info == {"seed": 3}
    assert bench.last == {
        "init_images": [], "prompt": "", "negative_prompt": "", "output_batches": 1, "sampler": "Euler a", "steps": 20,
        "seed": 0, "randomize_seed": True, "text_cfg": 7.5, "image_cfg": 1.5, "randomize_cfg": False,
        "output_image_width": 512,
    }  # fmt: skip
    old.img2img([PNG], "sunset", steps=5)
    assert bench.last.items() >= {"init_images": [URI], "prompt": "sunset", "steps": 5}.items()


def test_videos_of_an_answer_are_kept(bench: Bench, client: Caller) -> None:
    video = b"\0\0\0\x20ftypisom" + bytes(20)
    bench.answers["/sdapi/v1/scripts"] = {"txt2img": ["animatediff"], "img2img": []}
    bench.answers["/sdapi/v1/txt2img"] = {
        "images": [base64.b64encode(video).decode(), RAW], "parameters": {}, "info": "{}",
    }  # fmt: skip
    result = client.txt2img("a", animatediff=webuiapi.AnimateDiff(format=["MP4"]))
    assert result.videos == [video]
    assert [part.kind for part in result.errors] == ["mp4"]
    assert repr(result).endswith("; 1 video>")
    assert len(result) == 1
    bench.answers["/sdapi/v1/txt2img"]["images"] = [base64.b64encode(video).decode()]
    only = client.txt2img("a", animatediff=webuiapi.AnimateDiff(format=["MP4"]))
    assert (only.videos, only.images) == ([video], [])
    with pytest.raises(LookupError, match="no pictures, but videos: they are in `videos`"):
        _ = only.image


def test_an_interface_shows_whose_it_is(client: Caller) -> None:
    bound = webuiapi.RemBGInterface(client.api)
    assert repr(bound) == f"RemBGInterface({client.api!r})"
    assert bound.rembg.__name__ == "rembg"
    assert bound.rembg.__doc__ == webuiapi.RemBG.__doc__


def test_an_endpoint_that_is_missing_says_so(client: Caller) -> None:
    with pytest.raises(webuiapi.NotFound, match="the extension that serves it is not installed or not enabled there"):
        Bound(client, webuiapi.RemBGInterface).rembg(PNG)
