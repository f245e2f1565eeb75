"""The small pictures that show how far a job is, as text."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from .errors import HTTPError

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}


def encoded(image: Image, kind: str) -> str:
    """A picture as base64 in the format that an option names."""
    pillow_format = _FORMATS.get(str(kind).lower())
    if pillow_format is None:
        raise HTTPError(500, "Invalid image format")
    data = io.BytesIO()
    image.save(data, pillow_format)
    return base64.b64encode(data.getvalue()).decode("ascii")


def data_uri(image: Image, kind: str) -> str:
    """A picture as a data URI in the format that an option names."""
    return f"data:image/{kind};base64,{encoded(image, kind)}"
