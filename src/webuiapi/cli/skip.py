"""`webuiapi skip`: end the running batch early."""

from __future__ import annotations

from .command import Run, as_command
from .stopping import order


@as_command(
    "skip",
    examples="""
webuiapi skip
webuiapi skip --url http://gpu-box:7860 --json
""",
)
def command(run: Run) -> None:
    """End the running batch early and go on with the next, whoever's it is.

    The unfinished picture is kept.
    """
    order(run, lambda api: api.skip(), "skipped")
