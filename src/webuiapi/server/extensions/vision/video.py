"""Pictures as moving ones: GIF and WebP by Pillow, MP4 and WebM in containers that are written here.

There is no video codec at hand. An MP4 holds each picture as a JPEG (Motion JPEG), a WebM as a key frame of VP8, which
is what a lossy WebP holds: both play, and are larger than they could be.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

from PIL.Image import Image

QUALITY = 85
_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
"""The matrix that leaves pictures as they are."""


def gif(frames: Sequence[Image], fps: float, loops: int) -> bytes:
    """An animated GIF; 0 loops are endless."""
    return _animated(frames, "GIF", fps, loops, optimize=False, disposal=1)


def webp(frames: Sequence[Image], fps: float, loops: int) -> bytes:
    """An animated WebP."""
    return _animated(frames, "WEBP", fps, loops, quality=QUALITY, method=0)


def _animated(frames: Sequence[Image], kind: str, fps: float, loops: int, **how: object) -> bytes:
    out = io.BytesIO()
    rest = [frame.convert("RGB") for frame in frames]
    duration = max(round(1000 / fps), 1)
    rest[0].save(out, kind, save_all=True, append_images=rest[1:], duration=duration, loop=loops, **how)
    return out.getvalue()


def _encoded(frame: Image, kind: str) -> bytes:
    out = io.BytesIO()
    frame.convert("RGB").save(out, kind, quality=QUALITY)
    return out.getvalue()


# --- MP4


def mp4(frames: Sequence[Image], fps: float) -> bytes:
    """An MP4 of JPEG pictures."""
    samples = [_encoded(frame, "JPEG") for frame in frames]
    scale, each = round(fps * 1000), 1000
    length = each * len(samples)
    width, height = frames[0].size
    head = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    table = _box(
        b"stbl",
        _box(b"stsd", _ones(), _jpeg_entry(width, height)),
        _box(b"stts", _ones(), struct.pack(">2I", len(samples), each)),
        _box(b"stsc", _ones(), struct.pack(">3I", 1, len(samples), 1)),
        _box(b"stsz", bytes(8), struct.pack(">I", len(samples)), b"".join(struct.pack(">I", len(s)) for s in samples)),
        _box(b"stco", _ones(), struct.pack(">I", len(head) + 8)),
    )
    media = _box(
        b"mdia",
        _box(b"mdhd", bytes(12), struct.pack(">2I2H", scale, length, 0x55C4, 0)),
        _box(b"hdlr", bytes(8), b"vide", bytes(12), b"VideoHandler\0"),
        _box(
            b"minf",
            _box(b"vmhd", struct.pack(">I", 1), bytes(8)),
            _box(b"dinf", _box(b"dref", _ones(), _box(b"url ", struct.pack(">I", 1)))),
            table,
        ),
    )
    track_head = _box(
        b"tkhd",
        struct.pack(">I", 3), bytes(8), struct.pack(">3I", 1, 0, length), bytes(16), _UNITY,
        struct.pack(">2I", width << 16, height << 16),
    )  # fmt: skip
    movie_head = _box(
        b"mvhd",
        bytes(12), struct.pack(">2IiH", scale, length, 0x10000, 0x100), bytes(10), _UNITY, bytes(24),
        struct.pack(">I", 2),
    )  # fmt: skip
    return head + _box(b"mdat", *samples) + _box(b"moov", movie_head, _box(b"trak", track_head, media))


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


def _ones() -> bytes:
    """Version, flags, and a count of one."""
    return struct.pack(">2I", 0, 1)


def _jpeg_entry(width: int, height: int) -> bytes:
    """What the samples are: the object type of JPEG in the description of an MPEG-4 stream."""
    decoder = _descriptor(4, bytes([0x6C, 0x11]) + bytes(11))
    stream = _descriptor(3, bytes(3) + decoder + _descriptor(6, b"\x02"))
    shape = struct.pack(">2H", width, height) + struct.pack(">2I", 0x480000, 0x480000)
    look = bytes(4) + struct.pack(">H", 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    return _box(b"mp4v", bytes(6), struct.pack(">H", 1), bytes(16), shape, look, _box(b"esds", bytes(4), stream))


def _descriptor(tag: int, body: bytes) -> bytes:
    return bytes([tag, 0x80, 0x80, 0x80, len(body)]) + body


# --- WebM


def webm(frames: Sequence[Image], fps: float) -> bytes:
    """A WebM of VP8 key frames."""
    step = 1000 / fps
    head = _element(
        0x1A45DFA3,
        _number(0x4286, 1), _number(0x42F7, 1), _number(0x42F2, 4), _number(0x42F3, 8), _element(0x4282, b"webm"),
        _number(0x4287, 2), _number(0x4285, 2),
    )  # fmt: skip
    info = _element(
        0x1549A966,
        _number(0x2AD7B1, 1_000_000), _element(0x4489, struct.pack(">d", step * len(frames))),
        _element(0x4D80, b"webuiapi"), _element(0x5741, b"webuiapi"),
    )  # fmt: skip
    video = _element(0xE0, _number(0xB0, frames[0].width), _number(0xBA, frames[0].height))
    track = _element(
        0xAE,
        _number(0xD7, 1), _number(0x73C5, 1), _number(0x83, 1), _element(0x86, b"V_VP8"),
        _number(0x23E383, round(step * 1_000_000)), video,
    )  # fmt: skip
    clusters = []
    for number, frame in enumerate(frames):
        block = b"\x81" + struct.pack(">h", 0) + b"\x80" + _vp8(frame)
        clusters.append(_element(0x1F43B675, _number(0xE7, round(number * step)), _element(0xA3, block)))
    return head + _element(0x18538067, info, _element(0x1654AE6B, track), *clusters)


def _vp8(frame: Image) -> bytes:
    """The key frame inside a lossy WebP."""
    data = _encoded(frame, "WEBP")
    place = 12
    while data[place : place + 4] != b"VP8 ":
        place += 8 + (struct.unpack_from("<I", data, place + 4)[0] + 1 & ~1)
    size = struct.unpack_from("<I", data, place + 4)[0]
    return data[place + 8 : place + 8 + size]


def _element(identity: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    name = identity.to_bytes((identity.bit_length() + 7) // 8, "big")
    return name + (len(body) | 1 << 56).to_bytes(8, "big") + body


def _number(identity: int, value: int) -> bytes:
    return _element(identity, value.to_bytes(max((value.bit_length() + 7) // 8, 1), "big"))
