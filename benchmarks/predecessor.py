"""The package of the same name up to 0.9.17, installed into a folder of its own beside the benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / ".predecessor"
VERSION = "0.9.17"


def install() -> None:
    """Install it, with the aiohttp that its awaitable calls need, unless it is there."""
    if (FOLDER / f"webuiapi-{VERSION}.dist-info").is_dir():
        return
    print(f"== installing webuiapi {VERSION} into {FOLDER.name} (once)", file=sys.stderr)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "--target", str(FOLDER), f"webuiapi=={VERSION}", "aiohttp"], check=True)


def environment() -> dict[str, str]:
    """The environment of a process in which `import webuiapi` finds it."""
    return {**os.environ, "PYTHONPATH": str(FOLDER)}
