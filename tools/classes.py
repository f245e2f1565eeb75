"""Classes as Markdown: their attributes with types and docstrings, their methods."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, is_dataclass
from dataclasses import fields as fields_of_dataclass
from functools import cached_property
from typing import Any

import webuiapi
from webuiapi import items
from webuiapi.api.base import GetItem, GetList, Order
from webuiapi.cli.fields import docs_of, fields_of
from webuiapi.items import Item, prop
from webuiapi.request import Request

from .text import code, prose, signature

INSIDE = {
    *("tell", "finish", "outcome", "listen", "unlisten", "wait_for_turn", "start", "started", "perform", "watchers"),
    *("pick", "answer", "carry_out", "stop", "flags", "shown", "check_body", "check_queue", "in_force", "given"),
}
"""Methods and attributes that only the package itself uses."""


def describe(kind: type[Any], level: int = 2) -> Iterator[str]:
    """A class with everything public that it defines."""
    bases = [base.__name__ for base in kind.__bases__ if is_public(base) or not is_ours(base)]
    bases = [name for name in bases if name not in ("object", "Generic", "Protocol")]
    yield f"{'#' * level} {code(kind.__name__)}"
    yield prose(inspect.getdoc(kind) or "")
    yield f"Base: {code(', '.join(bases))}." if bases else ""
    yield from attributes(kind)
    yield from methods(kind, level + 1)


def is_ours(kind: type[Any]) -> bool:
    """Whether it is a class of the package."""
    return kind.__module__.startswith("webuiapi.")


def is_public(kind: type[Any]) -> bool:
    """Whether it can be had from the package itself."""
    return kind.__name__ in webuiapi.__all__


def parts(kind: type[Any]) -> list[type[Any]]:
    """A class and its bases that are not public, whose attributes and methods are shown as its own."""
    return [kind, *(base for base in kind.__mro__[1:] if is_ours(base) and not is_public(base) and base is not Item)]


def attributes(kind: type[Any]) -> Iterator[str]:
    """The list of a class's attributes and properties."""
    if issubclass(kind, Item):
        yield listed(_of_item(kind))
    elif is_dataclass(kind):
        yield listed([*fields(kind), *_properties(kind)])
    else:
        yield listed([row for part in parts(kind) for row in (*_assigned(part), *_properties(part))])


def listed(rows: list[tuple[str, str, str]]) -> str:
    """Names with types and docstrings as a list."""
    return "\n".join(
        f"- {code(name)}{': ' + code(kind) if kind else ''}" + (f". {prose(doc)}" if doc else "")
        for name, kind, doc in rows
    )


def fields(kind: Any) -> list[tuple[str, str, str]]:
    """The fields of a dataclass: name, type and default, docstring."""
    if not is_dataclass(kind):
        return []
    rows = []
    known = {field.name: field for field in fields_of_dataclass(kind)}
    for field in fields_of(kind):  # type: ignore[arg-type]  # a class, which is hashable
        default = known[field.name].default
        shown = "" if default is MISSING or default is None else f" = {default!r}"
        if not field.name.startswith("_") and known[field.name].init:
            rows.append((field.name, " | ".join(field.types) + shown, field.doc))
    return rows


def methods(kind: type[Any], level: int) -> Iterator[str]:
    """The public methods that a class defines, those of its bases that are not public included."""
    found_in = {name: value for part in reversed(parts(kind)) for name, value in vars(part).items()}
    for name, value in found_in.items():
        found = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if name.startswith("_") or name in INSIDE or not inspect.isfunction(found) or not found.__doc__:
            continue
        yield f"{'#' * level} {code(f'{kind.__name__}.{name}')}"
        yield code(signature(found))
        yield prose(inspect.getdoc(found) or "")


def result_of(kind: type[Any]) -> str:
    """The type of what a request gives."""
    if issubclass(kind, GetList):
        return f"list[{kind.kind.__name__}]"
    if issubclass(kind, GetItem):
        return str(kind.kind.__name__)
    if issubclass(kind, Order):
        return "{} | None"
    annotation = kind.parse.__annotations__.get("return", "Any")
    if annotation not in ("R_co", "Any"):
        return str(annotation)
    bases = [base for parent in kind.__mro__ for base in getattr(parent, "__orig_bases__", ())]
    named = [
        base.__args__[0] for base in bases if getattr(base, "__args__", ()) and issubclass(base.__origin__, Request)
    ]
    return getattr(named[0], "__name__", "Any") if named else "Any"


def _of_item(kind: type[Item]) -> list[tuple[str, str, str]]:
    docs, types = docs_of(kind), _item_types(kind)
    rows = [(name, types.get(name, ""), docs.get(name, "")) for name, value in vars(kind).items() if _is_prop(value)]
    return [*rows, *_properties(kind)]


def _is_prop(value: Any) -> bool:
    return isinstance(value, prop)


def _item_types(kind: type[Item]) -> dict[str, str]:
    """The types of an item's properties, from the functions that made them: `name = text()` is a str."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            maker = getattr(items, ast.unparse(node.value.func), None)
            gives = getattr(maker, "__annotations__", {}).get("return", "")
            inner = ast.unparse(node.value.args[0]) if node.value.args else ""
            found[ast.unparse(node.targets[0])] = (
                gives.removeprefix("prop[").removesuffix("]").replace("[I]", f"[{inner}]")
            )
    return found


def _properties(kind: type[Any]) -> list[tuple[str, str, str]]:
    rows = []
    for name, value in vars(kind).items():
        getter = (
            value.fget if isinstance(value, property) else value.func if isinstance(value, cached_property) else None
        )
        if getter is not None and not name.startswith("_"):
            rows.append(
                (name, str(getter.__annotations__.get("return", "")), " ".join((inspect.getdoc(getter) or "").split()))
            )
    return rows


def _assigned(kind: type[Any]) -> list[tuple[str, str, str]]:
    """Attributes set in `__init__`, or in the class, that have a docstring."""
    annotated = inspect.get_annotations(kind)
    inherited = {name for base in kind.__mro__[1:] for name in (docs_of(base) if base is not object else {})}
    return [
        (name, str(annotated.get(name, "")), doc)
        for name, doc in docs_of(kind).items()
        if not name.startswith("_") and name not in inherited | INSIDE
    ]
