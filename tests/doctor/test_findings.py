"""What a diagnosis is to people and programs, and that the page on it knows every kind of finding."""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import PackageNotFoundError
from typing import get_args

import pytest

from conftest import Connect
from doctor.conftest import the
from support.documents import DOCS
from support.scripted import Scripted
from webuiapi import Diagnosis, Finding
from webuiapi.api.doctor.findings import Kind
from webuiapi.server_info import ServerInfo

PROBLEM = Finding("no-api", "problem", "a webui without API", "GET /x: 404", "Start it with --api.")
NOTE = Finding("version", "note", "it does not say its version")
WARNING = Finding("latency", "warning", "a small call takes 900 ms")
WELL = Finding("reached", "ok", "the API answers", "GET /x: 200")


def test_what_it_comes_to() -> None:
    diagnosis = Diagnosis("http://a:1", ServerInfo("a1111", "v1.10.1"), (PROBLEM, NOTE, WARNING, WARNING, WELL))
    assert (diagnosis.ok, diagnosis.problems, diagnosis.warnings) == (False, [PROBLEM], [WARNING, WARNING])
    assert diagnosis.verdict == "http://a:1: 1 problem and 2 warnings"
    assert diagnosis.of("version") == [NOTE]
    assert Diagnosis("http://a:1", None, (NOTE, WELL)).verdict == "http://a:1: all well"
    found = json.loads(json.dumps(diagnosis.as_dict()))
    assert found["server"] == {"flavour": "a1111", "version": "v1.10.1", "name": "AUTOMATIC1111's webui"}
    assert found["findings"][0] == {
        "kind": "no-api", "level": "problem", "what": "a webui without API", "detail": "GET /x: 404",
        "suggestion": "Start it with --api.",
    }  # fmt: skip
    assert str(diagnosis).splitlines() == [
        "PROBLEM no-api: a webui without API",
        "        GET /x: 404",
        "        -> Start it with --api.",
        "note    version: it does not say its version",
        *["warning latency: a small call takes 900 ms"] * 2,
        "ok      reached: the API answers",
        "http://a:1: 1 problem and 2 warnings",
    ]


def test_lines_are_as_wide_as_wanted() -> None:
    long = Finding("no-api", "problem", "word " * 30, "detail " * 30, "try " * 40)
    lines = long.lines(40)
    assert max(map(len, lines)) <= 40
    assert sum(line.startswith("        -> ") for line in lines) == 1
    assert " ".join(lines).count("try") == 40


def test_the_page_has_every_kind_and_no_other() -> None:
    page = (DOCS / "doctor.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(get_args(Kind))


def test_this_side(connect: Connect, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBUIAPI_URL", "http://user:secret@127.0.0.1:1")
    monkeypatch.setenv("WEBUIAPI_AUTH", "user:secret")
    real = __import__("importlib.metadata").metadata.version

    def version(package: str) -> str:
        if package in ("aiohttp", "rich"):
            raise PackageNotFoundError(package)
        found: str = real(package)
        return found

    monkeypatch.setattr("webuiapi.api.doctor.here.version", version)
    diagnosis = connect(url=scripted.url).doctor()
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}." in the(diagnosis, "client").what
    assert "urllib3 " in the(diagnosis, "client").detail
    assert the(diagnosis, "extras").suggestion == "If you want it: pip install aiohttp rich"
    assert [item.what.split()[0] for item in diagnosis.of("environment")] == ["WEBUIAPI_URL", "WEBUIAPI_AUTH"]
    assert "secret" not in str(diagnosis.as_dict())
