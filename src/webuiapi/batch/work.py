"""The loop of a batch: jobs to the pool, a bounded number ahead; what has ended to the disk and into the journal.

One thread does all of it but the waiting: the pool talks to the servers, a few threads wait for the disk. A job is
journalled when its pictures are synced, a group at a time: what comes between the two is found by `Files.adopt`.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import AllServersAway, WebUIApiError
from ..logs import log
from .errors import BatchError
from .files import Files
from .journal import Journal
from .outcomes import Kept, failed, judged, reason, why_nobody, with_drawn
from .progress import Progress, View
from .records import Entry
from .stopping import first_ctrl_c

if TYPE_CHECKING:
    from ..pool import Pool

_GROUP = 64
"""Jobs that are written and journalled together at most."""
_TICK = 0.25
"""Seconds after which whoever shows the batch is told that time goes by."""


@dataclass(slots=True)
class _Ended:
    """A job whose answer is there."""

    entry: Entry
    handle: Any
    seconds: float


class Work:
    """One run, from its first job to its last."""

    def __init__(self, pool: Pool, journal: Journal, files: Files, view: View, progress: Progress) -> None:
        self._pool = pool
        self._journal = journal
        self._files = files
        self._view = view
        self._progress = progress
        self._ended: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
        self._under_way: dict[int, tuple[Entry, Any]] = {}
        """What the pool has, with the handles, by the number of the job."""
        self._moved = time.monotonic()
        self._trouble: Exception | None = None
        """Why nothing more is sent."""
        self.stopping = False
        """Ctrl-C was pressed."""

    def all(self) -> None:
        """Send the jobs that wait, and keep what they make, until none is left or the run can't go on.

        Raises what it can't go on for: `BatchError`, `AllServersAway`.
        """
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
            self._give_up_what_nobody_does()
            self._view.tick(self._progress)

    @property
    def _ends_early(self) -> bool:
        return self.stopping or self._trouble is not None

    def _send(self, entry: Entry) -> None:
        begin = time.monotonic()
        try:
            handle = self._pool.submit(with_drawn(entry).request())
        except (WebUIApiError, OSError, TypeError, ValueError) as error:  # its picture is gone, say
            self._write_down([failed(entry, reason(error))])
            return
        self._under_way[entry.number] = entry, handle
        handle.add_done_callback(lambda job: self._ended.put(_Ended(entry, job, time.monotonic() - begin)))

    def _collect(self) -> list[_Ended]:
        """The jobs that have ended, after a while at the latest."""
        group = []
        try:
            group.append(self._ended.get(timeout=_TICK))
            while len(group) < _GROUP:
                group.append(self._ended.get_nowait())
        except queue.Empty:
            pass
        return [ended for ended in group if self._under_way.pop(ended.entry.number, None) is not None]

    # -- what is not done

    def _take_back(self) -> None:
        """Cancel what no server has."""
        for _, handle in list(self._under_way.values()):
            if handle.entry.waits:
                handle.cancel()

    def _give_up_what_nobody_does(self) -> None:
        """Fail the jobs that those servers can't do which answer, when the others stay away for too long."""
        now, patience = time.monotonic(), self._pool.dispatch.patience
        servers = self._pool.servers
        if any(server.running for server in servers) or not any(server.resting is not None for server in servers):
            self._moved = now
        if patience is None or now < self._moved + patience:
            return
        hopeless = [(entry, handle) for entry, handle in self._under_way.values() if handle.entry.refused]
        for entry, handle in hopeless:
            del self._under_way[entry.number]
            handle.cancel()
        self._write_down([failed(entry, why_nobody(handle, servers)) for entry, handle in hopeless])

    # -- what is done

    def _keep(self, group: Iterable[_Ended]) -> None:
        """Write the pictures of jobs that have ended, and journal them."""
        kept: list[Kept] = []
        for ended in group:
            try:
                one = judged(ended.entry, ended.handle, ended.seconds)
            except AllServersAway as error:
                self._stop_for(error)
            else:
                kept += [one] if one is not None else []
        written = self._files.write([(one.entry.stem, one.parts) for one in kept])
        safe = []
        for one, pictures in zip(kept, written, strict=True):
            if isinstance(pictures, OSError):
                self._stop_for(BatchError(
                    f"a picture can't be written into {self._journal.folder}: {pictures}. What was finished before is "
                    "kept; when the cause is gone, the same command continues"
                ))  # fmt: skip
            else:
                safe.append(one.written(pictures))
        self._write_down(safe)

    def _write_down(self, kept: Sequence[Kept]) -> None:
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
        if self._trouble is None:
            log().info("the batch stops: %s", trouble)
            self._trouble = trouble

    def _wish_to_stop(self) -> None:
        self.stopping = True
        self._view.note("stopping: what the servers have begun is finished and kept; Ctrl-C again leaves at once")
