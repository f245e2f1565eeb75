"""How many generations are under way at a time, and who comes next."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webuiapi import WebUIApi
from webuiapi.gate import Gate, Ticket


def test_at_most_so_many_and_the_rest_in_order() -> None:
    gate = Gate(2)
    begun: list[int] = []
    tickets = [gate.ask(partial(begun.append, number)) for number in range(4)]
    assert begun == [0, 1]
    assert (gate.at_work, [gate.position(ticket) for ticket in tickets]) == (2, [None, None, 1, 2])
    gate.leave()
    assert (begun, gate.at_work) == ([0, 1, 2], 2)
    assert gate.withdraw(tickets[3])
    assert not gate.withdraw(tickets[2]), "its turn has come"
    gate.leave()
    gate.leave()
    assert (begun, gate.at_work) == ([0, 1, 2], 0)


def test_higher_priorities_come_first() -> None:
    gate = Gate(1)
    begun: list[str] = []
    gate.ask(lambda: begun.append("first"))
    for name, priority in (("a", 0), ("b", 5), ("c", 5), ("d", -1)):
        gate.ask(partial(begun.append, name), priority)
    for _ in range(5):
        gate.leave()
    assert begun == ["first", "b", "c", "a", "d"]


@pytest.mark.parametrize("priority", ["high", 1.5, True, None])
def test_what_is_no_priority(priority: Any) -> None:
    gate = Gate(1)
    with pytest.raises(TypeError, match=f"priority={priority!r} must be a whole number: the higher goes first"):
        gate.ask(lambda: None, priority)
    assert gate.at_work == 0


def test_no_limit() -> None:
    gate = Gate(None)
    begun: list[int] = []
    for number in range(50):
        gate.ask(partial(begun.append, number))
    assert begun == list(range(50))


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "2"])
def test_what_is_no_limit(limit: object) -> None:
    with pytest.raises(
        ValueError, match=f"max_in_flight={limit!r} must be a whole number from 1, or None for no limit"
    ):
        WebUIApi(max_in_flight=limit)  # type: ignore[arg-type]


@given(st.integers(1, 3), st.lists(st.sampled_from(["ask", "leave", "withdraw"]), max_size=40))
def test_never_more_than_the_limit_and_nobody_is_forgotten(limit: int, moves: list[str]) -> None:
    gate = Gate(limit)
    tickets: list[Ticket] = []
    begun: list[int] = []
    withdrawn: set[int] = set()
    at_work = 0
    for move in moves:
        if move == "ask":
            tickets.append(gate.ask(partial(begun.append, len(tickets))))
        elif move == "leave" and at_work:
            gate.leave()
        elif move == "withdraw" and tickets and gate.withdraw(tickets[-1]):
            withdrawn.add(len(tickets) - 1)
        at_work = gate.at_work
        assert at_work <= limit
    while gate.at_work:
        gate.leave()
    assert sorted(begun) == sorted(set(range(len(tickets))) - withdrawn)


def test_threads_at_one_gate() -> None:
    gate, lock = Gate(3), threading.Lock()
    inside = most = 0

    def work(_: int) -> None:
        nonlocal inside, most
        turn = threading.Event()
        gate.ask(turn.set)
        turn.wait(20)
        with lock:
            inside += 1
            most = max(most, inside)
        with lock:
            inside -= 1
        gate.leave()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(200)))
    assert most <= 3
    assert gate.at_work == 0
