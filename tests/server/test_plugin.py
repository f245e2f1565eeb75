"""The pytest plugin, as it is used: in runs of their own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from webuiapi.server.app import App

from .conftest import ask
from .mishaps import PAINT

pytest_plugins = ["pytester"]

TESTS = """
import pytest
import webuiapi
from webuiapi.transport.local import LocalTransport

SMALL = {"steps": 2, "width": 64, "height": 64}


def test_what_was_received(webui_api, webui_server):
    result = webui_api.txt2img("a cat", **SMALL)
    assert result.image.size == (64, 64)
    assert webui_api.get_options()["samples_format"] == "png"
    assert [received.path for received in webui_server.requests] == ["/sdapi/v1/txt2img", "/sdapi/v1/options"]
    assert webui_server.requests[0].json["prompt"] == "a cat"


def test_another_leaves_nothing_for_the_next(webui_api, webui_server):
    assert webui_server.requests == []
    webui_api.set_options({"samples_format": "webp"})
    webui_server.app.state.step_time = 0.5
    webui_server.app.faults.add({"kind": "memory", "path": "*img"})
    with pytest.raises(webuiapi.OutOfMemory):
        webui_api.txt2img("a cat", **SMALL)


def test_the_next(webui_api, webui_server):
    assert webui_server.requests == []
    assert webui_api.get_options()["samples_format"] == "png"
    assert webui_server.app.state.step_time == 0
    assert webui_api.txt2img("a cat", **SMALL).info["seed"] == SEED


def test_the_same_chance(webui_api):
    assert webui_api.txt2img("a cat", **SMALL).info["seed"] == SEED


def test_without_a_socket(webui_app, webui_settings):
    api = webuiapi.WebUIApi(":local:", transport=LocalTransport(webui_app))
    assert api.txt2img("a cat", **SMALL).info["seed"] == SEED
    assert webui_app.requests[-1].json["prompt"] == "a cat"
    assert webui_settings == SETTINGS


def test_one_server_for_all(webui_server, webui_server_of_the_run):
    assert webui_server is webui_server_of_the_run
"""


def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tests: str, *args: str) -> pytest.RunResult:
    """A run that knows no plugin but ours, however this package is installed; every warning is an error."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(tests)
    return pytester.runpytest_subprocess("-p", "webuiapi.pytest_plugin", "-p", "no:cacheprovider", "-W", "error", *args)


def seed_of_the_fixtures() -> int:
    """The first seed that a server with their chance draws."""
    with App(seed=1) as app:
        seed: int = json.loads(ask(app, *PAINT).body["info"])["seed"]
        return seed


def test_the_fixtures(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    head = f"SEED = {seed_of_the_fixtures()}\nSETTINGS = {{}}\n"
    run(pytester, monkeypatch, head + TESTS).assert_outcomes(passed=6)


def test_another_server(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makeconftest(
        "import pytest\n"
        "@pytest.fixture(scope='session')\n"
        "def webui_settings():\n"
        "    return {'seed': 5, 'catalog': {'samplers': []}}\n"
    )
    tests = (
        "def test_it(webui_api, webui_app):\n"
        "    assert webui_api.get_samplers() == []\n"
        "    assert webui_app.catalog.samplers == []\n"
    )
    run(pytester, monkeypatch, tests).assert_outcomes(passed=1)


def test_a_run_without_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """It imports nothing that costs anything, and offers its fixtures by name."""
    tests = (
        "import sys\n"
        "def test_it():\n"
        "    heavy = {'numpy', 'PIL', 'urllib3', 'orjson', 'starlette', 'uvicorn', 'aiohttp', 'asyncio'}\n"
        "    assert not heavy & set(sys.modules)\n"
        "    assert [name for name in sys.modules if name.startswith('webuiapi.')] == NAMES\n"
    )
    names = ["webuiapi.version", "webuiapi.pytest_plugin"]
    run(pytester, monkeypatch, f"NAMES = {names}\n{tests}").assert_outcomes(passed=1)
    listed = run(pytester, monkeypatch, tests, "--fixtures").stdout.str()
    for name in ("webui_server", "webui_api", "webui_app", "webui_settings"):
        assert f"\n{name} " in listed


def test_it_is_light_by_itself() -> None:
    code = "import sys, webuiapi.pytest_plugin; print(*sorted(n for n in sys.modules if n.startswith('webuiapi')))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["webuiapi", "webuiapi.pytest_plugin", "webuiapi.version"]
