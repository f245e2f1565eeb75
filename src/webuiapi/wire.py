"""Values to the JSON that goes out, and the JSON that comes in back to values.

Pictures never pass through the JSON encoder or parser: outgoing ones are cut out and spliced between the pieces,
incoming ones are found by a scan and decoded from the receive buffer. The small rest is orjson's.
"""

from __future__ import annotations

import enum
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import orjson
import pybase64

from .wording import a_kind

Buffer = bytes | bytearray | memoryview  # what the transports hand over

_TOKEN = f"__webuiapi_{os.urandom(16).hex()}_"
"""Stands for a picture while the JSON is made: no text of a caller's can hold it by chance."""
_SPLIT = re.compile(re.escape(_TOKEN.encode()) + rb"(\d+)__")


@runtime_checkable
class Spliced(Protocol):
    """A value whose text is put into the JSON as it is, between quotes: an encoded picture."""

    def ascii(self) -> bytes:
        """The text: ASCII without quotes, backslashes or control characters."""


@dataclass(frozen=True)
class Body:
    """An encoded body: its pieces in order, and their length in bytes."""

    pieces: Sequence[bytes]
    length: int

    def join(self) -> bytes:
        """The whole as one."""
        return b"".join(self.pieces)


def encode(value: Any, convert: Callable[[Any], Any] | None = None) -> Body:
    """The JSON of `value`. `convert` turns what JSON does not know (a picture, a unit) into what it does.

    Raises `TypeError` for what JSON cannot hold, a lone surrogate among it. (Not a number and infinity would go out as
    null: requests refuse them before.)
    """
    spliced: list[bytes] = []

    def default(item: Any) -> Any:
        if isinstance(item, Spliced):
            spliced.append(item.ascii())
            return f"{_TOKEN}{len(spliced) - 1}__"
        if isinstance(item, Mapping):
            return dict(item)
        if isinstance(item, (set, frozenset, tuple)):
            return list(item)
        if isinstance(item, enum.Enum):
            return item.value
        if callable(getattr(item, "item", None)) and getattr(item, "ndim", None) == 0:
            return _finite(item.item())  # a NumPy scalar
        if convert is None:
            raise TypeError(f"{a_kind(item)} can't be sent as JSON")
        return convert(item)

    text = _dump(value, default)
    if not spliced:
        return Body((text,), len(text))
    pieces = _SPLIT.split(text)
    pieces[1::2] = [spliced[int(index)] for index in pieces[1::2]]
    return Body(pieces, sum(map(len, pieces)))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} can't be sent: JSON has no such number")
    return value


def _dump(value: Any, default: Callable[[Any], Any]) -> bytes:
    try:
        return orjson.dumps(value, default, orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError as error:  # orjson.JSONEncodeError is one
        if error.__cause__ is not None:
            raise error.__cause__ from None  # what `default` said
        if "64-bit" in str(error):  # JSON and the servers know larger integers, orjson does not
            return json.dumps(value, default=default, ensure_ascii=False, separators=(",", ":")).encode()
        raise


_DIGITS = bytes(b"0"[0] if chr(byte).isdecimal() else b" "[0] for byte in range(256))
_HUGE = b"0" * 19


def parse_json(data: Buffer | str) -> Any:
    """The value of a JSON text. Reads NaN and Infinity too, which the webui writes bare. Raises `ValueError`.

    Integers of any size stay exact: seeds can be larger than 64 bits.
    """
    if isinstance(data, memoryview):
        data = data.tobytes()
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if _HUGE not in raw.translate(_DIGITS):  # orjson makes floats of integers that need more than 64 bits
        try:
            return orjson.loads(data)
        except ValueError:
            pass
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


# -- pictures in an answer --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One picture of an answer: its bytes, or why there are none."""

    content: Any
    """Bytes, or a `disk.Stored` where they went to a file."""
    problem: str = ""


_S = rb"[ \t\r\n]*"  # what JSON calls white space
_IMAGES = re.compile(_S + rb"\{" + _S + rb'"images"' + _S + rb":" + _S + rb"\[" + _S + rb'(?=["\]])')
_BETWEEN = re.compile(_S + rb"([,\]])" + _S)
_PREFIX = re.compile(rb"data:[\w/.+;=-]{0,100},")
_NEXT_FIELD = re.compile(rb"," + _S + rb'(?=")')


def split_images(body: Buffer) -> tuple[list[Part], Any]:
    """The pictures in the list `images` of an answer, and the rest as parsed JSON, with an empty list in their place.

    The fast path for what every server sends; whatever it does not expect goes to the general parser.
    Raises `ValueError` when the body is not JSON.
    """
    found = _scan(body)
    if found is not None:
        parts, end = found
        tail = memoryview(body)[end:]
        try:
            rest = parse_json(b"{" + bytes(tail))
        except ValueError:
            rest = None
        if isinstance(rest, dict) and "images" not in rest:
            return parts, {"images": [], **rest}
    return _general(body)


def _scan(body: Buffer) -> tuple[list[Part], int] | None:
    """The decoded pictures and the offset behind the comma that follows the list, or None to give up."""
    if isinstance(body, memoryview):
        body = body.tobytes()
    head = _IMAGES.match(body)
    if head is None:
        return None
    view = memoryview(body)
    parts: list[Part] = []
    at = head.end()
    empty = body[at : at + 1] == b"]"
    while not empty:
        if body[at : at + 1] != b'"':
            return None
        end = body.find(b'"', at + 1)
        if end < 0:
            return None
        start = at + 1
        if body.startswith(b"data:", start):
            prefix = _PREFIX.match(body, start, end)
            if prefix is None:
                return None
            start = prefix.end()
        elif start == end:
            return None
        try:
            parts.append(Part(pybase64.b64decode(view[start:end], validate=True)))
        except ValueError:  # an escape, a line break, no base64 at all: the general way sorts it out
            return None
        between = _BETWEEN.match(body, end + 1)
        if between is None:
            return None
        at = between.end()
        if between.group(1) == b"]":
            break
    else:
        closing = _BETWEEN.match(body, at)
        if closing is None:
            return None
        at = closing.end()
    following = _NEXT_FIELD.match(body, at)
    if following is not None:
        return parts, following.end()
    return (parts, at) if body[at : at + 1] == b"}" else None


def _general(body: Buffer) -> tuple[list[Part], Any]:
    answer = parse_json(body)
    if not isinstance(answer, dict):
        return [], answer
    images = answer.get("images")
    if isinstance(images, str):
        images = [images]
    if not isinstance(images, list):
        return [], answer
    answer["images"] = []
    return [decode_image(item) for item in images], answer


def decode_image(text: Any) -> Part:
    """A picture from base64 text with or without a `data:` prefix; white space and missing padding are forgiven."""
    if not isinstance(text, str):
        return Part(b"", f"is {type(text).__name__} where base64 text was expected")
    if not text:
        return Part(b"", "is empty")
    raw = text.partition(",")[2] if text.startswith("data:") else text
    data = re.sub(r"\s+", "", raw)
    try:
        return Part(pybase64.b64decode(data + "=" * (-len(data) % 4), validate=True))
    except ValueError as error:
        return Part(text.encode("utf-8", "replace"), f"is no base64 ({error})")
