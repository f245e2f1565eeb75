"""Where pictures keep the text: found in the bytes of a file without decoding pixels, and put there."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..png import pillow_texts
from ..wording import a_kind, path_text
from . import bmff, novelai
from .exif import PREFIX, exif_user_comment, read_user_comment

if TYPE_CHECKING:
    from PIL.Image import Image

_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_TEXT = 1 << 24
"""Bytes that the compressed texts of a file are unpacked to in all; more is no text but an attack."""
_KEYWORDS = (b"parameters", b"comment", b"Software", b"Comment", b"Description")
_EXIF_FORMATS = ("JPEG", "WEBP", "AVIF")


def image_text(image: str | PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image) -> str:
    """The text in a path, the bytes of a file, an open file, or a PIL image; `ValueError` if there is none.

    Raises `TypeError` for anything else, and `OSError` for a file that can't be read.
    """
    name = "the picture"
    text: str | None
    if isinstance(image, (bytes, bytearray, memoryview)):
        text = read_image_text(image)
    elif isinstance(image, (str, PathLike)):
        name = path_text(image, "image")
        text = read_image_text(Path(name).read_bytes())
    elif hasattr(image, "read"):
        name = str(getattr(image, "name", "") or name)
        data = image.read()
        if not isinstance(data, bytes):
            raise TypeError(f"{name} is open as text; open it with mode 'rb'")
        text = read_image_text(data)
    elif not hasattr(image, "info"):
        raise TypeError(
            f"image: a path, the bytes of a file, an open binary file or a PIL image is needed, not {a_kind(image)}"
        )
    else:
        name = str(getattr(image, "filename", "") or name)
        text = _text_of_pil(image)
    if text is None:
        raise ValueError(f"{name} holds no generation parameters")
    return text


def read_image_text(data: bytes | bytearray | memoryview) -> str | None:
    """The text in the bytes of a PNG, JPEG, WebP, AVIF or GIF file; None if there is none, also in a damaged file.

    Raises `TypeError` for what is no bytes.
    """
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"data: the bytes of a picture are needed, not {a_kind(data)}; from_image reads files too")
    data = bytes(data)
    if data.startswith(_PNG):
        return _text_of_png(data)
    if data.startswith(b"\xff\xd8"):
        return _text_of_jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return next((read_user_comment(body) for name, body in _riff_chunks(data) if name == b"EXIF"), None)
    if data.startswith(b"GIF8"):
        return _text_of_gif(data)
    if data[4:8] == b"ftyp":
        block = bmff.exif(data)
        return read_user_comment(block) if block else None
    return None


def _text_of_pil(image: Image) -> str | None:
    behind = _behind_pixels(image) if image.format == "PNG" and "parameters" not in image.info else {}
    info = {str(key): value for key, value in image.info.items()} | dict(behind)
    return _choose(info, image.size)


def _behind_pixels(image: Image) -> Mapping[str, str]:
    """The texts of a PNG with those behind its pixels, which Pillow decodes for that.

    None where something is damaged there; what stands before the damage is then in the image's info.
    """
    try:
        return getattr(image, "text", {})
    except (OSError, SyntaxError, ValueError):
        return {}


def _choose(info: dict[str, Any], size: tuple[int, int]) -> str | None:
    """The text among what a picture holds beside its pixels, in the webui's order of preference."""
    text = info.get("parameters")
    if isinstance(info.get("exif"), bytes):
        text = read_user_comment(info["exif"]) or text
    elif text is None and "comment" in info:
        comment = info["comment"]
        text = comment.decode("utf-8", "ignore") if isinstance(comment, bytes) else comment
    text = novelai.read(info, size) or text
    return str(text) if text else None


def _text_of_png(data: bytes) -> str | None:
    info: dict[str, Any] = {}
    size = (0, 0)
    left = _MOST_TEXT
    for name, start, end in _png_chunks(data):
        if name == b"IHDR" and end - start >= 8:
            size = struct.unpack_from(">II", data, start)
        elif name == b"eXIf":
            info["exif"] = data[start:end]
        elif name in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, rest = data[start:end].partition(b"\0")
            if keyword in _KEYWORDS:
                text, unpacked = _png_text(name, rest, left)
                left -= unpacked
                if text is not None:
                    info[keyword.decode("latin-1")] = text
    return _choose(info, size)


def _png_text(name: bytes, rest: bytes, most: int) -> tuple[str | None, int]:
    """The text of a chunk (None if it is damaged), and how many bytes were unpacked for it, at most `most`."""
    if name == b"tEXt":
        return rest.decode("latin-1"), 0
    if name == b"zTXt":
        packed, content, encoding = True, rest[1:], "latin-1"
    else:
        parts = rest[2:].split(b"\0", 2)  # language, translated keyword, text
        if len(parts) < 3:
            return None, 0
        packed, content, encoding = bool(rest[0]), parts[2], "utf-8"
    if not packed:
        return content.decode(encoding, "replace"), 0
    plain, whole = _unpacked(content, most)
    return plain.decode(encoding, "replace") if whole else None, len(plain)


def _unpacked(data: bytes, most: int) -> tuple[bytes, bool]:
    """What `data` is unpacked to, and whether that is all of it."""
    if most <= 0:  # which zlib reads as no limit
        return b"", False
    unpacker = zlib.decompressobj()
    try:
        return unpacker.decompress(data, most), unpacker.eof
    except zlib.error:
        return b"", False


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, and start and end of the content, of each chunk that is whole."""
    position = len(_PNG)
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 8 + length
        if end + 4 > len(data):  # the file is cut off
            return
        yield data[position + 4 : position + 8], position + 8, end
        position = end + 4


def _text_of_jpeg(data: bytes) -> str | None:
    info: dict[str, Any] = {}
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        if marker == 0xDA:  # the pixels begin
            break
        (length,) = struct.unpack_from(">H", data, position + 2)
        body = data[position + 4 : position + 2 + length]
        if marker == 0xE1 and body.startswith(PREFIX):
            info.setdefault("exif", body)
        elif marker == 0xFE:
            info["comment"] = body
        position += 2 + length
    return _choose(info, (0, 0))


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, position)
        yield name, data[position + 8 : position + 8 + length]
        position += 8 + length + length % 2


def _text_of_gif(data: bytes) -> str | None:
    """The first comment. Everything before it is passed over block by block."""
    position = 13 + _gif_palette(data, 10)
    while position < len(data):
        kind = data[position]
        if kind == 0x21:  # an extension; 0xFE is a comment
            if data[position + 1 : position + 2] == b"\xfe":
                comment = bytearray().join(data[start:end] for start, end in _gif_blocks(data, position + 2))
                return comment.decode("utf-8", "ignore") or None
            position = _gif_end(data, position + 2)
        elif kind == 0x2C:  # a picture: descriptor, palette, code size, pixels
            position = _gif_end(data, position + 11 + _gif_palette(data, position + 9))
        else:
            break
    return None


def _gif_palette(data: bytes, position: int) -> int:
    flags = data[position] if position < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks(data: bytes, position: int) -> Iterator[tuple[int, int]]:
    """Start and end of the content of each sub-block from a position on."""
    while position < len(data) and data[position]:
        end = position + 1 + data[position]
        yield position + 1, end
        position = end


def _gif_end(data: bytes, position: int) -> int:
    """Where the sub-blocks that begin at a position, and the empty one behind them, end."""
    return max((end for _, end in _gif_blocks(data, position)), default=position) + 1


def png_text_chunk(keyword: str, text: str) -> bytes:
    """A whole PNG chunk with a text: `tEXt`, or `iTXt` if the text is not Latin-1, as the webui writes them."""
    try:
        name, value = b"tEXt", text.encode("latin-1")
    except UnicodeEncodeError:
        name, value = b"iTXt", bytes(4) + text.encode("utf-8", "replace")
    body = name + keyword.encode("latin-1") + b"\0" + value
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def embed(image: Image, text: str, format: str = "PNG", **options: Any) -> bytes:  # noqa: A002 - Pillow's name for it
    """The picture as a file of that format with the text inside; `options` are Pillow's for it (`quality=...`).

    Formats are Pillow's: PNG, JPEG, WEBP, AVIF (where Pillow has it), GIF. Raises `ValueError` for others, and for a
    text too long for JPEG (32,000 characters).
    """
    format = format.upper().replace("JPG", "JPEG")  # noqa: A001
    buffer = io.BytesIO()
    if format == "PNG":
        image.save(buffer, format, pnginfo=pillow_texts({"parameters": text}), **options)
    elif format in _EXIF_FORMATS:
        if format == "JPEG" and image.mode not in ("L", "RGB", "CMYK"):
            image = image.convert("RGB")
        image.save(buffer, format, exif=exif_user_comment(text), **options)
    elif format == "GIF":
        image.save(buffer, format, comment=text.encode("utf-8", "replace"), **options)
    else:
        raise ValueError(f"format is {format!r}; a text goes into PNG, JPEG, WEBP, AVIF or GIF")
    return buffer.getvalue()
