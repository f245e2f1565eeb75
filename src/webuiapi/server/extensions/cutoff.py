"""Cutoff: keeps the colours of a prompt with the things they belong to. Here it makes these colours purer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Batch, Generation

cutoff = Extension("cutoff", repository="hnmr293/sd-webui-cutoff", commit="33f102c", date=1699920000)

_PADDING = "_</w>"
_WORD_END = "</w>"


@cutoff.script(
    argument("Enabled", False),
    argument("Target tokens (comma separated)", ""),
    argument("Weight", 0.5, -1.0, 2.0, 0.01),
    argument("Disable for Negative prompt.", True),
    argument("Cutoff strongly.", False),
    argument("Padding token (ID or single token)", ""),
    argument("Interpolation method", "Lerp", choices=["Lerp", "SLerp"]),
    argument("Debug log", False),
)
class Cutoff(Script):
    """The script."""

    title = "Cutoff"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Its pairs."""
        enabled, _, weight, disable_negative, strong, padding, interpolation, _ = args
        targets = _targets(args)
        if targets:
            run.extra.update({
                "Cutoff enabled": enabled,
                "Cutoff targets": targets,
                "Cutoff padding": _padding(padding),
                "Cutoff weight": float(weight),
                "Cutoff disable_for_neg": disable_negative,
                "Cutoff strong": strong,
                "Cutoff interpolation": interpolation.lower(),
            })  # fmt: skip

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Its effect."""
        if not _targets(args):
            return None
        from .vision.grade import graded

        amount = float(args[2]) * (0.5 if args[4] else 0.3)
        return [graded(image, colour=amount) for image in images]


def _targets(args: Sequence[Any]) -> list[str]:
    """The tokens that are kept apart; none where the script has nothing to do."""
    if not args[0] or not args[1]:
        return []
    return [token for token in (part.strip() for part in args[1].split(",")) if token]


def _padding(given: Any) -> Any:
    """The token that stands for a cut one: a number, or a text with its end."""
    if given is None or given == "":
        return _PADDING
    if isinstance(given, str):
        try:
            return int(given)
        except ValueError:
            return given if given.endswith(_WORD_END) else given + _WORD_END
    return given
