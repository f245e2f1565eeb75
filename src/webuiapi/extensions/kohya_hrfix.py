"""Kohya's high-resolution fix, built into Forge: large pictures without doubled subjects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import PositionalUnit, arg, within_arg

METHODS = ("bicubic", "nearest-exact", "bilinear", "area", "bislerp")


@dataclass(frozen=True, eq=False)
class KohyaHRFix(PositionalUnit):
    """Paint the first steps smaller inside the model (built into Forge)."""

    title: ClassVar[str] = "Kohya HRFix Integrated"
    marks: ClassVar[tuple[str, ...]] = ("kohya_hrfix_enabled",)

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    block_number: int | None = arg(1, 3, **within_arg(1, 32))
    """The block of the model where it shrinks, 1 to 32. Default 3."""
    downscale_factor: float | None = arg(2, 2.0, **within_arg(0.1, 9))
    """By how much, 0.1 to 9. Default 2."""
    start_percent: float | None = arg(3, 0.0, **within_arg(0, 1))
    """Share of the steps at which it begins, 0 (default) to 1."""
    end_percent: float | None = arg(4, 0.35, **within_arg(0, 1))
    """Share of the steps at which it ends, 0 to 1. Default 0.35."""
    downscale_after_skip: bool | None = arg(5, True)
    """Shrink behind the skip connection. Default true."""
    downscale_method: str | None = arg(6, "bicubic", choices=METHODS)
    """`bicubic` (default), `nearest-exact`, `bilinear`, `area` or `bislerp`."""
    upscale_method: str | None = arg(7, "bicubic", choices=METHODS)
    """The same for growing again."""
