"""An answer that is read while it arrives: its pictures are decoded piece by piece, and its base64 is never held whole.

It gives what `wire.split_images` gives for the whole body. A text that is not plain base64 (an escape, white space,
nonsense) is collected and read by itself; an answer of another shape altogether is put together again from what was
decoded, and goes to the general parser. Nothing is lost by either.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

import pybase64

from . import wire

_SPACE = b" \t\r\n"
_S = rb"[ \t\r\n]*"
_HEAD = re.compile(_S + rb"\{" + _S + rb'"images"' + _S + rb":" + _S + rb"\[")
_LONGEST_HEAD = 256
_LONGEST_PREFIX = 128
_PREFIX = re.compile(rb"data:[\w/.+;=-]{0,100},")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")


class Sink(Protocol):
    """Where the bytes of one picture go."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""

    def close(self) -> Any:
        """All have come: the whole, as bytes or as what stands for them."""

    def read(self) -> bytes:
        """All that came so far."""

    def discard(self) -> None:
        """They are of no use."""


class InMemory:
    """A picture's bytes in memory."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._pieces.append(data)

    def close(self) -> bytes:
        """All of them."""
        whole = b"".join(self._pieces)
        self._pieces = [whole]
        return whole

    def read(self) -> bytes:
        """All that came so far."""
        return b"".join(self._pieces)

    def discard(self) -> None:
        """They are of no use."""
        self._pieces = []


class Arriving:
    """The reader. `feed` it the body in pieces of any size, then ask for `parts()`."""

    def __init__(self, sink: Callable[[], Sink] = InMemory) -> None:
        self._sink = sink
        self._state: Callable[[bytes | bytearray, int, int], int] = self._in_head
        self._text = bytearray()
        """What was received and is not decoded: the head, a text that is no base64, the rest; with `general`, all."""
        self._carry = b""
        """Up to three letters of base64 that wait for the fourth."""
        self._prefix = b""
        self._current: Sink | None = None
        self._done: list[tuple[bytes, Sink | None, wire.Part | None]] = []
        """Of each text: its prefix and the sink with what it stood for; or the part that it was found to be."""
        self._padded = False
        self.received = 0
        """Bytes so far."""

    def __len__(self) -> int:
        return self.received

    def feed(self, data: bytes | bytearray, end: int | None = None) -> None:
        """Take the next bytes: all of `data`, or those before `end`."""
        at, end = 0, len(data) if end is None else end
        self.received += end
        while at < end:
            at = self._state(data, at, end)

    # -- states: each takes bytes from `at` on and gives where it stopped

    def _in_head(self, data: bytes | bytearray, at: int, end: int) -> int:
        before = len(self._text)
        self._text += data[at : min(end, at + _LONGEST_HEAD)]
        found = _HEAD.match(self._text)
        if found is None:
            if len(self._text) < _LONGEST_HEAD:
                return min(end, at + _LONGEST_HEAD)
            del self._text[before:]
            return self._give_up(at)
        self._text.clear()
        self._state = self._before_first
        return at + found.end() - before

    def _before_first(self, data: bytes | bytearray, at: int, end: int) -> int:
        if data[at] in _SPACE:
            return at + 1
        if data[at] == b"]"[0]:
            self._state = self._after_list
            return at + 1
        return self._before_text(data, at, end)

    def _before_text(self, data: bytes | bytearray, at: int, end: int) -> int:
        if data[at] in _SPACE:
            return at + 1
        if data[at] != b'"'[0]:
            return self._give_up(at)
        self._text.clear()
        self._prefix, self._carry, self._padded = b"", b"", False
        self._current = self._sink()
        self._state = self._in_prefix
        return at + 1

    def _in_prefix(self, data: bytes | bytearray, at: int, end: int) -> int:
        """The beginning of a text, until it is known whether it is a data URI."""
        take = min(end, at + _LONGEST_PREFIX - len(self._text))
        quote = data.find(b'"', at, take)
        before = len(self._text)
        self._text += data[at : take if quote < 0 else quote]
        if quote < 0 and len(self._text) < _LONGEST_PREFIX:
            return take
        if self._text.startswith(b"data:"):
            found = _PREFIX.match(self._text)
            if found is None:
                return self._by_itself(data, at, before)
            self._prefix = found[0]
        elif not self._text:
            return self._by_itself(data, at, before)
        start = bytes(self._text[len(self._prefix) :])
        if not self._decoded(start, 0, len(start)):
            return self._by_itself(data, at, before)
        self._text.clear()
        self._state = self._in_text
        return take if quote < 0 else quote

    def _in_text(self, data: bytes | bytearray, at: int, end: int) -> int:
        quote = data.find(b'"', at, end)
        stop = end if quote < 0 else quote
        if not self._decoded(data, at, stop):
            self._text += self._so_far()
            self._state = self._in_odd_text
            return at
        if quote < 0:
            return end
        if self._carry:  # its length is no multiple of four
            self._text += self._so_far()
            self._state = self._in_odd_text
            return quote
        assert self._current is not None
        self._done.append((self._prefix, self._current, None))
        self._current = None
        self._state = self._between
        return quote + 1

    def _by_itself(self, data: bytes | bytearray, at: int, before: int) -> int:
        """Read the text as it is, without the fast way; what of it came before this piece stays."""
        del data
        del self._text[before:]
        self._state = self._in_odd_text
        return at

    def _in_odd_text(self, data: bytes | bytearray, at: int, end: int) -> int:
        """A text that is no plain base64: collected up to its end, which no backslash stands before."""
        quote = data.find(b'"', at, end)
        while quote >= 0:
            begun = bytes(self._text) + bytes(data[at:quote])
            if (len(begun) - len(begun.rstrip(b"\\"))) % 2 == 0:
                break
            self._text += data[at : quote + 1]
            at = quote + 1
            quote = data.find(b'"', at, end)
        if quote < 0:
            self._text += data[at:end]
            return end
        self._text += data[at:quote]
        try:
            text = wire.parse_json(b'"' + bytes(self._text) + b'"')
        except ValueError:  # no JSON at all: so is the answer
            return self._give_up(quote)
        if self._current is not None:
            self._current.discard()
            self._current = None
        self._done.append((bytes(self._text), None, wire.decode_image(text)))
        self._text.clear()
        self._state = self._between
        return quote + 1

    def _between(self, data: bytes | bytearray, at: int, end: int) -> int:
        if data[at] in _SPACE:
            return at + 1
        if data[at] == b","[0]:
            self._state = self._before_text
            return at + 1
        if data[at] == b"]"[0]:
            self._state = self._after_list
            return at + 1
        return self._give_up(at)

    def _after_list(self, data: bytes | bytearray, at: int, end: int) -> int:
        self._text += data[at:end]
        return end

    def _general(self, data: bytes | bytearray, at: int, end: int) -> int:
        self._text += data[at:end]
        return end

    # -- decoding

    def _decoded(self, data: bytes | bytearray, at: int, end: int) -> bool:
        """Decode base64 as far as whole groups of four go. False, and nothing done, where it is none."""
        if at == end:
            return True
        if self._padded:  # something follows the padding
            return False
        assert self._current is not None
        head = b""
        if self._carry:
            need = min(4 - len(self._carry), end - at)
            head = self._carry + bytes(data[at : at + need])
            if _NO_BASE64.search(head):
                return False
            if len(head) < 4:
                self._carry = head
                return True
            at += need
        whole = at + (end - at) // 4 * 4
        rest = bytes(data[whole:end])
        if _NO_BASE64.search(rest):
            return False
        try:
            first = pybase64.b64decode(head, validate=True) if head else b""
            if head.endswith(b"=") and at < end:
                return False
            view = memoryview(data)
            more = pybase64.b64decode(view[at:whole], validate=True) if whole > at else b""
        except ValueError:
            return False
        if whole > at and data[whole - 1] == b"="[0] and rest:
            return False
        self._padded = not rest and (data[end - 1] == b"="[0])
        self._carry = rest
        for piece in (first, more):
            if piece:
                self._current.write(piece)
        return True

    def _so_far(self) -> bytes:
        """The text that was decoded, as it was received."""
        assert self._current is not None
        return self._prefix + pybase64.b64encode(self._current.read()) + self._carry

    # -- the whole

    def _give_up(self, at: int) -> int:
        """It has another shape: put together what came, and collect the rest."""
        self._text = bytearray(self.body())
        for _, sink, _ in self._done:
            if sink is not None:
                sink.discard()
        self._done.clear()
        self._state = self._general
        return at

    def body(self) -> bytes:
        """The body so far, as it was received but for white space between the texts."""
        state, text = self._state, bytes(self._text)
        if state in (self._in_head, self._general):
            return text
        texts = b",".join(b'"' + _received(prefix, sink) + b'"' for prefix, sink, _ in self._done)
        ends: dict[Any, bytes] = {
            self._before_first: b"", self._between: b"", self._before_text: b",", self._after_list: b"]" + text,
        }  # fmt: skip
        begun = ends.get(state)
        if begun is None:
            begun = b"," * bool(self._done) + b'"' + (self._so_far() if state == self._in_text else text)
        return b'{"images":[' + texts + begun

    def parts(self) -> tuple[list[wire.Part], Any]:
        """The pictures, and the rest as parsed JSON with an empty list in their place, as `wire.split_images`.

        Raises `ValueError` when the body is not JSON.
        """
        if self._state == self._after_list:
            rest = self._rest()
            if isinstance(rest, dict) and "images" not in rest:
                return [
                    part if part is not None else wire.Part(sink.close() if sink is not None else b"")
                    for _, sink, part in self._done
                ], {"images": [], **rest}
        return wire.split_images(self.body())

    def arrived(self) -> list[wire.Part]:
        """The pictures that have come whole, of an answer that broke off; the rest is given up."""
        if self._current is not None:
            self._current.discard()
            self._current = None
        parts = [part or wire.Part(sink.close() if sink is not None else b"") for _, sink, part in self._done]
        self._done.clear()
        return parts

    def _rest(self) -> Any:
        """What follows the list, as an object; None where that is no JSON."""
        text = bytes(self._text).lstrip(_SPACE)
        if text.startswith(b","):
            text = text[1:].lstrip(_SPACE)
            if not text.startswith(b'"'):
                return None
        elif not text.startswith(b"}"):
            return None
        try:
            return wire.parse_json(b"{" + text)
        except ValueError:
            return None


def _received(prefix: bytes, sink: Sink | None) -> bytes:
    """A text of the list as it was received."""
    return prefix if sink is None else prefix + pybase64.b64encode(sink.read())
