"""Fixtures for tests of programs that talk to a stable-diffusion webui: the embedded server, and clients of it.

    def test_my_bot(webui_api, webui_server):
        my_bot.draw(webui_api, "a cat")
        assert webui_server.requests[-1].json["prompt"] == "a cat"

`webui_server` listens on a free port of this machine, one for the whole run, and is reset around every test: options,
tasks, faults, record and chance. `webui_api` is a `WebUIApi` of it. `webui_app` is a server without a socket, new for
every test, to which `WebUIApi(":local:", transport=LocalTransport(webui_app))` talks. Steps take no time, unless a test
sets `webui_server.app.state.step_time`.

Override `webui_settings` in a conftest.py to have another server: `return {"catalog": "mine.json"}`.

pytest loads this module in every run, so it imports nothing before a fixture is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .client import WebUIApi
    from .server import App, Server


@pytest.fixture(scope="session")
def webui_settings() -> dict[str, Any]:
    """How the servers of the other fixtures are made, as arguments of `webuiapi.server.App`."""
    return {}


@pytest.fixture(scope="session")
def webui_server_of_the_run(webui_settings: dict[str, Any]) -> Iterator[Server]:
    """The embedded server behind a socket, as the tests before have left it; `webui_server` is what tests want."""
    from .server import App, serve

    with serve(App(**{"seed": 1, **webui_settings})) as server:
        yield server


@pytest.fixture
def webui_server(webui_server_of_the_run: Server) -> Iterator[Server]:
    """The embedded server behind a socket, as if it had just been started."""
    webui_server_of_the_run.reset()
    yield webui_server_of_the_run
    webui_server_of_the_run.reset()


@pytest.fixture
def webui_api(webui_server: Server) -> Iterator[WebUIApi]:
    """A client of `webui_server`, which does not have to ask which server it is."""
    from .client import WebUIApi
    from .server_info import known_server

    with WebUIApi(url=webui_server.url, server=known_server(webui_server.app.flavour.name)) as api:
        yield api


@pytest.fixture
def webui_app(webui_settings: dict[str, Any]) -> Iterator[App]:
    """An embedded server without a socket."""
    from .server import App

    with App(**{"seed": 1, **webui_settings}) as app:
        yield app
