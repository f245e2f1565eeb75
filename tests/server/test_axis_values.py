"""The values of an axis as text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webuiapi.server.processing import axis_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,2, 3", [1, 2, 3]),
        ("1-4", [1, 2, 3, 4]),
        ("1-9(+4)", [1, 5, 9]),
        ("10-1 (-3)", [10, 7, 4]),
        ("1-10[4]", [1, 4, 7, 10]),
        ("5, ,7-8", [5, 7, 8]),
        ("-3", [-3]),
        ("-3--1", [-3, -2, -1]),
        ("", []),
    ],
)
def test_integers(text: str, values: list[int]) -> None:
    assert axis_values.integers(axis_values.split(text)) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1.5, 2", [1.5, 2.0]),
        ("1-3", [1.0, 2.0, 3.0]),
        ("1-2 (+0.5)", [1.0, 1.5, 2.0]),
        ("0-1[3]", [0.0, 0.5, 1.0]),
    ],
)
def test_floats(text: str, values: list[float]) -> None:
    assert axis_values.floats(axis_values.split(text)) == pytest.approx(values)


def test_quotes_protect_commas() -> None:
    assert axis_values.split('a, "b, c" , d') == ["a", "b, c", "d"]


@settings(deadline=None)
@given(st.lists(st.text(alphabet='ab ,"').map(str.strip), min_size=1).filter(lambda items: items != [""]))
def test_a_joined_list_is_read_again(items: list[str]) -> None:
    assert axis_values.split(axis_values.joined(items)) == items


@pytest.mark.parametrize("text", ["1-999999999", "1-9[999999999]"])
def test_too_many_values(text: str) -> None:
    with pytest.raises(MemoryError):
        axis_values.integers([text])
    with pytest.raises(MemoryError):
        axis_values.floats([text])


def test_ranges_without_an_end() -> None:
    with pytest.raises(ValueError, match="zero"):
        axis_values.integers(["1-3(+0)"])
    with pytest.raises(MemoryError):
        axis_values.permutations(list("abcdefghij"))
