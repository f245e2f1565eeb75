"""Cutoff: keeps words (mostly colours) from acting on what they do not belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..checks import Problem
from .base import PositionalUnit, arg, within_arg


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@dataclass(frozen=True, eq=False)
class Cutoff(PositionalUnit):
    """Keep words apart (hnmr293/sd-webui-cutoff)."""

    title: ClassVar[str] = "Cutoff"
    source: ClassVar[str] = "hnmr293/sd-webui-cutoff"

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    targets: str | Sequence[str] | None = arg(1, "", convert=_text)
    """The words that are kept apart: `["red", "blue"]`, or a text with commas. Without any it does nothing."""
    weight: float | None = arg(2, 0.5, **within_arg(-1, 2))
    """How far, -1 to 2. Default 0.5."""
    disable_neg: bool | None = arg(3, True)
    """Leave the negative prompt alone. Default true."""
    strong: bool | None = arg(4, False)
    """Act on more layers. Default false."""
    padding: str | int | None = arg(5, "")
    """What stands in for a word: a token or its number. Default "" (`_</w>`)."""
    intp: str | None = arg(6, "Lerp", choices=("Lerp", "SLerp"))
    """How values are mixed: `Lerp` (default) or `SLerp`."""
    debug: bool | None = arg(7, False)
    """Write details on the server's console. Default false."""

    def contradictions(self) -> Iterator[Problem]:
        if self.enable and not self.targets:
            yield Problem("Cutoff: targets= is missing: without words it does nothing", fatal=False)
