"""What the embedded server can have installed: extensions of the webui, one module or package each.

`base` says what an extension is; `vision` is the image processing that several of them share, and modules whose name
begins with an underscore are parts of the one that is named like them. A catalogue says which of them a server has, see
`webuiapi.server.catalog`.
"""

from __future__ import annotations

from functools import cache

from ..loading import import_modules
from .base import EXTENSIONS, Extension

__all__ = ["EXTENSIONS", "Extension", "extension_names", "load_extensions"]


@cache
def load_extensions() -> None:
    """Import all of them, so that each enters its scripts and routes."""
    import_modules(__name__)


def extension_names() -> list[str]:
    """The names by which a server can do without one."""
    load_extensions()
    return sorted(EXTENSIONS)
