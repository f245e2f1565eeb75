"""Any text, and any change to the bytes of a picture: parameters are read, or there are none, and nothing else."""

from __future__ import annotations

import io
import json
import tracemalloc
import zlib
from functools import cache

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from PIL import Image, features

from webuiapi.infotext import (
    GenerationParameters,
    embed,
    exif_user_comment,
    parse,
    png_text_chunk,
    read_image_text,
    request_fields,
    with_defaults,
)

TEXT = "a cat, 猫\nNegative prompt: dog\nSteps: 2, Sampler: Euler, Seed: 1"
PROPERTIES = [name for name, found in vars(GenerationParameters).items() if isinstance(found, property)]
KEYS = (
    "Steps", "Seed", "Size", "First pass size", "CFG scale", "Hires resize", "Hires upscale", "Mask blur",
    "Lora hashes", "Version", "Hypernet", "Clip skip", "Model hash", "Denoising strength", "ControlNet 0",
    "Seed resize from", "ab",
)  # fmt: skip
VALUES = st.sampled_from([
    "0x0", "512x0", "9" * 400 + "x64", "9" * 5000, "9" * 5000 + "x" + "9" * 5000, "1e999", "nan", "-1", "²", "٣x٤",
    "[" * 2000, '{"a": 1', '"', '"\\ud800"', "v1.5-9", "v" + "9" * 5000, "\ud800", "",
]) | st.text(max_size=20)  # fmt: skip


def read_all(text: str) -> None:
    parameters = parse(text)
    assert str(parameters) == text
    for name in PROPERTIES:
        getattr(parameters, name)
    for implied in (False, True):
        request_fields(parameters, kind="txt2img", implied=implied)
        request_fields(parameters, kind="img2img", implied=implied)
    with_defaults(parameters)


@given(st.text(max_size=40), st.lists(st.tuples(st.sampled_from(KEYS), VALUES), max_size=8))
@example("", [("ab", "[" * 100_000)] * 3)
@example("", [("Steps", "1"), ("Seed", "2"), ("Version", "v" + "9" * 5000)])
@example("", [("Steps", "1"), ("Size", "9" * 400 + "x64"), ("First pass size", "0x0")])
def test_everything_that_reads_a_text_reads_any(prompt: str, pairs: list[tuple[str, str]]) -> None:
    read_all(f"{prompt}\n{', '.join(f'{key}: {value}' for key, value in pairs)}")


# -- pictures ---------------------------------------------------------------------------------------------------------


@cache
def files() -> dict[str, list[bytes]]:
    """Small pictures with parameters in every form, by their format."""
    image = Image.effect_noise((16, 8), 80).convert("RGB")
    formats = ["PNG", "JPEG", "WEBP", "GIF", *(["AVIF"] if features.check("avif") else [])]
    found = {name: [embed(image, TEXT, name)] for name in formats}
    plain = io.BytesIO()
    image.save(plain, "PNG")
    head, rest = plain.getvalue()[:33], plain.getvalue()[33:]
    comment = json.dumps({"steps": 28, "sampler": "k_euler", "scale": 11.0, "seed": 7, "uc": "lowres"})
    novelai = {"Software": "NovelAI", "Description": "a cat", "Comment": comment}
    found["PNG"] += [
        head + b"".join(png_text_chunk(key, text) for key, text in novelai.items()) + rest,
        head + _chunk(b"zTXt", b"parameters\0\0" + zlib.compress(TEXT.encode() * 20)) + rest,
        head + _chunk(b"eXIf", exif_user_comment(TEXT)[6:]) + rest,
        head + rest[:-12] + png_text_chunk("parameters", TEXT) + rest[-12:],
    ]
    return found


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


@st.composite
def mutated(draw: st.DrawFn, format: str) -> bytes:
    """The bytes of a picture, some overwritten, taken out or repeated, and perhaps cut off."""
    data = bytearray(draw(st.sampled_from(files()[format])))
    # What matters stands at either end of these files; lengths and counts are most of it.
    place = st.integers(0, len(data) - 1) | st.integers(0, min(400, len(data) - 1))
    for _ in range(draw(st.integers(1, 6))):
        start, length = draw(place), draw(st.integers(1, 8))
        kind = draw(st.sampled_from(["overwrite", "fill", "remove", "repeat", "cut"]))
        if kind == "overwrite":
            data[start : start + length] = draw(st.binary(min_size=length, max_size=length))
        elif kind == "fill":
            data[start : start + length] = draw(st.sampled_from([b"\0", b"\xff", b"\x7f"])) * length
        elif kind == "remove":
            del data[start : start + length]
        elif kind == "repeat":
            data[start:start] = data[start : start + 40 * length]
        else:
            del data[max(start, 12) :]
    return bytes(data)


def text_in(picture: bytes | Image.Image) -> str | None:
    """What `from_image` reads; None where it says that there is nothing."""
    try:
        return str(GenerationParameters.from_image(picture))
    except ValueError as error:
        if str(error) == "the picture holds no generation parameters":
            return None
        raise


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
@given(data=st.data())
def test_a_damaged_picture_has_parameters_or_none(format: str, data: st.DataObject) -> None:
    if format not in files():
        pytest.skip("this Pillow has no AVIF")
    content = data.draw(mutated(format))
    tracemalloc.start()
    try:
        text = read_image_text(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
    assert text_in(content) == text
    if text is not None:
        read_all(text)


def test_what_stands_before_the_damage_is_read() -> None:
    (*_, behind) = files()["PNG"]
    damaged = behind[:-12] + _chunk(b"pHYs", b"\0") + behind[-12:]
    assert text_in(Image.open(io.BytesIO(damaged))) == TEXT


@given(mutated("PNG"))
def test_a_damaged_picture_that_pillow_has_opened_too(content: bytes) -> None:
    try:
        image = Image.open(io.BytesIO(content))
    except (OSError, SyntaxError, ValueError, Warning):  # of Pillow's own, the last for a size beyond measure
        return
    assume(image.width * image.height < 1 << 20)
    assert text_in(image) or not image.info.get("parameters")
