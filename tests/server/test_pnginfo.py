"""png-info: what it finds in pictures of all kinds."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from webuiapi.infotext import exif_user_comment
from webuiapi.server.routes.extras import _plain

from .studio import Studio, text_of

TEXT = "a hen\nNegative prompt: fox\nSteps: 5, Sampler: LMS, Seed: 8, Size: 40x48, Clip skip: 3"


@pytest.fixture
def studio() -> Studio:
    return Studio()


def info(studio: Studio, image: str) -> dict[str, Any]:
    reply = studio.post("png-info", image=image)
    assert reply.status == 200, reply.body
    assert list(reply.body) == ["info", "items", "parameters"]
    body: dict[str, Any] = reply.body
    return body


def png(**texts: Any) -> str:
    chunks = PngInfo()
    for key, text in texts.items():
        chunks.add_text(key, text)
    return text_of(Image.new("RGB", (16, 8)), pnginfo=chunks)


def test_a_generated_picture(studio: Studio) -> None:
    reply = studio.txt2img(prompt="ein Häuschen, 家", negative_prompt="x")
    found = info(studio, reply.body["images"][0])
    assert found["info"] == reply.infotext
    assert found["items"] == {}
    assert found["parameters"]["Prompt"] == "ein Häuschen, 家"
    assert found["parameters"]["Size-1"] == "64"


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,", "  "])
def test_forms_of_the_picture(studio: Studio, prefix: str) -> None:
    assert info(studio, prefix + png(parameters=TEXT) + "\n")["info"] == TEXT


def test_values_stay_texts_and_defaults_are_added(studio: Studio) -> None:
    values = info(studio, png(parameters=TEXT))["parameters"]
    assert (values["Steps"], values["Clip skip"], values["Negative prompt"]) == ("5", "3", "fox")
    assert (values["RNG"], values["Hires resize-1"], values["Masked area padding"]) == ("GPU", 0, 32)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_user_comment(studio: Studio, kind: str) -> None:
    picture = text_of(Image.new("RGB", (16, 8)), kind, exif=exif_user_comment(TEXT))
    found = info(studio, picture)
    assert found["info"] == TEXT
    assert "exif" not in found["items"]


def test_comment_of_a_gif(studio: Studio) -> None:
    assert info(studio, text_of(Image.new("P", (16, 8)), "GIF", comment=TEXT.encode()))["info"] == TEXT


def test_other_metadata(studio: Studio) -> None:
    out = io.BytesIO()
    chunks = PngInfo()
    chunks.add_text("Author", "Somebody")
    Image.new("P", (16, 8)).save(out, "PNG", pnginfo=chunks, transparency=b"\x00\x10", dpi=(72, 72), icc_profile=b"x")
    found = info(studio, base64.b64encode(out.getvalue()).decode())
    assert found["info"] == ""
    assert found["items"]["Author"] == "Somebody"
    assert not found["items"].keys() & {"dpi", "icc_profile", "exif"}


def test_metadata_that_json_has_no_form_for(studio: Studio) -> None:
    out = io.BytesIO()
    Image.new("RGB", (16, 8)).save(out, "TIFF", tiffinfo={282: 72.0})
    reply = studio.post("png-info", image=base64.b64encode(out.getvalue()).decode())
    assert reply.body["items"] == {"compression": "raw", "resolution": [72.0, 1]}
    assert _plain({1: (b"x", 2.5)}) == {"1": ["x", 2.5]}
    assert _plain(1 + 2j) == "(1+2j)"


def novelai(**comment: Any) -> str:
    return png(Software="NovelAI", Description="a hen, coop", Comment=json.dumps(comment))


def test_novelai(studio: Studio) -> None:
    found = info(studio, novelai(steps=28, sampler="k_dpm_2_a", seed=9, scale=11.0, uc="lowres"))
    assert found["info"] == (
        "a hen, coop\nNegative prompt: lowres\nSteps: 28, Sampler: DPM2 a, CFG scale: 11.0, Seed: 9, Size: 16x8, "
        "Clip skip: 2, ENSD: 31337"
    )
    assert found["parameters"]["Prompt"] == "a hen, coop"
    assert "Sampler: Euler a" in info(studio, novelai(steps=1, sampler="new", seed=9, scale=1, uc=""))["info"]
    assert info(studio, novelai(steps=1))["info"] == ""
    assert info(studio, png(Software="NovelAI"))["info"] == ""
    assert info(studio, png(Software="NovelAI", Description="a hen", Comment="[" * 200_000))["info"] == ""


def test_styles_are_found(studio: Studio) -> None:
    text = "a hen, watercolor\nNegative prompt: fox, photo\nSteps: 5, Sampler: LMS, Seed: 8"
    values = info(studio, png(parameters=text))["parameters"]
    assert (values["Prompt"], values["Styles array"]) == ("a hen", ["Watercolor"])


def test_options(studio: Studio) -> None:
    studio.setting(infotext_skip_pasting=["Seed"], auto_backcompat=False)
    values = info(studio, png(parameters=TEXT + ", Version: v1.5.0"))["parameters"]
    assert "Seed" not in values
    assert "Downcast alphas_cumprod" not in values


@pytest.mark.parametrize("image", ["", "x", "data:image/png;base64,x", "AAAA", text_of(Image.new("L", (8, 8)))[:20]])
def test_no_picture(studio: Studio, image: str) -> None:
    assert studio.failing("png-info", image=image) == (500, "HTTPException", "Invalid encoded image")


def test_it_does_not_wait_for_its_turn(studio: Studio) -> None:
    with studio.app.state.queued("txt2img", name="busy"):
        assert info(studio, png(parameters=TEXT))["info"] == TEXT
