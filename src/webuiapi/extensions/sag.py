"""Self-attention guidance: sharper structure at some cost in time. Forge brings its own, under another title."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ..checks import within
from .base import Layout, PositionalUnit, arg, within_arg

_FORGE = {"enable": False, "scale": 0.5, "blur_sigma": 2.0, "mask_threshold": 1.0}


@dataclass(frozen=True, eq=False)
class Sag(PositionalUnit):
    """Self-attention guidance (ashen-sensored/sd_webui_SAG), or Forge's built-in one."""

    title: ClassVar[str] = "Self Attention Guidance"
    layouts: ClassVar[tuple[Layout, ...]] = (
        Layout("SelfAttentionGuidance Integrated (SD 1.x, SD 2.x, SDXL)", _FORGE),
        Layout("SelfAttentionGuidance Integrated", {"enable": False, "scale": 0.5, "blur_sigma": 2.0}),
    )
    source: ClassVar[str] = "ashen-sensored/sd_webui_SAG"
    marks: ClassVar[tuple[str, ...]] = ("SAG ", "sag_enabled")

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    scale: float | None = arg(1, 0.75, **within_arg(-2, 10))
    """Strength, -2 to 10; 0.75 by default. Forge: to 5, 0.5 by default."""
    mask_threshold: float | None = arg(2, 1.0, **within_arg(0, 4))
    """Threshold of the attention map, 0 to 2 (Forge: 4); 1.0 by default."""
    blur_sigma: float | None = field(default=None, metadata=within(0, 10))
    """Forge only: softness of the blurred guidance, 0 to 10; 2 by default."""
