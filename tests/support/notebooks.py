"""Runs the code cells of a notebook as Jupyter would, and says what each shows: without Jupyter."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A code cell that was run."""

    source: str
    printed: str
    value: Any
    """Of its last line, if that is an expression."""

    @property
    def shown(self) -> dict[str, Any]:
        """What Jupyter would show of the value, by kind."""
        kinds = {"text/html": "_repr_html_", "image/png": "_repr_png_"}
        found = {kind: getattr(self.value, name)() for kind, name in kinds.items() if hasattr(self.value, name)}
        return {kind: what for kind, what in found.items() if what}


def run_notebook(path: Path) -> list[Cell]:
    """Run all code cells in one namespace and one event loop."""
    names: dict[str, Any] = {"__name__": "__main__"}
    loop = asyncio.new_event_loop()
    try:
        return [_run(source, names, loop) for source in _sources(path)]
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def _sources(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _run(source: str, names: dict[str, Any], loop: asyncio.AbstractEventLoop) -> Cell:
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        _evaluate(compile(tree, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names, loop)
        if isinstance(last, ast.Expr):
            expression = ast.Expression(last.value)
            value = _evaluate(compile(expression, "cell", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names, loop)
    return Cell(source, printed.getvalue(), value)


def _evaluate(code: CodeType, names: dict[str, Any], loop: asyncio.AbstractEventLoop) -> Any:
    async def run() -> Any:
        found = eval(code, names)
        return await found if code.co_flags & inspect.CO_COROUTINE else found

    return loop.run_until_complete(run())
