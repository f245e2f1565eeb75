"""The pool that blocks: a thread for each place of each server."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

from ..client import WebUIApi
from ..errors import WebUIApiError
from ..handles import Job
from ..request import Request
from ..settled import settled
from .base import ALIVE, HOME, PoolBase, Server, checkpoint_of, home_in, pictures_in, trouble
from .dispatch import Entry, Member, Todo
from .jobs import PoolJob, WholeJob
from .split import merged

if TYPE_CHECKING:
    from typing_extensions import Self

R = TypeVar("R")

_SHORT = 0.5
"""Seconds of one wait: on Windows a long one can't be broken off."""


class Pool(PoolBase):
    """Several servers as one, blocking: `Pool(["http://gpu0:7860", "http://gpu1:7860"])`.

    Each server takes the next job when it has a free place: one for the checkpoint that it has loaded, if there is one,
    and only jobs that it can do. A server that fails is left alone for a growing while, and its unsent jobs go to
    others. Safe to share between threads. `help(Pool.__init__)` lists all parameters.
    """

    _kind = WebUIApi

    def __init__(self, servers: Iterable[Server] = (), **settings: Any) -> None:
        self._changed = threading.Condition()
        self._changes = 0
        self._threads: dict[Member, list[threading.Thread]] = {}
        super().__init__(servers, **settings)

    __init__.__doc__ = PoolBase.__init__.__doc__

    def _wake(self) -> None:
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    # -- calls

    def run(self, request: Request[R], *, split: bool | None = None) -> R:
        """Run a request on one of the servers, or with `split` on several. Ctrl-C takes it back."""
        job = self.submit(request, split=split)
        try:
            return job.result()
        except Exception:
            raise
        except BaseException:
            job.cancel()
            raise

    def submit(self, request: Request[R], *, priority: int = 0, split: bool | None = None) -> Job[R]:
        """Put a request into the queue and go on: the job tells its status and has the result.

        Higher `priority` first. `split` (default: the pool's) has the pictures of a batch made by several servers.
        """
        request = settled(request)
        self._look_at(request)
        parts = self._parts(request, split)
        if len(parts) == 1:
            return self._put(parts[0], priority)
        whole = WholeJob(request)
        whole.follow([self._put(part, priority) for part in parts], lambda results: cast("R", merged(request, results)))
        return whole

    def _put(self, request: Request[R], priority: int) -> PoolJob[R]:
        job = PoolJob(self.dispatch, request)
        job.entry = self.dispatch.put(job, checkpoint_of(request), priority)
        self._begin()
        return job

    @overload
    def map(
        self, requests: Iterable[Request[R]], *, ordered: bool = ..., priority: int = ...,
        return_exceptions: Literal[False] = ...,
    ) -> Iterator[R]: ...  # fmt: skip
    @overload
    def map(
        self, requests: Iterable[Request[R]], *, ordered: bool = ..., priority: int = ...,
        return_exceptions: Literal[True],
    ) -> Iterator[R | Exception]: ...  # fmt: skip
    def map(
        self,
        requests: Iterable[Request[R]],
        *,
        ordered: bool = True,
        priority: int = 0,
        return_exceptions: bool = False,
    ) -> Iterator[R | Exception]:
        """The results of any number of requests, in their order or (`ordered=False`) as they come.

        The requests are taken from the iterable as places become free, so that there may be millions. The first error
        ends it, or with `return_exceptions` stands in its place. What has not begun when it ends is taken back.
        """
        todo, under_way, ended = iter(requests), deque[Any](), SimpleQueue[Any]()
        try:
            while True:
                while len(under_way) < self._ahead and (request := next(todo, None)) is not None:
                    under_way.append(self._tried(request, priority, ended, return_exceptions))
                if not under_way:
                    return
                job = under_way.popleft() if ordered else _next_ended(ended)
                if not ordered:
                    under_way.remove(job)
                yield _outcome(job, return_exceptions)
        finally:
            for job in under_way:
                if isinstance(job, Job):
                    job.cancel()

    def _tried(self, request: Request[R], priority: int, ended: SimpleQueue[Any], kept: bool) -> Job[R] | Exception:
        """The job of a request, or the error that it is no right one."""
        try:
            job = self.submit(request, priority=priority)
        except (TypeError, ValueError) as error:
            if not kept:
                raise
            ended.put(error)
            return error
        job.add_done_callback(ended.put)
        return job

    # -- servers

    def add(self, server: Server) -> None:
        """Take a server in, also while jobs run. Raises `ValueError` for one that is there already."""
        self.dispatch.join(self._member(server))
        if self.dispatch.busy:
            self._begin()

    def remove(self, url: str, *, wait: bool = True) -> None:
        """Take a server away. It ends what it has begun, which is waited for with `wait`, and gets nothing more."""
        member = self._found(url)
        for entry, error in self.dispatch.leave(member):
            entry.job.end(None, error)
        threads = self._threads.pop(member, [])
        if wait:
            _join(threads)
            if member.client in self._made:
                self._made.remove(member.client)
                member.client.close()

    def _begin(self) -> None:
        """Have a thread for each place."""
        with self.dispatch.lock:
            for member in self.dispatch.active:
                if member not in self._threads:
                    threads = [
                        threading.Thread(
                            target=self._work, args=(member,), name=f"webuiapi-pool {member.url}", daemon=True
                        )
                        for _ in range(member.places)
                    ]
                    self._threads[member] = threads
                    for thread in threads:
                        thread.start()

    def _work(self, member: Member) -> None:
        """What the thread of a place does: take a job, do it, take the next."""
        while True:
            seen = self._changes
            if self.dispatch.names_checkpoints and member.home is None and not member.away:
                self._ask_home(member)
            todo = self.dispatch.take(member)
            if isinstance(todo, Entry):
                self._do(member, todo)
            elif todo is Todo.LEAVE:
                return
            elif todo is Todo.ASK:
                self.dispatch.answered(member, self._trouble(member))
            else:
                self._wait(seen, None if isinstance(todo, Todo) else todo)

    def _ask_home(self, member: Member) -> None:
        """Find out which checkpoint a server has set."""
        try:
            member.home = home_in(member.client.run(HOME))
        except WebUIApiError:
            member.home = ""

    def _trouble(self, member: Member) -> Exception | None:
        """What is wrong with a server that was left alone; None if it answers."""
        try:
            member.client.run(ALIVE)
        except WebUIApiError as error:
            return trouble(error)
        return None

    def _wait(self, seen: int, seconds: float | None) -> None:
        """Wait until something changed, or for some seconds; and see whether patience is at its end."""
        patience = self.dispatch.out_of_patience
        limits = [limit for limit in (seconds, patience) if limit is not None]
        with self._changed:
            if self._changes == seen:
                self._changed.wait(min(limits) if limits else None)
        for entry, error in self.dispatch.given_up():
            entry.job.end(None, error)

    def _do(self, member: Member, entry: Entry) -> None:
        job: PoolJob[Any] = entry.job
        value, error = None, None
        try:
            value = member.client.run(job.taken_by(member.client))
        except Exception as caught:  # noqa: BLE001 - told to whoever waits for the job
            error = caught
        told = self.dispatch.ended(member, entry, error, pictures_in(value))
        if error is not None and told is None:
            job.back_in_queue()
        else:
            job.end(value, told)

    # -- the end

    def close(self, *, cancel: bool = False) -> None:
        """Wait for all jobs (or with `cancel` take them back), end the threads, close the clients that it made."""
        if cancel:
            with self.dispatch.lock:
                entries = [*self.dispatch.waiting, *(e for member in self.dispatch.members for e in member.running)]
            for entry in entries:
                entry.job.cancel()
        self.dispatch.closing = True
        self._wake()
        for threads in list(self._threads.values()):
            _join(threads)
        for client in self._made:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close(cancel=error is not None)


def _next_ended(ended: SimpleQueue[Any]) -> Any:
    from queue import Empty

    while True:
        try:
            return ended.get(timeout=_SHORT)
        except Empty:
            continue


def _outcome(job: Any, kept: bool) -> Any:
    if isinstance(job, Exception):
        return job
    try:
        return job.result()
    except Exception as error:
        if not kept:
            raise
        return error


def _join(threads: Iterable[threading.Thread]) -> None:
    for thread in threads:
        while thread.is_alive() and thread is not threading.current_thread():
            thread.join(_SHORT)
