"""An answer that is read while it arrives gives what the whole gives, wherever it is cut."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webuiapi import wire
from webuiapi.arriving import Arriving


def whole(body: bytes) -> Any:
    """What the whole body gives; None where it is no JSON."""
    try:
        return wire.split_images(body)
    except ValueError:
        return None


def cut(body: bytes, at: list[int], size: int = 0) -> Any:
    """What it gives in pieces, cut where is said, or into pieces of a size."""
    reader = Arriving()
    places = sorted({place % (len(body) + 1) for place in at} | set(range(0, len(body), size) if size else ()))
    for begin, end in zip([0, *places], [*places, len(body)], strict=True):
        reader.feed(body[begin:end])
    assert len(reader) == len(body)
    if reader._state != reader._general:
        assert whole_value(reader.body()) == whole_value(body)
    try:
        return reader.parts()
    except ValueError:
        return None


def whole_value(body: bytes) -> Any:
    """The JSON of a body; None where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def encoded(data: bytes) -> bytes:
    return base64.b64encode(data)


spaces = st.text(st.sampled_from(" \n\t\r"), max_size=2).map(str.encode)
texts = st.one_of(
    st.binary(max_size=40).map(encoded),
    st.binary(min_size=150, max_size=400).map(encoded),
    st.binary(max_size=20).map(encoded).map(lambda text: b"data:image/png;base64," + text),
    st.binary(max_size=9).map(lambda data: encoded(data).rstrip(b"=")),
    st.binary(max_size=9).map(lambda data: encoded(data).replace(b"/", b"\\/")),
    st.text(max_size=9).map(lambda text: json.dumps(text)[1:-1].encode()),
    st.text(st.sampled_from('AB=+/\\"n u00 data:,'), max_size=12).map(str.encode),
)
items = texts.map(lambda text: b'"' + text + b'"') | st.sampled_from([b"null", b"5", b'{"a": 1}', b"[]", b""])
tails = st.sampled_from(
    [
        b"}", b', "info": "{}"}', b', "parameters": {"a": [1]}, "info": null}', b', "images": []}', b",}", b"", b"} x",
        b"]", b', "images": ["QUJD"]}', b', 5}',
    ]
)  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Answers, most of them right."""
    space = [draw(spaces) for _ in range(4)]
    found = b",".join(space[0] + item + space[1] for item in draw(st.lists(items, max_size=4)))
    head = draw(
        st.sampled_from([b'{"images":[', b' {\n "images" : [ ', b'{"image":[', b'{"info": "", "images": [', b"["])
    )
    return head + found + space[2] + b"]" + space[3] + draw(tails)


@settings(max_examples=400)
@given(body=bodies(), at=st.lists(st.integers(0, 5000), max_size=6))
@example(body=b'{"images":["QUJD","QUI="],"info":""}', at=[])
@example(body=b'{"images":["QUJD\\u0041AAA"]}', at=[13])
@example(body=b'{"images":["data:image/png;base64,"]}', at=[])
def test_it_gives_what_the_whole_gives(body: bytes, at: list[int]) -> None:
    assert cut(body, at) == whole(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"images":["QUJDREVG","QQ==","QUI="],"parameters":{},"info":"{}"}',
        b' { "images" : [ "data:image/png;base64,QUJD" , "QUJDRA" ] , "info" : "" } ',
        b'{"images":["QUJD\\/\\u0041\\"","A=B=","===="," "],"info":""}',
        b'{"images":["' + encoded(bytes(range(256))) + b'",null],"info":""}',
        b'{"images":["QUJD","QU',
        b'{"images":[],"info":""}',
    ],
)
def test_every_boundary(body: bytes) -> None:
    for place in range(len(body) + 1):
        assert cut(body, [place]) == whole(body), place
    for size in range(1, 12):
        assert cut(body, [], size) == whole(body), size


@given(
    body=bodies(),
    changes=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=3),
    size=st.integers(1, 50),
)
def test_mutated_answers(body: bytes, changes: list[tuple[int, int]], size: int) -> None:
    spoilt = bytearray(body)
    for place, byte in changes:
        spoilt[place % len(spoilt)] = byte
    assert cut(bytes(spoilt), [], size) == whole(bytes(spoilt))


def test_no_base64_is_held() -> None:
    """After each piece no more text is kept than a piece has."""
    data = bytes(range(256)) * 4000
    body = b'{"images":["' + encoded(data) + b'","' + encoded(data) + b'"],"info":""}'
    reader, most = Arriving(), 0
    for at in range(0, len(body), 1000):
        reader.feed(body[at : at + 1000])
        most = max(most, len(reader._text))
    assert most <= 1000
    parts, rest = reader.parts()
    assert [part.content for part in parts] == [data, data]
    assert rest == {"images": [], "info": ""}


def test_a_buffer_of_which_only_the_beginning_counts() -> None:
    reader, buffer = Arriving(), bytearray(b"x" * 64)
    body = b'{"images":["' + encoded(b"hello" * 40) + b'"]}'
    for at in range(0, len(body), 64):
        piece = body[at : at + 64]
        buffer[: len(piece)] = piece
        reader.feed(buffer, len(piece))
    assert reader.parts() == ([wire.Part(b"hello" * 40)], {"images": []})
