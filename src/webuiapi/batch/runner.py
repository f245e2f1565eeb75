"""Running a batch: what has to be there before its first job, and what is left after its last."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from .errors import BatchError
from .files import Files
from .gallery import Gallery
from .jobs import Bad, Job
from .journal import Journal
from .progress import Progress, Unseen, View
from .read import read_jobs
from .records import Failure
from .tables import write_tables
from .work import Work

_LISTED = 100
"""Failures that a summary holds."""


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
        adopted = _adopt(journal, files)
        progress = Progress(journal.counts(), adopted=adopted, servers=lambda: pool.servers)
        work = Work(pool, journal, files, view, progress)
        try:
            with Gallery(journal.folder, view.note) if gallery else nullcontext():
                work.all()
        except Exception:
            with suppress(BatchError):  # what ended the run is to be told, not what came of it
                write_tables(journal, _summary(journal, progress))
            raise
        summary = _summary(journal, progress)
        write_tables(journal, summary)
    if work.stopping:
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


def _summary(journal: Journal, progress: Progress) -> Summary:
    counts, failures = journal.counts(), list(islice(journal.failures(), _LISTED))
    return Summary(
        counts.total, counts.done, counts.failed, counts.waiting, counts.pictures, progress.adopted, progress.seconds,
        failures,
    )  # fmt: skip
