"""One message from every form in which servers and proxies say that something is wrong, and what to do about it."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from conftest import Connect
from contract.compare import RECORDINGS, Recording
from support.callers import Caller
from support.scripted import Scripted, answer
from webuiapi import (
    AuthenticationError,
    BadRequest,
    GatewayError,
    MissingExtra,
    NotFound,
    OutOfMemory,
    ServerBusy,
    ServerError,
    StatusError,
    WebUIApiError,
)
from webuiapi.errors import status_error


def html(title: str) -> bytes:
    return f"<!DOCTYPE html>\n<html>\n<head><TITLE class='x'>{title}</TITLE></head><body>...</body></html>".encode()


A1111 = {"error": "HTTPException", "detail": "Init image not found", "body": "", "errors": ""}
CRASH = {"error": "RuntimeError", "detail": "", "body": "", "errors": "model 'x' not found"}
PYDANTIC_1 = {
    "detail": [
        {"loc": ["body", "steps"], "msg": "value is not a valid integer", "type": "type_error.integer"},
        {"loc": ["body", "styles", 0], "msg": "str type expected", "type": "type_error.str"},
    ]
}
PYDANTIC_2 = {
    "detail": [
        {"loc": ["query", "skip"], "msg": "Input should be a valid integer", "type": "int_parsing", "input": "x",
         "url": "https://errors.pydantic.dev/2.8/v/int_parsing"},
    ]
}  # fmt: skip
DRAW_THINGS = {"error": "HTTPException", "detail": "unrecognized key", "body": "", "errors": ""}


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (404, A1111, NotFound, "Init image not found"),
        (500, CRASH, ServerError, "RuntimeError: model 'x' not found"),
        (500, {**CRASH, "errors": ""}, ServerError, "RuntimeError"),
        (500, {"error": "TypeError", "detail": "", "body": "", "message": "bad"}, ServerError, "TypeError: bad"),
        (422, PYDANTIC_1, BadRequest,
         "steps: value is not a valid integer; styles.0: str type expected"),
        (422, PYDANTIC_2, BadRequest, "skip: Input should be a valid integer"),
        (422, {"detail": ["a", {"msg": "b"}, None]}, BadRequest, "a; b"),
        (404, {"detail": "Sampler not found"}, NotFound, "Sampler not found"),
        (400, {"error": "Init image is none"}, BadRequest, "Init image is none"),
        (500, {"error": "server_error", "message": "it broke"}, ServerError, "it broke"),
        (503, {"detail": {"msg": "Server is busy", "type": "service_unavailable"}}, ServerBusy, "Server is busy"),
        (503, {"detail": {"type": "x"}}, ServerBusy, "{'type': 'x'}"),
        (500, "name 'x' is not defined", ServerError, "name 'x' is not defined"),
        (429, {"error": "Rate limit exceeded", "code": 429, "detail": "", "body": "", "errors": ""}, ServerBusy,
         "Rate limit exceeded"),
        (422, DRAW_THINGS, BadRequest, "unrecognized key"),
        (501, {"error": "alwayson_scripts are not supported"}, NotFound, "alwayson_scripts are not supported"),
        (502, html("502 Bad Gateway"), GatewayError, "502 Bad Gateway"),
        (504, html("504\n Gateway  Time-out"), GatewayError, "504 Gateway Time-out"),
        (524, html("a timeout occurred"), GatewayError, "a timeout occurred"),
        (404, b"<html><body>no title</body></html>", NotFound, ""),
        (404, b"plain words", NotFound, "plain words"),
        (404, b"", NotFound, ""),
        (401, {"detail": "Incorrect username or password"}, AuthenticationError, "Incorrect username or password"),
        (403, b"Forbidden", AuthenticationError, "Forbidden"),
        (405, {"detail": "Method Not Allowed"}, NotFound, "Method Not Allowed"),
        (418, {"detail": "teapot"}, StatusError, "teapot"),
        (500, [1, 2], ServerError, "[1, 2]"),
        (500, None, ServerError, "null"),
        (500, {"error": None, "detail": None, "errors": None}, ServerError,
         '{"error": null, "detail": null, "errors": null}'),
        (500, {}, ServerError, "{}"),
        (500, b"\xff\xfe broken", ServerError, "\ufffd\ufffd broken"),
        (500, {"error": "x" * 1000}, ServerError, "x" * 600 + "..."),
        (500, {"error": "OutOfMemoryError", "errors": "CUDA out of memory. Tried"}, OutOfMemory,
         "OutOfMemoryError: CUDA out of memory. Tried"),
        (500, {"error": "RuntimeError", "errors": "MPS backend out of memory"}, OutOfMemory,
         "RuntimeError: MPS backend out of memory"),
    ],
)  # fmt: skip
def test_the_message_of_every_form(
    caller: Caller, scripted: Scripted, status: int, body: Any, kind: type[StatusError], message: str
) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    scripted.play(answer(raw, status))
    with pytest.raises(StatusError) as caught:
        caller.txt2img("x")
    error = caught.value
    assert type(error) is kind
    assert error.message == message
    text = raw.decode("utf-8", "replace")
    assert error.args == (status, text)
    assert (error.status, error.text, error.method) == (status, text, "POST")
    assert error.url == f"{scripted.url}/sdapi/v1/txt2img"
    said = f": {message}" if message else ""
    hint = f"\n{error.hint}" if error.hint else ""
    assert str(error) == f"POST {error.url} answered {status}{said}{hint}"
    other = pickle.loads(pickle.dumps(error))
    assert (type(other), other.args, other.__dict__) == (kind, error.args, error.__dict__)


def test_the_servers_own_fields(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer(CRASH, 500))
    with pytest.raises(ServerError) as caught:
        caller.get_progress()
    assert (caught.value.error, caught.value.detail, caught.value.errors) == (
        "RuntimeError", "", "model 'x' not found",
    )  # fmt: skip
    scripted.play(answer(PYDANTIC_1, 422))
    with pytest.raises(BadRequest) as refused:
        caller.get_progress()
    assert refused.value.detail == PYDANTIC_1["detail"]


RECORDED = [
    Recording(path)
    for path in sorted(RECORDINGS.rglob("*.json"))
    if json.loads(path.read_bytes()).get("response", {}).get("status", 0) >= 400
]


@pytest.mark.parametrize("recording", RECORDED, ids=lambda recording: recording.name)
def test_every_recorded_error_says_something(recording: Recording) -> None:
    body = recording.response["body"]
    text = body if isinstance(body, str) else json.dumps(body)
    error = status_error(
        recording.response["status"],
        text,
        None if isinstance(body, str) else body,
        method="POST",
        url="http://127.0.0.1:7860" + recording.request["path"],
        sent_credentials=False,
    )
    assert bool(error.message) is bool(body)
    assert "\n" not in error.message
    assert not error.message.startswith(("{", "[", "<"))


# -- hints ------------------------------------------------------------------------------------------------------------


def error_of(status: int, body: Any = None, path: str = "/sdapi/v1/txt2img", *, sent: bool = False) -> StatusError:
    text = body if isinstance(body, str) else json.dumps(body)
    parsed = None if isinstance(body, str) else body
    url = f"http://127.0.0.1:7860{path}"
    return status_error(status, text, parsed, method="POST", url=url, sent_credentials=sent)


NO_API = (
    "The server has no such endpoint. A webui started without --api has none of them: "
    "add --api to its command line. Otherwise its version or kind does not offer this one."
)


NO_CREDENTIALS = (
    "The server wants credentials (--api-auth): pass username= and password=, or set WEBUIAPI_AUTH=user:pass."
)


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (error_of(404, {"detail": "Not Found"}), NO_API),
        (error_of(405, "<html>nginx</html>"),
         "That does not look like a webui's answer: is the address right (host, port, path)?"),
        (error_of(404, ""), "That does not look like a webui's answer: is the address right (host, port, path)?"),
        (error_of(404, {"detail": "Init image not found"}), ""),
        (error_of(404, {"detail": "Not Found"}, "/controlnet/detect"),
         "No such endpoint: the extension that serves it is not installed or not enabled there."),
        (error_of(401, {"detail": "x"}), NO_CREDENTIALS),
        (error_of(401, {"detail": "x"}, sent=True),
         "The user name or password is not one of those that the server was started with (--api-auth)."),
        (error_of(422, {"detail": "Script 'ADetailer' not found"}),
         "An extension or script that the request uses is not installed there: get_scripts() lists what is."),
        (error_of(504, ""),
         "A proxy between here and the server gave up waiting; the server itself may still be working on it."),
        (error_of(500, {"errors": "CUDA out of memory"}),
         "Ask for smaller pictures, or fewer at once (batch_size), or start the server with --medvram."),
        (error_of(502, {"errors": "CUDA out of memory"}),
         "Ask for smaller pictures, or fewer at once (batch_size), or start the server with --medvram."),
        (error_of(500, {"errors": "no idea"}), ""),
        (error_of(422, {"detail": "no idea"}), ""),
    ],
)  # fmt: skip
def test_what_to_do_about_it(error: StatusError, hint: str) -> None:
    assert error.hint == hint


def test_credentials_that_were_refused(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, headers={"AUTHORIZATION": "Basic x"})
    scripted.play(answer({"detail": "Incorrect username or password"}, 401))
    with pytest.raises(AuthenticationError, match="is not one of those that the server was started with"):
        caller.get_progress()


def test_an_order_that_is_refused(caller: Caller, scripted: Scripted) -> None:
    """webuiapi 0.9 did not look at the status of these."""
    for name, args in (("interrupt", ()), ("set_options", ({"a": 1},)), ("get_samplers", ()), ("get_options", ())):
        path = "/sdapi/v1/" + name.removeprefix("set_").removeprefix("get_")
        scripted.play_at(path, answer({"detail": "Not authenticated"}, 401))
        with pytest.raises(AuthenticationError):
            getattr(caller, name)(*args)


# -- pickling ---------------------------------------------------------------------------------------------------------


def test_every_error_can_be_pickled() -> None:
    from webuiapi import errors

    for name in errors.__all__:
        kind: Any = getattr(errors, name)
        if issubclass(kind, StatusError):
            error = kind(500, "text", method="GET", url="http://x", message="m", hint="h", detail=[1])
        elif kind is errors.UnknownName:
            error = kind("sampler", "x", ["y"])
        elif kind is errors.AllServersAway:
            error = kind({"http://a": ValueError("b"), "http://c": None})
            error.reasons = {"http://c": None}  # an exception in it is no longer the same one
        else:
            error = kind("message")
        other = pickle.loads(pickle.dumps(error))
        assert (type(other), str(other), other.args, other.__dict__) == (
            kind, str(error), error.args, error.__dict__,
        )  # fmt: skip


def test_a_missing_extra_names_its_packages() -> None:
    error = MissingExtra.of("AsyncWebUIApi", "aiohttp", "yarl")
    assert isinstance(error, ImportError)
    assert isinstance(error, WebUIApiError)
    assert str(error) == "AsyncWebUIApi needs aiohttp and yarl: pip install aiohttp yarl"
