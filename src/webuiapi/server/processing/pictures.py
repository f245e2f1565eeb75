"""Pictures in and out: the text of a request to a picture, a picture to the text of an answer, and what a file says.

URLs are never fetched: they are refused as the webui refuses hosts of its own network.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pybase64
from PIL import Image as pil
from PIL import ImageOps

from ... import png
from ...infotext import exif_user_comment, novelai
from ...infotext.exif import read_user_comment
from ..errors import HTTPError
from .limits import OutOfMemoryError, check_count, check_input, check_total

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..catalog import Catalog

_TECHNICAL = (
    "jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "exif", "loop", "background", "timestamp", "duration",
    "progressive", "progression", "icc_profile", "chromaticity", "photoshop",
)  # fmt: skip
"""Metadata that is about the file, not about the picture."""


# --- in


def decode(text: str, options: Mapping[str, Any]) -> Image:
    """The picture of a request: base64, decoded leniently, or a data URI.

    What is no picture is an `HTTPError`, and so is every URL: "Requests not allowed" where the option
    `api_enable_requests` is off, else "Request to local resource not allowed", as for a host without a public address.
    """
    if text.startswith(("http://", "https://")):
        if not options["api_enable_requests"]:
            raise HTTPError(500, "Requests not allowed")
        raise HTTPError(500, "Request to local resource not allowed")
    if text.startswith("data:image/"):
        text = text.split(";")[1].split(",")[1]
    try:
        image = pil.open(io.BytesIO(pybase64.b64decode(text)))
        check_input(*image.size)
        return _upright(image)
    except OutOfMemoryError:
        raise
    except Exception as error:  # whatever is wrong with it, the answer is the same
        raise HTTPError(500, "Invalid encoded image") from error


def decode_all(texts: Sequence[str], options: Mapping[str, Any]) -> list[Image]:
    """The pictures of a request that brings several, as many and as large as the server can hold together."""
    check_count(len(texts))
    images: list[Image] = []
    pixels = 0
    for text in texts:
        images.append(decode(text, options))
        pixels += images[-1].width * images[-1].height
        check_total(pixels)
    return images


def _upright(image: Image) -> Image:
    """The picture as its EXIF orientation wants it shown, with an alpha channel where it has transparent colours."""
    try:
        turned = ImageOps.exif_transpose(image)
        if turned.mode in ("RGB", "P") and isinstance(turned.info.get("transparency"), bytes):
            turned = turned.convert("RGBA")
    except (OSError, SyntaxError, ValueError):
        return image  # a damaged file is found out when its pixels are needed, as there
    return turned


def flat(image: Image, background: str) -> Image:
    """The picture in RGB, what is transparent in it laid on a colour."""
    if image.mode == "RGBA":
        ground = pil.new("RGBA", image.size, background)
        ground.paste(image, mask=image)
        image = ground
    return image.convert("RGB")


# --- out


def encode(image: Image | str, options: Mapping[str, Any]) -> str:
    """A picture for an answer: base64 of the format that `samples_format` names, its texts inside.

    What is text already, such as a video that a script has made, stays as it is.
    """
    if isinstance(image, str):
        return image
    kind = str(options["samples_format"]).lower()
    if kind == "png":
        data = _png(image)
    elif kind in ("jpg", "jpeg", "webp"):
        data = _with_exif(image, "WEBP" if kind == "webp" else "JPEG", int(options["jpeg_quality"]))
    else:
        raise HTTPError(500, "Invalid image format")
    return pybase64.b64encode(data).decode("ascii")


def _png(image: Image) -> bytes:
    texts = {key: value for key, value in image.info.items() if isinstance(key, str) and isinstance(value, str)}
    if png.can_write(image.mode) and "transparency" not in image.info:
        return png.write_png(image, texts)
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=png.pillow_texts(texts), compress_level=1)
    return out.getvalue()


def _with_exif(image: Image, kind: str, quality: int) -> bytes:
    if image.mode in ("RGBA", "P"):
        image = image.convert("RGB")
    out = io.BytesIO()
    image.save(out, kind, exif=exif_user_comment(image.info.get("parameters") or ""), quality=quality)
    return out.getvalue()


# --- what a file says


def read_info(image: Image, catalog: Catalog) -> tuple[str | None, dict[str, Any]]:
    """The infotext in a picture, and its other metadata without what is technical."""
    items: dict[str, Any] = {str(key): value for key, value in image.info.items()}
    text = items.pop("parameters", None)
    if "exif" in items:
        text = read_user_comment(items["exif"]) or text
    elif "comment" in items:
        comment = items["comment"]
        text = comment.decode("utf-8", "ignore") if isinstance(comment, bytes) else comment
    for key in _TECHNICAL:
        items.pop(key, None)
    return novelai.read(items, image.size, _samplers(catalog)) or text, items


def _samplers(catalog: Catalog) -> dict[str, str]:
    """The samplers by all their names in lower case, as the webui looks them up."""
    return {name.lower(): item["name"] for item in catalog.samplers for name in (item["name"], *item["aliases"])}
