"""Pictures in and out: lenient base64, transparency, damaged files, and the formats of answers."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from webuiapi.server.errors import HTTPError
from webuiapi.server.processing.pictures import decode, encode, flat

from .studio import opened, text_of

OPTIONS: dict[str, Any] = {"api_enable_requests": True, "samples_format": "png", "jpeg_quality": 80}
PICTURE = Image.effect_noise((24, 16), 50).convert("RGB")


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        lambda text: f"data:image/anything;base64,{text}",
        lambda text: f"data:image/png;charset=x,{text}",
        lambda text: "\n".join(text[place : place + 60] for place in range(0, len(text), 60)),
        lambda text: f" {text}\n",
        lambda text: text[:40] + "!*-_" + text[40:],
    ],
)
def test_lenient_base64(form: Any) -> None:
    assert decode(form(text_of(PICTURE)), OPTIONS).tobytes() == PICTURE.tobytes()


@pytest.mark.parametrize("text", ["", " ", "a", "abc", "data:image/png;base64,", "data:text/plain;base64,AAAA", "é"])
def test_no_picture(text: str) -> None:
    with pytest.raises(HTTPError, match="Invalid encoded image") as caught:
        decode(text, OPTIONS)
    assert caught.value.status == 500


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_picture(data: bytes) -> None:
    with pytest.raises(HTTPError, match="Invalid encoded image"):
        decode(base64.b64encode(data).decode(), OPTIONS)


def test_a_palette_with_transparency_gets_an_alpha_channel() -> None:
    paletted = Image.new("P", (2, 1))
    paletted.putpalette([0, 0, 0, 9, 9, 9])
    paletted.putpixel((1, 0), 1)
    image = decode(text_of(paletted, transparency=b"\x10\x80"), OPTIONS)
    assert image.mode == "RGBA"
    assert [image.getchannel("A").getpixel((x, 0)) for x in (0, 1)] == [0x10, 0x80]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_png_of_any_mode(mode: str) -> None:
    image = PICTURE.convert("L").convert(mode) if mode != "I;16" else Image.new(mode, (8, 8), 700)
    image.info.clear()
    image.info.update({"parameters": "x", "number": 5})
    back = opened(encode(image, OPTIONS))
    assert (back.mode, back.tobytes()) == (mode, image.tobytes())
    assert back.info == {"parameters": "x"}


def test_transparency_beside_the_pixels_is_kept() -> None:
    image = Image.new("RGB", (4, 4), "red")
    image.info["transparency"] = (255, 0, 0)
    assert opened(encode(image, OPTIONS)).info["transparency"] == (255, 0, 0)


@pytest.mark.parametrize(("kind", "mode"), [("jpg", "RGBA"), ("webp", "RGBA"), ("jpeg", "P"), ("jpg", "L")])
def test_formats_without_transparency(kind: str, mode: str) -> None:
    back = opened(encode(Image.new(mode, (8, 8)), {**OPTIONS, "samples_format": kind}))
    assert back.mode == ("L" if mode == "L" else "RGB")


def test_flat() -> None:
    clear = Image.new("RGBA", (1, 1), (200, 0, 0, 0))
    assert flat(clear, "#0000ff").getpixel((0, 0)) == (0, 0, 255)
    assert flat(Image.new("L", (1, 1), 9), "white").getpixel((0, 0)) == (9, 9, 9)
