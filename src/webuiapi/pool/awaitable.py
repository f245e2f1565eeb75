"""The pool to await: a task for each place of each server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from ..client import AsyncWebUIApi
from ..errors import WebUIApiError
from ..handles import AsyncJob
from ..request import Request
from ..settled import settled
from .base import ALIVE, HOME, PoolBase, Server, checkpoint_of, home_in, pictures_in, trouble
from .dispatch import Entry, Member, Todo
from .jobs import AsyncPoolJob, AsyncWholeJob
from .split import merged

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R")


class AsyncPool(PoolBase):
    """Several servers as one, to await: as `Pool`, for one event loop. Needs `aiohttp`."""

    _kind = AsyncWebUIApi

    def __init__(self, servers: Iterable[Server] = (), **settings: Any) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiters: set[asyncio.Future[None]] = set()
        self._tasks: dict[Member, list[asyncio.Task[None]]] = {}
        self._changes = 0
        super().__init__(servers, **settings)

    __init__.__doc__ = PoolBase.__init__.__doc__

    def _wake(self) -> None:
        self._changes += 1
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    # -- calls

    def run(self, request: Request[R], *, split: bool | None = None) -> Coroutine[Any, Any, R]:
        """Run a request on one of the servers, or with `split` on several. A task that is cancelled takes it back."""
        return self._run(settled(request), split)

    async def _run(self, request: Request[R], split: bool | None) -> R:
        job = self.submit(request, split=split)
        try:
            return await job
        except asyncio.CancelledError:
            await job.cancel()
            raise

    def submit(self, request: Request[R], *, priority: int = 0, split: bool | None = None) -> AsyncJob[R]:
        """Put a request into the queue and go on: the job tells its status, and awaiting it gives the result.

        Higher `priority` first. `split` (default: the pool's) has the pictures of a batch made by several servers.
        """
        request = settled(request)
        self._look_at(request)
        parts = self._parts(request, split)
        if len(parts) == 1:
            return self._put(parts[0], priority)
        whole = AsyncWholeJob(request)
        whole.follow([self._put(part, priority) for part in parts], lambda results: cast("R", merged(request, results)))
        return whole

    def _put(self, request: Request[R], priority: int) -> AsyncPoolJob[R]:
        job = AsyncPoolJob(self.dispatch, request)
        job.entry = self.dispatch.put(job, checkpoint_of(request), priority)
        self._begin()
        return job

    @overload
    def map(
        self, requests: Iterable[Request[R]], *, ordered: bool = ..., priority: int = ...,
        return_exceptions: Literal[False] = ...,
    ) -> AsyncIterator[R]: ...  # fmt: skip
    @overload
    def map(
        self, requests: Iterable[Request[R]], *, ordered: bool = ..., priority: int = ...,
        return_exceptions: Literal[True],
    ) -> AsyncIterator[R | Exception]: ...  # fmt: skip
    async def map(
        self,
        requests: Iterable[Request[R]],
        *,
        ordered: bool = True,
        priority: int = 0,
        return_exceptions: bool = False,
    ) -> AsyncIterator[R | Exception]:
        """The results of any number of requests, in their order or (`ordered=False`) as they come; as `Pool.map`."""
        todo, under_way, ended = iter(requests), deque[Any](), asyncio.Queue[Any]()
        try:
            while True:
                while len(under_way) < self._ahead and (request := next(todo, None)) is not None:
                    under_way.append(self._tried(request, priority, ended, return_exceptions))
                if not under_way:
                    return
                job = under_way.popleft() if ordered else await ended.get()
                if not ordered:
                    under_way.remove(job)
                yield await _outcome(job, return_exceptions)
        finally:
            for job in under_way:
                if isinstance(job, AsyncJob):
                    await job.cancel()

    def _tried(self, request: Request[R], priority: int, ended: asyncio.Queue[Any], kept: bool) -> Any:
        """The job of a request, or the error that it is no right one."""
        try:
            job = self.submit(request, priority=priority)
        except (TypeError, ValueError) as error:
            if not kept:
                raise
            ended.put_nowait(error)
            return error
        job.add_done_callback(ended.put_nowait)
        return job

    # -- servers

    def add(self, server: Server) -> None:
        """Take a server in, also while jobs run. Raises `ValueError` for one that is there already."""
        self.dispatch.join(self._member(server))
        if self.dispatch.busy:
            self._begin()

    async def remove(self, url: str, *, wait: bool = True) -> None:
        """Take a server away. It ends what it has begun, which is waited for with `wait`, and gets nothing more."""
        member = self._found(url)
        for entry, error in self.dispatch.leave(member):
            entry.job.end(None, error)
        tasks = self._tasks.pop(member, [])
        if wait and tasks:
            await asyncio.wait(tasks)
        if wait and member.client in self._made:
            self._made.remove(member.client)
            await member.client.aclose()

    def _begin(self) -> None:
        """Have a task for each place."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # of a loop before, which is over
            self._loop, self._tasks = loop, {}
        for member in self.dispatch.active:
            if member not in self._tasks:
                self._tasks[member] = [loop.create_task(self._work(member)) for _ in range(member.places)]

    async def _work(self, member: Member) -> None:
        """What the task of a place does: take a job, do it, take the next."""
        while True:
            seen = self._changes
            if self.dispatch.names_checkpoints and member.home is None and not member.away:
                await self._ask_home(member)
            todo = self.dispatch.take(member)
            if isinstance(todo, Entry):
                await self._do(member, todo)
            elif todo is Todo.LEAVE:
                return
            elif todo is Todo.ASK:
                self.dispatch.answered(member, await self._trouble(member))
            else:
                await self._wait(seen, None if isinstance(todo, Todo) else todo)

    async def _ask_home(self, member: Member) -> None:
        """Find out which checkpoint a server has set."""
        try:
            member.home = home_in(await member.client.run(HOME))
        except WebUIApiError:
            member.home = ""

    async def _trouble(self, member: Member) -> Exception | None:
        """What is wrong with a server that was left alone; None if it answers."""
        try:
            await member.client.run(ALIVE)
        except WebUIApiError as error:
            return trouble(error)
        return None

    async def _wait(self, seen: int, seconds: float | None) -> None:
        """Wait until something changed, or for some seconds; and see whether patience is at its end."""
        patience = self.dispatch.out_of_patience
        limits = [limit for limit in (seconds, patience) if limit is not None]
        if self._changes == seen:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(waiter, min(limits) if limits else None)
            self._waiters.discard(waiter)
        for entry, error in self.dispatch.given_up():
            entry.job.end(None, error)

    async def _do(self, member: Member, entry: Entry) -> None:
        job: AsyncPoolJob[Any] = entry.job
        value, error = None, None
        try:
            value = await member.client.run(job.taken_by(member.client))
        except asyncio.CancelledError:  # the loop ends
            self.dispatch.ended(member, entry, None)
            job.interrupted = True
            job.end(None, asyncio.CancelledError())
            raise
        except Exception as caught:  # noqa: BLE001 - told to whoever waits for the job
            error = caught
        told = self.dispatch.ended(member, entry, error, pictures_in(value))
        if error is not None and told is None:
            job.back_in_queue()
        else:
            job.end(value, told)

    # -- the end

    async def aclose(self, *, cancel: bool = False) -> None:
        """Wait for all jobs (or with `cancel` take them back), end the tasks, close the clients that it made."""
        if cancel:
            for entry in [*self.dispatch.waiting, *(e for member in self.dispatch.members for e in member.running)]:
                await entry.job.cancel()
        self.dispatch.closing = True
        self._wake()
        tasks = [task for tasks in self._tasks.values() for task in tasks]
        if tasks:
            await asyncio.wait(tasks)
        for client in self._made:
            await client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose(cancel=error is not None)


async def _outcome(job: Any, kept: bool) -> Any:
    if isinstance(job, Exception):
        return job
    try:
        return await job
    except Exception as error:
        if not kept:
            raise
        return error
