"""The client to await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from ..errors import WebUIApiError
from ..logs import log
from ..request import Flow, Remember, Request, Setting, Sleep, Step, Watch
from ..settled import settled
from ..transport.base import AsyncTransport, Incoming, Outgoing
from ..transport.lazy import awaitable_transport
from .base import UNKNOWN, BaseClient, OnProgress

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..api import utilities
    from ..gate import Ticket
    from ..handles import AsyncJob
    from ..results import WebUIApiResult

R = TypeVar("R")
T = TypeVar("T")

_OFF_LOOP = 1 << 16
"""Bytes of an answer from which on it is read in a thread, so that the event loop goes on."""


class AsyncWebUIApi(BaseClient):
    """A client to await: the same methods, each awaitable. Safe to share between tasks. Needs `aiohttp`."""

    _transport: AsyncTransport

    def _make_transport(self, local: bool) -> AsyncTransport:
        if local:
            from ..transport.local import AsyncLocalTransport

            return AsyncLocalTransport()
        return awaitable_transport()

    def run(
        self, work: Request[R] | Flow[R], *, on_progress: OnProgress | None = None, progress: bool | None = None
    ) -> Coroutine[Any, Any, R]:
        """Send a request (`Txt2Img("a cat")`), or drive an operation to its end.

        `on_progress` is called with how far it is; `progress=True` shows it, as with `WebUIApi.run`. When the task is
        cancelled, the server is told to stop if it works on this. Pictures are sent as they are when this is called,
        whatever is done to them before it is awaited.
        """
        return self._shown(settled(work), on_progress, progress)

    def _perform(self, build: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._shown(build(*settled(args), **settled(kwargs)), None, None)

    async def _shown(self, work: Request[R] | Flow[R], on_progress: OnProgress | None, progress: bool | None) -> R:
        bar = self._bar(work, on_progress, progress)
        if bar is None:
            return await self._run(work, on_progress)
        with bar:
            return await self._run(work, bar)

    async def _run(self, work: Request[R] | Flow[R], on_progress: OnProgress | None) -> R:
        if on_progress is None and isinstance(work, Request):
            return await self._call(work)
        flow = self._flow(work, on_progress)
        step: Callable[[], Step] = partial(next, flow)
        ending: BaseException | None = None
        while True:
            try:
                todo = step()
            except StopIteration as end:
                if ending is not None:
                    raise ending from None
                return cast("R", end.value)
            except BaseException as error:
                if ending is not None and error is not ending:
                    raise ending from error
                raise
            try:
                step = partial(flow.send, await self._do(todo, ending is not None))
            except Exception as error:  # noqa: BLE001 - thrown into the operation
                step = partial(flow.throw, error)
            except BaseException as error:
                if ending is not None:
                    flow.close()
                    raise
                ending = error
                step = partial(flow.throw, error)

    async def _do(self, todo: Step, hurry: bool) -> Any:
        if isinstance(todo, Sleep):
            return await asyncio.sleep(todo.seconds)
        if isinstance(todo, Setting):
            return getattr(self, todo.name)
        if isinstance(todo, Remember):
            found = UNKNOWN if todo.refresh else self._facts.get(todo.key, UNKNOWN)
            return await self.run(self._finding(todo)) if found is UNKNOWN else found
        if isinstance(todo, Watch):
            return await self._watched(todo)
        return await self._call(todo, hurry)

    def submit(
        self, request: Request[R], *, priority: int = 0, via: Literal["agent-scheduler"] | None = None
    ) -> AsyncJob[R]:
        """Start a generation and go on: the job tells its status, and awaiting it gives the result.

        At most `max_in_flight` are under way; the others wait here, higher `priority` first. `via="agent-scheduler"`
        puts it into the queue of that extension instead, where it survives this program: see `attach`.
        """
        from ..handles import AsyncJob
        from ..jobs import conduct, through_queue, unschedule

        request = settled(request)
        if via is not None:
            return AsyncJob(self, request, through_queue, unschedule).started()
        self._check(request)
        job = AsyncJob(self, request, partial(conduct, placed=True), self._halt)
        job.wait_for_turn(priority)
        return job

    def attach(self, task_id: str) -> AsyncJob[WebUIApiResult]:
        """The job of a task in the queue of the extension agent-scheduler, also one of an earlier program's."""
        from ..api.agent_scheduler import GetQueueResults
        from ..handles import AsyncJob
        from ..jobs import scheduled, unschedule

        job = AsyncJob(self, GetQueueResults(task_id), scheduled, unschedule)
        job.id = task_id
        return job.started()

    @asynccontextmanager
    async def place(
        self, needed: bool, priority: int = 0, took: Callable[[Ticket], None] | None = None
    ) -> AsyncIterator[None]:
        """A place among the generations under way, waited for where it is needed. `took` gets the ticket."""
        if not needed:
            yield
            return
        loop = asyncio.get_running_loop()
        turn = asyncio.Event()

        def start() -> None:
            loop.call_soon_threadsafe(turn.set)

        ticket = self.gate.ask(start, priority)
        if took is not None:
            took(ticket)
        try:
            await turn.wait()
        except BaseException:
            if not self.gate.withdraw(ticket):
                self.gate.leave()
            raise
        try:
            yield
        finally:
            self.gate.leave()

    async def _last_words(self, request: Request[Any]) -> None:
        """A generation was broken off: have the server stop it, as far as it can be told from others."""
        from ..jobs import JobCore, stop

        try:
            await _driven(stop(JobCore(request, sent=True), self._alone), lambda todo: self._do(todo, True))
        except WebUIApiError as error:
            log().info("the server could not be told to stop: %s", error)

    def _on_the_wire(self, todo: Outgoing | Sleep) -> Awaitable[Incoming | None]:
        return asyncio.sleep(todo.seconds) if isinstance(todo, Sleep) else self._transport.send(todo)

    async def _call(self, request: Request[R], hurry: bool = False, placed: bool = False, minded: bool = False) -> R:
        if not minded:  # those have been checked when they were taken
            self._check(request)
        asked, preparation = request, request.preparation()
        if preparation is not None:
            request = await self.run(preparation)
        # Pictures are encoded and decoded in a thread: the event loop has other things to do.
        heavy = request.generation or request.sends_pictures
        call = await asyncio.to_thread(self._outgoing, request, hurry) if heavy else self._outgoing(request, hurry)
        async with self.place(request.generation and not placed):
            try:
                call, incoming = await _driven(self._exchanging(request, call, hurry), self._on_the_wire)
            except Exception:
                raise
            except BaseException:  # cancelled
                if request.generation and not minded:
                    await self._last_words(request)
                raise
        if incoming.size > _OFF_LOOP or request.to_files is not None:
            result = await asyncio.to_thread(self._result, request, call, incoming)
        else:
            result = self._result(request, call, incoming)
        return self._reviewed(asked, result)

    async def _watched(self, watch: Watch[R]) -> R:
        call = asyncio.ensure_future(self._call(watch.request, placed=watch.placed, minded=True))
        beside = asyncio.ensure_future(self._beside(watch, call))
        try:
            await asyncio.wait({call})
            result = call.result()
            if beside.done() and (trouble := beside.exception()) is not None:
                raise trouble
            return result
        finally:
            for task in (call, beside):
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task

    async def _beside(self, watch: Watch[Any], call: asyncio.Future[Any]) -> None:
        flow = watch.beside()
        step: Callable[[], Any] = partial(next, flow)
        try:
            while not call.done():  # also where a transport swallows the cancellation
                try:
                    todo = step()
                except StopIteration:
                    return
                try:
                    step = partial(flow.send, await self._do(todo, True))
                except Exception as error:  # noqa: BLE001 - thrown into the operation
                    step = partial(flow.throw, error)
        finally:
            flow.close()

    def using_model(self, name: str) -> utilities.AsyncBorrowed:
        """`async with api.using_model("dreamshaper"):` loads a checkpoint and afterwards the old one again."""
        from ..api import utilities

        return utilities.AsyncBorrowed(self.run, lambda: utilities.exchange_model(name))

    def using_options(self, options: Mapping[str, Any] | None = None, **named: Any) -> utilities.AsyncBorrowed:
        """`async with api.using_options(CLIP_stop_at_last_layers=2):` sets options and afterwards the old values again.

        Options hold for all users of the server: for one call, `override_settings` is better.
        """
        from ..api import utilities

        return utilities.AsyncBorrowed(self.run, lambda: utilities.exchange_options({**(options or {}), **named}))

    async def aclose(self) -> None:
        """Close the kept connections. The client stays usable: the next call opens new ones."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()


async def _driven(flow: Generator[T, Any, R], do: Callable[[T], Awaitable[Any]]) -> R:
    """Drive an operation to its end: `do` does each of its steps; what that raises, it gets."""
    step: Callable[[], T] = partial(next, flow)
    while True:
        try:
            todo = step()
        except StopIteration as end:
            return cast("R", end.value)
        try:
            step = partial(flow.send, await do(todo))
        except Exception as error:  # noqa: BLE001 - thrown into the operation
            step = partial(flow.throw, error)
