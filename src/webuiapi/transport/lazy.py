"""Transports that load their HTTP library at the first call: urllib3 takes a tenth of a second, aiohttp a third."""

from __future__ import annotations

import threading
from importlib.util import find_spec

from ..errors import MissingExtra
from .base import AsyncTransport, Incoming, Outgoing, Transport


def plain_transport() -> Transport:
    """The transport over urllib3."""
    return _Plain()


def awaitable_transport() -> AsyncTransport:
    """The transport over aiohttp. Raises `MissingExtra` where that is not installed."""
    if find_spec("aiohttp") is None:
        raise MissingExtra.of("AsyncWebUIApi", "aiohttp")
    return _Awaitable()


class _Plain:
    _inner: Transport | None = None

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def send(self, call: Outgoing) -> Incoming:
        if self._inner is None:
            from .plain import PlainTransport

            with self._lock:  # two first calls at once must not make two pools
                if self._inner is None:
                    self._inner = PlainTransport()
        return self._inner.send(call)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()


class _Awaitable:
    _inner: AsyncTransport | None = None

    async def send(self, call: Outgoing) -> Incoming:
        if self._inner is None:
            from .awaitable import AwaitableTransport

            self._inner = AwaitableTransport()
        return await self._inner.send(call)

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._inner.aclose()
