"""A disk that is full, as a limit on the size of files makes it: a clear error, and nothing lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from webuiapi.server import Server

from .conftest import Start, Write, files_in, painted, rows, run_on

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
PROGRAM = """
import resource, sys
import webuiapi.batch
limit, jobs, out, url = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    webuiapi.batch.run(jobs, out=out, servers=[url])
except webuiapi.batch.BatchError as error:
    sys.exit(str(error))
"""


def limited(limit: int, jobs: Path, out: Path, server: Server) -> str:
    """What a run says that can't write larger files than that."""
    command = [sys.executable, "-c", PROGRAM, str(limit), str(jobs), str(out), server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stderr


def test_a_picture_that_does_not_fit(start: Start, write: Write, tmp_path: Path) -> None:
    server, out = start(), tmp_path / "out"
    small = [{"prompt": f"{number}", "seed": number} for number in range(4)]
    path = write(*small, {"prompt": "large", "seed": 9, "width": 768, "height": 768})
    said = limited(150_000, path, out, server)
    assert f"a picture can't be written into {out}: [Errno 27] File too large" in said
    assert "the same command continues" in said
    assert rows(out, "PRAGMA integrity_check") == [("ok",)]
    assert rows(out, "SELECT state FROM jobs WHERE fields LIKE '%large%'") == [("waiting",)]
    assert not any(name.endswith(".part") for name in files_in(out))
    done = rows(out, "SELECT count(*) FROM jobs WHERE state = 'done'")[0][0]
    assert len(files_in(out)) == done
    before = len(painted(server))
    assert run_on([server], path, out).ok
    assert len(painted(server)) - before == 5 - done, "what was kept is not painted again"


def test_a_journal_that_does_not_fit(start: Start, write: Write, tmp_path: Path) -> None:
    server, out = start(), tmp_path / "out"
    path = write(*({"prompt": f"{number}" * 9} for number in range(300)))
    said = limited(60_000, path, out, server)
    assert f"the journal {out / 'journal.sqlite'} can't be used: " in said
    assert rows(out, "PRAGMA integrity_check") == [("ok",)]
    assert rows(out, "SELECT count(*) FROM jobs") == [(0,)]
    assert painted(server) == []


def test_a_journal_that_is_full_while_pictures_come(start: Start, write: Write, tmp_path: Path) -> None:
    server, out = start(step_time=0.01), tmp_path / "out"
    path = write(*({"prompt": f"picture {number}", "seed": number} for number in range(60)))
    said = limited(200_000, path, out, server)
    assert "can't be used: " in said
    assert rows(out, "PRAGMA integrity_check") == [("ok",)]
    (counts,) = rows(out, "SELECT count(*), sum(state = 'done') FROM jobs")
    assert counts[0] == 60
    assert counts[1] < len(files_in(out)) < 60, "pictures that are there and not journalled"
    before = painted(server)
    summary = run_on([server], path, out)
    assert summary.ok
    assert summary.adopted > 0
    assert len(files_in(out)) == 60
    assert len(painted(server)) < len(before) + 60
    assert len({one["seed"] for one in painted(server)}) == len(painted(server)) == 60, "each painted once"
