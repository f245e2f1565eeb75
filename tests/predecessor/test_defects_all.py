"""Nothing of the list of defects, and no case where a client should do better, is without a test."""

from __future__ import annotations

import re
from pathlib import Path

from .cases import case, names

_TESTS = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))


def test_every_defect_has_a_test_named_after_it() -> None:
    """None of the 49 is listed as not ours: each is cured."""
    tested = {f"D{number}" for number in re.findall(r"^def test_d(\d\d)_", _TESTS, re.MULTILINE)}
    assert sorted(tested) == [f"D{number:02}" for number in range(1, 50)]


def test_every_case_where_a_client_should_do_better_is_looked_at() -> None:
    assert [name for name in names("deviate") if f'"{name}"' not in _TESTS] == []


def test_every_case_names_a_defect_that_there_is() -> None:
    named = {case(name)["defect"] for compat in ("same", "deviate") for name in names(compat)} - {None}
    assert named <= {f"D{number:02}" for number in range(1, 50)}
