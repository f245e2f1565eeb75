"""What a dataclass says about its fields: name, type, docstring. Flags and the reference pages are made from it."""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
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


def docs_of(kind: type[Any]) -> dict[str, str]:
    """The docstrings of a class's attributes in one line each, its bases' first: also of those set in `__init__`."""
    docs: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.partition(".")[0] == __name__.partition(".")[0]:
            docs |= _docs_of(sys.modules[base.__module__]).get(base.__name__, {})
    return docs


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
    inits = [node.body for node in body.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    for statements in (body.body, *inits):
        for statement, below in pairwise(statements):
            name = _assigned(statement)
            if (
                name
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
                and isinstance(below.value.value, str)
            ):
                docs[name] = " ".join(below.value.value.split())
    return docs


def _assigned(statement: ast.stmt) -> str | None:
    """The attribute that a statement gives a value: `name: type`, `name = ...`, `self.name = ...`."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None
    return target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else None
