"""The help of every command, as `--help` prints it on a terminal of 100 columns."""

from __future__ import annotations

import re
from typing import Any

import click

from webuiapi.cli.app import COMMANDS, app

_SETTINGS: dict[str, Any] = {
    "terminal_width": 100,
    "max_content_width": 100,
    "help_option_names": ["-h", "--help"],
}
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def table() -> str:
    """All commands, each with the first sentence of its help."""
    rows = [f"| `webuiapi {name}` | {sentence} |" for name, sentence in COMMANDS.items()]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def helps() -> str:
    """A section a command, the program itself first."""
    return "\n\n".join(_helps("webuiapi", app, None))


def _helps(title: str, command: click.Command, parent: click.Context | None) -> list[str]:
    context = click.Context(command, parent, title.rpartition(" ")[2], **_SETTINGS)
    lines = [line.rstrip() for line in _STYLE.sub("", command.get_help(context)).rstrip().splitlines()]
    parts = ["\n".join([f"## `{title}`", "", "```text", *lines, "```"])]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            parts += _helps(f"{title} {name}", inner, context)
    return parts
