"""One batch at a time in a folder: a lock that ends with its process, however that ends, on every system."""

from __future__ import annotations

import sqlite3
from pathlib import Path

FILE = ".lock"


class Lock:
    """Holds a folder for this process, by SQLite's own lock on an empty file: the system frees it with the process.

    Raises `BlockingIOError` when another holds it, and `sqlite3.Error` when the file can't be made.
    """

    def __init__(self, folder: Path) -> None:
        self._held = sqlite3.connect(folder / FILE, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._held.close()
            if "locked" in str(error):
                raise BlockingIOError(str(folder)) from error
            raise

    def free(self) -> None:
        """Let others have the folder."""
        self._held.close()
