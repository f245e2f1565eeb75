"""`webuiapi model`: the checkpoint in use, or another one."""

from __future__ import annotations

import click

from .command import Run, as_command, usage_errors


@as_command(
    "model",
    click.Argument(["name"], required=False),
    examples="""
webuiapi model
webuiapi model dreamshaper
""",
)
def command(run: Run, name: str | None = None) -> None:
    """Print the title of the checkpoint in use; with NAME load that one first.

    NAME is a title, model name, file name, hash or a unique part. It is loaded for all users of the server, which waits
    for the queue; for one picture only, `txt2img --model NAME` is better.
    """
    with run.client() as api, usage_errors():
        title = api.util_get_current_model() if name is None else api.util_set_model(name)
    if run.json:
        run.emit({"model": title})
    else:
        click.echo(title)
