"""One run of a generation: the fields of the request as attributes, and what the pipeline fills in.

Scripts change its attributes, copy it, and run it as often as they like, as scripts of the webui do with theirs.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ..catalog import Item
from ..engine import Pass
from . import prompts
from .limits import check_count, check_pixels, check_seeds, check_steps
from .names import Names, sampler_pairs, schedule_pairs
from .resizing import CELL

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..job import Job
    from ..state import State
    from .scripts.base import ActiveScript

Self = TypeVar("Self", bound="Generation")

NO_CHECKPOINT = (None, "", "None", "none")


@dataclass
class Batch:
    """What one batch paints: one entry for each picture."""

    index: int
    prompts: list[str]
    negative_prompts: list[str]
    seeds: list[int]
    subseeds: list[int]


@dataclass
class Course:
    """What all the runs of one request share: the job, and what was told to it."""

    job: Job
    planned: int | None = None
    """How many passes a script has announced; without one the run's own number counts."""
    name: str | None = None
    """What a script calls the job while no batches are counted."""
    begun: bool = False

    def begin(self, n_iter: int, passes: int) -> None:
        """Tell the job how much lies ahead, once for all the runs of a script."""
        if not self.begun:
            self.begun = True
            self.job.begin((n_iter if self.planned is None else self.planned) * passes)


class Generation:
    """A txt2img or img2img run. Fields of the request that are not listed here are attributes too."""

    kind: str
    prompt: Any
    negative_prompt: Any
    styles: Any
    seed: Any
    subseed: Any
    subseed_strength: Any
    seed_resize_from_w: Any
    seed_resize_from_h: Any
    sampler_name: Any
    scheduler: Any
    batch_size: Any
    n_iter: Any
    steps: Any
    cfg_scale: Any
    width: Any
    height: Any
    restore_faces: Any
    tiling: Any
    do_not_save_grid: Any
    eta: Any
    denoising_strength: Any
    s_min_uncond: Any
    override_settings: dict[str, Any]
    override_settings_restore_afterwards: Any
    refiner_checkpoint: Any
    refiner_switch_at: Any
    disable_extra_networks: Any

    def __init__(self, state: State, job: Job, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)
        self.state = state
        self.options = state.options
        self.names = Names(state.catalog)
        self.course = Course(job)
        self.scripts: list[ActiveScript] = []
        self.styles = [] if self.styles is None else self.styles
        self.override_settings = dict(self.override_settings or {})
        self.extra: dict[str, Any] = {}
        """What the run and its scripts add to the infotext (`extra_generation_params`)."""
        self.all_prompts: list[Any] = []
        self.all_negative_prompts: list[Any] = []
        self.all_hires_prompts: list[Any] | None = None
        self.all_hires_negative_prompts: list[Any] | None = None
        self.main_prompt: Any = None
        self.main_negative_prompt: Any = None
        self.all_seeds: list[int] = []
        self.all_subseeds: list[int] = []
        self.model_name: str | None = None
        self.model_hash: str | None = None
        self.vae_name: str | None = None
        self.vae_hash: str | None = None
        self.refiner: Item | None = None
        self.init_image_hash: str | None = None

    def copy(self: Self) -> Self:
        """Another run with the same attributes, whose changes this one does not see."""
        twin = copy.copy(self)
        twin.extra = dict(self.extra)
        twin.override_settings = dict(self.override_settings)
        twin.styles = self.styles[:]
        return twin

    @property
    def job(self) -> Job:
        """The job that this run belongs to."""
        return self.course.job

    @property
    def passes(self) -> int:
        """How often a batch is painted."""
        return 1

    @property
    def answer_size(self) -> tuple[int, int]:
        """Width and height of a picture as it is answered, once the run is prepared."""
        return self.width, self.height

    # --- the steps of the pipeline that differ between txt2img and img2img

    def setup_prompts(self) -> None:
        """One prompt and one negative prompt for each picture, styles applied."""
        if isinstance(self.prompt, list):
            wanted = self.prompt
        elif isinstance(self.negative_prompt, list):
            wanted = [self.prompt] * len(self.negative_prompt)
        else:
            wanted = self.for_each(self.prompt)
        negative = self.negative_prompt
        if not isinstance(negative, list):
            negative = [negative] * len(wanted)
        self.all_prompts = self.styled(wanted, "prompt")
        self.all_negative_prompts = self.styled(negative, "negative_prompt")
        self.main_prompt = self.all_prompts[0]
        self.main_negative_prompt = self.all_negative_prompts[0]

    def prepare(self) -> None:
        """Everything before the first batch: what is found wrong here, and what the infotext says from here on."""

    def paint(self, batch: Batch) -> list[Image]:
        """The pictures of one batch."""
        raise NotImplementedError

    def finished(self, image: Image, index: int) -> tuple[Image, list[Image]]:
        """A painted picture of a batch as it is answered, and what follows it (mask, composite)."""
        return image, []

    def token_merging_ratio(self) -> Any:
        """For the infotext."""
        return self.options["token_merging_ratio"]

    def token_merging_ratio_hr(self) -> Any:
        """For the infotext, of the second pass; 0 without one."""
        return 0

    # --- what both use

    def for_each(self, value: Any) -> list[Any]:
        """`value` as often as pictures are asked for."""
        check_count(self.batch_size * self.n_iter)
        return [value] * (self.batch_size * self.n_iter)

    def styled(self, values: Sequence[Any], part: str) -> list[Any]:
        """Each with the run's styles."""
        return [prompts.with_styles(value, self.styles, self.state.styles, part) for value in values]

    def pass_of(self, batch: Batch, **what: Any) -> Pass:
        """What an engine is told about a batch; `what` is where this pass differs from the run."""
        networks = not self.disable_extra_networks
        told: dict[str, Any] = {
            "seeds": batch.seeds,
            "subseeds": batch.subseeds,
            "subseed_strength": _share(float(self.subseed_strength)),
            "width": self.width // CELL * CELL,
            "height": self.height // CELL * CELL,
            "steps": self.steps,
            "cfg_scale": _finite(float(what.pop("cfg_scale", self.cfg_scale))),
            "sampler": self.sampler_name,
            "scheduler": self.names.schedule(self.sampler_name, self.scheduler) or self.scheduler,
            "model": self.model_name,
            "tiling": bool(self.tiling),
        }
        for name in ("prompts", "negative_prompts"):
            texts = what.pop(name, getattr(batch, name))
            told[name] = [prompts.to_paint(text, self.state, networks=networks) for text in texts]
        return Pass(**{**told, **what})

    def run_pass(self, work: Pass) -> list[Image]:
        """Have a pass painted, each step reported to the job."""
        check_paintable(work.width, work.height)
        check_steps(work.steps)
        check_seeds([*work.seeds, *work.subseeds])
        check_pixels(work.width, work.height, len(work.prompts))
        job = self.job
        return self.state.engine.paint(work, lambda done, render: job.step(done, work.steps, render))

    def note_sampler(self, sampler: str, scheduler: str | None, *, second_pass: bool = False) -> None:
        """What the sampler of a pass adds to the infotext."""
        label = self.names.schedule(sampler, scheduler)
        if label is not None:
            if not second_pass:
                self.extra["Schedule type"] = label
            elif label != self.extra.get("Schedule type"):
                self.extra["Hires schedule type"] = label
            self.extra.update(schedule_pairs(label, self.names.scheduler(label), self.options))
        item = self.names.sampler(sampler)
        discards = item is not None and item["options"].get("discard_next_to_last_sigma") == "True"
        if self.options["always_discard_next_to_last_sigma"] and not discards:
            self.extra["Discard penultimate sigma"] = True
        if second_pass is False and self.kind == "img2img" and self.options["img2img_extra_noise"] > 0:
            self.extra["Extra noise"] = self.options["img2img_extra_noise"]
        self.extra.update(sampler_pairs(sampler, self.eta, self.options))
        self._note_guidance()
        self._note_refiner(second_pass=second_pass)

    def _note_guidance(self) -> None:
        options = self.options
        if options["skip_early_cond"]:
            self.extra["Skip Early CFG"] = options["skip_early_cond"]
        least = options["s_min_uncond"] if self.s_min_uncond is None else self.s_min_uncond
        if least > 0 and (self.steps > 1 or options["s_min_uncond_all"]):
            self.extra["NGMS"] = least
            if options["s_min_uncond_all"]:
                self.extra["NGMS all steps"] = options["s_min_uncond_all"]

    def _note_refiner(self, *, second_pass: bool) -> None:
        """The refiner takes over within a pass, unless it is the checkpoint itself or another pass is its own."""
        if self.options["refiner_switch_by_sample_steps"]:
            self.extra["Refiner switch by sampling steps"] = True
        at = self.refiner_switch_at
        never = at is not None and at >= 1
        if self.refiner is None or never or self.refiner["title"] == self.state.checkpoint["title"]:
            return
        if self.passes > 1:
            where = self.options["hires_fix_refiner_pass"]
            if where == ("first pass" if second_pass else "second pass"):
                return
            if where != "second pass":
                self.extra["Hires refiner"] = where
        self.extra["Refiner"] = short_title(self.refiner)
        self.extra["Refiner switch at"] = at


def _finite(number: float) -> float:
    """The number, or 0 for what is none."""
    return number if math.isfinite(number) else 0.0


def _share(number: float) -> float:
    """The nearest number from 0 to 1."""
    return min(max(_finite(number), 0.0), 1.0)


def check_paintable(width: int, height: int) -> None:
    """A picture needs at least one cell each way; less fails in the first layer of the model."""
    columns, rows = width // CELL, height // CELL
    if columns < 0 or rows < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension: [4, {rows}, {columns}]")
    if not columns or not rows:
        raise RuntimeError(
            f"Calculated padded input size per channel: ({rows + 2} x {columns + 2}). Kernel size: (3 x 3). "
            "Kernel size can't be greater than actual input size"
        )


def find_checkpoint(state: State, name: Any) -> Item:
    """The checkpoint of a name as refiner and hires fix look for it, or an exception of the plainest kind."""
    found = state.find_checkpoint(name)
    if found is None:
        raise Exception(f"Could not find checkpoint with name {name}")
    return found


def short_title(checkpoint: Item) -> str:
    """Name and hash, as infotexts name a checkpoint."""
    name: str = checkpoint["model_name"]
    return f"{name} [{checkpoint['hash']}]" if checkpoint.get("hash") else name
