"""`webuiapi snapshot`: what a server has installed, as a file for `webuiapi serve --catalog`."""

from __future__ import annotations

import click

from .command import Run, as_command
from .flags import Flag


@as_command(
    "snapshot",
    Flag(
        ["-o", "--out", "path"],
        section="Options",
        type=click.Path(dir_okay=False),
        default="catalog.json",
        show_default=True,
        help="The file to write, over one that is there.",
    ),
    examples="""
webuiapi snapshot --url http://gpu-box:7860 -o gpu-box.json
webuiapi serve --catalog gpu-box.json
""",
)
def command(run: Run, path: str) -> None:
    """Write down what the server has installed, for a twin of it.

    Models, samplers, scripts with their arguments, options and the rest of its lists, without passwords. The embedded
    server answers with them: `webuiapi serve --catalog FILE`.
    """
    from ..snapshot import take_snapshot, write_snapshot

    with run.client() as api:
        catalog, url = api.run(take_snapshot()), api.url
    written = write_snapshot(catalog, path)
    if run.json:
        run.emit({"path": str(written), "lists": sorted(catalog)})
        return
    click.echo(f"{written}: {len(catalog)} lists of {url}")
