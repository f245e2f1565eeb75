"""What the files of a job are called: the same whenever it runs, and like those of no other job."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ..saving import safe, suffix_in
from .jobs import Job

PICTURES = "images"
"""The folder below the output folder that the pictures lie in."""
_LONGEST = 120
_ID = re.compile(r"[0-9a-f]{16}")
_NUMBERED = re.compile(r"(?P<stem>.+?)(?:\+(?P<place>[1-9]\d*))?\.(?P<suffix>[A-Za-z0-9]+)")


class Stems:
    """Gives each job what the names of its files begin with: its name, else its id."""

    def __init__(self, taken: Callable[[str], bool]) -> None:
        self._taken = taken

    def of(self, job: Job) -> tuple[str, str | None]:
        """The stem of a new job, and the key under which no other may have it (None for an id, which is its own)."""
        stem = safe(job.name.removesuffix(suffix_in(job.name)), _LONGEST) if job.name else ""
        if not stem:
            return job.id, None
        if re.search(r"\+\d+$", stem):  # would read as the number of a picture
            stem += "_"
        if _ID.fullmatch(stem) or self._taken(self.key(stem)):
            stem = f"{stem}-{job.id}"
        while self._taken(self.key(stem)):
            stem += "_"
        return stem, self.key(stem)

    @staticmethod
    def key(stem: str) -> str:
        """Equal for names that are one file on some systems."""
        return unicodedata.normalize("NFC", stem).casefold()


def file_name(stem: str, place: int, suffix: str) -> str:
    """The name of a job's picture; `place` counts from 0, `suffix` begins with a dot."""
    return f"{stem}{f'+{place}' if place else ''}{suffix}"


def parse_name(name: str) -> tuple[str, int] | None:
    """Stem and place of a file's name; None for a name that no job gave."""
    found = _NUMBERED.fullmatch(name)
    return (found["stem"], int(found["place"] or 0)) if found else None
