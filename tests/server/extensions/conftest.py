"""A server with everything installed, for each test anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .shop import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with shop.app:
        yield shop
