"""Every recorded exchange with ControlNet, held against a server that has what the recorded one had."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from contract.compare import HERE, Recording, differences, parsed, recordings
from webuiapi.server.app import App
from webuiapi.server.http import Request


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with App(HERE / "catalog-controlnet.json", seed=1) as app:
        yield app


@pytest.mark.parametrize("recording", recordings("controlnet"), ids=lambda item: item.name)
def test_recorded(app: App, recording: Recording) -> None:
    path, _, query = recording.request["path"].partition("?")
    response = app.handle(Request(recording.request["method"], path, query, recording.headers, recording.body))
    raw = gzip.decompress(response.body) if "content-encoding" in response.headers else response.body
    assert differences(recording, response.status, response.headers, parsed(raw)) == []


def test_all_are_there() -> None:
    assert len(recordings("controlnet")) == 30
