"""Perturbed attention guidance, built into Forge: clearer structure, also with a weak or empty prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Layout, PositionalUnit, arg, within_arg


@dataclass(frozen=True, eq=False)
class PerturbedAttentionGuidance(PositionalUnit):
    """Guide away from what the model paints without self-attention (built into Forge)."""

    title: ClassVar[str] = "PerturbedAttentionGuidance Integrated"
    layouts: ClassVar[tuple[Layout, ...]] = (
        Layout("Perturbed Attention Guidance Integrated", {"enable": False, "scale": 3.0}),
    )

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    scale: float | None = arg(1, 3.0, **within_arg(0, 100))
    """Strength, 0 to 100. Default 3."""
    attenuation: float | None = arg(2, 0.0, **within_arg(0, 100))
    """How much weaker it gets on the way, in percent. Default 0."""
    start_step: float | None = arg(3, 0.0, **within_arg(0, 1))
    """Share of the steps at which it begins, 0 (default) to 1."""
    end_step: float | None = arg(4, 1.0, **within_arg(0, 1))
    """Share of the steps at which it ends, 0 to 1 (default)."""
