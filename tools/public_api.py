"""What others build on, by name: `python -m tools.public_api` tells what went away, `--update` writes the list anew.

`tools/public-api.txt` has a line for each public name, each public member of a class, each parameter, and each command
and flag of the command line. A line may go only if `CHANGELOG.md` names what went, in backticks, under `### Removed` of
its newest version.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import webuiapi
from webuiapi.cli.app import app

ROOT = Path(__file__).parent.parent
LIST = ROOT / "tools" / "public-api.txt"
CHANGELOG = ROOT / "CHANGELOG.md"
_MODULES = ("infotext", "server", "snapshot", "stubs", "jobs", "retry", "pytest_plugin")
"""Modules whose own public names are used beside those of the package."""


def main() -> int:
    """Compare or write; 1 when a name went away and the changelog does not say so."""
    now = sorted(set(names()))
    before = LIST.read_text(encoding="utf-8").splitlines()
    gone = unsaid(before, now, CHANGELOG.read_text(encoding="utf-8"))
    for line in gone:
        sys.stderr.write(f"{line} went away: say `{line}` under '### Removed' in CHANGELOG.md\n")
    if "--update" in sys.argv[1:]:  # what nobody said stays on the list
        LIST.write_text("\n".join(sorted({*now, *gone})) + "\n", encoding="utf-8", newline="\n")
    elif not gone and before != now:
        sys.stderr.write("tools/public-api.txt is not as the code says: make docs-update\n")
        return 1
    return 1 if gone else 0


def unsaid(before: list[str], now: list[str], changelog: str) -> list[str]:
    """What was there before, is not now, and is not named as removed.

    A name that went takes all that stands below it along: `Name` says it for `Name.member` and `Name(parameter)` too.
    """
    newest = re.split(r"^## ", changelog, flags=re.MULTILINE)[1]
    removed = re.search(r"^### Removed\n(.*?)(?=^### |\Z)", newest, re.MULTILINE | re.DOTALL)
    said = set(re.findall(r"`([^`]+)`", removed[1])) if removed else set()
    return [line for line in before if line not in now and not said & set(_above(line))]


def _above(line: str) -> Iterator[str]:
    """A line, and the names that it stands below: `A.b(c)`, `A.b`, `A`."""
    yield line
    head = line
    while (cut := max(head.rfind("."), head.rfind("("), head.rfind(" "))) > 0:
        head = head[:cut]
        yield head


def names() -> Iterator[str]:
    """Every line that the code has now."""
    found = {name: getattr(webuiapi, name) for name in webuiapi.__all__}
    for module_name in _MODULES:
        module = import_module(f"webuiapi.{module_name}")
        found.update((f"{module_name}.{name}", value) for name, value in _own(module))
    public = {value for value in found.values() if inspect.isclass(value)}
    for name, value in found.items():
        yield from _of(name, value, public)
    yield from _commands()


def _own(module: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(module, "__all__"):
        yield from ((name, getattr(module, name)) for name in module.__all__)
        return
    for name, value in vars(module).items():
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__:
            yield name, value


def _of(name: str, value: Any, public: set[type]) -> Iterator[str]:
    yield name
    if callable(value):
        yield from (parameters := list(_parameters(name, value)))
    if not inspect.isclass(value):
        return
    elsewhere = [base for base in value.__mro__[1:] if base in public or not base.__module__.startswith("webuiapi")]
    for member in dir(value):
        if member.startswith("_") or any(hasattr(base, member) for base in elsewhere):
            continue  # private, or said where it is from
        if f"{name}({member})" not in parameters:
            yield f"{name}.{member}"
            yield from _parameters(f"{name}.{member}", getattr(value, member))


def _parameters(name: str, value: Any) -> Iterator[str]:
    try:
        parameters = inspect.signature(value).parameters
    except (TypeError, ValueError):  # what is not callable, and some builtins
        return
    yield from (f"{name}({parameter})" for parameter in parameters if parameter not in ("self", "cls"))


def _commands() -> Iterator[str]:
    with click.Context(app) as context:
        yield from _below("webuiapi", app, context)


def _below(title: str, group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{title} {name}"
        for parameter in command.params:
            yield from (f"{title} {name} {flag}" for flag in parameter.opts if flag.startswith("-"))
        if isinstance(command, click.Group):
            yield from _below(f"{title} {name}", command, context)


if __name__ == "__main__":
    sys.exit(main())
