"""`webuiapi png-info`: the generation parameters inside pictures, read here without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..infotext import parse, read_image_text
from .command import Run, as_command
from .errors import FAILED
from .values import STDIN, PictureType, expanded


@as_command(
    "png-info",
    click.Argument(["files"], nargs=-1, required=True),
    server=False,
    examples="""
webuiapi png-info picture.png
webuiapi png-info *.jpg --json
""",
)
def command(run: Run, files: tuple[str, ...]) -> None:
    """Print the generation parameters inside pictures. Needs no server.

    FILES are PNG, JPEG, WebP, AVIF or GIF files, or - for standard input. The exit code is 1 when none of them holds
    parameters.
    """
    pictures = [(name, _read(name)) for name in expanded(files)]
    found = [(name, read_image_text(data)) for name, data in pictures]
    if run.json:
        run.emit([_as_json(name, text) for name, text in found])
    for name, text in found:
        if text is None:
            run.note(f"{name} holds no generation parameters")
        elif not run.json:
            _show(name, text, heading=len(found) > 1)
    if all(text is None for _, text in found):
        click.get_current_context().exit(FAILED)


def _read(name: str) -> bytes:
    picture = PictureType().convert(name, None, click.get_current_context())
    if isinstance(picture, str):
        raise click.UsageError(f"{name!r:.80} is no file: png-info reads what is on this machine")
    return picture if name == STDIN else Path(picture).read_bytes()


def _show(name: str, text: str, *, heading: bool) -> None:
    if heading:
        click.secho(f"== {name}", bold=True)
    click.echo(text)
    if heading:
        click.echo()


def _as_json(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        return {"file": name, "infotext": None, "prompt": None, "negative_prompt": None, "parameters": {}}
    parameters = parse(text)
    return {
        "file": name,
        "infotext": text,
        "prompt": parameters.prompt,
        "negative_prompt": parameters.negative_prompt,
        "parameters": dict(parameters),
    }
