"""The process that one client is measured in: told what to do by lines of JSON, it answers with what it measured."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from .case import FLOOR, OURS, PREDECESSOR
from .clients import Floor, Operation, Ours, Predecessor

CLIENTS: dict[str, Any] = {OURS: Ours, PREDECESSOR: Predecessor, FLOOR: Floor}


class Meter:
    """Runs operations often enough to measure them. The number of repetitions is found once for each."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.loop = asyncio.new_event_loop()
        self.prepared: dict[str, tuple[Operation, int]] = {}

    def measure(self, key: str, operation: str, arguments: dict[str, Any], seconds: float) -> dict[str, float]:
        """Seconds of CPU and wall for one call of the API."""
        if key not in self.prepared:
            self.close()
            todo = getattr(self.client, operation)(**arguments)
            self.run(todo, 1)
            wall = self.run(todo, 1)["wall"] * todo.calls
            self.prepared[key] = todo, max(1, min(1000, round(seconds / max(wall, 1e-6))))
        todo, times = self.prepared[key]
        gc.collect()
        return self.run(todo, times)

    def close(self) -> None:
        """Give up what is prepared, with its buffers and connections."""
        for todo, _ in self.prepared.values():
            if todo.close:
                self.loop.run_until_complete(todo.close())
        self.prepared.clear()

    def run(self, todo: Operation, times: int) -> dict[str, float]:
        cpu = wall = 0.0
        for _ in range(times):
            argument = todo.before() if todo.before else None
            cpu -= time.process_time()
            wall -= time.perf_counter()
            outcome = todo.call(argument)
            if inspect.isawaitable(outcome):
                outcome = self.loop.run_until_complete(_finished(outcome))
            del outcome
            wall += time.perf_counter()
            cpu += time.process_time()
        return {"cpu": cpu / times / todo.calls, "wall": wall / times / todo.calls}

    def memory(self, url: str, warm_up: str, content: int) -> dict[str, float]:
        """Memory above that of a process that has made a small call, in sizes of the content."""
        self.client.hold(warm_up)
        gc.collect()
        _reset_peak()
        before, _ = _memory()
        return self._held(before, content, lambda: self.client.hold(url))

    def memory_of_files(self, url: str, warm_up: str, content: int) -> dict[str, float]:
        """The same with the pictures in files."""
        with tempfile.TemporaryDirectory() as folder:
            self.client.hold_files(warm_up, f"{folder}/warm-{{index}}")
            gc.collect()
            _reset_peak()
            before, _ = _memory()
            return self._held(before, content, lambda: self.client.hold_files(url, f"{folder}/{{index}}"))

    def _held(self, before: int, content: int, make: Callable[[], Any]) -> dict[str, float]:
        held = make()
        gc.collect()
        now, peak = _memory()
        del held
        return {"peak": (peak - before) / content, "retained": (now - before) / content}


async def _finished(outcome: Awaitable[Any]) -> Any:
    return await outcome


def _reset_peak() -> None:
    if (setting := Path("/proc/self/clear_refs")).exists():
        setting.write_text("5")


def _memory() -> tuple[int, int]:
    """Resident memory now and at most, in bytes; where the first is not known, the second twice."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        sizes = dict(line.split(":", 1) for line in lines)
        return int(sizes["VmRSS"].split()[0]) * 1024, int(sizes["VmHWM"].split()[0]) * 1024
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak, peak


def main() -> None:
    """Serve until the standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the predecessor prints
    meter = Meter(CLIENTS[sys.argv[1]]())
    for line in sys.stdin:
        job = json.loads(line)
        result = getattr(meter, job.pop("do"))(**job)
        print(json.dumps(result), file=answers, flush=True)
    meter.close()


if __name__ == "__main__":
    main()
