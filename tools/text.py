"""Docstrings and signatures as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

_CODE = re.compile(r"(`+[^`]*`+)")


def code(text: str) -> str:
    """As a piece of code."""
    return f"`{text}`"


def prose(text: str) -> str:
    """A docstring: what Markdown would take for its own is escaped, lists get their blank line, code stays."""
    lines: list[str] = []
    for line in text.splitlines():
        in_list = bool(lines) and lines[-1].startswith(("- ", "  "))
        if line.startswith("- ") and lines and lines[-1] and not in_list:
            lines.append("")
        lines.append(line if line.startswith("    ") else _escaped(line))
    return "\n".join(lines)


def _escaped(line: str) -> str:
    parts = _CODE.split(line)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def signature(function: Callable[..., Any], name: str | None = None) -> str:
    """`name(first: int, *, second: str = 'a') -> float`, the same in every version of Python."""
    found = inspect.signature(function)
    parts: list[str] = []
    starred = False
    for parameter in found.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred = starred or parameter.kind in (parameter.VAR_POSITIONAL, parameter.KEYWORD_ONLY)
        prefix = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        prefix = "**" if parameter.kind is parameter.VAR_KEYWORD else prefix
        text = f"{prefix}{parameter.name}{_annotated(': ', parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {_default(parameter.default)}"
        parts.append(text)
    return f"{name or function.__name__}({', '.join(parts)}){_annotated(' -> ', found.return_annotation)}"


def _annotated(before: str, annotation: Any) -> str:
    if annotation is inspect.Parameter.empty or annotation == "Self":
        return ""
    return before + (annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation)))


def _default(value: Any) -> str:
    text = repr(value)
    return "..." if " at 0x" in text else text
