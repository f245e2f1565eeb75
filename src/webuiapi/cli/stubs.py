"""`webuiapi stubs`: the server's names as a Python file of types."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .command import Run, as_command
from .flags import Flag

if TYPE_CHECKING:
    from collections.abc import Mapping


@as_command(
    "stubs",
    Flag(
        ["-o", "--out", "path"],
        section="Options",
        type=click.Path(dir_okay=False),
        default="webui_names.py",
        show_default=True,
        help="The file to write, over one that is there.",
    ),
    Flag(
        ["--catalog"],
        section="Options",
        type=click.Path(exists=True, dir_okay=False),
        help="Take the names from a file of `webuiapi snapshot` instead of a server.",
    ),
    examples="""
webuiapi stubs --url http://gpu-box:7860 -o webui_names.py
webuiapi stubs --catalog gpu-box.json
""",
)
def command(run: Run, path: str, catalog: str | None = None) -> None:
    """Write the server's names as types, for your editor and type checker.

    A Python file with a Literal type for its samplers, schedulers, checkpoints, VAEs, upscalers, LoRAs, styles, scripts
    and more, and Names, a dictionary of those that txt2img takes:
    api.txt2img("a cat", **Names(sampler_name="Euler a")).
    """
    from ..saving import write_new
    from ..stubs import names_of, stubs

    found, source = _read(catalog) if catalog else _ask(run)
    written = write_new(Path(path), stubs(found, source).encode(), overwrite=True)
    counts = {kind: len(names) for kind, names in names_of(found).items()}
    if run.json:
        run.emit({"path": str(written), "names": counts})
        return
    click.echo(f"{written}: {sum(counts.values())} names of {source}")


def _ask(run: Run) -> tuple[Mapping[str, Any], str]:
    from ..snapshot import take_snapshot

    with run.client() as api:
        return api.run(take_snapshot()), f"{api.server.name} at {api.url}"


def _read(path: str) -> tuple[Mapping[str, Any], str]:
    import orjson

    try:
        found = orjson.loads(Path(path).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise click.BadParameter(f"{path} can't be read: {error}", param_hint="--catalog") from error
    if not isinstance(found, dict):
        raise click.BadParameter(f"{path} holds no catalogue: `webuiapi snapshot` writes one", param_hint="--catalog")
    return found, path
