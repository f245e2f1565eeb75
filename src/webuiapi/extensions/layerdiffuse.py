"""LayerDiffuse: pictures with a transparent background, and layers that fit. For Forge of early 2024.

Over HTTP it takes no pictures (it does not decode them), so that only the methods that begin with nothing work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..checks import Problem, number_of
from .base import PositionalUnit, arg, within_arg

if TYPE_CHECKING:
    from ..api.generate import Generation

METHODS = (
    "(SD1.5) Only Generate Transparent Image (Attention Injection)",
    "(SD1.5) From Foreground to Background (need batch size 2)",
    "(SD1.5) From Background to Foreground (need batch size 2)",
    "(SD1.5) Generate Everything Together (need batch size 3)",
    "(SDXL) Only Generate Transparent Image (Attention Injection)",
    "(SDXL) Only Generate Transparent Image (Conv Injection)",
    "(SDXL) From Foreground to Blending",
    "(SDXL) From Foreground and Blending to Background",
    "(SDXL) From Background to Blending",
    "(SDXL) From Background and Blending to Foreground",
)
_BATCH = re.compile(r"need batch size (\d)")


@dataclass(frozen=True, eq=False)
class LayerDiffuse(PositionalUnit):
    """Transparent pictures (layerdiffusion/sd-forge-layerdiffuse), as PNG with alpha if the server sends PNG."""

    title: ClassVar[str] = "LayerDiffuse"
    source: ClassVar[str] = "layerdiffusion/sd-forge-layerdiffuse"
    marks: ClassVar[tuple[str, ...]] = ("layerdiffusion_enabled",)

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    method: str | None = arg(1, METHODS[4], choices=METHODS)
    """What is made, by its text there or a part that no other has. Default: a transparent picture, for SDXL."""
    weight: float | None = arg(2, 1.0, **within_arg(0, 2))
    """Strength, 0 to 2. Default 1."""
    ending_step: float | None = arg(3, 1.0, **within_arg(0, 1))
    """Share of the steps at which it ends, 0 to 1 (default)."""
    resize_mode: str | None = arg(7, "Crop and Resize", choices=("Just Resize", "Crop and Resize", "Resize and Fill"))
    """How pictures are fitted. Default `Crop and Resize`."""
    output_origin: bool | None = arg(8, False)
    """Send the picture before the background was taken off too. Default false."""
    fg_additional_prompt: str | None = arg(9, "")
    """Added to the prompt for the foreground. Default ""."""
    bg_additional_prompt: str | None = arg(10, "")
    """Added to the prompt for the background. Default ""."""
    blend_additional_prompt: str | None = arg(11, "")
    """Added to the prompt for the blended picture. Default ""."""

    def contradictions(self) -> Iterator[Problem]:
        if self.method is not None and " to " in self.method and "From" in self.method:
            yield Problem(f"LayerDiffuse: method={self.method!r} needs pictures, which it cannot take over HTTP: "
                          "it would have no effect", fatal=False)  # fmt: skip

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        need = _BATCH.search(self.method or "")
        if self.enable and need and (number_of(request.batch_size) or 1) % int(need[1]):
            yield Problem(f"LayerDiffuse: method={self.method!r} needs batch_size={need[1]}", fatal=False)
