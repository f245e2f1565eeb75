"""`webuiapi samplers`: the samplers of the server."""

from __future__ import annotations

from .command import Run, as_command
from .output import table


@as_command("samplers")
def command(run: Run) -> None:
    """List the samplers of the server.

    Requests take the name as it is here, exactly; the aliases are the webui's own.
    """
    with run.client() as api:
        samplers = api.get_samplers()
    if run.json:
        run.emit(samplers)
        return
    table(["name", "aliases"], [[sampler.name, ", ".join(sampler.aliases)] for sampler in samplers])
