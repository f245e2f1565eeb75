"""The command line: `webuiapi ...` and `python -m webuiapi ...`."""

from __future__ import annotations

import io
import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command that the arguments name, and leave with its exit code."""
    needed = ("click", "rich")
    if any(find_spec(package) is None for package in needed):
        from .errors import MissingExtra

        sys.stderr.write(f"error: {MissingExtra.of('the command line', *needed)}\n")
        sys.exit(2)
    if isinstance(sys.stdout, io.TextIOWrapper):  # prompts and file names may hold what the output has no signs for
        sys.stdout.reconfigure(errors="backslashreplace")
    from .cli.app import app

    app.main()


if __name__ == "__main__":
    main()
