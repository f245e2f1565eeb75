"""`webuiapi options get` and `webuiapi options set`: the server's settings."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

import click

from .command import Run, as_command
from .values import PairsType


@as_command(
    "get",
    click.Argument(["names"], nargs=-1),
    examples="""
webuiapi options get
webuiapi options get CLIP_stop_at_last_layers samples_format
""",
)
def get(run: Run, names: tuple[str, ...] = ()) -> None:
    """Print options and their values, all if none is named.

    Values are JSON.
    """
    with run.client() as api:
        options = api.get_options()
    _refuse_unknown(names, options)
    _show(run, {name: options[name] for name in names or options})


@as_command(
    "set",
    click.Argument(["pairs"], nargs=-1, required=True, type=PairsType(), metavar="NAME=VALUE..."),
    examples="""
webuiapi options set CLIP_stop_at_last_layers=2
webuiapi options set samples_format=jpg 'jpeg_quality=90'
""",
)
def set_(run: Run, pairs: tuple[dict[str, Any], ...]) -> None:
    """Set options, for everyone and for good.

    A value is JSON where it can be read as such, else text. Prints the options with the values that they have then.
    """
    wanted = {name: value for pair in pairs for name, value in pair.items()}
    with run.client() as api:
        _refuse_unknown(wanted, api.get_options())
        api.set_options(wanted)
        after = api.get_options()
    _show(run, {name: after.get(name) for name in wanted})


def _show(run: Run, options: dict[str, Any]) -> None:
    if run.json:
        run.emit(options)
        return
    for name, value in options.items():
        click.echo(f"{name}={json.dumps(value, ensure_ascii=False, default=str)}")


def _refuse_unknown(names: Iterable[str], options: Iterable[str]) -> None:
    """Name the options that the server does not have before anything is set: it would refuse the whole."""
    known = list(options)
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 3)
            hint = f"; similar are {', '.join(near)}" if near else f" (it has {len(known)})"
            raise click.UsageError(f"the server has no option {name!r}{hint}")


command = click.Group(
    "options", commands=[get, set_], help="Print and set the options of the server.", no_args_is_help=False
)
