"""Bodies whole and packed, and the headers that go with them: the same in both colours."""

from __future__ import annotations

import gzip
import json
import os
import zlib

import pytest

from conftest import Connect
from support.callers import Caller, Colour
from support.scripted import EARLY, HANG, Scripted, answer, head
from webuiapi import StatusError, TransportError


def test_a_large_body_goes_out_whole(caller: Caller, scripted: Scripted) -> None:
    text = os.urandom(3 << 20).hex()
    caller.txt2img(text)
    assert scripted.last.json["prompt"] == text
    assert scripted.last.headers["content-length"] == str(len(scripted.last.body))
    assert "transfer-encoding" not in scripted.last.headers


def test_pictures_are_sent_in_pieces_of_a_known_length(caller: Caller, scripted: Scripted) -> None:
    from support.pictures import file_of, noise

    data = [file_of(noise("RGB", 600, 600, seed)) for seed in (1, 2)]
    caller.img2img(data, "x", batch_size=2)
    assert scripted.last.headers["content-length"] == str(len(scripted.last.body))
    assert "transfer-encoding" not in scripted.last.headers
    assert len(scripted.last.json["init_images"]) == 2


def test_a_large_body_comes_in_whole(caller: Caller, scripted: Scripted) -> None:
    text = os.urandom(3 << 20).hex()
    scripted.play(answer({"textinfo": text}))
    assert caller.get_progress().textinfo == text


def chunked(body: bytes, *sizes: int) -> bytes:
    out, at = b"", 0
    for size in [*sizes, len(body)]:
        piece = body[at : at + size]
        out += f"{len(piece):x};ext=1\r\n".encode() + piece + b"\r\n" if piece else b""
        at += size
    return out + b"0\r\nTrailer: x\r\n\r\n"


def test_a_body_in_chunks(caller: Caller, scripted: Scripted) -> None:
    body = json.dumps({"textinfo": "é" * 1000}).encode()
    scripted.play(head(200, {"Transfer-Encoding": "chunked"}) + chunked(body, 1, 2, 300))
    assert caller.get_progress().textinfo == "é" * 1000
    caller.get_progress()
    assert scripted.connections == 1


def test_a_server_that_refuses_before_it_has_read_all(caller: Caller, scripted: Scripted) -> None:
    """As proxies do with bodies that are too large for them."""
    page = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
    scripted.play(EARLY, answer(page, 413, {"Content-Type": "text/html", "Connection": "close"}), HANG)
    with pytest.raises(StatusError) as caught:
        caller.txt2img("x" * (8 << 20))
    assert caught.value.status == 413
    assert caught.value.message == "413 Request Entity Too Large"


def test_answers_are_not_packed_unless_asked_for(caller: Caller, scripted: Scripted) -> None:
    caller.get_progress()
    assert scripted.last.headers["accept-encoding"] == "identity"
    caller.with_options(compress=True).get_progress()
    assert scripted.last.headers["accept-encoding"] == "gzip, deflate"


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
        ("", bytes),
    ],
)
def test_packed_answers_are_read(connect: Connect, scripted: Scripted, encoding: str, pack: object) -> None:
    body = json.dumps({"textinfo": "é" * 5000}).encode()
    scripted.play(answer(pack(body), headers={"Content-Encoding": encoding}))  # type: ignore[operator]
    assert connect(url=scripted.url, compress=True).get_progress().textinfo == "é" * 5000


@pytest.mark.parametrize(
    ("encoding", "body", "message"),
    [
        ("gzip", gzip.compress(b"x" * 1000, mtime=0)[:-10], "the compressed answer can't be read"),
        ("gzip", b"not packed at all", "the compressed answer can't be read"),
        ("deflate", b"\x00not packed at all", "the compressed answer can't be read"),
        ("br", b"x", "the answer is in the unknown encoding 'br'"),
    ],
)
def test_answers_that_can_not_be_unpacked(
    connect: Connect, scripted: Scripted, encoding: str, body: bytes, message: str
) -> None:
    scripted.play(answer(body, headers={"Content-Encoding": encoding}))
    with pytest.raises(TransportError, match=message) as caught:
        connect(url=scripted.url, compress=True).txt2img("x")
    assert caught.value.may_have_begun


def test_of_repeated_header_fields_the_last_counts(caller: Caller, scripted: Scripted) -> None:
    scripted.play(head(200, {"Content-Length": "2", "X-A": "1"}).replace(b"X-A: 1", b"X-A: 1\r\nx-a: 2") + b"{}")
    assert caller.get_progress().progress == 0


# -- headers ----------------------------------------------------------------------------------------------------------


def test_headers_of_the_callers_come_on_top(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, headers={"user-agent": "mine/1", "X-Token": "t", "ACCEPT": "*/*"})
    caller.txt2img("x")
    headers = scripted.last.headers
    assert (headers["user-agent"], headers["accept"], headers["x-token"]) == ("mine/1", "*/*", "t")
    names = [name.lower() for name, _ in scripted.last.fields]
    assert len(names) == len(set(names)), "none is sent twice"
    caller.api.session.headers["X-Token"] = "other"
    del caller.api.session.headers["ACCEPT"]
    caller.txt2img("x")
    assert scripted.last.headers["x-token"] == "other"
    assert scripted.last.headers["accept"] == "application/json, */*"


def test_the_length_is_not_the_callers_to_say(connect: Connect, scripted: Scripted) -> None:
    connect(url=scripted.url, headers={"content-length": "3"}).txt2img("x")
    assert scripted.last.headers["content-length"] == str(len(scripted.last.body))
    assert [name.lower() for name, _ in scripted.last.fields].count("content-length") == 1


def test_the_host_may_be_named(connect: Connect, scripted: Scripted) -> None:
    connect(url=scripted.url, headers={"host": "webui.example"}).get_progress()
    assert [value for name, value in scripted.last.fields if name.lower() == "host"] == ["webui.example"]


def test_a_header_with_a_line_break_is_refused(connect: Connect, scripted: Scripted) -> None:
    with pytest.raises(ValueError):
        connect(url=scripted.url, headers={"X-A": "1\r\nX-B: 2"}).get_progress()
    assert scripted.seen == []


def test_a_transport_of_ones_own(colour: Colour, connect: Connect) -> None:
    from webuiapi.transport.base import Incoming, Outgoing

    calls: list[Outgoing] = []

    class Plain:
        def send(self, call: Outgoing) -> Incoming:
            calls.append(call)
            return Incoming(200, {}, b'{"progress": 0.5}')

        def close(self) -> None:
            calls.clear()

    class Awaitable:
        async def send(self, call: Outgoing) -> Incoming:
            return Plain().send(call)

        async def aclose(self) -> None:
            Plain().close()

    caller = connect(transport=Plain() if colour == "plain" else Awaitable())
    assert caller.get_progress().progress == 0.5
    assert (calls[0].method, calls[0].url) == ("GET", "http://127.0.0.1:7860/sdapi/v1/progress")
