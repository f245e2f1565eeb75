"""Jobs, servers and runs for the tests of batches."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from webuiapi.batch import Job, Summary, read_jobs, run
from webuiapi.batch.journal import FILE
from webuiapi.server import App, Server, serve

SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 1}
Start = Callable[..., Server]
Write = Callable[..., Path]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts embedded servers behind sockets."""
    with ExitStack() as stack:

        def start(**how: Any) -> Server:
            return stack.enter_context(serve(App(seed=1, **how)))

        yield start


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes small jobs into a file: `write({"prompt": "a cat"}, ...)`."""

    def write(*jobs: Mapping[str, Any], name: str = "jobs.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps({**SMALL, **job}) + "\n" for job in jobs), encoding="utf-8")
        return path

    return write


def jobs_in(path: Path) -> list[Job]:
    """The jobs of a file, all of which are right."""
    found = []
    for job in read_jobs(path):
        assert isinstance(job, Job)
        found.append(job)
    return found


def run_on(servers: Any, jobs: Any, out: Path, **how: Any) -> Summary:
    """Run jobs on servers that rest a moment only."""
    return run(jobs, out=out, servers=[getattr(server, "url", server) for server in servers], rest=0.01, **how)


def painted(server: Server) -> list[Any]:
    """The generations that a server was asked for, as JSON."""
    return [one.json for one in server.requests if one.path.startswith("/sdapi/v1/") and one.path.endswith("2img")]


def files_in(out: Path) -> list[str]:
    """The names of the pictures, and of whatever else lies there."""
    return sorted(path.name for path in (out / "images").iterdir())


def rows(out: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the journal says."""
    with closing(sqlite3.connect(out / FILE, isolation_level=None)) as journal:
        return journal.execute(query, values).fetchall()
