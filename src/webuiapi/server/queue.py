"""Who is next: one job at a time, first come first served, and the list of tasks that the user interface asks about."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .errors import HTTPError
from .http import Dropped
from .limits import limits_in_force

if TYPE_CHECKING:
    from .flavours.table import Line

REMEMBERED = 16
"""Finished tasks that the server still knows."""
REMEMBERED_PENDING = 4096
"""Waiting tasks that it knows at most. Those that failed before their start wait for ever, so the oldest have to go."""


class Turnstile:
    """A lock that is handed over in the order of asking."""

    def __init__(self, line: Line | None = None) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False
        self._closed = False

    def __enter__(self) -> None:
        """Wait for the turn. `Dropped` is raised when the server closes meanwhile, `HTTPError` if too many wait."""
        self._wait()

    def __exit__(self, *_: object) -> None:
        self._next()

    @contextmanager
    def turn(self, accepted: Callable[[], None]) -> Iterator[None]:
        """Like the turnstile itself, and `accepted` is called as soon as it is clear that nobody is sent away."""
        self._wait(accepted)
        try:
            yield
        finally:
            self._next()

    def __len__(self) -> int:
        """How many wait."""
        with self._lock:
            return len(self._waiting)

    def close(self) -> None:
        """Send everybody away who waits, and who comes later."""
        with self._lock:
            self._closed = True
            while self._waiting:
                self._waiting.popleft().release()

    def wait_until_free(self) -> None:
        """Return when whoever holds it now, and all who wait now, are through."""
        self._wait(everybody=True)  # who ends the server is not to be sent away because many wait
        self._next()

    def _wait(self, accepted: Callable[[], None] | None = None, *, everybody: bool = False) -> None:
        with self._lock:
            if self._closed:
                raise Dropped("the server is closing")
            if self._held and not everybody:
                self._check(len(self._waiting))
            if accepted is not None:
                accepted()
            if not self._held:
                self._held = True
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        try:
            ticket.acquire()
        except BaseException:
            self._leave(ticket)
            raise
        if self._closed:
            raise Dropped("the server is closing")

    def _check(self, waiting: int) -> None:
        """Send away who would have to wait behind too many. With the lock held, so that none slips in beside it."""
        limits_in_force().check_queue(waiting)
        if self._line is not None and waiting >= self._line.most:
            raise HTTPError(503, self._line.detail)

    def _next(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False

    def _leave(self, ticket: threading.Lock) -> None:
        """Ctrl-C while waiting: give up the place, or hand on the turn that came in the same moment."""
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                return
        self._next()


class Tasks:
    """The tasks that wait, the one that runs, and the last that finished."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, None] = {}
        self._finished: deque[str] = deque(maxlen=REMEMBERED)
        self.current: str | None = None

    def add(self, task: str) -> None:
        """A request has come in."""
        with self._lock:
            self._pending[task] = None
            while len(self._pending) > REMEMBERED_PENDING:
                del self._pending[next(iter(self._pending))]

    def start(self, task: str) -> None:
        """Its turn has come. A failed task before it is forgotten only now."""
        with self._lock:
            self._pending.pop(task, None)
            self.current = task

    def finish(self, task: str) -> None:
        """It is done, and well: one that fails never gets here, and so keeps the state it was in."""
        with self._lock:
            self._pending.pop(task, None)
            self._finished.append(task)
            if self.current == task:
                self.current = None

    @property
    def pending(self) -> list[str]:
        """Those that wait, in order, and those that failed before they started."""
        with self._lock:
            return list(self._pending)

    def is_finished(self, task: str | None) -> bool:
        """Whether it is among the last that finished."""
        with self._lock:
            return task in self._finished
