"""The pictures that the tests of the client send, and how they look on the wire."""

from __future__ import annotations

import base64
import re

from PIL import Image

from support.pictures import file_of, noise, with_parameters

SQUARE = noise("RGB", 16, 16)
PNG = with_parameters(SQUARE, "a cat\nSteps: 20, Seed: 7", Comment="é 猫")
JPEG = file_of(SQUARE, "JPEG", quality=95)
WEBP = file_of(SQUARE, "WEBP", lossless=True)


def uri(data: bytes, kind: str = "png") -> str:
    """The file as a data URI."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def picture_in(text: str) -> bytes:
    """The file in a data URI."""
    head, _, content = text.partition(",")
    assert re.fullmatch(r"data:image/[a-z]+;base64", head)
    return base64.b64decode(content, validate=True)


def turned(kind: str, orientation: int, size: tuple[int, int] = (16, 8)) -> bytes:
    """A file whose EXIF orientation says how it is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return file_of(noise("RGB", *size), kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
