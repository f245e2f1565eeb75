"""The gallery of a batch: `index.html` in the output folder, which a browser opens from the disk, without a server.

Its data lie beside it as scripts, in pieces of some hundred pictures: a page from the disk may load scripts, and
nothing else. Pictures only ever come to the end, so that a piece that is full is never written again. While the batch
runs the gallery is brought up to date now and then, in a thread of its own.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ..errors import BatchError
from ..files import replace_file
from ..journal import FILE, connect
from ..parameters import fields_of_one, parameters_of, read_row
from ..shell import command_of
from .thumbnails import Thumbnails

if TYPE_CHECKING:
    from typing_extensions import Self

PAGE = "index.html"
FOLDER = "gallery"
PIECE = 500
"""Pictures in one file of data."""
_AT_ONCE = 200
"""Pictures that are taken in while the batch runs, before it gets the processor for itself again."""
_PAUSE = 3.0
"""Seconds between two looks, at least; after a look that took long, three times as long."""
_BESIDE = ("page.css", "index.js", "filters.js", "views.js", "page.js")
_FORMAT = 1
"""Of the pieces: those of another format are written anew."""


class Gallery:
    """Keeps the gallery in the folder `out` up to date while the block runs, and complete when it is left.

    `note` is told, in the gallery's thread, what went wrong: no batch ends because of its gallery. After a block that
    ended with an error nothing more is taken in.
    """

    def __init__(self, out: Path, note: Callable[[str], None]) -> None:
        self._note = note
        self._out = out
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._work, name="webuiapi-gallery", daemon=True)
        self._complete = True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._complete = kind is None
        self._ends.set()
        while self._thread.is_alive():
            self._thread.join(0.5)  # short: Ctrl-C must get through

    def _work(self) -> None:
        try:
            with Writer(self._out) as writer:
                pause = _PAUSE
                while not self._ends.wait(pause):
                    began = time.monotonic()
                    writer.update(_AT_ONCE)
                    pause = max(_PAUSE, 3 * (time.monotonic() - began))
                if self._complete:
                    writer.update()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the gallery's, and the run goes on
            self._note(f"the gallery is not complete: {error}. The next run completes it")


class Writer:
    """Writes the gallery of the journal in `out`. Raises `OSError` when it can't, and `BatchError` of the journal."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._folder = out / FOLDER
        (self._folder / "thumbnails").mkdir(parents=True, exist_ok=True)
        replace_file(out / PAGE, _own("page.html"))
        for name in _BESIDE:
            replace_file(self._folder / name, _own(name))
        self._thumbnails = Thumbnails(out, self._folder / "thumbnails")
        self._journal = connect(out / FILE)
        self._journal.row_factory = sqlite3.Row
        self._piece: list[dict[str, Any]] = []
        self._full = self._known()
        self._write_list()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thumbnails.__exit__()
        self._journal.close()

    def _known(self) -> int:
        """How many pieces are full and need not be written again."""
        try:
            found = orjson.loads((self._folder / "list.json").read_bytes())
        except (OSError, ValueError):
            return 0
        return int(found["full"]) if found.get("format") == _FORMAT else 0

    def update(self, most: int | None = None) -> int:
        """Take in the pictures that have come since, or the next `most` of them; how many that are."""
        taken = 0
        for rows in self._new(most):
            thumbnails = list(self._thumbnails.make([row["file"] for row in rows]))
            self._piece += [_shown(row, small) for row, small in zip(rows, thumbnails, strict=True)]
            taken += len(rows)
            self._write_piece()
        if taken:
            self._write_list()
        return taken

    def _new(self, most: int | None) -> Iterator[Sequence[sqlite3.Row]]:
        """The rows of the pictures not taken in yet, none of the lists reaching over the end of a piece."""
        while most is None or most > 0:
            begin = self._full * PIECE + len(self._piece)
            count = min(PIECE - len(self._piece), most if most is not None else PIECE)
            try:
                rows = self._journal.execute(_PICTURES, (begin, count)).fetchall()
            except sqlite3.Error as error:
                raise BatchError(f"the journal can't be read: {error}") from error
            if not rows:
                return
            yield rows
            most = None if most is None else most - len(rows)

    def _write_piece(self) -> None:
        # A text that is parsed: faster than a literal, and whatever it holds it is no code.
        data = orjson.dumps(json.dumps(self._piece))
        replace_file(self._folder / f"data-{self._full:05}.js", b"piece(%d, %s)\n" % (self._full, data))
        if len(self._piece) == PIECE:
            self._full += 1
            self._piece = []

    def _write_list(self) -> None:
        pieces = self._full + bool(self._piece)
        replace_file(self._folder / "list.json", orjson.dumps({"format": _FORMAT, "full": self._full}))
        replace_file(self._folder / "list.js", b"pieces(%d)\n" % pieces)


def _own(name: str) -> bytes:
    return (resources.files(__package__) / name).read_bytes()


_PICTURES = """
SELECT jobs.id, jobs.kind, jobs.name, jobs.source, jobs.line, jobs.folder, jobs.fields, jobs.drawn,
    jobs.server, jobs.seconds, jobs.ended,
    pictures.file, pictures.seed, pictures.width, pictures.height, pictures.infotext
FROM pictures JOIN jobs ON jobs.number = pictures.job
WHERE pictures.number > ? ORDER BY pictures.number LIMIT ?
"""


def _shown(row: sqlite3.Row, thumbnail: str | None) -> dict[str, Any]:
    """What the page gets of one picture."""
    fields, drawn, about = read_row(row)
    alone = fields_of_one(fields, drawn, seed=about["seed"], infotext=about["infotext"])
    return {
        "file": row["file"],
        "thumbnail": thumbnail,
        "job": row["name"] or row["id"],
        "written": f"{row['source']}:{row['line']}",
        "server": row["server"],
        "seconds": row["seconds"],
        "ended": row["ended"],
        "infotext": row["infotext"],
        "command": command_of(row["kind"], alone, Path(row["folder"])),
        "parameters": parameters_of(row["kind"], fields, **about),
    }
