"""Routing, transport and errors of the app, whatever is asked."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import webuiapi.server
from contract.compare import CATALOG
from webuiapi.errors import MissingExtra
from webuiapi.server import require
from webuiapi.server.app import App
from webuiapi.server.errors import HTTPError, ValidationError
from webuiapi.server.http import Dropped, Request, Response
from webuiapi.server.routing import Call, Handler, Route

from .conftest import Ask, ask


def add(app: App, path: str, handler: Handler, **how: Any) -> None:
    """Give one app another endpoint."""
    method = how.pop("method", "GET")
    app.routes[path] = {method: Route(method, path, handler, **{"auth": False, **how})}


def broken(error: Exception) -> Handler:
    def handler(_: Call) -> Any:
        raise error

    return handler


def test_unknown_paths(get: Ask) -> None:
    answer = get("/sdapi/v1/nope/")
    assert (answer.status, answer.body) == (404, {"detail": "Not Found"})
    assert answer.headers["x-process-time"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("POST", "/sdapi/v1/samplers", "GET"), ("HEAD", "/sdapi/v1/samplers", "GET"), ("PUT", "/sdapi/v1/options", "GET")],
)
def test_wrong_method(app: App, method: str, path: str, allow: str) -> None:
    answer = ask(app, method, path)
    assert (answer.status, answer.body, answer.headers["allow"]) == (405, {"detail": "Method Not Allowed"}, allow)


def test_trailing_slash(get: Ask, post: Ask) -> None:
    for answer in (
        get("/sdapi/v1/progress/?skip_current_image=1", host="me:1"),
        post("/sdapi/v1/progress//?skip_current_image=1", host="me:1"),
    ):
        location = "http://me:1/sdapi/v1/progress?skip_current_image=1"
        assert (answer.status, answer.headers["location"], answer.raw) == (307, location, b"")


def test_root_is_no_redirection(get: Ask) -> None:
    answer = get("/")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert b"stand-in" in answer.raw
    assert b"tiny-random-sd15.safetensors [5c9d8f78c1]" in answer.raw


@pytest.mark.parametrize(
    ("asked", "method", "text"),
    [("POST", "OPTIONS", b"Disallowed CORS origin"), ("BREW", "OPTIONS", b"Disallowed CORS origin, method")],
)
def test_preflight(app: App, asked: str, method: str, text: bytes) -> None:
    answer = ask(
        app, method, "/sdapi/v1/options", origin="http://a", access_control_request_method=asked,
        access_control_request_headers="x-y",
    )  # fmt: skip
    assert (answer.status, answer.raw) == (400, text)
    assert answer.headers["access-control-allow-headers"] == "x-y"
    assert "access-control-allow-origin" not in answer.headers


def test_options_that_are_no_preflight(app: App) -> None:
    assert ask(app, "OPTIONS", "/sdapi/v1/options", origin="http://a").status == 405


def test_other_origins_are_not_allowed(get: Ask) -> None:
    headers = get("/sdapi/v1/samplers", origin="http://a").headers
    assert "access-control-allow-origin" not in headers
    assert headers["access-control-allow-credentials"] == "true"


def test_gzip(app: App) -> None:
    add(app, "/long", lambda _: "x" * 998)
    add(app, "/short", lambda _: "x" * 997)
    answer = ask(app, "GET", "/long", accept_encoding="deflate, gzip")
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert answer.headers["content-length"] == str(len(answer.raw))
    assert gzip.decompress(answer.raw) == b'"' + b"x" * 998 + b'"'
    assert "content-encoding" not in ask(app, "GET", "/short", accept_encoding="gzip").headers
    assert "content-encoding" not in ask(app, "GET", "/long", accept_encoding="identity").headers


def test_errors_of_the_api(app: App) -> None:
    add(app, "/x", broken(HTTPError(418, "No coffee")))
    answer = ask(app, "GET", "/x")
    assert answer.status == 418
    assert answer.body == {"error": "HTTPException", "detail": "No coffee", "body": "", "errors": ""}
    assert "x-process-time" in answer.headers


@pytest.mark.parametrize(
    ("error", "name", "text"),
    [
        (KeyError("x"), "KeyError", "'x'"),
        (ValidationError("1 validation error"), "ValidationError", "1 validation error"),
        (RuntimeError("odd \ud800"), "RuntimeError", "odd \\ud800"),
    ],
)
def test_whatever_breaks(app: App, error: Exception, name: str, text: str) -> None:
    add(app, "/x", broken(error))
    answer = ask(app, "GET", "/x")
    assert answer.status == 500
    assert answer.body == {"error": name, "detail": "", "body": "", "errors": text}
    assert "x-process-time" not in answer.headers


@pytest.mark.parametrize(
    ("value", "name"),
    [([{"a": float("nan")}], "ValueError"), ({"a": (float("inf"),)}, "ValueError"), ("\ud800", "UnicodeEncodeError")],
)
def test_values_that_json_cannot_hold(app: App, value: Any, name: str) -> None:
    add(app, "/x", lambda _: value)
    answer = ask(app, "GET", "/x")
    assert (answer.status, answer.body["error"]) == (500, name)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"resize_mode": NaN}', "ValueError"),
        (b'{"resize_mode": "\\ud800"}', "UnicodeEncodeError"),
        (b'{"x": "\xed\xa0\x80" ', "UnicodeEncodeError"),
    ],
)
def test_refusals_that_json_cannot_hold(app: App, body: bytes, name: str) -> None:
    answer = ask(app, "POST", "/sdapi/v1/extra-single-image", body)
    assert (answer.status, answer.body["error"]) == (500, name)


def test_integers_above_64_bits(app: App) -> None:
    add(app, "/x", lambda _: {"seed": 10**30})
    assert ask(app, "GET", "/x").raw == b'{"seed":1000000000000000000000000000000}'


def test_handlers_may_answer_themselves(app: App) -> None:
    add(app, "/x", lambda _: Response(201, {"x-y": "z"}, b"done"))
    answer = ask(app, "GET", "/x")
    assert (answer.status, answer.raw, answer.headers["x-y"], answer.headers["content-length"]) == (
        201,
        b"done",
        "z",
        "4",
    )


def test_endpoints_that_bring_their_own_contract(app: App) -> None:
    unit = {"name": {"type": "string", "required": True}, "weight": {"type": "number", "default": 1.0, "ge": 0}}
    fields = {"units": {"type": "array", "items": unit, "default": []}, "mode": {"type": "integer", "enum": [0, 1]}}
    body = {"content_type": "application/json", "required": True, "type": "object", "fields": fields}
    query = {"deep": {"type": "boolean", "default": False, "required": False}}
    path = "/extension/x"
    add(app, path, lambda call: call.fields, method="POST", described={"body": body, "query": query})
    assert ask(app, "POST", f"{path}?deep=1", {"units": [{"name": 5}]}).body == {
        "deep": True,
        "units": [{"name": "5", "weight": 1.0}],
        "mode": None,
    }
    answer = ask(app, "POST", f"{path}?deep=x", {"units": [{"weight": -1}], "mode": 2})
    assert [entry["loc"] for entry in answer.body["detail"]] == [
        ["query", "deep"],
        ["body", "units", 0, "name"],
        ["body", "units", 0, "weight"],
        ["body", "mode"],
    ]
    described = ask(app, "GET", "/openapi.json").body["paths"][path]["post"]
    assert list(described["requestBody"]["content"]["application/json"]["schema"]["properties"]) == ["units", "mode"]
    assert b"<code>POST /extension/x</code>" in ask(app, "GET", "/docs").raw


def test_dropped_connections_have_no_answer(app: App) -> None:
    add(app, "/x", broken(Dropped()))
    with pytest.raises(Dropped):
        ask(app, "GET", "/x")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ("", "Not authenticated"),
        ("Bearer x", "Not authenticated"),
        ("Basic", "Invalid authentication credentials"),
        ("Basic !!!", "Invalid authentication credentials"),
        ("Basic QQ", "Invalid authentication credentials"),
        (basic("user"), "Invalid authentication credentials"),
        (basic("üser:pass"), "Invalid authentication credentials"),
        (basic("user:wrong"), "Incorrect username or password"),
        (basic("user:pass2"), "Incorrect username or password"),
        (basic("nobody:pass"), "Incorrect username or password"),
    ],
)
def test_credentials_refused(header: str, detail: str) -> None:
    with App(CATALOG, api_auth="user:pass,user2:pass2") as app:
        answer = ask(app, "POST", "/sdapi/v1/options", b"{", authorization=header)
    assert answer.status == 401
    assert answer.body == {"error": "HTTPException", "detail": detail, "body": "", "errors": ""}
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize(
    ("api_auth", "pair"),
    [
        ("user:pass,user2:pass2", "user2:pass2"),
        (("user", "a:b"), "user:a:b"),
        ([("a", "b"), ("user", "")], "user:"),
        ("user:pa:ss", "user:pa:ss"),
    ],
)
def test_credentials_accepted(api_auth: Any, pair: str) -> None:
    with App(CATALOG, api_auth=api_auth) as app:
        assert ask(app, "GET", "/sdapi/v1/samplers", authorization=basic(pair)).status == 200
        assert ask(app, "GET", "/sdapi/v1/samplers", authorization=basic(pair).replace("Basic", "bAsIc")).status == 200


@pytest.mark.parametrize("api_auth", ["secret", "user:a,secret", ",", [("user", "a", "secret")], [("secret",)], [7]])
def test_credentials_that_are_none(api_auth: Any) -> None:
    with pytest.raises(ValueError, match=r"^api_auth must be user:password, comma-separated") as caught:
        App(CATALOG, api_auth=api_auth)
    assert "secret" not in str(caught.value), "it may be a password, or a part of one"
    assert caught.value.__cause__ is None


def test_what_is_open_in_spite_of_auth() -> None:
    with App(CATALOG, api_auth="a:b") as app:
        guarded = {route.path for methods in app.routes.values() for route in methods.values() if route.auth}
        assert {path for path in app.routes if path.startswith("/sdapi/v1/")} - guarded == {
            "/sdapi/v1/loras",
            "/sdapi/v1/refresh-loras",
        }
        for path in (
            "/internal/ping",
            "/openapi.json",
            "/docs",
            "/",
            "/sdapi/v1/loras",
            "/sd_extra_networks/get-single-card",
        ):
            assert ask(app, "GET", path).status == 200, path


def test_openapi_is_true_to_what_is_served(app: App, get: Ask) -> None:
    described = get("/openapi.json").body
    assert described["openapi"] == "3.0.2"
    served = {(path, method.lower()) for path, methods in app.routes.items() for method in methods}
    assert {(path, method) for path, entry in described["paths"].items() for method in entry} == served
    operations = [operation for entry in described["paths"].values() for operation in entry.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    names = set(described["components"]["schemas"])
    references = set(json.dumps(described).split('"#/components/schemas/')[1:])
    assert {reference.partition('"')[0] for reference in references} <= names
    progress = described["paths"]["/sdapi/v1/progress"]["get"]
    assert progress["parameters"] == [
        {
            "name": "skip_current_image",
            "in": "query",
            "required": False,
            "schema": {"title": "Skip Current Image", "type": "boolean", "default": False},
        }
    ]
    assert "security" not in progress
    assert next(iter(described["components"]["schemas"]["Options"]["properties"])) == "samples_save"


def test_openapi_of_a_guarded_server() -> None:
    with App(CATALOG, api_auth="a:b") as app:
        described = ask(app, "GET", "/openapi.json").body
    assert described["paths"]["/sdapi/v1/progress"]["get"]["security"] == [{"HTTPBasic": []}]
    assert "security" not in described["paths"]["/sdapi/v1/loras"]["get"]
    assert described["components"]["securitySchemes"] == {"HTTPBasic": {"type": "http", "scheme": "basic"}}


def test_docs_name_every_endpoint(app: App, get: Ask) -> None:
    page = get("/docs").raw.decode()
    assert all(f"<code>{method} {path}</code>" in page for path, methods in app.routes.items() for method in methods)


def test_without_user_interface() -> None:
    with App(CATALOG, nowebui=True) as app:
        assert not [path for path in app.routes if path.startswith(("/internal", "/sd_extra"))]
        assert ask(app, "GET", "/").status == 404
        assert ask(app, "GET", "/openapi.json").status == 200
        assert ask(app, "GET", "/docs").status == 200
        assert ask(app, "GET", "/sdapi/v1/loras").status == 200


def test_the_app_needs_no_web_server() -> None:
    code = (
        "import sys; from webuiapi.server import App, Request; "
        "App().handle(Request('GET', '/sdapi/v1/options')); "
        "print(sorted({'starlette', 'uvicorn', 'anyio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MissingExtra, match="needs numpy, starlette and uvicorn: pip install numpy starlette uvicorn"):
        require("json", "no_such_package")
    require("json")


def test_names_of_the_package() -> None:
    assert all(getattr(webuiapi.server, name) for name in webuiapi.server.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = webuiapi.server.nothing


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
QUICK = [
    "/sdapi/v1/options",
    "/sdapi/v1/create/embedding",
    "/sdapi/v1/create/hypernetwork",
    "/sdapi/v1/train/embedding",
    "/sdapi/v1/extra-single-image",
    "/sdapi/v1/png-info",
    "/internal/progress",
    "/sdapi/v1/progress",
    "/sdapi/v1/interrupt",
    "/sdapi/v1/reload-checkpoint",
]
NAMES = [
    "name",
    "num_vectors_per_token",
    "overwrite_old",
    "enable_sizes",
    "id_task",
    "samples_format",
    "n_rows",
    "x",
    "resize_mode",
]
CAUSES = {"KeyError", "TypeError", "ValueError", "AttributeError", "OverflowError", "RuntimeError", "HTTPException"}


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]),
    path=st.sampled_from(QUICK) | st.text(max_size=20).map("/".__add__),
    query=st.text(max_size=20),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "accept-encoding", "authorization", "origin", "host"]), st.text(max_size=20)
    ),
    body=st.binary(max_size=40)
    | (JSON | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5)).map(lambda value: json.dumps(value).encode()),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_whatever_comes_is_answered_in_a_known_form(
    app: App, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    answer = app.handle(Request(method, path, query, headers, body))
    assert answer.status in {200, 307, 400, 404, 405, 422, 500}
    assert answer.headers["content-length"] == str(len(answer.body))
    if answer.status == 500:
        found = json.loads(answer.body)
        assert list(found) == ["error", "detail", "body", "errors"]
        assert found["error"] in CAUSES
