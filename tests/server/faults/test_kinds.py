"""Faults on request: what each kind does, through both doors and on the connection itself."""

from __future__ import annotations

import base64
import threading
from typing import Any

import pytest

from contract.compare import CATALOG
from webuiapi.errors import CallTimeout, ConnectionLost, TransportError
from webuiapi.server.app import App
from webuiapi.server.doors import Server

from ..conftest import FOREVER, PATIENCE, ask, until
from ..mishaps import GET_SAMPLERS, LIMIT, PAINT, SMALL, Send, exchange, named, pictures, value

# --- what each kind does


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "refuse"}, ConnectionLost),
        ({"kind": "reset"}, ConnectionLost),
        ({"kind": "reset", "work": "first"}, ConnectionLost),
        ({"kind": "reset", "at": 20}, ConnectionLost),
        ({"kind": "cut"}, ConnectionLost),
        ({"kind": "cut", "at": 0}, ConnectionLost),
        ({"kind": "cut", "at": -1}, ConnectionLost),
        ({"kind": "length", "by": 10}, ConnectionLost),
        ({"kind": "hang"}, CallTimeout),
        ({"kind": "hang", "at": 20}, CallTimeout),
        ({"kind": "delay", "seconds": FOREVER}, CallTimeout),
        ({"kind": "drip", "bytes": 1, "seconds": 0.01}, CallTimeout),
        ({"kind": "cut", "delay": FOREVER}, CallTimeout),
        ({"kind": "reset", "delay": None}, CallTimeout),
        ({"kind": "gzip"}, TransportError),
        ({"kind": "gzip", "how": "cut"}, TransportError),
    ],
    ids=named,
)
def test_no_whole_answer(server: Server, send: Send, fault: dict[str, Any], kind: type[TransportError]) -> None:
    server.app.faults.add({**fault, "times": 1})
    with pytest.raises(TransportError) as caught:
        send(*PAINT, limit=LIMIT if kind is CallTimeout else PATIENCE)
    assert type(caught.value) is kind
    assert caught.value.may_have_begun
    assert value(send("GET", "/internal/ping")) == {}, "the next request is as usual"
    assert server.app.faults.listed()[0]["struck"] == 1


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ({"kind": "refuse"}, "the server closed the connection without an answer"),
        ({"kind": "cut", "at": 0}, "the answer broke off before its end"),
        ({"kind": "length", "by": 1}, "the answer broke off before its end"),
    ],
    ids=named,
)
def test_both_doors_say_the_same(server: Server, send: Send, fault: dict[str, Any], what: str) -> None:
    server.app.faults.add(fault)
    with pytest.raises(ConnectionLost) as caught:
        send(*PAINT)
    assert f": {what}; the server may have begun, and goes on" in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "status", "headers", "body"),
    [
        ({"kind": "status", "status": 418}, 418, {"content-type": "application/json"}, b""),
        ({"kind": "status", "status": 500, "body": {"detail": "x"}}, 500, {}, b'{"detail":"x"}'),
        ({"kind": "status", "status": 200, "body": "x"}, 200, {"content-type": "text/plain; charset=utf-8"}, b"x"),
        ({"kind": "status", "status": 301, "headers": {"Location": "/a"}}, 301, {"location": "/a"}, b""),
        ({"kind": "busy"}, 429, {"retry-after": "1"}, b'{"detail":"Busy, come back later"}'),
        ({"kind": "busy", "retry_after": 0.5}, 429, {"retry-after": "0.5"}, b'{"detail":"Busy, come back later"}'),
        ({"kind": "unavailable"}, 503, {}, b'{"detail":"Busy, come back later"}'),
    ],
    ids=named,
)
def test_another_answer(
    app: App, send: Send, fault: dict[str, Any], status: int, headers: dict[str, str], body: bytes
) -> None:
    app.faults.add(fault)
    answer = send(*PAINT)
    assert (answer.status, answer.body) == (status, body)
    assert headers.items() <= answer.headers.items()
    assert ("retry-after" in answer.headers) == ("retry-after" in headers)
    assert "x-process-time" not in answer.headers


@pytest.mark.parametrize("status", [502, 504, 524])
def test_the_page_of_a_proxy(app: App, send: Send, status: int) -> None:
    app.faults.add({"kind": "html", "status": status})
    answer = send(*PAINT)
    assert (answer.status, answer.headers["content-type"], answer.headers["server"]) == (status, "text/html", "proxy")
    assert f"<h1>{status} ".encode() in answer.body


def test_out_of_memory(app: App, send: Send) -> None:
    app.faults.add({"kind": "memory"})
    answer = send(*PAINT)
    found = value(answer)
    assert (answer.status, found["error"], found["detail"], found["body"]) == (500, "OutOfMemoryError", "", "")
    assert found["errors"].startswith("CUDA out of memory. Tried to allocate")


def test_a_length_that_is_too_short(app: App, send: Send) -> None:
    whole = send("GET", "/sdapi/v1/samplers")
    app.faults.add({"kind": "length", "by": -5})
    answer = send("GET", "/sdapi/v1/samplers")
    assert answer.body == whole.body[:-5]
    app.faults.clear()
    app.faults.add({"kind": "length", "by": -(1 << 30)})
    assert send("GET", "/sdapi/v1/samplers").body == b""


def test_nothing_is_cut_where_all_may_arrive(app: App, send: Send) -> None:
    app.faults.add({"kind": "cut", "at": 1 << 20})
    app.faults.add({"kind": "cut", "at": -(1 << 20)})
    assert send("GET", "/internal/ping").body == b"{}"


@pytest.mark.parametrize("fault", [{"kind": "drip", "bytes": 1, "seconds": 0.001}, {"kind": "delay", "seconds": 0.001}])
def test_slow_but_whole(app: App, send: Send, fault: dict[str, Any]) -> None:
    app.faults.add(fault)
    assert value(send("GET", "/internal/pending-tasks", limit=LIMIT)) == {"size": 0, "tasks": []}


def test_broken_pictures(app: App, send: Send) -> None:
    request = ("POST", "/sdapi/v1/txt2img", {**SMALL, "batch_size": 2, "seed": 7})
    whole = pictures(send(*request))
    app.faults.add({"kind": "image", "index": 1, "times": 1})
    cut = pictures(send(*request))
    assert cut[0] == whole[0]
    assert whole[1].startswith(cut[1])
    assert 0.4 < len(cut[1]) / len(whole[1]) < 0.5
    app.faults.add({"kind": "image", "how": "base64"})
    for text in value(send(*request))["images"]:
        with pytest.raises(ValueError, match="base64"):
            base64.b64decode(text, validate=True)


@pytest.mark.parametrize(("how", "data"), [("empty", b""), ("text", b"This is no picture.")])
def test_what_is_no_picture(app: App, send: Send, how: str, data: bytes) -> None:
    picture = value(send(*PAINT))["images"][0]
    app.faults.add({"kind": "image", "how": how, "index": 0})
    assert pictures(send(*PAINT)) == [data]
    answer = send("POST", "/sdapi/v1/extra-single-image", {"image": picture, "upscaler_1": "Lanczos"})
    assert base64.b64decode(value(answer)["image"]) == data


@pytest.mark.parametrize(
    "path", ["/internal/ping", "/sdapi/v1/samplers", "/sdapi/v1/options", "/", "/sdapi/v1/interrogate"]
)
def test_broken_pictures_where_there_are_none(app: App, path: str) -> None:
    whole = ask(app, "GET", path)
    app.faults.add({"kind": "image"})
    spoilt = ask(app, "GET", path)
    assert spoilt.status == whole.status
    assert spoilt.raw == whole.raw or spoilt.body == whole.body


def test_compressed_garbage_in_detail(app: App) -> None:
    app.faults.add({"kind": "gzip"})
    answer = ask(app, "GET", "/sdapi/v1/samplers")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(answer.raw))
    app.faults.clear()
    whole = ask(app, "GET", "/sdapi/v1/samplers", accept_encoding="gzip")
    app.faults.add({"kind": "gzip", "how": "cut"})
    answer = ask(app, "GET", "/sdapi/v1/samplers", accept_encoding="gzip")
    assert answer.raw == whole.raw[: len(whole.raw) // 2]


# --- on the connection itself


def test_bytes_of_a_cut_answer(server: Server) -> None:
    whole = ask(server.app, "GET", "/sdapi/v1/samplers").raw
    server.app.faults.add({"kind": "cut", "at": 30})
    received, error = exchange(server, GET_SAMPLERS)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"\r\ncontent-length: {len(whole)}\r\n".encode() in head
    assert (body, error) == (whole[:30], None)


@pytest.mark.parametrize("at", [None, 0, 30])
def test_a_reset_is_one(server: Server, at: int | None) -> None:
    server.app.faults.add({"kind": "reset", "at": at})
    received, error = exchange(server, GET_SAMPLERS)
    assert isinstance(error, ConnectionResetError)
    assert len(received.partition(b"\r\n\r\n")[2]) in (0, at), "what is on its way may be lost"


def test_refused_before_the_body_is_read(server: Server) -> None:
    server.app.faults.add({"kind": "refuse"})
    request = b"POST /sdapi/v1/txt2img HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{"
    assert exchange(server, request)[0] == b""
    assert server.requests[-1].body == b""


def test_a_status_that_has_no_name(server: Server) -> None:
    server.app.faults.add({"kind": "status", "status": 524, "times": 1})
    server.app.faults.add([{"kind": "status", "status": 524, "times": 1}, {"kind": "cut"}])
    assert exchange(server, GET_SAMPLERS.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))[0].startswith(
        b"HTTP/1.1 524 \r\n"
    )


# --- whether the request is carried out


@pytest.mark.parametrize("kind", [{"kind": "reset"}, {"kind": "memory"}, {"kind": "html"}, {"kind": "busy"}])
@pytest.mark.parametrize(("work", "carried_out"), [("none", False), ("first", True)])
def test_work(app: App, kind: dict[str, Any], work: str, carried_out: bool) -> None:
    app.faults.add({**kind, "work": work})
    ask(app, "POST", "/sdapi/v1/options", {"samples_format": "webp"})
    assert (app.state.options["samples_format"] == "webp") == carried_out


def test_a_proxy_gives_up_while_the_job_goes_on(server: Server, send: Send) -> None:
    app = server.app
    app.state.step_time = FOREVER
    app.faults.add({"kind": "html", "status": 504, "work": "beside", "path": "/sdapi/v1/txt2img"})
    assert send("POST", "/sdapi/v1/txt2img", {**SMALL, "force_task_id": "task(mine)"}).status == 504
    until(lambda: app.state.progress.sampling_step == 1)
    assert value(send("POST", "/internal/progress", {"id_task": "task(mine)"}))["active"]
    send("POST", "/sdapi/v1/interrupt")
    until(lambda: app.state.tasks.is_finished("task(mine)"))


def test_what_runs_beside_ends_with_the_app() -> None:
    with App(CATALOG, step_time=FOREVER, faults={"kind": "memory", "work": "beside"}) as app:
        assert ask(app, *PAINT).status == 500
        until(lambda: app.state.progress.sampling_step == 1)
    assert not [thread for thread in threading.enumerate() if thread.name == "webuiapi-server-beside"]
