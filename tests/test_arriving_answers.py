"""Large answers, read while they arrive: the same results and errors as of those read whole, in both colours."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from conftest import Connect
from support.callers import Caller
from support.pictures import noise, with_parameters
from support.scripted import CLOSE, HANG, Drip, Scripted, answer, head
from webuiapi import AnswerError, AnswerTooLarge, CallTimeout, ConnectionLost, ImageError, ServerError, Timeout
from webuiapi.transport import base

PICTURES = [
    with_parameters(noise("RGB", 200, 100, seed), f"a cat\nSteps: 1, Seed: {seed}, Size: 200x100") for seed in (1, 2, 3)
]


def body(*texts: str, **more: Any) -> bytes:
    return json.dumps({"images": list(texts), "parameters": {}, "info": '{"seed": 1}', **more}).encode()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


WHOLE = body(*map(encoded, PICTURES))


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LARGE", 0)


def chunked(data: bytes, size: int) -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"


def test_the_pictures(caller: Caller, scripted: Scripted) -> None:
    for _ in range(2):
        scripted.play(answer(WHOLE))
        result = caller.txt2img("x")
        assert result.content == PICTURES
        assert result.seeds == [1, 2, 3]
        assert result.info == {"seed": 1}
        assert result.json["images"] == list(map(encoded, PICTURES))
    assert scripted.connections == 1, "the connection is kept"


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
def test_in_chunks(caller: Caller, scripted: Scripted, size: int) -> None:
    small = body(encoded(PICTURES[0][:300] + PICTURES[0][-20:]))
    given = WHOLE if size > 100 else small
    scripted.play(head(200, {"Transfer-Encoding": "chunked"}) + chunked(given, size))
    assert len(caller.txt2img("x").content) == (3 if size > 100 else 1)


def test_dripping(caller: Caller, scripted: Scripted) -> None:
    packed = answer(WHOLE)
    scripted.play(packed[:5000], Drip(packed[5000:5050], 0.0005), packed[5050:])
    assert caller.txt2img("x").content == PICTURES


def test_it_is_read_while_it_arrives(caller: Caller, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    from webuiapi import arriving

    fed: list[int] = []
    feed = arriving.Arriving.feed

    def counted(self: Any, data: Any, end: int | None = None) -> None:
        fed.append(len(data) if end is None else end)
        feed(self, data, end)

    monkeypatch.setattr(arriving.Arriving, "feed", counted)
    scripted.play(answer(WHOLE))
    caller.txt2img("x")
    assert sum(fed) == len(WHOLE)


def test_one_that_is_broken(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer(body(encoded(PICTURES[0]), "no base64!", encoded(PICTURES[2]))))
    with pytest.warns(UserWarning, match=r"image 1 of the answer is no base64 \("):
        result = caller.txt2img("x")
    assert result.content == [PICTURES[0], PICTURES[2]]
    assert (result.errors[0].index, result.errors[0].content) == (1, b"no base64!")


def test_none_that_is_whole(caller: Caller, scripted: Scripted) -> None:
    given = body(encoded(PICTURES[0][:-30]))
    scripted.play(answer(given))
    with pytest.raises(ImageError, match="no picture in the answer is whole") as caught:
        caller.txt2img("x")
    assert json.loads(caught.value.content) == json.loads(given)
    assert caught.value.result is not None
    assert caught.value.result.errors[0].content == PICTURES[0][:-30]


@pytest.mark.parametrize("given", [b'{"images": ["QUJD", ', b'["x"]', b"<html>no</html>"])
def test_another_shape(caller: Caller, scripted: Scripted, given: bytes) -> None:
    scripted.play(answer(given, headers={"Content-Type": "application/json"}))
    with pytest.raises(AnswerError) as caught:
        caller.txt2img("x")
    assert caught.value.content.replace(b" ", b"") == given.replace(b" ", b"")


def test_other_orders_and_other_keys(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer(json.dumps({"info": "{}", "images": [encoded(PICTURES[0])], "more": 1}).encode()))
    scripted.play(answer({"images": None, "info": ""}))
    assert caller.txt2img("x").content == PICTURES[:1]
    assert caller.txt2img("x").content == []


def test_compressed(connect: Connect, scripted: Scripted) -> None:
    scripted.play(answer(gzip.compress(WHOLE), headers={"Content-Encoding": "gzip"}))
    assert connect(url=scripted.url, compress=True).txt2img("x").content == PICTURES


def test_cut_in_the_middle(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer(WHOLE)[:-5000], CLOSE)
    with pytest.raises(ConnectionLost, match="the answer broke off before its end") as caught:
        caller.txt2img("x")
    assert caught.value.may_have_begun
    assert caller.txt2img("x") is not None


def test_too_slow(connect: Connect, scripted: Scripted) -> None:
    scripted.play(answer(WHOLE)[:-5000], HANG)
    with pytest.raises(CallTimeout, match=r"no whole answer within 0\.2 s"):
        connect(url=scripted.url, timeout=Timeout(total=0.2)).txt2img("x")


def test_too_large(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, max_response=len(WHOLE) - 1)
    for given in (answer(WHOLE), head(200, {"Transfer-Encoding": "chunked"}) + chunked(WHOLE, 1000)):
        scripted.play(given)
        with pytest.raises(AnswerTooLarge):
            caller.txt2img("x")


def test_an_error_is_read_whole(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer({"error": "RuntimeError", "detail": "", "body": "", "errors": "no"}, 500))
    with pytest.raises(ServerError, match="RuntimeError: no"):
        caller.txt2img("x")


def test_a_hook_gets_it_whole(connect: Connect, scripted: Scripted) -> None:
    heard: list[bytes] = []
    caller = connect(url=scripted.url, on_response=lambda call, incoming, seconds: heard.append(bytes(incoming.body)))
    scripted.play(answer(WHOLE))
    assert caller.txt2img("x").content == PICTURES
    assert heard == [WHOLE]
