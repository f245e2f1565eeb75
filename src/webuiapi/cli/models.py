"""`webuiapi models`: the checkpoints of the server."""

from __future__ import annotations

from .command import Run, as_command
from .output import table


@as_command("models")
def command(run: Run) -> None:
    """List the checkpoints of the server.

    The one in use is marked. A hash is there once the server has computed it.
    """
    with run.client() as api:
        models = api.get_sd_models()
        used = api.get_options().sd_model_checkpoint
    # Options name the checkpoint by its title, whose hash may have been added since.
    current = next(
        (place for place, model in enumerate(models) if used and used in (model.title, model.model_name)),
        next((place for place, model in enumerate(models) if used and _plain(used) == _plain(model.title)), None),
    )
    if run.json:
        run.emit([{**model, "current": place == current} for place, model in enumerate(models)])
        return
    rows = [["*" if i == current else "", model.title, model.hash or ""] for i, model in enumerate(models)]
    table(["", "title", "hash"], rows, marked=current)
    if current is None and used:
        run.note(f"in use, and not in the list: {used}")


def _plain(title: str) -> str:
    """A title without the hash at its end."""
    return title.rpartition(" [")[0] or title
