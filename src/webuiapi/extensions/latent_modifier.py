"""Latent modifier, built into Forge: sharpness, contrast, tone and noise of what is being painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import PositionalUnit, arg, within_arg

SHARPNESS = ("anisotropic", "joint-anisotropic", "gaussian", "cas")
TONEMAPS = ("reinhard", "reinhard_perchannel", "arctan", "quantile", "gated", "cfg-mimic", "spatial-norm")
COMBAT = ("subtract", "subtract_channels", "subtract_median", "sharpen")
NOISES = ("gaussian", "uniform", "perlin", "pink", "green", "pyramid")
NOISE_METHODS = ("add", "add_scaled", "speckle", "cads", "cads_rescaled", "cads_speckle", "cads_speckle_rescaled")


@dataclass(frozen=True, eq=False)
class LatentModifier(PositionalUnit):
    """Change what is being painted, between the steps (built into Forge)."""

    title: ClassVar[str] = "LatentModifier Integrated"
    marks: ClassVar[tuple[str, ...]] = ("latent_modifier_enabled",)

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    sharpness_multiplier: float | None = arg(1, 0.0, **within_arg(-100, 100))
    """Sharpness, -100 to 100. Default 0."""
    sharpness_method: str | None = arg(2, "anisotropic", choices=SHARPNESS)
    """`anisotropic` (default), `joint-anisotropic`, `gaussian` or `cas`."""
    tonemap_multiplier: float | None = arg(3, 0.0, **within_arg(0, 100))
    """Tone mapping, 0 (default) to 100."""
    tonemap_method: str | None = arg(4, "reinhard", choices=TONEMAPS)
    """`reinhard` (default), `reinhard_perchannel`, `arctan`, `quantile`, `gated`, `cfg-mimic`, `spatial-norm`."""
    tonemap_percentile: float | None = arg(5, 100.0, **within_arg(0, 100))
    """Percent of the values that are kept. Default 100."""
    contrast_multiplier: float | None = arg(6, 0.0, **within_arg(-100, 100))
    """Contrast, -100 to 100. Default 0."""
    combat_method: str | None = arg(7, "subtract", choices=COMBAT)
    """`subtract` (default), `subtract_channels`, `subtract_median` or `sharpen`."""
    combat_cfg_drift: float | None = arg(8, 0.0, **within_arg(-10, 10))
    """How much the drift of high CFG scales is taken back, -10 to 10. Default 0."""
    rescale_cfg_phi: float | None = arg(9, 0.0, **within_arg(-10, 10))
    """How much the CFG scale is rescaled, -10 to 10. Default 0."""
    extra_noise_type: str | None = arg(10, "gaussian", choices=NOISES)
    """`gaussian` (default), `uniform`, `perlin`, `pink`, `green` or `pyramid`."""
    extra_noise_method: str | None = arg(11, "add", choices=NOISE_METHODS)
    """How noise is added: `add` (default), `add_scaled`, `speckle`, `cads`, ..."""
    extra_noise_multiplier: float | None = arg(12, 0.0, **within_arg(0, 100))
    """Added noise, 0 (default) to 100."""
    extra_noise_lowpass: int | None = arg(13, 100, **within_arg(0, 1000))
    """Up to which frequency, 0 to 1000. Default 100."""
    divisive_norm_size: int | None = arg(14, 127, **within_arg(1, 255))
    """Size of the neighbourhood that is normalised, 1 to 255. Default 127."""
    divisive_norm_multiplier: float | None = arg(15, 0.0, **within_arg(0, 1))
    """How far, 0 (default) to 1."""
    spectral_mod_mode: str | None = arg(16, "hard_clamp", choices=("hard_clamp", "soft_clamp"))
    """`hard_clamp` (default) or `soft_clamp`."""
    spectral_mod_percentile: float | None = arg(17, 5.0, **within_arg(0, 50))
    """Percent of the spectrum that is clamped, 0 to 50. Default 5."""
    spectral_mod_multiplier: float | None = arg(18, 0.0, **within_arg(-15, 15))
    """How far, -15 to 15. Default 0."""
    affect_uncond: str | None = arg(19, "None", choices=("None", "Sharpness"))
    """What is done to the negative side too: `None` (default) or `Sharpness`."""
    dyn_cfg_augmentation: str | None = arg(20, "None", choices=("None", "dyncfg-halfcosine", "dyncfg-halfcosine-mimic"))
    """A changing CFG scale: `None` (default), `dyncfg-halfcosine` or `dyncfg-halfcosine-mimic`."""
