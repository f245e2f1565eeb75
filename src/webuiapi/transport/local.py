"""The embedded server in this process, behind the same seam as the network: no socket, the whole client."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..errors import ConnectError, ConnectionLost
from .base import Incoming, Outgoing, begun, decompress, not_connected_text, timed_out

if TYPE_CHECKING:
    from ..server.app import App


class LocalTransport:
    """Both colours at once. Each call with a limit runs in a thread of its own, as on a server."""

    def __init__(self, app: App | None = None) -> None:
        self._app = app
        self._owned = app is None
        self._lock = threading.Lock()

    @property
    def app(self) -> App:
        """The embedded server; made when first needed."""
        with self._lock:
            if self._app is None:
                from ..server import App

                self._app = App()
            return self._app

    def send(self, call: Outgoing) -> Incoming:
        """Do the call in this thread, or beside it when the time is limited."""
        total = call.timeout.total
        if total is None:
            return decompress(_ask(self.app, call), call)
        try:
            return decompress(_beside(self.app, call).result(call.deadline().left()), call)
        except (FutureTimeout, TimeoutError) as error:
            raise timed_out(call, True, sent=True) from error

    async def asend(self, call: Outgoing) -> Incoming:
        """Do the call in another thread."""
        future = asyncio.wrap_future(_beside(self.app, call))
        try:  # not `wait_for`, which swallows a cancellation that comes together with the answer (before Python 3.12)
            await asyncio.wait({future}, timeout=call.deadline().left())
            if not future.done():
                raise TimeoutError("the total time is up")
            return decompress(future.result(), call)
        except TimeoutError as error:
            raise timed_out(call, True, sent=True) from error
        finally:
            future.cancel()

    def close(self) -> None:
        """Forget the server, if it is ours."""
        with self._lock:
            app, self._app = self._app, None if self._owned else self._app
        if app is not None and self._owned:
            app.close()


class AsyncLocalTransport:
    """The awaitable face of a `LocalTransport`."""

    def __init__(self, local: LocalTransport | None = None) -> None:
        self.local = local or LocalTransport()
        self._owned = local is None

    async def send(self, call: Outgoing) -> Incoming:
        """Do the call in another thread."""
        return await self.local.asend(call)

    async def aclose(self) -> None:
        """Forget the server, if it is ours."""
        if self._owned:
            self.local.close()


def _ask(app: App, call: Outgoing) -> Incoming:
    from ..server.faults import hand_over
    from ..server.http import Away, Dropped, Request

    path, _, query = call.target.partition("?")
    headers = {name.lower(): value for name, value in call.headers.items()}
    try:
        answer = app.handle(Request(call.method, unquote(path), query, headers, b"".join(call.pieces)))
        body = hand_over(answer, app.faults)
    except Away as error:
        nobody = not_connected_text(call, ConnectionRefusedError())
        raise ConnectError(nobody, method=call.method, url=call.url) from error
    except Dropped as error:
        what = (
            "the answer broke off before its end"
            if error.within
            else "the server closed the connection without an answer"
        )
        text = f"{call.method} {call.url}: {what}{begun(call, sent=True)}"
        raise ConnectionLost(text, method=call.method, url=call.url, may_have_begun=True) from error
    return Incoming(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body)


def _beside(app: App, call: Outgoing) -> Future[Incoming]:
    future: Future[Incoming] = Future()

    def work() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(_ask(app, call))
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            future.set_exception(error)

    threading.Thread(target=work, name="webuiapi-local", daemon=True).start()
    return future
