"""Dynamic thresholding: high CFG scales without burnt colours ("CFG scale fix"). Forge brings its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..checks import Problem
from .base import Layout, PositionalUnit, arg, within_arg

if TYPE_CHECKING:
    from ..api.generate import Generation

MODES = (
    "Constant",
    "Linear Down",
    "Cosine Down",
    "Half Cosine Down",
    "Linear Up",
    "Cosine Up",
    "Half Cosine Up",
    "Power Up",
    "Power Down",
    "Linear Repeating",
    "Cosine Repeating",
    "Sawtooth",
)
_FORGE = {
    "enable": False,
    "mimic_scale": 7.0,
    "threshold_percentile": 1.0,
    "mimic_mode": "Constant",
    "mimic_scale_min": 0.0,
    "cfg_mode": "Constant",
    "cfg_scale_min": 0.0,
    "sched_val": 1.0,
    "separate_feature_channels": "enable",
    "scaling_startpoint": "MEAN",
    "variability_measure": "AD",
    "interpolate_phi": 1.0,
}


def _fraction(percent: Any) -> float:
    return float(percent) / 100


def _switch(value: Any) -> str:
    return "enable" if value else "disable"


@dataclass(frozen=True, eq=False)
class DynamicThresholding(PositionalUnit):
    """Mimic a lower CFG scale (mcmonkeyprojects/sd-dynamic-thresholding), or by Forge's built-in script."""

    title: ClassVar[str] = "Dynamic Thresholding (CFG Scale Fix)"
    layouts: ClassVar[tuple[Layout, ...]] = (
        Layout(
            "DynamicThresholding (CFG-Fix) Integrated",
            _FORGE,
            {"threshold_percentile": _fraction, "separate_feature_channels": _switch},
        ),
    )
    source: ClassVar[str] = "mcmonkeyprojects/sd-dynamic-thresholding"
    marks: ClassVar[tuple[str, ...]] = ("Dynamic thresholding enabled", "dynthres_enabled")

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    mimic_scale: float | None = arg(1, 7.0, **within_arg(0, 100))
    """The CFG scale that is mimicked, 1 to 30. Default 7."""
    threshold_percentile: float | None = arg(2, 100.0, **within_arg(0, 100))
    """Percent of the values that are kept, 90 to 100 (default); Forge's fraction is made of it."""
    mimic_mode: str | None = arg(3, "Constant", choices=MODES)
    """How the mimicked scale changes: `Constant` (default), `Linear Down`, `Cosine Up`, `Sawtooth`, ..."""
    mimic_scale_min: float | None = arg(4, 0.0, **within_arg(0, 100))
    """Its least value, 0 (default) to 30."""
    cfg_mode: str | None = arg(5, "Constant", choices=MODES)
    """How the CFG scale itself changes, by the same names."""
    cfg_scale_min: float | None = arg(6, 0.0, **within_arg(0, 100))
    """Its least value, 0 (default) to 30."""
    sched_val: float | None = arg(7, 4.0, **within_arg(0, 100))
    """The power of `Power Up` and `Power Down`, the repeats of the repeating modes. Default 4 (Forge: 1)."""
    separate_feature_channels: bool | None = arg(8, True)
    """Treat channels apart. Default true."""
    scaling_startpoint: str | None = arg(9, "MEAN", choices=("ZERO", "MEAN"))
    """`MEAN` (default) or `ZERO`."""
    variability_measure: str | None = arg(10, "AD", choices=("STD", "AD"))
    """`AD` (default) or `STD`."""
    interpolate_phi: float | None = arg(11, 1.0, **within_arg(0, 1))
    """How much of the effect is used, 0 to 1 (default)."""

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        sampler = request.sampler_name or request.sampler_index or ""
        refused = sampler.casefold() in ("ddim", "plms")
        if self.enable and (refused or (sampler.casefold() == "unipc" and getattr(request, "enable_hr", None))):
            yield Problem(f"DynamicThresholding has no effect with the sampler {sampler!r}", fatal=False)
