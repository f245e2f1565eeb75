"""What was received: the last requests, for tests that look at them and for the page that shows them.

Bodies and answers are kept as they are until they take too much room together; then the oldest are made smaller, their
pictures replaced by small copies, and if that does not suffice they are forgotten.
"""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import pybase64
from PIL import Image as pil

from .. import png
from .body import loads
from .http import Body, Request, Response
from .limits import MILLION, Limits

_CREDENTIALS = ("auth", "cookie", "token", "secret", "api-key")
"""What stands in the names of header fields that hold credentials."""
_SIDE = 256
"""The longer side of a small copy."""
_LONG = 2000
"""Letters from which on a text is made smaller."""
_SHORT = 60
"""Letters up to which a text can be no picture."""
_DEEP = 40
"""Levels of objects and lists from which on they are left out."""
_LARGEST = 64 * MILLION
"""Pixels of a picture that is still unpacked for a small copy."""
_WEIGHT = 1000
"""Bytes that an entry takes besides its texts, roughly."""


@dataclass(eq=False)
class Received:
    """One request that the server has received."""

    number: int
    """Counted from 1, over all that were ever received."""
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case, without those that hold credentials."""
    body: Body = field(repr=False)
    """As it was sent, as long as there is room; then with its pictures made smaller."""
    at: datetime
    fault: str | None = None
    """The kind of the fault that it met."""
    status: int | None = None
    """None while it is not answered, and when it never was."""
    seconds: float | None = None
    """How long it took; None while it is worked on."""
    answer: bytes | None = field(default=None, repr=False)
    """The answer, if it holds pictures of which there are no copies yet."""
    copies: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def json(self) -> Any:
        """The value of the body; None if it has none."""
        return _value(self.body)

    @property
    def pictures(self) -> tuple[bytes, ...]:
        """Small copies (JPEG) of the pictures in the answer."""
        answer = self.answer
        return self.copies if answer is None else _copies(answer)

    @property
    def sent_pictures(self) -> tuple[bytes, ...]:
        """Small copies (JPEG) of the pictures in the body."""
        return tuple(pictures_in(self.json))

    @property
    def weight(self) -> int:
        """The bytes that it takes, roughly."""
        texts = sum(len(name) + len(value) for name, value in self.headers.items()) + len(self.path) + len(self.query)
        return _WEIGHT + texts + len(self.body) + len(self.answer or b"") + sum(map(len, self.copies))


class Record:
    """The last requests of one server. Safe to use from several threads."""

    def __init__(self, limits: Limits) -> None:
        self._most, self._most_bytes = limits.requests, limits.request_bytes
        self._lock = threading.Lock()
        self._entries: dict[int, _Entry] = {}
        self._bytes = 0
        self._numbers = 0
        self._version = 0

    def begin(self, request: Request, fault: str | None = None) -> Received:
        """A request has come in."""
        headers = {name: value for name, value in request.headers.items() if not _is_secret(name)}
        with self._lock:
            self._numbers += 1
            received = Received(
                self._numbers, request.method, request.path, request.query, headers, request.body,
                datetime.now(timezone.utc), fault,
            )  # fmt: skip
            self._entries[received.number] = _Entry(received, time.perf_counter())
            self._note(received)
        self._make_room()
        return received

    def end(self, received: Received, response: Response | None) -> None:
        """It has been answered, before the answer is compressed; or never will be."""
        with self._lock:
            entry = self._entries.get(received.number)
            if entry is None:
                return
            received.seconds = time.perf_counter() - entry.start
            entry.small = False
            if response is not None:
                received.status = response.status
                if received.method == "POST" and b'"image' in response.body:
                    received.answer = response.body
            self._note(received)
        self._make_room()

    def clear(self) -> None:
        """Forget them all. Numbers go on."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0
            self._version += 1

    def all(self) -> list[Received]:
        """All that are remembered, the oldest first."""
        with self._lock:
            return [entry.received for entry in self._entries.values()]

    def since(self, version: int) -> tuple[int, int, list[Received]]:
        """The present version, the number of the oldest entry, and those that have changed since a version."""
        with self._lock:
            oldest = next(iter(self._entries), self._numbers + 1)
            changed = [entry.received for entry in self._entries.values() if entry.version > version]
            return self._version, oldest, changed

    def pictures_of(self, received: Received) -> tuple[bytes, ...]:
        """Small copies of the pictures in an answer, which are kept in its place from now on."""
        answer = received.answer
        copies = received.copies if answer is None else _copies(answer)
        with self._lock:
            self._replace(received, answer, copies)
        return copies

    def _shrink(self, received: Received) -> None:
        body, answer = received.body, received.answer
        smaller, copies = _smaller_body(body), _copies(answer)
        with self._lock:
            # All of it at once: one that is marked as small and not yet weighed would cost another its place.
            if received.body is body:
                received.body = smaller
            entry = self._entries.get(received.number)
            if entry is not None:
                entry.small = received.answer is answer
                self._weigh(entry)
            self._replace(received, answer, copies)

    def _make_room(self) -> None:
        while True:
            with self._lock:
                while len(self._entries) > self._most:
                    self._forget_oldest()
                if self._bytes <= self._most_bytes:
                    return
                large = next((entry.received for entry in self._entries.values() if not entry.small), None)
                if large is None:
                    self._forget_oldest()
                    continue
            self._shrink(large)

    # --- inside, with the lock held

    def _note(self, received: Received) -> None:
        self._version += 1
        entry = self._entries[received.number]
        entry.version = self._version
        self._weigh(entry)

    def _replace(self, received: Received, answer: bytes | None, copies: tuple[bytes, ...]) -> None:
        """Put copies in the place of the answer they were made from; one that has come meanwhile stays."""
        if answer is None or received.answer is not answer:
            return
        received.copies, received.answer = copies, None
        entry = self._entries.get(received.number)
        if entry is not None:
            self._weigh(entry)

    def _weigh(self, entry: _Entry) -> None:
        weight = entry.received.weight
        self._bytes += weight - entry.weight
        entry.weight = weight

    def _forget_oldest(self) -> None:
        entry = self._entries.pop(next(iter(self._entries)))
        self._bytes -= entry.weight


@dataclass(eq=False)
class _Entry:
    """What the record knows about one of its requests."""

    received: Received
    start: float
    version: int = 0
    weight: int = 0
    small: bool = False


def without_pictures(value: Any) -> Any:
    """A JSON value whose pictures and other long texts are only named."""

    def named(text: str) -> str:
        kind = png.kind_of(_unpacked(text[:200]))
        if kind is None and len(text) <= _LONG:
            return text
        return f"({kind or 'text'}, {len(text)} letters)"

    return _walked(value, named, longer_than=_SHORT)


def pictures_in(value: Any) -> list[bytes]:
    """Small copies of the pictures that stand anywhere in a JSON value."""
    found: list[bytes] = []

    def look(text: str) -> str:
        copy = _small_copy(text)
        found.extend([] if copy is None else [copy])
        return ""

    _walked(value, look, longer_than=_SHORT)
    return found


def _copies(answer: bytes | None) -> tuple[bytes, ...]:
    return () if answer is None else tuple(pictures_in(_value(answer)))


def _is_secret(name: str) -> bool:
    return any(part in name.lower() for part in _CREDENTIALS)


def _value(body: Body) -> Any:
    try:
        return loads(body) if len(body) else None
    except (ValueError, RecursionError):
        return None


def _smaller_body(body: Body) -> bytes:
    if len(body) <= _LONG:
        return bytes(body)
    value = _value(body)
    return bytes(body[:_LONG]) if value is None else json.dumps(_walked(value, _smaller_text)).encode()


def _smaller_text(text: str) -> str:
    copy = _small_copy(text)
    if copy is None:
        return text[:_LONG]
    prefix = "data:image/jpeg;base64," if text.startswith("data:") else ""
    return prefix + base64.b64encode(copy).decode("ascii")


def _walked(value: Any, change: Callable[[str], str], *, longer_than: int = _LONG, depth: int = 0) -> Any:
    """The value with each of its long texts changed."""
    if isinstance(value, str):
        return change(value) if len(value) > longer_than else value
    if depth >= _DEEP:
        return None
    if isinstance(value, dict):
        return {
            key[:_LONG]: _walked(item, change, longer_than=longer_than, depth=depth + 1) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_walked(item, change, longer_than=longer_than, depth=depth + 1) for item in value]
    return value


def _unpacked(text: str) -> bytes:
    """The bytes of a base64 text or a data URI, as far as they are some."""
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return pybase64.b64decode(encoded[: len(encoded) // 4 * 4])
    except ValueError:
        return b""


def _small_copy(text: str) -> bytes | None:
    """A small JPEG of the picture that a text holds; None if it holds none."""
    if png.kind_of(_unpacked(text[:200])) is None:
        return None
    try:
        image = pil.open(io.BytesIO(_unpacked(text)))
        if image.width * image.height > _LARGEST:
            return None
        image.thumbnail((_SIDE, _SIDE))
        out = io.BytesIO()
        image.convert("RGB").save(out, "JPEG", quality=80)
    except Exception:  # noqa: BLE001 - what a client sent may be broken in any way; then it is no picture
        return None
    return out.getvalue()
