"""Running commands in this process, in an empty folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from webuiapi.cli.app import app
from webuiapi.server import Server


@dataclass
class Ran:
    """What a command left."""

    code: int
    content: bytes
    """Standard output."""
    err: str

    @property
    def out(self) -> str:
        return self.content.decode().replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        return json.loads(self.content)


Command = Callable[..., Ran]


def run_command(*args: str | Path, stdin: bytes | None = None, env: dict[str, str] | None = None) -> Ran:
    """Run a command to its end; it may end in no other way than by an exit code."""
    done = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin, env=env)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout_bytes, done.stderr.replace("\r\n", "\n"))


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return run_command


@pytest.fixture
def ask(command: Command, embedded: Server) -> Command:
    """Runs a command against the embedded server."""
    return lambda *args, **settings: command(*args, "--url", embedded.url, **settings)
