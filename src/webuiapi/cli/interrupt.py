"""`webuiapi interrupt`: stop what the server is working on."""

from __future__ import annotations

from .command import Run, as_command
from .stopping import order


@as_command(
    "interrupt",
    examples="""
webuiapi interrupt
webuiapi interrupt --url http://gpu-box:7860 --json
""",
)
def command(run: Run) -> None:
    """Stop the running job, whoever's it is.

    Its call returns with the pictures so far. Jobs that wait go on.
    """
    order(run, lambda api: api.interrupt(), "interrupted")
