"""A batch that is killed at any moment, while its servers fail now and then: the same command makes it whole."""

from __future__ import annotations

import io
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from webuiapi import WebUIApi
from webuiapi.server import Server

from .conftest import SMALL, Start, Write, files_in, painted, rows

PATIENCE = 60.0
PROGRAM = """
import sys
import webuiapi.batch
from webuiapi.batch.view import JsonLines
jobs, out, *servers = sys.argv[1:]
view = JsonLines(lambda line: print(line, flush=True))
summary = webuiapi.batch.run(jobs, out=out, servers=servers, retry_failed=True, patience=10, rest=0.02, view=view)
sys.exit(not summary.ok)
"""
FAULTS = [
    {"kind": "reset", "path": "*txt2img", "work": "first", "probability": 0.05},
    {"kind": "cut", "path": "*txt2img", "probability": 0.05},
    {"kind": "memory", "path": "*txt2img", "probability": 0.05},
    {"kind": "refuse", "path": "*txt2img", "probability": 0.05},
]

Moment = Callable[[], bool]


@contextmanager
def running(jobs: Path, out: Path, servers: list[Server]) -> Iterator[tuple[subprocess.Popen[bytes], list[bytes]]]:
    """The command in a process of its own, and the lines that it has printed so far."""
    command = [sys.executable, "-c", PROGRAM, str(jobs), str(out), *(server.url for server in servers)]
    lines: list[bytes] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, b"")))  # type: ignore[union-attr]
        reader.start()
        yield process, lines
        process.kill()
        reader.join()


def moments(chance: random.Random, out: Path, servers: list[Server], lines: list[bytes], more: int) -> Moment:
    """A moment to kill a run at, a few jobs from now: told by what it has printed, written or asked for."""

    def names() -> list[str]:
        return files_in(out) if (out / "images").exists() else []

    there = len(names())
    asked = sum(len(painted(server)) for server in servers)
    kinds: list[Moment] = [
        lambda: sum(b'"done"' in line for line in lines) >= more,
        lambda: len(names()) >= there + more,
        lambda: any(name.endswith(".part") for name in names()),
        lambda: sum(len(painted(server)) for server in servers) >= asked + more,
        lambda: any(b'"begin"' in line for line in lines),
    ]
    return chance.choice(kinds)


def killed(process: subprocess.Popen[bytes], moment: Moment) -> bool:
    """Kill the run at that moment. False when it had ended before."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None:
        if moment():
            process.kill()
            process.wait()
            return True
        assert time.monotonic() < deadline
        threading.Event().wait(0.001)
    return False


def killed_again_and_again(start: Start, write: Write, out: Path, *, count: int, kills: int, seed: int) -> None:
    """Kill the same command at so many moments, then let it come to its end; and look whether all is there."""
    chance = random.Random(seed)
    servers = [start(step_time=0.01, faults={"seed": seed + number, "rules": FAULTS}) for number in range(2)]
    jobs: list[dict[str, Any]] = [
        {"prompt": f"picture {number}", "n_iter": 1 + number % 3, **({"seed": 10 * number} if number % 2 else {})}
        for number in range(count)
    ]
    path = write(*jobs)
    done = 0
    while done < kills:
        with running(path, out, servers) as (process, lines):
            moment = moments(chance, out, servers, lines, chance.randrange(1, 1 + max(2, count // kills)))
            if not killed(process, moment):
                assert process.returncode is not None
                break
            done += 1
    assert done >= kills * 0.8, "most of the kills hit a run"
    for _ in range(5):  # a job that fails three times on end has failed: it is run again
        with running(path, out, servers) as (process, lines):
            if process.wait(PATIENCE) == 0:
                break
    else:
        pytest.fail(f"the jobs do not get done: {lines[-5:]!r}")
    look_at(out, jobs)


def look_at(out: Path, jobs: list[dict[str, Any]]) -> None:
    """Every picture is there, whole, once, and the one that was asked for."""
    assert rows(out, "PRAGMA integrity_check") == [("ok",)]
    assert rows(out, "SELECT count(*), min(state), max(state) FROM jobs") == [(len(jobs), "done", "done")]
    found = rows(
        out,
        "SELECT jobs.place, pictures.place, file, seed FROM pictures JOIN jobs ON job = jobs.number ORDER BY 1, 2",
    )
    assert [(number, place) for number, place, *_ in found] == [
        (number, place) for number, job in enumerate(jobs) for place in range(job["n_iter"])
    ]
    assert Counter(file for _, _, file, _ in found) == Counter(f"images/{name}" for name in files_in(out))
    first = {number: seed for number, place, _, seed in found if place == 0}
    with WebUIApi(":local:") as api:
        for number, place, file, seed in found:
            assert seed == jobs[number].get("seed", first[number]) + place
            with Image.open(io.BytesIO((out / file).read_bytes())) as image:
                image.load()
                if number % 5 == 0:
                    again = api.txt2img(jobs[number]["prompt"], seed=seed, **SMALL).image
                    assert image.tobytes() == again.tobytes()
    shown = "".join(path.read_text() for path in (out / "gallery").glob("data-*.js"))
    assert Counter(re.findall(r'\\"file\\": \\"(.*?)\\"', shown)) == Counter(file for _, _, file, _ in found)
    assert len(list((out / "gallery" / "thumbnails").glob("*.jpg"))) == len(found)


def test_killed_five_times(start: Start, write: Write, tmp_path: Path) -> None:
    killed_again_and_again(start, write, tmp_path / "out", count=40, kills=5, seed=3)


@pytest.mark.soak
def test_killed_fifty_times(start: Start, write: Write, tmp_path: Path) -> None:
    killed_again_and_again(start, write, tmp_path / "out", count=300, kills=50, seed=4)
