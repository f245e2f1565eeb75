"""Where the running job is: counters, time, previews, and the two flags that stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .engine import Stop

if TYPE_CHECKING:
    from PIL.Image import Image

PREVIEW_SHARE = 4
"""A preview has a fourth of the picture's width and height."""
PREVIEW_PATIENCE = 1.0
"""Seconds for which somebody who asks for a preview waits for the painting thread to make it."""


@dataclass(frozen=True)
class Figures:
    """Where the job is at one moment, as GET progress shows it."""

    skipped: bool
    interrupted: bool
    stopping_generation: bool
    job: str
    job_count: int
    """0 without a job, -1 until its pipeline starts."""
    job_timestamp: str
    job_no: int
    sampling_step: int
    sampling_steps: int

    def share_done(self, start: float = 0.0) -> float:
        """The share of the job that is done, counted from `start`; it may exceed 1."""
        if self.job_count <= 0:
            return start
        done = start + self.job_no / self.job_count
        if self.sampling_steps > 0:
            done += self.sampling_step / (self.sampling_steps * self.job_count)
        return done


class Progress:
    """One set of figures for the whole server: they describe whatever job runs, and stay when it is over.

    The thread that paints writes, all others read; previews are made by the thread that paints, when somebody asks.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._changed = threading.Condition()
        self._render: Callable[[], Image] | None = None
        self.preview_wanted = False
        self._preview_step = 0
        self._closed = False
        self.on_step: list[Callable[[], None]] = []
        """Called by the thread that paints after every step; what they raise ends the job."""
        self.skipped = False
        self.interrupted = False
        self.job = ""
        self.job_count = 0
        self.job_no = 0
        self.job_timestamp = "0"
        self.sampling_step = 0
        self.sampling_steps = 0
        self.started = 0.0
        self.preview: Image | None = None
        self.preview_id = 0

    # --- what the job reports

    def begin(self, name: str) -> None:
        """A job starts. The step counters are still those of the last one until the first step."""
        with self._changed:
            self.skipped = self.interrupted = False
            self.job = name
            self.job_count = -1
            self.job_no = 0
            self.sampling_step = 0
            self.job_timestamp = self._now().strftime("%Y%m%d%H%M%S")
            self.started = time.monotonic()
            self.preview = None
            self.preview_id = 0
            self._new_pass()

    def end(self) -> None:
        """The job is over, one way or the other."""
        with self._changed:
            self.job = ""
            self.job_count = 0
            self._new_pass()

    def end_pass(self) -> None:
        """One of `job_count` passes is done."""
        with self._changed:
            self.job_no += 1
            self.sampling_step = 0
            self._new_pass()

    def step(self, step: int, steps: int, render: Callable[[], Image], seconds: float) -> None:
        """A step is done. Waits `seconds`, makes a preview if one is asked for, and ends the pass if it has to."""
        with self._changed:
            self.sampling_step = step
            self.sampling_steps = steps
            self._render = render
        for notice in list(self.on_step):
            notice()
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                if self.preview_wanted:
                    self._make_preview()
                if self.skipped or self.stopping:
                    raise Stop
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return
                self._changed.wait(remaining)

    # --- what others ask for

    def stop(self, *, interrupt: bool = False, skip: bool = False) -> None:
        """End the job, or only its current batch."""
        with self._changed:
            self.interrupted |= interrupt
            self.skipped |= skip
            self._changed.notify_all()

    def close(self) -> None:
        """End the job because the server closes."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def stopping(self) -> bool:
        """No further batch may begin."""
        return self.interrupted or self._closed

    def renew_preview(self, every: int) -> tuple[Image | None, int]:
        """The preview and its number, made anew if `every` steps have passed since the last one."""
        with self._changed:
            if 0 <= every <= self.sampling_step - self._preview_step and self._render is not None:
                self.preview_wanted = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self.preview_wanted, PREVIEW_PATIENCE)
            return self.preview, self.preview_id

    def figures(self) -> Figures:
        """All figures of this moment."""
        with self._changed:
            return Figures(
                skipped=self.skipped,
                interrupted=self.interrupted,
                stopping_generation=False,
                job=self.job,
                job_count=self.job_count,
                job_timestamp=self.job_timestamp,
                job_no=self.job_no,
                sampling_step=self.sampling_step,
                sampling_steps=self.sampling_steps,
            )

    @property
    def elapsed(self) -> float:
        """Seconds since the job began; 0 without one."""
        return time.monotonic() - self.started if self.job_count else 0.0

    def eta(self, done: float) -> float | None:
        """Seconds until the job is over if it goes on as it began, from the share that is done; None at 0."""
        elapsed = self.elapsed
        return elapsed / done - elapsed if done > 0 else None

    # --- inside, with the condition held

    def _new_pass(self) -> None:
        self._render = None
        self.preview_wanted = False
        self._preview_step = 0
        self._changed.notify_all()

    def _make_preview(self) -> None:
        if self._render is not None:
            image = self._render()
            size = (max(1, image.width // PREVIEW_SHARE), max(1, image.height // PREVIEW_SHARE))
            self.preview = image.convert("RGB").resize(size)
            self.preview_id += 1
            self._preview_step = self.sampling_step
        self.preview_wanted = False
        self._changed.notify_all()


class RunningJob:
    """The `Job` that a request holds once its turn has come."""

    def __init__(self, progress: Progress, name: str, step_time: float, on_start: Callable[[], None]) -> None:
        self._progress = progress
        self._name = name
        self._step_time = step_time
        self._on_start = on_start
        self.started = False

    @property
    def interrupted(self) -> bool:
        """Somebody called `interrupt`, or the server closes."""
        return self._progress.stopping

    @property
    def skipped(self) -> bool:
        """Somebody called `skip`."""
        return self._progress.skipped

    @property
    def timestamp(self) -> str:
        """When the job began: year to second in 14 digits."""
        return self._progress.job_timestamp

    def start(self) -> None:
        """The request is complete, its job begins. What fails before leaves the task waiting for ever."""
        if not self.started:
            self.started = True
            self._on_start()
            self._progress.begin(self._name)

    def begin(self, job_count: int) -> None:
        """The pipeline starts, with so many passes ahead."""
        self.start()
        self._progress.job_count = job_count

    def begin_batch(self, index: int, count: int, *, name: str | None = None) -> None:
        """Batch `index` of `count` starts."""
        self._progress.skipped = False
        if name is not None:
            self._progress.job = name
        elif count > 1:
            self._progress.job = f"Batch {index + 1} out of {count}"

    def step(self, step: int, steps: int, preview: Callable[[], Image]) -> None:
        """Step `step` of `steps` is done."""
        self._progress.step(step, steps, preview, self._step_time)

    def end_pass(self) -> None:
        """One pass is done."""
        self._progress.end_pass()
