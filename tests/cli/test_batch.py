"""`webuiapi batch`: exit codes, what is said to a person and to a program, and where."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.scripted import Scripted
from webuiapi.batch.journal import Journal
from webuiapi.server import App, Server, serve

from .conftest import Command, Ran

SMALL = {"width": 64, "height": 64, "steps": 1}
WriteJobs = Callable[..., Path]


@pytest.fixture
def jobs(tmp_path: Path) -> WriteJobs:
    """Writes `jobs.jsonl`."""

    def write(*jobs: dict[str, Any]) -> Path:
        path = tmp_path / "jobs.jsonl"
        path.write_text("".join(json.dumps({**SMALL, **job}) + "\n" for job in jobs))
        return path

    return write


def events(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.lines]


def test_pictures_and_where_they_are(ask: Command, jobs: WriteJobs) -> None:
    jobs({"prompt": "a cat", "name": "cat"}, {"prompt": "a dog"})
    ran = ask("batch", "jobs.jsonl", "--out", "out")
    assert (ran.code, ran.lines) == (0, [str(Path("out", "index.html"))])
    assert ran.err.splitlines()[0] == "2 jobs, 2 to do"
    assert ran.err.splitlines()[-1].startswith("2 of 2 jobs, 2 pictures, ")
    assert Path("out/images/cat.png").exists()
    again = ask("batch", "jobs.jsonl", "--out", "out")
    assert again.code == 0
    assert again.err.splitlines()[0] == "2 jobs, 0 to do, 2 done before"
    quiet = ask("batch", "jobs.jsonl", "--out", "out", "-q")
    assert (quiet.code, quiet.err) == (0, "")


def test_json_lines(ask: Command, jobs: WriteJobs, embedded: Server) -> None:
    jobs({"prompt": "a cat", "name": "cat", "n_iter": 2}, {"prompt": "a dog", "model": "no-such-model"})
    ran = ask("batch", "jobs.jsonl", "--out", "out", "--json")
    assert (ran.code, ran.err) == (1, "")
    begin, *told, end = events(ran)
    assert begin == {"event": "begin", "total": 2, "done": 0, "failed": 0, "adopted": 0}
    found = {one["event"]: one for one in told}
    assert found["done"]["files"] == ["images/cat.png", "images/cat+1.png"]
    assert (found["done"]["name"], found["done"]["line"], found["done"]["server"]) == ("cat", 1, embedded.url)
    assert "no-such-model" in found["failed"]["reason"]
    assert (end["event"], end["done"], end["failed"], end["pictures"]) == ("end", 1, 1, 2)
    assert [one["line"] for one in end["failures"]] == [2]


def test_failed_jobs_are_listed_each_time(ask: Command, jobs: WriteJobs) -> None:
    jobs({"prompt": "a dog", "model": "no-such-model"}, {"prompt": "a cat"})
    for _ in range(2):
        ran = ask("batch", "jobs.jsonl", "--out", "out")
        assert ran.code == 1
        *_, listed, last = ran.err.splitlines()
        assert listed.startswith("jobs.jsonl:1 failed")
        assert "no-such-model" in listed
        assert last == "error: 1 of 2 jobs failed; --retry-failed runs them again."
    assert "1 failed before" in ran.err
    assert (
        ask("batch", "jobs.jsonl", "--out", "out", "--retry-failed").err.splitlines()[0]
        == "2 jobs, 1 to do, 1 done before"
    )


def test_bad_jobs(ask: Command, jobs: WriteJobs, embedded: Server) -> None:
    path = jobs({"prompt": "a cat"}, {"prompt": "a dog", "steps": 0}, {"promt": "a horse"})
    path.write_text(path.read_text() + "{]\n")
    before = len(embedded.requests)
    ran = ask("batch", "jobs.jsonl", "--out", "out")
    assert (ran.code, ran.content) == (2, b"")
    assert [line.partition(": ")[0] for line in ran.err.splitlines()[:3]] == [
        "jobs.jsonl, line 2", "jobs.jsonl, line 3", "jobs.jsonl, line 4"
    ]  # fmt: skip
    assert "similar: prompt" in ran.err
    assert ran.err.splitlines()[-1] == "error: 3 of the jobs can't be sent; none was."
    told = ask("batch", "jobs.jsonl", "--out", "out", "--json")
    assert told.code == 2
    assert [(one["event"], one["line"], one["field"]) for one in events(told)[:2]] == [
        ("bad", 2, "steps"),
        ("bad", 3, "promt"),
    ]
    assert len(embedded.requests) == before


def test_only_looking(command: Command, jobs: WriteJobs) -> None:
    jobs({"prompt": "a cat", "seed": [1, 2, 3]})
    ran = command("batch", "jobs.jsonl", "--check", "--out", "out")
    assert (ran.code, ran.out) == (0, "3 jobs can be sent\n")
    assert not Path("out").exists()
    jobs({"prompt": "a cat"}, {"steps": "many"})
    assert command("batch", "jobs.jsonl", "--check", "--out", "out").code == 2
    told = command("batch", "jobs.jsonl", "--check", "--out", "out", "--json")
    assert events(told)[-1] == {"event": "checked", "good": 1, "bad": 1}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl: there is no such file or folder."),
        (["jobs.jsonl", "--url", "ftp://x"], "ftp"),
        (["jobs.jsonl", "--wildcards", "nowhere"], "is no folder"),
        (["."], "a folder of pictures needs kind="),
        (["jobs.jsonl", "--patience", "-1"], "--patience"),
    ],
)
def test_wrong_use(command: Command, jobs: WriteJobs, args: list[str], said: str) -> None:
    jobs({"prompt": "a cat"})
    ran = command("batch", *args, "--out", "out")
    assert ran.code == 2
    assert said in ran.err
    assert not Path("out").exists()


def test_a_folder_in_use(ask: Command, jobs: WriteJobs) -> None:
    jobs({"prompt": "a cat"})
    with closing(Journal("out")):
        ran = ask("batch", "jobs.jsonl", "--out", "out")
        told = ask("batch", "jobs.jsonl", "--out", "out", "--json")
    assert ran.code == 1
    assert ran.err.startswith(f"error: another batch runs in out: process {os.getpid()} on ")
    assert told.code == 1
    (event,) = events(told)
    assert (event["event"], event["type"]) == ("error", "FolderInUse")


def test_no_server(command: Command, jobs: WriteJobs) -> None:
    jobs({"prompt": "a cat"})
    with serve(App(seed=1)) as gone:
        url = gone.url
    ran = command("batch", "jobs.jsonl", "--out", "out", "--url", url, "--patience", "0")
    assert ran.code == 1
    assert f"no server of the pool answers: {url}" in ran.err


def test_several_servers_and_their_passwords(command: Command, jobs: WriteJobs) -> None:
    jobs(*({"prompt": "a cat", "seed": seed} for seed in range(12)))
    with serve(App(seed=1, api_auth="me:secret", step_time=0.02)) as one, serve(App(seed=1, step_time=0.02)) as other:
        env = {"WEBUIAPI_AUTH": "me:secret", "WEBUIAPI_URL": f"{one.url} {other.url}"}
        ran = command("batch", "jobs.jsonl", "--out", "out", "--json", env=env)
        assert ran.code == 0
        assert {event["server"] for event in events(ran) if event["event"] == "done"} == {one.url, other.url}
        url = one.url.replace("http://", "http://me:secret@")
        assert command("batch", "jobs.jsonl", "--out", "two", "--url", url).code == 0
    for path in (path for folder in ("out", "two") for path in Path(folder).rglob("*") if path.is_file()):
        assert b"secret" not in path.read_bytes()


@pytest.mark.parametrize(
    ("args", "there", "sent"),
    [
        (["--url", "{url}"], "http://other:1", None),
        (["--url", "{url}"], "http://other:1 {url}", "Basic bWU6c2VjcmV0"),
        (["--url", "{url}", "--auth", "c:d"], "http://other:1", "Basic Yzpk"),
    ],
)
def test_credentials_of_the_environment_are_for_its_servers(
    command: Command, jobs: WriteJobs, scripted: Scripted, args: list[str], there: str, sent: str | None
) -> None:
    jobs({"prompt": "a cat"})
    env = {"WEBUIAPI_AUTH": "me:secret", "WEBUIAPI_URL": there.format(url=scripted.url)}
    command("batch", "jobs.jsonl", "--out", "out", *(arg.format(url=scripted.url) for arg in args), env=env)
    assert {seen.headers.get("authorization") for seen in scripted.seen} == {sent}


def test_fields_for_all_jobs(ask: Command, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_text("a cat\na dog\n")
    defaults = ["--default", "steps=1", "--default", '{"width": 64, "height": 64}']
    assert ask("batch", "prompts.txt", "--out", "out", *defaults).code == 0
    with closing(sqlite3.connect("out/journal.sqlite")) as journal:
        fields = [json.loads(text) for (text,) in journal.execute("SELECT fields FROM jobs ORDER BY place")]
    assert fields == [{**SMALL, "prompt": "a cat"}, {**SMALL, "prompt": "a dog"}]


def test_jobs_from_standard_input(ask: Command) -> None:
    line = json.dumps({**SMALL, "prompt": "a cat", "name": "cat"}).encode()
    assert ask("batch", "-", "--out", "out", stdin=line).code == 0
    assert Path("out/images/cat.png").exists()
