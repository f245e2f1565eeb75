"""The event loop beside large pictures: `python -m benchmarks.loop` prints how late it is, idle and at work.

A task asks to be woken every millisecond and notes how late that is, while an awaitable client sends pictures of 2048
pixels and receives such, two at a time: from bytes, and from memory, which has to be encoded.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from PIL import Image

from webuiapi import AsyncWebUIApi

from . import pictures

SECONDS = 6.0
TICK = 0.001
MOST = 0.005
"""Seconds by which the 99th percentile may be above that of an idle loop."""


async def lateness(until: float) -> list[float]:
    """By how much each tick came too late, in seconds."""
    late = []
    while time.perf_counter() < until:
        due = time.perf_counter() + TICK
        await asyncio.sleep(TICK)
        late.append(time.perf_counter() - due)
    return sorted(late)


async def at_work(call: Callable[[], Awaitable[object]] | None) -> tuple[float, int]:
    """The 99th percentile of the lateness in seconds, and how many calls were made meanwhile."""
    until, calls = time.perf_counter() + SECONDS, 0

    async def work() -> None:
        nonlocal calls
        while call is not None and time.perf_counter() < until:
            await call()
            calls += 1

    late, *_ = await asyncio.gather(lateness(until), work(), work())
    return late[int(len(late) * 0.99)], calls


async def measure(url: str, folder: Path) -> None:
    """Print the figures."""
    data = (folder / "2048-photo.png").read_bytes()
    with Image.open(folder / "2048-photo.png") as opened:
        painted = opened.convert("RGB")
    async with AsyncWebUIApi(url=url, server="a1111", checks="off") as api:
        idle, _ = await at_work(None)
        print(f"idle: 99 % of the ticks at most {idle * 1000:.2f} ms late")
        for what, given in (("bytes", data), ("from memory", painted)):
            late, calls = await at_work(partial(api.img2img, given, "a cat", width=2048, height=2048))
            above = late - idle
            print(
                f"{what}: {late * 1000:.2f} ms, {above * 1000:+.2f} ms (to reach: at most {MOST * 1000:.0f} ms above), "
                f"{calls / SECONDS:.0f} calls a second"
            )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        pictures.make(Path(name), [64, 2048])
        command = [sys.executable, "-m", "benchmarks.stub", name]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stub:
            assert stub.stdout is not None
            port = stub.stdout.readline().strip()
            asyncio.run(measure(f"http://127.0.0.1:{port}/1x2048-photo", Path(name)))
            stub.kill()


if __name__ == "__main__":
    main()
