"""Records the cases anew with an installed predecessor, and writes `data/` (see `cases`).

    pip install --target DIR webuiapi==0.9.17 aiohttp
    PYTHONPATH=tests python -m predecessor.record DIR

Needs a POSIX system: each case runs in a process of its own, so that nothing that one call leaves behind in the
predecessor reaches another case. With the version that the data is of, nothing changes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import ModuleType

from .cases import DATA, Case, load, write
from .run import Run

_LONGEST_CASE = 60
"""Seconds, then the process of the case is ended."""


def _imported(folder: Path) -> ModuleType:
    sys.path.insert(0, str(folder))
    module = importlib.import_module("webuiapi")
    if not Path(module.__file__ or "").resolve().is_relative_to(folder):
        raise SystemExit(f"webuiapi is not in {folder}; {module.__file__} was found instead")
    return module


def _recorded(module: ModuleType, case: Case, out: Path) -> Case:
    pid = os.fork()
    if pid == 0:
        signal.alarm(_LONGEST_CASE)
        code = 1
        try:
            with Run(module, case) as run:
                out.write_text(json.dumps(run.run()), encoding="utf-8")
            code = 0
        except BaseException:  # the forked process must end here
            traceback.print_exc()
        finally:
            os._exit(code)
    if os.waitpid(pid, 0)[1] != 0:
        raise SystemExit(f"{case['name']}: the case could not be recorded")
    record: Case = json.loads(out.read_text(encoding="utf-8"))
    return {**record, "steps": [_kept(step) for step in record["steps"]]}


def _kept(step: Case) -> Case:
    """A step without the categories of its warnings, which depend on the interpreter."""
    return {key: value for key, value in step.items() if key != "warns"}


def main() -> None:
    parser = argparse.ArgumentParser(description="Record what the predecessor sends for every case.")
    parser.add_argument("folder", type=Path, help="where the predecessor was installed")
    parser.add_argument("--version", default="0.9.17", help="which recording it is")
    parser.add_argument("--out", type=Path, default=DATA, help="where the files go, in a folder of the version's name")
    args = parser.parse_args()
    module = _imported(args.folder.resolve())
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "case.json"
        recorded = [_recorded(module, case, out) for case in load(args.version).values()]
    write(recorded, args.out / args.version)


if __name__ == "__main__":
    main()
