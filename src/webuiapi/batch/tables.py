"""What a run leaves for programs: `summary.json`, `metadata.csv`, and `metadata.parquet` where pyarrow is installed."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, TextIO

from .errors import BatchError
from .files import replace_file, replacing
from .journal import FILE, Journal, connect
from .parameters import parameters_of, read_row

if TYPE_CHECKING:
    from .runner import Summary

SUMMARY, METADATA, PARQUET = "summary.json", "metadata.csv", "metadata.parquet"
_FIRST = ("file", "job", "name", "source", "line", "server", "seconds", "ended")
_LAST = ("infotext",)
_IN_MEMORY = 1 << 24
_ROWS = """
SELECT pictures.file, jobs.id AS job, jobs.name, jobs.source, jobs.line, jobs.server, jobs.seconds, jobs.ended,
    jobs.kind, jobs.fields, jobs.drawn, pictures.seed, pictures.width, pictures.height, pictures.infotext
FROM pictures JOIN jobs ON jobs.number = pictures.job ORDER BY pictures.number
"""


def write_tables(journal: Journal, summary: Summary) -> None:
    """Write the summary of a run, and a row for each picture in the folder. Raises `BatchError`."""
    folder = journal.folder
    try:
        text = json.dumps({**asdict(summary), "failures": [asdict(one) for one in journal.failures()]}, indent=2)
        replace_file(folder / SUMMARY, text.encode())
        with closing(connect(folder / FILE)) as db:
            db.row_factory = sqlite3.Row
            with replacing(folder / METADATA) as part, part.open("w", encoding="utf-8", newline="") as file:
                _write_csv(file, _rows(db))
            if find_spec("pyarrow"):
                _write_parquet(folder / PARQUET, folder / METADATA)
    except (OSError, sqlite3.Error) as error:
        raise BatchError(f"the tables in {folder} can't be written: {error}. The pictures are kept") from error


def _rows(db: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    for row in db.execute(_ROWS):
        fields, _, about = read_row(row)
        parameters = parameters_of(row["kind"], fields, **about)
        yield {**parameters, **{name: row[name] for name in (*_FIRST, *_LAST)}}


def _write_csv(file: TextIO, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows, with a column for every name that any of them has: known when all have been seen, so put by first."""
    found: set[str] = set()
    with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8") as put_by:
        for row in rows:
            found |= row.keys()
            put_by.write(json.dumps(row) + "\n")
        put_by.seek(0)
        writer = csv.DictWriter(file, [*_FIRST, *sorted(found - {*_FIRST, *_LAST}), *_LAST], restval="")
        writer.writeheader()
        writer.writerows(map(json.loads, put_by))


def _write_parquet(target: Path, source: Path) -> None:
    reader, writer = import_module("pyarrow.csv"), import_module("pyarrow.parquet")
    with replacing(target) as part:
        writer.write_table(reader.read_csv(source), part)
