"""How much a server takes on: pictures, bodies, those who wait, connections; and where it listens, what it fetches."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract.compare import CATALOG
from support.pictures import file_of, noise
from webuiapi.server.app import App
from webuiapi.server.doors import serve
from webuiapi.server.limits import Limits, limits_in_force
from webuiapi.server.queue import REMEMBERED_PENDING, Tasks

from .conftest import FOREVER, PATIENCE, Answer, ask, until
from .mishaps import PAINT, SMALL, exchange


def picture(width: int, height: int) -> str:
    return base64.b64encode(file_of(noise("RGB", width, height))).decode()


def promised(width: int, height: int) -> str:
    """A PNG that only says how large it is."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(1000))
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (head, data)]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


@pytest.fixture
def app() -> Iterator[App]:
    """A server that takes on little: 100 x 100, pictures of 200 x 200, 4 of them, a kilobyte."""
    limits = Limits(megapixels=0.01, input_megapixels=0.04, pictures=4, body=200_000, queue=2)
    with App(CATALOG, seed=1, limits=limits) as app:
        yield app


def out_of_memory(answer: Answer) -> bool:
    return (answer.status, answer.body["error"]) == (500, "OutOfMemoryError")


@pytest.mark.parametrize(
    "fields",
    [
        {"width": 128},
        {"height": 200},
        {"batch_size": 3},
        {"enable_hr": True, "denoising_strength": 0.5, "hr_scale": 2},
        {"enable_hr": True, "denoising_strength": 0.5, "hr_resize_x": 256, "hr_resize_y": 256},
    ],
)
def test_pictures_that_are_too_large(app: App, fields: dict[str, Any]) -> None:
    assert out_of_memory(ask(app, "POST", "/sdapi/v1/txt2img", {**SMALL, "height": 96, **fields}))
    assert ask(app, *PAINT).status == 200


def test_pictures_that_are_made_larger(app: App) -> None:
    image = picture(50, 50)
    answer = ask(app, "POST", "/sdapi/v1/extra-single-image", {"image": image, "upscaler_1": "Lanczos"})
    assert answer.status == 200, "twice as large is just right"
    fields = {"image": image, "upscaler_1": "Lanczos", "upscaling_resize": 3}
    assert out_of_memory(ask(app, "POST", "/sdapi/v1/extra-single-image", fields))


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("png-info", lambda image: {"image": image}),
        ("interrogate", lambda image: {"image": image, "model": "clip"}),
        ("extra-single-image", lambda image: {"image": image}),
        ("extra-batch-images", lambda image: {"imageList": [{"data": image, "name": "x"}]}),
        ("img2img", lambda image: {**SMALL, "init_images": [image]}),
        ("img2img", lambda image: {**SMALL, "init_images": [picture(8, 8)], "mask": image}),
    ],
)
def test_pictures_that_are_sent(app: App, path: str, fields: Any) -> None:
    for image in (picture(201, 200), promised(5000, 4000)):
        assert out_of_memory(ask(app, "POST", f"/sdapi/v1/{path}", fields(image)))
    assert ask(app, "POST", f"/sdapi/v1/{path}", fields(picture(100, 100))).status == 200


@pytest.mark.parametrize("fields", [{"batch_size": 5}, {"n_iter": 5}, {"batch_size": 2, "n_iter": 3}])
def test_too_many_pictures(app: App, fields: dict[str, Any]) -> None:
    answer = ask(app, "POST", "/sdapi/v1/txt2img", {**SMALL, **fields})
    assert (answer.status, answer.body["error"]) == (500, "MemoryError")


def test_they_hold_for_one_server_only(app: App) -> None:
    assert ask(app, "POST", "/sdapi/v1/txt2img", {**SMALL, "n_iter": 5}).status == 500
    assert limits_in_force() == Limits()
    with App(CATALOG) as other:
        assert ask(other, "POST", "/sdapi/v1/txt2img", {**SMALL, "n_iter": 5}).status == 200


def test_defaults_are_generous() -> None:
    with App(CATALOG) as app:
        fields = {"prompt": "x", "steps": 1, "width": 2048, "height": 2048}
        assert ask(app, "POST", "/sdapi/v1/txt2img", fields).status == 200
        assert out_of_memory(ask(app, "POST", "/sdapi/v1/png-info", {"image": promised(9500, 9400)}))


@pytest.mark.parametrize("value", [0, -1, True, "4", float("nan")])
def test_what_is_no_limit(value: Any) -> None:
    with pytest.raises(ValueError, match=r"limits: queue=.* must be a number above 0"):
        Limits(queue=value)


# --- bodies


def test_a_body_that_is_too_large(app: App) -> None:
    assert ask(app, "POST", "/sdapi/v1/png-info", b'{"image": "' + b"x" * 199_987 + b'"}').status == 500
    answer = ask(app, "POST", "/sdapi/v1/png-info", b'{"image": "' + b"x" * 199_988 + b'"}')
    assert answer.status == 413
    assert answer.body == {
        "error": "HTTPException",
        "detail": "the body is larger than this server takes (200000 bytes)",
        "body": "",
        "errors": "",
    }
    assert ask(app, "POST", "/faults", b"[" + b" " * 200_000 + b"]").status == 413


def test_a_body_that_is_too_large_over_a_socket(app: App) -> None:
    head = b"POST /sdapi/v1/txt2img HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    with serve(app) as server:
        said = exchange(server, head + b"Content-Length: 99999999999\r\n\r\n{")[0]
        assert said.startswith(b"HTTP/1.1 413 "), "the rest is not waited for"
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        unsaid = exchange(server, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 4)[0]
        assert unsaid.startswith(b"HTTP/1.1 413 ")
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        connection.request("POST", "/sdapi/v1/txt2img", b" " * 3_000_000)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error"]) == (413, "HTTPException")
        connection.request("GET", "/internal/ping")
        assert connection.getresponse().read() == b"{}", "the connection is as good as before"
        connection.close()


def test_credentials_come_first() -> None:
    with App(CATALOG, api_auth="a:b", limits=Limits(body=10)) as app:
        assert ask(app, *PAINT).status == 401


# --- those who wait


def test_a_queue_that_is_full(app: App) -> None:
    app.state.step_time = FOREVER
    with ThreadPoolExecutor(3) as pool:
        running = pool.submit(ask, app, *PAINT)
        until(lambda: app.state.progress.sampling_step == 1)
        waiting = [pool.submit(ask, app, "POST", "/sdapi/v1/refresh-vae") for _ in range(2)]
        until(lambda: len(app.state.turnstile) == 2)
        for path, body in (("txt2img", SMALL), ("refresh-vae", None)):
            answer = ask(app, "POST", f"/sdapi/v1/{path}", body)
            assert (answer.status, answer.body["detail"]) == (503, "2 requests are waiting already")
        assert ask(app, "GET", "/internal/pending-tasks").body["size"] == 0, "who is sent away leaves no task"
        assert ask(app, "GET", "/sdapi/v1/progress?skip_current_image=1").status == 200
        app.state.progress.stop(interrupt=True)
        assert [call.result(PATIENCE).status for call in (running, *waiting)] == [200] * 3


def test_too_many_connections() -> None:
    with serve(catalog=CATALOG, limits=Limits(connections=3)) as server:
        address = (server.host, server.port)
        with socket.create_connection(address), socket.create_connection(address):
            until(lambda: server.connections == 2)
            answer = exchange(server, b"GET /internal/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")[0]
            assert answer.startswith(b"HTTP/1.1 503 ")
        until(lambda: server.connections == 0)
        assert ask(server.app, "GET", "/internal/ping").status == 200


def test_failed_tasks_are_not_remembered_without_end() -> None:
    tasks = Tasks()
    for number in range(REMEMBERED_PENDING + 10):
        tasks.add(f"task({number})")
    assert len(tasks.pending) == REMEMBERED_PENDING
    assert tasks.pending[0] == "task(10)"


# --- what it does not do


@pytest.mark.parametrize("path", ["img2img", "png-info"])
def test_no_url_is_fetched(path: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, App(CATALOG) as app:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        answer = ask(app, "POST", f"/sdapi/v1/{path}", {**SMALL, "init_images": [url], "image": url})
        assert (answer.status, answer.body["error"]) == (500, "HTTPException")
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    "path",
    [
        "/sd_extra_networks/thumb?filename=/etc/passwd",
        "/file=/etc/passwd",
        "/file%3D/etc/passwd",
        "/../../etc/passwd",
        "/docs/../../../etc/passwd",
        "/page.html",
        "/data/page.html",
    ],
)
def test_no_file_is_served(path: str) -> None:
    with App(CATALOG) as app:
        assert ask(app, "GET", path).status == 404
