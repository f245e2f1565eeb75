"""Saved in another format, parameters carried over; and every prompt as a name."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from conftest import Connect
from support.pictures import file_of, noise, opened, with_parameters
from support.scripted import Scripted
from webuiapi import WebUIApiResult, saving
from webuiapi.infotext import read_image_text

TEXT = "a cat, très jolie 猫\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, Seed: {}, Size: 16x8, Model: tiny"
FIRST = with_parameters(noise("RGB", 16, 8, 1), TEXT.format(11))
SECOND = with_parameters(noise("RGBA", 16, 8, 2), TEXT.format(12))
JPEG = file_of(noise("RGB", 16, 8, 3), "JPEG")
INFO = {"prompt": "from info", "sd_model_name": "info model", "sampler_name": "info sampler"}


def result_of(*pictures: bytes, info: dict[str, Any] | None = None) -> WebUIApiResult:
    return WebUIApiResult(pictures, info or {})


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)).replace(os.sep, "/") for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp", ".avif", ".gif", ".JPG"])
@pytest.mark.parametrize("data", [FIRST, SECOND], ids=["RGB", "RGBA"])
def test_another_format_keeps_the_parameters(tmp_path: Path, suffix: str, data: bytes) -> None:
    (path,) = result_of(data).save(tmp_path / f"x{suffix}")
    assert path.suffix == suffix
    image = opened(path.read_bytes())
    assert image.format == {".jpg": "JPEG", ".jpeg": "JPEG"}.get(suffix.lower(), suffix[1:].upper())
    assert image.size == (16, 8)
    assert read_image_text(path.read_bytes()) == read_image_text(data)


@pytest.mark.parametrize("suffix", [".bmp", ".tif", ".tiff"])
def test_formats_without_a_place_for_them(tmp_path: Path, suffix: str) -> None:
    (path,) = result_of(FIRST).save(tmp_path / f"x{suffix}")
    assert opened(path.read_bytes()).tobytes() == opened(FIRST).tobytes()


def test_jpeg_to_png_keeps_the_parameters(tmp_path: Path) -> None:
    (jpeg,) = result_of(FIRST).save(tmp_path / "x.jpg")
    (png,) = result_of(jpeg.read_bytes()).save(tmp_path / "x.png")
    assert opened(png.read_bytes()).info["parameters"] == TEXT.format(11)
    assert opened(png.read_bytes()).tobytes() == opened(jpeg.read_bytes()).tobytes()


def test_a_text_that_only_the_answer_has_is_written_in(tmp_path: Path) -> None:
    text = TEXT.format(5)
    result = WebUIApiResult([file_of(noise("RGB", 8, 8))], {"infotexts": [text], "all_seeds": [5]})
    (path,) = result.save(tmp_path / "{seed}.webp", lossless=True)
    assert path.name == "5.webp"
    assert read_image_text(path.read_bytes()) == text
    (path,) = WebUIApiResult([JPEG], {"infotexts": [text]}).save(tmp_path / "x.png")
    assert read_image_text(path.read_bytes()) == text


def test_transparency_becomes_white_in_a_jpeg(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    (path,) = result_of(file_of(clear)).save(tmp_path / "x.jpg")
    assert opened(path.read_bytes()).getpixel((4, 4)) == (255, 255, 255)
    palette = Image.new("P", (8, 8), 0)
    (path,) = result_of(file_of(palette, transparency=0)).save(tmp_path / "y.jpg")
    assert opened(path.read_bytes()).getpixel((4, 4)) == (255, 255, 255)
    (path,) = result_of(file_of(palette)).save(tmp_path / "z.jpg")
    assert opened(path.read_bytes()).mode == "RGB"


def test_options_go_to_pillow(tmp_path: Path) -> None:
    large = file_of(noise("RGB", 64, 64))
    (coarse,) = result_of(large).save(tmp_path / "a.jpg", quality=10)
    (fine,) = result_of(large).save(tmp_path / "b.jpg")
    assert coarse.stat().st_size < fine.stat().st_size
    (again,) = result_of(FIRST).save(tmp_path / "c.png", compress_level=9)
    assert again.read_bytes() != FIRST
    assert opened(again.read_bytes()).info["parameters"] == TEXT.format(11)
    (jpeg,) = result_of(JPEG).save(tmp_path / "d.jpg", quality=5)
    assert jpeg.read_bytes() != JPEG
    with pytest.raises(ValueError, match="the picture can't be written as webp: "):
        result_of(FIRST).save(tmp_path / "e.webp", quality="high")


def test_avif_where_pillow_can_not_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import features

    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.raises(ValueError, match="this Pillow can't write AVIF"):
        result_of(FIRST).save(tmp_path / "x.avif")
    assert files(tmp_path) == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF"])
def test_without_a_suffix_the_received_format_counts(tmp_path: Path, kind: str) -> None:
    data = file_of(noise("L", 16, 16), kind)
    (path,) = result_of(data).save(tmp_path / "x")
    assert path.suffix == saving.SUFFIXES[kind.lower()]
    assert path.read_bytes() == data


# -- any prompt at all ------------------------------------------------------------------------------------------------

RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


@given(st.text() | st.text(st.characters(categories=["Cs", "Cc", "Zs", "Lo", "Po"])))
@example("nul")
@example("CON.txt, a cat")
@example("..")
@example("a" * 300)
@example("猫" * 300)
@example("word " * 50)
@example("\ud800")
@example("com1")
@example(".hidden.")
def test_every_prompt_is_a_name_on_every_system(text: str) -> None:
    name = saving.safe(text, 60)
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f]', name)
    assert name == name.strip(" .")
    assert len(name) <= 61
    assert len(name.encode()) <= 200, "and it can be written as UTF-8"
    assert name.split(".")[0].strip().lower() not in RESERVED


def test_a_long_prompt_is_cut_between_words() -> None:
    assert (
        saving.safe("a very long prompt about many small things, that goes on and on", 30)
        == "a very long prompt about many"
    )
    assert saving.safe("a" * 100, 30) == "a" * 30


@given(st.text(max_size=80))
@example("a/../../b")
@example("C:\\x")
@example("{seed}")
def test_no_prompt_leaves_the_folder(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "prompts"
    result = WebUIApiResult([FIRST], {}, {})
    result.__dict__["infotexts"] = [f"{text}\nSteps: 1, Seed: 1, Size: 8x8"]
    (path,) = result.save(folder / "{prompt}", overwrite=True)
    assert path.parent == folder
    assert path.read_bytes() == FIRST
    path.unlink()


# -- over the wire ----------------------------------------------------------------------------------------------------


def test_what_was_received_is_what_is_saved(connect: Connect, scripted: Scripted, tmp_path: Path) -> None:
    import base64

    from support.scripted import answer

    scripted.play(answer({"images": [base64.b64encode(FIRST).decode()], "info": json.dumps(INFO)}))
    (path,) = connect(url=scripted.url).txt2img("x").save(tmp_path / "cat")
    assert path.read_bytes() == FIRST
    assert Image.open(io.BytesIO(path.read_bytes())).info["parameters"] == TEXT.format(11)
