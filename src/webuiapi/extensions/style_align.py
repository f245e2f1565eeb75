"""StyleAlign, built into Forge: the pictures of a batch in one style."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..checks import Problem, number_of
from .base import PositionalUnit, arg, within_arg

if TYPE_CHECKING:
    from ..api.generate import Generation


@dataclass(frozen=True, eq=False)
class StyleAlign(PositionalUnit):
    """Share attention between the pictures of a batch (built into Forge)."""

    title: ClassVar[str] = "StyleAlign Integrated"
    marks: ClassVar[tuple[str, ...]] = ("stylealign_enabled",)

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    strength: float | None = arg(1, 1.0, **within_arg(0, 1))
    """How far, 0 to 1 (default)."""

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        if self.enable and (number_of(request.batch_size) or 1) < 2:
            yield Problem("StyleAlign: with batch_size=1 there is nothing to align", fatal=False)
