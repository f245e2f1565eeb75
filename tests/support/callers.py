"""Both colours of the client behind one face, so that every test of a call is written once."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, Literal

from webuiapi import AsyncPool, AsyncWebUIApi, WebUIApi

Colour = Literal["plain", "awaitable"]


class Caller:
    """A client of either colour. Its endpoints are called here; what the awaitable one gives is awaited."""

    def __init__(self, colour: Colour, *args: Any, **settings: Any) -> None:
        self.colour = colour
        self.api: Any = (AsyncWebUIApi if colour == "awaitable" else WebUIApi)(*args, **settings)
        self.loop = asyncio.new_event_loop() if colour == "awaitable" else None

    @classmethod
    def around(cls, api: Any) -> Caller:
        """A caller of a client, or of a pool, that is there already."""
        caller = object.__new__(cls)
        caller.api, caller.colour = api, "awaitable" if isinstance(api, (AsyncWebUIApi, AsyncPool)) else "plain"
        caller.loop = asyncio.new_event_loop() if caller.colour == "awaitable" else None
        return caller

    def with_options(self, **options: Any) -> Caller:
        """The caller of a light copy, on the same event loop."""
        caller = object.__new__(Caller)
        caller.api, caller.colour, caller.loop = self.api.with_options(**options), self.colour, self.loop
        return caller

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.api, name)
        return lambda *args, **kwargs: self.finish(method(*args, **kwargs))

    def finish(self, value: Any) -> Any:
        """The value, awaited if it wants to be."""
        if inspect.isawaitable(value):
            assert self.loop is not None

            async def wait() -> Any:
                return await value

            return self.loop.run_until_complete(wait())
        return value

    def close(self) -> None:
        """Close the client and its event loop."""
        self.finish(self.api.close() if self.colour == "plain" else self.api.aclose())
        if self.loop is not None:
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())  # as asyncio.run does
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()


def on_loop(caller: Caller, do: Callable[[], Any]) -> Any:
    """Call something that needs the running event loop, where there is one."""

    async def call() -> Any:
        return do()

    return do() if caller.loop is None else caller.finish(call())


def submit(caller: Caller, request: Any, **how: Any) -> Any:
    """Submit on the caller's event loop, where it has one."""
    return on_loop(caller, lambda: caller.api.submit(request, **how))


def statuses(caller: Caller, job: Any, **how: Any) -> list[Any]:
    """All that a job tells from now on."""

    async def collect() -> list[Any]:
        return [status async for status in job.events(**how)]

    return list(job.events(**how)) if caller.loop is None else caller.finish(collect())
