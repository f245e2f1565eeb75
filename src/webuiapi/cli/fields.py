"""What a request's dataclass says about its fields: name, type, docstring. Flags are made from it, and nothing else."""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import dataclass, fields
from functools import cache
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Field:
    """A field of a request."""

    name: str
    types: tuple[str, ...]
    """The members of its annotation without None: ("int",), ("Sequence[str]",)."""
    doc: str
    """Its docstring in one line."""
    owner: str
    """The name of the class that defines it."""


@cache
def fields_of(kind: Any) -> tuple[Field, ...]:
    """The fields of a dataclass, its bases' first, with the docstrings from the source."""
    found = []
    for field in fields(kind):
        owner = next(base for base in kind.__mro__ if field.name in inspect.get_annotations(base))
        docs = _docs_of(sys.modules[owner.__module__]).get(owner.__name__, {})
        found.append(Field(field.name, _members(str(field.type)), docs.get(field.name, ""), owner.__name__))
    return tuple(found)


def _members(annotation: str) -> tuple[str, ...]:
    """`"int | None"` to `("int",)`."""
    members: list[str] = []
    todo: list[ast.expr] = [ast.parse(annotation, mode="eval").body]
    while todo:
        part = todo.pop()
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr):
            todo += [part.right, part.left]
        else:
            members.append(ast.unparse(part))
    return tuple(member for member in members if member != "None")


@cache
def _docs_of(module: ModuleType) -> dict[str, dict[str, str]]:
    """The docstrings of all fields of a module's classes: the text that stands below each."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except OSError:  # installed as bytecode only: the flags work, their help is short
        return {}
    return {node.name: _docs_in(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _docs_in(body: ast.ClassDef) -> dict[str, str]:
    docs = {}
    for statement, below in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            docs[statement.target.id] = " ".join(below.value.value.split())
    return docs
