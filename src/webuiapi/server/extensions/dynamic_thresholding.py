"""Dynamic Thresholding (CFG scale fix): a high CFG scale with the look of a low one. Here it tames the contrast.

Samplers that count in time steps fail in its hook, without a word to the client.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Batch, Generation

dynamic_thresholding = Extension(
    "dynamic-thresholding", repository="mcmonkeyprojects/sd-dynamic-thresholding", commit="73e4e04", date=1741910400
)

MODES = (
    "Constant", "Linear Down", "Cosine Down", "Half Cosine Down", "Linear Up", "Cosine Up", "Half Cosine Up",
    "Power Up", "Power Down", "Linear Repeating", "Cosine Repeating", "Sawtooth",
)  # fmt: skip
_WITH_VALUE = ("Power Up", "Power Down", "Linear Repeating", "Cosine Repeating", "Sawtooth")
_REFUSED = ("DDIM", "DDIM CFG++", "PLMS", "UniPC")


@dynamic_thresholding.script(
    argument("Enable Dynamic Thresholding (CFG Scale Fix)", False),
    argument("Mimic CFG Scale", 7.0, 1.0, 30.0, 0.5),
    argument("Top percentile of latents to clamp", 100.0, 90.0, 100.0, 0.05),
    argument("Mimic Scale Scheduler", "Constant", choices=MODES),
    argument("Minimum value of the Mimic Scale Scheduler", 0.0, 0.0, 30.0, 0.5),
    argument("CFG Scale Scheduler", "Constant", choices=MODES),
    argument("Minimum value of the CFG Scale Scheduler", 0.0, 0.0, 30.0, 0.5),
    argument("Scheduler Value", 4.0, 0.0, 40.0, 0.5),
    argument("Separate Feature Channels", True),
    argument("Scaling Startpoint", "MEAN", choices=["ZERO", "MEAN"]),
    argument("Variability Measure", "AD", choices=["STD", "AD"]),
    argument("Interpolate Phi", 1.0, 0.0, 1.0, 0.01),
)
class DynamicThresholding(Script):
    """The script."""

    title = "Dynamic Thresholding (CFG Scale Fix)"
    always_on = True

    def process_batch(self, run: Generation, args: Sequence[Any], batch: Batch) -> None:
        """Its pairs."""
        on, mimic, percentile, mimic_mode, mimic_least, cfg_mode, cfg_least, value, apart, start, measure, phi = args
        if not on:
            return
        _check(run)
        run.extra.update({
            "Dynamic thresholding enabled": True,
            "Mimic scale": mimic,
            "Separate Feature Channels": apart,
            "Scaling Startpoint": start,
            "Variability Measure": measure,
            "Interpolate Phi": phi,
            "Threshold percentile": percentile,
        })  # fmt: skip
        if mimic_mode != "Constant":
            run.extra.update({"Mimic mode": mimic_mode, "Mimic scale minimum": mimic_least})
        if cfg_mode != "Constant":
            run.extra.update({"CFG mode": cfg_mode, "CFG scale minimum": cfg_least})
        if mimic_mode in _WITH_VALUE or cfg_mode in _WITH_VALUE:
            run.extra["Scheduler value"] = value

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Its effect: the contrast of the mimicked scale, as far as that differs from the real one."""
        if not args[0]:
            return None
        _check(run)
        for mode in (args[3], args[5]):
            if mode not in MODES:
                raise ValueError(f"there is no scheduler {mode!r}")
        from .vision.grade import graded

        apart = (float(args[1]) - float(run.cfg_scale)) * float(args[11])
        amount = min(max(apart * 0.03, -0.5), 0.5)
        return [graded(image, contrast=amount, colour=amount) for image in images]


def _check(run: Generation) -> None:
    if run.sampler_name in _REFUSED:
        raise RuntimeError(f"Cannot use sampler {run.sampler_name} with Dynamic Thresholding")
