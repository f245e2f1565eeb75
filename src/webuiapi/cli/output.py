"""Where results go: pictures into files or to standard output, their paths or JSON to whoever called."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from ..disk import folder_for
from ..request import replaced
from ..results import Result
from ..saving import check_template, is_folder, suffix_in
from .command import Run
from .values import STDIN as STDOUT

R = TypeVar("R")

DEFAULT = "{date}-{time}-{index}"
_FAVOURITES = ("R-ESRGAN 4x+", "Lanczos")


def check_output(run: Run, *, pictures: int) -> None:
    """Refuse what can't be done with the pictures before they are painted."""
    if run.out == STDOUT:
        if run.json:
            raise click.UsageError("--json and --out - both want standard output: choose one")
        if pictures > 1:
            raise click.UsageError(f"--out - is for one picture, and {pictures} are asked for: give a template")
        if sys.stdout.isatty():
            raise click.UsageError("--out - to a terminal: send it on, as in `... --out - > picture.png`")
    elif run.out is not None:
        _check_template(run.out)


def _check_template(template: str) -> None:
    try:
        check_template(with_name(template, "name"))
    except ValueError as error:
        raise click.BadParameter(f"{error}", param_hint="'--out'") from error
    if Path(template).suffix.lower() == ".avif":
        from PIL import features

        if not features.check("avif"):
            raise click.BadParameter("this Pillow can't write AVIF", param_hint="'--out'")


def with_name(template: str, name: str) -> str:
    """The template with `{name}` filled in: the name of the picture that was given, without its suffix."""
    return template.replace("{name}", name.replace("{", "{{").replace("}", "}}"))


def place_for(run: Run, default: str, name: str) -> str:
    """The template for the pictures made of one that was given; a folder takes them under its name."""
    template = run.out or default
    if is_folder(template):
        template = str(Path(template) / "{name}")
    return with_name(template, name)


def to_files(run: Run, request: R, template: str) -> R:
    """The request with its pictures going to files as they arrive, where nothing has to be written over."""
    if run.out == STDOUT or run.overwrite:
        return request
    try:
        folder_for(template)
    except ValueError as error:
        raise click.BadParameter(str(error).partition(": ")[2], param_hint="'--out'") from error
    return replaced(request, save_to=template)


def deliver(run: Run, result: Result[Any], template: str) -> list[Path]:
    """Save the pictures that are in no files yet, or write the only one to standard output; print the paths."""
    if run.out == STDOUT:
        _to_stdout(result)
        return []
    paths = result.files or _saved(run, result, template)
    if not run.json:
        for path in paths:
            click.echo(os.fspath(path))
    return paths


def _saved(run: Run, result: Result[Any], template: str) -> list[Path]:
    try:
        return result.save(template, overwrite=run.overwrite)
    except ValueError as error:  # the format can't hold it; what was painted is not lost for that
        plain = template.removesuffix(suffix_in(template))
        warnings.warn(f"{error}; saved as it was received", stacklevel=2)
        return result.save(plain, overwrite=run.overwrite)


def _to_stdout(result: Result[Any]) -> None:
    if not result.content:
        raise click.ClickException("the answer holds no picture")
    if len(result.content) > 1:
        warnings.warn(f"{len(result.content)} pictures came, and only the first is written", stacklevel=2)
    sys.stdout.buffer.write(result.content[0])
    sys.stdout.buffer.flush()


def as_json(result: Result[Any], paths: list[Path]) -> dict[str, Any]:
    """A result for a machine."""
    return {
        "paths": [os.fspath(path) for path in paths],
        "seeds": result.seeds,
        "infotexts": result.infotexts,
        "info": result.info,
        "errors": [{"index": error.index, "problem": error.problem} for error in result.errors],
    }


def summary(result: Result[Any], seconds: float) -> str:
    """What came, in one line."""
    count = len(result.content)
    seeds = [str(seed) for seed in result.seeds if seed is not None]
    parts = [f"{count} picture{'' if count == 1 else 's'}"]
    if result.images:
        parts.append("{} x {}".format(*result.images[0].size))
    if seeds:
        parts.append(f"seed{'' if len(seeds) == 1 else 's'} {', '.join(seeds[:8])}{', ...' if len(seeds) > 8 else ''}")
    return f"{', '.join(parts)}, in {seconds:.1f} s"


def favourite(upscalers: Sequence[str]) -> str:
    """The upscaler to take when none is named: one that the server lists."""
    return next((name for name in _FAVOURITES if name in upscalers), upscalers[-1] if upscalers else "Lanczos")


def table(headers: list[str], rows: list[list[str]], *, marked: int | None = None) -> None:
    """Rows for a person on a terminal, tabs between the columns for programs. The marked row stands out."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        shown.add_column(header, overflow="fold")
    for index, row in enumerate(rows):
        shown.add_row(*(Text(cell, style="bold green" if index == marked else "") for cell in row))
    Console().print(shown)
