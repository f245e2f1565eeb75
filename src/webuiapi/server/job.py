"""The running job as the code that paints sees it: it reports where it is, and learns whether to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image


class Job(Protocol):
    """What processing reports to, and what tells it to stop.

    `State` makes one when a request's turn has come. Progress, previews, `interrupt` and `skip` all go through it.
    """

    @property
    def interrupted(self) -> bool:
        """Somebody called `interrupt`: no further batch begins."""

    @property
    def skipped(self) -> bool:
        """Somebody called `skip`: this batch ends early. `begin_batch` clears it."""

    @property
    def timestamp(self) -> str:
        """When the job started, as `info` has it: year to second in 14 digits."""

    def start(self) -> None:
        """The request is complete (its pictures are decoded) and its job starts.

        A request that fails before this leaves its task waiting for ever, one that fails after it leaves its task
        active until the next one starts, as the webui does.
        """

    def begin(self, job_count: int) -> None:
        """The pipeline starts; `job_count` is `n_iter`, doubled by hires fix. Starts the job if `start` did not."""

    def begin_batch(self, index: int, count: int, *, name: str | None = None) -> None:
        """Batch `index` (from 0) of `count` starts; the name shown is `Batch i out of n` when there are several."""

    def step(self, step: int, steps: int, preview: Callable[[], Image]) -> None:
        """Step `step` (from 1) of `steps` is done; `preview` paints the picture so far, and is called only when asked
        for.

        Waits for the server's time by step. Raises `engine.Stop` when the pass has to end here.
        """

    def end_pass(self) -> None:
        """One of `job_count` passes is done."""
