"""Nothing that anybody sends breaks the server in a way of its own, hangs it, or stays in its memory."""

from __future__ import annotations

import base64
import gc
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contract.compare import CATALOG
from webuiapi.server.app import App
from webuiapi.server.http import Request, Response
from webuiapi.server.limits import Limits

from . import fuzz

LIMITS = Limits(megapixels=0.01, input_megapixels=0.01, pictures=4, body=1 << 20, requests=20, request_bytes=1 << 20)
CAUSES = {
    "HTTPException", "IndexError", "KeyError", "RuntimeError", "TypeError", "Exception", "AssertionError",
    "ZeroDivisionError", "ValueError", "ValidationError",
}  # fmt: skip
"""The classes of exceptions that the contract knows as causes of a 500."""
KINDRED = {"OutOfMemoryError", "MemoryError", "UnicodeEncodeError", "OverflowError", "OSError"}
"""Its memory does not suffice, a letter that UTF-8 does not know, a number that is no float, a picture cut in two."""
SENTENCES = {
    "Invalid encoded image", "Request to local resource not allowed", "Requests not allowed", "Invalid image url",
    "Invalid image format",
}  # fmt: skip
SHORT = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.large_base_example],
)  # fmt: skip
FEW = settings(SHORT, max_examples=6)
LONG = settings(SHORT, max_examples=3000, derandomize=False)
PATHS = sorted(fuzz.BODIES)


@pytest.fixture(scope="module")
def shared() -> Iterator[App]:
    with App(CATALOG, seed=1, limits=LIMITS) as app:
        yield app


@pytest.fixture
def soaking(request: pytest.FixtureRequest) -> None:
    """The long forms run only where they are asked for."""
    if "soak" not in (request.config.option.markexpr or ""):
        pytest.skip("run by `make soak`")


def send(app: App, method: str, path: str, body: bytes, content_type: str = "application/json") -> Response:
    path, _, query = path.partition("?")
    headers = {"content-type": content_type} if content_type else {}
    return app.handle(Request(method, path, query, headers, body))


def hold(response: Response, sent: bytes = b"") -> Any:
    """The answer has one of the server's forms; its value."""
    body = json.loads(response.body)
    assert response.headers["content-length"] == str(len(response.body))
    if response.status == 200:
        return body
    assert response.status in (400, 404, 422, 500)
    if response.status == 422 and isinstance(body["detail"], list):
        for entry in body["detail"]:
            assert {"loc", "msg", "type"} <= set(entry) <= {"loc", "msg", "type", "ctx"}
        return body
    assert set(body) == {"error", "detail", "body", "errors"}
    if body["error"] == "HTTPException":
        assert response.status != 500 or body["detail"] in SENTENCES
    else:
        assert response.status == 500
        # Scripts with arguments of other kinds, and styles joined to a prompt that is null, fail in this way there too.
        of_others = {"AttributeError"} if b"script" in sent or b"styles" in sent else set()
        assert body["error"] in CAUSES | KINDRED | of_others, body
        assert (body["detail"], body["body"]) == ("", "")
        assert "x-process-time" not in response.headers
    return body


def pictures(body: Any) -> list[str]:
    return body.get("images") or ([body["image"]] if "image" in body else [])


def check_body(app: App, path: str, value: Any) -> None:
    app.reset()
    sent = json.dumps(value).encode()
    response = send(app, "POST", path, sent)
    body = hold(response, sent)
    if response.status == 200 and path.startswith(fuzz.API):
        for picture in pictures(body):
            assert base64.b64decode(picture, validate=True)
    assert not app.state.progress.job or response.status == 500


def check_raw(app: App, path: str, body: bytes, content_type: str) -> None:
    app.reset()
    hold(send(app, "POST", path, body, content_type), body)


def check_options(app: App, value: Any, path: str, body: Any, query: str) -> None:
    """Whatever the options are set to, everything else goes on, or fails as the real one fails."""
    app.reset()
    hold(send(app, "POST", "/sdapi/v1/options", json.dumps(value).encode()))
    hold(send(app, "GET", "/sdapi/v1/options", b""))
    sent = json.dumps(body).encode()
    hold(send(app, "POST", path, sent), sent)
    hold(send(app, "GET", f"/sdapi/v1/progress?{query}", b""))


def check_memory(app: App, path: str, body: bytes, calls: int) -> None:
    """Asked again and again for the same, the server takes no more memory than for the first times.

    A request that fails before its job starts leaves its task in the queue for ever, as in the real one: some bytes.
    """
    app.reset()
    for _ in range(20):
        send(app, "POST", path, body)
    before = taken(app)
    for _ in range(calls):
        send(app, "POST", path, body)
    assert taken(app) - before < 10_000 + 400 * calls


def taken(app: App) -> int:
    """The bytes in use without the record, which is as large as its entries are."""
    app.record.clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.fixture
def traced(shared: App) -> Iterator[None]:
    """Memory is watched, and what the painter keeps of the last seeds is there already."""
    tracemalloc.start()
    for seed in range(80):
        send(shared, "POST", "/sdapi/v1/txt2img", b'{"width": 8, "height": 8, "steps": 1, "seed": %d}' % seed)
    yield
    tracemalloc.stop()


queries = st.sampled_from(["", "skip_current_image=1", "skip_current_image=maybe", "skip_current_image", "%ff=%00&=&&"])
with_options = st.sampled_from(PATHS).flatmap(lambda path: st.tuples(st.just(path), fuzz.bodies(path)))


@pytest.mark.parametrize("path", PATHS)
@SHORT
@given(data=st.data())
def test_bodies(shared: App, path: str, data: st.DataObject) -> None:
    check_body(shared, path, data.draw(fuzz.bodies(path)))


@pytest.mark.parametrize("path", PATHS)
@SHORT
@given(data=st.data(), content_type=st.just("application/json") | fuzz.content_types)
def test_raw_bodies(shared: App, path: str, data: st.DataObject, content_type: str) -> None:
    check_raw(shared, path, data.draw(fuzz.raw_bodies(path)), content_type)


@SHORT
@given(value=fuzz.options, call=with_options, query=queries)
def test_options(shared: App, value: Any, call: tuple[str, Any], query: str) -> None:
    check_options(shared, value, *call, query)


@pytest.mark.usefixtures("traced")
@FEW
@given(call=with_options)
def test_memory(shared: App, call: tuple[str, Any]) -> None:
    check_memory(shared, call[0], json.dumps(call[1]).encode(), 20)


@pytest.mark.soak
@pytest.mark.usefixtures("soaking")
@pytest.mark.parametrize("path", PATHS)
@LONG
@given(data=st.data())
def test_many_bodies(shared: App, path: str, data: st.DataObject) -> None:
    check_body(shared, path, data.draw(fuzz.bodies(path)))


@pytest.mark.soak
@pytest.mark.usefixtures("soaking")
@pytest.mark.parametrize("path", PATHS)
@LONG
@given(data=st.data(), content_type=st.just("application/json") | fuzz.content_types)
def test_many_raw_bodies(shared: App, path: str, data: st.DataObject, content_type: str) -> None:
    check_raw(shared, path, data.draw(fuzz.raw_bodies(path)), content_type)


@pytest.mark.soak
@pytest.mark.usefixtures("soaking")
@LONG
@given(value=fuzz.options, call=with_options, query=queries)
def test_many_options(shared: App, value: Any, call: tuple[str, Any], query: str) -> None:
    check_options(shared, value, *call, query)


@pytest.mark.soak
@pytest.mark.usefixtures("soaking", "traced")
@pytest.mark.parametrize("path", PATHS)
@settings(LONG, max_examples=20)
@given(data=st.data())
def test_memory_over_many_calls(shared: App, path: str, data: st.DataObject) -> None:
    check_memory(shared, path, data.draw(fuzz.raw_bodies(path) | fuzz.bodies(path).map(encoded)), 200)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()
