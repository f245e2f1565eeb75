"""A Pillow image as the bytes of a PNG that every server reads."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from .png import can_write, pillow_texts, write_png

if TYPE_CHECKING:
    from PIL.Image import Image


def encode(image: Image, name: str, *, stored: bool = False) -> bytes:
    """A PNG of the picture, upright, in a mode that servers read, with its text entries as text chunks."""
    if not min(image.size):
        raise ValueError(f"{name}: a picture of {image.width}x{image.height} pixels has nothing to send")
    try:
        image.load()  # a PNG may have texts behind its pixels
        texts = _texts(image)
        image = _upright(image)
        image = _in_known_mode(image)
        if can_write(image.mode) and "transparency" not in image.info:
            return write_png(image, texts, stored=stored)
        return _by_pillow(image, texts)
    except (OSError, SyntaxError, ValueError, AttributeError) as error:  # the latter two for one that is closed
        raise ValueError(f"{name}: the picture can't be read: {reason(error)}") from error


def _texts(image: Image) -> dict[str, str]:
    """The text entries of a picture; generation parameters that stand in its EXIF data are among them."""
    texts = {key: text for key, text in image.info.items() if isinstance(key, str) and isinstance(text, str)}
    block = image.info.get("exif")
    if isinstance(block, bytes) and "parameters" not in texts:
        from .infotext.exif import read_user_comment

        comment = read_user_comment(block)
        if comment:
            texts["parameters"] = comment
    return texts


def _upright(image: Image) -> Image:
    """The picture as its EXIF orientation wants it shown."""
    if "exif" not in image.info and not hasattr(image, "_getexif"):
        return image
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _in_known_mode(image: Image) -> Image:
    """Colours kept as they are shown; what PNG has no form for is converted."""
    mode = image.mode
    if mode in ("L", "LA", "RGB", "RGBA", "1", "P", "I;16"):
        return image
    if mode == "PA":
        return image.convert("RGBA")
    if mode in ("La", "RGBa"):
        return image.convert({"La": "LA", "RGBa": "RGBA"}[mode])
    if mode in ("I", "I;16B", "I;16L", "I;16N", "F"):
        return image.convert("L") if mode == "F" else image.convert("I").convert("I;16")
    return image.convert("RGB")


def _by_pillow(image: Image, texts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=pillow_texts(texts), compress_level=1)
    return out.getvalue()


def opened(source: bytes | Path) -> Image:
    """A file's picture, not decoded yet; of a path, no more is read than that.

    Raises `ValueError` for what Pillow can't or, for its size, won't open.
    """
    from PIL import Image as pil

    try:
        return pil.open(io.BytesIO(source) if isinstance(source, bytes) else source)
    except (OSError, ValueError, SyntaxError, pil.DecompressionBombError) as error:
        raise ValueError(reason(error)) from error


def reason(error: Exception) -> str:
    """Why Pillow can't read a picture, without the addresses of objects."""
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "it is damaged, or of a kind that Pillow does not know"
    return str(error) or type(error).__name__
