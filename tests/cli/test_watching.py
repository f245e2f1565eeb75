"""progress, interrupt and skip: what the server is doing, and telling it to stop."""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Command
from cli.test_job import posix, process, read
from support.pictures import file_of, noise
from support.scripted import Scripted, answer

PICTURE = base64.b64encode(file_of(noise("RGB", 8, 8))).decode()
STATE = {"job": "scripts_txt2img", "job_count": 2, "job_no": 1, "sampling_step": 10, "sampling_steps": 20}
WORKING = {"progress": 0.75, "eta_relative": 3.4, "state": STATE, "current_image": PICTURE}
IDLE: dict[str, Any] = {"progress": 0.0, "eta_relative": 0.0, "state": {"job_count": 0}, "current_image": None}
IN_WORDS = "75%, step 10 of 20, pass 2 of 2, 3 s left, scripts_txt2img"
WATCH = ("progress", "--watch", "--interval", "0.001")


def going_on(scripted: Scripted, *states: dict[str, Any]) -> None:
    """A server that says this, one after the other."""
    for state in states:
        scripted.play(answer(state))


def asked(scripted: Scripted, method: str = "GET") -> list[str]:
    return [seen.target for seen in scripted.seen if seen.method == method]


def test_once(command: Command, scripted: Scripted) -> None:
    going_on(scripted, WORKING, IDLE)
    assert command("progress", "--url", scripted.url).out == f"{IN_WORDS}\n"
    assert command("progress", "--url", scripted.url).out == "idle\n"
    assert asked(scripted) == ["/sdapi/v1/progress?skip_current_image=true"] * 2


def test_as_json(command: Command, scripted: Scripted) -> None:
    going_on(scripted, {**WORKING, "current_image": None}, WORKING)
    assert command("progress", "--json", "--url", scripted.url).json["progress"] == 0.75
    found = command("progress", "--json", "--preview", "--url", scripted.url)
    assert (found.json["current_image"], found.err) == (PICTURE, "")
    assert asked(scripted)[1] == "/sdapi/v1/progress?skip_current_image=false"


def test_until_it_is_idle(command: Command, scripted: Scripted) -> None:
    going_on(scripted, WORKING, WORKING, IDLE, WORKING, IDLE, IDLE)
    ran = command(*WATCH, "--url", scripted.url)
    assert ran.lines == [IN_WORDS, "idle"], "a pause between two jobs is not the end, and nothing is said twice"
    assert len(asked(scripted)) == 6


def test_an_object_a_line(command: Command, scripted: Scripted) -> None:
    going_on(scripted, WORKING, WORKING, IDLE, IDLE)
    ran = command(*WATCH, "--json", "--url", scripted.url)
    assert [json.loads(line)["progress"] for line in ran.lines] == [0.75, 0.75, 0.0]


@pytest.mark.parametrize("interval", ["0", "-1"])
def test_an_interval_is_above_nothing(command: Command, scripted: Scripted, interval: str) -> None:
    assert command("progress", "--interval", interval, "--url", scripted.url).code == 2
    assert scripted.seen == []


def test_no_previews_where_none_can_be_seen(command: Command, scripted: Scripted) -> None:
    going_on(scripted, WORKING)
    ran = command("progress", "--preview", "--url", scripted.url, env={"KITTY_WINDOW_ID": "1"})
    assert ran.out == f"{IN_WORDS}\n"
    assert "no terminal" in ran.err
    assert asked(scripted) == ["/sdapi/v1/progress?skip_current_image=true"], "it is not asked for either"


def on_a_terminal(tmp_path: Path, *words: str, **environment: str) -> str:
    """What a command writes to a terminal."""
    import pty

    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "110", "NO_COLOR": "1", **environment}
    with process(list(words), tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as child:
        os.close(theirs)
        shown = b""
        while chunk := read(ours):
            shown += chunk
    os.close(ours)
    assert child.returncode == 0
    return shown.decode()


@posix
def test_pictures_on_a_terminal_that_shows_them(scripted: Scripted, tmp_path: Path) -> None:
    going_on(scripted, WORKING, IDLE, IDLE)
    shown = on_a_terminal(tmp_path, *WATCH, "--preview", "--url", scripted.url, KITTY_WINDOW_ID="1", TMUX="", STY="")
    sent = re.search(r"\x1b_Ga=T,f=100,q=2,m=0;([^\x1b]+)\x1b\\", shown)
    assert sent is not None
    assert base64.b64decode(sent.group(1))[:4] == b"\x89PNG"
    assert shown.count(IN_WORDS) == 1


@posix
def test_a_bar_on_a_terminal(scripted: Scripted, tmp_path: Path) -> None:
    going_on(scripted, *[WORKING] * 3, IDLE, IDLE)
    shown = on_a_terminal(tmp_path, "progress", "--watch", "--interval", "0.1", "--url", scripted.url)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert "step 10 of 20, pass 2 of 2" in text
    assert text.strip().splitlines()[-1] == "idle"


# -- stopping ---------------------------------------------------------------------------------------------------------

ORDERS = pytest.mark.parametrize(("name", "done"), [("interrupt", "interrupted"), ("skip", "skipped")])


@ORDERS
def test_what_runs_is_stopped(command: Command, scripted: Scripted, name: str, done: str) -> None:
    scripted.play_at("/sdapi/v1/progress", answer(WORKING))
    assert command(name, "--url", scripted.url).out == f"{done}: scripts_txt2img\n"
    assert command(name, "--json", "--url", scripted.url).json == {done: True, "job": "scripts_txt2img"}
    assert asked(scripted, "POST") == [f"/sdapi/v1/{name}"] * 2


@ORDERS
def test_an_idle_server_is_left_alone(command: Command, scripted: Scripted, name: str, done: str) -> None:
    scripted.play_at("/sdapi/v1/progress", answer(IDLE))
    assert command(name, "--url", scripted.url).out == "idle: there is nothing to stop\n"
    assert command(name, "--json", "--url", scripted.url).json == {done: False, "job": ""}
    assert asked(scripted, "POST") == []


@ORDERS
def test_a_server_that_does_not_say_what_it_does(command: Command, scripted: Scripted, name: str, done: str) -> None:
    scripted.play_at("/sdapi/v1/progress", answer({"detail": "Not Found"}, 404))
    assert command(name, "--url", scripted.url).out == f"{done}\n"
    assert asked(scripted, "POST") == [f"/sdapi/v1/{name}"]
