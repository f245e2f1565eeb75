"""`webuiapi png-info`: the generation parameters inside pictures, read here without a server; painting them again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from ..api.generate import Txt2Img
from ..infotext import parse, read_image_text
from .command import Run, as_command, usage_errors
from .errors import FAILED
from .flags import Flag
from .job import carry_out
from .output import DEFAULT, as_json, check_output, deliver, place_for, summary, to_files
from .values import STDIN, PictureType, expanded


@as_command(
    "png-info",
    click.Argument(["files"], nargs=-1, required=True),
    Flag(
        ["--reproduce"],
        section="Options",
        is_flag=True,
        help="Paint them again, by txt2img on the server, instead of printing; says what can't be carried over.",
    ),
    output=True,
    examples="""
webuiapi png-info picture.png
webuiapi png-info *.jpg --json
webuiapi png-info picture.png --reproduce --out again.png
""",
)
def command(run: Run, files: tuple[str, ...], reproduce: bool = False) -> None:
    """Print the generation parameters inside pictures. Needs no server.

    FILES are PNG, JPEG, WebP, AVIF or GIF files, or - for standard input. The exit code is 1 when none of them holds
    parameters. With --reproduce a server is needed, and the flags about it and about the output count.
    """
    pictures = [(name, _read(name)) for name in expanded(files)]
    found = [(name, read_image_text(data)) for name, data in pictures]
    if reproduce:
        _reproduce(run, found)
    elif run.json:
        run.emit([_parameters(name, text) for name, text in found])
    for name, text in found:
        if text is None:
            run.note(f"{name} holds no generation parameters")
        elif not run.json and not reproduce:
            _show(name, text, heading=len(found) > 1)
    if all(text is None for _, text in found):
        click.get_current_context().exit(FAILED)


def _reproduce(run: Run, found: list[tuple[str, str | None]]) -> None:
    """Paint each again that says what it was made with."""
    texts = [(name, text) for name, text in found if text is not None]
    check_output(run, pictures=len(texts))
    done: list[dict[str, Any]] = []
    with run.client() as api:
        for name, text in texts:
            with usage_errors():
                request = Txt2Img.from_parameters(text)
            for reason in request.left_out or ():
                run.note(f"{name}: {reason}")
            place = place_for(run, DEFAULT, "picture" if name == STDIN else Path(name).stem)
            begin = time.monotonic()
            result = carry_out(run, api, to_files(run, request, place), name)
            paths = deliver(run, result, place)
            run.note(summary(result, time.monotonic() - begin))
            done.append({"source": name, "left_out": list(request.left_out or ()), **as_json(result, paths)})
    if run.json:
        run.emit(done)


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


def _parameters(name: str, text: str | None) -> dict[str, Any]:
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
