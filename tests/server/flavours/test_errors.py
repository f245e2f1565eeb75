"""The bodies in which each flavour says that something went wrong, and who may ask at all."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webuiapi.server.body import dumps
from webuiapi.server.errors import HTTPError, Invalid
from webuiapi.server.flavours import FLAVOURS
from webuiapi.server.http import Request

from .conftest import SMALL, Made

BAD_PICTURE = {**SMALL, "init_images": ["bm8gcGljdHVyZQ=="]}


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


REFUSED: dict[str, tuple[int, Any]] = {
    "a1111": (500, {"error": "HTTPException", "detail": "Invalid encoded image", "body": "", "errors": ""}),
    "forge": (500, {"detail": "Invalid encoded image"}),
    "reforge": (500, {"error": "HTTPException", "detail": "Invalid encoded image", "body": "", "errors": ""}),
    "sdnext": (
        500,
        {
            "error": "HTTPException",
            "code": 500,
            "detail": "Invalid encoded image",
            "body": "",
            "errors": "500: Invalid encoded image",
        },
    ),
    "koboldcpp": (200, {"images": [""], "parameters": {}, "info": "", "animated": False}),
    "drawthings": (
        422,
        {
            "error": "HTTPException",
            "detail": "Data in init_images did not represent a valid image",
            "body": "",
            "errors": "",
        },
    ),
}


@pytest.mark.parametrize(("name", "expected"), REFUSED.items(), ids=list(REFUSED))
def test_what_the_api_refuses(make: Made, name: str, expected: tuple[int, Any]) -> None:
    answer = make(name).post("img2img", BAD_PICTURE)
    assert (answer.status, answer.body) == expected


TOO_SMALL = (
    "Calculated padded input size per channel: (3 x 2). Kernel size: (3 x 3). Kernel size can't be greater than actual "
    "input size"
)
BROKEN: dict[str, tuple[int, Any]] = {
    "a1111": (500, {"error": "RuntimeError", "detail": "", "body": "", "errors": TOO_SMALL}),
    "forge": (500, {"error": "RuntimeError", "detail": "", "body": "", "message": TOO_SMALL}),
    "reforge": (500, {"error": "RuntimeError", "detail": "", "body": "", "errors": TOO_SMALL}),
    "sdnext": (500, {"error": "RuntimeError", "code": 500, "detail": "", "body": "", "errors": TOO_SMALL}),
    "koboldcpp": (200, {"images": [""], "parameters": {}, "info": "", "animated": False}),
    "sdcpp": (500, {"error": "server_error", "message": TOO_SMALL}),
}


@pytest.mark.parametrize(("name", "expected"), BROKEN.items(), ids=list(BROKEN))
def test_what_breaks_inside(make: Made, name: str, expected: tuple[int, Any]) -> None:
    answer = make(name).post("txt2img", {**SMALL, "width": 7, "height": 8})
    assert (answer.status, answer.body) == expected
    assert "x-process-time" not in answer.headers or name == "koboldcpp"


FORMS: dict[str, Any] = {
    "forge": {"detail": "no"},
    "koboldcpp": {"detail": {"msg": "no", "type": "bad_input"}},
    "sdcpp": {"error": "no"},
    "drawthings": {"error": "HTTPException", "detail": "no", "body": "", "errors": ""},
}


@pytest.mark.parametrize(("name", "body"), FORMS.items(), ids=list(FORMS))
def test_forms(make: Made, name: str, body: Any) -> None:
    forms = make(name).app.flavour.forms
    response = forms.api_error(HTTPError(418, "no"))
    assert response.status == (422 if name == "drawthings" else 418)
    assert response.body == dumps(body)


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("koboldcpp", 500, {"detail": {"msg": "steps: odd", "type": "bad_input"}}),
        ("sdcpp", 400, {"error": "steps: odd"}),
        ("drawthings", 422, {"error": "HTTPException", "detail": "steps: odd", "body": "", "errors": ""}),
    ],
)
def test_refusals_of_fields_where_none_are_listed(make: Made, name: str, status: int, body: Any) -> None:
    response = make(name).app.flavour.forms.invalid(Invalid([{"loc": ["body", "steps"], "msg": "odd", "type": "x"}]))
    assert (response.status, response.body) == (status, dumps(body))


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("koboldcpp", 500, {"detail": {"msg": "odd", "type": "bad_input"}}),
        ("drawthings", 422, {"error": "HTTPException", "detail": "odd", "body": "", "errors": ""}),
    ],
)
def test_what_breaks_elsewhere(make: Made, name: str, status: int, body: Any) -> None:
    response = make(name).app.flavour.forms.broken(RuntimeError("odd"))
    assert (response.status, response.body) == (status, dumps(body))


# --- credentials

WANTED: dict[str, tuple[Any, Any, str | None]] = {
    "a1111": (
        {"error": "HTTPException", "detail": "Not authenticated", "body": "", "errors": ""},
        {"error": "HTTPException", "detail": "Incorrect username or password", "body": "", "errors": ""},
        None,
    ),
    "forge": ({"detail": "Not authenticated"}, {"detail": "Incorrect username or password"}, "Basic"),
    "reforge": (
        {"error": "HTTPException", "detail": "Not authenticated", "body": "", "errors": ""},
        {"error": "HTTPException", "detail": "Incorrect username or password", "body": "", "errors": ""},
        None,
    ),
    "sdnext": (
        {
            "error": "HTTPException",
            "code": 401,
            "detail": "Not authenticated",
            "body": "",
            "errors": "401: Not authenticated",
        },
        {"error": "HTTPException", "code": 401, "detail": "Unauthorized", "body": "", "errors": "401: Unauthorized"},
        None,
    ),
}


@pytest.mark.parametrize(("name", "expected"), WANTED.items(), ids=list(WANTED))
def test_credentials(make: Made, name: str, expected: tuple[Any, Any, str | None]) -> None:
    server = make(name, api_auth="user:pass")
    missing, wrong, challenge = expected
    answer = server.get("samplers")
    assert (answer.status, answer.body, answer.headers.get("www-authenticate")) == (401, missing, challenge)
    answer = server.get("samplers", authorization=basic("user:other"))
    assert (answer.status, answer.body) == (401, wrong)
    assert server.get("samplers", authorization=basic("user:pass")).status == 200


@pytest.mark.parametrize("name", ["a1111", "forge", "reforge", "sdnext"])
def test_what_is_open_all_the_same(make: Made, name: str) -> None:
    server = make(name, api_auth="user:pass")
    guarded = 401 if name == "sdnext" else 200
    assert server.get("loras").status == guarded
    assert server.post("/internal/progress", {}).status == guarded


@pytest.mark.parametrize("name", ["koboldcpp", "sdcpp", "drawthings"])
def test_who_asks_nobody(make: Made, name: str) -> None:
    with pytest.raises(ValueError, match="asks nobody for a password"):
        make(name, api_auth="user:pass")


def test_sdnext_shows_the_password_under_another_name(make: Made) -> None:
    flags = make("sdnext", api_auth="user:pass").get("cmd-flags", authorization=basic("user:pass")).body
    assert flags["auth"] == "user:pass"
    assert not {"api_auth", "nowebui"} & flags.keys()


# --- scripts and models


@pytest.mark.parametrize("name", ["a1111", "forge", "reforge", "sdnext"])
def test_unknown_scripts(make: Made, name: str) -> None:
    answer = make(name).post("txt2img", {**SMALL, "script_name": "nope"})
    assert (answer.status, answer.body["detail"]) == (422, "Script 'nope' not found")


@pytest.mark.parametrize("name", ["a1111", "forge", "reforge", "sdnext"])
def test_unknown_checkpoints_are_passed_over(make: Made, name: str) -> None:
    server = make(name)
    before = server.get("options").body["sd_model_checkpoint"]
    server.txt2img(override_settings={"sd_model_checkpoint": "nope"})
    assert server.engine.passes[-1].model == "v1-5-pruned-emaonly"
    assert server.get("options").body["sd_model_checkpoint"] == before


@pytest.mark.parametrize("name", ["a1111", "forge", "reforge"])
@pytest.mark.parametrize(("option", "kind"), [("nope", "KeyError"), ("sd_model_checkpoint", "RuntimeError")])
def test_unknown_options_and_models(make: Made, name: str, option: str, kind: str) -> None:
    answer = make(name).post("options", {option: "nope"})
    assert (answer.status, answer.body["error"]) == (500, kind)


# --- whatever is sent

# fmt: off
NAMES = st.sampled_from((
    "prompt", "steps", "cfg_scale", "width", "height", "seed", "sampler_name", "init_images", "batch_size", "n_iter",
    "override_settings", "lora", "enable_hr", "hr_scale", "denoising_strength", "alwayson_scripts", "mask", "nope",
))
# fmt: on
VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-9, 150) | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
)


@pytest.mark.parametrize("name", FLAVOURS)
@pytest.mark.parametrize("path", ["txt2img", "img2img"])
@given(fields=st.dictionaries(NAMES, VALUES, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_whatever_is_sent_is_answered_in_a_known_form(make: Made, name: str, path: str, fields: dict[str, Any]) -> None:
    server = make(name)
    raw = json.dumps({"steps": 1, "width": 64, "height": 64, **fields}).encode()
    response = server.app.handle(Request("POST", f"/sdapi/v1/{path}", body=raw))
    assert response.status in {200, 400, 404, 422, 500}
    body = json.loads(response.body)
    keys = {
        "a1111": {"detail", "error, detail, body, errors"},
        "forge": {"detail", "error, detail, body, message"},
        "reforge": {"detail", "error, detail, body, errors"},
        "sdnext": {"detail", "error, code, detail, body, errors", "error"},
        "koboldcpp": {"detail"},
        "sdcpp": {"error", "error, message"},
        "drawthings": {"error, detail, body, errors"},
    }
    if response.status == 200:
        assert next(iter(body)) == "images"
    else:
        assert ", ".join(body) in keys[name]
    assert (response.status == 422) or name != "drawthings" or response.status == 200
