"""Nobody there, broken connections, answers that are none: one class of errors for both colours, the cause chained."""

from __future__ import annotations

import json
import pickle
import socket
from typing import Any

import pytest

from conftest import Connect
from support.callers import Caller
from support.scripted import CLOSE, RESET, Scripted, answer, head
from webuiapi import (
    AnswerError,
    ConnectError,
    ConnectionLost,
    ImageError,
    StatusError,
    TransportError,
    WebUIApiError,
)


@pytest.fixture
def caller(connect: Connect, scripted: Scripted) -> Caller:
    return connect(url=scripted.url, timeout=10)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_nobody_there(connect: Connect) -> None:
    port = free_port()
    with pytest.raises(ConnectError) as caught:
        connect(port=port).txt2img("x")
    error = caught.value
    assert isinstance(error, ConnectionError)
    assert isinstance(error, RuntimeError)
    assert not error.may_have_begun
    assert str(error) == (
        f"POST http://127.0.0.1:{port}/sdapi/v1/txt2img: nobody listens at http://127.0.0.1:{port}. "
        "Is the server started, and is the port right?"
    )
    assert (error.method, error.url) == ("POST", f"http://127.0.0.1:{port}/sdapi/v1/txt2img")
    assert isinstance(error.__cause__, Exception)


def test_a_name_that_nobody_knows(connect: Connect) -> None:
    url = "http://no-such-host.invalid:1"
    with pytest.raises(ConnectError) as caught:
        connect(url=url).get_progress()
    assert str(caught.value) == f"GET {url}/sdapi/v1/progress: the host name 'no-such-host.invalid' can't be resolved"


@pytest.mark.parametrize("end", [CLOSE, RESET])
@pytest.mark.parametrize(
    ("begin", "what"),
    [
        (b"", "the server closed the connection without an answer"),
        (head(200, {"Content-Length": "50"}) + b"{", "the answer broke off before its end"),
        (head(200, {"Transfer-Encoding": "chunked"}) + b"5\r\nab", "the answer broke off before its end"),
        (head(200, {"Transfer-Encoding": "chunked"}) + b"2\r\nab\r\n", "the answer broke off before its end"),
    ],
    ids=["no answer", "half a body", "half a chunk", "no last chunk"],
)
def test_a_connection_that_breaks(caller: Caller, scripted: Scripted, end: Any, begin: bytes, what: str) -> None:
    scripted.play(begin, end)
    with pytest.raises(ConnectionLost) as caught:
        caller.txt2img("x")
    error = caught.value
    assert isinstance(error, ConnectionError)
    assert error.may_have_begun
    assert error.__cause__ is not None
    where = f"POST {scripted.url}/sdapi/v1/txt2img"
    assert f"{error.method} {error.url}" == where
    if end is CLOSE:
        assert str(error) == f"{where}: {what}; the server may have begun, and goes on"
    assert len(scripted.seen) == 1
    assert caller.get_progress().progress == 0, "the client goes on with a new connection"


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\nX-A", b"HTT"])
def test_a_head_that_breaks_off(caller: Caller, scripted: Scripted, begin: bytes) -> None:
    scripted.play(begin, CLOSE)
    with pytest.raises(ConnectionLost):
        caller.txt2img("x")


@pytest.mark.parametrize(
    "data",
    [
        b"220 ftp.example.com ready\r\n",
        b"SSH-2.0-OpenSSH_9.0\r\n",
        b"\x15\x03\x01\x00\x02\x02P",
        head(200, {"Transfer-Encoding": "chunked"}) + b"zz\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
    ],
)
def test_what_does_not_speak_http(caller: Caller, scripted: Scripted, data: bytes) -> None:
    scripted.play(data, CLOSE)
    with pytest.raises(ConnectionLost) as caught:
        caller.txt2img("x")
    assert caught.value.may_have_begun


def test_transport_errors_can_be_pickled(caller: Caller, scripted: Scripted) -> None:
    scripted.play(CLOSE)
    with pytest.raises(ConnectionLost) as caught:
        caller.txt2img("x")
    other = pickle.loads(pickle.dumps(caught.value))
    assert type(other) is ConnectionLost
    assert (str(other), other.args, other.__dict__) == (
        str(caught.value),
        caught.value.args,
        {"method": "POST", "url": f"{scripted.url}/sdapi/v1/txt2img", "may_have_begun": True, "partial": None},
    )


# -- answers that are not what the endpoint promises ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "answered 200 without a result: no body"),
        (b"null", "answered 200 without a result: 'null'"),
        (b"[]", "answered 200 without a result: '[]'"),
        (b'"busy"', "answered 200 without a result: '\"busy\"'"),
        (b"<html>hello</html>", "answered 200 with something that is not JSON (text/html): '<html>hello</html>'"),
        (b'{"images": [', "answered 200 with something that is not JSON (text/html): '{\"images\": ['"),
        (b"x" * 500, "answered 200 with something that is not JSON (text/html): '" + "x" * 120 + "...'"),
        (b"\xff\xfe", "answered 200 with something that is not JSON (text/html): '\ufffd\ufffd'"),
    ],
)
@pytest.mark.parametrize(("name", "more"), [("txt2img", {}), ("extra_single_image", {"gfpgan_visibility": 1})])
def test_a_generation_without_a_result(
    caller: Caller, scripted: Scripted, name: str, more: dict[str, Any], body: bytes, message: str
) -> None:
    scripted.play(answer(body, headers={"Content-Type": "text/html"}))
    with pytest.raises(AnswerError) as caught:
        getattr(caller, name)("http://example.com/x.png", **more)
    error = caught.value
    path = name.replace("_", "-")
    assert str(error) == f"POST {scripted.url}/sdapi/v1/{path} {message}"
    assert (error.content, error.method, error.url) == (body, "POST", f"{scripted.url}/sdapi/v1/{path}")
    other = pickle.loads(pickle.dumps(error))
    assert (type(other), str(other), other.content) == (type(error), str(error), body)


def test_without_a_content_type(caller: Caller, scripted: Scripted) -> None:
    scripted.play(head(200, {"Content-Length": "1"}) + b"x")
    with pytest.raises(AnswerError, match=r"not JSON \(no content type\): 'x'"):
        caller.get_progress()


@pytest.mark.parametrize(
    ("name", "args", "body"),
    [
        ("get_progress", (), None),
        ("get_options", (), []),
        ("get_samplers", (), {}),
        ("get_sd_models", (), None),
        ("png_info", ("http://example.com/x.png",), None),
        ("png_info", ("http://example.com/x.png",), []),
        ("interrogate", ("http://example.com/x.png",), {}),
        ("interrogate", ("http://example.com/x.png",), {"caption": None}),
    ],
)
def test_others_without_a_result(
    caller: Caller, scripted: Scripted, name: str, args: tuple[Any, ...], body: Any
) -> None:
    scripted.play(answer(body))
    with pytest.raises(AnswerError, match="answered") as caught:
        getattr(caller, name)(*args)
    assert caught.value.content == json.dumps(body).encode()
    assert caught.value.url.startswith(scripted.url)


def test_no_picture_is_whole(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer({"images": ["", "iVBORw0KGgo=", "####"], "info": '{"seed": 3}', "parameters": {"a": 1}}))
    with pytest.raises(ImageError) as caught:
        caller.txt2img("x")
    error = caught.value
    assert str(error).startswith(
        f"POST {scripted.url}/sdapi/v1/txt2img: no picture in the answer is whole: image 0 of the answer is empty; "
        "image 1 of the answer is cut off: 8 bytes of a PNG without its end; "
        "image 2 of the answer is no base64 ("
    )
    assert error.result is not None
    assert error.result.info == {"seed": 3}
    assert error.result.parameters == {"a": 1}
    assert [(problem.index, problem.content, problem.kind) for problem in error.result.errors] == [
        (0, b"", None),
        (1, b"\x89PNG\r\n\x1a\n", "png"),
        (2, b"####", None),
    ]
    other = pickle.loads(pickle.dumps(error))
    assert (type(other), str(other), other.result.info) == (ImageError, str(error), {"seed": 3})


def test_errors_are_one_tree() -> None:
    from webuiapi import errors

    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, WebUIApiError)
        assert kind.__doc__
        assert f" {name} " in str(errors.__doc__), "drawn in the tree"
    assert issubclass(WebUIApiError, RuntimeError)
    assert not issubclass(StatusError, TransportError)
