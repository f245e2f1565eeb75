"""What can go wrong: the kinds of faults, the parameters of each, and what it makes of an answer.

A kind does one or two of three things: it puts an answer of its own in the place of the true one (`answers`), it spoils
the true one before it is compressed (`spoils`), or it works on the finished one and says how it goes out (`finishes`).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import body
from .http import Delivery, Response

if TYPE_CHECKING:
    from .faults import Fault

REQUIRED = object()
"""In the place of a default: the parameter has to be given."""
_WORK = ("none", "first", "beside")
_STATUS_OF = {"busy": 429, "unavailable": 503}
_PHRASES = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
_OUT_OF_MEMORY = (
    "CUDA out of memory. Tried to allocate 9.00 GiB. GPU 0 has a total capacity of 7.79 GiB of which 1.02 GiB is free. "
    "Including non-PyTorch memory, this process has 6.75 GiB memory in use."
)
_GARBAGE = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03 this was compressed once"
_NO_PICTURE = "VGhpcyBpcyBubyBwaWN0dXJlLg=="
_HEADER_NAME = re.compile(r"(?!(content-length|transfer-encoding)$)[-\w!#$%&'*+.^`|~]+", re.ASCII | re.IGNORECASE)
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kind."""

    default: Any
    check: Callable[[Any], bool]
    wanted: str
    """What passes the check, in words."""


@dataclass(frozen=True)
class Kind:
    """One kind of fault."""

    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    answers: Callable[[Fault], Response] | None = None
    spoils: Callable[[Fault, Response], Response] | None = None
    finishes: Callable[[Fault, Response], Delivery] | None = None


# --- parameters


def number(default: Any, *, nullable: bool = False, most: float = 1e9) -> Parameter:
    """A number from 0 on."""

    def check(value: Any) -> bool:
        if value is None:
            return nullable
        return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most

    return Parameter(default, check, f"a number from 0 to {most:g}" + (" or null" if nullable else ""))


def whole(default: Any, low: int, high: int = 1 << 40, *, nullable: bool = False, zero: bool = True) -> Parameter:
    """A whole number within limits."""

    def check(value: Any) -> bool:
        if value is None:
            return nullable
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high and (zero or value != 0)

    others = (" other than 0" if not zero else "") + (" or null" if nullable else "")
    return Parameter(default, check, f"a whole number from {low} to {high}{others}")


def choice(*values: str) -> Parameter:
    """One of some words; the first is the default."""
    return Parameter(values[0], lambda value: value in values, f"one of {', '.join(values)}")


def text(default: str) -> Parameter:
    """A text."""
    return Parameter(default, lambda value: isinstance(value, str), "a text")


def _are_headers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str)
        and _HEADER_NAME.fullmatch(name)
        and isinstance(content, str)
        and _HEADER_VALUE.fullmatch(content)
        for name, content in value.items()
    )


def _is_json(value: Any) -> bool:
    try:
        return bool(body.dumps(value))
    except (TypeError, ValueError, RecursionError):
        return False


_ANYTHING = Parameter(None, _is_json, "anything that JSON can hold")
_HEADERS = Parameter({}, _are_headers, "an object of header fields, without Content-Length and Transfer-Encoding")
_PLACE = whole(None, -(1 << 40), nullable=True)


# --- answers in the place of the true one


def _status(fault: Fault) -> Response:
    content = fault["body"]
    is_text = isinstance(content, str)
    headers = {"content-type": "text/plain; charset=utf-8" if is_text else "application/json"}
    headers |= {name.lower(): value for name, value in fault["headers"].items()}
    raw = content.encode("utf-8", "replace") if is_text else b"" if content is None else body.dumps(content)
    return Response(fault["status"], headers, raw)


def _html(fault: Fault) -> Response:
    said = f"{fault['status']} {_PHRASES.get(fault['status'], 'Error')}"
    page = (
        f"<html>\r\n<head><title>{said}</title></head>\r\n<body>\r\n<center><h1>{said}</h1></center>\r\n"
        "<hr><center>proxy</center>\r\n</body>\r\n</html>\r\n"
    )
    return Response(fault["status"], {"server": "proxy", "content-type": "text/html"}, page.encode())


def _memory(_: Fault) -> Response:
    content = {"error": "OutOfMemoryError", "detail": "", "body": "", "errors": _OUT_OF_MEMORY}
    return body.json_response(content, status=500)


def _busy(fault: Fault) -> Response:
    response = body.json_response({"detail": "Busy, come back later"}, status=_STATUS_OF[fault.kind])
    if fault["retry_after"] is not None:
        response.headers["retry-after"] = f"{fault['retry_after']:g}"
    return response


# --- the true one spoilt


def _image(fault: Fault, response: Response) -> Response:
    try:
        answer = json.loads(response.body)
    except ValueError:
        return response
    if not isinstance(answer, dict):
        return response
    spoil, only = _SPOILT[fault["how"]], fault["index"]
    images = answer.get("images")
    if isinstance(images, list):
        answer["images"] = [
            spoil(image) if only in (None, index) and isinstance(image, str) else image
            for index, image in enumerate(images)
        ]
    if isinstance(answer.get("image"), str) and not only:
        answer["image"] = spoil(answer["image"])
    return Response(response.status, response.headers, body.dumps(answer))


_SPOILT: dict[str, Callable[[str], str]] = {
    "cut": lambda image: image[: len(image) // 8 * 4],
    "base64": lambda image: f"#{image[1 : len(image) // 2]}~{image[len(image) // 2 + 1 :]}",
    "empty": lambda _: "",
    "text": lambda _: _NO_PICTURE,
}


# --- the finished one, and how it goes out


def _gzip(fault: Fault, response: Response) -> Delivery:
    packed = response.body
    if response.headers.get("content-encoding") != "gzip":
        packed = gzip.compress(packed, 1)
    response.body = packed[: len(packed) // 2] if fault["how"] == "cut" else _GARBAGE
    response.headers |= {"content-encoding": "gzip", "content-length": str(len(response.body))}
    return Delivery(ending="usual")


def _hang(fault: Fault, response: Response) -> Delivery:
    if fault["at"] is None:
        return Delivery(delay=None, ending="usual")
    return Delivery(stop=_place(fault, response), hold=True)


def _reset(fault: Fault, response: Response) -> Delivery:
    if fault["at"] is None:
        return Delivery(silent=True, ending="reset")
    return Delivery(stop=_place(fault, response), ending="reset")


def _cut(fault: Fault, response: Response) -> Delivery:
    return Delivery(stop=len(response.body) // 2 if fault["at"] is None else _place(fault, response))


def _place(fault: Fault, response: Response) -> int:
    """Where `at` is in the body: counted from its end if below 0, and at most its end."""
    length = len(response.body)
    at: int = fault["at"]
    return max(length + at, 0) if at < 0 else min(at, length)


KINDS: dict[str, Kind] = {
    # The connection closes before the body of the request is read.
    "refuse": Kind(finishes=lambda *_: Delivery(silent=True)),
    # The answer comes `seconds` later.
    "delay": Kind(
        {"seconds": number(REQUIRED)}, finishes=lambda fault, _: Delivery(delay=fault["seconds"], ending="usual")
    ),
    # The answer does not come, or stops after `at` bytes of its body, until it is released.
    "hang": Kind({"at": _PLACE}, finishes=_hang),
    # The body comes in pieces of `bytes`, `seconds` before each.
    "drip": Kind(
        {"bytes": whole(64, 1), "seconds": number(0.1)},
        finishes=lambda fault, _: Delivery(piece=fault["bytes"], pause=fault["seconds"]),
    ),
    # The connection closes after `at` bytes of the body; without it after half of them.
    "cut": Kind({"at": _PLACE}, finishes=_cut),
    # The connection is reset before the answer, or after `at` bytes of its body.
    "reset": Kind({"at": _PLACE, "work": choice(*_WORK)}, finishes=_reset),
    # Content-Length is `by` too large or too small, then the connection closes.
    "length": Kind(
        {"by": whole(REQUIRED, -(1 << 40), zero=False)}, finishes=lambda fault, _: Delivery(length=fault["by"])
    ),
    # Any status, with any body.
    "status": Kind(
        {"status": whole(REQUIRED, 200, 599), "body": _ANYTHING, "headers": _HEADERS, "work": choice(*_WORK)}, _status
    ),
    # The page of a proxy that has got no answer.
    "html": Kind({"status": whole(502, 400, 599), "work": choice(*_WORK)}, _html),
    # The graphics memory does not suffice.
    "memory": Kind({"work": choice(*_WORK)}, _memory),
    # 429, and when to come again.
    "busy": Kind({"retry_after": number(1, nullable=True), "work": choice(*_WORK)}, _busy),
    # 503.
    "unavailable": Kind({"retry_after": number(None, nullable=True), "work": choice(*_WORK)}, _busy),
    # Once the request's job has made `step` steps the server drops everything, and is away for `seconds`.
    "restart": Kind({"seconds": number(0, nullable=True), "step": whole(1, 0)}),
    # The pictures of the answer are broken, or only the one of number `index`.
    "image": Kind(
        {"how": choice("cut", "base64", "empty", "text"), "index": whole(None, 0, nullable=True)}, spoils=_image
    ),
    # What says that it is compressed is not, or not to its end.
    "gzip": Kind({"how": choice("garbage", "cut")}, finishes=_gzip),
}
"""All kinds by their names."""

COMMON: dict[str, Parameter] = {
    "method": text("*"),
    "path": text("*"),
    "times": whole(None, 0, nullable=True),
    "after": whole(0, 0),
    "probability": number(1, most=1),
    "delay": number(0, nullable=True),
}
"""The parameters that every kind has: which requests it meets, and the seconds before anything happens."""
