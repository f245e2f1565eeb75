"""Self Attention Guidance: clearer structure. Here it brings out finer detail, by its scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Batch, Generation

sag = Extension(
    "sag",
    repository="ashen-sensored/sd_webui_SAG",
    commit="83d66a6cd8af4b6c6d087f8f1c979f0da188d40b",
    date=1682121600,
)


@sag.script(
    argument("Enabled", False),
    argument("Scale", 0.75, -2.0, 10.0, 0.01),
    argument("SAG Mask Threshold", 1.0, 0.0, 2.0, 0.01),
)
class SelfAttentionGuidance(Script):
    """The script."""

    title = "Self Attention Guidance"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Its pairs."""
        enabled, scale, threshold = args
        if enabled:
            run.extra["SAG Guidance Scale"] = scale
            run.extra["SAG Mask Threshold"] = threshold

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Its effect."""
        enabled, scale, threshold = args
        if not enabled:
            return None
        from .vision.grade import clearer, graded

        amount = float(scale) * min(max(float(threshold), 0.0), 2.0)
        if amount < 0:
            return [graded(image, sharpness=max(amount, -1.0)) for image in images]
        return [clearer(image, min(amount, 5.0)) for image in images]
