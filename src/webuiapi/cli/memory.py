"""`webuiapi memory`: main and graphics memory of the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..api.lists import Memory
from .command import Run, as_command
from .output import table

_GIB = 1 << 30


@as_command(
    "memory",
    examples="""
webuiapi memory
webuiapi memory --json
""",
)
def command(run: Run) -> None:
    """Show main and graphics memory of the server, in GiB.

    With --json as the server says it, in bytes.
    """
    with run.client() as api:
        memory = api.get_memory()
    if run.json:
        run.emit(memory)
        return
    table(["memory", "free", "used", "total"], list(_rows(memory)))
    why = memory.cuda.get("error")
    if why:
        run.note(f"no graphics memory: {why}")


def _rows(memory: Memory) -> Iterator[list[str]]:
    for name, part in (("main", memory.ram), ("graphics", memory.cuda.get("system"))):
        if isinstance(part, dict) and "error" not in part:
            yield [name, *(_size(part.get(key)) for key in ("free", "used", "total"))]
    for name, part in memory.cuda.items():
        if isinstance(part, dict) and {"current", "peak"} <= part.keys():
            yield [f"graphics, {name}", "", f"{_size(part['current'])} (peak {_size(part['peak'])})", ""]


def _size(value: Any) -> str:
    return f"{value / _GIB:.2f}" if isinstance(value, (int, float)) else ""
