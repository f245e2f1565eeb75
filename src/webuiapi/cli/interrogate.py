"""`webuiapi interrogate`: pictures in words."""

from __future__ import annotations

from typing import Any

import click

from ..api.extras import Interrogate
from .command import Run, as_command
from .flags import flags_of
from .given import FILES, all_given, results_of


@as_command(
    "interrogate",
    FILES,
    *flags_of(Interrogate, skip=("image",)),
    examples="""
webuiapi interrogate photo.png
webuiapi interrogate *.png --model deepdanbooru --json
""",
)
def command(run: Run, files: tuple[str, ...], **values: Any) -> None:
    """Describe pictures in words.

    FILES are pictures, http(s) URLs that the server may read, or - for standard input. Prints a line each; with several
    FILES their name before it.
    """
    given = all_given(files)
    found: list[dict[str, Any]] = []
    run.report["captions"] = found
    with run.client() as api:
        for one, result in results_of(run, api, given, lambda one: Interrogate(one.picture, **values)):
            found.append({"source": one.source, "caption": result.info})
            if not run.json:
                click.echo(f"{one.source}: {result.info}" if len(given) > 1 else result.info)
    if run.json:
        run.emit(run.report)
