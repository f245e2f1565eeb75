"""Pools of either colour, and servers for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from support.callers import Caller, Colour, on_loop
from webuiapi import AsyncPool, Pool
from webuiapi.server import App, Server, serve

MakePool = Callable[..., Caller]
Start = Callable[..., Server]
SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 1}


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts embedded servers behind sockets: `start(step_time=0.01)`."""
    with ExitStack() as stack:

        def start(port: int = 0, **how: Any) -> Server:
            return stack.enter_context(serve(App(seed=1, **how), port=port))

        yield start


@pytest.fixture
def pool(colour: Colour) -> Iterator[MakePool]:
    """Makes pools, which are closed at the end."""
    made: list[Caller] = []

    def make(servers: Any, **settings: Any) -> Caller:
        kind: Any = AsyncPool if colour == "awaitable" else Pool
        addresses = [getattr(server, "url", server) for server in servers]
        made.append(Caller.around(kind(addresses, **{"rest": 0.01, **settings})))
        return made[-1]

    yield make
    for caller in made:
        caller.close()


def mapped(caller: Caller, requests: Any, **how: Any) -> list[Any]:
    """All that `map` yields."""

    async def collect() -> list[Any]:
        return [result async for result in caller.api.map(requests, **how)]

    return caller.finish(collect()) if caller.loop is not None else list(caller.api.map(requests, **how))


def submitted(caller: Caller, *requests: Any, **how: Any) -> list[Any]:
    """The jobs of requests, put into the queue at once."""
    jobs: list[Any] = on_loop(caller, lambda: [caller.api.submit(request, **how) for request in requests])
    return jobs


def painted(server: Server, field: str) -> list[Any]:
    """A field of each txt2img that a server has received, in order."""
    return [asked.json.get(field) for asked in server.requests if asked.path == "/sdapi/v1/txt2img"]
