"""Pictures for the tests, and a second reader of PNG that owes nothing to Pillow."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, PngImagePlugin

CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
MODE_OF = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}


def noise(mode: str, width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture of random pixels in any mode of Pillow's."""
    draw = random.Random(seed)
    if mode in ("1", "P"):
        grey = Image.frombytes("L", (width, height), draw.randbytes(width * height))
        return grey.convert("1") if mode == "1" else grey.convert("RGB").quantize(16)
    if mode == "PA":
        return noise("P", width, height, seed).convert("PA")
    size = len(Image.new(mode, (1, 1)).tobytes())
    if mode == "F":
        numbers = [draw.uniform(0, 255) for _ in range(width * height)]
        return Image.frombytes("F", (width, height), struct.pack(f"{len(numbers)}f", *numbers))
    if mode == "I":
        values = [draw.randrange(1 << 16) for _ in range(width * height)]
        return Image.frombytes("I", (width, height), struct.pack(f"{len(values)}i", *values))
    return Image.frombytes(mode, (width, height), draw.randbytes(width * height * size))


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as Pillow writes it into a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_parameters(image: Image.Image, text: str, **others: str) -> bytes:
    """A PNG with generation parameters, as the webui writes it."""
    info = PngImagePlugin.PngInfo()
    for name, value in {"parameters": text, **others}.items():
        info.add_text(name, value)
    return file_of(image, pnginfo=info)


def opened(data: bytes) -> Image.Image:
    """The file as Pillow reads it, decoded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@dataclass
class Decoded:
    """A PNG as the second reader sees it."""

    mode: str
    size: tuple[int, int]
    pixels: bytes
    texts: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()


def read_png(data: bytes) -> Decoded:
    """Read an 8-bit PNG without interlace. Raises `AssertionError` for anything that the format forbids."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, texts, order = 8, b"", {}, []
    width = height = colour = 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + content), "checksum"
        at += 12 + length
        order.append(kind.decode())
        if kind == b"IHDR":
            width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", content)
            assert (depth, rest) == (8, [0, 0, 0])
        elif kind == b"IDAT":
            packed += content
        elif kind == b"tEXt":
            name, _, text = content.partition(b"\0")
            texts[name.decode("latin-1")] = text.decode("latin-1")
        elif kind == b"iTXt":
            name, _, rest_ = content.partition(b"\0")
            assert rest_[:4] == b"\0\0\0\0", "uncompressed, no language, no translation"
            texts[name.decode("latin-1")] = rest_[4:].decode("utf-8")
    assert (order[0], order[-1]) == ("IHDR", "IEND")
    channels = CHANNELS[colour]
    pixels = _unfiltered(zlib.decompress(packed), width * channels, height, channels)
    return Decoded(MODE_OF[colour], (width, height), pixels, texts, tuple(order))


def _unfiltered(raw: bytes, width: int, height: int, step: int) -> bytes:
    assert len(raw) == (width + 1) * height
    out, above = bytearray(), bytes(width)
    for row in range(height):
        start = row * (width + 1)
        kind, line = raw[start], bytearray(raw[start + 1 : start + 1 + width])
        for x in range(width):
            left, up = line[x - step] if x >= step else 0, above[x]
            corner = above[x - step] if x >= step else 0
            guess = [0, left, up, (left + up) // 2, _nearest(left, up, corner)][kind]
            line[x] = (line[x] + guess) & 255
        out += line
        above = bytes(line)
    return bytes(out)


def _nearest(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
