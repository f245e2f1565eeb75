"""Sending a request that takes a while: how it goes is shown, and Ctrl-C stops it on the server too."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ..errors import NotSaved
from .command import Run, usage_errors

if TYPE_CHECKING:
    from ..client import WebUIApi
    from ..jobs import Running
    from ..request import Request

R = TypeVar("R")


class Stopped(click.Abort):
    """By Ctrl-C, while the server worked; says what became of the job there."""


def carry_out(run: Run, api: WebUIApi, request: Request[R], title: str) -> R:
    """The result of a request, with its progress shown under the title."""
    try:
        with _shown(run, title) as on_progress, usage_errors():
            return api.run(request, on_progress=on_progress)
    except NotSaved as error:  # they are saved again, and it is said why that can't be
        return cast("R", error.result)
    except KeyboardInterrupt as stop:
        raise Stopped(
            "the server could not be told" if stop.__cause__ else "on the server too, if the job had begun there"
        ) from stop


@contextmanager
def _shown(run: Run, title: str) -> Iterator[Callable[[Running], None]]:
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
        self._shown = 0

    def __call__(self, progress: Running) -> None:
        done = progress.progress or 0.0
        if int(done * 10) > self._shown:
            self._shown = int(done * 10)
            parts = [f"{done:.0%}", where(progress), left(progress)]
            click.echo(f"{self._title}: {', '.join(filter(None, parts))}", err=True)


@contextmanager
def _bar(title: str) -> Iterator[Callable[[Running], None]]:
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
            done = progress.progress or 0.0
            total = 1.0 if done > 0 else None  # nothing is known before the first step
            bars.update(bar, total=total, completed=done, where=where(progress), left=left(progress))

        yield on_progress


def where(progress: Running) -> str:
    """`step 6 of 20`, and the pass when there are several; "" where the server does not say."""
    if not progress.steps or not progress.progress:
        return ""
    text = f"step {min(progress.step or 0, progress.steps)} of {progress.steps}"
    passes = progress.job_count or 1
    return f"{text}, pass {min((progress.job_no or 0) + 1, passes)} of {passes}" if passes > 1 else text


def left(progress: Running) -> str:
    """`3 s left`, as the server guesses; "" where it does not say."""
    seconds = progress.eta or 0.0
    if not progress.progress or seconds <= 0:
        return ""
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"
