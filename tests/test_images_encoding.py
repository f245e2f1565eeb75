"""Pictures of every mode as PNG, and other values in requests that are pictures."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from support.pictures import noise, opened, read_png
from support.samples import PNG, SQUARE, uri
from webuiapi import WebUIApiResult, images
from webuiapi.encoding import encode

MODES = [
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "CMYK",
    "YCbCr",
    "HSV",
    "LAB",
    "I",
    "F",
    "I;16",
    "I;16B",
]


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_can_be_sent(mode: str) -> None:
    image = noise(mode, 9, 5)
    found = opened(encode(image, "image"))
    assert found.size == (9, 5)
    kept = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}
    assert found.mode == (mode if mode in kept else WANTED[mode])
    if mode in kept:
        assert found.tobytes() == image.tobytes()
    elif mode in ("I", "I;16B"):
        assert found.convert("I").tobytes() == image.convert("I").tobytes()
    elif mode != "LAB":
        assert found.tobytes() == image.convert(WANTED[mode]).tobytes()


WANTED = {
    "La": "LA", "PA": "RGBA", "RGBa": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "HSV": "RGB", "LAB": "RGB",
    "I": "I;16", "I;16B": "I;16", "F": "L",
}  # fmt: skip


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_transparent_colour_stays(mode: str) -> None:
    image = noise(mode, 8, 8)
    image.info["transparency"] = {"P": 3, "L": 7, "RGB": (1, 2, 3)}[mode]
    found = opened(encode(image, "image"))
    assert (found.mode, found.info["transparency"]) == (mode, image.info["transparency"])
    assert found.tobytes() == image.tobytes()


@pytest.mark.parametrize("mode", ["1", "P"])
def test_texts_stay_where_pillow_writes(mode: str) -> None:
    image = noise(mode, 8, 8)
    image.info["parameters"] = "a cat"
    assert opened(encode(image, "image")).info["parameters"] == "a cat"


def test_what_the_text_of_a_picture_is() -> None:
    assert images.Picture(PNG).ascii() == uri(PNG).encode()
    assert images.Picture(PNG, uri=False).ascii() == base64.b64encode(PNG)
    assert images.Picture(b"?").prefix == "data:image/png;base64,"
    assert images.PictureText("AAAA").ascii() == b"AAAA"


def test_stored_pictures_are_not_packed() -> None:
    flat = Image.new("RGB", (64, 64), "red")
    packed, stored = (images.outgoing(flat, "image", stored=how) for how in (False, True))
    assert len(packed.data) < 64 * 64 * 3 < len(stored.data)
    assert read_png(stored.data).pixels == flat.tobytes()


def test_what_is_a_picture_and_nothing_else() -> None:
    yes = [PNG, bytearray(PNG), memoryview(PNG), io.BytesIO(PNG), SQUARE, numpy.zeros((2, 2)), WebUIApiResult([], {})]
    assert [images.is_picture(value) for value in yes] == [True] * len(yes)
    no = ["x", Path("x"), 5, None, [], {}, 1.5]
    assert [images.is_picture(value) for value in no] == [False] * len(no)


class Unit:
    """Something that says itself how it is sent."""

    def __wire__(self) -> Any:
        return {"image": PNG}


def test_units_say_how_they_are_sent() -> None:
    from webuiapi import wire

    body = wire.encode({"args": [Unit()]}, images.convert).join()
    assert json.loads(body) == {"args": [{"image": base64.b64encode(PNG).decode()}]}
    with pytest.raises(TypeError, match="an object can't be sent as JSON: <object"):
        wire.encode({"args": [object()]}, images.convert)
