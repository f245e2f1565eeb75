"""The socket door: the app through a real connection, its start, and its end."""

from __future__ import annotations

import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract.compare import CATALOG
from webuiapi.server.app import App
from webuiapi.server.doors import KEEP_ALIVE, Server, run, serve
from webuiapi.server.engine import Pass, Step

from .conftest import FOREVER, PATIENCE, until


class Blank:
    """An engine for tests that paint nothing."""

    notice = "It paints nothing."

    def paint(self, work: Pass, step: Step) -> list[Any]:
        raise NotImplementedError

    def upscale(self, image: Any, width: int, height: int, upscaler: str) -> Any:
        raise NotImplementedError


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(catalog=CATALOG) as server:
        yield server


@pytest.fixture
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
    yield connection
    connection.close()


def fetch(connection: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    raw = body if body is None or isinstance(body, bytes) else json.dumps(body)
    connection.request(method, path, raw)
    answer = connection.getresponse()
    return answer.status, answer.read()


def call(server: Server, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
    try:
        return fetch(connection, method, path, body)
    finally:
        connection.close()


def test_where_it_is(server: Server) -> None:
    assert str(server) == server.url == f"http://127.0.0.1:{server.port}"
    assert repr(server) == f"<webuiapi.server.Server {server.url}>"


def test_connections_are_kept(connection: http.client.HTTPConnection) -> None:
    assert fetch(connection, "GET", "/internal/ping") == (200, b"{}")
    first = connection.sock
    assert fetch(connection, "GET", "/internal/ping") == (200, b"{}")
    assert connection.sock is first
    assert KEEP_ALIVE == 5


def test_whole_bodies(connection: http.client.HTTPConnection) -> None:
    status, answer = fetch(connection, "POST", "/sdapi/v1/txt2img", {"prompt": "x" * 3_000_000, "steps": "y"})
    assert (status, json.loads(answer)["detail"][0]["loc"]) == (422, ["body", "steps"])


def test_bodies_in_chunks(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/sdapi/v1/options", iter([b'{"send_', b'seed": false}']), encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"null")


def test_paths_are_decoded_once(connection: http.client.HTTPConnection) -> None:
    assert fetch(connection, "GET", "/sdapi/v1/script%2Dinfo")[0] == 200
    assert fetch(connection, "GET", "/sdapi/v1/script%252Dinfo")[0] == 404


def test_head_has_no_body(connection: http.client.HTTPConnection) -> None:
    assert fetch(connection, "HEAD", "/sdapi/v1/samplers") == (405, b"")


def test_many_at_once(server: Server) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: call(server, "GET", "/sdapi/v1/samplers")[0], range(64)))
    assert answers == [200] * 64


def test_what_is_no_http_is_refused_quietly(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), socket.create_connection((server.host, server.port)) as raw:
        raw.sendall(b"\x16\x03\x01 what\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert [record.name for record in caplog.records] == ["webuiapi.server.door"]


def test_a_taken_port_is_named(server: Server) -> None:
    with pytest.raises(OSError, match=rf"cannot listen on 127\.0\.0\.1:{server.port}: "):
        serve(port=server.port, engine=Blank())


def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(OSError, match=r"cannot listen on 256\.1\.1\.1:0"):
        serve(host="256.1.1.1", api_auth="a:b", engine=Blank())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"port": "x"}, "port='x' must be a whole number from 0 to 65535; 0 takes a free one"),
        ({"port": 65536}, "port=65536 must be"),
        ({"port": -1}, "port=-1 must be"),
        ({"port": True}, "port=True must be"),
        ({"port": None}, "port=None must be"),
        ({"host": 5}, "host=5 must be a text, a name or an address of this machine"),
        ({"step_time": -1}, "step_time=-1 must be seconds, a number from 0 on"),
        ({"step_time": "1"}, "step_time='1' must be"),
        ({"step_time": float("nan")}, "step_time=nan must be"),
        ({"step_time": float("inf")}, "step_time=inf must be"),
        ({"seed": "x"}, "seed='x' must be a whole number, or None for chance"),
        ({"limits": {"queue": 3}}, r"limits={'queue': 3} must be Limits\(...\)"),
        ({"catalog": 5}, "catalog=5 must be a Catalog, a mapping, or the path of a file"),
        ({"api_auth": 5}, "api_auth must be user:password, comma-separated if there are several, or pairs of the two"),
    ],
    ids=str,
)
def test_arguments_that_are_none(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}"):
        serve(engine=Blank(), **given)


def test_open_to_others_without_a_password() -> None:
    with pytest.warns(UserWarning, match="asks nobody for a password"):
        server = serve(host="0.0.0.0", engine=Blank())
    with server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert call(server, "GET", "/internal/ping")[0] == 200
    with serve(host="0.0.0.0", api_auth="a:b", engine=Blank()) as server:
        assert call(server, "GET", "/sdapi/v1/samplers")[0] == 401


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_ipv6() -> None:
    try:
        server = serve(host="::1", engine=Blank())
    except OSError as error:
        pytest.skip(str(error))
    with server:
        assert server.url == f"http://[::1]:{server.port}"
        assert call(server, "GET", "/internal/ping")[0] == 200


def test_an_app_of_ones_own_is_closed_with_its_server() -> None:
    app = App(CATALOG, engine=Blank())
    with serve(app) as server:
        assert server.app is app
    assert call_fails(server)
    server.close()


def call_fails(server: Server) -> bool:
    try:
        call(server, "GET", "/internal/ping")
    except (OSError, http.client.HTTPException):
        return True
    return False


def test_closing_drops_those_who_wait() -> None:
    with ThreadPoolExecutor(8) as pool, serve(catalog=CATALOG, engine=Blank()) as server:
        with server.app.state.queued():
            waiting = [pool.submit(call, server, "POST", "/sdapi/v1/refresh-vae") for _ in range(6)]
            until(lambda: len(server.app.state.turnstile) == 6)
            server.close()
        for future in waiting:
            with pytest.raises((OSError, http.client.HTTPException)):
                future.result(PATIENCE)


def test_closing_ends_the_running_job_with_what_it_has() -> None:
    with ThreadPoolExecutor(1) as pool, serve(catalog=CATALOG, step_time=FOREVER) as server:
        job = pool.submit(call, server, "POST", "/sdapi/v1/txt2img", {"width": 64, "height": 64, "n_iter": 3})
        until(lambda: server.app.state.progress.sampling_step == 1)
        server.close()
        status, answer = job.result(PATIENCE)
        assert (status, len(json.loads(answer)["images"])) == (200, 1)


def test_forty_requests_wait_and_the_next_waits_for_a_thread() -> None:
    with ThreadPoolExecutor(41) as pool, serve(catalog=CATALOG, engine=Blank()) as server:
        with server.app.state.queued():
            waiting = [pool.submit(call, server, "POST", "/sdapi/v1/refresh-vae") for _ in range(41)]
            until(lambda: server.connections == 41 and len(server.app.state.turnstile) == 40)
        assert [future.result(PATIENCE) for future in waiting] == [(200, b"null")] * 41


def test_a_client_that_leaves_does_not_stop_its_job() -> None:
    with serve(catalog=CATALOG, step_time=FOREVER) as server:
        progress = server.app.state.progress
        connection = http.client.HTTPConnection(server.host, server.port)
        connection.request("POST", "/sdapi/v1/txt2img", b'{"width": 64, "height": 64}')
        until(lambda: progress.sampling_step == 1)
        connection.close()
        until(lambda: not server.connections)
        assert json.loads(call(server, "GET", "/sdapi/v1/progress?skip_current_image=1")[1])["state"]["job_count"] == 1


def test_a_request_that_never_came_whole_is_none(server: Server) -> None:
    before = [request.number for request in server.requests]
    with socket.create_connection((server.host, server.port)) as raw:
        raw.sendall(b"POST /sdapi/v1/interrupt HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{}")
        until(lambda: server.connections == 1)
    until(lambda: not server.connections)
    assert call(server, "GET", "/internal/ping") == (200, b"{}")
    assert [request.path for request in server.requests if request.number not in before] == ["/internal/ping"]


def test_server_kill_drops_the_connection_and_ends_the_server() -> None:
    with serve(catalog=CATALOG, engine=Blank()) as server:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            call(server, "POST", "/sdapi/v1/server-kill")
        server.wait()
        assert call_fails(server)


def test_server_stop_ends_the_server_after_the_running_job() -> None:
    with serve(catalog=CATALOG, engine=Blank()) as server:
        state = server.app.state
        with state.queued():
            assert call(server, "POST", "/sdapi/v1/server-stop") == (200, b"Stopping.")
            until(lambda: len(state.turnstile) == 1)
            assert call(server, "GET", "/internal/ping")[0] == 200
        server.wait()
        assert call_fails(server)


def test_run_until_a_request_ends_it() -> None:
    started: list[tuple[str, str]] = []

    def on_start(url: str, notice: str) -> None:
        started.append((url, notice))
        host, port = url.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port))
        fetch(connection, "POST", "/sdapi/v1/server-stop")
        connection.close()

    run(App(CATALOG, engine=Blank()), on_start=on_start)
    assert [notice for _, notice in started] == ["It paints nothing."]


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_ctrl_c_ends_it_quietly() -> None:
    code = "from webuiapi.server import run\nrun(on_start=lambda url, notice: print(url, flush=True))\nprint('bye')\n"
    with subprocess.Popen(
        [sys.executable, "-X", "dev", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "bye\n", "")


def test_no_thread_is_left_behind() -> None:
    before = set(threading.enumerate())
    with serve(catalog=CATALOG, engine=Blank()) as server:
        call(server, "GET", "/internal/ping")
    assert {thread for thread in threading.enumerate() if thread.name.startswith("webuiapi")} <= before
