"""The handle of a submitted job, in both colours: to look at, to wait for, to follow, to cancel."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .errors import CallTimeout
from .jobs import Cancelled, Failed, JobCore, Status
from .logs import log

if TYPE_CHECKING:
    from .client import AsyncWebUIApi, WebUIApi
    from .gate import Ticket
    from .request import Flow, Request

R = TypeVar("R")


def _too_late(job: JobCore[Any], timeout: float) -> CallTimeout:
    return CallTimeout(f"the job has not ended after {timeout:g} s ({job.status!r}); it goes on", may_have_begun=True)


class Job(JobCore[R], Generic[R]):
    """A job of a `WebUIApi`. It runs in a thread of its own once its turn has come."""

    def __init__(
        self,
        client: WebUIApi,
        request: Request[R],
        work: Callable[[JobCore[R]], Flow[R]],
        halt: Callable[[JobCore[R]], Flow[None]],
    ) -> None:
        super().__init__(request)
        self._client = client
        self._work = work
        self._halt = halt
        self._callbacks: list[Callable[[Job[R]], None]] = []
        self._ticket: Ticket | None = None
        self._placed = False

    def wait_for_turn(self, priority: int) -> None:
        """Begin when the client's gate lets it in."""
        self._placed = True
        self._ticket = self._client.gate.ask(self.start, priority)

    def start(self) -> None:
        """Begin now."""
        threading.Thread(target=self._run, name="webuiapi-job", daemon=True).start()

    def _run(self) -> None:
        try:
            self.finish(self._client.run(self._work(self)))
        except BaseException as error:  # noqa: BLE001 - kept for `result`
            self.tell(Cancelled() if self.interrupted else Failed(error))
        finally:
            if self._placed:
                self._client.gate.leave()
            self._call_back()

    def _call_back(self) -> None:
        with self.changed:
            callbacks, self._callbacks = self._callbacks, []
        _call(callbacks, self)

    def add_done_callback(self, callback: Callable[[Job[R]], None]) -> None:
        """Call `callback(job)` when the job has ended, in its thread; at once when it has already."""
        with self.changed:
            if not self.done():
                self._callbacks.append(callback)
                return
        callback(self)

    def result(self, timeout: float | None = None) -> R:
        """Wait for the result. Raises the job's error, `JobCancelled`, or `CallTimeout` (the job then goes on)."""
        end = None if timeout is None else time.monotonic() + timeout
        with self.changed:
            while not self.done():
                left = 0.5 if end is None else min(0.5, end - time.monotonic())  # short: Ctrl-C must get through
                if left <= 0:
                    raise _too_late(self, timeout or 0)
                self.changed.wait(left)
        return self.outcome()

    def events(self, previews: bool = False) -> Iterator[Status]:
        """The statuses from now on, as they change; ends with the job. `previews` asks for pictures of the progress."""
        seen = -1
        self.watchers += previews
        try:
            while True:
                with self.changed:
                    while self.version == seen:
                        self.changed.wait(0.5)
                    seen, status = self.version, self.status
                yield status
                if self.done() and status is self.status:
                    return
        finally:
            self.watchers -= previews

    def cancel(self) -> bool:
        """Take the job back, or have the server interrupt it, if it is working on it. False when it has ended.

        One that waits here is never sent. One that waits on the server is interrupted when its turn comes. What an
        interrupted call returned is kept as `partial`.
        """
        if self.done():
            return False
        if self._withdrawn():
            self.tell(Cancelled())
            self._call_back()
            return True
        self._client.run(self._halt(self))
        return True

    def _withdrawn(self) -> bool:
        """Take it out of the queue here, if it is in it."""
        return self._ticket is not None and self._client.gate.withdraw(self._ticket)


class AsyncJob(JobCore[R], Generic[R]):
    """A job of an `AsyncWebUIApi`; `await job` gives its result. It runs as a task of the event loop."""

    def __init__(
        self,
        client: AsyncWebUIApi,
        request: Request[R],
        work: Callable[[JobCore[R]], Flow[R]],
        halt: Callable[[JobCore[R]], Flow[None]],
    ) -> None:
        super().__init__(request)
        self._client = client
        self._work = work
        self._halt = halt
        self._callbacks: list[Callable[[AsyncJob[R]], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._ticket: Ticket | None = None
        self._begun = False

    def wait_for_turn(self, priority: int) -> None:
        """Begin when the client's gate lets it in. The wait is part of the task, so that it ends with the loop."""
        self._task = self._loop.create_task(self._run(self._client.place(True, priority, self._took)))

    def started(self) -> AsyncJob[R]:
        """Itself, begun without waiting for a place."""
        self._task = self._loop.create_task(self._run(self._client.place(False)))
        return self

    def _took(self, ticket: Ticket) -> None:
        self._ticket = ticket

    async def _run(self, place: AbstractAsyncContextManager[None]) -> None:
        try:
            async with place:
                self._begun = True
                self.finish(await self._client.run(self._work(self)))
        except BaseException as error:  # noqa: BLE001 - kept for `result`
            self.tell(Cancelled() if self.interrupted or not self._begun else Failed(error))
        finally:
            self._call_back()

    def _call_back(self) -> None:
        callbacks, self._callbacks = self._callbacks, []
        _call(callbacks, self)

    def add_done_callback(self, callback: Callable[[AsyncJob[R]], None]) -> None:
        """Call `callback(job)` when the job has ended; at once when it has already."""
        if self.done():
            callback(self)
        else:
            self._callbacks.append(callback)

    async def result(self, timeout: float | None = None) -> R:
        """Wait for the result. Raises the job's error, `JobCancelled`, or `CallTimeout` (the job then goes on)."""
        try:
            await asyncio.wait_for(self._wait(), timeout)
        except asyncio.TimeoutError:
            raise _too_late(self, timeout or 0) from None
        return self.outcome()

    async def _wait(self) -> None:
        async for _ in self.events():
            pass

    def __await__(self) -> Generator[Any, None, R]:
        return self.result().__await__()

    async def events(self, previews: bool = False) -> AsyncIterator[Status]:
        """The statuses from now on, as they change; ends with the job. `previews` asks for pictures of the progress."""
        seen, news = -1, asyncio.Event()

        def tell() -> None:
            self._loop.call_soon_threadsafe(news.set)

        self.watchers += previews
        self.listen(tell)
        try:
            while True:
                while self.version == seen:
                    await news.wait()
                    news.clear()
                seen, status = self.version, self.status
                yield status
                if self.done() and status is self.status:
                    return
        finally:
            self.watchers -= previews
            self.unlisten(tell)

    async def cancel(self) -> bool:
        """Take the job back, or have the server interrupt it; as `Job.cancel`."""
        if self.done():
            return False
        if self._withdrawn():
            self.tell(Cancelled())
            if self._task is not None:
                self._task.cancel()
            else:
                self._call_back()
            return True
        await self._client.run(self._halt(self))
        return True

    def _withdrawn(self) -> bool:
        """Take it out of the queue here, if it is in it."""
        if self._begun or self._task is None:
            return False
        return self._ticket is None or self._client.gate.withdraw(self._ticket)


def _call(callbacks: Iterable[Callable[[Any], None]], job: JobCore[Any]) -> None:
    """Call each, whatever becomes of the others: nobody but the log can hear what one raises."""
    for callback in callbacks:
        try:
            callback(job)
        except Exception as error:  # noqa: BLE001 - the caller's
            log().error("a done callback raised %r", error, exc_info=error)
