"""txt2img: the first pass, and the second one of hires fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engine import Pass
from .generation import Batch, Generation, check_paintable, find_checkpoint, short_title
from .limits import check_divisor, check_pixels
from .resizing import CELL, find_upscaler, resize

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..job import Job
    from ..state import State

DEFAULT_LATENT_MODE = "Latent"
SAME_CHECKPOINT = "Use same checkpoint"


@dataclass
class HiresTarget:
    """The size of the second pass: upscaled to it, then cut."""

    width: int
    height: int
    cut_x: int = 0
    """Cells of 8 pixels that are cut off, half of them on either side."""
    cut_y: int = 0


class Txt2Img(Generation):
    """A txt2img run."""

    kind = "txt2img"
    enable_hr: Any
    firstpass_image: Any
    hr_scale: Any
    hr_upscaler: Any
    hr_second_pass_steps: Any
    hr_resize_x: Any
    hr_resize_y: Any
    hr_checkpoint_name: Any
    hr_sampler_name: Any
    hr_scheduler: Any
    hr_prompt: Any
    hr_negative_prompt: Any
    hr_cfg: Any = None
    """The CFG scale of the second pass, on servers that have one of its own."""

    def __init__(self, state: State, job: Job, fields: Mapping[str, Any]) -> None:
        super().__init__(state, job, fields)
        self.target = HiresTarget(0, 0)

    @property
    def passes(self) -> int:
        """Two with hires fix."""
        return 2 if self.enable_hr else 1

    @property
    def answer_size(self) -> tuple[int, int]:
        """That of the second pass, if there is one."""
        return (self.target.width, self.target.height) if self.enable_hr else (self.width, self.height)

    def token_merging_ratio_hr(self) -> Any:
        """That of the second pass, or else of the first."""
        if not self.enable_hr:
            return 0
        return self.options["token_merging_ratio_hr"] or self.token_merging_ratio()

    # --- hires fix

    def setup_prompts(self) -> None:
        """Those of the second pass too; an empty one is as in the first."""
        super().setup_prompts()
        if not self.enable_hr:
            return
        if self.hr_prompt == "":
            self.hr_prompt = self.prompt
        if self.hr_negative_prompt == "":
            self.hr_negative_prompt = self.negative_prompt
        self.all_hires_prompts = self.styled(self._listed(self.hr_prompt), "prompt")
        self.all_hires_negative_prompts = self.styled(self._listed(self.hr_negative_prompt), "negative_prompt")

    def _listed(self, prompt: Any) -> list[Any]:
        return prompt if isinstance(prompt, list) else self.for_each(prompt)

    def prepare(self) -> None:
        """Find out the second pass: its checkpoint, upscaler and size."""
        if not self.enable_hr:
            return
        self.extra["Denoising strength"] = self.denoising_strength
        if self.hr_checkpoint_name and self.hr_checkpoint_name != SAME_CHECKPOINT:
            self.extra["Hires checkpoint"] = short_title(find_checkpoint(self.state, self.hr_checkpoint_name))
        if self.hr_sampler_name is not None and self.hr_sampler_name != self.sampler_name:
            self.extra["Hires sampler"] = self.hr_sampler_name
        if self.hr_cfg is not None:
            self.extra["Hires CFG Scale"] = self.hr_cfg
        # Their values are known picture by picture, and JSON shows none.
        self.extra["Hires prompt"] = None
        self.extra["Hires negative prompt"] = None
        self.extra["Hires schedule type"] = None
        if self.hr_scheduler is None:
            self.hr_scheduler = self.scheduler
        if not self._latent and find_upscaler(self.state, self.hr_upscaler) is None:
            raise Exception(f"could not find upscaler named {self.hr_upscaler}")
        self.target = self._find_target()
        if self.hr_second_pass_steps:
            self.extra["Hires steps"] = self.hr_second_pass_steps
        if self.hr_upscaler is not None:
            self.extra["Hires upscaler"] = self.hr_upscaler

    @property
    def _latent(self) -> bool:
        """Whether the second pass starts from a latent, not from a picture."""
        names = {item["name"] for item in self.state.catalog.latent_upscale_modes}
        return self.hr_upscaler is None or self.hr_upscaler in names

    def _find_target(self) -> HiresTarget:
        width, height, wanted_x, wanted_y = self.width, self.height, self.hr_resize_x, self.hr_resize_y
        if wanted_x == 0 and wanted_y == 0:
            self.extra["Hires upscale"] = self.hr_scale
            return HiresTarget(int(width * self.hr_scale), int(height * self.hr_scale))
        self.extra["Hires resize"] = f"{wanted_x}x{wanted_y}"
        if wanted_y == 0:
            return HiresTarget(wanted_x, wanted_x * height // width)
        if wanted_x == 0:
            return HiresTarget(wanted_y * width // height, wanted_y)
        if width / height < wanted_x / wanted_y:
            target = HiresTarget(wanted_x, wanted_x * height // width)
        else:
            target = HiresTarget(wanted_y * width // height, wanted_y)
        target.cut_x = (target.width - wanted_x) // CELL
        target.cut_y = (target.height - wanted_y) // CELL
        return target

    # --- painting

    def paint(self, batch: Batch) -> list[Image]:
        """The first pass, and the second one where it is wanted and nobody has interrupted."""
        check_divisor(self.steps)
        if self.enable_hr and self.firstpass_image is not None:
            # The real server never decodes it, and takes the text for the number of a pixel.
            raise ValueError(f"could not convert string to float: {self.firstpass_image!r}")
        self.note_sampler(self.sampler_name, self.scheduler)
        images = self.run_pass(self.pass_of(batch))
        if not self.enable_hr or self.job.interrupted:
            return images
        self.job.end_pass()
        return self._second_pass(batch, images)

    def _second_pass(self, batch: Batch, images: list[Image]) -> list[Image]:
        sampler = self.hr_sampler_name or self.sampler_name
        if self.names.sampler(sampler) is None:
            raise AssertionError(f"bad sampler name: {sampler}")
        check_paintable(self.target.width, self.target.height)
        larger = [self._upscaled(image) for image in images]
        for script in self.scripts:
            script.call("before_hires", self)
        strength = self.denoising_strength
        strength = min(strength, 1.0) if strength > 0 else 0.0
        self.note_sampler(sampler, self.hr_scheduler, second_pass=True)
        return self.run_pass(self._hires_pass(batch, larger, sampler, strength))

    def _hires_pass(self, batch: Batch, images: list[Image], sampler: str, strength: float) -> Pass:
        start = batch.index * self.batch_size
        here = slice(start, start + len(batch.prompts))
        model = self.model_name
        if self.hr_checkpoint_name and self.hr_checkpoint_name != SAME_CHECKPOINT:
            model = find_checkpoint(self.state, self.hr_checkpoint_name)["model_name"]
        return self.pass_of(
            batch,
            prompts=(self.all_hires_prompts or [])[here],
            negative_prompts=(self.all_hires_negative_prompts or [])[here],
            width=images[0].width,
            height=images[0].height,
            steps=self.hr_second_pass_steps or self.steps,
            cfg_scale=self.cfg_scale if self.hr_cfg is None else self.hr_cfg,
            sampler=sampler,
            scheduler=self.names.schedule(sampler, self.hr_scheduler) or self.scheduler,
            model=model,
            images=images,
            denoising_strength=strength,
        )

    def _upscaled(self, image: Image) -> Image:
        """A picture of the first pass at the size of the second: upscaled, cut to cells, and cropped in the middle."""
        target = self.target
        width, height = target.width // CELL * CELL, target.height // CELL * CELL
        check_pixels(width, height)
        if self._latent:
            image = self.state.engine.upscale(image, width, height, self.hr_upscaler or DEFAULT_LATENT_MODE)
        else:
            image = resize(image, 0, target.width, target.height, self.state, self.hr_upscaler)
        left, top = target.cut_x // 2 * CELL, target.cut_y // 2 * CELL
        return image.crop((left, top, left + width - target.cut_x * CELL, top + height - target.cut_y * CELL))
