"""FreeU: more contrast and structure from the same model, by weighing its parts. Forge brings its own.

The extension weighs three stages by six numbers each; Forge's the first two by two. `b1`, `s1`, `b2`, `s2` are what
both have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Layout, PositionalUnit, arg, within_arg

_FORGE = {"enable": False, "b1": 1.01, "b2": 1.02, "s1": 0.99, "s2": 0.95}


@dataclass(frozen=True, eq=False)
class FreeU(PositionalUnit):
    """Weigh backbone and skip connections (ljleb/sd-webui-freeu), or by Forge's built-in FreeU."""

    title: ClassVar[str] = "FreeU"
    layouts: ClassVar[tuple[Layout, ...]] = (
        Layout("FreeU Integrated (SD 1.x, SD 2.x, SDXL)", {**_FORGE, "start": 0.0, "end": 1.0}),
        Layout("FreeU Integrated", _FORGE),
    )
    source: ClassVar[str] = "ljleb/sd-webui-freeu"
    marks: ClassVar[tuple[str, ...]] = ("FreeU Stages", "FreeU Schedule", "freeu_enabled")

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    b1: float | None = arg(5, 1.2, label="Backbone 1 Scale", **within_arg(-1, 3))
    """The backbone's weight in the first stage. Default 1.2 (Forge: 1.01)."""
    b2: float | None = arg(11, 1.4, label="Backbone 2 Scale", **within_arg(-1, 3))
    """The backbone's weight in the second stage. Default 1.4 (Forge: 1.02)."""
    s1: float | None = arg(6, 0.9, label="Skip 1 Scale", **within_arg(-1, 4))
    """The skip connections' weight in the first stage. Default 0.9 (Forge: 0.99)."""
    s2: float | None = arg(12, 0.2, label="Skip 2 Scale", **within_arg(-1, 4))
    """The skip connections' weight in the second stage. Default 0.2 (Forge: 0.95)."""
    start: float | None = arg(1, 0.0, label="Start At Step", **within_arg(0, 1))
    """Share of the steps at which it begins, 0 to 1. Default 0."""
    end: float | None = arg(2, 1.0, label="Stop At Step", **within_arg(0, 1))
    """Share of the steps at which it ends, 0 to 1. Default 1."""
    transition_smoothness: float | None = arg(3, 0.0, label="Transition Smoothness", **within_arg(0, 1))
    """How gradually it begins and ends, 0 (default) to 1. Not on Forge, as all that follow."""
    version: str | None = arg(4, "Version 2", choices=("Version 1", "Version 2"))
    """`Version 1` or `Version 2` (default)."""
    b3: float | None = arg(17, 1.0, label="Backbone 3 Scale", **within_arg(-1, 3))
    """The backbone's weight in the third stage. Default 1."""
    s3: float | None = arg(18, 1.0, label="Skip 3 Scale", **within_arg(-1, 3))
    """The skip connections' weight in the third stage. Default 1."""
    backbone_offset1: float | None = arg(7, 0.0, label="Backbone 1 Offset", **within_arg(0, 1))
    """Where the weighed part of the backbone begins in the first stage. Default 0."""
    backbone_width1: float | None = arg(8, 0.5, label="Backbone 1 Width", **within_arg(0, 1))
    """How wide that part is. Default 0.5."""
    skip_cutoff1: float | None = arg(9, 0.0, label="Skip 1 Cutoff", **within_arg(0, 1))
    """Below which frequency skip connections are weighed in the first stage. Default 0."""
    skip_high_end_scale1: float | None = arg(10, 1.0, label="Skip 1 High End Scale", **within_arg(-1, 3))
    """Their weight above it. Default 1."""
    backbone_offset2: float | None = arg(13, 0.0, label="Backbone 2 Offset", **within_arg(0, 1))
    """Where the weighed part of the backbone begins in the second stage. Default 0."""
    backbone_width2: float | None = arg(14, 0.5, label="Backbone 2 Width", **within_arg(0, 1))
    """How wide that part is. Default 0.5."""
    skip_cutoff2: float | None = arg(15, 0.0, label="Skip 2 Cutoff", **within_arg(0, 1))
    """Below which frequency skip connections are weighed in the second stage. Default 0."""
    skip_high_end_scale2: float | None = arg(16, 1.0, label="Skip 2 High End Scale", **within_arg(-1, 3))
    """Their weight above it. Default 1."""
    backbone_offset3: float | None = arg(19, 0.0, label="Backbone 3 Offset", **within_arg(0, 1))
    """Where the weighed part of the backbone begins in the third stage. Default 0."""
    backbone_width3: float | None = arg(20, 0.5, label="Backbone 3 Width", **within_arg(0, 1))
    """How wide that part is. Default 0.5."""
    skip_cutoff3: float | None = arg(21, 0.0, label="Skip 3 Cutoff", **within_arg(0, 1))
    """Below which frequency skip connections are weighed in the third stage. Default 0."""
    skip_high_end_scale3: float | None = arg(22, 1.0, label="Skip 3 High End Scale", **within_arg(-1, 3))
    """Their weight above it. Default 1."""
