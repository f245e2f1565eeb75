"""`progress=True`: a bar on a terminal, a bar with the preview in a notebook, and nothing where nobody would see it."""

from __future__ import annotations

import base64
import io
import itertools
import re
import sys
import threading
from contextlib import redirect_stderr
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from conftest import Connect
from support.callers import Caller
from support.pictures import file_of, noise
from support.scripted import Scripted, answer
from webuiapi import MissingExtra, Txt2Img
from webuiapi.bars import NotebookBar, bar_for
from webuiapi.jobs import Running

PREVIEW = file_of(noise("RGB", 8, 8))
URI = "data:image/png;base64," + base64.b64encode(PREVIEW).decode()
STATE = {"job": "x", "job_count": 1, "job_no": 0, "job_timestamp": "1", "sampling_step": 10, "sampling_steps": 20}


@pytest.fixture
def half_way(scripted: Scripted) -> Scripted:
    """A webui that is half-way, and answers when that has been told."""
    asked, told = itertools.count(1), threading.Event()

    def progress(seen: object) -> bytes:
        del seen
        if next(asked) == 3:
            told.set()
        return answer({"progress": 0.5, "eta_relative": 3.4, "state": STATE})

    task = {"active": True, "progress": 0.5, "eta": 3.4, "id_live_preview": 1, "live_preview": URI}
    scripted.play_at("/internal/progress", answer(task))
    scripted.play_at("/sdapi/v1/progress", progress)
    picture = base64.b64encode(PREVIEW).decode()
    scripted.play_at("/sdapi/v1/txt2img", told, answer({"images": [picture], "parameters": {}, "info": "{}"}))
    return scripted


class Terminal(io.StringIO):
    """Standard error of a terminal."""

    def isatty(self) -> bool:
        return True

    @property
    def shown(self) -> str:
        """What was written, without what moves the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.getvalue())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "110")
    return Terminal()


@pytest.fixture
def worker(connect: Connect, half_way: Scripted) -> Caller:
    return connect(url=half_way.url)


def asked_about(scripted: Scripted) -> list[Any]:
    return [seen for seen in scripted.seen if seen.target.startswith("/internal/progress")]


# -- a terminal -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["method", "request", "run"])
def test_a_bar_on_a_terminal(worker: Caller, half_way: Scripted, terminal: Terminal, how: str) -> None:
    with redirect_stderr(terminal):
        if how == "method":
            worker.txt2img("a cat", progress=True)
        elif how == "request":
            worker.run(Txt2Img("a cat", progress=True))
        else:
            worker.run(Txt2Img("a cat"), progress=True)
    assert "txt2img" in terminal.shown
    assert "step 10 of 20" in terminal.shown
    assert "3 s left" in terminal.shown
    assert {seen.json["live_preview"] for seen in asked_about(half_way)} == {False}
    sent = next(seen.json for seen in half_way.seen if seen.target == "/sdapi/v1/txt2img")
    assert "progress" not in sent


def test_it_is_for_those_who_want_it(worker: Caller, half_way: Scripted, terminal: Terminal) -> None:
    half_way.play_at("/sdapi/v1/txt2img", answer({"images": [], "parameters": {}, "info": "{}"}))
    with redirect_stderr(terminal):
        worker.txt2img("a cat")
        worker.run(Txt2Img("a cat", progress=True), progress=False)
    assert terminal.getvalue() == ""
    assert asked_about(half_way) == []


def test_the_callers_own_function_is_called_too(worker: Caller, terminal: Terminal) -> None:
    told: list[Running] = []
    with redirect_stderr(terminal):
        worker.run(Txt2Img("a cat"), progress=True, on_progress=told.append)
    assert {now.progress for now in told} == {0.5}
    assert "step 10 of 20" in terminal.shown


def test_the_bar_is_gone_after_an_error(worker: Caller, half_way: Scripted, terminal: Terminal) -> None:
    half_way.play_at("/sdapi/v1/txt2img", answer({"detail": "no"}, 422))
    with redirect_stderr(terminal), pytest.raises(RuntimeError, match="no"):
        worker.txt2img("a cat", progress=True)
    before = terminal.getvalue()
    assert before.endswith("\x1b[2K"), "the line is erased"


def test_rich_is_needed_on_a_terminal(
    worker: Caller, half_way: Scripted, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with (
        redirect_stderr(terminal),
        pytest.raises(MissingExtra, match="progress=True on a terminal needs rich: pip install rich"),
    ):
        worker.txt2img("a cat", progress=True)
    assert half_way.seen == []
    assert terminal.getvalue() == ""


def test_an_operation_has_no_progress(worker: Caller) -> None:
    def work() -> Any:
        yield from ()

    with pytest.raises(TypeError, match="progress is for a request, not for an operation of several calls"):
        worker.run(work(), progress=True)


# -- neither ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dumb", [True, False])
def test_nothing_where_nobody_would_see_it(
    worker: Caller, half_way: Scripted, monkeypatch: pytest.MonkeyPatch, dumb: bool
) -> None:
    out = Terminal() if dumb else io.StringIO()
    monkeypatch.setenv("TERM", "dumb" if dumb else "xterm")
    half_way.play_at("/sdapi/v1/txt2img", answer({"images": [], "parameters": {}, "info": "{}"}))
    with redirect_stderr(out):
        worker.txt2img("a cat", progress=True)
    assert out.getvalue() == ""
    assert asked_about(half_way) == [], "the server is not asked for what nobody sees"


# -- a notebook -------------------------------------------------------------------------------------------------------


class Notebook:
    """What stands for IPython and ipywidgets, with what was shown."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.widgets: list[Any] = []

    def display(self, shown: Any, display_id: bool = False) -> Notebook:
        (self.pages if display_id else self.widgets).append(shown)
        return self

    def update(self, shown: str) -> None:
        self.pages.append(shown)


class Widget:
    """Any widget of ipywidgets."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.children = args[0] if args else []
        self.closed = False
        self.__dict__.update(settings)

    def close(self) -> None:
        self.closed = True


def module(monkeypatch: pytest.MonkeyPatch, name: str, **names: Any) -> None:
    made = ModuleType(name)
    made.__spec__ = ModuleSpec(name, None)
    made.__dict__.update(names)
    monkeypatch.setitem(sys.modules, name, made)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """This process as the kernel of a notebook, without ipywidgets."""
    found = Notebook()
    shell = type("Shell", (), {"kernel": object()})()
    module(monkeypatch, "IPython", get_ipython=lambda: shell)
    module(monkeypatch, "IPython.display", display=found.display, HTML=str)
    return found


def test_html_in_a_notebook(worker: Caller, half_way: Scripted, notebook: Notebook) -> None:
    assert isinstance(bar_for("x"), NotebookBar), "ipywidgets is not there"
    worker.txt2img("a cat", progress=True)
    first, *middle, last = notebook.pages
    assert 'value="0.000"' in first
    assert last == "", "it is taken away: the result is shown below"
    assert all('value="0.500"' in page and "step 10 of 20, 3 s left" in page for page in middle)
    source = re.search(r"data:image/jpeg;base64,([^\"]+)", middle[-1])
    assert source is not None
    assert Image.open(io.BytesIO(base64.b64decode(source.group(1)))).size == (8, 8)
    assert {seen.json["live_preview"] for seen in asked_about(half_way)} == {True}


def test_a_title_is_text(notebook: Notebook) -> None:
    with NotebookBar("<b>"):
        assert notebook.pages[0].startswith("&lt;b&gt; <progress")


def test_widgets_in_a_notebook(worker: Caller, notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ("FloatProgress", "Label", "Image", "Layout", "VBox", "HBox")
    module(monkeypatch, "ipywidgets", **dict.fromkeys(kinds, Widget))
    worker.txt2img("a cat", progress=True)
    (box,) = notebook.widgets
    line, picture = box.children
    bar, words = line.children
    assert (bar.description, bar.value) == ("txt2img", 0.5)
    assert words.value == "step 10 of 20, 3 s left"
    assert Image.open(io.BytesIO(picture.value)).size == (8, 8)
    assert picture.layout.display == ""
    assert box.closed


def test_ipython_in_a_terminal_is_no_notebook(
    worker: Caller, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(monkeypatch, "IPython", get_ipython=object)
    with redirect_stderr(terminal):
        worker.txt2img("a cat", progress=True)
    assert "step 10 of 20" in terminal.shown
