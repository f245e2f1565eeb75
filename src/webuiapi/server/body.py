"""JSON as the webui reads and writes it: Python's own reader's errors, and no number that JSON does not know."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson

from .http import Body, Response

_SMALL = 1 << 16


def loads(body: Body) -> Any:
    """The value of a JSON text, or the exception that Python's own reader raises for it.

    Large texts go through the faster reader first. It refuses some that Python reads (NaN, lone surrogates), and it
    cuts integers above 64 bits, so small texts, where only time would be won, are read by Python alone.
    """
    if len(body) > _SMALL:
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass  # Python's reader has the last word, and the words of the error
    return json.loads(bytes(body))


def dumps(value: Any) -> bytes:
    """The JSON text of `value`. NaN and infinities are a ValueError, lone surrogates a UnicodeEncodeError."""
    if not _is_finite(value):
        raise ValueError("Out of range float values are not JSON compliant")
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8")


def json_response(value: Any, *, status: int = 200) -> Response:
    """An answer that holds `value` as JSON."""
    return Response(status, {"content-type": "application/json"}, dumps(value))


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)
