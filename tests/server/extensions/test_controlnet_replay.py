"""Every recorded exchange with ControlNet, held against a server that has what the recorded one had."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract.compare import HERE, Recording, recordings
from webuiapi.server.app import App

from ..conftest import hold


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with App(HERE / "catalog-controlnet.json", seed=1) as app:
        yield app


@pytest.mark.parametrize("recording", recordings("controlnet"), ids=lambda item: item.name)
def test_recorded(app: App, recording: Recording) -> None:
    hold(app, recording)


def test_all_are_there() -> None:
    assert len(recordings("controlnet")) == 30
