"""The client that blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from ..errors import WebUIApiError
from ..logs import log
from ..request import Flow, Remember, Request, Setting, Sleep, Step, Watch
from ..transport.base import AsyncTransport, Incoming, Outgoing, Transport
from ..transport.lazy import awaitable_transport, plain_transport
from .base import LAST_WORDS, UNKNOWN, BaseClient, OnProgress

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..api import utilities
    from ..handles import Job
    from ..results import WebUIApiResult
    from .awaitable import AsyncWebUIApi

R = TypeVar("R")
T = TypeVar("T")


class WebUIApi(BaseClient):
    """A client that blocks. Safe to share between threads.

    `WebUIApi()` is the server on this machine; `WebUIApi(url="http://gpu-box:7860")` another; `WebUIApi(":local:")` the
    embedded one, in this process. No call is made before the first method. `help(WebUIApi.__init__)` lists all
    parameters.
    """

    _transport: Transport

    def _make_transport(self, local: bool) -> Transport:
        if local:
            from ..transport.local import LocalTransport

            return LocalTransport()
        return plain_transport()

    def run(
        self, work: Request[R] | Flow[R], *, on_progress: OnProgress | None = None, progress: bool | None = None
    ) -> R:
        """Send a request (`Txt2Img("a cat")`), or drive an operation to its end.

        `on_progress` is called with how far it is. `progress=True` shows it: as a bar on a terminal (on standard error;
        needs rich), as a bar with the preview in a notebook, elsewhere not at all; None does as the request says. When
        the call is broken off by Ctrl-C, the server is told to stop if it works on this.
        """
        bar = self._bar(work, on_progress, progress)
        if bar is None:
            return self._run(work, on_progress)
        with bar:
            return self._run(work, bar)

    def _run(self, work: Request[R] | Flow[R], on_progress: OnProgress | None) -> R:
        if on_progress is None and isinstance(work, Request):
            return self._call(work)
        left: list[threading.Thread] = []
        try:
            return self._drive(self._flow(work, on_progress), left)
        finally:  # what was broken off ends when the server, told to stop, answers
            for thread in left:
                thread.join(LAST_WORDS)

    def _drive(self, flow: Flow[R], left: list[threading.Thread]) -> R:
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
                step = partial(flow.send, self._do(todo, ending is not None, left))
            except Exception as error:  # noqa: BLE001 - thrown into the operation
                step = partial(flow.throw, error)
            except BaseException as error:
                if ending is not None:
                    flow.close()
                    raise
                ending = error
                step = partial(flow.throw, error)

    def _do(self, todo: Step, hurry: bool, left: list[threading.Thread]) -> Any:
        if isinstance(todo, Sleep):
            return time.sleep(todo.seconds)
        if isinstance(todo, Setting):
            return getattr(self, todo.name)
        if isinstance(todo, Remember):
            found = UNKNOWN if todo.refresh else self._facts.get(todo.key, UNKNOWN)
            return self.run(self._finding(todo)) if found is UNKNOWN else found
        if isinstance(todo, Watch):
            return self._watched(todo, left)
        return self._call(todo, hurry)

    def awaitable(self) -> AsyncWebUIApi:
        """An awaitable client of the same settings."""
        from .awaitable import AsyncWebUIApi

        other = object.__new__(AsyncWebUIApi)
        other.__dict__.update(self.__dict__)
        other._transport = self._awaitable_transport()
        return other

    def _awaitable_transport(self) -> AsyncTransport:
        from ..transport.local import AsyncLocalTransport, LocalTransport

        if isinstance(self._transport, LocalTransport):
            return AsyncLocalTransport(self._transport)
        return awaitable_transport()

    def submit(
        self, request: Request[R], *, priority: int = 0, via: Literal["agent-scheduler"] | None = None
    ) -> Job[R]:
        """Start a generation and go on: the job tells its status and has the result.

        At most `max_in_flight` are under way; the others wait here, higher `priority` first. `via="agent-scheduler"`
        puts it into the queue of that extension instead, where it survives this program: see `attach`.
        """
        from ..api.agent_scheduler import QueueTask
        from ..handles import Job
        from ..jobs import conduct
        from ..settled import settled

        request = settled(request)
        if via is not None:
            return cast("Job[R]", self.attach(self.run(QueueTask(cast("Any", request)))))
        self._check(request)
        job = Job(self, request, partial(conduct, placed=True), self._halt)
        job.wait_for_turn(priority)
        return job

    def attach(self, task_id: str) -> Job[WebUIApiResult]:
        """The job of a task in the queue of the extension agent-scheduler, also one of an earlier program's."""
        from ..api.agent_scheduler import GetQueueResults
        from ..handles import Job
        from ..jobs import scheduled, unschedule

        job = Job(self, GetQueueResults(task_id), scheduled, unschedule)
        job.id = task_id
        job.start()
        return job

    @contextmanager
    def _place(self, needed: bool) -> Iterator[None]:
        """A place among the generations under way."""
        if not needed:
            yield
            return
        turn = threading.Event()
        ticket = self.gate.ask(turn.set)
        try:
            while not turn.wait(0.5):  # in short waits: on Windows a long one can't be broken off
                pass
        except BaseException:
            if not self.gate.withdraw(ticket):
                self.gate.leave()
            raise
        try:
            yield
        finally:
            self.gate.leave()

    def _last_words(self, request: Request[Any]) -> None:
        """A generation was broken off: have the server stop it, as far as it can be told from others."""
        from ..jobs import JobCore, stop

        try:
            _driven(stop(JobCore(request, sent=True), self._alone), lambda todo: self._do(todo, True, []))
        except WebUIApiError as error:
            log().info("the server could not be told to stop: %s", error)

    def _on_the_wire(self, todo: Outgoing | Sleep) -> Incoming | None:
        if isinstance(todo, Sleep):
            time.sleep(todo.seconds)
            return None
        return self._transport.send(todo)

    def _call(self, request: Request[R], hurry: bool = False, placed: bool = False, minded: bool = False) -> R:
        if not minded:  # those have been checked when they were taken
            self._check(request)
        asked, preparation = request, request.preparation()
        if preparation is not None:
            request = self.run(preparation)
        call = self._outgoing(request, hurry)
        with self._place(request.generation and not placed):
            try:
                call, incoming = _driven(self._exchanging(request, call, hurry), self._on_the_wire)
            except Exception:
                raise
            except BaseException:  # Ctrl-C
                if request.generation and not minded:
                    self._last_words(request)
                raise
        return self._reviewed(asked, self._result(request, call, incoming))

    def _watched(self, watch: Watch[R], left: list[threading.Thread]) -> R:
        """The call in a thread of its own, what goes on beside it in this one, which Ctrl-C reaches."""
        done = threading.Event()
        outcome: list[Any] = [None, None]

        def work() -> None:
            try:
                outcome[0] = self._call(watch.request, placed=watch.placed, minded=True)
            except BaseException as error:  # noqa: BLE001 - raised again by the one who waits
                outcome[1] = error
            finally:
                done.set()

        thread = threading.Thread(target=work, name="webuiapi-call", daemon=True)
        thread.start()
        left.append(thread)
        trouble = self._beside(watch, done)
        while not done.wait(0.2):  # in short waits: on Windows a long one can't be broken off
            pass
        left.remove(thread)
        if outcome[1] is not None:
            raise outcome[1]
        if trouble is not None:
            raise trouble
        return cast("R", outcome[0])

    def _beside(self, watch: Watch[Any], done: threading.Event) -> Exception | None:
        flow = watch.beside()
        step: Callable[[], Any] = partial(next, flow)
        try:
            while not done.is_set():
                try:
                    todo = step()
                except StopIteration:
                    return None
                except Exception as error:  # noqa: BLE001 - raised when the call has ended
                    return error
                if isinstance(todo, Sleep):
                    done.wait(todo.seconds)
                    step = partial(flow.send, None)
                    continue
                try:
                    step = partial(flow.send, self._do(todo, True, []))  # the result must not wait for it
                except Exception as error:  # noqa: BLE001 - thrown into the operation
                    step = partial(flow.throw, error)
            return None
        finally:
            flow.close()

    def using_model(self, name: str) -> utilities.Borrowed:
        """`with api.using_model("dreamshaper"):` loads a checkpoint and afterwards the old one again."""
        from ..api import utilities

        return utilities.Borrowed(self.run, lambda: utilities.exchange_model(name))

    def using_options(self, options: Mapping[str, Any] | None = None, **named: Any) -> utilities.Borrowed:
        """`with api.using_options(CLIP_stop_at_last_layers=2):` sets options and afterwards their old values again.

        Options hold for all users of the server: for one call, `override_settings` is better.
        """
        from ..api import utilities

        return utilities.Borrowed(self.run, lambda: utilities.exchange_options({**(options or {}), **named}))

    def close(self) -> None:
        """Close the kept connections. The client stays usable: the next call opens new ones."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _driven(flow: Generator[T, Any, R], do: Callable[[T], Any]) -> R:
    """Drive an operation to its end: `do` does each of its steps; what that raises, it gets."""
    step: Callable[[], T] = partial(next, flow)
    while True:
        try:
            todo = step()
        except StopIteration as end:
            return cast("R", end.value)
        try:
            step = partial(flow.send, do(todo))
        except Exception as error:  # noqa: BLE001 - thrown into the operation
            step = partial(flow.throw, error)
