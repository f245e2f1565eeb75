"""One server for all tests of a file, as new for each, and a call through each of its doors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract.compare import CATALOG
from webuiapi.server.app import App
from webuiapi.server.doors import Server, serve

from ..mishaps import Send, through


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    with serve(catalog=CATALOG, seed=1) as server:
        yield server


@pytest.fixture
def server(shared: Server) -> Iterator[Server]:
    shared.reset()
    yield shared
    shared.reset()


@pytest.fixture
def app(server: Server) -> App:
    return server.app


@pytest.fixture(params=["socket", "local"])
def send(request: pytest.FixtureRequest, server: Server) -> Iterator[Send]:
    """A call through each door."""
    with through(request.param, server) as send:
        yield send
