"""Documentation pages as what can be run: their code blocks in order, each with what is said about it.

A block is fenced. What stands in an HTML comment before it is said about it:

    <!-- skip: why it can't be run -->
    <!-- alone: why it runs in a process of its own, without the blocks before it -->
    <!-- warns: SilentlyIgnored -->   the block shows this warning; without it, warnings are errors
    <!-- exit: 2 -->                  the last command of a shell block ends with this code, not 0

A block of the language `text` that follows directly is what the block prints; `...` in it stands for anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^( *)```(\w*)\s*$")
_SAID = re.compile(r"^<!-- (skip|alone|warns|exit): (.+) -->$")


@dataclass
class Block:
    """A fenced block."""

    page: str
    line: int
    """Of its first line, from 1."""
    language: str
    text: str
    said: dict[str, str] = field(default_factory=dict)
    prints: str | None = None
    """The block of its output, where there is one."""

    @property
    def commands(self) -> list[str]:
        """The command lines of a shell block, without comments, each in one line."""
        lines = re.sub(r"\\\n\s*", "", self.text).splitlines()
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def pages() -> list[Path]:
    """The pages whose blocks are run: the READMEs and everything below docs/ that is not made from the code."""
    made = DOCS / "reference"
    return [ROOT / "README.md", *sorted(path for path in DOCS.rglob("*.md") if made not in path.parents)]


def name_of(path: Path) -> str:
    """The path below the checkout."""
    return path.relative_to(ROOT).as_posix()


def blocks_of(path: Path) -> list[Block]:
    """The blocks of a page, in order; those of output are part of the block before."""
    found: list[Block] = []
    said: dict[str, str] = {}
    between = False  # something stands between the last block and here
    lines = path.read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        fence = _FENCE.match(lines[at])
        about = _SAID.match(line)
        at += 1
        if fence:
            end = next(index for index in range(at, len(lines)) if lines[index].strip() == "```")
            text = "\n".join(content[len(fence[1]) :] for content in lines[at:end])
            if fence[2] == "text" and found and not between and found[-1].prints is None:
                found[-1].prints = text
            else:
                found.append(Block(name_of(path), at + 1, fence[2], text, said))
            said, between, at = {}, False, end + 1
        elif about:
            said[about[1]] = about[2]
        elif line:
            said, between = {}, True
    return found


def matches(wanted: str, printed: str) -> bool:
    """Whether an output is as a page shows it."""
    pattern = ".*?".join(re.escape(part) for part in tidy(wanted).split("..."))
    return re.fullmatch(pattern, tidy(printed), re.DOTALL) is not None


def tidy(text: str) -> str:
    """Without spaces at the ends of lines and empty lines at the end; paths as on every system but one."""
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip().replace("\\", "/")
