"""Nothing that anybody sends to an extension breaks the server in a way of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from webuiapi.server.app import App
from webuiapi.server.extensions import load_extensions
from webuiapi.server.http import Request
from webuiapi.server.limits import Limits
from webuiapi.server.routing import ROUTES

from ..fuzz import anything, pictures, texts

load_extensions()

LIMITS = Limits(megapixels=0.3, input_megapixels=0.01, pictures=4, body=1 << 20)
CAUSES = {
    "HTTPException", "IndexError", "KeyError", "RuntimeError", "TypeError", "Exception", "AssertionError",
    "ZeroDivisionError", "ValueError", "ValidationError", "AttributeError", "OutOfMemoryError", "MemoryError",
    "UnicodeEncodeError", "JSONDecodeError", "OverflowError", "SystemError", "FileNotFoundError", "OSError",
    "SyntaxError",
}  # fmt: skip
"""Classes of exceptions in a 500 that are meant, or that Python itself raises for values of the wrong kind."""
FEW = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large],
)  # fmt: skip
MANY = settings(FEW, max_examples=300, derandomize=False)
BODIES = {
    (route.method, route.path): route.described["body"]
    for route in ROUTES.values()
    if route.extension and route.described and route.described.get("body") and "queue/" not in route.path
}
ALWAYS_ON = {
    info["name"]: info["args"]
    for info in App(seed=1).catalog.script_info
    if info["is_alwayson"] and not info["is_img2img"]
}
_PICTURES = ("image", "mask", "source", "target")


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with App(seed=1, limits=LIMITS) as app:
        yield app


def value_of(name: str, field: Any) -> st.SearchStrategy[Any]:
    """Values that a field may well have."""
    if isinstance(field, str):
        return {"string": pictures if any(part in name for part in _PICTURES) else texts, "number": st.floats(0, 70),
                "integer": st.integers(-2, 70)}.get(field, anything)  # fmt: skip
    if not isinstance(field.get("type"), str):
        return object_of(field)
    if "enum" in field:
        return st.sampled_from(field["enum"])
    if "fields" in field:
        return object_of(field["fields"])
    if field["type"] == "array":
        return st.lists(value_of(name, field.get("items", "any")), max_size=3)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "string": value_of(name, "string"), "integer": st.integers(-2, 70), "number": st.floats(0, 70),
        "boolean": st.booleans(),
    }  # fmt: skip
    return kinds.get(field["type"], anything)


def object_of(fields: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    required = {name: value_of(name, field) for name, field in fields.items() if field.get("required")}
    others = {name: value_of(name, field) | anything for name, field in fields.items() if not field.get("required")}
    return st.fixed_dictionaries(required, optional=others)


def answered(app: App, method: str, path: str, value: Any) -> None:
    response = app.handle(Request(method, path, "", {}, json.dumps(value).encode()))
    body = json.loads(response.body)
    assert response.status in (200, 202, 400, 404, 422, 500)
    if response.status == 202:  # a job that would go on behind the answer
        assert app.handle(Request("DELETE", f"/deforum_api/batches/{body['batch_id']}")).status == 200
    if response.status == 500 and "error" in body:
        assert body["error"] in CAUSES, body


def check_endpoint(app: App, method: str, path: str, data: st.DataObject) -> None:
    body = BODIES[method, path]
    good = object_of(body["fields"]) if "fields" in body else st.lists(value_of("image", body["items"]), max_size=2)
    answered(app, method, path.replace("{id}", "x"), data.draw(good | anything))


def check_arguments(app: App, title: str, data: st.DataObject) -> None:
    usual = [argument["value"] for argument in ALWAYS_ON[title]]
    changes = data.draw(st.dictionaries(st.integers(0, max(len(usual) - 1, 0)), anything | st.just(True), max_size=4))
    for place, value in changes.items():
        if place < len(usual):
            usual[place] = value
    args = [True, *usual[1:]] if usual and isinstance(usual[0], bool) and data.draw(st.booleans()) else usual
    body = {"width": 64, "height": 64, "steps": 1, "alwayson_scripts": {title: {"args": args}}}
    answered(app, "POST", "/sdapi/v1/txt2img", body)


endpoints = pytest.mark.parametrize(
    ("method", "path"), sorted(BODIES), ids=lambda part: part.strip("/").replace("/", ".")
)
titles = pytest.mark.parametrize("title", ALWAYS_ON)


@endpoints
@FEW
@given(data=st.data())
def test_endpoints(app: App, method: str, path: str, data: st.DataObject) -> None:
    check_endpoint(app, method, path, data)


@titles
@FEW
@given(data=st.data())
def test_arguments(app: App, title: str, data: st.DataObject) -> None:
    check_arguments(app, title, data)


@pytest.mark.soak
@pytest.mark.usefixtures("soaking")
@endpoints
@MANY
@given(data=st.data())
def test_many_calls_of_endpoints(app: App, method: str, path: str, data: st.DataObject) -> None:
    check_endpoint(app, method, path, data)


@pytest.mark.soak
@pytest.mark.usefixtures("soaking")
@titles
@MANY
@given(data=st.data())
def test_many_arguments(app: App, title: str, data: st.DataObject) -> None:
    check_arguments(app, title, data)
