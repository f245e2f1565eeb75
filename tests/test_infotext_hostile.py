"""Pictures made to do harm: what reads their parameters stays within small memory and raises what it says it does."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from webuiapi.infotext import GenerationParameters, embed, parse, read_image_text, with_defaults
from webuiapi.infotext.exif import read_user_comment

TEXT = "a cat, 猫\nNegative prompt: dog\nSteps: 2, Sampler: Euler, Seed: 1"
MEGABYTE = 1 << 20


def peak_of(read: Callable[[], object]) -> int:
    """The bytes that a call takes at most."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def avif_with(places: bytes, items: int) -> bytes:
    """A file with an EXIF item, number 1, and a table of places in which starts are 1 byte wide and lengths are 4."""
    entry = box(b"infe", b"\2\0\0\0" + struct.pack(">HH", 1, 0) + b"Exif\0")
    iinf = box(b"iinf", bytes(4) + struct.pack(">H", 1) + entry)
    iloc = box(b"iloc", bytes(4) + b"\x14\0" + struct.pack(">H", items) + places)
    return box(b"ftyp", b"avif") + box(b"meta", bytes(4) + iinf + iloc)


def test_an_avif_whose_pieces_are_the_whole_file_many_times() -> None:
    piece = struct.pack(">BI", 0, 0xFFFFFFFF)
    data = avif_with(struct.pack(">HHH", 1, 0, 2000) + piece * 2000, 1)
    assert peak_of(lambda: read_image_text(data)) < MEGABYTE
    assert read_image_text(data) is None


def test_an_avif_with_places_for_items_that_nobody_wants() -> None:
    place = struct.pack(">HHHBI", 2, 0, 1, 0, 4)
    data = avif_with(b"".join(struct.pack(">H", 2 + n) + place[2:] for n in range(30_000)), 30_000)
    assert peak_of(lambda: read_image_text(data)) < MEGABYTE


def test_an_avif_with_boxes_that_nobody_wants() -> None:
    boxes = b"".join(struct.pack(">II", 8, n) for n in range(0x41414141, 0x41414141 + 30_000))
    data = box(b"ftyp", b"avif") + box(b"meta", bytes(4) + boxes)
    assert peak_of(lambda: read_image_text(data)) < MEGABYTE


def test_an_exif_block_whose_entries_are_all_the_whole_block() -> None:
    count, size = 3000, 60_000
    entries = b"".join(struct.pack(">HHII", n, 7, size, 8) for n in range(count))
    block = (b"MM\0*" + struct.pack(">IH", 8, count) + entries).ljust(size + 8, b" ")
    assert peak_of(lambda: read_user_comment(block)) < MEGABYTE


def test_a_png_of_many_texts_that_unpack_to_much() -> None:
    packed = zlib.compress(b"a" * (12 * MEGABYTE), 9)
    plain = embed(Image.new("RGB", (8, 8)), TEXT)
    head, rest = plain[:33], plain[33:]
    ignored = [chunk(b"zTXt", b"text %d\0\0" % n + packed) for n in range(6)]
    assert peak_of(lambda: read_image_text(head + b"".join(ignored) + rest)) < MEGABYTE
    known = (b"Comment", b"Description", b"Software", b"comment", b"parameters")
    wanted = b"".join(chunk(b"zTXt", keyword + b"\0\0" + packed) for keyword in known)
    assert peak_of(lambda: read_image_text(head + wanted)) < 50 * MEGABYTE, "16 in all, for a moment three times"
    assert read_image_text(head + wanted + rest) == TEXT, "a text that is not packed costs nothing"


def test_a_gif_of_many_small_blocks() -> None:
    frame = b"\x2c" + bytes(9) + b"\2" + b"\2ab" * 300_000 + b"\0"
    data = b"GIF89a" + bytes(7) + frame + b"\x21\xfe\x03a: \0;"
    assert peak_of(lambda: read_image_text(data)) < MEGABYTE
    assert read_image_text(data) == "a: "


@pytest.mark.parametrize(("value", "kind"), [(None, "None"), (5, "an int"), (b"a cat", "a bytes"), (["a"], "a list")])
def test_parameters_of_what_is_no_text(value: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"^parameters are read from a str, not from {kind}; .*\.from_image$"):
        parse(value)
    with pytest.raises(TypeError, match=rf"^parameters: a str or GenerationParameters is needed, not {kind}$"):
        with_defaults(value)


@pytest.mark.parametrize(("value", "kind"), [(None, "None"), (5, "an int"), (object(), "an object"), ([], "a list")])
def test_parameters_of_what_is_no_picture(value: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"^image: a path, the bytes .* is needed, not {kind}$"):
        GenerationParameters.from_image(value)
    with pytest.raises(TypeError, match=rf"^data: the bytes of a picture are needed, not {kind}; "):
        read_image_text(value)


def test_parameters_of_a_file_that_is_open_as_text() -> None:
    file: Any = io.StringIO("text")
    with pytest.raises(TypeError, match=r"^the picture is open as text; open it with mode 'rb'$"):
        GenerationParameters.from_image(file)


def test_bytes_of_any_kind() -> None:
    data = embed(Image.new("RGB", (8, 8)), TEXT)
    assert read_image_text(bytearray(data)) == read_image_text(memoryview(data)) == TEXT
