"""AnimateDiff: videos in place of pictures; and the containers that are written here."""

from __future__ import annotations

import base64
import io
import struct
from typing import Any

import pytest
from PIL import Image, ImageSequence

from webuiapi.server.extensions.vision import video

from .shop import SIDE, Shop, apart, disc


def animated(shop: Shop, fields: Any = None, **unit: Any) -> Any:
    reply = shop.txt2img({"AnimateDiff": [{"enable": True, "video_length": 4, **unit}]}, **(fields or {}))
    assert reply.status == 200, reply.body
    return reply


def files(reply: Any) -> list[bytes]:
    return [base64.b64decode(text) for text in reply.body["images"]]


def frames_of(data: bytes) -> list[Image.Image]:
    return [frame.convert("RGB") for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data)))]


def test_a_gif(shop: Shop) -> None:
    reply = animated(shop)
    (data,) = files(reply)
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size, image.n_frames) == ("GIF", (SIDE, SIDE), 4)  # type: ignore[attr-defined]
    assert image.info["duration"] == pytest.approx(125, abs=5)
    assert image.info["loop"] == 0
    frames = frames_of(data)
    assert apart(frames[0], frames[1]) > 1
    assert apart(frames[0], frames[-1]) < 60
    assert reply.extra["AnimateDiff"].startswith("enable: True, model: mm_sd15_v3.safetensors, video_length: 4, fps: 8")
    assert 'AnimateDiff: "enable: True' in reply.infotext


def test_frames_show_the_picture(shop: Shop) -> None:
    still = shop.txt2img().images[0]
    (data,) = files(animated(shop, format=["WEBP"]))
    assert apart(frames_of(data)[0], still) < 12


def test_every_format_in_their_order(shop: Shop) -> None:
    found = files(animated(shop, format=["Frame", "WEBM", "PNG", "WEBP", "MP4", "GIF", "TXT"]))
    heads = [data[:12] for data in found]
    assert heads[0].startswith(b"GIF89a")
    assert heads[1][4:8] == b"ftyp"
    assert (heads[2][:4], heads[2][8:]) == (b"RIFF", b"WEBP")
    assert heads[3].startswith(b"\x1a\x45\xdf\xa3")
    assert all(head.startswith(b"\x89PNG") for head in heads[4:])
    assert len(found) >= 4 + 4


def test_formats_that_only_write_files_leave_the_pictures(shop: Shop) -> None:
    found = files(animated(shop, format=["PNG", "TXT"]))
    assert all(data.startswith(b"\x89PNG") for data in found)


@pytest.mark.parametrize(("length", "context", "frames"), [(4, 16, 4), (0, 3, 3), (0, 16, 16), (20, 16, 20)])
def test_numbers_of_frames(shop: Shop, length: int, context: int, frames: int) -> None:
    small = {"width": 64, "height": 64, "steps": 1}
    reply = animated(shop, small, video_length=length, batch_size=context)
    assert len(frames_of(files(reply)[0])) == frames
    assert reply.info["batch_size"] == max(frames, context)


def test_a_video_for_each_batch(shop: Shop) -> None:
    assert len(files(animated(shop, {"n_iter": 2}, format=["GIF", "WEBP"]))) == 4


def test_pictures_in_between(shop: Shop) -> None:
    small = {"width": 64, "height": 64, "steps": 1}
    (data,) = files(animated(shop, small, interp="FILM", interp_x=3, fps=4))
    assert len(frames_of(data)) == 1 + 3 * 3
    assert Image.open(io.BytesIO(data)).info["duration"] == pytest.approx(1000 / 12, abs=5)


def test_prompts_of_frames(shop: Shop) -> None:
    prompt = "calm\n0: sunset\n2: night\nsea"
    small = {"width": 64, "height": 64, "steps": 1, "prompt": prompt}
    prompts = animated(shop, small, batch_size=4).info["all_prompts"]
    assert prompts == ["calm, sunset, sea"] * 2 + ["calm, night, sea"] * 2


@pytest.mark.parametrize(
    "unit",
    [
        {"nonsense": 1},
        {"format": ["Frame", "TXT"]},
        {"format": []},
        {"fps": 0},
        {"video_length": -1},
        {"closed_loop": "X"},
        {"video_path": "/somewhere"},
        {"enable": False},
    ],
)
def test_anything_else_gives_plain_pictures(shop: Shop, unit: Any) -> None:
    assert animated(shop, **unit).result == shop.txt2img().result


def test_no_object(shop: Shop) -> None:
    for args in ([], [True], ["x"], [None]):
        assert shop.txt2img({"AnimateDiff": args}).result == shop.txt2img().result


# --- containers


def boxes(data: bytes) -> dict[str, Any]:
    """The boxes of an MP4, those that hold others opened."""
    found: dict[str, Any] = {}
    place = 0
    while place < len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        assert 8 <= size <= len(data) - place
        body = data[place + 8 : place + size]
        inner = name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf")
        found[name.decode()] = boxes(body) if inner else body
        place += size
    return found


def test_an_mp4_holds_jpegs() -> None:
    frames = [disc(64, radius) for radius in (10, 20, 30)]
    data = video.mp4(frames, 8)
    found = boxes(data)
    assert list(found) == ["ftyp", "mdat", "moov"]
    table = found["moov"]["trak"]["mdia"]["minf"]["stbl"]
    count = struct.unpack_from(">I", table["stsz"], 8)[0]
    sizes = struct.unpack_from(f">{count}I", table["stsz"], 12)
    (place,) = struct.unpack_from(">I", table["stco"], 8)
    assert count == 3
    for size, frame in zip(sizes, frames, strict=True):
        image = Image.open(io.BytesIO(data[place : place + size]))
        assert image.format == "JPEG"
        assert apart(image, frame) < 8
        place += size
    samples, each = struct.unpack_from(">2I", table["stts"], 8)
    (scale,) = struct.unpack_from(">I", found["moov"]["trak"]["mdia"]["mdhd"], 12)
    assert (samples, each / scale) == (3, 1 / 8)


def elements(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of a WebM at one level."""
    found, place = [], 0
    while place < len(data):
        length = 9 - data[place].bit_length()
        identity = int.from_bytes(data[place : place + length], "big")
        place += length
        assert data[place] == 1
        size = int.from_bytes(data[place + 1 : place + 8], "big")
        found.append((identity, data[place + 8 : place + 8 + size]))
        place += 8 + size
    assert place == len(data)
    return found


def test_a_webm_holds_key_frames() -> None:
    frames = [disc(64, radius) for radius in (10, 20, 30)]
    head, segment = elements(video.webm(frames, 8))
    assert dict(elements(head[1]))[0x4282] == b"webm"
    clusters = [dict(elements(body)) for identity, body in elements(segment[1]) if identity == 0x1F43B675]
    assert [int.from_bytes(cluster[0xE7], "big") for cluster in clusters] == [0, 125, 250]
    for cluster, frame in zip(clusters, frames, strict=True):
        chunk = cluster[0xA3][4:]
        assert chunk[3:6] == b"\x9d\x01\x2a"
        padded = chunk + bytes(len(chunk) % 2)
        riff = b"WEBPVP8 " + struct.pack("<I", len(chunk)) + padded
        image = Image.open(io.BytesIO(b"RIFF" + struct.pack("<I", len(riff)) + riff))
        assert apart(image, frame) < 8
