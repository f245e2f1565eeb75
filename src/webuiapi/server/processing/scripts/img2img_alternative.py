"""img2img alternative test: the noise that the picture would have come from is taken for the noise to start with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..img2img import Img2Img
from ..pipeline import process
from .base import Script, register

if TYPE_CHECKING:
    from ..info import Processed

RESEMBLANCE = 0.6
"""How much of the picture comes back although all of it is painted anew, without randomness."""


@register
class Img2ImgAlternative(Script):
    """The script."""

    title = "img2img alternative test"

    def run(
        self,
        run: Img2Img,
        _: Any,
        override_sampler: Any,
        override_prompt: Any,
        original_prompt: Any,
        original_negative_prompt: Any,
        override_steps: Any,
        st: Any,
        override_strength: Any,
        cfg: Any,
        randomness: Any,
        sigma_adjustment: Any,
    ) -> Processed:
        """Where it overrides something it takes its own argument in place of the request's field."""
        if override_sampler:
            run.sampler_name = "Euler"
        if override_prompt:
            run.prompt = original_prompt
            run.negative_prompt = original_negative_prompt
        if override_steps:
            run.steps = st
        if override_strength:
            run.denoising_strength = 1.0
        run.resemblance = RESEMBLANCE * (1 - min(max(float(randomness), 0.0), 1.0))
        run.extra["Decode prompt"] = original_prompt
        run.extra["Decode negative prompt"] = original_negative_prompt
        run.extra["Decode CFG scale"] = cfg
        run.extra["Decode steps"] = st
        run.extra["Randomness"] = randomness
        run.extra["Sigma Adjustment"] = sigma_adjustment
        return process(run)
