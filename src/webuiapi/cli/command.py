"""A command: its help in sections, and the flags that all commands have in common."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from .defaults import default_of, overruled
from .flags import Flag, said
from .places import SERVER_FLAGS, Place, places_of, settings_of
from .values import CredentialsType

if TYPE_CHECKING:
    from ..client import WebUIApi

_SECTIONS = ("Most used", "Options", "What it is", "Output", "Server", "Everything else that the server takes")
_OWN = ("json", "quiet", "out", "overwrite")


class Command(click.Command):
    """A command whose flags are listed in sections, and have defaults in `webuiapi.toml`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not {"-h", "--help"}.intersection(args):  # which is there whatever the file says
            entries = settings_of(ctx).defaults.get(str(self.name), {})
            ctx.default_map = {name: default_of(self, name, entry.value) for name, entry in entries.items()}
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                records.setdefault(getattr(param, "section", "Output"), []).append(record)
        known = [section for section in _SECTIONS if section in records]
        for section in (*known, *(other for other in records if other not in known)):
            with formatter.section(section):
                formatter.write_dl(records[section])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, line by line as they are written."""
        if self.epilog:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {line}\n" for line in self.epilog.strip().splitlines()))


def _anywhere() -> Sequence[Place]:
    """The server that is there when nobody says which."""
    return (Place(),)


@dataclass
class Run:
    """One run of a command: what the common flags say, and the ways to the server and to whoever called."""

    find: Callable[[], Sequence[Place]] = _anywhere
    """Which server it is for (of a command that takes several, which), found when it is needed."""
    json: bool = False
    quiet: bool = False
    out: str | None = None
    overwrite: bool = False
    report: dict[str, Any] = field(default_factory=dict)
    """What is done so far, for the JSON of a run that ends with an error."""

    def client(self) -> WebUIApi:
        """A client for the server that the flags, the environment or `webuiapi.toml` name. Makes no call."""
        from ..client import WebUIApi

        with usage_errors():
            return WebUIApi(**self.find()[0].arguments())

    def servers(self) -> list[dict[str, Any]]:
        """The arguments of a client for each of the servers of a command that takes several."""
        return [place.arguments() for place in self.find()]

    def note(self, text: str) -> None:
        """A line for a person, beside the result."""
        if not (self.quiet or self.json):
            click.echo(text, err=True)

    def emit(self, value: Any) -> None:
        """The result for a machine."""
        emit_json(value)

    def emit_line(self, value: Any) -> None:
        """One of several results for a machine, in a line."""
        emit_json(value, indent=None)


def emit_json(value: Any, *, indent: int | None = 2) -> None:
    """JSON on standard output, in ASCII where that is not UTF-8."""
    utf8 = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(value, indent=indent, ensure_ascii=not utf8, default=str))


@contextmanager
def usage_errors() -> Iterator[None]:
    """What a request or the client refuses (TypeError, ValueError) is a wrong use of the command."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from error


def as_command(
    name: str,
    *params: click.Parameter,
    server: bool = True,
    several: bool = False,
    output: bool = False,
    examples: str = "",
) -> Callable[[Callable[..., None]], Command]:
    """Make a command of a function `(run, **values)`; values that were not given are left out.

    `server` adds the flags that say where the server is (with `several` there may be more than one), `output` those
    that say where pictures go.
    """

    def make(function: Callable[..., None]) -> Command:
        def call(**values: Any) -> None:
            run, rest = _run(click.get_current_context(), values)
            function(run, **said(rest))

        common = [*(_output_flags() if output else ()), *_machine_flags(), *(_server_flags(several) if server else ())]
        return Command(
            name,
            callback=call,
            params=[*params, *common],
            help=function.__doc__,
            epilog=examples,
        )

    return make


def _run(ctx: click.Context, values: dict[str, Any]) -> tuple[Run, dict[str, Any]]:
    given = [name for name in values if ctx.get_parameter_source(name) == ParameterSource.COMMANDLINE]
    for name in overruled(given):
        if ctx.get_parameter_source(name) == ParameterSource.DEFAULT_MAP:
            values[name] = None
    own = {name: values.pop(name) for name in _OWN if name in values}
    place = {name: values.pop(name) for name in SERVER_FLAGS if name in values}
    return Run(lambda: places_of(ctx, **place), **own, report=ctx.ensure_object(dict)), values


def _server_flags(several: bool) -> Sequence[Flag]:
    name = "The server of that name in webuiapi.toml: see `webuiapi config`."
    address = "Address of the server, http://127.0.0.1:7860 if not said; :local: is the embedded one."
    return (
        Flag(
            ["--url"],
            section="Server",
            metavar="URL",
            multiple=several,
            envvar="WEBUIAPI_URL",
            show_envvar=True,
            help=f"{address} Repeatable." if several else address,
        ),
        Flag(
            ["--server"],
            section="Server",
            metavar="NAME",
            multiple=several,
            help=f"{name} Repeatable." if several else name,
        ),
        Flag(
            ["--auth"],
            section="Server",
            type=CredentialsType(),
            envvar="WEBUIAPI_AUTH",
            show_envvar=True,
            help="As the server's --api-auth. If the environment names a server too, it is for that one only.",
        ),
        Flag(
            ["--timeout"],
            section="Server",
            type=click.FLOAT,
            metavar="SECONDS",
            help="Limit for each call. If not said: none for what paints, 60 for all else.",
        ),
    )


def _machine_flags() -> Sequence[Flag]:
    return (
        Flag(["--json"], section="Output", is_flag=True, help="Print the result, or the error, as JSON."),
        Flag(["-q", "--quiet"], section="Output", is_flag=True, help="No progress and no notes."),
    )


def _output_flags() -> Sequence[Flag]:
    return (
        Flag(
            ["-o", "--out"],
            section="Output",
            metavar="TEMPLATE",
            help="Where pictures go: a path with {index}, {seed}, {date}, {time}, {prompt}, {model}, {sampler}, "
            "{width}, {height} and, of a given picture, {name}; or a folder; or - for standard output. A suffix "
            "chooses the format, none takes the received one.",
        ),
        Flag(
            ["--overwrite"], section="Output", is_flag=True, help="Write over existing files; else they get a number."
        ),
    )
