"""Sending a request that takes a while: how it goes is shown, and Ctrl-C stops it on the server too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar, cast

import click

from ..bars import TerminalBar, left, on_terminal, where
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
    elif on_terminal():
        with TerminalBar(title) as bar:
            yield bar
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
