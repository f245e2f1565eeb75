"""The decisions of a pool, without servers: whatever happens, no job is lost, and none is in two places."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from webuiapi import AllServersAway, BadRequest, ConnectError, ConnectionLost, NotSupported
from webuiapi.pool.dispatch import Dispatch, Entry, Member, Todo

ERRORS: list[Exception] = [
    ConnectError("away"), ConnectionLost("cut", may_have_begun=True), ConnectionLost("cut", may_have_begun=False),
    NotSupported("can't"), BadRequest(422, "no"),
]  # fmt: skip


class Client:
    """As much of a client as the decisions look at."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._facts: dict[str, Any] = {}


class Jobs(RuleBasedStateMachine):
    """Jobs come, are taken, end in every way; servers come, rest, come back and go."""

    @initialize(rerun=st.booleans(), patience=st.sampled_from([None, 0.0]))
    def begin(self, rerun: bool, patience: float | None) -> None:
        self.dispatch = Dispatch(rerun=rerun, patience=patience, rest=0.0, wake=lambda: None)
        self.given: list[Entry] = []
        self.ended: list[Entry] = []
        self.number = 0
        self.join()

    @rule()
    def join(self) -> None:
        self.number += 1
        self.dispatch.join(Member(Client(f"http://{self.number}"), places=2))

    @rule(key=st.sampled_from([None, "a", "b"]), priority=st.integers(0, 2))
    def put(self, key: str | None, priority: int) -> None:
        self.given.append(self.dispatch.put(object(), key, priority))

    @precondition(lambda self: self.dispatch.active)
    @rule(data=st.data())
    def pull(self, data: st.DataObject) -> None:
        member = data.draw(st.sampled_from(self.dispatch.active))
        if len(member.running) >= member.places:
            return
        todo = self.dispatch.take(member)
        if todo is Todo.ASK:
            self.dispatch.answered(member, data.draw(st.sampled_from([None, ERRORS[0]])))
        elif isinstance(todo, Entry):
            better = [entry for entry in self.dispatch.waiting if entry.priority > todo.priority]
            assert all(member in entry.refused for entry in better)

    @precondition(lambda self: any(member.running for member in self.dispatch.members))
    @rule(data=st.data(), error=st.none() | st.sampled_from(ERRORS))
    def end(self, data: st.DataObject, error: Exception | None) -> None:
        member = data.draw(st.sampled_from([member for member in self.dispatch.members if member.running]))
        entry = data.draw(st.sampled_from(member.running))
        told = self.dispatch.ended(member, entry, error)
        if told is not None or error is None:
            assert not entry.waits
            self.ended.append(entry)
        else:
            assert entry.waits
            assert not isinstance(error, BadRequest)

    @precondition(lambda self: self.dispatch.active)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        hopeless = self.dispatch.leave(data.draw(st.sampled_from(self.dispatch.active)))
        self.ended += [entry for entry, _ in hopeless]

    @rule()
    def give_up(self) -> None:
        given_up = self.dispatch.given_up()
        assert all(isinstance(error, AllServersAway) for _, error in given_up)
        self.ended += [entry for entry, _ in given_up]

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.given))
        waits = entry.waits
        assert self.dispatch.withdraw(entry) == waits
        if waits:
            self.ended.append(entry)

    @invariant()
    def every_job_is_in_one_place(self) -> None:
        places = [*self.dispatch.waiting, *(entry for member in self.dispatch.members for entry in member.running)]
        assert sorted(map(id, [*places, *self.ended])) == sorted(map(id, self.given))
        assert all(entry.waits == (entry in self.dispatch.waiting) for entry in self.given)
        assert all(len(member.running) <= member.places for member in self.dispatch.members)

    @invariant()
    def what_waits_is_taken(self) -> None:
        """While nobody works and somebody is there who has not refused a job, somebody takes one."""
        there = [member for member in self.dispatch.active if not member.away]
        if any(member.running for member in self.dispatch.members):
            return
        if any(member not in entry.refused for member in there for entry in self.dispatch.waiting):
            assert any(self.dispatch._next_for(member) for member in there)

    def teardown(self) -> None:
        """With a server that works, everything ends."""
        good = Member(Client("http://good"), places=1)
        self.dispatch.join(good)
        for member in self.dispatch.active:
            for entry in list(member.running):
                if self.dispatch.ended(member, entry, None) is None:
                    self.ended.append(entry)
        while self.dispatch.waiting:
            for member in self.dispatch.active:
                todo = self.dispatch.take(member)
                if todo is Todo.ASK:
                    self.dispatch.answered(member, None)
                elif isinstance(todo, Entry):
                    self.dispatch.ended(member, todo, None)


TestJobs = Jobs.TestCase


def test_a_job_that_one_server_can_not_do_is_taken_by_another() -> None:
    dispatch = Dispatch(rerun=False, patience=None, rest=0.0, wake=lambda: None)
    one, other = (Member(Client(f"http://{name}"), places=2) for name in ("one", "other"))
    dispatch.join(one)
    dispatch.join(other)
    entry = dispatch.put(object(), "a checkpoint", 0)
    assert dispatch.take(one) is entry
    assert dispatch.ended(one, entry, NotSupported("not here")) is None
    assert dispatch.take(one) is Todo.WAIT
    assert dispatch.take(other) is entry
