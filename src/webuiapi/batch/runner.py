"""Running a batch: jobs from the journal to the servers, pictures from the servers to the disk, then the journal.

One thread does all of it but the waiting: the pool talks to the servers, a few threads wait for the disk. A job is
journalled when its pictures are synced, a group at a time: what comes between the two is found by `Files.adopt`.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AllServersAway, WebUIApiError
from ..jobs import JobCancelled
from ..logs import log
from ..results import Result
from .errors import BatchError
from .files import Files, Part, damaged, parts_of
from .gallery import Gallery
from .jobs import Bad, Job
from .journal import Journal
from .progress import Progress, Unseen, View
from .read import read_jobs
from .records import Entry, Failure, Outcome, Picture, State
from .stopping import first_ctrl_c
from .tables import write_tables

if TYPE_CHECKING:
    from ..pool import Pool

_GROUP = 64
"""Jobs that are written and journalled together at most."""
_TICK = 0.25
"""Seconds after which whoever shows the batch is told that time goes by."""
_LONGEST_REASON = 2000


@dataclass(frozen=True)
class Summary:
    """What a run left."""

    total: int
    """Jobs that were read."""
    done: int
    failed: int
    waiting: int
    """Those that have not run: the run was stopped."""
    pictures: int
    """In the output folder, of all runs."""
    adopted: int
    """Jobs whose pictures an earlier run had finished and not journalled."""
    seconds: float
    failures: Sequence[Failure]
    """The failed jobs with their reasons, the first hundred."""

    @property
    def ok(self) -> bool:
        """Every job is done."""
        return self.done == self.total


def run(
    jobs: str | os.PathLike[str] | Iterable[Job | Bad],
    *,
    out: str | os.PathLike[str],
    servers: Sequence[Any],
    retry_failed: bool = False,
    in_flight: int = 2,
    patience: float | None = 60.0,
    gallery: bool = True,
    view: View | None = None,
    **client: Any,
) -> Summary:
    """Run jobs on some servers, and leave their pictures with a journal and a gallery in the folder `out`.

    jobs: the path of a file or folder, what `read_jobs` gives for one, or any `Job`s. All are looked at before the
    first is sent.
    out: the folder, made if need be. One that holds an earlier run is continued: what is done there is not done again.
    servers: addresses, dicts of a client's arguments, or clients, as `Pool` takes them.
    retry_failed: run those again that failed before.
    in_flight: jobs at a server at a time, from 1.
    patience: seconds to wait while no server answers, None for ever. What has not run then waits for the next run.
    gallery: keep `index.html` with thumbnails up to date; its thumbnails take their share of the processor.
    view: who is told how it goes; nobody by default.
    client: further arguments of the clients, as of `WebUIApi`: `username`, `timeout`, ...

    A job that may have begun on a server that failed is run again: its seed is kept, so that it makes the same picture.
    Ctrl-C lets the servers finish what they have begun, a second one leaves at once. A job that fails does not end the
    run, see `Summary.failures`.

    Raises `BadJobs` when a job can't be sent, `FolderInUse` when another run has the folder, `BatchError` when the
    folder or the disk can't be written, `AllServersAway` when no server answers any more.
    """
    from ..pool import Pool

    view = view or Unseen()
    with ExitStack() as stack:
        pool = stack.enter_context(Pool(servers, in_flight=in_flight, rerun=True, patience=patience, **client))
        journal = stack.enter_context(closing(Journal(out)))
        journal.load(read_jobs(Path(jobs)) if isinstance(jobs, (str, os.PathLike)) else jobs)
        if retry_failed:
            journal.retry_failed()
        files = stack.enter_context(_files(journal))
        run = _Run(pool, journal, files, view, _adopt(journal, files))
        try:
            with Gallery(journal.folder, view.note) if gallery else nullcontext():
                run.all()
        except Exception:
            with suppress(BatchError):  # what ended the run is to be told, not what came of it
                write_tables(journal, run.summary())
            raise
        summary = run.summary()
        write_tables(journal, summary)
    if run.stopping:
        raise KeyboardInterrupt
    return summary


def _files(journal: Journal) -> Files:
    try:
        return Files(journal.folder)
    except OSError as error:
        raise BatchError(f"the folder {journal.folder} can't be written: {error}") from error


def _adopt(journal: Journal, files: Files) -> int:
    """Journal what a killed run had finished; how many jobs that are."""
    try:
        adopted = list(files.adopt(journal.unfinished))
    except OSError as error:
        raise BatchError(f"what an earlier run left in {journal.folder} can't be read: {error}") from error
    journal.finish(adopted)
    return len(adopted)


@dataclass(slots=True)
class _Ended:
    """A job whose answer is there."""

    entry: Entry
    handle: Any
    seconds: float


@dataclass(slots=True)
class _Kept:
    """A job with what is to be written down of it, and its files."""

    entry: Entry
    outcome: Outcome
    parts: Sequence[Part]


class _Run:
    """One run, from its first job to its last."""

    def __init__(self, pool: Pool, journal: Journal, files: Files, view: View, adopted: int) -> None:
        self._pool = pool
        self._journal = journal
        self._files = files
        self._view = view
        self._ended: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
        self._under_way: dict[int, Any] = {}
        """The handles of what the pool has, by the number of the job."""
        self.stopping = False
        self._trouble: Exception | None = None
        """Why nothing more is sent."""
        self._adopted = adopted
        self._progress = Progress(journal.counts(), adopted=adopted, servers=lambda: pool.servers)

    def all(self) -> None:
        """Send the jobs that wait, and keep what they make, until none is left or the run can't go on."""
        self._view.begin(self._progress)
        try:
            with first_ctrl_c(self._wish_to_stop):
                self._drive(ahead=max(_GROUP, 4 * sum(server.places for server in self._pool.servers)))
        finally:
            self._view.end(self._progress)
        if self._trouble is not None:
            raise self._trouble

    def _drive(self, ahead: int) -> None:
        entries = self._journal.waiting()
        more = True
        while True:
            while more and len(self._under_way) < ahead and not self._ends_early:
                entry = next(entries, None)
                more = entry is not None
                if entry is not None:
                    self._send(entry)
            if self._ends_early:
                self._take_back()
            if not self._under_way:
                return
            group = self._collect()
            if group:
                self._keep(group)
            self._view.tick(self._progress)

    @property
    def _ends_early(self) -> bool:
        return self.stopping or self._trouble is not None

    def _send(self, entry: Entry) -> None:
        begin = time.monotonic()
        try:
            handle = self._pool.submit(with_drawn(entry).request())
        except (WebUIApiError, OSError, TypeError, ValueError) as error:  # its picture is gone, say
            self._write_down([_Kept(entry, Outcome(entry.number, "failed", reason=reason(error)), ())])
            return
        self._under_way[entry.number] = handle
        handle.add_done_callback(lambda job: self._ended.put(_Ended(entry, job, time.monotonic() - begin)))

    def _take_back(self) -> None:
        """Cancel what no server has."""
        for handle in list(self._under_way.values()):
            if handle.entry.waits:
                handle.cancel()

    def _collect(self) -> list[_Ended]:
        """The jobs that have ended, after a while at the latest."""
        group = []
        try:
            group.append(self._ended.get(timeout=_TICK))
            while len(group) < _GROUP:
                group.append(self._ended.get_nowait())
        except queue.Empty:
            pass
        for ended in group:
            del self._under_way[ended.entry.number]
        return group

    def _keep(self, group: Iterable[_Ended]) -> None:
        """Write the pictures of jobs that have ended, and journal them."""
        kept = [one for one in map(self._judged, group) if one is not None]
        written = self._files.write([(one.entry.stem, one.parts) for one in kept])
        safe = []
        for one, pictures in zip(kept, written, strict=True):
            if isinstance(pictures, OSError):
                self._stop_for(BatchError(
                    f"a picture can't be written into {self._journal.folder}: {pictures}. What was finished before is "
                    "kept; when the cause is gone, the same command continues"
                ))  # fmt: skip
            else:
                safe.append(replace_outcome(one, pictures))
        self._write_down(safe)

    def _judged(self, ended: _Ended) -> _Kept | None:
        """What became of a job; None for one that is to run again another time."""
        entry, handle = ended.entry, ended.handle
        number, server = entry.number, handle.server
        said = None
        try:
            result = handle.result()
        except JobCancelled:
            return None
        except AllServersAway as error:
            self._stop_for(error)
            return None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this job's, and kept as its reason
            result, said = getattr(error, "result", None), reason(error)  # there may be pictures beside what was odd
        parts = parts_of(result) if isinstance(result, Result) else []
        if parts:
            said = "; ".join([*([said] if said else ()), *map(str, damaged(result))]) or None
        else:
            said = said or "the answer holds no picture"
        state: State = "done" if parts else "failed"
        return _Kept(entry, Outcome(number, state, server=server, reason=said, seconds=ended.seconds), parts)

    def _write_down(self, kept: Sequence[_Kept]) -> None:
        if not kept:
            return
        try:
            self._journal.finish([one.outcome for one in kept])
        except BatchError as error:  # the pictures are on the disk, and the next run finds them
            self._stop_for(error)
            return
        for one in kept:
            self._progress.note(one.outcome)
            self._view.job(one.entry, one.outcome, self._progress)

    def _stop_for(self, trouble: Exception) -> None:
        log().warning("the batch stops: %s", trouble)
        self._trouble = self._trouble or trouble

    def _wish_to_stop(self) -> None:
        self.stopping = True
        self._view.note("stopping: what the servers have begun is finished and kept; Ctrl-C again leaves at once")

    def summary(self) -> Summary:
        """Where the batch is now."""
        counts = self._journal.counts()
        failures = [failure for failure, _ in zip(self._journal.failures(), range(100), strict=False)]
        return Summary(
            counts.total, counts.done, counts.failed, counts.waiting, counts.pictures, self._adopted,
            self._progress.seconds, failures,
        )  # fmt: skip


def with_drawn(entry: Entry) -> Job:
    """The job with the seeds that were drawn for it."""
    return replace(entry.job, fields={**entry.job.fields, **entry.drawn})


def replace_outcome(kept: _Kept, pictures: Sequence[Picture]) -> _Kept:
    """The same with the names that its files have got."""
    return _Kept(kept.entry, replace(kept.outcome, pictures=pictures), ())


def reason(error: Exception) -> str:
    """Why a job failed, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:_LONGEST_REASON] if text else type(error).__name__
