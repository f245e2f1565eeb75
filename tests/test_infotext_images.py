"""Generation parameters inside pictures: every place where programs put them, damaged files, and writing."""

from __future__ import annotations

import base64
import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features
from PIL.PngImagePlugin import PngInfo

from webuiapi.infotext import GenerationParameters, embed, exif_user_comment, parse, png_text_chunk, read_image_text
from webuiapi.infotext.exif import read_user_comment

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "infotexts.json").read_text(encoding="utf-8"))
PNG_INFO: list[dict[str, Any]] = RECORDED["png_info"]
TEXT = "a cat, 猫\nNegative prompt: dog\nSteps: 2, Sampler: Euler, Seed: 1"
FORMATS = [
    "PNG",
    "JPEG",
    "WEBP",
    "GIF",
    pytest.param("AVIF", marks=pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")),
]


def picture(mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (24, 16), 128 if mode == "L" else (10, 20, 30, 40)[: len(mode)])


def saved(format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture().save(buffer, format, **options)
    return buffer.getvalue()


def png(*chunks: bytes) -> bytes:
    """A PNG file with these chunks between its head and its pixels."""
    plain = saved("PNG")
    return plain[:33] + b"".join(chunks) + plain[33:]


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@pytest.mark.parametrize("recording", PNG_INFO, ids=lambda recording: recording["name"])
def test_recorded_pictures(recording: dict[str, Any]) -> None:
    data = base64.b64decode(recording["image"])
    assert (read_image_text(data) or "") == recording["answer"]["info"]
    if recording["answer"]["info"]:
        assert str(GenerationParameters.from_image(data)) == recording["answer"]["info"]


def test_exif_block_is_the_recorded_one() -> None:
    recording = next(entry for entry in PNG_INFO if entry["name"] == "pnginfo_jpeg")
    data = base64.b64decode(recording["image"])
    block = exif_user_comment(recording["answer"]["info"])
    assert data.count(struct.pack(">BBH", 0xFF, 0xE1, len(block) + 2) + block) == 1


def test_png_chunk_is_the_recorded_one() -> None:
    recording = next(entry for entry in PNG_INFO if entry["name"] == "pnginfo_txt2img")
    data = base64.b64decode(recording["image"])
    assert data.count(png_text_chunk("parameters", recording["answer"]["info"])) == 1


@pytest.mark.parametrize("format", FORMATS)
def test_embedded_text_is_read_from_bytes_paths_files_and_pillow(format: str, tmp_path: Path) -> None:
    data = embed(picture(), TEXT, format)
    path = tmp_path / "picture.bin"
    path.write_bytes(data)
    with Image.open(path) as opened:
        assert opened.format == format
        assert str(GenerationParameters.from_image(opened)) == TEXT
    assert read_image_text(data) == TEXT
    assert str(GenerationParameters.from_image(path)) == TEXT
    assert str(GenerationParameters.from_image(str(path))) == TEXT
    with path.open("rb") as file:
        assert str(GenerationParameters.from_image(file)) == TEXT
    assert str(GenerationParameters.from_image(io.BytesIO(data))) == TEXT


@pytest.mark.parametrize("text", ["plain", "Latin-1: é", TEXT, "\U0001f408 and more"])
def test_png_chunk_is_what_pillow_writes(text: str) -> None:
    info = PngInfo()
    info.add_text("parameters", text)
    written = saved("PNG", pnginfo=info)
    assert png_text_chunk("parameters", text) in written
    assert read_image_text(png(png_text_chunk("parameters", text))) == text


def test_compressed_png_texts() -> None:
    latin = zlib.compress(b"a caf\xe9")
    assert read_image_text(png(chunk(b"zTXt", b"parameters\0\0" + latin))) == "a café"
    packed = zlib.compress(TEXT.encode())
    assert read_image_text(png(chunk(b"iTXt", b"parameters\0\1\0en\0translated\0" + packed))) == TEXT


def test_png_text_behind_the_pixels() -> None:
    plain = saved("PNG")
    data = plain[:-12] + png_text_chunk("parameters", TEXT) + plain[-12:]
    assert read_image_text(data) == TEXT
    assert str(GenerationParameters.from_image(Image.open(io.BytesIO(data)))) == TEXT


def test_damaged_png_texts_are_passed_over() -> None:
    bomb = zlib.compress(bytes((1 << 24) + 1))
    for body in (
        chunk(b"zTXt", b"parameters\0\0" + bomb),
        chunk(b"zTXt", b"parameters\0\0not zlib"),
        chunk(b"iTXt", b"parameters\0"),
        chunk(b"iTXt", b"parameters\0\1\0\0\0not zlib"),
        chunk(b"tEXt", b"no keyword"),
    ):
        assert read_image_text(png(body)) is None


def test_exif_in_png_goes_before_the_text_chunk() -> None:
    exif = chunk(b"eXIf", exif_user_comment("from exif").removeprefix(b"Exif\0\0"))
    assert read_image_text(png(png_text_chunk("parameters", "from text"), exif)) == "from exif"
    empty = chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\0\0\0\0\0")
    assert read_image_text(png(png_text_chunk("parameters", "from text"), empty)) == "from text"


def tiff(order: str, comment: bytes, *, first_directory: bool = False) -> bytes:
    """An EXIF block in either byte order, the comment in the Exif directory or (wrongly) in the first."""
    head = (b"MM" if order == ">" else b"II") + struct.pack(order + "HI", 42, 8)
    if first_directory:
        return head + struct.pack(order + "HHHIII", 1, 0x9286, 7, len(comment), 26, 0) + comment
    first = struct.pack(order + "HHHIHH", 2, 0x0112, 3, 1, 1, 0) + struct.pack(order + "HHIII", 0x8769, 4, 1, 38, 0)
    return head + first + struct.pack(order + "HHHIII", 1, 0x9286, 7, len(comment), 56, 0) + comment


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("first_directory", [False, True])
@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (b"UNICODE\0" + TEXT.encode("utf-16-be"), TEXT),
        (b"UNICODE\0" + TEXT.encode("utf-16-le"), TEXT),
        (b"UNICODE\0\xff\xfe" + "a".encode("utf-16-le"), "a"),
        (b"UNICODE\0\xfe\xff" + "a".encode("utf-16-be"), "a"),
        (b"ASCII\0\0\0plain text\0", "plain text"),
        (b"ASCII\0\0\0" + TEXT.encode(), TEXT),
        (b"JIS\0\0\0\0\0" + "猫: 1".encode("iso2022_jp"), "猫: 1"),
        (b"JIS\0\0\0\0\0" + "猫: 1".encode("shift_jis"), "猫: 1"),
        (bytes(8) + TEXT.encode(), TEXT),
        (TEXT.encode(), TEXT),
    ],
)
def test_user_comments(order: str, prefix: bytes, first_directory: bool, comment: bytes, text: str) -> None:
    assert read_user_comment(prefix + tiff(order, comment, first_directory=first_directory)) == text


@pytest.mark.parametrize("order", ["<", ">"])
def test_user_comment_without_a_pair_is_in_the_order_of_its_block(order: str) -> None:
    name = "utf-16-be" if order == ">" else "utf-16-le"
    assert read_user_comment(tiff(order, b"UNICODE\0" + "猫 a cat".encode(name))) == "猫 a cat"


def test_user_comment_that_is_empty_or_damaged() -> None:
    assert read_user_comment(tiff(">", b"UNICODE\0")) is None
    whole = exif_user_comment(TEXT)
    assert read_user_comment(b"XX" + whole) is None
    for length in range(len(whole)):
        text = read_user_comment(whole[:length])
        assert text is None or TEXT.startswith(text.rstrip("\ufffd"))


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_other_segments_before_the_exif_block(format: str) -> None:
    data = saved(format, exif=exif_user_comment(TEXT), icc_profile=bytes(70_000), xmp=b"<x/>")
    assert read_image_text(data) == TEXT


def test_comment_of_a_jpeg() -> None:
    assert read_image_text(saved("JPEG", comment=TEXT.encode())) == TEXT
    filled = saved("JPEG", comment=TEXT.encode()).replace(b"\xff\xfe", b"\xff\xff\xff\xfe", 1)
    assert read_image_text(filled) == TEXT


def test_comment_of_an_animated_gif_with_palettes() -> None:
    frames = [picture().quantize(), Image.effect_noise((24, 16), 80).quantize()]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)
    plain = buffer.getvalue()
    comment = b"\x21\xfe" + bytes([5]) + b"a: b\n" + bytes([3]) + b"c: " + b"\0"
    assert read_image_text(plain) is None
    assert read_image_text(plain[:-1] + comment + b";") == "a: b\nc: "


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def item_entry(version: int, number: int, kind: bytes) -> bytes:
    return box(
        b"infe", bytes([version, 0, 0, 0]) + struct.pack(">IH" if version == 3 else ">HH", number, 0) + kind + b"\0"
    )


def avif_head(version: int, *, in_meta: bytes | None, start: int, length: int) -> bytes:
    """The boxes before the pixels, with the table of places in that version; the EXIF item begins at `start`."""
    wide = version == 2
    entries = item_entry(2, 1, b"av01") + item_entry(3 if wide else 2, 2, b"Exif")
    iinf = box(b"iinf", (struct.pack(">BxxxI", 1, 2) if wide else struct.pack(">BxxxH", 0, 2)) + entries)
    number = ">I" if wide else ">H"
    places = b""
    for item, place, size in ((1, 1, 0), (2, start, length)):
        places += struct.pack(number, item) + (struct.pack(">H", in_meta is not None) if version else b"")
        places += struct.pack(">HIHII", 0, 1, 1, place - 1, size)  # from a base of 1
    iloc = box(b"iloc", bytes([version, 0, 0, 0, 0x44, 0x40]) + struct.pack(number, 2) + places)
    idat = box(b"idat", in_meta) if in_meta is not None else b""
    large = struct.pack(">I4sQ", 1, b"free", 20) + b"free"
    return box(b"ftyp", b"avif\0\0\0\0avifmif1") + large + box(b"meta", bytes(4) + iinf + idat + iloc)


EXIF_ITEM = struct.pack(">I", 6) + exif_user_comment(TEXT)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_avif_item_behind_the_boxes(version: int) -> None:
    """By hand, as Pillow writes only one of the forms."""
    header = struct.pack(">I4sQ", 1, b"mdat", 16 + len(EXIF_ITEM))
    start = len(avif_head(version, in_meta=None, start=1, length=0)) + len(header)
    head = avif_head(version, in_meta=None, start=start, length=len(EXIF_ITEM))
    assert read_image_text(head + header + EXIF_ITEM) == TEXT


@pytest.mark.parametrize("version", [1, 2])
def test_avif_item_within_the_boxes(version: int) -> None:
    head = avif_head(version, in_meta=b"pad" + EXIF_ITEM, start=3, length=len(EXIF_ITEM))
    assert read_image_text(head) == TEXT


def test_avif_without_the_item_or_with_odd_tables() -> None:
    assert read_image_text(saved("AVIF") if features.check("avif") else box(b"ftyp", b"avif")) is None
    assert read_image_text(box(b"ftyp", b"avif") + box(b"meta", bytes(4))) is None
    assert read_image_text(box(b"ftyp", b"avif") + struct.pack(">I4s", 0, b"mdat") + b"to the end") is None
    assert read_image_text(box(b"ftyp", b"avif") + struct.pack(">I4s", 4, b"meta") + bytes(9)) is None
    head = avif_head(1, in_meta=EXIF_ITEM, start=1, length=4)
    assert read_image_text(head.replace(b"\x44\x40", b"\x00\x40")) is None
    assert read_image_text(head.replace(b"Exif", b"mime")) is None


def test_novelai_form() -> None:
    comment = {"steps": 28, "sampler": "k_euler_ancestral", "scale": 11.0, "seed": 7, "uc": "lowres"}
    chunks = [
        png_text_chunk("Software", "NovelAI"),
        png_text_chunk("Description", "1girl"),
        png_text_chunk("Comment", json.dumps(comment)),
    ]
    expected = (
        "1girl\nNegative prompt: lowres\n"
        "Steps: 28, Sampler: Euler a, CFG scale: 11.0, Seed: 7, Size: 24x16, Clip skip: 2, ENSD: 31337"
    )
    assert read_image_text(png(*chunks)) == expected
    assert str(GenerationParameters.from_image(Image.open(io.BytesIO(png(*chunks))))) == expected
    assert read_image_text(png(*chunks[:2], png_text_chunk("Comment", "{}"))) is None
    assert read_image_text(png(chunks[0], chunks[2])) is None
    for odd in ("[" * 200_000, '{"sampler": []}', "{}", "no JSON"):
        assert read_image_text(png(*chunks[:2], png_text_chunk("Comment", odd))) is None


def test_pictures_without_a_text(tmp_path: Path) -> None:
    for name in ("PNG", "JPEG", "WEBP", "GIF", "BMP"):
        data = saved(name)
        assert read_image_text(data) is None
        with pytest.raises(ValueError, match=r"^the picture holds no generation parameters$"):
            GenerationParameters.from_image(data)
    path = tmp_path / "plain.png"
    path.write_bytes(saved("PNG"))
    with pytest.raises(ValueError, match=r"plain\.png holds no generation parameters"):
        GenerationParameters.from_image(path)
    with path.open("rb") as file, pytest.raises(ValueError, match=r"plain\.png holds no"):
        GenerationParameters.from_image(file)
    with Image.open(path) as opened, pytest.raises(ValueError, match=r"plain\.png holds no"):
        GenerationParameters.from_image(opened)
    with pytest.raises(FileNotFoundError):
        GenerationParameters.from_image(tmp_path / "missing.png")


@pytest.mark.parametrize("format", FORMATS)
def test_damaged_files_are_read_as_far_as_they_go(format: str) -> None:
    data = embed(picture(), TEXT, format)
    for length in range(0, len(data), 3):
        text = read_image_text(data[:length])
        assert text is None or TEXT.startswith(text.rstrip("\ufffd"))


@pytest.mark.parametrize("format", FORMATS)
def test_changed_files_raise_nothing(format: str) -> None:
    whole = embed(picture(), TEXT, format)

    @given(st.dictionaries(st.integers(0, len(whole) - 1), st.integers(0, 255), min_size=1, max_size=4))
    def check(changes: dict[int, int]) -> None:
        content = bytearray(whole)
        for position, value in changes.items():
            content[position] = value
        text = read_image_text(bytes(content))
        assert text is None or str(parse(text)) == text

    check()


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), min_size=1))
def test_exif_text_survives(text: str) -> None:
    assert read_user_comment(exif_user_comment(text)) == text


def test_embedding_keeps_the_pixels_and_converts_for_jpeg() -> None:
    data = embed(picture("RGBA"), TEXT)
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.mode == "RGBA"
        assert opened.tobytes() == picture("RGBA").tobytes()
    with Image.open(io.BytesIO(embed(picture("RGBA"), TEXT, "jpg", quality=95))) as opened:
        assert (opened.format, opened.mode) == ("JPEG", "RGB")
    with pytest.raises(ValueError, match="format is 'BMP'"):
        embed(picture(), TEXT, "BMP")
    with pytest.raises(ValueError, match="too long"):
        embed(picture(), "x" * 33_000, "JPEG")


def test_importing_loads_neither_pillow_nor_numpy() -> None:
    code = "import sys, webuiapi.infotext; print(sorted({'PIL', 'numpy', 'orjson'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
