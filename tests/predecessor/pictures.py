"""The pictures that the cases send, and how a picture is described: format, mode, size and a hash of its pixels."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import struct
from typing import Any

from PIL import Image, PngImagePlugin

_UNREADABLE = (OSError, ValueError, SyntaxError)  # what Pillow raises for a picture that it cannot read
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]{40,}")
_HEAD = re.compile(r"data:[^;]*;base64,")


def gradient(mode: str, size: tuple[int, int] = (8, 8), shift: int = 0) -> Image.Image:
    """A small coloured picture of the given mode."""
    width, height = size
    values = [
        v
        for y in range(height)
        for x in range(width)
        for v in ((x * 32 + shift) % 256, y * 32 % 256, (x + y) * 16 % 256)
    ]
    image = Image.frombytes("RGB", size, bytes(values))
    return image if mode == "RGB" else image.convert(mode)


def _reopened(image: Image.Image, kind: str, **options: Any) -> Image.Image:
    """The picture as it comes back from a file of the given format, decoded."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    again = Image.open(io.BytesIO(buffer.getvalue()))
    again.load()
    return again


def pictures() -> dict[str, Image.Image]:
    """The pictures by the names that the cases use."""
    rgba = gradient("RGBA")
    rgba.putalpha(gradient("L"))
    mask = Image.new("RGB", (8, 8), "black")
    mask.paste((255, 255, 255), (2, 2, 6, 6))
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a cat\nNegative prompt: dog\nSteps: 20, Seed: 7")
    text.add_text("Title", "é")
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be turned by 90 degrees
    exif[0x010E] = "a cat, Steps: 20"
    return {
        "rgb8": gradient("RGB"),
        "rgb8b": gradient("RGB", (8, 4), 100),
        "l8": gradient("L"),
        "rgba8": rgba,
        "one8": gradient("L").point([0] * 81 + [255] * 175).convert("1"),
        "cmyk8": gradient("CMYK"),
        "i16": Image.frombytes("I;16", (4, 4), struct.pack("<16H", *range(0, 64000, 4000))),
        "mask8": mask,
        "png_text": _reopened(gradient("RGB"), "PNG", pnginfo=text, dpi=(72, 72)),
        "jpeg_exif": _reopened(gradient("RGB", (8, 4)), "JPEG", exif=exif, quality=90),
    }


def looks(image: Image.Image) -> str:
    """Mode, size and a short hash of the pixels."""
    try:
        image.load()
    except _UNREADABLE as error:
        return f"unreadable: {type(error).__name__}"
    pixels = hashlib.sha256(repr((image.mode, image.size)).encode() + image.tobytes()).hexdigest()[:16]
    return f"{image.mode} {image.width}x{image.height} {pixels}"


def describe(text: str) -> dict[str, Any] | None:
    """What a base64 picture (plain or as a data URI) holds; None when the text is none."""
    head = _HEAD.match(text)
    prefix = head.group(0) if head else ""
    raw = text[len(prefix) :]
    if not _BASE64.fullmatch(raw):
        return None
    try:
        image = Image.open(io.BytesIO(base64.b64decode(raw)))
        image.load()
    except _UNREADABLE:
        return None
    found: dict[str, Any] = {"$picture": f"{prefix}{image.format} {looks(image)}"}
    texts = {key: value for key, value in image.info.items() if isinstance(value, str)}
    return {**found, "text": texts} if texts else found


def folded(value: Any) -> Any:
    """A JSON value with every picture in it replaced by its description."""
    if isinstance(value, dict):
        return {key: folded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [folded(item) for item in value]
    if isinstance(value, str):
        return describe(value) or value
    return value
