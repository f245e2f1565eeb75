"""The command: `python -m benchmarks [--quick] [--only REGEX] [--rounds N] [--write]`."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from . import predecessor, table
from .areas import AREAS
from .case import Area, Case
from .run import Bench, bench

README = Path(__file__).parent / "README.md"
MARK = "<!-- the last run: written by `python -m benchmarks --write` -->\n"


def machine() -> str:
    """What was measured, and where."""
    model = platform.processor() or platform.machine()
    if (file := Path("/proc/cpuinfo")).exists():
        names = [line for line in file.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":")[1].strip() if names else model
    libraries = ", ".join(f"{name} {version(name)}" for name in ("urllib3", "aiohttp", "orjson", "pybase64", "Pillow"))
    system = f"{platform.system()} {platform.release()}, {platform.python_implementation()} {platform.python_version()}"
    day = datetime.now(timezone.utc).date().isoformat()
    return f"{day}: {os.cpu_count()} cores of {model}, {system}; {libraries}; against webuiapi {predecessor.VERSION}."


def chosen(only: str, quick: bool) -> list[tuple[Area, list[Case]]]:
    """The areas and cases to run."""
    wanted = re.compile(only)
    areas = []
    for area in AREAS:
        cases = [case for case in area.cases if (case.quick or not quick) and wanted.search(f"{area.name}/{case.name}")]
        if cases:
            areas.append((area, cases))
    return areas


def sizes_in(areas: list[tuple[Area, list[Case]]]) -> set[int]:
    """The sizes of the pictures that these cases need."""
    texts = [text for _, cases in areas for case in cases for text in (case.answer, *map(str, case.arguments.values()))]
    return {64} | {int(size) for text in texts for size in re.findall(r"(?:\dx|/)(\d+)-", text)}


def lines(areas: list[tuple[Area, list[Case]]], ready: Bench) -> Iterator[str]:
    """The tables, line by line as they come about."""
    for area, cases in areas:
        yield from table.heading(area)
        measured = []
        for case in cases:
            measured.append(ready.case(area, case))
            yield table.line(area, case, measured[-1])
        if area.mean is not None and len(cases) == len(area.cases):
            yield table.mean_line(area, measured)
        yield ""


def main() -> None:
    """Run what was asked for; print the tables, and write them into README.md if told to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ours against 0.9.17 and the floor.")
    parser.add_argument("--quick", action="store_true", help="few cases, few rounds: under a minute")
    parser.add_argument("--only", default="", metavar="REGEX", help="only cases whose `area/name` this is found in")
    parser.add_argument("--rounds", type=int, help="rounds that count (7; quick: 3)")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    options = parser.parse_args()
    areas = chosen(options.only, options.quick)
    if not areas:
        sys.exit(f"no case matches {options.only!r}; areas are {', '.join(area.name for area in AREAS)}")
    predecessor.install()
    rounds = options.rounds or (3 if options.quick else 7)
    with bench(sizes_in(areas), 0.05 if options.quick else 0.25, rounds) as ready:
        written = []
        for line in chain((machine(), ""), lines(areas, ready)):
            print(line, flush=True)
            written.append(line)
    if options.write:
        text = README.read_text(encoding="utf-8").partition(MARK)[0]
        README.write_text(text + MARK + "\n" + "\n".join(written).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
