"""The documentation is true: its blocks run and print what it shows, and what it takes from the code is as there."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import shlex
import subprocess
import sys
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner

from support.documents import DOCS, ROOT, Block, blocks_of, matches, name_of, pages, tidy
from webuiapi import WebUIApi, errors, extensions
from webuiapi.cli.app import app
from webuiapi.server import App, serve
from webuiapi.server.fault_kinds import KINDS

ENDLESS = ("serve",)
"""Commands that run until they are stopped: only their flags are read."""


# -- blocks -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in which a page's blocks run, and from which they import what commands of it wrote."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("path", [path for path in pages() if blocks_of(path)], ids=name_of)
def test_the_blocks_of_a_page_run(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [block for block in blocks_of(path) if "skip" not in block.said]
    page = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", page)  # dataclasses look up the names in annotations there
    wrong = []
    with contextlib.ExitStack() as stack:
        if any(block.language == "sh" for block in blocks):
            server = stack.enter_context(serve(App(seed=1)))
            monkeypatch.setenv("WEBUIAPI_URL", server.url)
        for block in blocks:
            if block.language == "python":
                printed = run_alone(block) if "alone" in block.said else run_python(block, vars(page))
            elif block.language == "sh":
                printed = run_shell(block, folder)
            else:
                continue
            if block.prints is not None and not matches(block.prints, printed):
                wrong.append(f"{block.page}:{block.line} prints\n{printed}\nand not\n{tidy(block.prints)}")
    assert not wrong, "\n".join(wrong)


def run_python(block: Block, names: dict[str, Any]) -> str:
    """Run a block of Python; what it printed."""
    printed = io.StringIO()
    source = "\n" * (block.line - 1) + block.text
    with contextlib.redirect_stdout(printed), expected_warnings(block):
        exec(compile(source, block.page, "exec", dont_inherit=True), names)
    return printed.getvalue()


def run_alone(block: Block) -> str:
    """Run a block of Python in a new interpreter; what it printed."""
    command = [sys.executable, "-W", "error", "-c", block.text]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{block.page}:{block.line}: {done.stderr}"
    return done.stdout


def run_shell(block: Block, folder: Path) -> str:
    """Run the `webuiapi` commands of a block, pipes and redirections included; what went to standard output."""
    printed = []
    lines = [line for line in block.commands if line.startswith("webuiapi ")]
    for line in lines:
        wanted = int(block.said.get("exit", 0)) if line is lines[-1] else 0
        with expected_warnings(block):
            printed.append(run_line(line, wanted, f"{block.page}:{block.line}", folder))
    return "".join(printed)


def run_line(line: str, wanted: int, where: str, folder: Path) -> str:
    """Run one line of a shell; what went to standard output."""
    given = b""
    for part in line.split(" | "):
        words = shlex.split(part, comments=True)
        assert words[0] == "webuiapi", f"{where}: {part}"
        target = words[words.index(">") + 1] if ">" in words else None
        arguments = words[1 : words.index(">") if target else None]
        if arguments[0] in ENDLESS:
            read_flags(arguments)
            continue
        result = CliRunner().invoke(app, arguments, input=given, prog_name="webuiapi")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == wanted, f"{where}: {part}\n{result.output}"
        given = result.stdout_bytes
        if target:
            (folder / target).write_bytes(given)
            given = b""
    return given.decode("utf-8", "replace")


def read_flags(arguments: list[str]) -> None:
    """Read a command's flags without running it. Raises `click.UsageError`."""
    command = app.get_command(click.Context(app), arguments[0])
    assert command is not None
    command.make_context(arguments[0], arguments[1:])


@contextlib.contextmanager
def expected_warnings(block: Block) -> Iterator[None]:
    """Warnings are errors, but for those that the block shows."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always" if "warns" in block.said else "error")
        yield
    if "warns" in block.said:
        assert {one.category.__name__ for one in caught} == set(block.said["warns"].split(", "))


# -- as in the code ---------------------------------------------------------------------------------------------------


def test_what_is_made_from_the_code_is_as_in_the_code() -> None:
    done = subprocess.run([sys.executable, "-m", "tools.docs"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_extension_has_a_page_that_lists_it() -> None:
    listed = {
        name for path in DOCS.rglob("*.md") for name in re.findall(r"<!-- made: extensions\.(\w+) -->", read(path))
    }
    own = {module.__name__.rpartition(".")[2] for module in extensions.modules()}
    assert own - listed == {"controlnet_interface"}, "and that is told of on ControlNet's"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("testing.md", [f"`{kind}`" for kind in KINDS]),
        ("reliability.md", [f"`{kind}`" for kind in KINDS]),
        ("errors.md", [f"`{name}`" for name in errors.__all__]),
        ("reference/client.md", [f"`{name}`" for name in inspect.signature(WebUIApi).parameters]),
    ],
)
def test_a_page_leaves_nothing_out(page: str, names: list[str]) -> None:
    text = read(DOCS / page)
    assert [name for name in names if name not in text] == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")), ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", read(path))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def read(path: Path) -> str:
    """A page."""
    return path.read_text(encoding="utf-8")


# -- in Chinese -------------------------------------------------------------------------------------------------------


def test_the_chinese_readme_has_the_same_parts() -> None:
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"
    assert headings(chinese) == headings(english)
    assert [code_of(block) for block in blocks_of(chinese)] == [code_of(block) for block in blocks_of(english)]
    assert tables(chinese) == tables(english)
    assert links(chinese) - {"README.md"} == links(english) - {"README.zh-CN.md"}


def headings(path: Path) -> list[int]:
    """The levels of the headings, in order."""
    return [len(line) - len(line.lstrip("#")) for line in prose(path) if line.startswith("#")]


def tables(path: Path) -> list[list[int]]:
    """The tables, each as the numbers of cells of its lines."""
    found: list[list[int]] = [[]]
    for line in prose(path):
        if line.startswith("|"):
            found[-1].append(line.count("|"))
        elif found[-1]:
            found.append([])
    return found


def links(path: Path) -> set[str]:
    """Where the links lead."""
    return set(re.findall(r"\]\(([^)]+)\)", read(path)))


def prose(path: Path) -> list[str]:
    """The lines outside of blocks."""
    return re.sub(r"^```.*?^```$", "", read(path), flags=re.DOTALL | re.MULTILINE).splitlines()


def code_of(block: Block) -> tuple[str, list[str], str | None]:
    """A block without its comments, which are translated."""
    if block.language == "python":
        read_line = io.StringIO(block.text).readline
        tokens = [token for token in tokenize.generate_tokens(read_line) if token.type != tokenize.COMMENT]
        return block.language, [token.string for token in tokens], block.prints
    return block.language, [re.sub(r"\s+#.*$", "", line) for line in block.text.splitlines()], block.prints
