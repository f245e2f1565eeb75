"""The queue of the extension agent-scheduler: submit now, ask later, fetch the pictures when they are done.

Facts are of the extension's version of January 2025. Nearly everything answers 200 there, with `success: false` where
it failed; here that is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from ..answers import checked, sort_out
from ..checks import Problem, field_problems, in_stages
from ..errors import AnswerError
from ..items import Item, anything, flag, integer, items, mapping, optional_text, text
from ..request import LOCAL, Answer, ClientDefaults, Flow, Request, replaced, said
from ..results import WebUIApiResult
from ..wire import decode_image
from ..wording import a_kind
from .base import GetItem, read_item
from .generate import Generation, Img2Img, Txt2Img
from .known import checkpoint as title_of
from .known import vae_name

_ROOT = "/agent-scheduler/v1"


class Task(Item):
    """A task of the queue."""

    id = text()
    name = optional_text()
    type = text()
    """`txt2img` or `img2img`."""
    status = text()
    """`pending`, `running`, `done`, `failed` or `interrupted`."""
    params = mapping()
    """The request, without pictures and scripts."""
    priority = integer()
    position = anything()
    """Place in the queue from 1, or None."""
    result = optional_text()
    """JSON text about what was made, or the error."""
    bookmarked = flag()
    created_at = anything()
    updated_at = anything()
    api_task_id = optional_text()
    api_task_callback = optional_text()


class Queue(Item):
    """What waits."""

    current_task_id = optional_text()
    pending_tasks = items(Task)
    total_pending_tasks = integer()
    paused = flag()


class History(Item):
    """What is finished."""

    tasks = items(Task)
    total = integer()


@dataclass(frozen=True, eq=False)
class QueueTask(Request[str]):
    """Put a generation into the queue: POST /agent-scheduler/v1/queue/txt2img or img2img. Gives the task's id."""

    sends_pictures: ClassVar[bool] = True

    request: Txt2Img | Img2Img = field(metadata=LOCAL)
    """What to generate."""
    _: KW_ONLY
    checkpoint: str | None = None
    """The checkpoint to use, by any name. Unknown: `UnknownName` (the extension would ignore it)."""
    vae: str | None = None
    """The VAE to use. Unknown: `UnknownName` (the extension would ignore it)."""
    callback_url: str | None = None
    """Where the extension posts the finished pictures: form fields `task_id`, `status`, and `files`."""

    def __post_init__(self) -> None:
        if not isinstance(self.request, Generation):
            raise TypeError(f"request is {a_kind(self.request)}: Txt2Img or Img2Img is needed")
        super().__post_init__()

    @property
    def path(self) -> str:  # type: ignore[override]  # depends on what is queued
        """Where it goes."""
        return f"{_ROOT}/queue/{'img2img' if isinstance(self.request, Img2Img) else 'txt2img'}"

    def problems(self) -> Iterator[Problem]:
        return in_stages(field_problems(self), self.request.problems())

    def preparation(self) -> Flow[QueueTask]:
        return self._prepared()

    def _prepared(self) -> Flow[QueueTask]:
        request: Any = self.request
        request = yield from request.preparation()
        checkpoint = None if self.checkpoint is None else (yield from title_of(self.checkpoint))
        vae = None if self.vae is None else (yield from vae_name(self.vae))
        return replaced(self, request=request, checkpoint=checkpoint, vae=vae)

    def with_defaults(self, defaults: ClientDefaults) -> QueueTask:
        request: Any = self.request.with_defaults(defaults)
        return QueueTask(request, checkpoint=self.checkpoint, vae=self.vae, callback_url=self.callback_url)

    def payload(self) -> dict[str, Any]:
        return {**self.request.payload(), **said(self)}

    def parse(self, answer: Answer) -> str:
        task = read_item(answer, Item).get("task_id")
        if not isinstance(task, str) or not task:
            raise _failed(answer, "it gave no task id")
        return task


@dataclass(frozen=True, eq=False)
class GetQueue(GetItem[Queue]):
    """The tasks that wait: GET /agent-scheduler/v1/queue."""

    path: ClassVar[str] = f"{_ROOT}/queue"
    kind: ClassVar[type[Any]] = Queue

    limit: int = 20
    """At most so many tasks."""
    offset: int = 0
    """Tasks to leave out at the beginning."""

    def query(self) -> dict[str, Any]:
        return {"limit": self.limit, "offset": self.offset}


@dataclass(frozen=True, eq=False)
class GetQueueHistory(GetItem[History]):
    """The finished tasks: GET /agent-scheduler/v1/history."""

    path: ClassVar[str] = f"{_ROOT}/history"
    kind: ClassVar[type[Any]] = History

    status: str | None = None
    """`done`, `failed`, `interrupted`, `bookmarked`, or None for all."""
    limit: int = 20
    """At most so many tasks."""
    offset: int = 0
    """Tasks to leave out at the beginning."""

    def query(self) -> dict[str, Any]:
        only = {} if self.status is None else {"status": self.status}
        return {**only, "limit": self.limit, "offset": self.offset}


@dataclass(frozen=True, eq=False)
class GetQueueTask(Request[Task]):
    """One task: GET /agent-scheduler/v1/task/{id}."""

    method: ClassVar[str] = "GET"

    task_id: str
    """The task."""

    @property
    def path(self) -> str:  # type: ignore[override]  # names the task
        """Where it is asked for."""
        return f"{_ROOT}/task/{self.task_id}"

    def parse(self, answer: Answer) -> Task:
        return Task.read(_data(answer))


@dataclass(frozen=True, eq=False)
class GetQueueResults(Request[WebUIApiResult]):
    """The pictures of a finished task: GET /agent-scheduler/v1/task/{id}/results.

    They are read from the server's disk again: deleted ones are missing. Raises `AnswerError` while it is not finished.
    """

    method: ClassVar[str] = "GET"
    slow = True  # many pictures are read from disk

    task_id: str
    """The task."""

    @property
    def path(self) -> str:  # type: ignore[override]  # names the task
        """Where it is asked for."""
        return f"{_ROOT}/task/{self.task_id}/results"

    def parse(self, answer: Answer) -> WebUIApiResult:
        data = _data(answer)
        listed = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
        content, errors = sort_out([decode_image(item.get("image")) for item in listed])
        texts = [item.get("infotext") for item in listed if isinstance(item.get("infotext"), str)]
        return checked(WebUIApiResult(content, {"infotexts": texts}, errors=errors), answer)


@dataclass(frozen=True, eq=False)
class QueueOrder(Request[str]):
    """An order to the queue. Gives its message."""

    def payload(self) -> None:
        return None

    def parse(self, answer: Answer) -> str:
        return str(_success(answer).get("message") or "")


class PauseQueue(QueueOrder):
    """Begin no further task: POST /agent-scheduler/v1/queue/pause."""

    path = f"{_ROOT}/queue/pause"


class ResumeQueue(QueueOrder):
    """Go on with the tasks: POST /agent-scheduler/v1/queue/resume."""

    path = f"{_ROOT}/queue/resume"


class ClearQueue(QueueOrder):
    """Forget all tasks that wait: POST /agent-scheduler/v1/queue/clear."""

    path = f"{_ROOT}/queue/clear"


@dataclass(frozen=True, eq=False)
class DeleteQueueTask(QueueOrder):
    """Take a task out of the queue, interrupt it if it runs: DELETE /agent-scheduler/v1/task/{id}."""

    method: ClassVar[str] = "DELETE"

    task_id: str
    """The task."""

    @property
    def path(self) -> str:  # type: ignore[override]  # names the task
        """What is deleted."""
        return f"{_ROOT}/task/{self.task_id}"


def _success(answer: Answer) -> Item:
    fields = read_item(answer, Item)
    if fields.get("success") is False:
        raise _failed(answer, str(fields.get("message") or "it says no reason"))
    return fields


def _data(answer: Answer) -> Any:
    return _success(answer).get("data")


def _failed(answer: Answer, why: str) -> AnswerError:
    return answer.error(f": the queue refused: {why}")
