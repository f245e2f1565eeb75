"""What the servers of one model have in common: KoboldCpp, stable-diffusion.cpp and Draw Things."""

from __future__ import annotations

import posixpath
from typing import Any

from ..routing import Call, Handler, Route

NO_HASH = "8" * 64
"""What stands for the hash of the model."""


def get(path: str, handler: Handler) -> Route:
    """An endpoint that only gives."""
    described = {"query": {}, "response": {"content_type": "application/json", "type": "any"}}
    return Route("GET", path, handler, described)


def file_name(call: Call) -> str:
    """The file of the model."""
    return posixpath.basename(str(call.state.checkpoint["filename"]).replace("\\", "/"))


def stem(call: Call) -> str:
    """The file of the model without its ending."""
    return posixpath.splitext(file_name(call))[0]


def options(call: Call) -> dict[str, str]:
    """The two that there are."""
    return {"samples_format": "png", "sd_model_checkpoint": stem(call)}


def models(call: Call) -> list[dict[str, Any]]:
    """The one that there is."""
    name = stem(call)
    item = {"title": name, "model_name": name, "hash": NO_HASH[:10], "sha256": NO_HASH, "config": None}
    return [{**item, "filename": file_name(call)}]
