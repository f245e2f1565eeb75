"""`webuiapi refresh`: have the server look for new files."""

from __future__ import annotations

import click

from ..errors import NotFound
from .command import Run, as_command
from .errors import FAILED

_KINDS = ("checkpoints", "vae", "embeddings", "loras")


@as_command(
    "refresh",
    click.Argument(["kinds"], nargs=-1, type=click.Choice(_KINDS)),
    examples="""
webuiapi refresh
webuiapi refresh loras embeddings
""",
)
def command(run: Run, kinds: tuple[str, ...] = ()) -> None:
    """Have the server look for new files on its disk.

    KINDS are checkpoints, vae, embeddings and loras; all if none is named. Waits for the queue. A kind that the server
    can't look for is told; the exit code is 1 where it can look for none.
    """
    done: list[str] = []
    missing: list[str] = []
    run.report.update(refreshed=done, missing=missing)
    with run.client() as api:
        for kind in kinds or _KINDS:
            try:
                getattr(api, f"refresh_{kind}")()
            except NotFound:
                missing.append(kind)
                run.note(f"the server can't look for {kind}")
            else:
                done.append(kind)
    if run.json:
        run.emit(run.report)
    else:
        click.echo(f"looked for {', '.join(done)}" if done else "looked for nothing")
    if not done:
        click.get_current_context().exit(FAILED)
