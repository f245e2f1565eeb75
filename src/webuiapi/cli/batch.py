"""`webuiapi batch`: many pictures from files of jobs, on one or several servers."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..batch import Bad, BadJobs, Job, job_file
from ..batch import run as run_batch
from ..batch.gallery import PAGE
from ..batch.jobs import KINDS
from ..batch.progress import Unseen, View
from ..batch.read import FORMATS
from ..batch.tables import SUMMARY
from ..batch.view import JsonLines, Lines, Live, failed_line
from ..errors import WebUIApiError
from .command import Run, as_command, usage_errors
from .errors import FAILED, MISUSED, as_json, exit_code
from .flags import Flag, one_mapping
from .values import PairsType

if TYPE_CHECKING:
    from ..batch import Summary

_LISTED = 20
"""Failed or bad jobs that are listed for a person; all of them stand in `summary.json`, or in the JSON."""


@as_command(
    "batch",
    click.Argument(["jobs"], nargs=-1, required=True, metavar="JOBS..."),
    Flag(
        ["-o", "--out"],
        section="Output",
        required=True,
        metavar="FOLDER",
        help="Where everything goes. A folder that holds an earlier run of the same jobs is continued.",
    ),
    Flag(
        ["--in-flight"],
        section="Server",
        type=click.IntRange(1),
        default=2,
        show_default=True,
        metavar="NUMBER",
        help="Jobs that a server has at a time: one is worked on, the next waits there already.",
    ),
    Flag(
        ["--patience"],
        section="Server",
        type=click.FloatRange(0),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait while no server answers; `inf` is for ever.",
    ),
    Flag(["--retry-failed"], section="Most used", is_flag=True, help="Run those again that failed before."),
    Flag(["--check"], section="Most used", is_flag=True, help="Only look whether all jobs can be sent."),
    Flag(
        ["--kind"],
        section="Options",
        type=click.Choice(list(KINDS)),
        help="What jobs are that do not say it; needed for a folder of pictures.",
    ),
    Flag(
        ["--format", "form"],
        section="Options",
        type=click.Choice(FORMATS),
        help="Of files whose suffix does not say it.",
    ),
    Flag(
        ["--default", "defaults"],
        section="Options",
        type=PairsType(),
        multiple=True,
        callback=one_mapping,
        metavar="NAME=VALUE|JSON",
        help="A field for all jobs that do not say it. Repeatable.",
    ),
    Flag(
        ["--wildcards"],
        section="Options",
        type=click.Path(file_okay=False),
        metavar="FOLDER",
        help="Where the lists for __name__ in prompts lie, if not in `wildcards` beside the file.",
    ),
    several=True,
    examples="""
webuiapi batch jobs.jsonl --out out/ --url http://gpu0:7860 --url http://gpu1:7860
webuiapi batch prompts.txt --out out/ --url :local:
webuiapi batch jobs.yaml --out out/ --retry-failed
""",
)
def command(
    run: Run,
    jobs: tuple[str, ...],
    patience: float,
    in_flight: int,
    retry_failed: bool = False,
    check: bool = False,
    **how: Any,
) -> None:
    """Paint what files of jobs say, on one or several servers.

    JOBS are files (JSONL, JSON, CSV, YAML, a text with a prompt in each line), folders of pictures, or - for JSONL from
    standard input. All jobs are looked at before the first is sent. Killed at any moment, the same command continues:
    no picture is missing, double or half. FOLDER/index.html shows the pictures.
    """
    context = click.get_current_context()
    with usage_errors():
        found = chain.from_iterable([job_file(name, **how) for name in jobs])
    if check:
        context.exit(_check(run, found))
    try:
        with usage_errors():
            try:
                summary = run_batch(
                    found,
                    out=run.out or "",
                    servers=run.servers(),
                    retry_failed=retry_failed,
                    in_flight=in_flight,
                    patience=None if math.isinf(patience) else patience,
                    view=_view(run),
                )
            except BadJobs as error:
                _tell_bad(run, error.bad, error.count)
                context.exit(MISUSED)
    except WebUIApiError as error:
        if not run.json:
            raise
        run.emit_line({"event": "error", **as_json(error)})
        context.exit(exit_code(error))
    _tell_end(run, summary)
    context.exit(0 if summary.ok else FAILED)


def _check(run: Run, found: Iterable[Job | Bad]) -> int:
    """Look at all jobs and tell what is wrong with them; the exit code."""
    bad, good = [], 0
    for job in found:
        if isinstance(job, Job):
            good += 1
        else:
            bad.append(job)
    _tell_bad(run, bad, len(bad))
    if run.json:
        run.emit_line({"event": "checked", "good": good, "bad": len(bad)})
    elif not run.quiet:
        click.echo(f"{good} jobs can be sent" + (f", {len(bad)} can't" if bad else ""))
    return MISUSED if bad else 0


def _view(run: Run) -> View:
    """Who shows the run: JSON lines on standard output, or something for a person on standard error."""
    if run.json:
        return JsonLines(click.echo)
    if run.quiet:
        return Unseen()
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from rich.console import Console

        return Live(Console(stderr=True))
    return Lines(lambda line: click.echo(line, err=True))


def _tell_bad(run: Run, bad: Sequence[Bad], count: int) -> None:
    if run.json:
        for one in bad:
            run.emit_line({"event": "bad", **asdict(one)})
        return
    for one in bad[:_LISTED]:
        click.echo(str(one), err=True)
    more = f", of which the first {_LISTED} are listed" if count > _LISTED else ""
    if count:
        error = click.style("error:", fg="red", bold=True)
        click.echo(f"{error} {count} of the jobs can't be sent{more}; none was.", err=True)


def _tell_end(run: Run, summary: Summary) -> None:
    if run.json:
        run.emit_line({"event": "end", **asdict(summary)})
        return
    for one in summary.failures[:_LISTED]:
        click.echo(failed_line(one.source, one.line, one.name, one.server, one.reason), err=True)
    out = Path(run.out or "")
    if summary.failed:
        more = f"; all of them in {out / SUMMARY}" if summary.failed > _LISTED else ""
        error = click.style("error:", fg="red", bold=True)
        again = "--retry-failed runs them again"
        click.echo(f"{error} {summary.failed} of {summary.total} jobs failed{more}; {again}.", err=True)
    click.echo(os.fspath(out / PAGE))
