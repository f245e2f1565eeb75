"""The journal: what is taken in, in which order it comes out, and what becomes of it in trouble."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webuiapi.batch import Bad, BadJobs, BatchError, FolderInUse, Job
from webuiapi.batch.journal import FILE, Journal, draw
from webuiapi.batch.naming import Stems, file_name, parse_name
from webuiapi.batch.records import Counts, Outcome, Picture

from .conftest import Write, jobs_in, rows


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "out")) as journal:
        yield journal


def prompts(journal: Journal) -> list[str]:
    return [entry.job.fields["prompt"] for entry in journal.waiting()]


def test_jobs_come_by_checkpoint_and_then_as_written(journal: Journal, write: Write) -> None:
    models = ["b", None, "a", "b", None, "a"]
    jobs = [{"prompt": f"{index}", **({"model": model} if model else {})} for index, model in enumerate(models)]
    assert journal.load(jobs_in(write(*jobs))) == Counts(6, 0, 0, 0)
    assert prompts(journal) == ["1", "4", "2", "5", "0", "3"]


def test_more_jobs_than_are_read_at_once(journal: Journal, write: Write) -> None:
    journal.load(jobs_in(write(*({"prompt": f"{index}"} for index in range(600)))))
    found = []
    for entry in journal.waiting():  # what ends while they are read changes nothing about the rest
        found.append(entry.job.fields["prompt"])
        if entry.number % 20 == 0:
            journal.finish([Outcome(entry.number, "failed", reason="x")])
    assert found == [f"{index}" for index in range(600)]


def test_a_job_comes_out_as_it_went_in(journal: Journal) -> None:
    fields = {"prompt": "a cat \ud83d", "seed": 2**70, "override_settings": {"x": [1, None]}}
    job = Job("0" * 16, "txt2img", fields, "jobs.jsonl", 3, "cat", Path("somewhere"))
    journal.load([job])
    (entry,) = journal.waiting()
    assert entry.job == job
    assert entry.job.folder == job.folder
    assert (entry.stem, entry.drawn) == ("cat", {})
    journal.finish([Outcome(entry.number, "done", pictures=[Picture("images/cat.png", 2**70, infotext="half \ud83d")])])
    assert rows(journal.folder, "SELECT seed, infotext FROM pictures") == [(str(2**70), "half ?")]


def test_jobs_that_are_known_keep_what_became_of_them(journal: Journal, write: Write) -> None:
    journal.load(jobs_in(write({"prompt": "1"}, {"prompt": "2"}, {"prompt": "3"})))
    first, second, _ = journal.waiting()
    journal.finish([Outcome(first.number, "done"), Outcome(second.number, "failed", reason="no")])
    counts = journal.load(jobs_in(write({"prompt": "2"}, {"prompt": "4"}, {"prompt": "1"})))
    assert counts == Counts(waiting=1, done=1, failed=1, pictures=0)
    assert prompts(journal) == ["4"], "and 3, which the file does not name any more, rests"
    assert [(failure.line, failure.reason) for failure in journal.failures()] == [(1, "no")]
    assert journal.retry_failed() == 1
    assert prompts(journal) == ["2", "4"]
    assert list(journal.failures()) == []


def test_one_bad_job_and_nothing_is_taken_in(journal: Journal, write: Write) -> None:
    good = jobs_in(write({"prompt": "1"}))
    journal.load(good)
    bad = [Bad("x", line, "wrong") for line in range(1, 1200)]
    with pytest.raises(BadJobs) as raised:
        journal.load([*jobs_in(write({"prompt": "2"})), *bad, *jobs_in(write({"prompt": "3"}))])
    assert (raised.value.count, len(raised.value.bad)) == (1199, 1000)
    assert str(raised.value).splitlines()[0] == "x, line 1: wrong"
    assert str(raised.value).splitlines()[-1] == "... and 199 more"
    assert prompts(journal) == ["1"]
    assert rows(journal.folder, "SELECT count(*) FROM jobs") == [(1,)]


def test_seeds_are_drawn_once(journal: Journal, write: Write) -> None:
    path = write({"prompt": "1"}, {"prompt": "2", "seed": -1, "subseed_strength": 0.5}, {"prompt": "3", "seed": 7})
    journal.load(jobs_in(path))
    drawn = [entry.drawn for entry in journal.waiting()]
    assert [sorted(one) for one in drawn] == [["seed"], ["seed", "subseed"], []]
    assert all(0 <= seed < 2**32 for one in drawn for seed in one.values())
    journal.load(jobs_in(path))
    assert [entry.drawn for entry in journal.waiting()] == drawn


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("upscale", {"image": "x.png"}),
        ("txt2img", {"infotext": "a cat\nSteps: 1, Seed: 3"}),
        ("txt2img", {"extra": {"seed": 3}}),
        ("img2img", {"seed": 0}),
    ],
)
def test_what_has_no_seed_to_be_drawn(kind: str, fields: dict[str, object]) -> None:
    assert draw(Job("0" * 16, kind, fields, "x", 1)) == {}


# -- trouble ----------------------------------------------------------------------------------------------------------


def test_two_in_one_folder(journal: Journal) -> None:
    with pytest.raises(FolderInUse, match=rf"another batch runs in .*: process {os.getpid()} on .*, since \d{{4}}"):
        Journal(journal.folder)
    journal.close()
    Journal(journal.folder).close()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    program = (
        "from webuiapi.batch.journal import Journal\n"
        f"held = Journal({str(tmp_path)!r}); print('held', flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(FolderInUse, match=f"process {other.pid} on"):
            Journal(tmp_path)
        other.kill()
    Journal(tmp_path).close()


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(BatchError, match=r"the folder .*out can't be used: .*"):
        Journal(tmp_path / "out")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="whoever runs this may write everywhere")
def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(BatchError, match=r"the folder .* can't be used"):
            Journal(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_another_file_by_that_name(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("no database, but long enough to be looked at " * 40)
    with pytest.raises(BatchError, match=r"the journal .* can't be used: file is not a database"):
        Journal(tmp_path)
    (tmp_path / FILE).unlink()
    Journal(tmp_path).close()


def test_a_journal_of_another_version(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    rows(tmp_path, "PRAGMA user_version = 9")
    with pytest.raises(BatchError, match=r"is of version 9, and this webuiapi knows 1"):
        Journal(tmp_path)


# -- names ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.none() | st.text(max_size=40) | st.sampled_from(["cat", "Cat", "cat+1", "cat.png", "0" * 16])))
def test_no_two_jobs_have_the_same_files(names: list[str | None]) -> None:
    taken: set[str] = set()
    stems = Stems(taken.__contains__)
    files: set[str] = set()
    for number, name in enumerate(names):
        stem, key = stems.of(Job(f"{number:016x}", "txt2img", {}, "x", 1, name))
        taken |= {key} if key is not None else set()
        for place in range(3):
            file = file_name(stem, place, ".png")
            assert parse_name(file) == (stem, place)
            assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', file)
            assert Stems.key(file) not in files
            files.add(Stems.key(file))


def test_names_of_files() -> None:
    def stem(name: str | None) -> str:
        return Stems(lambda key: key == "taken").of(Job("00000000000000ab", "txt2img", {}, "x", 1, name))[0]

    assert stem(None) == stem("  ") == "00000000000000ab"
    assert stem("a cat/at night.png") == "a cat at night"
    assert stem("TAKEN") == "TAKEN-00000000000000ab"
    assert stem("x+3") == "x+3_"
    assert parse_name("notes") is None
