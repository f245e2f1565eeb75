"""What txt2img and img2img have in common: a generation from the request to the files."""

from __future__ import annotations

import time
from typing import Any

import click

from ..api.generate import Generation
from .command import Run
from .job import carry_out
from .output import as_json, check_output, deliver, summary, to_files


def refuse_missing_prompt(values: dict[str, Any]) -> None:
    """The prompt may be left out where another field holds one."""
    if not {"prompt", "infotext", "styles"} & values.keys():
        raise click.UsageError("PROMPT is missing: say what to paint")


def paint(run: Run, request: Generation, title: str, template: str) -> None:
    """Have the pictures painted, save them, and say where they are."""
    check_output(run, pictures=(request.batch_size or 1) * (request.n_iter or 1))
    begin = time.monotonic()
    with run.client() as api:
        result = carry_out(run, api, to_files(run, request, template), title)
        seconds = time.monotonic() - begin
        if not result.content and request.send_images is not False:
            raise click.ClickException("the answer holds no pictures: the job was stopped before the first was done")
        paths = deliver(run, result, template)
    run.note(summary(result, seconds))
    if run.json:
        run.emit({**as_json(result, paths), "seconds": round(seconds, 3)})
