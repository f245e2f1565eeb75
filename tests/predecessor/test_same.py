"""Cases marked `same`: what we send, raise and return is what webuiapi 0.9.17 did, but for what is meant."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import webuiapi

from .answers import RED
from .cases import Case, case, names
from .compare import differences
from .intended import INTENDED, RETURNS
from .pictures import folded
from .run import Run, shown

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a refused connection takes seconds elsewhere")


@cache
def _ran(name: str) -> tuple[Case, list[Any], int]:
    with Run(webuiapi, _with_pictures(case(name))) as run:
        return run.run(), run.results, run.stub.port


def _with_pictures(found: Case) -> Case:
    """The case, with a picture where it has a text that is none (which we refuse): `last_frame` of AnimateDiff."""
    return dict(json.loads(json.dumps(found).replace('"last_frame": "aGk="', f'"last_frame": "{RED}"')))


def _expected(name: str) -> Case:
    return dict(folded(_with_pictures(case(name))))


@pytest.mark.parametrize("name", names("same"))
def test_sends_and_raises_the_same(name: str) -> None:
    found = differences(_expected(name), _ran(name)[0])
    unmeant = [str(item) for item in found if not any(intended.covers(item, name) for intended in INTENDED)]
    assert not unmeant


@pytest.mark.parametrize("name", names("same"))
def test_returns_the_same_and_prints_nothing(name: str) -> None:
    assert not [step["prints"] for step in _ran(name)[0]["steps"] if "prints" in step]
    if name not in RETURNS:
        _compare_all(name)


def _compare_all(name: str) -> None:
    _, results, port = _ran(name)
    for step, result in zip(case(name)["steps"], results, strict=True):
        if "raises" not in step:
            _compare(_at(port, step["returns"]), result)


def _at(port: int, value: Any) -> Any:
    return value.replace("{PORT}", str(port)) if isinstance(value, str) else value


def _compare(theirs: Any, result: Any) -> None:
    if isinstance(theirs, dict) and "$object" in theirs:
        assert type(result).__name__ == theirs["$object"]
    elif isinstance(theirs, dict) and "$result" in theirs:
        fields = {name: value for name, value in theirs.items() if name != "$result"}
        if theirs["$result"] != "WebUIApiResult":
            assert type(result).__name__ == theirs["$result"]
        found = {name: shown(getattr(result, name)) for name in fields}
        assert {**found, "parameters": found.get("parameters") or ""} == {
            **fields,
            "parameters": fields.get("parameters") or "",  # theirs is "" where there is none, ours a dict
        }
    elif theirs is not None:  # where theirs gave nothing, ours may say more: the title of the model now loaded
        assert shown(result) == theirs


@pytest.mark.parametrize("intended", INTENDED, ids=lambda intended: f"{intended.kind} {intended.place}")
def test_every_intended_difference_is_there(intended: Any) -> None:
    found = differences(_expected(intended.case), _ran(intended.case)[0])
    assert any(intended.covers(item, intended.case) for item in found)


@pytest.mark.parametrize("name", RETURNS)
def test_every_other_result_is_another(name: str) -> None:
    with pytest.raises((AssertionError, AttributeError)):
        _compare_all(name)


def test_the_documentation_names_every_field_that_is_left_out() -> None:
    page = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text(encoding="utf-8")
    listed = {"3": "model", "4": "face_restorer_name", "6": "upscaler_name", "seed_resize_from_w": "seed_resize_from_h"}
    for intended in INTENDED:
        for item in differences(_expected(intended.case), _ran(intended.case)[0]):
            if intended.kind == "left out" and intended.covers(item, intended.case):
                name = item.place.rpartition("/")[2]
                assert f"`{listed.get(name, name)}" in page
