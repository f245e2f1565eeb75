"""Rounds: every client does the same in turn, so that whatever else the machine does meets all of them alike."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import pictures, predecessor
from .case import PREDECESSOR, Area, Case

Rounds = dict[str, list[dict[str, float]]]
"""By client: what each round measured."""

_SCRIPT = """
import time
cpu, wall = time.process_time(), time.perf_counter()
{statement}
print(time.process_time() - cpu, time.perf_counter() - wall)
"""


class Process:
    """A process that answers each line it is sent with one."""

    def __init__(self, module: str, *arguments: str, client: str = "") -> None:
        self.name = " ".join([module, *arguments])
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{module}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
            env=predecessor.environment() if client == PREDECESSOR else None,
        )

    def line(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process {self.name} ended with {self.process.wait()}")
        return line

    def ask(self, **job: Any) -> dict[str, float]:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer: dict[str, float] = json.loads(self.line())
        return answer

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()  # both kinds end with their input
        self.process.wait()
        self.process.stdout.close()


@dataclass
class Bench:
    """Everything that a run needs: the pictures, the stub, and the clients' processes as they are first used."""

    folder: Path
    stub: str
    seconds: float
    rounds: int
    workers: dict[str, Process] = field(default_factory=dict)

    def worker(self, client: str) -> Process:
        if client not in self.workers:
            self.workers[client] = Process("worker", client, client=client)
        return self.workers[client]

    def case(self, area: Area, case: Case) -> Rounds:
        """Measure one case: a round that is thrown away, then those that count, each in another order."""
        measured: Rounds = {client: [] for client in area.clients}
        for turn in range(min(self.rounds, area.rounds or self.rounds) + (area.how != "fresh")):
            shift = turn % len(area.clients)
            for client in area.clients[shift:] + area.clients[:shift]:
                result = self.once(area, case, client)
                if turn or area.how == "fresh":
                    measured[client].append(result)
        return measured

    def once(self, area: Area, case: Case, client: str) -> dict[str, float]:
        url = f"{self.stub}/{case.answer}"
        if area.how == "script":
            return self.script(case, url, client)
        if area.how == "fresh":
            count, size = map(int, case.answer.split("-")[0].split("x"))
            content = count * (self.folder / f"{size}-{case.answer.split('-')[1]}.png").stat().st_size
            worker = Process("worker", client, client=client)
            try:
                return worker.ask(do=case.operation, url=url, warm_up=f"{self.stub}/1x64-photo", content=content)
            finally:
                worker.close()
        arguments = {"url": url, **{name: self.expanded(value) for name, value in case.arguments.items()}}
        key = f"{area.name}/{case.name}"
        result = self.worker(client).ask(
            do="measure", key=key, operation=case.operation, arguments=arguments, seconds=self.seconds
        )
        return {**result, "sent": self.seen()["length"]}

    def expanded(self, value: Any) -> Any:
        return value.format(stub=self.stub, folder=self.folder) if isinstance(value, str) else value

    def script(self, case: Case, url: str, client: str) -> dict[str, float]:
        statement = case.operation.format(baseurl=f"{url}/sdapi/v1")
        self.seen()
        done = subprocess.run(
            [sys.executable, "-c", _SCRIPT.format(statement=statement)],
            capture_output=True,
            text=True,
            check=True,
            env=predecessor.environment() if client == PREDECESSOR else None,
        )
        cpu, wall = map(float, done.stdout.split()[-2:])
        return {"cpu": cpu, "wall": wall, "requests": self.seen()["requests"]}

    def seen(self) -> dict[str, float]:
        with urllib.request.urlopen(f"{self.stub}/seen") as answer:
            seen: dict[str, float] = json.load(answer)
        return seen


@contextmanager
def bench(sizes: set[int], seconds: float, rounds: int) -> Iterator[Bench]:
    """A bench with its stub running; everything is ended and removed afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pictures.make(folder, sorted(sizes))
        stub = Process("stub", str(folder))
        stack.callback(stub.close)
        ready = Bench(folder, f"http://127.0.0.1:{stub.line().strip()}", seconds, rounds)
        try:
            yield ready
        finally:
            for worker in ready.workers.values():
                worker.close()
