"""What is no picture is refused before anything is sent, by the name of the parameter."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from support.callers import Caller
from support.pictures import file_of, noise
from support.samples import PNG
from support.scripted import Scripted
from webuiapi import WebUIApiResult

CUT = PNG[:-20]
CLOSED = Image.open(io.BytesIO(PNG))
CLOSED.close()


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (5, TypeError, r"^images\[0\]: an int is no picture: accepted are a Pillow image, a path, bytes"),
        (object(), TypeError, r"^images\[0\]: an object is no picture"),
        (io.StringIO("x"), TypeError, r"^images\[0\]: the file given is open as text; open it with mode 'rb'"),
        (b"", ValueError, r"^images\[0\]: what was given \(0 bytes\) is no picture"),
        (b"<html>", ValueError, r"^images\[0\]: what was given \(6 bytes\) is no picture: its first bytes are of no"),
        (CUT, ValueError, rf"^images\[0\]: what was given \({len(CUT)} bytes\) is cut off"),
        (PNG[:20] + PNG[-12:], ValueError, r"^images\[0\]: what was given \(32 bytes\) can't be read as a picture"),
        (b"\0\0\0\x20ftypisom....", ValueError, r"^images\[0\] is a video \(mp4\): a picture is needed"),
        ("missing.png", ValueError, r"^images\[0\]='missing.png' can't be read: No such file"),
        (Path("missing"), ValueError, r"^images\[0\]='missing' can't be read: No such file"),
        ("a cat", ValueError, r"^images\[0\]='a cat' is neither a file nor base64 text of a picture: accepted are"),
        ("x" * 500, ValueError, r"^images\[0\]='x{60}'\.\.\. is neither a file nor base64 text of a picture"),
        ("-" * 500, ValueError, r"^images\[0\]='-{60}'\.\.\. is neither a file nor base64 text"),
        ("nul\0character", ValueError, r"^images\[0\]='nul\\x00character' is neither"),
        ("data:image/png,xyz", ValueError, r"^images\[0\]='data:image/png,xyz'... is no data URI"),
        ('data:image/png;name="x";base64,AAAA', ValueError, r"is no data URI"),
        ("data:image/png;base64,AAAA", ValueError, r"^images\[0\]=data:image/png;base64,'AAAA' has no base64 text of"),
        (base64.b64encode(CUT).decode(), ValueError, r"^images\[0\]: the base64 text is cut off"),
        (CLOSED, ValueError, r"^images\[0\]: the picture can't be read"),
        (Image.new("RGB", (0, 0)), ValueError, r"^images\[0\]: a picture of 0x0 pixels has nothing to send"),
        (WebUIApiResult([], {}), ValueError, "^images: img2img needs a picture to start from$"),
        ([], ValueError, "^images: img2img needs a picture to start from$"),
        (numpy.zeros((4, 4, 3)), ValueError, r"^images\[0\]: an array of shape \(4, 4, 3\) and type float64 is no"),
        (numpy.zeros((4, 4, 2), numpy.uint8), ValueError, r"shape \(4, 4, 2\) and type uint8 is no picture: \(height"),
        (numpy.zeros((0, 4), numpy.uint8), ValueError, r"shape \(0, 4\)"),
        (numpy.uint8(4), ValueError, r"shape \(\)"),
        ([WebUIApiResult([], {})], ValueError, r"^images\[0\]: the result given holds no picture"),
        ([PNG, 5], TypeError, r"^images\[1\]: an int is no picture"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(
    caller: Caller, scripted: Scripted, value: Any, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        caller.img2img(value, "x", batch_size=2)
    assert scripted.connections == 0


def test_the_parameter_is_named(caller: Caller) -> None:
    with pytest.raises(TypeError, match="mask_image: an int is no picture"):
        caller.img2img(PNG, mask_image=5)
    with pytest.raises(TypeError, match="image: an int is no picture"):
        caller.extra_single_image(5, upscaler_1="Lanczos")
    with pytest.raises(TypeError, match=r"^images\[1\]: an int is no picture"):
        caller.extra_batch_images([PNG, 5], upscaler_1="Lanczos")
    with pytest.raises(TypeError, match="image: an int is no picture"):
        caller.png_info(5)
    with pytest.raises(TypeError, match="image: an int is no picture"):
        caller.interrogate(5)


def test_damage_behind_the_head_of_a_file_is_named_when_it_has_to_be_encoded(caller: Caller) -> None:
    data = bytearray(file_of(noise("RGB", 64, 64), "GIF"))
    data[900:] = b";"
    with pytest.raises(ValueError, match=r"^images\[0\]: the picture can't be read: "):
        caller.img2img(bytes(data), "x", size=(8, 8))
