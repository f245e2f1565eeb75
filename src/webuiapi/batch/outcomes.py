"""What became of a job, as it is to be written down: from the pool's handle to an outcome and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import AllServersAway
from ..jobs import JobCancelled
from ..pool import PoolServer
from ..results import Result
from .files import Part, damaged, parts_of
from .jobs import Job
from .records import Entry, Outcome, Picture, State

_LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Kept:
    """A job with what is to be written down of it, and its files."""

    entry: Entry
    outcome: Outcome
    parts: Sequence[Part] = ()

    def written(self, pictures: Sequence[Picture]) -> Kept:
        """The same, its files being on the disk."""
        return Kept(self.entry, replace(self.outcome, pictures=pictures))


def judged(entry: Entry, handle: Any, seconds: float) -> Kept | None:
    """What became of a job whose handle in the pool has ended. None for one that was taken back.

    Raises `AllServersAway` for one that nobody has seen.
    """
    said = None
    try:
        result = handle.result()
    except JobCancelled:
        return None
    except AllServersAway:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this job's, and kept as its reason
        result, said = getattr(error, "result", None), reason(error)  # there may be pictures beside what was odd
    parts = parts_of(result) if isinstance(result, Result) else []
    if parts:
        said = "; ".join([*([said] if said else ()), *map(str, damaged(result))]) or None
    else:
        said = said or "the answer holds no picture"
    state: State = "done" if parts else "failed"
    return Kept(entry, Outcome(entry.number, state, server=handle.server, reason=said, seconds=seconds), parts)


def failed(entry: Entry, why: str) -> Kept:
    """A job that no server has."""
    return Kept(entry, Outcome(entry.number, "failed", reason=why))


def with_drawn(entry: Entry) -> Job:
    """The job with the seeds that were drawn for it."""
    return replace(entry.job, fields={**entry.job.fields, **entry.drawn})


def reason(error: Exception) -> str:
    """Why a job failed, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:_LONGEST_REASON] if text else type(error).__name__


def why_nobody(handle: Any, servers: Sequence[PoolServer]) -> str:
    """Why nobody does a job: what the servers that answer say to it, and what is wrong with the others."""
    refused = [f"{member.url}: {reason(error)}" for member, error in handle.entry.refused.items()]
    away = [f"{server.url} does not answer: {reason(server.error)}" for server in servers if server.error is not None]
    return "; ".join([*refused, *away])[:_LONGEST_REASON]
