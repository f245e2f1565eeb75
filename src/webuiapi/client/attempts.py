"""One call and its attempts: redirects, what may be tried again, hooks and the log. Nothing here waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from ..errors import ConnectionLost, TransportError
from ..exchange import Session, after_redirect
from ..logs import log
from ..request import Request, Sleep
from ..retry import Retry
from ..transport.base import Incoming, Outgoing


class Attempts:
    """What both clients do between a call and its answer."""

    session: Session
    retries: Retry
    on_request: Callable[[Outgoing], None] | None
    on_response: Callable[[Outgoing, Incoming, float], None] | None
    _facts: dict[str, Any]

    def _exchanging(
        self, request: Request[Any], call: Outgoing, hurry: bool
    ) -> Generator[Outgoing | Sleep, Incoming, tuple[Outgoing, Incoming]]:
        """Send, follow redirects, and try again what is safe; the last call and its answer."""
        began, attempt = time.monotonic(), 1
        while True:
            sent = self._sending(call)
            try:
                incoming = yield call
            except TransportError as error:
                self._failed(call, error, sent)
                again = None if hurry else self._after_error(request, call, error, attempt, began)
                if again is None:
                    _keep_arrived(request, call, error)
                    if request.may_break and isinstance(error, ConnectionLost):
                        return call, Incoming(204, {}, b"")
                    raise
            else:
                self._arrived(call, incoming, sent)
                redirected = after_redirect(call, incoming)
                if redirected is not None:
                    if redirected.address.scheme != call.address.scheme:  # for which there may be another proxy
                        redirected = replace(redirected, settings=self.session.settings(redirected.address.scheme))
                    call = redirected
                    continue
                again = None if hurry else self._after_status(request, call, incoming, attempt, began)
                if again is None:
                    return call, incoming
            pause, call = again
            attempt += 1
            yield Sleep(pause)

    def _sending(self, call: Outgoing) -> float:
        if self.on_request is not None:
            self.on_request(call)
        return time.monotonic()

    def _arrived(self, call: Outgoing, incoming: Incoming, since: float) -> None:
        seconds = time.monotonic() - since
        log().debug(
            "%s %s: %d bytes out, %d after %.3f s, %d bytes in",
            call.method, call.url, sum(map(len, call.pieces)), incoming.status, seconds, incoming.size,
        )  # fmt: skip
        if self.on_response is not None:
            self.on_response(call, incoming, seconds)

    def _failed(self, call: Outgoing, error: TransportError, since: float) -> None:
        log().debug("%s %s: %s after %.3f s", call.method, call.url, type(error).__name__, time.monotonic() - since)

    def _after_error(
        self, request: Request[Any], call: Outgoing, error: TransportError, attempt: int, began: float
    ) -> tuple[float, Outgoing] | None:
        """When to make a call again that got no answer, and the call; None to give up."""
        if request.may_break or request.examines:
            return None
        return self._in_time(self.retries.after_error(call.method, error, attempt), call, began, error)

    def _after_status(
        self, request: Request[Any], call: Outgoing, incoming: Incoming, attempt: int, began: float
    ) -> tuple[float, Outgoing] | None:
        """When to make a call again that the server was too busy for, and the call; None to take the answer."""
        if request.examines:
            return None
        server = self._facts.get("server")
        refused = server is not None and server.flavour == "koboldcpp"
        pause = self.retries.after_status(call.method, incoming.status, incoming.headers, attempt, refused=refused)
        return self._in_time(pause, call, began, incoming.status)

    def _in_time(self, pause: float | None, call: Outgoing, began: float, why: object) -> tuple[float, Outgoing] | None:
        """The pause and the call, if any of its total time is left after the pause."""
        if pause is None:
            return None
        total = call.timeout.total  # for the call with all its attempts: `started` stays that of the first
        start = began if call.started is None else call.started
        if total is not None and time.monotonic() + pause >= start + total:
            return None
        log().info("%s %s again in %.2f s: %s", call.method, call.url, pause, why)
        return pause, call


def _keep_arrived(request: Request[Any], call: Outgoing, error: TransportError) -> None:
    """Pictures that had come whole when the answer broke off are not lost: the error has them as `partial`."""
    if call.reader is None:
        return
    from ..answers import read_arrived

    found = read_arrived(call.reader)
    call.reader = None
    if not found.held:
        return
    error.partial = found
    if request.to_files is not None:
        from ..disk import keep
        from ..errors import NotSaved

        try:
            keep(found, request.to_files)
        except NotSaved as unsaved:  # they are in memory now
            log().warning("%s", unsaved)
    error.args = (f"{error.args[0]}; {len(found)} of its pictures had arrived: see `partial`", *error.args[1:])
