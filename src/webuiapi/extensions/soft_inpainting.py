"""Soft inpainting (built in since 1.8): blends what is painted with what is kept, where the mask is grey."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..checks import Problem
from .base import PositionalUnit, arg, within_arg

if TYPE_CHECKING:
    from ..api.generate import Generation


@dataclass(frozen=True, eq=False)
class SoftInpainting(PositionalUnit):
    """Blend at the edges of the mask. For img2img with a mask; a high mask_blur gives it room."""

    title: ClassVar[str] = "Soft Inpainting"
    tabs: ClassVar[tuple[str, ...]] = ("img2img",)
    marks: ClassVar[tuple[str, ...]] = ("Soft inpainting",)

    enable: bool | None = arg(0, False, default=True, label="Soft inpainting")
    """Switch it on; true unless said otherwise."""
    schedule_bias: float | None = arg(1, 1, label="Schedule bias", **within_arg(0, 8))
    """When the kept content is put back: above 1 earlier, below 1 later. 0 to 8, default 1."""
    preservation_strength: float | None = arg(2, 0.5, label="Preservation strength", **within_arg(0, 8))
    """How much of it, 0 to 8. Default 0.5."""
    transition_contrast_boost: float | None = arg(3, 4, label="Transition contrast boost", **within_arg(1, 32))
    """How much structure is kept in between, 1 to 32. Default 4."""
    mask_influence: float | None = arg(4, 0, label="Mask influence", **within_arg(0, 1))
    """How much the mask alone decides about the result's blending, 0 (default) to 1."""
    difference_threshold: float | None = arg(5, 0.5, label="Difference threshold", **within_arg(0, 8))
    """How much a pixel has to change to be painted fully, 0 to 8. Default 0.5."""
    difference_contrast: float | None = arg(6, 2, label="Difference contrast", **within_arg(0, 8))
    """How sharp that limit is, 0 to 8. Default 2."""

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        masked = getattr(request, "mask_image", None) is not None or "mask" in (request.extra or {})
        if self.enable and not masked:
            yield Problem("SoftInpainting: without mask_image it does nothing", fatal=False)
