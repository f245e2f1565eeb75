"""The webui's own routes outside /sdapi: the progress of one task, what waits, whether it is alive.

Not with --nowebui, and open even with --api-auth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..items import Item, flag, integer, optional_number, optional_text, texts
from ..request import Answer, Request
from .base import GetItem, read_item

if TYPE_CHECKING:
    from PIL.Image import Image


class TaskProgress(Item):
    """How far one task is."""

    active = flag()
    """It is being worked on. A task that failed stays so until the next begins (A1111 1.10)."""
    queued = flag()
    """It waits. A task that failed before its turn stays so for ever (A1111 1.10)."""
    completed = flag()
    """It is done, and among the last 16."""
    progress = optional_number()
    """0 to 1 while it runs, else None."""
    eta = optional_number()
    """Seconds left, as the server guesses; None while nothing is known."""
    textinfo = optional_text()
    """`In queue: 2/3`, `Waiting...`"""
    id_live_preview = integer()
    """Number of the preview, to be sent back; -1 before the first."""
    live_preview = optional_text()
    """The preview as a data URI; None when it has not changed."""

    @property
    def position(self) -> int | None:
        """Place in the queue from 1, for a task that waits; None for any other."""
        found = re.search(r"(\d+)/(\d+)", self.textinfo or "") if self.queued else None
        return int(found.group(1)) if found else None

    @property
    def preview(self) -> Image | None:
        """The picture as it is now; None when there is no new one."""
        from .jobs import opened

        return opened(self.live_preview)


@dataclass(frozen=True, eq=False)
class GetTaskProgress(Request[TaskProgress]):
    """How far the task of a request with that `force_task_id` is: POST /internal/progress."""

    path: ClassVar[str] = "/internal/progress"

    id_task: str | None = None
    """The task. None on an idle server says active, for no reason."""
    id_live_preview: int | None = None
    """The last preview's number, so that only a newer one is sent."""
    live_preview: bool | None = None
    """Send the preview. Default true."""

    def parse(self, answer: Answer) -> TaskProgress:
        return read_item(answer, TaskProgress)


class PendingTasks(Item):
    """The tasks that wait, in order, the web page's own among them; the running one is not."""

    size = integer()
    tasks = texts()


class GetPendingTasks(GetItem[PendingTasks]):
    """The tasks that wait (server 1.8 and newer): GET /internal/pending-tasks."""

    path, kind = "/internal/pending-tasks", PendingTasks


class Ping(GetItem[Item]):
    """Whether the webui is there: GET /internal/ping. Gives `{}`."""

    path, kind = "/internal/ping", Item
