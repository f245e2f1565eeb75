"""`webuiapi demo`: a bit of everything against a server, and a page that shows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from .command import Run, as_command
from .flags import Flag
from .job import carry_out
from .places import Place

if TYPE_CHECKING:
    from ..client import WebUIApi
    from .demo_steps import Done

_STEP_TIME = 0.03
"""Seconds that a step takes on the embedded server, so that there is something to watch."""


@as_command(
    "demo",
    Flag(
        ["-o", "--out"],
        section="Options",
        type=click.Path(file_okay=False),
        default="demo-output",
        show_default=True,
        metavar="FOLDER",
        help="Where the pictures and index.html go. Those of an earlier demo are replaced, all else is left alone.",
    ),
    examples="""
webuiapi demo
webuiapi demo --url http://gpu-box:7860 --out pictures
""",
)
def command(run: Run) -> None:
    """Do a bit of everything, and leave a page with the pictures.

    Starts the embedded server (or uses the one that --url or --server names), and as its client paints from a text,
    from a picture and within a mask, does a hires pass, upscales, and reads the parameters back. Every picture is the
    file that the server sent; index.html shows them side by side.
    """
    folder = Path(run.out or "demo-output")
    begin = time.monotonic()
    with _server(run) as (api, notice):
        done = _do_all(run, api, folder)
    seconds = time.monotonic() - begin
    index = _write_page(folder, done, where=api.url, notice=notice, seconds=seconds)
    count = sum(len(step.files) for step in done)
    if run.json:
        run.emit({"index": str(index), "steps": [step.as_json() for step in done], "seconds": round(seconds, 3)})
    else:
        run.note(f"{count} pictures in {seconds:.1f} s. Open this page to see them: {index.resolve().as_uri()}")
        click.echo(str(index))


@contextmanager
def _server(run: Run) -> Iterator[tuple[WebUIApi, str]]:
    """A client for the server that --url names, or for an embedded one of our own; and what that one says it is."""
    sources = map(click.get_current_context().get_parameter_source, ("url", "server"))
    if ParameterSource.COMMANDLINE in sources:
        with run.client() as api:
            run.note(f"Using the server at {api.url}")
            yield api, ""
        return
    from ..server import serve

    with serve(step_time=_STEP_TIME) as server:
        notice = server.app.state.engine.notice
        run.note(f"The embedded server listens at {server.url}. {notice}")
        # Credentials of the environment and of webuiapi.toml are for another server.
        place = Place(server.url, timeout=click.get_current_context().params["timeout"])
        run.find = lambda: (place,)
        with run.client() as api:
            yield api, notice


def _do_all(run: Run, api: WebUIApi, folder: Path) -> list[Done]:
    from .demo_steps import COUNT, Done, steps

    done: list[Done] = []
    flow = steps([upscaler.name for upscaler in api.get_upscalers()])
    step = next(flow)
    while True:
        title = f"{len(done) + 1} of {COUNT}: {step.title}"
        begin = time.monotonic()
        result = carry_out(run, api, step.request, title)
        done.append(Done.of(step, result, time.monotonic() - begin, folder))
        run.note(f"{title}: {done[-1].outcome} ({done[-1].seconds:.1f} s)")
        try:
            step = flow.send(result)
        except StopIteration:
            return done


def _write_page(folder: Path, done: list[Done], *, where: str, notice: str, seconds: float) -> Path:
    from ..saving import write_new
    from .demo_page import page

    html = page(done, where=where, notice=notice, seconds=seconds)
    return write_new(folder / "index.html", html.encode(), overwrite=True)
