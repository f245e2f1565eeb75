"""The handles of a pool's jobs, in both colours: a client's handles, whose client is the server that works on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ..handles import AsyncJob, Job
from ..jobs import Cancelled, Completed, Failed, JobCore, Queued, Running, conduct

if TYPE_CHECKING:
    from ..request import Flow, Request
    from .dispatch import Dispatch, Entry

R = TypeVar("R")


class _Placed(JobCore[R]):
    """What both colours of a pool's job have in common."""

    entry: Entry
    server: str | None = None
    """The address of the server that works on it, or did last; None while it waits for its first."""
    _client: Any

    def taken_by(self, client: Any) -> Flow[R]:
        """What a server's client has to do for it."""
        self._client, self.server = client, client.url
        self.began_at, self.preview_id, self.preview, self.sent = None, -1, None, False
        if getattr(self.request, "force_task_id", None) is None:
            self.id = None  # of the server before
        return conduct(self, placed=True)

    def back_in_queue(self) -> None:
        """Its server was away, or can't do it: it waits for another."""
        self.tell(Queued())

    def _stop_it(self, job: JobCore[Any]) -> Flow[None]:
        halt: Flow[None] = self._client._halt(job)
        return halt


class PoolJob(_Placed[R], Job[R], Generic[R]):
    """A job of a `Pool`: a `Job` that may be on any of its servers."""

    def __init__(self, dispatch: Dispatch, request: Request[R]) -> None:
        Job.__init__(self, cast("Any", None), request, cast("Any", None), self._stop_it)
        self._dispatch = dispatch

    def _withdrawn(self) -> bool:
        return self._dispatch.withdraw(self.entry)

    def end(self, value: R | None, error: BaseException | None) -> None:
        """Take note of how it ended, and say so."""
        _ended(self, value, error)
        self._call_back()


class AsyncPoolJob(_Placed[R], AsyncJob[R], Generic[R]):
    """A job of an `AsyncPool`: an `AsyncJob` that may be on any of its servers."""

    def __init__(self, dispatch: Dispatch, request: Request[R]) -> None:
        AsyncJob.__init__(self, cast("Any", None), request, cast("Any", None), self._stop_it)
        self._dispatch = dispatch

    def _withdrawn(self) -> bool:
        return self._dispatch.withdraw(self.entry)

    def end(self, value: R | None, error: BaseException | None) -> None:
        """Take note of how it ended, and say so."""
        _ended(self, value, error)
        self._call_back()


def _ended(job: JobCore[R], value: R | None, error: BaseException | None) -> None:
    if error is None:
        job.finish(cast("R", value))
    else:
        job.tell(Cancelled() if job.interrupted else Failed(error))


# -- one request in several jobs --------------------------------------------------------------------------------------


class _Whole(JobCore[R]):
    """A request whose pictures are made by several jobs. `parts` are those, in the order of the pictures."""

    parts: Sequence[JobCore[R]]
    _merge: Callable[[Sequence[R]], R]
    _call_back: Callable[[], None]

    def follow(self, parts: Sequence[JobCore[R]], merge: Callable[[Sequence[R]], R]) -> None:
        """Be what the parts are together."""
        self.parts, self._merge = parts, merge
        for part in parts:
            part.listen(self._look)
        self._look()

    @property
    def servers(self) -> list[str]:
        """The addresses of the servers that work on it, or did, each once."""
        found = (getattr(part, "server", None) for part in self.parts)
        return list(dict.fromkeys(url for url in found if url is not None))

    def _look(self) -> None:
        if self.done():
            return
        if not all(part.done() for part in self.parts):
            if any(not isinstance(part.status, Queued) for part in self.parts):
                self.tell(Running(sum(map(_share, self.parts)) / len(self.parts)))
            return
        failed = next((part.status for part in self.parts if isinstance(part.status, Failed)), None)
        if failed is None and all(isinstance(part.status, Completed) for part in self.parts):
            self.finish(self._merge([part.outcome() for part in self.parts]))
        else:  # what was made is kept
            made = [part.outcome() if isinstance(part.status, Completed) else part.partial for part in self.parts]
            kept = [value for value in made if value is not None]
            self.partial = self._merge(kept) if kept else None
            self.tell(failed or Cancelled())
        self._call_back()


def _share(part: JobCore[Any]) -> float:
    """How much of a part is done, 0 to 1."""
    if part.done():
        return 1.0
    return (part.status.progress or 0.0) if isinstance(part.status, Running) else 0.0


class WholeJob(_Whole[R], Job[R], Generic[R]):
    """A request that a `Pool` has split over its servers."""

    def __init__(self, request: Request[R]) -> None:
        Job.__init__(self, cast("Any", None), request, cast("Any", None), cast("Any", None))

    def cancel(self) -> bool:
        """Take all parts back. What had been made is kept as `partial`. False when it has ended."""
        taken = [cast("Job[R]", part).cancel() for part in self.parts]  # all, whatever the first says
        return any(taken)


class AsyncWholeJob(_Whole[R], AsyncJob[R], Generic[R]):
    """A request that an `AsyncPool` has split over its servers."""

    def __init__(self, request: Request[R]) -> None:
        AsyncJob.__init__(self, cast("Any", None), request, cast("Any", None), cast("Any", None))

    async def cancel(self) -> bool:
        """Take all parts back; as `WholeJob.cancel`."""
        taken = [await cast("AsyncJob[R]", part).cancel() for part in self.parts]
        return any(taken)
