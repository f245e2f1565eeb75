"""Running a batch: each job once, its pictures on the disk, and whatever goes wrong told and made good."""

from __future__ import annotations

import csv
import json
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from support.pictures import file_of, noise
from webuiapi import AllServersAway, WebUIApi
from webuiapi.batch import BadJobs, BatchError, Job
from webuiapi.batch.progress import Progress, Unseen
from webuiapi.batch.records import Entry, Outcome
from webuiapi.server import Server

from .conftest import Start, Write, files_in, jobs_in, painted, rows, run_on


def pixels(path: Path) -> tuple[tuple[int, int], bytes]:
    with Image.open(path) as image:
        return image.size, image.tobytes()


def seeds(servers: list[Server]) -> list[int]:
    """The seeds that servers were asked for."""
    return sorted(one["seed"] for server in servers for one in painted(server))


class Reacts(Unseen):
    """Does something when a number of jobs have ended."""

    def __init__(self, after: int, what: Any) -> None:
        self.after, self.what, self.notes = after, what, list[str]()

    def job(self, entry: Entry, outcome: Outcome, progress: Progress) -> None:
        self.after -= 1
        if self.after == 0:
            self.what()

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_each_job_once_on_some_server(start: Start, write: Write, tmp_path: Path) -> None:
    servers = [start(step_time=0.01), start(step_time=0.01)]
    jobs = [{"prompt": "a cat", "seed": seed} for seed in range(1, 21)] + [{"prompt": "a dog", "seed": 50, "n_iter": 2}]
    summary = run_on(servers, write(*jobs), tmp_path / "out")
    assert (summary.total, summary.done, summary.failed, summary.waiting, summary.pictures) == (21, 21, 0, 0, 22)
    assert summary.ok
    assert seeds(servers) == [*range(1, 21), 50]
    assert all(painted(server) for server in servers)
    found = rows(tmp_path / "out", "SELECT file, seed, width, height, server FROM pictures, jobs ON job = jobs.number")
    assert sorted(seed for _, seed, *_ in found) == [*range(1, 21), 50, 51]
    assert {(width, height) for _, _, width, height, _ in found} == {(64, 64)}
    assert {server for *_, server in found} == {server.url for server in servers}
    assert sorted(file for file, *_ in found) == [f"images/{name}" for name in files_in(tmp_path / "out")]
    with WebUIApi(url=servers[0].url) as api:
        for file, seed, *_ in found:
            again = api.txt2img("a dog" if seed >= 50 else "a cat", seed=seed, width=64, height=64, steps=1)
            assert pixels(tmp_path / "out" / file) == (again.image.size, again.image.tobytes())


def test_nothing_is_done_again(start: Start, write: Write, tmp_path: Path) -> None:
    server = start()
    path = write({"prompt": "a cat"}, {"prompt": "a dog"})
    run_on([server], path, tmp_path / "out")
    before = files_in(tmp_path / "out")
    path = write({"prompt": "a cat"}, {"prompt": "a dog"}, {"prompt": "a horse", "name": "horse"})
    summary = run_on([server], path, tmp_path / "out")
    assert (summary.done, summary.pictures) == (3, 3)
    assert files_in(tmp_path / "out") == [*before, "horse.png"]
    assert sorted(one["prompt"] for one in painted(server)) == ["a cat", "a dog", "a horse"]


def test_every_kind_of_job(start: Start, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(file_of(noise("RGB", 64, 64)))
    jobs = [
        {"prompt": "a cat", "width": 64, "height": 64, "steps": 1},
        {"kind": "img2img", "images": ["in.png"], "prompt": "a cat", "width": 64, "height": 64, "steps": 1},
        {"kind": "upscale", "image": "in.png", "upscaling_resize": 2, "upscaler_1": "Lanczos"},
    ]
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps(jobs))
    run_on([start()], path, tmp_path / "out")
    found = rows(tmp_path / "out", "SELECT kind, width FROM pictures, jobs ON job = jobs.number ORDER BY kind")
    assert found == [("img2img", 64), ("txt2img", 64), ("upscale", 128)]


def test_jobs_from_python_and_servers_in_process(tmp_path: Path) -> None:
    small = {"prompt": "a cat", "width": 64, "height": 64, "steps": 1}
    jobs = [Job(f"{seed:016x}", "txt2img", {**small, "seed": seed}, "here", seed) for seed in (3, 4)]
    assert run_on([":local:"], jobs, tmp_path).pictures == 2
    assert files_in(tmp_path) == ["0000000000000003.png", "0000000000000004.png"]


def test_bad_jobs_and_none_is_sent(start: Start, write: Write, tmp_path: Path) -> None:
    server = start()
    path = write({"prompt": "a cat"}, {"prompt": "a dog", "steps": 0}, {"promt": "a horse"})
    with pytest.raises(BadJobs) as raised:
        run_on([server], path, tmp_path / "out")
    assert [(one.line, one.field) for one in raised.value.bad] == [(2, "steps"), (3, "promt")]
    assert server.requests == []


def test_a_server_that_is_none(write: Write, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="names no host"):
        run_on(["http://"], write({"prompt": "a cat"}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_failed_jobs_are_told_and_run_again_when_asked(start: Start, write: Write, tmp_path: Path) -> None:
    server = start()
    path = write({"prompt": "a cat", "seed": 1}, {"prompt": "a dog", "seed": 2})
    server.app.faults.add(
        {"kind": "status", "status": 400, "body": {"detail": "not today"}, "path": "*txt2img", "times": 1}
    )
    first = run_on([server], path, tmp_path / "out")
    (failure,) = first.failures
    assert (first.done, first.failed, first.ok) == (1, 1, False)
    assert failure.server == server.url
    assert "not today" in failure.reason
    assert failure.source == str(path)
    assert run_on([server], path, tmp_path / "out").failed == 1
    assert len(painted(server)) == 2, "not of itself"
    last = run_on([server], path, tmp_path / "out", retry_failed=True)
    assert (last.done, last.failures, last.ok) == (2, [], True)
    assert Counter(one["seed"] for one in painted(server)).most_common(1)[0][1] == 2
    told = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (told["done"], told["failed"], told["failures"]) == (2, 0, [])


def test_a_picture_that_is_gone_when_its_turn_comes(start: Start, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(file_of(noise("RGB", 64, 64)))
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps([{"kind": "upscale", "image": "in.png"}, {"prompt": "a cat", "steps": 1}]))
    jobs = jobs_in(path)
    (tmp_path / "in.png").unlink()
    summary = run_on([start()], jobs, tmp_path / "out")
    assert (summary.done, summary.failed) == (1, 1)
    assert "there is no such file" in summary.failures[0].reason


@pytest.mark.filterwarnings("ignore:image 1 of the answer is cut off")
def test_a_damaged_picture_costs_nothing_of_the_others(start: Start, write: Write, tmp_path: Path) -> None:
    server = start()
    server.app.faults.add({"kind": "image", "how": "cut", "index": 1, "path": "*txt2img"})
    summary = run_on([server], write({"prompt": "a cat", "n_iter": 3, "seed": 5, "name": "cat"}), tmp_path / "out")
    assert (summary.done, summary.pictures) == (1, 3)
    assert files_in(tmp_path / "out") == ["cat+1.png", "cat+2.damaged", "cat.png"]
    assert rows(tmp_path / "out", "SELECT seed FROM pictures ORDER BY place") == [(5,), (7,), (None,)]
    ((reason,),) = rows(tmp_path / "out", "SELECT reason FROM jobs")
    assert "image 1 of the answer" in reason


def test_an_answer_without_a_whole_picture_is_a_failure(start: Start, write: Write, tmp_path: Path) -> None:
    server = start()
    server.app.faults.add({"kind": "image", "how": "cut", "index": 0, "path": "*txt2img", "times": 1})
    path = write({"prompt": "a cat", "name": "cat"})
    assert run_on([server], path, tmp_path / "out").failed == 1
    assert files_in(tmp_path / "out") == []
    assert run_on([server], path, tmp_path / "out", retry_failed=True).ok
    first, second = painted(server)
    assert first["seed"] == second["seed"], "the drawn one is kept"


def test_what_was_sent_and_not_answered_is_painted_again(start: Start, write: Write, tmp_path: Path) -> None:
    server = start()
    server.app.faults.add({"kind": "reset", "path": "*txt2img", "work": "first", "times": 1})
    assert run_on([server], write({"prompt": "a cat"}), tmp_path / "out").ok
    first, second = painted(server)
    assert first["seed"] == second["seed"]
    assert len(files_in(tmp_path / "out")) == 1


def test_no_server_answers(start: Start, write: Write, tmp_path: Path) -> None:
    server = start()
    path = write({"prompt": "a cat"}, {"prompt": "a dog"})
    server.close()
    with pytest.raises(AllServersAway, match=server.url):
        run_on([server], path, tmp_path / "out", patience=0.1)
    assert rows(tmp_path / "out", "SELECT state, reason FROM jobs") == [("waiting", None)] * 2
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["waiting"] == 2
    assert run_on([start()], path, tmp_path / "out").ok


def test_a_job_that_only_a_server_that_is_away_may_do(start: Start, write: Write, tmp_path: Path) -> None:
    server, gone = start(), start()
    gone.close()
    path = write({"prompt": "a cat"}, {"prompt": "a dog", "model": "no-such-model"})
    summary = run_on([server, gone], path, tmp_path / "out", patience=0.3)
    assert (summary.done, summary.failed) == (1, 1)
    (failure,) = summary.failures
    assert f"{server.url}: UnknownName: the server has no model 'no-such-model'" in failure.reason
    assert f"{gone.url} does not answer: ConnectError" in failure.reason


# -- Ctrl-C -----------------------------------------------------------------------------------------------------------


def test_ctrl_c_loses_nothing_that_has_begun(start: Start, write: Write, tmp_path: Path) -> None:
    server = start(step_time=0.005)
    path = write(*({"prompt": "a cat", "seed": seed} for seed in range(100)))
    view = Reacts(3, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        run_on([server], path, tmp_path / "out", view=view)
    assert any("Ctrl-C again" in note for note in view.notes)
    begun = seeds([server])
    assert 3 <= len(begun) < 60
    assert sorted(seed for (seed,) in rows(tmp_path / "out", "SELECT seed FROM pictures")) == begun
    assert not any(one.path.endswith("/interrupt") for one in server.requests)
    assert (tmp_path / "out" / "index.html").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    run_on([server], path, tmp_path / "out")
    assert seeds([server]) == list(range(100))


def test_a_second_ctrl_c_leaves_at_once(start: Start, write: Write, tmp_path: Path) -> None:
    server = start(step_time=0.005)
    path = write(*({"prompt": "a cat", "seed": seed} for seed in range(60)))

    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_on([server], path, tmp_path / "out", view=Reacts(3, twice))
    assert rows(tmp_path / "out", "PRAGMA integrity_check") == [("ok",)]
    assert run_on([server], path, tmp_path / "out").ok
    assert len(files_in(tmp_path / "out")) == 60


def test_a_run_in_another_thread(start: Start, write: Write, tmp_path: Path) -> None:
    path, server, found = write({"prompt": "a cat"}), start(), []
    thread = threading.Thread(target=lambda: found.append(run_on([server], path, tmp_path / "out")))
    thread.start()
    thread.join(30)
    assert found[0].ok


# -- what lies there afterwards ---------------------------------------------------------------------------------------


def test_tables(start: Start, write: Write, tmp_path: Path) -> None:
    path = write({"prompt": 'a, "cat"\nat night', "seed": 3, "name": "cat"}, {"prompt": "a dog", "cfg_scale": 5})
    run_on([start()], path, tmp_path / "out")
    with (tmp_path / "out" / "metadata.csv").open(encoding="utf-8", newline="") as file:
        table = {row["file"]: row for row in csv.DictReader(file)}
    assert len(table) == 2
    cat = table["images/cat.png"]
    assert (cat["prompt"], cat["seed"], cat["cfg_scale"]) == ('a, "cat"\nat night', "3", "7.0")
    assert (cat["kind"], cat["width"], cat["steps"], cat["sampler_name"]) == ("txt2img", "64", "1", "Euler a")
    assert (cat["name"], cat["line"], cat["source"]) == ("cat", "1", str(path))
    assert cat["infotext"].startswith('a, "cat"\nat night\nSteps: 1')
    (dog,) = (row for row in table.values() if row["prompt"] == "a dog")
    assert (dog["cfg_scale"], len(dog["job"])) == ("5.0", 16)


def test_parquet(start: Start, write: Write, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    run_on([start()], write({"prompt": "a cat", "seed": 3}), tmp_path / "out")
    table = parquet.read_table(tmp_path / "out" / "metadata.parquet").to_pylist()
    assert [(row["prompt"], row["seed"]) for row in table] == [("a cat", 3)]


def test_tables_that_can_not_be_written(start: Start, write: Write, tmp_path: Path) -> None:
    (tmp_path / "out" / "summary.json").mkdir(parents=True)
    with pytest.raises(BatchError, match=r"the tables in .* can't be written: .* The pictures are kept"):
        run_on([start()], write({"prompt": "a cat"}), tmp_path / "out")
    assert len(files_in(tmp_path / "out")) == 1
