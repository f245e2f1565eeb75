"""What the documentation takes from the code: `python -m tools.docs` checks it, `--update` writes it.

Whole pages are those of `docs/reference/`. In other pages, what stands between `<!-- made: NAME -->` and
`<!-- end -->` is made: `servers` is a table of endpoints against servers, `compact servers` the same in few lines,
`commands` a table of the commands, `extensions.NAME` lists an extension's units and endpoints.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from . import commands, reference, servers

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
_MADE = re.compile(r"(<!-- made: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    """Compare or write; 1 when something is not as the code says."""
    update = "--update" in sys.argv[1:]
    wrong = 0
    for path, text in made():
        if text is not None and path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if not update:
            wrong += 1
            sys.stderr.write(f"{path.relative_to(ROOT).as_posix()} is not as the code says: make docs-update\n")
        elif text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return 1 if wrong else 0


def made() -> Iterator[tuple[Path, str | None]]:
    """Each file that is made, in part or whole, and what it has to hold; None for one that should not be there."""
    pages = {DOCS / "reference" / f"{name}.md": text for name, text in reference.pages().items()}
    yield from pages.items()
    for path in (DOCS / "reference").glob("*.md"):
        if path not in pages:
            yield path, None
    for path in [*sorted(ROOT.glob("README*.md")), *sorted(DOCS.rglob("*.md"))]:
        if path not in pages:
            yield path, _MADE.sub(_part, path.read_text(encoding="utf-8"))


def _part(found: re.Match[str]) -> str:
    head, name, tail = found.groups()
    makers = {"servers": servers.table, "compact servers": servers.compact, "commands": commands.table}
    text = makers[name]() if name in makers else reference.section(name)
    return f"{head}\n{text.strip()}\n\n{tail}"


if __name__ == "__main__":
    sys.exit(main())
