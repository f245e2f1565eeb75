"""How a batch is shown: the table, the lines, the words."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from webuiapi.batch.progress import Progress
from webuiapi.batch.records import Counts
from webuiapi.batch.view import JsonLines, Lines, Live, activity, beginning, duration, standing
from webuiapi.pool import PoolServer

from .conftest import Start, Write, run_on

JOBS = [{"prompt": "a cat", "name": "cat"}, {"prompt": "[bold]a dog", "model": "no [red]such"}, {"prompt": "a horse"}]


def server(**said: Any) -> PoolServer:
    usual: dict[str, Any] = {
        "url": "http://gpu0:7860", "flavour": "a1111", "checkpoint": None, "places": 2, "running": 0, "done": 3,
        "failed": 0, "pictures_per_minute": 12.34, "resting": None, "error": None,
    }  # fmt: skip
    return PoolServer(**{**usual, **said})


def progress(counts: Counts, *servers: PoolServer, adopted: int = 0) -> Progress:
    return Progress(counts, adopted=adopted, servers=lambda: servers)


def test_a_table_on_a_terminal(start: Start, write: Write, tmp_path: Path) -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=300, height=40, color_system=None)
    one = start()
    run_on([one], write(*JOBS), tmp_path / "out", view=Live(console))
    text = shown.getvalue()
    assert text.startswith("3 jobs, 3 to do\n")
    assert "pictures/min" in text
    assert one.url in text
    assert "jobs.jsonl:2 failed on" in text
    assert "no [red]such" in text, "names are no markup"
    assert "3 of 3 jobs, 2 pictures, 1 failed" in text.splitlines()[-1]


def test_what_stands_in_the_table() -> None:
    shown = io.StringIO()
    view = Live(Console(file=shown, force_terminal=True, width=150, height=40, color_system=None))
    away = server(url="http://gpu1:7860", resting=8.2, failed=2, error=ConnectionError("refused\nby it"))
    view.begin(progress(Counts(6, 3, 1, 3), server(running=2, checkpoint="dream"), away))
    view.end(progress(Counts(0, 9, 1, 9)))
    lines = shown.getvalue()
    for part in (
        "http://gpu0:7860",
        "paints with dream",
        "12.3",
        "is away, asked again in 8 s: refused by it",
        "4 of 10 jobs",
    ):
        assert part in lines


def test_lines_for_a_log(start: Start, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webuiapi.batch.view._EVERY", 0.0)
    lines: list[str] = []
    one = start()
    run_on([one], write(*JOBS), tmp_path / "out", view=Lines(lines.append))
    assert lines[0] == "3 jobs, 3 to do"
    (failed,) = (line for line in lines if "failed on" in line)
    assert "jobs.jsonl:2 failed on http" in failed
    assert any(f"{one.url} " in line and " of 3 jobs" in line for line in lines), "now and then how far it is"
    assert lines[-1].startswith("3 of 3 jobs, 2 pictures, 1 failed")


@pytest.mark.filterwarnings("ignore:image 1 of the answer is cut off")
def test_something_odd_is_told(start: Start, write: Write, tmp_path: Path) -> None:
    one = start()
    one.app.faults.add({"kind": "image", "how": "cut", "index": 1, "path": "*txt2img"})
    lines: list[str] = []
    run_on([one], write({"prompt": "a cat", "n_iter": 2}), tmp_path / "out", view=Lines(lines.append))
    assert any("jobs.jsonl:1 is done, but image 1 of the answer" in line for line in lines)


def test_json_lines_are_lines(start: Start, write: Write, tmp_path: Path) -> None:
    lines: list[str] = []
    run_on([start()], write(*JOBS), tmp_path / "out", view=JsonLines(lines.append))
    assert not any("\n" in line for line in lines)
    assert sorted(json.loads(line)["event"] for line in lines) == ["begin", "done", "done", "failed"]


def test_the_words() -> None:
    assert beginning(progress(Counts(4, 2, 1, 2), adopted=1)) == (
        "7 jobs, 4 to do, 2 done before (1 of them found finished), 1 failed before (--retry-failed runs them again)"
    )
    assert standing(progress(Counts(4, 2, 1, 2))).startswith("3 of 7 jobs, 0 pictures, 1 failed, 0 s gone")
    assert activity(server()) == "waits"
    assert activity(server(running=1)) == "paints"
    assert [duration(seconds) for seconds in (0.4, 89, 95, 5000, 11100)] == [
        "0 s",
        "89 s",
        "2 min",
        "83 min",
        "3 h 05 min",
    ]
