"""Self-attention guidance: sharper structure at some cost in time. Forge brings its own, under another title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..request import Flow
from .base import PositionalUnit, Slot, arg, filled, within_arg


@dataclass(frozen=True, eq=False)
class Sag(PositionalUnit):
    """Self-attention guidance (ashen-sensored/sd_webui_SAG), or Forge's built-in one."""

    title: ClassVar[str] = "Self Attention Guidance"
    aliases: ClassVar[tuple[str, ...]] = ("SelfAttentionGuidance Integrated (SD 1.x, SD 2.x, SDXL)",)
    source: ClassVar[str] = "ashen-sensored/sd_webui_SAG"
    mark: ClassVar[str] = "SAG "

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    scale: float | None = arg(1, 0.75, **within_arg(-2, 10))
    """Strength, -2 to 10; 0.75 by default there, 0.5 on Forge."""
    mask_threshold: float | None = arg(2, 1.0, **within_arg(0, 2))
    """Threshold of the attention map, 0 to 2; 1.0 by default. Forge puts it behind the blur sigma."""
    blur_sigma: float | None = arg(3, 2.0, forge_only=True)
    """Forge only: softness of the blurred guidance, 0 to 10; 2 by default."""

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        if slot.title.casefold() == cls.title.casefold():
            return (yield from super().arguments(units, slot))[:3]
        unit = units[0]
        return filled(_ForgeSag(unit.enable, unit.scale, unit.blur_sigma, unit.mask_threshold), slot)


@dataclass(frozen=True, eq=False)
class _ForgeSag(PositionalUnit):
    """The same values in Forge's order."""

    enable: bool | None = arg(0, False)
    scale: float | None = arg(1, 0.5)
    blur_sigma: float | None = arg(2, 2.0)
    mask_threshold: float | None = arg(3, 1.0)
