"""`webuiapi tag`: tags of pictures, by the extension WD14 tagger."""

from __future__ import annotations

from typing import Any

import click

from ..extensions.tagger import TaggerInterrogate
from .command import Run, as_command
from .flags import Flag, flags_of
from .given import FILES, all_given, results_of
from .output import table


@as_command(
    "tag",
    FILES,
    Flag(["--scores"], section="Options", is_flag=True, default=None, help="A line a tag, with its score."),
    *flags_of(TaggerInterrogate, skip=("image", "queue", "name_in_queue")),
    examples="""
webuiapi tag photo.png
webuiapi tag *.png --threshold 0.5 --scores
""",
)
def command(run: Run, files: tuple[str, ...], scores: bool = False, **values: Any) -> None:
    """Tag pictures, by the extension WD14 tagger.

    FILES are pictures, http(s) URLs that the server may read, or - for standard input. Prints the tags of each in a
    line, the surest first, as a prompt takes them; with several FILES their name before it.
    """
    given = all_given(files)
    found: list[dict[str, Any]] = []
    run.report["pictures"] = found
    with run.client() as api:
        for one, result in results_of(run, api, given, lambda one: TaggerInterrogate(one.picture, **values)):
            tags = dict(sorted(result.tags.items(), key=lambda pair: -pair[1]))
            found.append({"source": one.source, "tags": tags, "ratings": result.ratings})
            if run.json:
                continue
            if scores:
                head = [one.source] if len(given) > 1 else []
                table([*("picture" for _ in head), "tag", "score"], [[*head, tag, f"{tags[tag]:.3f}"] for tag in tags])
            else:
                line = ", ".join(tags)
                click.echo(f"{one.source}: {line}" if len(given) > 1 else line)
    if run.json:
        run.emit(run.report)
