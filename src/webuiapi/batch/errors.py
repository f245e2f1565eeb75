"""What can go wrong with a batch as a whole. What goes wrong with one job is kept beside it in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import WebUIApiError

if TYPE_CHECKING:
    from .jobs import Bad


class BatchError(WebUIApiError):
    """The batch can't go on: its folder, its journal, the disk. What was finished before is kept."""


class FolderInUse(BatchError):
    """Another batch runs in the same folder."""


class BadJobs(BatchError, ValueError):
    """Jobs that can't be sent. None of the others was, either."""

    def __init__(self, bad: Sequence[Bad], count: int) -> None:
        super().__init__(bad, count)
        self.bad = list(bad)
        """The first of them: where each stands and why it is bad."""
        self.count = count
        """How many there are."""

    def __str__(self) -> str:
        lines = [str(one) for one in self.bad]
        if self.count > len(self.bad):
            lines.append(f"... and {self.count - len(self.bad)} more")
        return "\n".join(lines)
