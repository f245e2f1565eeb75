"""What interrupt and skip have in common: an order to whatever runs, and what it was given to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..errors import NotFound
from .command import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..client import WebUIApi


def order(run: Run, give: Callable[[WebUIApi], Any], done: str) -> None:
    """Give an order if the server is at work, and say what was running."""
    with run.client() as api:
        try:
            now = api.get_progress(skip_current_image=True)
        except NotFound:  # it does not say what it does
            now = None
        idle = now is not None and now.idle
        if not idle:
            give(api)
    job = now.job if now is not None else ""
    if run.json:
        run.emit({done: not idle, "job": job})
    else:
        click.echo("idle: there is nothing to stop" if idle else f"{done}{f': {job}' if job else ''}")
