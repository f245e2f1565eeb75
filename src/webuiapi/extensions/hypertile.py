"""Hypertile (built in since 1.7): large pictures faster, by attention within tiles. It has options, no arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..checks import within
from ..request import sent_as
from .base import OptionsUnit


def _option(name: str, low: float | None = None, high: float | None = None, default: Any = None) -> Any:
    limits = {} if high is None else within(low, high)
    return field(default=default, metadata={**sent_as(f"hypertile_{name}"), **limits})


@dataclass(frozen=True, eq=False)
class Hypertile(OptionsUnit):
    """Attention within tiles. Its values are options of the server, set for the call."""

    title: ClassVar[str] = "Hypertile"

    enable_unet: bool | None = _option("enable_unet", default=True)
    """While painting; true unless said otherwise."""
    enable_unet_secondpass: bool | None = _option("enable_unet_secondpass")
    """In the hires pass. Default: the server's option, false at first."""
    max_depth_unet: int | None = _option("max_depth_unet", 0, 3)
    """How deep, 0 to 3. Default 3."""
    max_tile_unet: int | None = _option("max_tile_unet", 0, 512)
    """Greatest size of a tile, 0 to 512. Default 256."""
    swap_size_unet: int | None = _option("swap_size_unet", 0, 64)
    """How much the tiles vary, 0 to 64. Default 3."""
    enable_vae: bool | None = _option("enable_vae")
    """While decoding. Default false."""
    max_depth_vae: int | None = _option("max_depth_vae", 0, 3)
    """How deep, 0 to 3. Default 3."""
    max_tile_vae: int | None = _option("max_tile_vae", 0, 512)
    """Greatest size of a tile, 0 to 512. Default 128."""
    swap_size_vae: int | None = _option("swap_size_vae", 0, 64)
    """How much the tiles vary, 0 to 64. Default 3."""
