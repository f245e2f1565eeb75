"""How many generations of one client are under way at a time; the rest wait here, in order of priority.

The A1111 family works on one job at a time and holds a thread for each that waits: two in flight keep it busy, and what
waits here can still be put before others, or be taken back without the server ever seeing it.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable

from .logs import log


class Ticket:
    """A place in the queue, or at work."""

    def __init__(self, start: Callable[[], None]) -> None:
        self.start = start
        """Called once, when its turn has come; must return at once."""
        self.started = False
        self.withdrawn = False


class Gate:
    """At most `limit` at work; None is no limit. Safe to share between threads and event loops."""

    def __init__(self, limit: int | None) -> None:
        if limit is not None and (type(limit) is not int or limit < 1):
            raise ValueError(f"max_in_flight={limit!r} must be a whole number from 1, or None for no limit")
        self.limit = limit
        self._lock = threading.Lock()
        self._at_work = 0
        self._waiting: list[tuple[int, int, Ticket]] = []
        self._count = itertools.count()

    def ask(self, start: Callable[[], None], priority: int = 0) -> Ticket:
        """Take a place: `start` is called at once when one is free, else when its turn has come."""
        if type(priority) is not int:
            raise TypeError(f"priority={priority!r} must be a whole number: the higher goes first")
        ticket = Ticket(start)
        with self._lock:
            heapq.heappush(self._waiting, (-priority, next(self._count), ticket))
        self._let_in()
        return ticket

    def withdraw(self, ticket: Ticket) -> bool:
        """Take a ticket back that still waits. False when its turn has come already."""
        with self._lock:
            if ticket.started:
                return False
            ticket.withdrawn = True
            return True

    def leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self._at_work -= 1
        self._let_in()

    def position(self, ticket: Ticket) -> int | None:
        """How many are before it, and itself; None when it does not wait."""
        with self._lock:
            waiting = sorted(entry for entry in self._waiting if not entry[2].withdrawn)
        return next((place for place, entry in enumerate(waiting, 1) if entry[2] is ticket), None)

    @property
    def at_work(self) -> int:
        """How many are under way."""
        return self._at_work

    def _let_in(self) -> None:
        while True:
            with self._lock:
                while self._waiting and self._waiting[0][2].withdrawn:
                    heapq.heappop(self._waiting)
                if not self._waiting or (self.limit is not None and self._at_work >= self.limit):
                    return
                ticket = heapq.heappop(self._waiting)[2]
                ticket.started = True
                self._at_work += 1
            try:
                ticket.start()
            except Exception as error:  # noqa: BLE001 - the trouble of whoever waits must not become another's
                log().warning("a generation whose turn had come could not begin: %s", error)
                with self._lock:
                    self._at_work -= 1
