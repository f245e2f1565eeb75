"""The command `webuiapi`: its commands by name, loaded when used, and what becomes of errors."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

import click

from ..errors import WebUIApiError
from ..version import __version__
from .command import emit_json
from .errors import FAILED, STOPPED, as_json, exit_code, show, shown_warnings

COMMANDS = {
    "txt2img": "Paint pictures from a text.",
    "img2img": "Paint pictures from a picture and a text.",
    "upscale": "Make pictures larger, and restore faces.",
    "batch": "Paint what files of jobs say, on one or several servers.",
    "xyz": "Paint a text over axes of values, as a grid.",
    "rembg": "Take the background off pictures, by the extension rembg.",
    "segment": "Make masks of what is in a picture, by the extension Segment Anything.",
    "controlnet": "Run preprocessors of ControlNet on pictures.",
    "interrogate": "Describe pictures in words.",
    "tag": "Tag pictures, by the extension WD14 tagger.",
    "png-info": "Print the generation parameters inside pictures. Needs no server.",
    "progress": "Tell what the server is doing, whoever asked for it.",
    "interrupt": "Stop the running job, whoever's it is.",
    "skip": "End the running batch early and go on with the next, whoever's it is.",
    "model": "Print the title of the checkpoint in use; with NAME load that one first.",
    "models": "List the checkpoints of the server.",
    "samplers": "List the samplers of the server.",
    "list": "List what the server has of a kind.",
    "options": "Print and set the options of the server.",
    "refresh": "Have the server look for new files on its disk.",
    "memory": "Show main and graphics memory of the server, in GiB.",
    "doctor": "Look at a server that does not work, and say what to do.",
    "config": "Show what webuiapi.toml says: servers by name, and defaults. Needs no server.",
    "serve": "Run the embedded server, which needs no GPU.",
    "snapshot": "Write down what the server has installed, for a twin of it.",
    "stubs": "Write the server's names as types, for your editor and type checker.",
    "demo": "Do a bit of everything, and leave a page with the pictures.",
}
"""Each with the first sentence of its help, so that the list can be shown without loading any of them."""


class App(click.Group):
    """The commands. Each is `command` in the file of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f".{cmd_name.replace('-', '_')}", __package__).command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name.replace("_", "-"), COMMANDS, n=1)
            meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(COMMANDS)}."
            raise click.UsageError(f"there is no command {name!r}: {meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = False,  # prompts hold what looks like wildcards
        **extra: Any,
    ) -> Any:
        """Run a command and leave with its exit code; errors are one paragraph, without a traceback."""
        given = list(sys.argv[1:] if args is None else args) or ["--help"]
        report: dict[str, Any] = {}
        with shown_warnings():
            try:
                code = super().main(
                    given,
                    prog_name or "webuiapi",
                    complete_var,
                    standalone_mode=False,
                    windows_expand_args=windows_expand_args,
                    obj=report,
                    **extra,
                )
            except click.Abort as stop:
                click.echo(f"stopped: {stop}" if str(stop) else "stopped", err=True)
                code = STOPPED
            except (click.ClickException, WebUIApiError, OSError) as error:
                code = exit_code(error)
                with suppress(BrokenPipeError):
                    show(error)
                    if "--json" in given:
                        emit_json({**report, "error": as_json(error)})
        sys.exit(code if isinstance(code, int) else 0 if code is None else FAILED)


@click.group(
    "webuiapi",
    cls=App,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="`webuiapi COMMAND --help` lists what a command takes.",
)
@click.version_option(__version__, "-V", "--version", message="webuiapi %(version)s")
def app() -> None:
    """Paint with a stable-diffusion server that speaks /sdapi/v1: AUTOMATIC1111's webui, Forge, SD.Next and others.

    The server is the one at http://127.0.0.1:7860, or that of webuiapi.toml, or WEBUIAPI_URL, or --server, or --url;
    `--url :local:` is the embedded one.
    """
