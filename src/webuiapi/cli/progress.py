"""`webuiapi progress`: what the server is doing, once or until it is idle."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from ..bars import TerminalBar, left, on_terminal, where
from ..jobs import Running
from .command import Run, as_command
from .flags import Flag
from .terminal_pictures import as_escapes, protocol_of

if TYPE_CHECKING:
    from ..api.jobs import Progress
    from ..client import WebUIApi

_MOMENT = 0.25  # seconds: idle twice, so far apart, is idle; a pause between two jobs is not


@as_command(
    "progress",
    Flag(["-w", "--watch"], section="Options", is_flag=True, default=None, help="Go on until the server is idle."),
    Flag(
        ["--interval"],
        section="Options",
        type=click.FloatRange(0, min_open=True),
        default=0.5,
        show_default=True,
        metavar="SECONDS",
        help="How often --watch asks.",
    ),
    Flag(
        ["--preview"],
        section="Options",
        is_flag=True,
        default=None,
        help="Show the picture as it is now, in terminals that can (kitty, iTerm2, sixel).",
    ),
    examples="""
webuiapi progress
webuiapi progress --watch --preview
webuiapi progress --watch --json
""",
)
def command(run: Run, interval: float, watch: bool = False, preview: bool = False) -> None:
    """Tell what the server is doing, whoever asked for it.

    With --json an object, with --watch too an object a line; with --preview it holds the picture as base64.
    """
    protocol = protocol_of() if preview and sys.stdout.isatty() and not run.json else None
    if preview and protocol is None and not run.json:
        run.note("this terminal is not known to show pictures, or the output is no terminal")
    pictures = preview and (run.json or protocol is not None)
    bar = TerminalBar("progress") if watch and not (pictures or run.json or run.quiet) and on_terminal() else None
    shown: Any = None
    with run.client() as api, bar or nullcontext():
        for now in _states(api, pictures, interval) if watch else [_asked(api, pictures)]:
            if bar is not None:
                bar.show(_running(now))
                continue
            if run.json:
                run.emit_line(now) if watch else run.emit(now)
                continue
            line = _in_words(now)
            if line != shown:
                click.echo(line)
            if protocol is not None and now.preview is not None and line != shown:
                click.echo(as_escapes(now.preview, protocol), nl=False)
            shown = line
    if bar is not None:
        click.echo("idle")


def _asked(api: WebUIApi, pictures: bool) -> Progress:
    return api.get_progress(skip_current_image=not pictures)


def _states(api: WebUIApi, pictures: bool, interval: float) -> Iterator[Progress]:
    """What the server says, until it is idle twice."""
    idle = False
    while True:
        now = _asked(api, pictures)
        if not (now.idle and not idle):
            yield now
        if now.idle and idle:
            return
        idle = now.idle
        time.sleep(min(interval, _MOMENT) if idle else interval)


def _running(now: Progress) -> Running:
    state = now.state
    return Running(min(now.progress, 1.0), now.step, now.steps, now.eta, state.job_no, state.job_count)


def _in_words(now: Progress) -> str:
    if now.idle:
        return "idle"
    running = _running(now)
    return ", ".join(filter(None, (f"{running.progress:.0%}", where(running), left(running), now.job)))
