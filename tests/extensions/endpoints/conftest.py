"""A bench for each test anew, and a client of it in each colour."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.callers import Caller, Colour

from ..bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def client(bench: Bench, colour: Colour) -> Iterator[Caller]:
    caller = bench.caller(colour)
    yield caller
    caller.close()
