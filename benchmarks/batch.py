"""A batch: `python -m benchmarks.batch` prints what the journal costs a job, and how fast pictures get to the disk.

The servers do no work (`stub.py`), in processes of their own. `--million` queues a million jobs from a file as well,
and prints the memory that it takes; that is several minutes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from webuiapi.batch import Job, read_jobs, run
from webuiapi.batch.gallery import Writer
from webuiapi.batch.journal import Journal
from webuiapi.batch.records import Outcome, Picture

from . import pictures
from .pool import processes

JOBS, GROUP, TO_DISK = 10_000, 16, 1000
MILLION = 1_000_000


def job(number: int) -> Job:
    """A job as a file would give it."""
    fields = {"prompt": f"a lighthouse, number {number}", "negative_prompt": "blurry", "seed": number, "steps": 20}
    return Job(f"{number:016x}", "txt2img", fields, "jobs.jsonl", number + 1)


def journal(folder: Path) -> Iterator[str]:
    """What a job costs on its way through the journal: taken in, read, and journalled with a picture."""
    with closing(Journal(folder)) as kept:
        times = [time.perf_counter()]
        kept.load(map(job, range(JOBS)))
        times.append(time.perf_counter())
        entries = list(kept.waiting())
        picture = Picture("images/0123456789abcdef.png", 1, 512, 512, "a lighthouse\n" * 30)
        times.append(time.perf_counter())
        for begin in range(0, JOBS, GROUP):
            group = entries[begin : begin + GROUP]
            kept.finish([Outcome(entry.number, "done", pictures=[picture]) for entry in group])
        times.append(time.perf_counter())
    taken, read, journalled = ((after - before) / JOBS * 1e6 for before, after in pairwise(times))
    yield (
        f"batch journal: {taken + read + journalled:.0f} microseconds a job (to reach: 300): {taken:.0f} taken in, "
        f"{read:.0f} read, {journalled:.0f} journalled in groups of {GROUP}, synced"
    )
    began = time.perf_counter()
    with Writer(folder) as gallery:
        gallery.update()
    yield f"gallery of {JOBS} pictures, without thumbnails: {time.perf_counter() - began:.1f} s"


def to_disk(stock: Path, folder: Path) -> Iterator[str]:
    """A whole run: sent, received, written, synced, journalled."""
    with processes(2, [sys.executable, "-m", "benchmarks.stub", str(stock)]) as ports:
        servers = [f"http://127.0.0.1:{port}/1x512-photo" for port in ports]
        for gallery in (False, True):
            out = folder / f"gallery-{gallery}"
            began = time.perf_counter()
            summary = run(map(job, range(TO_DISK)), out=out, servers=servers, server="a1111", gallery=gallery)
            took = time.perf_counter() - began
            assert summary.done == TO_DISK
            what = "with thumbnails and the gallery" if gallery else "without the gallery"
            yield (
                f"{TO_DISK} pictures of 512 x 512 from two servers that do no work to the disk, {what}: "
                f"{TO_DISK / took:.0f} a second{'' if gallery else ' (to reach: 300)'}"
            )


def million(folder: Path) -> Iterator[str]:
    """The memory that a million jobs take which are queued from a file."""
    path = folder / "jobs.jsonl"
    with path.open("w") as file:
        for number in range(MILLION):
            file.write(f'{{"prompt": "a lighthouse, number {number}", "seed": {number}, "model": "m{number % 4}"}}\n')
    program = (
        "import sys; from benchmarks.batch import queue_all; from pathlib import Path; queue_all(Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True)
    yield f"a million jobs queued from a file: {done.stdout.strip()} (to reach: 200 MB)"


def queue_all(folder: Path) -> None:
    """Queue the jobs of the file in a folder, and print what that took."""
    began = time.perf_counter()
    with closing(Journal(folder / "out")) as kept:
        kept.load(read_jobs(folder / "jobs.jsonl"))
        count = sum(1 for _ in kept.waiting())
    assert count == MILLION
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(f"{peak:.0f} MB at the most, {time.perf_counter() - began:.0f} s")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stock").mkdir()
        pictures.make(folder / "stock", [512])
        for lines in (
            journal(folder / "journal"),
            to_disk(folder / "stock", folder),
            million(folder) if "--million" in sys.argv else iter(()),
        ):
            for line in lines:
                print(line, flush=True)


if __name__ == "__main__":
    main()
