"""Faults on request: rules that say which requests go wrong, and how. For tests of whoever talks to a server.

    App(faults=[{"kind": "cut", "path": "/sdapi/v1/txt2img", "at": 100, "times": 1}])

A rule has a `kind` with its parameters (`fault_kinds.KINDS`) and says which requests it meets: `method` and `path` (a
pattern, `*` stands for anything), the first `after` of them are let through, then `times` go wrong (null: all), each
with the `probability`. The first rule that strikes has the request. Chance comes from a seed, so that a run can be
repeated. The same rules can stand in a JSON file, as a list or as `{"seed": 7, "rules": [...]}`, and be sent to
`POST /faults`, one or as `{"rules": [...]}`.

Most faults lie below HTTP. An answer that goes out in such a way carries a `Delivery`; the socket door carries it out
on the connection itself (`delivery.py`), and `hand_over` does what that comes to within this process.
"""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeAlias, Union

from .fault_kinds import COMMON, KINDS, REQUIRED, Kind
from .http import BrokenOff, Delivery, Dropped, Response

FaultSource: TypeAlias = Union[Mapping[str, Any], Iterable[Mapping[str, Any]], str, "os.PathLike[str]"]
"""Rules: one, several, an object with a seed and rules, or the path of a JSON file."""


@dataclass(frozen=True)
class Fault:
    """One rule."""

    kind: str
    values: Mapping[str, Any]
    """All parameters of the kind and those that all have, with their defaults."""

    @classmethod
    def of(cls, described: Any) -> Fault:
        """The rule that an object describes, or a ValueError that says what is wrong with it."""
        if not isinstance(described, Mapping) or not isinstance(described.get("kind"), str):
            raise ValueError(f"a fault is an object with a kind: {', '.join(KINDS)}")
        kind = described["kind"]
        if kind not in KINDS:
            raise ValueError(f"there is no fault of the kind {kind!r}; there are {', '.join(KINDS)}")
        known = {**COMMON, **KINDS[kind].parameters}
        values = {name: described.get(name, parameter.default) for name, parameter in known.items()}
        for name in described:
            if name != "kind" and name not in known:
                raise ValueError(f"the fault {kind!r} has no {name!r}; it has {', '.join(known)}")
        for name, value in values.items():
            if value is REQUIRED or not known[name].check(value):
                raise ValueError(f"the fault {kind!r} wants as {name!r} {known[name].wanted}")
        return cls(kind, values)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def effect(self) -> Kind:
        """What its kind does to an answer."""
        return KINDS[self.kind]

    @property
    def refuses(self) -> bool:
        """The body of the request is not even read."""
        return self.kind == "refuse"

    @property
    def work(self) -> str:
        """Whether the request is carried out: "none", "first", or "beside" the answer of the fault."""
        work: str = "none" if self.refuses else self.values.get("work", "first")
        return "first" if self.kind == "reset" and self["at"] is not None else work

    def finish(self, response: Response) -> Response:
        """The finished answer as it goes out."""
        delivery = self.effect.finishes(self, response) if self.effect.finishes else Delivery(ending="usual")
        before, own = self["delay"], delivery.delay
        response.delivery = replace(delivery, delay=None if before is None or own is None else before + own)
        return response

    def meets(self, method: str, path: str) -> bool:
        """Whether it is about such requests."""
        return fnmatchcase(method, self["method"].upper()) and fnmatchcase(path, self["path"])


@dataclass
class Rule:
    """A fault, and how often it had its chance."""

    fault: Fault
    seen: int = 0
    struck: int = 0

    def strikes(self, chance: random.Random) -> bool:
        """Whether the next request that it is about goes wrong."""
        fault = self.fault
        self.seen += 1
        if self.seen <= fault["after"] or (fault["times"] is not None and self.struck >= fault["times"]):
            return False
        if fault["probability"] < 1 and chance.random() >= fault["probability"]:
            return False
        self.struck += 1
        return True


class Faults:
    """The rules of one server, and whatever waits because of them. Safe to use from several threads."""

    def __init__(self, source: FaultSource = ()) -> None:
        self._lock = threading.Lock()
        self._tickets: set[Future[None]] = set()
        self._beside: set[threading.Thread] = set()
        self._closed = False
        self._first, self._seed = _read(source)
        self._rules: list[Rule] = []
        self.reset()

    def add(self, source: FaultSource) -> None:
        """Further rules, behind those that there are. A seed among them starts chance anew."""
        faults, seed = _read(source)
        with self._lock:
            self._rules += map(Rule, faults)
            if seed is not None:
                self._chance = random.Random(seed)  # noqa: S311 - no secret

    def clear(self) -> None:
        """No rules any more, and what waits goes on."""
        with self._lock:
            self._rules = []
        self.release()

    def reset(self) -> None:
        """The rules that there were at first; what waits is dropped."""
        with self._lock:
            self._rules = [Rule(fault) for fault in self._first]
            self._chance = random.Random(self._seed or 0)  # noqa: S311 - no secret
        self.drop()

    def close(self) -> None:
        """What waits is dropped, and so is whoever comes to wait; what runs beside comes to its end."""
        with self._lock:
            self._closed = True
            threads, self._beside = self._beside, set()
        self.drop()
        for thread in threads - {threading.current_thread()}:
            thread.join()

    def listed(self) -> list[dict[str, Any]]:
        """The rules with all their parameters, and how often each has seen a request and struck."""
        with self._lock:
            rules = [replace(rule) for rule in self._rules]
        return [
            {"kind": rule.fault.kind, **rule.fault.values, "seen": rule.seen, "struck": rule.struck} for rule in rules
        ]

    def pick(self, method: str, path: str) -> Fault | None:
        """What goes wrong with a request that has come in; every rule that it gets to counts it."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if rule.fault.meets(method, path) and rule.strikes(self._chance):
                    return rule.fault
        return None

    def beside(self, work: Callable[[], None]) -> None:
        """Have something done that nobody waits for but `close`."""
        thread = threading.Thread(target=work, name="webuiapi-server-beside", daemon=True)
        with self._lock:
            if self._closed:
                raise Dropped("the server is closing")
            self._beside = {other for other in self._beside if other.is_alive()} | {thread}
            thread.start()

    # --- what waits

    @property
    def waiting(self) -> int:
        """How many answers hang or are delayed at the moment; a server that is away is one more."""
        with self._lock:
            return len(self._tickets)

    def ticket(self) -> Future[None]:
        """For one that waits: has a result when it may go on, and raises `Dropped` when it must not."""
        ticket: Future[None] = Future()
        ticket.set_running_or_notify_cancel()  # from here on nobody can cancel it
        with self._lock:
            if self._closed:
                ticket.set_exception(Dropped("the server is closing"))
            else:
                self._tickets.add(ticket)
        return ticket

    def forget(self, ticket: Future[None]) -> None:
        """It waits no longer."""
        with self._lock:
            self._tickets.discard(ticket)

    def wait(self, seconds: float | None) -> None:
        """Wait so long, or until somebody lets it go. Raises `Dropped`."""
        if seconds == 0:
            return
        ticket = self.ticket()
        try:
            ticket.result(seconds)
        except (FutureTimeout, TimeoutError):  # two kinds in Python 3.10
            return
        finally:
            self.forget(ticket)

    def release(self) -> None:
        """Whatever hangs or is delayed goes on, and a server that is away comes back."""
        for ticket in self._taken():
            ticket.set_result(None)

    def drop(self) -> None:
        """Whatever hangs or is delayed is over."""
        for ticket in self._taken():
            ticket.set_exception(Dropped("the server has forgotten it"))

    def _taken(self) -> set[Future[None]]:
        with self._lock:
            tickets, self._tickets = self._tickets, set()
        return tickets


def hand_over(response: Response, faults: Faults) -> bytes:
    """The body of an answer as it arrives in this process, where there is no connection that could break.

    Raises `Dropped` or `BrokenOff` where the connection would close or be reset.
    """
    how, content = response.delivery, response.body
    if how is None:
        return content
    faults.wait(how.delay)
    if how.silent:
        raise Dropped("the connection closed without an answer")
    arriving = content if how.stop is None else content[: how.stop]
    if how.pause:
        for _ in range(0, len(arriving), how.piece):
            faults.wait(how.pause)
    if how.hold:
        faults.wait(None)
        arriving = content
    if how.length > 0 or len(arriving) < len(content):
        raise BrokenOff("the connection closed within the answer")
    return arriving[: max(len(arriving) + how.length, 0)]


def _read(source: FaultSource) -> tuple[list[Fault], int | None]:
    """The rules and the seed of whatever may hold them. Raises `ValueError`."""
    where = ""
    if isinstance(source, (str, os.PathLike)):
        where = f"{os.fspath(source)}: "
        try:
            source = json.loads(Path(source).read_bytes())
        except ValueError as error:
            raise ValueError(f"{where}no JSON: {error}") from None
    seed = None
    if isinstance(source, Mapping) and "rules" in source:
        seed = source.get("seed")
        if seed is not None and not isinstance(seed, int):
            raise ValueError(f"{where}the seed of faults is a whole number")
        source = source["rules"]
    if isinstance(source, Mapping):
        source = [source]
    if not isinstance(source, Iterable) or isinstance(source, (str, bytes)):
        raise ValueError(f"{where}faults are a list of rules")
    try:
        return [Fault.of(rule) for rule in source], seed
    except ValueError as error:
        raise ValueError(f"{where}{error}") from None
