"""Which server takes which job next, and what becomes of a job whose server failed: decisions only, no waiting, no IO.

Servers pull: whoever has a free place asks `take`. So a slow server gets less by itself, and nobody has to guess how
long a picture will take. Safe to use from any thread; both colours of the pool are drivers of this.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from ..errors import (
    AllServersAway,
    AuthenticationError,
    CallTimeout,
    ConnectError,
    ConnectionLost,
    GatewayError,
    NotSupported,
    ServerBusy,
    ServerError,
    UnknownName,
)
from ..extensions.base import ExtensionMissing
from ..jobs import TaskLost
from ..logs import log

_BEGINS = 3
"""How often a job may be begun in all, where it may be run again: one that kills its server must not kill them all."""
_LONGEST_REST = 60
"""A server that goes on failing is asked again after this many times the first rest, at most."""
_RECENT = 64
"""Finished jobs of a server by which its speed is told."""

Key: TypeAlias = "str | None"
"""A checkpoint as the caller names it, in lower case; None is the one that the server has set."""


class Todo(Enum):
    """What a place of a server does when there is no job for it."""

    WAIT = "for a change"
    ASK = "whether the server is back"
    LEAVE = "the pool, or the server was taken away"


class Blame(Enum):
    """What an error says about the server and the job."""

    CANNOT = "this server can't do it: others may"
    UNSENT = "the server is away, and has not seen the job"
    BEGUN = "the server is away, or failed, and may have begun the job"
    JOB = "the job itself"


@dataclass
class Entry:
    """A job in the pool."""

    job: Any
    key: Key
    priority: int
    number: int
    refused: dict[Member, Exception] = field(default_factory=dict)
    """The servers that can't do it, with their reasons."""
    begins: int = 0
    waits: bool = False
    """It is in the queue."""

    def __lt__(self, other: Entry) -> bool:
        return (-self.priority, self.number) < (-other.priority, other.number)


class Member:
    """A server of the pool, as the pool knows it."""

    def __init__(self, client: Any, places: int) -> None:
        self.client = client
        self.url: str = client.url
        self.places = places
        self.running: list[Entry] = []
        self.loaded: Key = None
        self.home: str | None = None
        """The checkpoint that the server has set, in lower case; None before it was asked."""
        self.strikes = 0
        self.rests_until: float | None = None
        """When it is asked again; None while it is not left alone."""
        self.asking = False
        self.error: Exception | None = None
        self.leaving = False
        self.done = 0
        self.failed = 0
        self.recent: deque[tuple[float, int]] = deque(maxlen=_RECENT)

    def holds(self, key: Key) -> bool:
        """Whether it has a checkpoint loaded, as far as is known."""
        if key == self.loaded:
            return True
        named = self.loaded if key is None else key if self.loaded is None else None
        return named is not None and self.home is not None and named in self.home

    @property
    def flavour(self) -> str | None:
        """Which server it is, if that was found out already."""
        which = self.client._facts.get("server")
        return None if which is None else which.flavour

    @property
    def refuses_first(self) -> bool:
        """Whether it says that it is busy before it works."""
        return self.flavour == "koboldcpp"

    @property
    def away(self) -> bool:
        """Whether it is left alone."""
        return self.rests_until is not None


class Dispatch:
    """The queue of a pool and its servers."""

    def __init__(self, *, rerun: bool, patience: float | None, rest: float, wake: Callable[[], None]) -> None:
        self.rerun = rerun
        self.patience = patience
        self.rest = rest
        self.members: list[Member] = []
        self.closing = False
        self.lock = threading.RLock()
        self._wake = wake
        """Called after every change, without regard to what it was: whoever waits looks again."""
        self._queues: dict[Key, list[Entry]] = {}
        self._numbers = itertools.count()
        self._away_since: float | None = None

    # -- the queue

    def put(self, job: Any, key: Key, priority: int) -> Entry:
        """Take a job into the queue."""
        with self.lock:
            entry = Entry(job, key, priority, next(self._numbers))
            if self._away_since is not None and not self._queues:  # patience is with what waits
                self._away_since = time.monotonic()
            self._queue(entry)
        self._wake()
        return entry

    def _queue(self, entry: Entry) -> None:
        entry.waits = True
        heapq.heappush(self._queues.setdefault(entry.key, []), entry)

    def withdraw(self, entry: Entry) -> bool:
        """Take a job back that waits. False when a server has it."""
        with self.lock:
            if not entry.waits:
                return False
            self._drop(entry)
            return True

    def _drop(self, entry: Entry) -> None:
        entry.waits = False
        queue = self._queues[entry.key]
        if queue[0] is entry:
            heapq.heappop(queue)
        else:
            queue.remove(entry)
            heapq.heapify(queue)
        if not queue:
            del self._queues[entry.key]

    @property
    def waiting(self) -> list[Entry]:
        """The jobs that no server has, in the order in which they would be taken."""
        with self.lock:
            return sorted(itertools.chain.from_iterable(self._queues.values()))

    @property
    def busy(self) -> bool:
        """Whether anything waits or runs."""
        with self.lock:
            return bool(self._queues) or any(member.running for member in self.members)

    @property
    def names_checkpoints(self) -> bool:
        """Whether a job in the queue names one, so that it is worth knowing which the servers have."""
        with self.lock:
            return any(key is not None for key in self._queues)

    # -- servers

    def join(self, member: Member) -> None:
        """A server more. Raises `ValueError` for one that is there."""
        with self.lock:
            if any(member.url == other.url and not other.leaving for other in self.members) and member.url[:1] != ":":
                raise ValueError(f"{member.url} is in the pool already")
            self.members.append(member)
            self._away_since = None
        self._wake()

    def leave(self, member: Member) -> list[tuple[Entry, Exception]]:
        """A server less: it gets no more jobs. Those that now nobody can do are given back with their errors."""
        with self.lock:
            member.leaving = True
            self._forget(member)
            self._note_away()
            hopeless = list(self._hopeless())
        self._wake()
        return hopeless

    def _forget(self, member: Member) -> None:
        if member.leaving and not member.running:
            self.members.remove(member)

    @property
    def active(self) -> list[Member]:
        """Those that have not been taken away."""
        with self.lock:
            return [member for member in self.members if not member.leaving]

    # -- who takes what

    def take(self, member: Member) -> Entry | Todo | float:
        """The next job for a place of a server; or what to do instead; or seconds after which to ask again."""
        with self.lock:
            if member.leaving or (self.closing and not self.busy):
                return Todo.LEAVE
            if member.rests_until is not None:
                return self._rests(member)
            entry = self._next_for(member)
            if entry is None:
                return Todo.WAIT
            self._drop(entry)
            member.running.append(entry)
            if not member.holds(entry.key):
                member.loaded = entry.key
            return entry

    def _rests(self, member: Member) -> Todo | float:
        left = (member.rests_until or 0) - time.monotonic()
        if left > 0:
            return left
        if member.asking or not self._queues:  # another place asks, or nobody needs it now
            return Todo.WAIT
        member.asking = True
        return Todo.ASK

    def _next_for(self, member: Member) -> Entry | None:
        """The job that a server takes next, unless one that has less to do would take it."""
        choice = self._choice(member)
        others = (o for o in self.active if not o.away and len(o.running) < len(member.running))
        return None if choice is None or any(self._choice(other) is choice for other in others) else choice

    def _choice(self, member: Member) -> Entry | None:
        """The job that suits a server best: of those with the highest priority, one for what it has loaded."""
        heads = {key: head for key, queue in self._queues.items() if (head := _first(queue, member)) is not None}
        if not heads:
            return None
        top = max(head.priority for head in heads.values())
        keys = [key for key, head in heads.items() if head.priority == top]
        held = [heads[key] for key in keys if member.holds(key)]
        if held:
            return min(held)
        if member.running:  # two checkpoints on their way at once may arrive in any order, and be loaded several times
            return None
        # One that others have loaded, and can do, is loaded here too only if more wait than they will take next.
        taken = {key: self._places_for(heads[key], besides=member) for key in keys}
        choice = [key for key in keys if not taken[key]] or [key for key in keys if len(self._queues[key]) > taken[key]]
        return heads[max(choice, key=lambda key: len(self._queues[key]))] if choice else None

    def _places_for(self, entry: Entry, besides: Member) -> int:
        """How many places there are on other servers that have its checkpoint loaded, and can do it."""
        return sum(
            other.places
            for other in self.members
            if other is not besides
            and not other.leaving
            and not other.away
            and other not in entry.refused
            and other.holds(entry.key)
        )

    # -- how it ended

    def ended(self, member: Member, entry: Entry, error: Exception | None, pictures: int = 0) -> Exception | None:
        """Take note of the end of a job on a server. The error that is to be told to whoever waits for the job.

        None when there is none, or when the job goes into the queue again (`entry.waits`).
        """
        with self.lock:
            member.running.remove(entry)
            told = self._judged(member, entry, error, pictures)
            self._forget(member)
        self._wake()
        return told

    def _judged(self, member: Member, entry: Entry, error: Exception | None, pictures: int) -> Exception | None:
        if error is None:
            member.done += 1
            member.strikes, member.error = 0, None
            member.recent.append((time.monotonic(), pictures))
            return None
        blame = blame_of(error, member.refuses_first)
        if blame is Blame.CANNOT:
            entry.refused[member] = error
            return self._back(entry)
        member.failed += 1
        if blame is Blame.JOB:
            return error
        if blame is Blame.BEGUN:
            entry.begins += 1
        if not isinstance(error, ServerError) or member.strikes:
            self._left_alone(member, error)
        else:  # one picture that failed there says little about the server
            member.strikes, member.error = 1, error
        if blame is Blame.BEGUN and not (self.rerun and entry.begins < _BEGINS):
            return error
        return self._back(entry)

    def _back(self, entry: Entry) -> Exception | None:
        """Into the queue again; the error if no server can do it."""
        error = self._why_nobody(entry)
        if error is None:
            self._queue(entry)
        return error

    def _why_nobody(self, entry: Entry) -> Exception | None:
        reasons = {member.url: entry.refused.get(member) for member in self.active}
        errors = [error for error in reasons.values() if error is not None]
        if len(errors) < len(reasons) or not errors:
            return None
        if len({str(error) for error in errors}) == 1:
            return errors[0]
        said = "; ".join(f"{url}: {error}" for url, error in reasons.items())
        nobody = NotSupported(f"no server of the pool can do it: {said}")
        nobody.__cause__ = errors[0]
        return nobody

    def _hopeless(self) -> Iterator[tuple[Entry, Exception]]:
        for entry in self.waiting:
            error = self._why_nobody(entry)
            if error is not None:
                self._drop(entry)
                yield entry, error

    # -- servers that fail

    def _left_alone(self, member: Member, error: Exception) -> None:
        if member.away and not member.asking:  # another place of it has found it out already
            return
        member.strikes += 1
        factor = min(2.0 ** (member.strikes - 1), _LONGEST_REST)
        pause = self.rest * factor * random.uniform(0.75, 1.25)  # noqa: S311 - so that pools don't come back at once
        member.rests_until = time.monotonic() + pause
        member.asking = False
        member.error = error
        log().warning("%s is left alone for %.1f s: %s", member.url, pause, error)
        self._note_away()

    def answered(self, member: Member, error: Exception | None) -> None:
        """Take note of what a server that was left alone answered: nothing wrong, or an error."""
        with self.lock:
            if error is not None:
                self._left_alone(member, error)
            else:
                member.rests_until, member.asking = None, False
                self._note_away()
        self._wake()

    def _note_away(self) -> None:
        active = self.active
        if any(not member.away for member in active):
            self._away_since = None
        elif self._away_since is None:
            self._away_since = time.monotonic()

    @property
    def out_of_patience(self) -> float | None:
        """Seconds until what waits is given up, 0 when it is time; None if it isn't to be."""
        with self.lock:
            if self.patience is None or self._away_since is None or not self._queues:
                return None
            return max(0.0, self._away_since + self.patience - time.monotonic())

    def given_up(self) -> list[tuple[Entry, Exception]]:
        """What waits when patience is at its end, with the error; empty before."""
        with self.lock:
            if self.out_of_patience != 0:
                return []
            reasons = {member.url: member.error for member in self.active}
            entries = self.waiting
            self._queues.clear()
            for entry in entries:
                entry.waits = False
        return [(entry, AllServersAway(reasons)) for entry in entries]


def _first(queue: list[Entry], member: Member) -> Entry | None:
    """The first of a queue that a server can do."""
    if member not in queue[0].refused:
        return queue[0]
    return min((entry for entry in queue if member not in entry.refused), default=None)


def blame_of(error: Exception, refuses_first: bool = False) -> Blame:
    """Whose fault an error is. `refuses_first` says that a busy server has not begun (KoboldCpp)."""
    if isinstance(error, (NotSupported, UnknownName, ExtensionMissing)):
        return Blame.CANNOT
    if isinstance(error, (ConnectError, AuthenticationError)):
        return Blame.UNSENT
    if isinstance(error, (CallTimeout, ConnectionLost)):
        return Blame.BEGUN if error.may_have_begun else Blame.UNSENT
    if isinstance(error, ServerBusy) and refuses_first:
        return Blame.UNSENT
    if isinstance(error, (GatewayError, ServerBusy, ServerError, TaskLost)):
        return Blame.BEGUN
    return Blame.JOB
