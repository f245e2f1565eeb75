"""The PNG writer against two readers, and pictures told by their bytes."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from support.pictures import file_of, noise, opened, read_png
from webuiapi import png

MODES = ["L", "LA", "RGB", "RGBA"]


@given(st.sampled_from(MODES), st.integers(1, 33), st.integers(1, 33), st.integers(0, 999), st.booleans())
@example("RGB", 1, 1, 0, False)
@example("LA", 1, 7, 0, False)
@example("RGBA", 7, 1, 0, True)
def test_two_readers_see_every_pixel(mode: str, width: int, height: int, seed: int, stored: bool) -> None:
    image = noise(mode, width, height, seed)
    data = png.write_png(image, stored=stored)
    assert (opened(data).mode, opened(data).size, opened(data).tobytes()) == (mode, image.size, image.tobytes())
    second = read_png(data)
    assert (second.mode, second.size, second.pixels) == (mode, image.size, image.tobytes())
    assert second.order == ("IHDR", "IDAT", "IEND")


KEYWORDS = st.text(st.characters(codec="latin-1", exclude_characters="\0"), min_size=1, max_size=79)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.dictionaries(KEYWORDS.map(lambda key: key.strip() or "key"), TEXTS, max_size=4))
@example({"parameters": "a cat\nSteps: 20, Seed: 1", "Comment": "ключ, 猫, é"})
def test_texts_are_written_before_the_pixels(texts: dict[str, str]) -> None:
    data = png.write_png(noise("L", 2, 2), texts)
    second = read_png(data)
    assert second.texts == texts
    assert second.order[1 : 1 + len(texts)] == tuple(
        "iTXt" if _beyond_latin_1(text) else "tEXt" for text in texts.values()
    )
    assert Image.open(io.BytesIO(data)).info == texts


def _beyond_latin_1(text: str) -> bool:
    return any(ord(character) > 255 for character in text)


def test_a_stored_picture_is_not_packed() -> None:
    flat = Image.new("RGB", (64, 64), "red")
    assert len(png.write_png(flat)) < 64 * 64 < 64 * 64 * 3 < len(png.write_png(flat, stored=True))


def test_which_modes_it_knows() -> None:
    assert [
        mode for mode in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16", "F") if png.can_write(mode)
    ] == MODES


def test_chunks_of_a_png_as_far_as_they_are_whole() -> None:
    data = png.write_png(noise("L", 3, 3), {"parameters": "x"})
    assert [kind for kind, _ in png.chunks(data)] == [b"IHDR", b"tEXt", b"IDAT", b"IEND"]
    assert bytes(dict(png.chunks(data))[b"tEXt"]) == b"parameters\0x"
    assert [kind for kind, _ in png.chunks(data[:-13])] == [b"IHDR", b"tEXt"]


PILLOW_WRITES = ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"]


@pytest.mark.parametrize("kind", PILLOW_WRITES)
def test_a_file_is_told_by_its_first_bytes(kind: str) -> None:
    data = file_of(noise("RGB", 16, 16), kind)
    assert png.kind_of(data) == kind.lower()
    assert png.problem_with(data) == ""
    assert png.MEDIA_TYPES[kind.lower()].startswith("image/")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"GIF87a;", "gif"),
        (b"MM\x00*", "tiff"),
        (b"\xff\x0a", "jxl"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
        (b"\x00\x00\x00\x1cftypavis", "avif"),
        (b"\x00\x00\x00\x20ftypisom", "mp4"),
        (b"\x1aE\xdf\xa3", "webm"),
        (b"RIFF\x04\x00\x00\x00AVI ", "avi"),
        (b"RIFF\x04\x00\x00\x00WAVE", None),
        (b"", None),
        (b"<html>", None),
        (b"\x89PN", None),
    ],
)
def test_other_beginnings(data: bytes, kind: str | None) -> None:
    assert png.kind_of(data) == kind
    assert (png.problem_with(data) != "") is (kind is None)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_file_that_is_cut_off_has_no_end(kind: str) -> None:
    data = file_of(noise("RGB", 64, 64), kind)
    for cut in (len(data) // 2, len(data) - 2):
        assert png.problem_with(data[:cut]) == f"is cut off: {cut} bytes of a {kind} without its end"


def test_what_follows_the_end_does_no_harm() -> None:
    assert png.problem_with(file_of(noise("L", 8, 8)) + b"trailing bytes") == ""
    assert png.problem_with(file_of(noise("L", 8, 8), "JPEG") + b"\0\0trailer") == ""
    assert png.problem_with(file_of(noise("L", 8, 8), "GIF") + b"\0\0") == ""


def test_what_is_no_picture_at_all() -> None:
    assert png.problem_with(b"<html>") == "is no picture: its first bytes are of no known format"
