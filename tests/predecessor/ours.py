"""A case run with this package, for the tests of what should be better."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import webuiapi

from .cases import Case, case
from .run import Run


@dataclass(frozen=True)
class Ran:
    """What became of a case."""

    record: Case
    results: list[Any]
    errors: list[BaseException | None]

    def requests(self, step: int = -1) -> list[Any]:
        """The requests of a step."""
        found: list[Any] = self.record["steps"][step]["requests"]
        return found

    def posted(self, step: int = -1) -> list[Any]:
        """The bodies that were posted in a step."""
        return [item["json"] for item in self.requests(step) if item["method"] == "POST"]

    def body(self, step: int = -1) -> dict[str, Any]:
        """What was posted in a step, which is one body."""
        (found,) = self.posted(step)
        return dict(found)

    def script(self, title: str, step: int = -1) -> list[Any]:
        """The argument list of an always-on script in that body, whose other scripts it lists none of twice."""
        scripts = self.body(step)["alwayson_scripts"]
        assert len({name.lower() for name in scripts}) == len(scripts)
        arguments: list[Any] = {name.lower(): value for name, value in scripts.items()}[title.lower()]["args"]
        return arguments

    def warned(self, step: int = -1) -> list[str]:
        """The categories of the warnings of a step."""
        found: list[str] = self.record["steps"][step].get("warns", [])
        return found

    def error(self, kind: type[BaseException], step: int = -1) -> str:
        """The text of what a step raised, which is of that kind."""
        error = self.errors[step]
        assert isinstance(error, kind), error
        return str(error)


@cache
def ran(name: str) -> Ran:
    """A case as it is."""
    return _ran(case(name))


def ran_with(name: str, *changes: tuple[str, str]) -> Ran:
    """A case in which pieces of its JSON are replaced."""
    text = json.dumps(case(name))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return _ran(dict(json.loads(text)))


def _ran(found: Case) -> Ran:
    with Run(webuiapi, found) as run:
        return Ran(run.run(), run.results, run.errors)
