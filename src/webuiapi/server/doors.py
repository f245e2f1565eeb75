"""The socket door: an `App` behind uvicorn, in a thread of this process or for as long as a command runs.

Everything that answers is in `App`, and what carries requests to it is in `uvicorn_door.py`; here is only where the
server listens, its start, and its end.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import require

require("starlette", "uvicorn")

from ..address import is_loopback  # noqa: E402 - with the others
from .app import App  # noqa: E402 - only when they are known to be there
from .http import Dropped  # noqa: E402
from .uvicorn_door import BACKLOG, KEEP_ALIVE, Uvicorn  # noqa: E402

if TYPE_CHECKING:
    from .auth import Credentials
    from .catalog import CatalogSource
    from .engine import Engine
    from .faults import FaultSource
    from .flavours import Flavour
    from .limits import Limits
    from .record import Received

__all__ = ["KEEP_ALIVE", "Server", "run", "serve"]

_START_PATIENCE = 10.0
_LAST_PORT = 65535
_WAKE = 0.5
"""Seconds between two looks at the keyboard where waiting for a lock cannot be interrupted (Windows)."""
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it can be reached, not bound


class Server:
    """A running server. A context manager; `str()` of it is its URL. Closing it closes its app."""

    def __init__(self, app: App, host: str, port: int) -> None:
        self.app = app
        self._socket = _bind(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._ended = threading.Event()
        self._uvicorn = Uvicorn(app)
        self._thread = threading.Thread(target=self._run, name=f"webuiapi-server-{self.port}", daemon=True)
        app.on_stop.append(self._on_stop)
        app.on_restart.append(self._on_restart)
        self._thread.start()
        if not self._uvicorn.up.wait(_START_PATIENCE):
            raise RuntimeError(f"the embedded server did not start on {self.url}")

    @property
    def url(self) -> str:
        """Where clients reach it."""
        host = _ANY_ADDRESS.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def requests(self) -> list[Received]:
        """The last requests that it has received, the oldest first."""
        return self.app.requests

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._uvicorn.server_state.connections)

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"<webuiapi.server.Server {self.url}>"

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def reset(self) -> None:
        """Back to how it was made: options, tasks, faults, record, chance. What is in flight is dropped."""
        self.app.reset()
        self._uvicorn.up.wait(_START_PATIENCE)

    def close(self) -> None:
        """End the running job, drop the requests that wait, and return when the server is gone."""
        self.app.close()
        self._uvicorn.leave()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def wait(self) -> None:
        """Return when the server has ended: closed by another thread, or told to stop by a request."""
        while not self._ended.wait(_WAKE):
            pass

    def _run(self) -> None:
        try:
            asyncio.run(self._uvicorn.serve(sockets=[self._socket]))
        finally:
            self._socket.close()
            self._ended.set()

    def _on_restart(self, seconds: float | None, back: Future[None]) -> None:
        self._uvicorn.go_away(self._bind_again, seconds, back)

    def _bind_again(self) -> socket.socket:
        """The same address, on which nobody listens yet, so that whoever connects is refused."""
        self._socket = _bind(self.host, self.port, listen=False)
        return self._socket

    def _on_stop(self, at_once: bool) -> None:
        def end() -> None:
            try:
                if not at_once:
                    self.app.state.turnstile.wait_until_free()
            except Dropped:
                return  # it is closing already
            self.close()

        threading.Thread(target=end, name="webuiapi-server-stop", daemon=True).start()


def serve(
    app: App | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    api_auth: Credentials = None,
    catalog: CatalogSource | None = None,
    engine: Engine | None = None,
    step_time: float = 0.0,
    seed: int | None = None,
    nowebui: bool = False,
    without: Iterable[str] = (),
    flavour: str | Flavour | None = None,
    faults: FaultSource = (),
    limits: Limits | None = None,
) -> Server:
    """Start a server in a thread of this process; port 0 takes a free one.

    Without `app` one is made from the other arguments, see `App`. A ValueError names the argument that is none, an
    OSError says so where the port is taken.
    """
    _check(host, port)
    if app is None:
        app = App(
            catalog,
            engine=engine,
            api_auth=api_auth,
            step_time=step_time,
            seed=seed,
            nowebui=nowebui,
            without=without,
            flavour=flavour,
            faults=faults,
            limits=limits,
        )
    if not app.guard.pairs and not is_loopback(host):
        warnings.warn(
            f"the embedded server on {host} can be reached by others, and asks nobody for a password: set api_auth",
            stacklevel=2,
        )
    return Server(app, host, port)


def run(app: App | None = None, *, on_start: Callable[[str, str], None] | None = None, **settings: Any) -> None:
    """Serve until Ctrl-C, or until a request ends the server. `settings` are those of `serve`.

    `on_start` is called with the URL and the sentence in which the engine says what it is.
    """
    with serve(app, **settings) as server:
        try:
            if on_start is not None:
                on_start(server.url, server.app.state.engine.notice)
            server.wait()
        except KeyboardInterrupt:
            return


def _check(host: Any, port: Any) -> None:
    """A ValueError for what is no address to listen on."""
    if not isinstance(host, str):
        raise ValueError(f"host={host!r} must be a text, a name or an address of this machine")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= _LAST_PORT:
        raise ValueError(f"port={port!r} must be a whole number from 0 to {_LAST_PORT}; 0 takes a free one")


def _bind(host: str, port: int, *, listen: bool = True) -> socket.socket:
    """A socket on that address, or an OSError that names it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    bound = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        if listen:
            bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound
