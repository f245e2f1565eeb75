"""The journal of a batch: every job with what became of it, in one SQLite file of the output folder.

It is the only place where a job is known to be finished, and it says so only when the pictures are safely on the disk.
A batch that was killed leaves jobs whose pictures are there and not yet written down (`files.adopt` finds them), and
jobs that wait; nothing in between. Jobs are streamed in and out, so that a million of them need no memory.
"""

from __future__ import annotations

import json
import os
import platform
import random
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import BadJobs, BatchError, FolderInUse
from .jobs import Bad, Job, kinds_of, request_class
from .lock import Lock
from .naming import Stems
from .records import Counts, Entry, Failure, Outcome

FILE = "journal.sqlite"
VERSION = 1
BAD_KEPT = 1000
"""Bad jobs that are listed; beyond, they are counted."""
_PAGE = 256
_LARGEST_SEED = 2**32 - 2  # what A1111 itself draws from: random.randrange(4294967294)
_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    stem TEXT NOT NULL,
    stem_key TEXT,
    kind TEXT NOT NULL,
    name TEXT,
    source TEXT NOT NULL,
    line INTEGER NOT NULL,
    folder TEXT NOT NULL,
    fields TEXT NOT NULL,
    drawn TEXT NOT NULL,
    checkpoint TEXT NOT NULL,
    reading INTEGER NOT NULL,
    place INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    server TEXT,
    reason TEXT,
    seconds REAL,
    ended REAL
);
CREATE INDEX turns ON jobs (checkpoint, place);
CREATE UNIQUE INDEX stems ON jobs (stem_key) WHERE stem_key IS NOT NULL;
CREATE TABLE pictures (
    number INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    place INTEGER NOT NULL,
    file TEXT NOT NULL,
    seed,
    width INTEGER,
    height INTEGER,
    infotext TEXT
);
"""
_INSERT = """
INSERT INTO jobs (id, stem, stem_key, kind, name, source, line, folder, fields, drawn, checkpoint, reading, place)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_JOB = "number, id, kind, fields, source, line, name, folder, drawn, stem"


class Journal:
    """The journal in `folder`, which is made if need be and held against other batches until `close`.

    Raises `FolderInUse`, and `BatchError` when the folder can't be written or holds something else by that name.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FILE
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.folder)
        except BlockingIOError:
            raise FolderInUse(f"another batch runs in {self.folder}: {_holder(self.path)}") from None
        except (OSError, sqlite3.Error) as error:
            raise BatchError(f"the folder {self.folder} can't be used: {error}") from error
        try:
            with self._told():
                self._open()
        except BaseException:
            self._lock.free()
            raise

    def _open(self) -> None:
        self._db = connect(self.path)
        try:
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, VERSION):
                raise BatchError(f"{self.path} is of version {found}, and this webuiapi knows {VERSION}: use another")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")  # a group of jobs that is committed survives a power cut
            with self._transaction():
                if found == 0:
                    for statement in _SCHEMA.split(";")[:-1]:
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {VERSION}")
                holder = f"process {os.getpid()} on {platform.node()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}"
                self._db.execute("INSERT OR REPLACE INTO facts VALUES ('holder', ?)", (holder,))
        except BaseException:
            self._db.close()
            raise

    # -- jobs in -------------------------------------------------------------------------------------------------------

    def load(self, jobs: Iterable[Job | Bad]) -> Counts:
        """Take in the jobs to be run now. Those that it knows keep what became of them; all others rest.

        All or none: raises `BadJobs` when one is bad, and nothing is changed.
        """
        bad: list[Bad] = []
        count = 0
        with self._told(), self._transaction():
            reading = self.reading + 1
            stems = Stems(self._taken)
            for place, job in enumerate(jobs):
                if isinstance(job, Bad):
                    count += 1
                    if count <= BAD_KEPT:
                        bad.append(job)
                elif not count:
                    self._take_in(job, reading, place, stems)
            if count:
                raise BadJobs(bad, count)
            self._db.execute("INSERT OR REPLACE INTO facts VALUES ('reading', ?)", (str(reading),))
        return self.counts()

    def _take_in(self, job: Job, reading: int, place: int, stems: Stems) -> None:
        known = self._db.execute(
            "UPDATE jobs SET reading = ?, place = ?, source = ?, line = ?, folder = ? WHERE id = ?",
            (reading, place, job.source, job.line, str(job.folder), job.id),
        )
        if known.rowcount:
            return
        stem, key = stems.of(job)
        fields, drawn = json.dumps(job.fields), json.dumps(draw(job))  # not orjson: seeds may have more than 64 bits
        said = (job.kind, _text(job.name), job.source, job.line, str(job.folder), fields, drawn, job.checkpoint or "")
        self._db.execute(_INSERT, (job.id, stem, key, *said, reading, place))

    def _taken(self, key: str) -> bool:
        return self._db.execute("SELECT 1 FROM jobs WHERE stem_key = ?", (key,)).fetchone() is not None

    @property
    def reading(self) -> int:
        """How many times jobs were taken in."""
        row = self._db.execute("SELECT value FROM facts WHERE name = 'reading'").fetchone()
        return int(row[0]) if row else 0

    def retry_failed(self) -> int:
        """Have the failed jobs of the last reading wait again; how many there are."""
        with self._told(), self._transaction():
            return self._db.execute(
                "UPDATE jobs SET state = 'waiting', reason = NULL, server = NULL"
                " WHERE reading = ? AND state = 'failed'",
                (self.reading,),
            ).rowcount

    # -- jobs out ------------------------------------------------------------------------------------------------------

    def waiting(self) -> Iterator[Entry]:
        """The jobs that wait, by checkpoint and then in the order of the file; read as they are asked for."""
        reading, checkpoint, place = self.reading, "", -1
        while True:
            with self._told():
                rows = self._db.execute(
                    f"SELECT checkpoint, place, {_JOB} FROM jobs WHERE (checkpoint, place) > (?, ?)"  # noqa: S608
                    " AND reading = ? AND state = 'waiting' ORDER BY checkpoint, place LIMIT ?",
                    (checkpoint, place, reading, _PAGE),
                ).fetchall()
            for row in rows:
                yield _entry(row[2:])
            if len(rows) < _PAGE:
                return
            checkpoint, place = rows[-1][:2]

    def unfinished(self, stem: str) -> Entry | None:
        """The job with that stem, if it has not ended well."""
        with self._told():
            row = self._db.execute(
                f"SELECT {_JOB} FROM jobs WHERE (stem_key = ? OR (id = ? AND stem = id)) AND state <> 'done'",  # noqa: S608
                (Stems.key(stem), stem),
            ).fetchone()
        return _entry(row) if row else None

    def finish(self, outcomes: Sequence[Outcome]) -> None:
        """Write down what became of some jobs, whose pictures are on the disk: all of it, or nothing."""
        with self._told(), self._transaction():
            self._db.executemany(
                "UPDATE jobs SET state = ?, server = ?, reason = ?, seconds = ?, ended = ? WHERE number = ?",
                [(one.state, one.server, _text(one.reason), one.seconds, one.ended, one.number) for one in outcomes],
            )
            self._db.executemany(
                "INSERT INTO pictures (job, place, file, seed, width, height, infotext) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (one.number, place, made.file, _whole(made.seed), made.width, made.height, _text(made.infotext))
                    for one in outcomes
                    for place, made in enumerate(one.pictures)
                ],
            )

    # -- what is there -------------------------------------------------------------------------------------------------

    def counts(self) -> Counts:
        """How many jobs there are, by state."""
        with self._told():
            rows = self._db.execute(
                "SELECT state, count(*) FROM jobs WHERE reading = ? GROUP BY state", (self.reading,)
            )
            by_state: dict[str, int] = dict(rows.fetchall())
            pictures = self._db.execute("SELECT count(*) FROM pictures").fetchone()[0]
        return Counts(by_state.get("waiting", 0), by_state.get("done", 0), by_state.get("failed", 0), pictures)

    def failures(self) -> Iterator[Failure]:
        """The failed jobs of the last reading, in the order of the file."""
        with self._told():
            for row in self._db.execute(
                "SELECT id, name, source, line, server, reason FROM jobs WHERE reading = ? AND state = 'failed'"
                " ORDER BY checkpoint, place",
                (self.reading,),
            ):
                yield Failure(*row)

    def close(self) -> None:
        """Let go of the journal and of the folder."""
        with suppress(sqlite3.Error):  # a full disk: the log beside the journal is read again next time
            self._db.close()
        self._lock.free()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise BatchError(
                f"the journal {self.path} can't be used: {error}. What it holds is whole: when the cause is gone, "
                "the same command continues"
            ) from error


def connect(path: Path) -> sqlite3.Connection:
    """A connection that leaves transactions to whoever uses it."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA cache_size = -32768")  # 32 MiB: the ids of a million jobs are looked up within it
    return connection


def draw(job: Job) -> dict[str, int]:
    """Seeds for what the job leaves to chance, by field."""
    fields = job.fields
    drawn = {}
    told = fields.get("infotext") or "seed" in (fields.get("extra") or {})
    if "seed" in kinds_of(request_class(job.kind)) and fields.get("seed", -1) == -1 and not told:
        drawn["seed"] = random.randrange(_LARGEST_SEED)  # noqa: S311 - no secret
    if fields.get("subseed_strength") and fields.get("subseed", -1) == -1:
        drawn["subseed"] = random.randrange(_LARGEST_SEED)  # noqa: S311
    return drawn


def _entry(row: Sequence[Any]) -> Entry:
    number, key, kind, fields, source, line, name, folder, drawn, stem = row
    job = Job(key, kind, json.loads(fields), source, line, name, Path(folder))
    return Entry(number, job, json.loads(drawn), stem)


def _whole(seed: int | None) -> int | str | None:
    """A seed as SQLite can keep it: those of 64 bits and more as text."""
    return seed if seed is None or -(2**63) <= seed < 2**63 else str(seed)


def _text(text: str | None) -> str | None:
    """A text as SQLite can keep it: without half characters."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _holder(path: Path) -> str:
    """Who holds the folder, as far as the journal tells."""
    with suppress(sqlite3.Error):
        if path.exists():
            connection = connect(path)
            try:
                row = connection.execute("SELECT value FROM facts WHERE name = 'holder'").fetchone()
            finally:
                connection.close()
            if row:
                return str(row[0])
    return "it has only just begun"
