"""What the record keeps when several threads meet in it: each test has one come in exactly where it hurts."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable

import pytest

from support.pictures import file_of, noise
from webuiapi.server.http import Request, Response
from webuiapi.server.limits import Limits
from webuiapi.server.record import Received, Record

BIG = base64.b64encode(file_of(noise("RGB", 300, 200))).decode()
BODY = json.dumps({"init_images": [BIG]}).encode()
ANSWER = json.dumps({"images": [BIG]}).encode()


class Meanwhile:
    """A lock for which another was quicker: what he does is done before it is taken for the n-th time."""

    def __init__(self, lock: threading.Lock, turn: int, other: Callable[[], object]) -> None:
        self._lock, self._turn, self._other = lock, turn, other

    def __enter__(self) -> None:
        self._turn -= 1
        if self._turn == 0:
            self._other()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def meanwhile(record: Record, turn: int, other: Callable[[], object]) -> None:
    record._lock = Meanwhile(record._lock, turn, other)  # type: ignore[assignment]


def begun(record: Record, body: bytes = b"") -> Received:
    return record.begin(Request("POST", "/x", body=body))


def test_an_answer_that_comes_while_its_pictures_are_looked_at() -> None:
    record = Record(Limits())
    received = begun(record)
    meanwhile(record, 1, lambda: record.end(received, Response(200, {}, ANSWER)))
    assert record.pictures_of(received) == (), "there was none yet"
    assert len(received.pictures) == len(record.pictures_of(received)) == 1
    assert received.answer is None


def test_two_look_at_once() -> None:
    record = Record(Limits())
    received = begun(record)
    record.end(received, Response(200, {}, ANSWER))
    seen: list[tuple[bytes, ...]] = []
    meanwhile(record, 1, lambda: seen.append(record.pictures_of(received)))
    assert seen == [record.pictures_of(received)] == [received.copies]


@pytest.mark.parametrize("turn", range(1, 5))
def test_an_answer_that_comes_while_room_is_made(turn: int) -> None:
    record = Record(Limits(request_bytes=len(BODY)))
    first = begun(record)
    meanwhile(record, turn, lambda: record.end(first, Response(200, {}, ANSWER)))
    begun(record, BODY)
    assert len(first.pictures) == 1
    assert len(record.all()) == 2


@pytest.mark.parametrize("turn", range(1, 5))
def test_nobody_loses_his_place_while_room_is_made(turn: int) -> None:
    """What is being made smaller is not small before it is."""
    record = Record(Limits(request_bytes=len(BODY) + len(ANSWER) + 4000))
    first = begun(record, BODY)
    record.end(first, Response(200, {}, ANSWER))
    meanwhile(record, turn, lambda: begun(record))
    begun(record, b"x" * 4000)
    assert [received.number for received in record.all()] == [1, 2, 3]
    assert sum(received.weight for received in record.all()) <= len(BODY) + len(ANSWER) + 4000
    assert len(first.pictures) == 1
