"""How a batch is shown: a table on a terminal, lines elsewhere, JSON lines for programs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .progress import Progress, Unseen
from .records import Entry, Outcome

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Write = Callable[[str], None]
_EVERY = 10.0
"""Seconds between two lines on how far it is."""
_WIDEST = 52
"""Characters of what a server does."""
_SHOWN = 6
"""Failures that the table shows, the last ones."""


class Lines(Unseen):
    """A line for each job with trouble, and now and then one on how far it is; for logs."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._next = 0.0

    def begin(self, progress: Progress) -> None:
        self._write(beginning(progress))
        self._next = time.monotonic() + _EVERY

    def job(self, entry: Entry, outcome: Outcome, progress: Progress) -> None:
        if outcome.reason:
            self._write(trouble(entry, outcome))

    def tick(self, progress: Progress) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            self._write(", ".join([standing(progress), *map(server_line, progress.servers())]))

    def note(self, text: str) -> None:
        self._write(text)

    def end(self, progress: Progress) -> None:
        self._write(standing(progress))


class JsonLines(Unseen):
    """A JSON object in one line for everything that happens."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def begin(self, progress: Progress) -> None:
        self._say("begin", total=progress.total, done=progress.done, failed=progress.failed, adopted=progress.adopted)

    def job(self, entry: Entry, outcome: Outcome, progress: Progress) -> None:
        job = entry.job
        said: dict[str, Any] = {"id": job.id, "name": job.name, "source": job.source, "line": job.line}
        said |= {"server": outcome.server, "seconds": outcome.seconds, "reason": outcome.reason}
        said["files"] = [picture.file for picture in outcome.pictures]
        self._say(outcome.state, **{name: value for name, value in said.items() if value is not None})

    def note(self, text: str) -> None:
        self._say("note", text=text)

    def _say(self, event: str, **said: Any) -> None:
        self._write(json.dumps({"event": event, **said}))


class Live(Unseen):
    """A table that is drawn anew: each server, the last failures, the whole."""

    def __init__(self, console: Console) -> None:
        from rich.live import Live as Screen

        self._console = console
        self._screen = Screen(console=console, auto_refresh=False, transient=True)
        self._failures: list[str] = []

    def begin(self, progress: Progress) -> None:
        self._console.print(beginning(progress), markup=False, highlight=False)
        self._screen.start()
        self.tick(progress)

    def job(self, entry: Entry, outcome: Outcome, progress: Progress) -> None:
        if outcome.state == "failed":
            self._failures = [*self._failures, trouble(entry, outcome)][-_SHOWN:]
        elif outcome.reason:
            self.note(trouble(entry, outcome))

    def tick(self, progress: Progress) -> None:
        self._screen.update(drawn(progress, self._failures), refresh=True)

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    def end(self, progress: Progress) -> None:
        self._screen.stop()
        self._console.print(standing(progress), markup=False, highlight=False)


def drawn(progress: Progress, failures: Sequence[str]) -> RenderableType:
    """The table, as rich draws it."""
    from rich.box import SIMPLE_HEAD
    from rich.columns import Columns
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    servers = Table(box=SIMPLE_HEAD, pad_edge=False)
    servers.add_column("server", overflow="fold")
    servers.add_column("it", no_wrap=True, overflow="ellipsis", max_width=_WIDEST)
    for header in ("running", "done", "failed", "pictures/min"):
        servers.add_column(header, justify="right")
    for server in progress.servers():
        away = server.resting is not None
        servers.add_row(
            Text(server.url), Text(activity(server), style="red" if away else "green" if server.running else ""),
            str(server.running), str(server.done), str(server.failed), f"{server.pictures_per_minute:.1f}",
        )  # fmt: skip
    lines = [Text(line, style="red", overflow="ellipsis", no_wrap=True) for line in failures]
    bar = ProgressBar(total=max(progress.total, 1), completed=progress.ended, width=40)
    return Group(servers, *lines, Columns([bar, Text(standing(progress))]))


def activity(server: Any) -> str:
    """What a server does, in a few words."""
    if server.resting is not None:
        said = " ".join(str(server.error or "it does not answer").split())
        said = re.sub(r"^[A-Z]+ \S+: ", "", said)  # the call: that it is this server's stands beside it
        return f"is away, asked again in {server.resting:.0f} s: {said[:160]}"
    if not server.running:
        return "waits"
    return f"paints with {server.checkpoint}" if server.checkpoint else "paints"


def server_line(server: Any) -> str:
    """A server in a line of a log."""
    return f"{server.url} {activity(server)} ({server.pictures_per_minute:.1f} pictures/min, {server.failed} failed)"


def beginning(progress: Progress) -> str:
    """What there is to do."""
    todo = progress.total - progress.ended
    parts = [f"{progress.total} jobs, {todo} to do"]
    if progress.done:
        parts.append(
            f"{progress.done} done before" + (f" ({progress.adopted} of them found finished)" * bool(progress.adopted))
        )
    if progress.failed:
        parts.append(f"{progress.failed} failed before (--retry-failed runs them again)")
    return ", ".join(parts)


def standing(progress: Progress) -> str:
    """How far it is, in one line."""
    parts = [f"{progress.ended} of {progress.total} jobs", f"{progress.pictures} pictures"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    parts.append(f"{duration(progress.seconds)} gone")
    left = progress.left()
    if left is not None and progress.ended < progress.total:
        parts.append(f"{duration(left)} left")
    return ", ".join(parts)


def trouble(entry: Entry, outcome: Outcome) -> str:
    """A job that failed, or is done with something odd, in one line."""
    job, why = entry.job, outcome.reason or ""
    if outcome.state == "done":
        return f"{job.source}:{job.line} is done, but {why}"
    return failed_line(job.source, job.line, job.name, outcome.server, why)


def failed_line(source: str, line: int, name: str | None, server: str | None, why: str) -> str:
    """Where a failed job was written, on which server it failed and why."""
    called = f" ({name})" if name else ""
    return f"{source}:{line}{called} failed{f' on {server}' if server else ''}: {why}"


def duration(seconds: float) -> str:
    """`42 s`, `12 min`, `3 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
