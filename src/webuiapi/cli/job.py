"""Sending a request that takes a while: how it goes is shown, and Ctrl-C stops it on the server too."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .command import Run, usage_errors

if TYPE_CHECKING:
    from ..api.jobs import Progress
    from ..client import WebUIApi
    from ..request import Request

R = TypeVar("R")


def carry_out(run: Run, api: WebUIApi, request: Request[R], title: str) -> R:
    """The result of a request, with its progress shown under the title."""
    try:
        with _shown(run, title) as on_progress, usage_errors():
            return api.run(request, on_progress=on_progress)
    except KeyboardInterrupt as stop:
        run.note("the server could not be told to stop" if stop.__cause__ else "the server was told to stop")
        raise


@contextmanager
def _shown(run: Run, title: str) -> Iterator[Callable[[Progress], None]]:
    if run.quiet or run.json:
        yield lambda progress: None
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _bar(title) as on_progress:
            yield on_progress
    else:
        yield _Lines(title)


class _Lines:
    """Progress where no line can be written over: a line for each tenth of the job."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._job = ""
        self._shown = 0

    def __call__(self, progress: Progress) -> None:
        if progress.state.job_timestamp != self._job:  # until now it was somebody else's job
            self._job, self._shown = progress.state.job_timestamp, 0
        tenths = int(progress.progress * 10)
        if tenths > self._shown:
            self._shown = tenths
            parts = [f"{progress.progress:.0%}", where(progress), left(progress)]
            click.echo(f"{self._title}: {', '.join(filter(None, parts))}", err=True)


@contextmanager
def _bar(title: str) -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns: list[Any] = [
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[where]}", markup=False),
        TextColumn("{task.fields[left]}", style="cyan", markup=False),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(title, total=None, where="", left="")

        def on_progress(progress: Any) -> None:
            total = 1.0 if progress.progress > 0 else None  # nothing is known before the first step
            bars.update(bar, total=total, completed=progress.progress, where=where(progress), left=left(progress))

        yield on_progress


def where(progress: Progress) -> str:
    """`step 6 of 20`, and the pass when there are several."""
    state = progress.state
    if progress.steps <= 0 or progress.progress <= 0:
        return ""
    text = f"step {min(progress.step, progress.steps)} of {progress.steps}"
    return (
        f"{text}, pass {min(state.job_no + 1, state.job_count)} of {state.job_count}" if state.job_count > 1 else text
    )


def left(progress: Progress) -> str:
    """`3 s left`, as the server guesses."""
    seconds = progress.eta
    if progress.progress <= 0 or seconds <= 0:
        return ""
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"
