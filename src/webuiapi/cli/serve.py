"""`webuiapi serve`: the embedded server until Ctrl-C."""

from __future__ import annotations

from typing import Any

import click

from .command import Run, as_command, usage_errors
from .flags import Flag


@as_command(
    "serve",
    Flag(
        ["--host"],
        section="Options",
        default="127.0.0.1",
        show_default=True,
        help="Address to listen on; 0.0.0.0 is all.",
    ),
    Flag(
        ["--port"],
        section="Options",
        type=click.IntRange(0, 65535),
        default=7860,
        show_default=True,
        help="0 takes a free one.",
    ),
    Flag(
        ["--api-auth"],
        section="Options",
        metavar="USER:PASSWORD,...",
        help="Ask for these credentials, as the webui does.",
    ),
    Flag(
        ["--step-time"],
        section="Options",
        type=click.FloatRange(0),
        default=0.0,
        show_default=True,
        metavar="SECONDS",
        help="Time that a sampling step takes beside the painting, to see how it is to wait.",
    ),
    Flag(
        ["--flavour"],
        section="What it is",
        metavar="NAME",
        help="Answer as a1111 (default), forge, reforge, sdnext, koboldcpp, sdcpp or drawthings does.",
    ),
    Flag(
        ["--catalog"],
        section="What it is",
        type=click.Path(exists=True, dir_okay=False),
        help="What it has installed: a file that `webuiapi snapshot` wrote.",
    ),
    Flag(
        ["--without"],
        section="What it is",
        multiple=True,
        metavar="EXTENSION",
        help="Leave an extension out: controlnet, adetailer, ... Repeatable.",
    ),
    Flag(
        ["--faults"],
        section="What it is",
        type=click.Path(exists=True, dir_okay=False),
        help="What is to go wrong: a JSON file of rules, see the page on testing.",
    ),
    server=False,
    examples="""
webuiapi serve
webuiapi serve --host 0.0.0.0 --api-auth me:secret --step-time 0.1
webuiapi serve --flavour sdnext --port 0
webuiapi serve --catalog gpu-box.json --without controlnet
""",
)
def command(run: Run, host: str, port: int, step_time: float, **settings: Any) -> None:
    """Run the embedded server, which needs no GPU.

    It answers as AUTOMATIC1111's webui 1.10.1 does and paints with a stand-in: for trying, developing and testing.
    Ends with Ctrl-C.
    """
    from ..server import run as serve

    def on_start(url: str, notice: str) -> None:
        if run.json:
            run.emit({"url": url, "notice": notice})
            return
        click.echo(f"Listening on {click.style(url, bold=True)}")
        click.echo(notice)
        run.note("Ctrl-C ends it.")

    with usage_errors():
        given = {name: value for name, value in settings.items() if value}
        serve(on_start=on_start, host=host, port=port, step_time=step_time, **given)
