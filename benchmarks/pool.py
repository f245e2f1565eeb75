"""Several servers as one: `python -m benchmarks.pool` prints how busy a pool keeps them, and what a job costs it.

Servers are processes of their own: embedded ones with a step time for the first figure, stubs that do no work for the
others.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from webuiapi import AsyncPool, Pool, Txt2Img

from . import pictures

SERVERS, STEPS, STEP_TIME = 8, 10, 0.05
JOBS_A_SERVER = 12
FREE = 600


@contextmanager
def processes(count: int, command: list[str]) -> Iterator[list[str]]:
    """Servers as processes; their addresses, which they print in their first line."""
    with ExitStack() as stack:
        started = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(count)
        ]
        try:
            yield [process.stdout.readline().strip() for process in started if process.stdout is not None]
        finally:
            for process in started:
                process.kill()


EMBEDDED = f"""
import threading
from webuiapi.server import App, serve
with serve(App(step_time={STEP_TIME})) as server:
    print(server.url, flush=True)
    threading.Event().wait()
"""


def seconds(pool: Pool, requests: list[Txt2Img], *, ordered: bool = True) -> float:
    """How long a pool takes for requests."""
    began = time.perf_counter()
    for result in pool.map(requests, ordered=ordered):
        assert len(result.content) == 1
    return time.perf_counter() - began


async def awaited_seconds(urls: list[str], requests: list[Txt2Img]) -> float:
    """How long an awaitable pool takes for requests."""
    async with AsyncPool(urls, server="a1111") as pool:
        await pool.run(requests[0])
        began = time.perf_counter()
        async for result in pool.map(requests, ordered=False):
            assert len(result.content) == 1
        return time.perf_counter() - began


def busy() -> Iterator[str]:
    """How busy one process keeps servers that take their time."""
    with processes(SERVERS, [sys.executable, "-c", EMBEDDED]) as urls, Pool(urls) as pool:
        small: dict[str, Any] = {"width": 64, "height": 64, "steps": STEPS}
        seconds(pool, [Txt2Img("warm", **small) for _ in range(2 * SERVERS)])
        took = seconds(pool, [Txt2Img("a cat", **small) for _ in range(SERVERS * JOBS_A_SERVER)])
        share = JOBS_A_SERVER * STEPS * STEP_TIME / took
        yield f"{SERVERS} servers of {STEPS * STEP_TIME:.1f} s a picture: {share:.1%} busy (to reach: 95 %)"


def throughput(folder: Path) -> Iterator[str]:
    """What a job costs where the server does nothing."""
    command = [sys.executable, "-m", "benchmarks.stub", str(folder)]
    with processes(2, command) as ports:
        for case, picture in (("64 x 64", "1x64-photo"), ("512 x 512", "1x512-photo")):
            urls = [f"http://127.0.0.1:{port}/{picture}" for port in ports]
            requests = [Txt2Img("a cat", seed=seed) for seed in range(FREE)]
            with Pool(urls, server="a1111") as pool:
                seconds(pool, requests[:20])
                took = seconds(pool, requests, ordered=False)
            awaited = asyncio.run(awaited_seconds(urls, requests))
            yield (
                f"pictures of {case} from two servers that do no work: {FREE / took:.0f} a second, "
                f"{took / FREE * 1000:.2f} ms a job; awaited {FREE / awaited:.0f} a second "
                "(to reach: 300 a second, 2 ms a job)"
            )


def main() -> None:
    for line in busy():
        print(line, flush=True)
    with tempfile.TemporaryDirectory() as name:
        pictures.make(Path(name), [64, 512])
        for line in throughput(Path(name)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
