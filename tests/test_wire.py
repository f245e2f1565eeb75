"""What goes out as JSON, and how the pictures of an answer are found in it."""

from __future__ import annotations

import base64
import enum
import json
import math
from collections import UserDict
from dataclasses import dataclass
from typing import Any

import numpy
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webuiapi import wire

# -- out --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """A picture on its way out, for these tests."""

    text: bytes

    def ascii(self) -> bytes:
        return self.text


def sent(value: Any) -> bytes:
    body = wire.encode(value)
    assert body.length == len(body.join())
    return body.join()


PLAIN_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN_JSON)
@example(2**64)
@example({"seed": 10**40, "picture": [1.5, None]})
def test_values_arrive_as_they_were(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        with pytest.raises((TypeError, UnicodeEncodeError)):
            wire.encode(value)
        return
    assert json.loads(sent(value)) == value


def test_pictures_are_spliced_between_the_pieces() -> None:
    first, second = b"A" * 10, b"data:image/png;base64,BBBB"
    body = wire.encode({"init_images": [Text(first), Text(second)], "prompt": "x", "mask": Text(first)})
    assert body.join() == (
        b'{"init_images":["AAAAAAAAAA","data:image/png;base64,BBBB"],"prompt":"x","mask":"AAAAAAAAAA"}'
    )
    assert [piece for piece in body.pieces if piece in (first, second)] == [first, second, first]
    assert any(piece is first for piece in body.pieces), "the text of a picture is not copied"


def test_pictures_beside_an_integer_that_orjson_does_not_know() -> None:
    assert sent({"seed": 2**70, "a": [Text(b"AAAA"), (1, 2)]}) == b'{"seed":1180591620717411303424,"a":["AAAA",[1,2]]}'


class Plain(enum.Enum):
    EULER = "Euler a"


class Number(enum.IntEnum):
    TWO = 2


class Named(str, enum.Enum):
    KARRAS = "Karras"


@pytest.mark.parametrize("seed", [1, 2**70])
def test_enums_go_as_their_values(seed: int) -> None:
    value = {"sampler_name": Plain.EULER, "mode": Number.TWO, "scheduler": Named.KARRAS, "seed": seed}
    assert json.loads(sent(value)) == {"sampler_name": "Euler a", "mode": 2, "scheduler": "Karras", "seed": seed}


def test_other_containers_and_numbers_go_as_what_they_hold() -> None:
    value = {
        "mapping": UserDict({"a": 1}),
        "tuple": (1, 2),
        "frozen": frozenset({3}),
        "numpy": [numpy.float32(0.5), numpy.int64(7), numpy.bool_(True)],
        1: "a number as key",
    }
    assert json.loads(sent(value)) == {
        "mapping": {"a": 1}, "tuple": [1, 2], "frozen": [3], "numpy": [0.5, 7, True], "1": "a number as key",
    }  # fmt: skip


def test_what_json_does_not_know_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="an object can't be sent as JSON"):
        wire.encode({"x": object()})

    def convert(value: Any) -> Any:
        raise ValueError(f"not this {type(value).__name__}")

    with pytest.raises(ValueError, match=r"^not this object$") as caught:
        wire.encode({"x": object()}, convert)
    assert caught.value.__cause__ is None


def test_convert_may_give_anything_that_can_be_sent() -> None:
    body = wire.encode([object(), object()], lambda value: {"made": Text(b"AAAA")})
    assert body.join() == b'[{"made":"AAAA"},{"made":"AAAA"}]'


@given(st.text(), st.binary(max_size=20))
def test_no_text_of_the_callers_is_taken_for_a_picture(text: str, data: bytes) -> None:
    picture = base64.b64encode(data)
    value = {"prompt": text, "again": [text], "image": Text(picture)}
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert json.loads(sent(value)) == {"prompt": text, "again": [text], "image": picture.decode()}


# -- in ---------------------------------------------------------------------------------------------------------------


def test_json_is_read_as_servers_write_it() -> None:
    assert wire.parse_json(b'{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}
    assert wire.parse_json('"text"') == "text"
    assert wire.parse_json(bytearray(b"\xef\xbb\xbf[1]")) == [1]
    found = wire.parse_json(memoryview(b'{"eta": NaN, "more": Infinity}'))
    assert math.isnan(found["eta"])
    assert found["more"] == math.inf


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, 10**30, -(2**63) - 1])
@pytest.mark.parametrize("around", ['{{"seed": {}}}', '["a", {}]', '{{"a":{},"b":1}}'])
def test_large_integers_are_read_exactly(number: int, around: str) -> None:
    text = around.format(number)
    assert wire.parse_json(text) == json.loads(text)
    assert wire.parse_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize("data", [b"", b"{", b"<html>", b"\xff\xfe\xfd", b"[" * 100_000, "{'a': 1}"])
def test_what_is_no_json_is_a_value_error(data: Any) -> None:
    with pytest.raises(ValueError):
        wire.parse_json(data)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


A, B = b"\x89PNG first", b"\xff\xd8\xff second picture"


@pytest.mark.parametrize(
    ("body", "parts", "rest"),
    [
        (f'{{"images":["{b64(A)}","{b64(B)}"],"info":"x"}}', [A, B], {"images": [], "info": "x"}),
        (f'{{"images":["{b64(A)}"]}}', [A], {"images": []}),
        ('{"images":[],"parameters":{}}', [], {"images": [], "parameters": {}}),
        ('{"images":[]}', [], {"images": []}),
        (f' {{ "images" : [ "{b64(A)}" , "{b64(B)}" ] , "x" : 1 }} ', [A, B], {"images": [], "x": 1}),
        (f'{{"info":"x","images":["{b64(A)}"]}}', [A], {"info": "x", "images": []}),
        (f'{{"images":["data:image/png;base64,{b64(A)}"],"info":1}}', [A], {"images": [], "info": 1}),
        (f'{{"images":["data:image\\/png;base64,{b64(A)}"]}}', [A], {"images": []}),
        (f'{{"images":["{b64(A)[:4]}\\n{b64(A)[4:]}"],"info":NaN}}', [A], {"images": [], "info": math.nan}),
        (f'{{"images":"{b64(A)}"}}', [A], {"images": []}),
        ('{"images":null,"info":""}', [], {"images": None, "info": ""}),
        ('{"images":{},"info":""}', [], {"images": {}, "info": ""}),
        (f'{{"images":["{b64(A)}"],"images":["{b64(B)}"]}}', [B], {"images": []}),
        (f'{{"images":["{b64(A).rstrip("=")}"]}}', [A], {"images": []}),
        ('{"info":"x"}', [], {"info": "x"}),
        ("{}", [], {}),
    ],
)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_pictures_are_found(body: str, parts: list[bytes], rest: Any, kind: Any) -> None:
    found, others = wire.split_images(kind(body.encode()))
    assert found == [wire.Part(content) for content in parts]
    assert json.dumps(others) == json.dumps(rest)


def test_what_is_no_picture_is_a_part_with_a_problem() -> None:
    found, rest = wire.split_images(b'{"images":["", null, 5, "not base64!", {"a":1}, "data:text/plain"],"info":"x"}')
    assert rest == {"images": [], "info": "x"}
    assert [part.problem for part in found[:3]] == [
        "is empty",
        "is NoneType where base64 text was expected",
        "is int where base64 text was expected",
    ]
    assert found[3].problem.startswith("is no base64 (")
    assert found[3].content == b"not base64!"
    assert found[4].problem == "is dict where base64 text was expected"
    assert found[5] == wire.Part(b"")


@pytest.mark.parametrize("value", [None, 5, "text", [1, 2], True])
def test_an_answer_that_is_no_object_has_no_pictures(value: Any) -> None:
    assert wire.split_images(json.dumps(value).encode()) == ([], value)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"<html>", b'{"images":["AAAA"]', b'{"images":["AAAA"],}', b'{"images":["AAAA"]} x', b'{"images":[,]}'],
)
def test_a_body_that_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        wire.split_images(body)


# -- the fast way and the general one agree ----------------------------------------------------------------------------


def outcome(split: Any, body: bytes) -> Any:
    try:
        parts, rest = split(body)
    except ValueError:
        return "no JSON"
    return parts, json.dumps(rest, sort_keys=True)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Answers in all the shapes that servers send, and some that they do not."""
    space = st.sampled_from(["", " ", "\n", " \t\r\n"])
    prefix = st.sampled_from(["", "", "", "data:image/png;base64,", "data:,", "data:image\\/png;base64,", "data:"])
    picture = st.one_of(
        st.binary(max_size=12).map(b64),
        st.sampled_from(["", "AAA", "AA==", "A", "AA\\nAA", "AAAA\\u0041", "no base64", "A=AA"]),
    )
    items = [draw(st.sampled_from(['"', '"', '"', '"', '"', "null", "1"])) for _ in range(draw(st.integers(0, 3)))]
    written = [f'"{draw(prefix)}{draw(picture)}"' if item == '"' else item for item in items]
    gap = [draw(space) for _ in range(6)]
    images = f'"images"{gap[0]}:{gap[1]}[{gap[2]}{f"{gap[3]},{gap[4]}".join(written)}{gap[5]}]'
    others = draw(
        st.lists(
            st.sampled_from(
                ['"info":"{\\"a\\":1}"', '"parameters":{"images":[]}', '"x":NaN', '"images":[]', '"seed":1']
            ),
            max_size=3,
        )
    )
    place = draw(st.integers(0, len(others))) if draw(st.booleans()) else 0
    fields = [*others[:place], images, *others[place:]]
    return f"{draw(space)}{{{draw(space)}{','.join(fields)}{draw(space)}}}{draw(space)}".encode()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Answers with a few bytes put in, taken out or changed."""
    body = bytearray(draw(answers()))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        new = draw(st.sampled_from([*(bytes([byte]) for byte in b'"{}[],:\\ \n\x0b\x00=dA/'), b"\xff", b""]))
        body[at : at + draw(st.integers(0, 2))] = new
    return bytes(body)


@given(answers() | mutated())
@example(b'{"images":[""],"info":""}')
@example(b'{"images":["data:\n,AAAA"]}')
@example(b'{"images":["data:\xff,AAAA"]}')
@example(b'{"images":[],}')
@example(b'{\x0b"images":[]}')
@example(b'{"images":["AAAA"]\x0c,"info":1}')
@example(b'{"images":["AAAA"],"info":1}}')
def test_the_scan_finds_what_the_parser_finds(body: bytes) -> None:
    assert outcome(wire.split_images, body) == outcome(wire._general, body)


def test_the_scan_is_used_for_what_servers_send() -> None:
    body = json.dumps({"images": [b64(A), b64(B)], "parameters": {}, "info": "{}"}, separators=(",", ":")).encode()
    found = wire._scan(body)
    assert found is not None
    assert found[0] == [wire.Part(A), wire.Part(B)]
    assert body[found[1] :] == b'"parameters":{},"info":"{}"}'
