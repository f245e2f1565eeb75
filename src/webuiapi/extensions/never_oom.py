"""Never OOM, built into Forge: paints and decodes slowly rather than running out of memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..checks import Problem
from .base import PositionalUnit, arg


@dataclass(frozen=True, eq=False)
class NeverOOM(PositionalUnit):
    """Save memory at all costs (built into Forge)."""

    title: ClassVar[str] = "Never OOM Integrated"

    unet: bool | None = arg(0, False)
    """Move the model in and out of graphics memory while painting. Default false."""
    vae: bool | None = arg(1, False)
    """Decode in tiles. Default false."""

    def contradictions(self) -> Iterator[Problem]:
        if not self.unet and not self.vae:
            yield Problem("NeverOOM: neither unet=True nor vae=True: it does nothing", fatal=False)
