"""Loopback: each picture is what the next one starts from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import grids
from ..captions import clip, deepdanbooru
from ..img2img import ORIGINAL, Img2Img
from ..info import Processed
from ..limits import check_count, check_total
from ..pipeline import fix_seed, process
from .base import Script, register

if TYPE_CHECKING:
    from PIL.Image import Image


@register
class Loopback(Script):
    """The script."""

    title = "Loopback"

    def run(
        self,
        run: Img2Img,
        loops: Any,
        final_denoising_strength: Any,
        denoising_curve: Any,
        append_interrogation: Any,
    ) -> Processed:
        """As many pictures as loops; with several batches only the last picture of each."""
        fix_seed(run)
        batches = run.n_iter
        check_count(loops * batches)
        check_total(loops if batches == 1 else batches, run.answer_size)
        run.extra = {"Final denoising strength": final_denoising_strength, "Denoising curve": denoising_curve}
        run.batch_size = run.n_iter = 1
        run.do_not_save_grid = True
        run.course.planned = loops * batches
        work = _Loops(run, loops, denoising_curve, final_denoising_strength, append_interrogation)
        for batch in range(batches):
            work.batch(batch, batches)
            if run.job.interrupted:
                break
        images = work.images
        if len(images) > 1 and run.options["return_grid"]:
            images = [grids.grid(images, run.options, rows=1), *images]
        return Processed.of(run, images, seed=work.first_seed, info=work.first_text)


class _Loops:
    """The loops of one call: what they began with, and what came of them."""

    def __init__(self, run: Img2Img, loops: int, curve: str, final: float, interrogation: str) -> None:
        self.run = run
        self.loops = loops
        self.strength = _strengths(run.denoising_strength, final, curve, loops)
        self.interrogation = interrogation
        self.start = run.init_images
        self.prompt = run.prompt
        self.fill = run.inpainting_fill
        self.images: list[Image] = []
        self.first_seed: int | None = None
        self.first_text = ""

    def batch(self, batch: int, batches: int) -> None:
        """One series of loops, from the picture of the request on."""
        run = self.run
        run.init_images = self.start
        run.denoising_strength = self.strength(0)
        last = None
        for loop in range(self.loops):
            run.course.name = f"Iteration {loop + 1}/{self.loops}, batch {batch + 1}/{batches}"
            if self.interrogation != "None":
                run.prompt = self._prompt(run.init_images[0])
            processed = process(run)
            if run.job.interrupted:
                break
            if self.first_seed is None:
                self.first_seed, self.first_text = processed.seed, processed.text
            run.seed = processed.seed + 1
            run.denoising_strength = self.strength(loop + 1)
            if run.job.skipped:
                break
            last = processed.images[0]
            run.init_images = [last]
            run.inpainting_fill = ORIGINAL
            if batches == 1:
                self.images.append(last)
        if batches > 1 and last is not None and not run.job.skipped and not run.job.interrupted:
            self.images.append(last)
        run.inpainting_fill = self.fill

    def _prompt(self, image: Image) -> str:
        before = f"{self.prompt}, " if self.prompt else ""
        if self.interrogation == "CLIP":
            return before + clip(image, self.run.state)
        if self.interrogation == "DeepBooru":
            return before + deepdanbooru(image, self.run.state)
        return before


def _strengths(initial: float, final: float, curve: str, loops: int) -> Callable[[int], float]:
    """The strength of each loop, on its way from the initial one to the final one."""

    def strength(loop: int) -> float:
        if loops == 1 or loop == 0:
            return initial
        progress = loop / (loops - 1)
        if curve == "Aggressive":
            progress = math.sin(progress * math.pi / 2)
        elif curve == "Lazy":
            progress = 1 - math.cos(progress * math.pi / 2)
        return initial + (final - initial) * progress

    return strength
