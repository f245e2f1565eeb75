"""Answers that wait because of a fault: let go, dropped, left by the client; and a server that is restarted."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contract.compare import CATALOG
from webuiapi.errors import ConnectError, ConnectionLost
from webuiapi.server.app import App
from webuiapi.server.doors import Server, serve

from ..conftest import FOREVER, PATIENCE, ask, until
from ..mishaps import GET_SAMPLERS, PAINT, PING, SMALL, Send, exchange, named, value

# --- what waits


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "hang"},
        {"kind": "hang", "at": 5},
        {"kind": "delay", "seconds": FOREVER},
        {"kind": "delay", "seconds": 0, "delay": None},
    ],
    ids=named,
)
def test_let_go(app: App, send: Send, fault: dict[str, Any]) -> None:
    app.faults.add({**fault, "path": "/internal/*"})
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(send, "GET", "/internal/pending-tasks")
        until(lambda: app.faults.waiting == 1)
        assert not call.done()
        app.faults.release()
        assert value(call.result(PATIENCE)) == {"size": 0, "tasks": []}
    assert app.faults.waiting == 0


@pytest.mark.parametrize("end", [App.reset, App.restart], ids=["reset", "restart"])
def test_what_hangs_is_dropped(app: App, send: Send, end: Callable[[App], None]) -> None:
    app.faults.add({"kind": "hang"})
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(send, *PAINT)
        until(lambda: app.faults.waiting == 1)
        end(app)
        with pytest.raises(ConnectionLost):
            call.result(PATIENCE)


@pytest.mark.parametrize("at", [None, 5])
def test_closing_drops_what_hangs(at: int | None) -> None:
    with ThreadPoolExecutor(1) as pool, serve(catalog=CATALOG, faults={"kind": "hang", "at": at}) as server:
        call = pool.submit(exchange, server, GET_SAMPLERS)
        until(lambda: server.app.faults.waiting == 1)
        server.close()
        received = call.result(PATIENCE)[0]
        assert received.partition(b"\r\n\r\n")[2] == ask_late(server.app)[: at or 0]


def ask_late(app: App) -> bytes:
    """An answer of an app that is closed already."""
    app.faults.clear()
    return ask(app, "GET", "/sdapi/v1/samplers").raw


@pytest.mark.parametrize("fault", [{"kind": "hang"}, {"kind": "hang", "at": 5}, {"kind": "drip", "bytes": 1}])
def test_a_client_that_leaves_is_not_waited_for(server: Server, fault: dict[str, Any]) -> None:
    server.app.faults.add(fault)
    with socket.create_connection((server.host, server.port), PATIENCE) as raw:
        raw.sendall(GET_SAMPLERS)
        until(lambda: server.app.faults.waiting == 1)
    until(lambda: server.app.faults.waiting == 0 and not server.connections)


def test_hanging_takes_no_worker_of_the_server(server: Server) -> None:
    server.app.faults.add({"kind": "hang", "path": "/sdapi/v1/samplers"})
    with ThreadPoolExecutor(60) as pool:
        calls = [pool.submit(exchange, server, GET_SAMPLERS) for _ in range(60)]
        until(lambda: server.app.faults.waiting == 60)
        assert exchange(server, PING)[0]
        server.reset()
        assert {call.result(PATIENCE)[0] for call in calls} == {b""}


# --- the restart


def listening(server: Server) -> bool:
    with socket.socket() as raw:
        raw.settimeout(PATIENCE)
        found = raw.connect_ex((server.host, server.port))
        if found == 0:
            raw.sendall(PING)
            assert raw.recv(100).startswith(b"HTTP/1.1 200 OK")
    assert found in (0, errno.ECONNREFUSED)
    return found == 0


def test_a_restart_in_the_middle_of_a_job(server: Server, send: Send) -> None:
    app = server.app
    ask(app, "POST", "/sdapi/v1/options", {"samples_format": "webp"})
    app.faults.add({"kind": "restart", "path": "*img", "step": 3, "seconds": None, "times": 1})
    first = app.state
    with pytest.raises(ConnectionLost) as caught:
        send("POST", "/sdapi/v1/txt2img", {**SMALL, "steps": 20, "force_task_id": "task(mine)"})
    assert caught.value.may_have_begun
    assert first.progress.sampling_step == 3
    assert app.is_away
    assert not listening(server)
    with pytest.raises(ConnectError, match="nobody listens") as refused:
        send("GET", "/internal/ping")
    assert not refused.value.may_have_begun
    app.faults.release()
    until(lambda: not app.is_away and listening(server))
    assert value(send("GET", "/sdapi/v1/progress"))["state"]["job_timestamp"] == "0"
    assert not value(send("POST", "/internal/progress", {"id_task": "task(mine)"}))["active"]
    assert value(send("GET", "/sdapi/v1/options"))["samples_format"] == "png"
    assert send(*PAINT).status == 200
    assert [(one.path, one.status, one.fault) for one in app.requests][:2] == [
        ("/sdapi/v1/options", 200, None),
        ("/sdapi/v1/txt2img", None, "restart"),
    ], "faults and the record stay"


def test_a_restart_drops_everybody(server: Server, send: Send) -> None:
    app = server.app
    app.state.step_time = FOREVER
    rule = {"kind": "restart", "path": "/sdapi/v1/progress", "step": 0, "seconds": None, "after": 1, "times": 1}
    app.faults.add(rule)
    with ThreadPoolExecutor(3) as pool:
        running = pool.submit(send, *PAINT)
        until(lambda: app.state.progress.sampling_step == 1)
        waiting = pool.submit(send, *PAINT)
        until(lambda: len(app.state.turnstile) == 1)
        assert send("GET", "/sdapi/v1/progress").status == 200
        with pytest.raises(ConnectionError):
            send("GET", "/sdapi/v1/progress")
        for call in (running, waiting):
            with pytest.raises(ConnectionLost):
                call.result(PATIENCE)
    app.faults.release()
    until(lambda: not app.is_away and listening(server))
    assert send(*PAINT).status == 200


@pytest.mark.parametrize("body", [{**SMALL, "steps": 2}, {"prompt": "x", "steps": "many"}])
def test_a_restart_after_a_job_that_is_too_short(server: Server, send: Send, body: dict[str, Any]) -> None:
    server.app.faults.add({"kind": "restart", "step": 9, "times": 1})
    with pytest.raises(ConnectionLost):
        send("POST", "/sdapi/v1/txt2img", body)
    until(lambda: not server.app.is_away and listening(server))


def test_back_after_some_time(server: Server) -> None:
    server.app.restart(0.01)
    until(lambda: not server.app.is_away and listening(server))
    assert exchange(server, PING)[0]


def test_a_reset_brings_a_server_back(server: Server) -> None:
    server.app.restart(None)
    assert not listening(server)
    server.reset()
    assert listening(server)
    assert not server.app.is_away


def test_closed_while_it_is_away() -> None:
    with serve(catalog=CATALOG) as server:
        server.app.restart(None)
    assert not listening(server)
    server.app.restart(None)
    assert {thread.name for thread in threading.enumerate()} & {f"webuiapi-server-{server.port}"} == set()
