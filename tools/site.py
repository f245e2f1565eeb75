"""Whether the built site loads anything from elsewhere: `python -m tools.site site`. It has to work offline."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|link(?=[^>]*rel="?(?:stylesheet|icon|preload|preconnect|modulepreload)))[^>]*?"""
    r"""(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)"""
)
_IN_STYLE = re.compile(r"""(?:@import\s+|url\()["']?((?:https?:)?//[^"')\s]+)""")


def main() -> int:
    """Look through all pages and style sheets; 1 when something comes from elsewhere."""
    folder = Path(sys.argv[1])
    found = []
    for path in sorted(folder.rglob("*.html")):
        found += [(path, address) for address in _LOADED.findall(path.read_text(encoding="utf-8"))]
    for path in sorted([*folder.rglob("*.css"), *folder.rglob("*.html")]):
        found += [(path, address) for address in _IN_STYLE.findall(path.read_text(encoding="utf-8"))]
    for path, address in found:
        sys.stderr.write(f"{path.relative_to(folder).as_posix()} loads {address}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
