"""Prompt templates: `{a|b}` and `__name__`, which is a line of the file `name.txt` in the folder of wildcards.

Which one is taken follows from the job's content, so that it is the same at every reading: a batch that is read again
is the same batch. A backslash before `{`, `|`, `}` or `_` makes it an ordinary letter.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from .jobs import Wrong

_DEEPEST = 10
_LONGEST = 100_000
_TOKEN = re.compile(r"\\(?P<escaped>[{|}_])|(?P<open>\{)|(?P<bar>\|)|(?P<close>\})|__(?P<name>[\w./ -]*?\w)__")
Choose = Callable[[int], int]


def chooser(seed: bytes) -> Choose:
    """Gives numbers below a bound, always the same for one seed."""
    count = 0

    def choose(bound: int) -> int:
        nonlocal count
        count += 1
        found = hashlib.sha256(seed + count.to_bytes(8, "big")).digest()
        return int.from_bytes(found[:8], "big") % bound

    return choose


def filled(text: str, choose: Choose, wildcards: Path | None) -> str:
    """The text with its templates decided. Raises `Wrong` for a wildcard without a file, and for what never ends.

    Braces without `|` between them, and, without a folder of wildcards, names between underscores stay as they are.
    """
    return _filled(text, choose, wildcards, 0)


def is_template(text: str) -> bool:
    """Whether there may be something to decide in a text."""
    return "__" in text or "{" in text or "\\" in text


def _filled(text: str, choose: Choose, wildcards: Path | None, depth: int) -> str:
    if depth > _DEEPEST:
        raise Wrong(f"templates stand more than {_DEEPEST} deep in one another: a wildcard that names itself?")
    done: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.search(text, at)
        if found is None:
            done.append(text[at:])
            break
        done.append(text[at : found.start()])
        at = found.end()
        if found["escaped"]:
            done.append(found["escaped"])
        elif found["open"]:
            variants, after = _variants(text, at)
            if len(variants) > 1:
                done.append(_filled(variants[choose(len(variants))], choose, wildcards, depth + 1))
                at = after
            else:
                done.append("{")
        elif found["name"] and wildcards is not None:
            lines = _lines(wildcards, found["name"])
            done.append(_filled(lines[choose(len(lines))], choose, wildcards, depth + 1))
        else:
            done.append(found[0])
        if sum(map(len, done)) > _LONGEST:
            raise Wrong(f"the prompt becomes longer than {_LONGEST} letters")
    return "".join(done)


def _variants(text: str, at: int) -> tuple[list[str], int]:
    """The variants of a brace that was opened before `at`, and where it ends; none where it is not closed."""
    variants: list[str] = []
    begin, depth = at, 0
    for found in _TOKEN.finditer(text, at):
        if found["open"]:
            depth += 1
        elif found["close"] and depth:
            depth -= 1
        elif found["close"]:
            return [*variants, text[begin : found.start()]], found.end()
        elif found["bar"] and not depth:
            variants.append(text[begin : found.start()])
            begin = found.end()
    return [], at


def _lines(wildcards: Path, name: str) -> Sequence[str]:
    lines = _read(wildcards, name)
    if lines is None:
        there = sorted(path.relative_to(wildcards).with_suffix("").as_posix() for path in wildcards.rglob("*.txt"))
        near = difflib.get_close_matches(name, there, 3)
        hint = f"; similar: {', '.join(near)}" if near else ""
        raise Wrong(f"__{name}__: there is no {name}.txt in the folder of wildcards{hint}")
    if not lines:
        raise Wrong(f"__{name}__: {name}.txt has no lines")
    return lines


@cache
def _read(wildcards: Path, name: str) -> Sequence[str] | None:
    path = wildcards / f"{name}.txt"
    if ".." in Path(name).parts or Path(name).is_absolute() or not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"__{name}__: {name}.txt can't be read: {error}") from error
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
