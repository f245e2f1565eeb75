"""What the doctor finds, and what the whole comes to."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from ...server_info import ServerInfo

Level: TypeAlias = Literal["ok", "note", "warning", "problem"]
"""`ok` works, a `note` is good to know, a `warning` may hurt, with a `problem` something does not work."""

Kind: TypeAlias = Literal[
    # this side
    "client", "extras", "environment", "http-proxy", "credentials-in-clear",
    # nothing answers
    "nobody-listens", "unknown-host", "no-connection", "certificate", "tls-mismatch", "proxy-unreachable",
    "no-answer", "broken-off", "unreadable",
    # something answers
    "reached", "elsewhere", "no-api", "sub-path", "not-an-api", "credentials-missing", "credentials-wrong",
    "proxy-credentials", "forbidden", "gateway", "busy", "server-error", "redirect",
    # in between
    "proxy", "compressed", "latency", "rate",
    # what it has
    "server", "version", "checkpoints", "checkpoint-in-use", "lists", "list-failed", "memory", "memory-low", "flags",
    "open-to-all", "page-login",
    # what works
    "progress", "busy-now", "tasks", "previews", "scripts", "extensions", "queue-extension", "generation",
    "probe-failed",
]  # fmt: skip
"""What a finding is about; `docs/doctor.md` says what each means and what to do."""

_SIGNS = {"ok": "ok     ", "note": "note   ", "warning": "warning", "problem": "PROBLEM"}
_INDENT = " " * 8


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    kind: Kind
    """What it is about, as in `no-api`; the page on the doctor has a paragraph on each."""
    level: Level
    what: str
    """What was found, in a sentence."""
    detail: str = ""
    """What it was found from."""
    suggestion: str = ""
    """What to do about it; "" where nothing has to be done."""

    def lines(self, width: int = 118) -> list[str]:
        """It in words, `width` columns wide: what was found, from what unless it is well, and what to do."""
        head = f"{_SIGNS[self.level]} {self.kind}: {self.what}"
        said = textwrap.wrap(head, width, subsequent_indent=_INDENT, break_on_hyphens=False)
        if self.level != "ok":
            said += self._wrapped(self.detail, width, "")
        return said + self._wrapped(self.suggestion, width, "-> ")

    @staticmethod
    def _wrapped(text: str, width: int, mark: str) -> list[str]:
        rest = _INDENT + " " * len(mark)
        return textwrap.wrap(text, width, initial_indent=_INDENT + mark, subsequent_indent=rest, break_on_hyphens=False)


@dataclass(frozen=True)
class Diagnosis:
    """What was found about a server and the way to it. `print` it, or look at its findings."""

    url: str
    """The server's address, without credentials."""
    server: ServerInfo | None
    """Which server it is; None where that could not be found out."""
    findings: tuple[Finding, ...]
    """In the order in which things were looked at."""

    @property
    def problems(self) -> list[Finding]:
        """The findings because of which something does not work."""
        return [finding for finding in self.findings if finding.level == "problem"]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that may hurt."""
        return [finding for finding in self.findings if finding.level == "warning"]

    @property
    def ok(self) -> bool:
        """Whether no problem was found."""
        return not self.problems

    def of(self, kind: Kind) -> list[Finding]:
        """The findings of a kind; [] where there are none."""
        return [finding for finding in self.findings if finding.kind == kind]

    @property
    def verdict(self) -> str:
        """What it comes to, in one line."""
        parts = [
            f"{len(found)} {name}{'' if len(found) == 1 else 's'}"
            for name, found in (("problem", self.problems), ("warning", self.warnings))
            if found
        ]
        return f"{self.url}: {' and '.join(parts) or 'all well'}"

    def as_dict(self) -> dict[str, Any]:
        """All of it as what JSON can hold."""
        server = None if self.server is None else {**asdict(self.server), "name": self.server.name}
        return {
            "url": self.url,
            "ok": self.ok,
            "server": server,
            "findings": [asdict(finding) for finding in self.findings],
        }

    def __str__(self) -> str:
        lines = [line for finding in self.findings for line in finding.lines()]
        return "\n".join([*lines, self.verdict])


class Chart:
    """The findings so far, and what later questions need of earlier answers."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, kind: Kind, level: Level, what: str, detail: str = "", suggestion: str = "") -> None:
        """One more finding."""
        self.findings.append(Finding(kind, level, what, detail, suggestion))

    def ok(self, kind: Kind, what: str, detail: str = "") -> None:
        """Something works."""
        self.add(kind, "ok", what, detail)

    def note(self, kind: Kind, what: str, detail: str = "", suggestion: str = "") -> None:
        """Something is good to know."""
        self.add(kind, "note", what, detail, suggestion)

    def warning(self, kind: Kind, what: str, detail: str = "", suggestion: str = "") -> None:
        """Something may hurt."""
        self.add(kind, "warning", what, detail, suggestion)

    def problem(self, kind: Kind, what: str, detail: str = "", suggestion: str = "") -> None:
        """Something does not work."""
        self.add(kind, "problem", what, detail, suggestion)


def one_line(text: object, length: int = 300) -> str:
    """A text in one line, cut where it is long: what servers say can be a whole page."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else f"{line[:length]}..."


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 sampler`, `20 samplers`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
