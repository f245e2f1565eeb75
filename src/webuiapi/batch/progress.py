"""How far a batch is: counted by the runner, read by whoever shows it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .records import Counts, Entry, Outcome

_WINDOW = 60.0
"""Seconds over which the pace is measured."""


class Progress:
    """The counts of a running batch. `servers` gives a snapshot of each, as `Pool.servers` does."""

    def __init__(self, counts: Counts, *, adopted: int, servers: Callable[[], Sequence[Any]]) -> None:
        self.total = counts.total
        """Jobs that were read."""
        self.adopted = adopted
        """Jobs whose pictures an earlier run had finished and not journalled."""
        self.done = counts.done
        self.failed = counts.failed
        self.pictures = 0
        """Made by this run."""
        self.servers = servers
        self.began = time.monotonic()
        self._ended: deque[float] = deque()

    @property
    def ended(self) -> int:
        """Jobs that have ended, in this run or before."""
        return self.done + self.failed

    @property
    def seconds(self) -> float:
        """Since this run began."""
        return time.monotonic() - self.began

    def note(self, outcome: Outcome) -> None:
        """Count a job that has ended."""
        self.done += outcome.state == "done"
        self.failed += outcome.state == "failed"
        self.pictures += len(outcome.pictures)
        self._ended.append(time.monotonic())

    def per_second(self) -> float:
        """Jobs that end in a second, lately."""
        now = time.monotonic()
        while self._ended and self._ended[0] < now - _WINDOW:
            self._ended.popleft()
        return len(self._ended) / min(_WINDOW, max(now - self.began, 0.001))

    def left(self) -> float | None:
        """Seconds until the last job ends, at this pace; None while there is none."""
        pace = self.per_second()
        return (self.total - self.ended) / pace if pace else None


class View(Protocol):
    """Whoever shows a batch. Called in the thread that runs it, but `note` in others too."""

    def begin(self, progress: Progress) -> None:
        """The jobs are read, and the first is about to be sent."""

    def job(self, entry: Entry, outcome: Outcome, progress: Progress) -> None:
        """A job has ended and is journalled."""

    def tick(self, progress: Progress) -> None:
        """Some time has gone by."""

    def note(self, text: str) -> None:
        """Something that the person should know."""

    def end(self, progress: Progress) -> None:
        """Nothing more is sent."""


class Unseen(View):
    """Shows nothing."""

    def begin(self, progress: Progress) -> None:
        pass

    def job(self, entry: Entry, outcome: Outcome, progress: Progress) -> None:
        pass

    def tick(self, progress: Progress) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def end(self, progress: Progress) -> None:
        pass
