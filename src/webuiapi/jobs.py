"""A submitted generation: where it is in the queue, how far it is, its result; and cancelling it.

The progress is that of *this* job: where the server knows tasks (A1111 1.8 and newer and its family, not with
--nowebui), the request carries a task id and its progress is asked for; elsewhere the server's global progress is told
apart by its time stamp; where there is none (KoboldCpp, Draw Things), `Running.progress` is None.
"""

from __future__ import annotations

import secrets
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from .api.agent_scheduler import DeleteQueueTask, GetQueueResults, GetQueueTask, QueueTask
from .api.internal import GetPendingTasks, GetTaskProgress, TaskProgress
from .api.jobs import GetProgress, Interrupt
from .checks import users_level
from .errors import ConnectionLost, GatewayError, NotFound, WebUIApiError
from .logs import log
from .request import Flow, Request, Sleep, Watch, replaced
from .server_info import server as which_server

if TYPE_CHECKING:
    from PIL.Image import Image

R = TypeVar("R")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0
_UNKNOWN = "is unknown there now"
_STANDSTILL = 120.0  # seconds without progress after which a task that nobody waits for is given up
_PATIENCE = 10  # failed questions about the progress after which no more are asked


@dataclass(frozen=True)
class Queued:
    """It waits."""

    position: int | None = None
    """Place in the server's queue from 1; None while it waits in this client, or where the server does not say."""


@dataclass(frozen=True)
class Running:
    """The server works on it."""

    progress: float | None = None
    """0 to 1; None where the server does not say."""
    step: int | None = None
    """Sampling steps done in this pass; None where the server does not say."""
    steps: int | None = None
    """Sampling steps of this pass; None where the server does not say."""
    eta: float | None = None
    """Seconds left, as the server guesses; None while nothing is known."""
    job_no: int | None = None
    """Passes done: batches, each twice with hires fix; None where the server does not say."""
    job_count: int | None = None
    """Passes in all; None where the server does not say."""
    preview: Image | None = field(default=None, compare=False, repr=False)
    """The picture as it is now, when somebody looks at previews."""


@dataclass(frozen=True)
class Completed:
    """The result is there."""


@dataclass(frozen=True)
class Failed:
    """It ended with an error."""

    error: BaseException


@dataclass(frozen=True)
class Cancelled:
    """It was taken back, or interrupted; `partial` of the job holds what had been made."""


Status: TypeAlias = Queued | Running | Completed | Failed | Cancelled
_ENDS = (Completed, Failed, Cancelled)


class TaskLost(WebUIApiError):
    """The connection broke while the server worked, and the work went on: `task_id` names the task on the server."""

    def __init__(self, message: str, task_id: str) -> None:
        super().__init__(message, task_id)
        self.task_id = task_id

    def __str__(self) -> str:
        return str(self.args[0])


class JobCancelled(WebUIApiError):
    """`result()` of a job that was cancelled. `partial` holds what the interrupted call gave, or None."""

    partial: Any = None


class JobCore(Generic[R]):
    """What a job knows, whatever the colour of its client. Safe to look at from any thread."""

    def __init__(self, request: Request[R], *, sent: bool = False) -> None:
        self.request = request
        self.sent = sent
        """Whether its request is on its way, or was; until then it can be taken back without the server seeing it."""
        self.id: str | None = getattr(request, "force_task_id", None)
        """The task's id on the server; None where the server has no such thing, or before it is known."""
        self.partial: R | None = None
        """What an interrupted call returned."""
        self.changed = threading.Condition()
        self.version = 0
        self.watchers = 0
        """How many look at previews."""
        self.stop_wanted = False
        """It was cancelled before the server worked on it: it is to be stopped as soon as it does."""
        self.alone: Callable[[], bool] = lambda: False
        """Says that the client has no other job, as whoever cancelled it knows."""
        self.interrupted = False
        self.preview_id = -1
        self.preview: Image | None = None
        self._status: Status = Queued()
        self._value: R | None = None
        self._listeners: list[Callable[[], None]] = []
        self.began_at: str | None = None  # the server's last time stamp before ours

    @property
    def status(self) -> Status:
        """Where it is now."""
        return self._status

    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return isinstance(self._status, _ENDS)

    def tell(self, status: Status) -> None:
        """Take note of a status; one that has ended stays as it is."""
        with self.changed:
            if self.done() or status == self._status:
                return
            self._status = status
            self.version += 1
            self.changed.notify_all()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def send(self) -> None:
        """Note that its request goes out now. Raises `JobCancelled` when it was cancelled before."""
        with self.changed:
            self.sent = not self.stop_wanted
            self.interrupted = self.stop_wanted
        if self.interrupted:
            raise JobCancelled("the job was cancelled before it was sent")

    def taken_back(self) -> bool:
        """Take it back if it was not sent yet; whether that was so."""
        with self.changed:
            self.stop_wanted = self.stop_wanted or not self.sent
            return not self.sent

    def finish(self, value: R) -> None:
        """Take note of the result; of an interrupted job it is the partial one."""
        if self.interrupted:
            self.partial = value
            self.tell(Cancelled())
        else:
            self._value = value
            self.tell(Completed())

    def outcome(self) -> R:
        """The result of a job that has ended. Raises its error, or `JobCancelled`."""
        status = self._status
        if isinstance(status, Failed):
            raise status.error
        if isinstance(status, Cancelled):
            error = JobCancelled("the job was cancelled" + (": its partial result is kept" if self.partial else ""))
            error.partial = self.partial
            raise error
        return self._value  # type: ignore[return-value]  # Completed: it is there

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` at each change from now on, from whatever thread makes it."""
        with self.changed:
            self._listeners.append(listener)

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Do not call it any more."""
        with self.changed:
            self._listeners.remove(listener)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id or '(no task id)'}: {self._status!r}>"


# -- operations -------------------------------------------------------------------------------------------------------

Follow: TypeAlias = Callable[[JobCore[Any]], "Flow[Status | None]"]
"""Asks the server once how far a job is; None when it does not say."""


def conduct(job: JobCore[R], *, placed: bool = False) -> Flow[R]:
    """Send the job's request and follow its progress until the answer is there."""
    request, follow = yield from _introduced(job)
    job.send()
    try:
        return (yield from Watch(request, lambda: _followed(job, follow), placed=placed))
    except (GatewayError, ConnectionLost) as error:
        if job.id is None or follow is None or (isinstance(error, ConnectionLost) and not error.may_have_begun):
            raise
        ended = yield from _outlasted(job)
        if ended == _UNKNOWN:  # as it seems, the request never got there
            raise
        hint = (
            f"The task {job.id} went on without the connection and {ended}; its pictures can't be had any more, since "
            "the server sends them once. Raise the time limit of the proxy in between, or use "
            'submit(..., via="agent-scheduler"), whose results can be fetched later, or save_images=True.'
        )
        raise TaskLost(f"{error}\n{hint}", job.id) from error


def _introduced(job: JobCore[R]) -> Flow[tuple[Request[R], Follow | None]]:
    """The request with its task id, and how its progress can be asked for on this server."""
    request = job.request
    which = yield from which_server()
    if which.webui and hasattr(request, "force_task_id"):
        job.id = job.id or f"task(webuiapi-{secrets.token_hex(8)})"
        return replaced(request, force_task_id=job.id), _by_task
    if which.flavour in ("koboldcpp", "drawthings", "sdcpp"):
        return request, None
    try:
        job.began_at = (yield from GetProgress(skip_current_image=True)).state.job_timestamp
    except WebUIApiError:
        return request, None
    return request, _by_time_stamp


def _by_task(job: JobCore[Any]) -> Flow[Status | None]:
    try:
        task = yield from GetTaskProgress(job.id, job.preview_id, job.watchers > 0)
    except NotFound:  # --nowebui
        return (yield from _by_time_stamp(job))
    if task.queued:
        return Queued(task.position)
    if not task.active:
        return None
    job.preview_id = task.id_live_preview
    job.preview = task.preview or job.preview
    now = yield from GetProgress(skip_current_image=True)
    if now.idle:  # it ended between the two questions
        return None
    return Running(task.progress, now.step, now.steps, task.eta, now.state.job_no, now.state.job_count, job.preview)


def _by_time_stamp(job: JobCore[Any]) -> Flow[Status | None]:
    now = yield from GetProgress(skip_current_image=job.watchers == 0)
    if now.idle or now.state.job_timestamp == job.began_at:
        return None
    state = now.state
    return Running(min(now.progress, 1.0), now.step, now.steps, now.eta, state.job_no, state.job_count, now.preview)


def _followed(job: JobCore[Any], follow: Follow | None) -> Generator[Any, Any, None]:
    if follow is None:
        job.tell(Running())
        return
    pause, failures = _FIRST_PAUSE, 0
    while failures < _PATIENCE:
        yield Sleep(pause)
        try:
            status = yield from follow(job)
            failures = 0
            if job.stop_wanted and isinstance(status, Running):
                yield from stop(job, job.alone)
        except WebUIApiError as error:
            log().info("the progress can't be asked for: %s", error)
            failures += 1
            continue
        except Exception as error:  # noqa: BLE001 - a hook of the caller's: the picture must not be lost for it
            log().warning("the progress is not watched any more: %r", error)
            return
        known = job.version
        if status is not None:
            job.tell(status)
        pause = _FIRST_PAUSE if job.version != known else min(pause * 1.3, _LONGEST_PAUSE)


def _outlasted(job: JobCore[Any]) -> Flow[str]:
    """Watch the task on the server to its end; how it ended, in words."""
    pause, failures, still, seen = _FIRST_PAUSE, 0, 0.0, job.version
    while failures < _PATIENCE and still < _STANDSTILL:
        still, seen = (still + pause if job.version == seen else 0.0), job.version
        try:
            task = yield from GetTaskProgress(job.id, live_preview=False)
        except WebUIApiError:
            failures += 1
        else:
            if task.completed:
                return "was completed"
            if not task.active and not task.queued:
                return _UNKNOWN
            failures = 0
            job.tell(Queued(task.position) if task.queued else Running(task.progress, eta=task.eta))
        pause = min(pause * 1.3, _LONGEST_PAUSE)
        yield Sleep(pause)
    return "can't be asked for" if failures else f"has not moved for {_STANDSTILL:.0f} s"


def stop(job: JobCore[Any], alone: Callable[[], bool]) -> Flow[None]:
    """Interrupt the job if the server is working on it.

    One that waits there, or is on its way, is interrupted when its turn comes; one that was not sent yet is not sent.
    Asked immediately before; between the answer and the order the server may still go on to the next job. Without task
    ids the order is given only when no other job can be seen: `alone` says that this client has no other.
    """
    if job.taken_back():
        return
    if not hasattr(job.request, "force_task_id"):  # it leaves no trace on the server: what runs may be another's
        return
    task: TaskProgress | None = None
    if job.id is not None:
        with suppress(NotFound):  # --nowebui
            task = yield from GetTaskProgress(job.id, live_preview=False)
    job.alone = alone
    if task is not None:
        now = task.active
        later = not now and not task.completed  # it waits there, or is on its way
    else:
        now = alone() and not (yield from _others_wait())
        later = now and (yield from GetProgress(skip_current_image=True)).idle
    if later:
        job.stop_wanted = True
    elif now:
        yield from _interrupted(job, Interrupt())


def _interrupted(job: JobCore[Any], order: Request[Any]) -> Flow[None]:
    job.interrupted = True  # before: the call may be answered sooner than the order
    try:
        yield from order
    except WebUIApiError:
        job.interrupted = False
        raise
    job.stop_wanted = False


def _others_wait() -> Flow[bool]:
    try:
        return (yield from GetPendingTasks()).size > 0
    except WebUIApiError:
        return False


def run_watched(
    request: Request[R], on_progress: Callable[[Running], None], alone: Callable[[], bool], *, previews: bool = False
) -> Flow[R]:
    """Run a request, and call `on_progress` with how far it is, while it runs; with `previews` also pictures of it.

    When the wait is broken off (Ctrl-C, a cancelled task), the server is told to stop if it works on this. Trouble with
    the progress costs no picture: it ends the watching with a warning.
    """
    job = JobCore(request)
    job.watchers += previews
    listening = True

    def hear() -> None:
        nonlocal listening
        if listening and isinstance(job.status, Running):
            try:
                on_progress(job.status)
            except Exception as error:  # noqa: BLE001 - the caller's; the picture being made must not be lost for it
                listening = False
                told = f"on_progress raised {type(error).__name__}: {error}; it is not called again"
                warnings.warn(told, stacklevel=users_level())

    job.listen(hear)
    try:
        return (yield from conduct(job))
    except Exception:
        raise
    except BaseException:
        yield from stop(job, alone)
        raise


def scheduled(job: JobCore[Any]) -> Flow[Any]:
    """Follow a task of the agent-scheduler's queue to its end; its result."""
    pause = _FIRST_PAUSE
    while True:
        task = yield from GetQueueTask(job.id or "")
        if task.status == "done":
            return (yield from GetQueueResults(job.id or ""))
        if task.status in ("failed", "interrupted"):
            raise WebUIApiError(f"task {job.id} of the queue {task.status}: {task.result or 'it says no reason'}")
        known = job.version
        place = task.position if isinstance(task.position, int) else None
        job.tell(Running() if task.status == "running" else Queued(place))
        pause = _FIRST_PAUSE if job.version != known else min(pause * 1.3, _LONGEST_PAUSE)
        yield Sleep(pause)


def through_queue(job: JobCore[Any]) -> Flow[Any]:
    """Put the request into the agent-scheduler's queue, and follow it there to its end."""
    job.id = yield from QueueTask(cast("Any", job.request))
    if job.stop_wanted:
        yield from unschedule(job)
    return (yield from scheduled(job))


def unschedule(job: JobCore[Any]) -> Flow[None]:
    """Take a task out of the agent-scheduler's queue, or interrupt it there."""
    if job.id is None:  # it is on its way into the queue: it is taken out as soon as it is there
        job.stop_wanted = True
        return
    yield from _interrupted(job, DeleteQueueTask(job.id))
