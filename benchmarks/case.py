"""What is measured: cases, gathered in areas that have the columns of their table in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

OURS, PREDECESSOR, FLOOR = "ours", "predecessor", "floor"


@dataclass(frozen=True)
class Case:
    """One row of a table."""

    name: str
    operation: str
    """Name of the method in `clients.py` that prepares it; or the Python text of one that runs in fresh processes."""
    answer: str = "1x64-photo"
    """What the stub answers generations with, see `stub.py`."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    quick: bool = False
    """It is part of the short run too."""
    to_reach: str = ""


@dataclass(frozen=True)
class Column:
    """One column: a measured value of ours, or a ratio of the medians of rounds."""

    title: str
    measure: str
    """`cpu` and `wall` (seconds a call), or what the operation itself counts."""
    kind: Literal["ms", "calls/s", "number", "less than predecessor", "of floor"]


@dataclass(frozen=True)
class Area:
    """One table."""

    name: str
    title: str
    cases: Sequence[Case]
    columns: Sequence[Column]
    clients: tuple[str, ...] = (OURS, PREDECESSOR)
    how: Literal["kept", "fresh", "script"] = "kept"
    """In kept processes; in a new process each round; or as a script in a new interpreter that has loaded nothing."""
    mean: str | None = None
    """What a last row with the geometric means is to reach; None: there is no such row."""
    rounds: int | None = None
    """Fewer than usual, where one round takes long."""
    note: str = ""


OURS_MS = Column("ours, ms", "wall", "ms")
CALLS = Column("ours, calls/s", "wall", "calls/s")
CPU = Column("less CPU", "cpu", "less than predecessor")
WALL = Column("less wall", "wall", "less than predecessor")
FLOOR_CPU = Column("CPU of the floor", "cpu", "of floor")
