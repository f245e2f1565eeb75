"""What the tests of the client run on: {plain, awaitable} x {a socket, in-process}, and a server that plays scripts."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import settings

from support.callers import Caller, Colour
from support.scripted import Scripted
from webuiapi.server import App, Server, serve
from webuiapi.transport.local import AsyncLocalTransport, LocalTransport

settings.register_profile("webuiapi", deadline=None)  # a busy machine is no defect
settings.load_profile("webuiapi")

Connect = Callable[..., Caller]
Send = Callable[[Any], str]
Door = Literal["socket", "local"]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No address, credentials, proxies or webuiapi.toml from outside."""
    for name in ("XDG_CONFIG_HOME", "APPDATA", *(["HOME"] if sys.platform == "darwin" else [])):
        monkeypatch.setenv(name, str(tmp_path_factory.getbasetemp() / "no-settings"))
    for name in os.environ:
        if name.startswith("WEBUIAPI_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(params=["plain", "awaitable"])
def colour(request: pytest.FixtureRequest) -> Colour:
    """Each colour of the client in turn."""
    found: Colour = request.param
    return found


@pytest.fixture(params=["socket", "local"])
def door(request: pytest.FixtureRequest) -> Door:
    """Each way into the embedded server in turn."""
    found: Door = request.param
    return found


@pytest.fixture
def connect(colour: Colour) -> Iterator[Connect]:
    """Makes clients of the colour, closed at the end. Nothing is tried twice, nor asked who it is, by default."""
    with ExitStack() as stack:

        def make(*args: Any, **settings: Any) -> Caller:
            caller = Caller(colour, *args, **{"retries": 1, "server": "a1111", **settings})
            stack.callback(caller.close)
            return caller

        yield make


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A server that plays what it is given."""
    with Scripted() as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody trusts, with its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", f"{path}.key", "-out", path, "-days", "2", "-subj", "/CN=test",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Scripted]:
    """A server behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, f"{certificate}.key")
    with Scripted(context) as server:
        yield server


@pytest.fixture
def caller(connect: Connect, scripted: Scripted) -> Caller:
    """A client of the server that plays scripts, in each colour."""
    return connect(url=scripted.url)


@pytest.fixture
def send(caller: Caller, scripted: Scripted) -> Send:
    """What stands in a request for a picture given to img2img."""

    def send(value: Any) -> str:
        caller.img2img(value, "x", size=(16, 16))
        found: list[str] = scripted.last.json["init_images"]
        assert len(found) == 1
        return found[0]

    return send


@pytest.fixture(scope="session")
def embedded() -> Iterator[Server]:
    """The embedded server, behind a socket; one for all tests that leave it as it was."""
    with serve(App(seed=1)) as server:
        yield server


def enter(connect: Connect, door: Door, colour: Colour, server: Server, **settings: Any) -> Caller:
    """A client of the embedded server, through the given door."""
    if door == "socket":
        return connect(url=server.url, **settings)
    local = LocalTransport(server.app)
    return connect(":local:", transport=local if colour == "plain" else AsyncLocalTransport(local), **settings)


@pytest.fixture
def client(connect: Connect, door: Door, colour: Colour, embedded: Server) -> Caller:
    """A client of the embedded server: each colour through each door."""
    return enter(connect, door, colour, embedded)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Half characters, which tests of odd texts hold, can't go from one process to another: they are written out."""
    report = yield
    report.sections = [(name, _sendable(text)) for name, text in report.sections]
    if report.failed and _sendable(shown := str(report.longrepr)) != shown:
        report.longrepr = _sendable(shown)
    return report


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
