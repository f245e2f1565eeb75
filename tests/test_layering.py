"""Imports point one way: a module stands on those below it, wherever in its code it imports them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import webuiapi

ROOT = Path(webuiapi.__file__).parent

LAYERS = (
    ("errors", "version", "items", "png", "address", "gate", "enums", "logs", "wording"),
    ("checks", "wire", "names", "retry", "infotext"),
    ("request",),
    ("arriving", "encoding", "images"),
    ("answers", "results", "saving", "disk", "gallery", "settled"),
    ("transport", "exchange", "server_info"),
    ("api", "extensions"),
    ("endpoints", "jobs"),
    ("handles", "bars"),
    ("client", "compat", "snapshot", "stubs"),
    ("pool", "batch"),
    ("cli", "__main__", "pytest_plugin"),
)
"""From the bottom to the top. The names are modules and packages; within one layer anything goes."""
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
SERVER_MAY = {"address", "errors", "items", "png", "version", "wire", "wording", "infotext"}
"""What the embedded server shares with the client: formats and what an address is, not the way to it."""


def module_of(path: Path) -> str:
    """`api.generate` for a file below the package; "" for its `__init__`."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def typing_only(tree: ast.AST) -> set[ast.AST]:
    """What stands under `if TYPE_CHECKING:`."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    return {inner for block in blocks for statement in block.body for inner in ast.walk(statement)}


@cache
def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """The modules of the package that a file imports when it runs, with the line."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    package = [*module_of(path).split(".")]
    if path.name != "__init__.py":
        package.pop()
    package = [part for part in package if part]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = typing_only(tree)
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "webuiapi":
                    yield alias.name.partition(".")[2], node.lineno
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                where = [*base, *(node.module or "").split(".")]
            elif (node.module or "").partition(".")[0] == "webuiapi":
                where = str(node.module).split(".")[1:]
            else:
                continue
            where = [part for part in where if part]
            for alias in node.names:
                deeper = ROOT.joinpath(*where, alias.name)
                is_module = deeper.is_dir() or deeper.with_suffix(".py").exists()
                yield ".".join([*where, alias.name] if is_module else where), node.lineno


FILES = sorted(ROOT.rglob("*.py"))


def top(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: module_of(path) or "webuiapi")
def test_a_module_imports_only_from_below(path: Path) -> None:
    module = module_of(path)
    if top(module) == "server":
        wrong = [(name, line) for name, line in imports(path) if top(name) not in SERVER_MAY | {"server"}]
    elif module == "":
        wrong = [(name, line) for name, line in imports(path) if name not in ("version", "")]
    else:
        assert top(module) in RANK, f"{module} has no layer yet: put it into LAYERS"
        rank = RANK[top(module)]
        wrong = [
            (name, line)
            for name, line in imports(path)
            if top(name) != "server" and (top(name) not in RANK or RANK[top(name)] > rank)
        ]
    assert wrong == []


def test_only_one_module_of_the_client_knows_the_embedded_server() -> None:
    knowing = {
        module_of(path)
        for path in FILES
        if top(module_of(path)) not in ("server", "cli", "pytest_plugin")
        and any(top(name) == "server" for name, _ in imports(path))
    }
    assert knowing == {"transport.local"}


def test_the_transports_are_behind_one_seam() -> None:
    """urllib3 and aiohttp are named by one module each."""
    named: dict[str, set[str]] = {"urllib3": set(), "aiohttp": set()}
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                if top(name) in named:
                    named[top(name)].add(module_of(path))
    assert named == {"urllib3": {"transport.plain"}, "aiohttp": {"transport.awaitable"}}


def test_extensions_are_leaves() -> None:
    """Nothing but the mechanism itself knows any single extension."""
    mechanism = {"extensions.base", "extensions.join", "extensions.script", "extensions.xyz"}
    for path in FILES:
        if top(module_of(path)) in ("extensions", "", "cli", "server"):
            continue
        known = {name for name, _ in imports(path) if name.startswith("extensions.")}
        assert known <= mechanism, module_of(path)
