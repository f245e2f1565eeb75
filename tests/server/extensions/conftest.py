"""A server with everything installed, for each test anew; and a door for the long tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .shop import Desk, Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with shop.app:
        yield shop


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


@pytest.fixture
def soaking(request: pytest.FixtureRequest) -> None:
    """The long forms run only where they are asked for."""
    if "soak" not in (request.config.option.markexpr or ""):
        pytest.skip("run by `make soak`")
