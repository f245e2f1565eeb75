"""The package's logger, `webuiapi`; `logging` is loaded with the first call, not with the client."""

from __future__ import annotations

from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging


@cache
def log() -> logging.Logger:
    """The logger `webuiapi`: a line a request at DEBUG, what is tried again at INFO. Pictures and secrets never."""
    import logging

    return logging.getLogger("webuiapi")
