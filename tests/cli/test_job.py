"""How a job is shown while it runs, and what Ctrl-C does: in this process, and in one of its own."""

from __future__ import annotations

import _thread
import base64
import io
import itertools
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cli.conftest import Command
from support.pictures import file_of, noise
from support.scripted import Scripted, answer
from webuiapi.bars import left, where
from webuiapi.cli.job import _Lines
from webuiapi.jobs import Running
from webuiapi.server import Server, serve
from webuiapi.server.engine import Pass, Step, Stop

posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")
PATIENCE = 30
FOREVER = 50
"""Steps of a job that goes on until it is stopped."""

STATE = {"job": "x", "job_count": 1, "job_no": 0, "job_timestamp": "1", "sampling_step": 10, "sampling_steps": 20}


class Easel:
    """An engine that tells when it has begun and when it was stopped."""

    notice = "It paints nothing."

    def __init__(self) -> None:
        self.begun, self.stopped = threading.Event(), threading.Event()
        self.on_begin: Callable[[], None] = lambda: None

    def paint(self, work: Pass, step: Step) -> list[Image.Image]:
        picture = Image.new("RGB", (work.width, work.height))
        self.on_begin()
        try:
            for number in range(1, work.steps + 1):
                step(number, lambda: picture)
                self.begun.set()
            while work.steps == FOREVER:
                step(FOREVER, lambda: picture)
        except Stop:
            self.stopped.set()
        return [picture for _ in work.prompts]

    def upscale(self, image: Image.Image, width: int, height: int, upscaler: str) -> Image.Image:
        del upscaler
        return image.resize((width, height))


@pytest.fixture
def easel() -> Easel:
    return Easel()


@pytest.fixture
def server(easel: Easel) -> Iterator[Server]:
    with serve(engine=easel, step_time=0.001) as server:
        yield server


@pytest.fixture
def half_way(scripted: Scripted) -> Scripted:
    """A server that is half-way until it has been asked how far it is a third time: then the second answer is shown."""
    asked, shown = itertools.count(1), threading.Event()

    def progress(seen: object) -> bytes:
        del seen
        if next(asked) == 3:
            shown.set()
        return answer({"progress": 0.5, "eta_relative": 3.4, "state": STATE})

    task = {"active": True, "queued": False, "completed": False, "progress": 0.5, "eta": 3.4}
    scripted.play_at("/sdapi/v1/options", answer({"sd_model_checkpoint": "x", "sd_vae": "y"}))  # a webui's
    scripted.play_at("/internal/progress", answer(task))
    picture = base64.b64encode(file_of(noise("RGB", 64, 64))).decode()
    scripted.play_at("/sdapi/v1/progress", progress)
    scripted.play_at("/sdapi/v1/txt2img", shown, answer({"images": [picture], "parameters": {}, "info": "{}"}))
    return scripted


def words(server: Server | Scripted, *more: str) -> list[str]:
    return ["txt2img", "cat", "-W", "64", "-H", "64", "-s", str(FOREVER), "-o", "x", "--url", server.url, *more]


def process(args: list[str], folder: Path, **settings: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "webuiapi", *args], cwd=folder, **settings)  # type: ignore[call-overload,no-any-return]


# -- shown ------------------------------------------------------------------------------------------------------------


def test_lines_where_there_is_no_terminal(command: Command, half_way: Scripted) -> None:
    ran = command(*words(half_way))
    assert ran.lines == ["x.png"]
    assert "\ntxt2img: 50%, step 10 of 20" in f"\n{ran.err}"


@pytest.mark.parametrize("flag", ["--json", "--quiet"])
def test_nothing_is_shown_to_machines(command: Command, half_way: Scripted, flag: str) -> None:
    ran = command(*words(half_way, flag))
    assert (ran.code, ran.err) == (0, "")


@posix
def test_bar_on_a_terminal(half_way: Scripted, tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "110", "NO_COLOR": "1"}
    with process(words(half_way), tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as child:
        os.close(theirs)
        shown = b""
        while chunk := read(ours):
            shown += chunk
    os.close(ours)
    assert child.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert "txt2img" in text
    assert "step 10 of 20" in text
    assert "0:00:0" in text
    *_, path, summary = [line for line in text.replace("\r", "\n").splitlines() if line.strip()]
    assert path == "x.png"
    assert summary.startswith("1 picture, 64 x 64")


def read(terminal: int) -> bytes:
    """What comes from a terminal; b"" at its end, which Linux tells by an error."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


progress = st.builds(
    Running,
    progress=st.none() | st.floats(0, 1),
    step=st.none() | st.integers(0, 200),
    steps=st.none() | st.integers(0, 150),
    eta=st.none() | st.floats(-10, 1e5),
    job_no=st.none() | st.integers(0, 9),
    job_count=st.none() | st.integers(-1, 9),
)


@given(seen=st.lists(progress, max_size=40))
def test_a_line_for_each_tenth_at_most_and_never_back(seen: list[Running]) -> None:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stderr(out):
        lines = _Lines("job")
        for state in seen:
            lines(state)
    shown = [int(found) for found in re.findall(r"^job: (\d+)%", out.getvalue(), re.MULTILINE)]
    assert out.getvalue().count("\n") == len(shown) <= 10
    assert shown == sorted(shown)


@given(state=progress)
def test_what_is_said_is_within_bounds(state: Running) -> None:
    found = re.fullmatch(r"(?:step (\d+) of (\d+)(?:, pass (\d+) of (\d+))?)?", where(state))
    assert found
    step, steps, number, passes = (None if group is None else int(group) for group in found.groups())
    assert step is None or (steps is not None and step <= steps)
    assert number is None or (passes is not None and 1 <= number <= passes)
    assert re.fullmatch(r"(\d+ (s|min) left)?", left(state))


def test_how_far_in_words() -> None:
    now = Running(progress=0.5, step=6, steps=20, eta=3.4, job_no=1, job_count=4)
    assert (where(now), left(now)) == ("step 6 of 20, pass 2 of 4", "3 s left")
    assert left(replace(now, eta=300.0)) == "5 min left"
    assert where(replace(now, job_count=1)) == "step 6 of 20"
    assert (where(Running()), left(Running())) == ("", "")


# -- stopped ----------------------------------------------------------------------------------------------------------


def test_ctrl_c_stops_the_job_on_the_server(command: Command, easel: Easel, server: Server) -> None:
    easel.on_begin = _thread.interrupt_main
    ran = command(*words(server, "-q"))
    assert (ran.code, ran.out) == (130, "")
    assert ran.err == "stopped: on the server too, if the job had begun there\n"
    assert easel.stopped.wait(PATIENCE)


@posix
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_ctrl_c_in_a_process_of_its_own(easel: Easel, server: Server, tmp_path: Path, flags: list[str]) -> None:
    pipe = subprocess.PIPE
    with process(words(server, *flags), tmp_path, stdout=pipe, stderr=pipe) as child:
        assert easel.begun.wait(PATIENCE)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert out == b""
    assert err.splitlines()[-1] == b"stopped: on the server too, if the job had begun there"
    assert b"Traceback" not in err
    assert easel.stopped.wait(PATIENCE)
    assert server.app.state.progress.interrupted


@posix
def test_serve_until_ctrl_c(tmp_path: Path) -> None:
    import json
    from urllib.request import urlopen

    args = ["serve", "--port", "0", "--json", "--host", "127.0.0.1"]
    with process(args, tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        said = json.loads(b"".join(child.stdout.readline() for _ in range(4)))
        with urlopen(f"{said['url']}/sdapi/v1/samplers") as answer:
            assert answer.status == 200
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=PATIENCE) == (b"", b"")
    assert child.returncode == 0
    assert "not diffusion" in said["notice"]


def test_serve_says_where_what_and_how_to_end_it(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = threading.Event()

    def wait(server: Server) -> None:
        waited.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "wait", wait)
    ran = command("serve", "--port", "0", "--host", "127.0.0.1", "--api-auth", "me:secret", "--step-time", "0.5")
    assert ran.code == 0
    assert waited.is_set()
    assert re.fullmatch(r"Listening on http://127\.0\.0\.1:\d+", ran.lines[0])
    assert "not diffusion" in ran.lines[1]
    assert ran.err == "Ctrl-C ends it.\n"
    ran = command("serve", "--port", "0", "--host", "0.0.0.0")
    assert ran.err.startswith("warning: the embedded server on 0.0.0.0 can be reached by others")


@posix
def test_whoever_reads_may_leave(server: Server, tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    with process(["models", "--json", "--url", server.url], tmp_path, stdout=pipe, stderr=pipe) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 1


def test_bar_shows_the_step_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from webuiapi.cli.command import Run
    from webuiapi.cli.job import _shown

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name, value in {"TERM": "xterm", "COLUMNS": "110", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with _shown(Run(), "[painting]") as on_progress:
        on_progress(Running())
        on_progress(Running(progress=0.5, step=10, steps=20, eta=3.0))
    text = shown.getvalue()
    assert "[painting]" in text
    assert "step 10 of 20" in text
    assert "3 s left" in text
    assert text.endswith("\x1b[2K")  # the line is empty again
