"""Requests whose pictures may go straight to files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from ..checks import Problem
from ..request import LOCAL, Request
from ..saving import check_template

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, eq=False)
class ToFiles(Request[R_co]):
    """A request that has a place for its pictures."""

    save_to: str | os.PathLike[str] | None = field(default=None, metadata=LOCAL, kw_only=True)
    """Write the pictures to files as they arrive; a template as `save` takes it: `out/{seed}.png`. `files` has them."""

    @property
    def to_files(self) -> str | None:
        return None if self.save_to is None else os.fspath(self.save_to)

    def problems(self) -> Iterator[Problem]:
        yield from self.wrong_files()
        yield from super().problems()

    def wrong_files(self) -> Iterator[Problem]:
        """What is wrong with `save_to`."""
        if self.save_to is None:
            return
        if not isinstance(self.save_to, (str, os.PathLike)):
            yield Problem(f"save_to={self.save_to!r:.60} must be a path, as in 'out/{{seed}}.png'")
            return
        try:
            check_template(os.fspath(self.save_to))
        except ValueError as error:
            yield Problem(str(error).replace("path=", "save_to=", 1))
