"""`webuiapi doctor`: what answers there, what works, and what to do about what does not."""

from __future__ import annotations

import shutil
import sys

import click

from .command import Run, as_command
from .errors import FAILED
from .flags import Flag

_COLOURS = {"ok": "green", "note": "cyan", "warning": "yellow", "problem": "red"}
_WIDEST = 120  # columns


@as_command(
    "doctor",
    Flag(
        ["--generate"],
        section="Options",
        is_flag=True,
        default=None,
        help="Have a small picture painted too: shows whether the checkpoint loads.",
    ),
    examples="""
webuiapi doctor
webuiapi doctor --url http://gpu-box:7860 --generate
webuiapi doctor --json > diagnosis.json
""",
)
def command(run: Run, generate: bool = False) -> None:
    """Look at a server that does not work, and say what to do.

    Whether anything answers, lets us in, and is the API; what lies in between; version, checkpoints, memory, scripts;
    what works. Reads only. The exit code is 1 where a problem was found.
    """
    with run.client() as api:
        diagnosis = api.doctor(generate=generate)
    if run.json:
        run.emit(diagnosis.as_dict())
    else:
        width = min(shutil.get_terminal_size().columns, _WIDEST) if sys.stdout.isatty() else _WIDEST
        for finding in diagnosis.findings:
            if run.quiet and finding.level in ("ok", "note"):
                continue
            first, *rest = finding.lines(width)
            sign, _, text = first.partition(" ")
            click.echo(f"{click.style(sign, fg=_COLOURS[finding.level], bold=True)} {text}")
            for line in rest:
                click.echo(line)
        click.echo(click.style(diagnosis.verdict, bold=True))
    if not diagnosis.ok:
        raise click.exceptions.Exit(FAILED)
