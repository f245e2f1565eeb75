"""What the journal keeps, as values."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .jobs import Job

State = Literal["waiting", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A job as the journal knows it."""

    number: int
    job: Job
    """As it was written."""
    drawn: Mapping[str, int]
    """Seeds that were drawn for it, by field, so that it makes the same pictures whenever it runs."""
    stem: str
    """What the names of its files begin with; no other job has it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that a job made."""

    file: str
    """Below the output folder, with slashes."""
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    infotext: str | None = None
    """The generation parameters as the server wrote them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job."""

    number: int
    state: State
    server: str | None = None
    reason: str | None = None
    """Why it failed; of one that is done, what was odd about it."""
    seconds: float | None = None
    """From when it was given to a server until its answer was there."""
    pictures: Sequence[Picture] = ()
    ended: float = field(default_factory=time.time)
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The jobs of the last reading, by state, and the pictures of them all."""

    waiting: int
    done: int
    failed: int
    pictures: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.done + self.failed


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed."""

    id: str
    name: str | None
    source: str
    line: int
    server: str | None
    reason: str
