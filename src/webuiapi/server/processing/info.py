"""What is said about pictures: the infotext of each, and the `info` of a whole answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ...infotext.text import write
from .generation import Batch, Generation

if TYPE_CHECKING:
    from PIL.Image import Image


def infotext(run: Generation, batch: Batch | None = None, index: int = 0, *, main: bool = False) -> str:
    """The parameters of one picture of a batch, or of a run as a whole; `main` is for a grid of all."""
    texts = run.all_prompts if batch is None else batch.prompts
    negatives = run.all_negative_prompts if batch is None else batch.negative_prompts
    seeds = run.all_seeds if batch is None or main else batch.seeds
    subseeds = run.all_subseeds if batch is None or main else batch.subseeds
    prompt = run.main_prompt if main else texts[index]
    negative = run.main_negative_prompt if main else negatives[index]
    pairs = {key: _of_one(value, index) for key, value in _pairs(run, seeds[index], subseeds[index]).items()}
    for key, values, own in (
        ("Hires prompt", run.all_hires_prompts, texts),
        ("Hires negative prompt", run.all_hires_negative_prompts, negatives),
    ):
        if values:
            # As there, the place in the batch is taken for the place in the whole list.
            pairs[key] = values[index] if values[index] != own[index] else None
    return write(prompt or "", negative or "", {key: value for key, value in pairs.items() if value is not None})


def _of_one(value: Any, index: int) -> Any:
    return value[index] if isinstance(value, list) and index < len(value) else value


def _pairs(run: Generation, seed: int, subseed: int) -> dict[str, Any]:
    options = run.options
    clip_skip = options["CLIP_stop_at_last_layers"]
    varied = run.subseed_strength != 0
    resized = run.seed_resize_from_w > 0 and run.seed_resize_from_h > 0
    eta = options["eta_ancestral"] if run.eta is None else run.eta
    ensd = options["eta_noise_seed_delta"]
    return {
        "Steps": run.steps,
        "Sampler": run.sampler_name,
        "Schedule type": run.scheduler,
        "CFG scale": run.cfg_scale,
        "Seed": seed,
        "Face restoration": options["face_restoration_model"] if run.restore_faces else None,
        "Size": f"{run.width}x{run.height}",
        "Model hash": run.model_hash if options["add_model_hash_to_info"] else None,
        "Model": run.model_name if options["add_model_name_to_info"] else None,
        "VAE hash": run.vae_hash if options["add_vae_hash_to_info"] else None,
        "VAE": run.vae_name if options["add_vae_name_to_info"] else None,
        "Variation seed": subseed if varied else None,
        "Variation seed strength": run.subseed_strength if varied else None,
        "Seed resize from": f"{run.seed_resize_from_w}x{run.seed_resize_from_h}" if resized else None,
        "Denoising strength": run.extra.get("Denoising strength"),
        "Clip skip": clip_skip if clip_skip > 1 else None,
        "ENSD": ensd if ensd and run.names.uses_ensd(run.sampler_name, eta) else None,
        "Token merging ratio": run.token_merging_ratio() or None,
        "Token merging ratio hr": run.token_merging_ratio_hr() or None,
        "Init image hash": run.init_image_hash,
        "RNG": options["randn_source"] if options["randn_source"] != "GPU" else None,
        "Tiling": "True" if run.tiling else None,
        **run.extra,
        **(run.state.flavour.marks if options["add_version_to_infotext"] else {}),
    }


@dataclass
class Processed:
    """What came of a run, or of all the runs of a script. The fields from `prompt` on are those of `info`, in order."""

    images: list[Image]
    own_prompt: Any
    """The prompt of the run before styles and comments."""
    text: str
    """The infotext that stands for all."""
    prompt: Any
    all_prompts: list[Any]
    negative_prompt: Any
    all_negative_prompts: list[Any]
    seed: int
    all_seeds: list[int]
    subseed: int
    all_subseeds: list[int]
    subseed_strength: Any
    width: Any
    height: Any
    sampler_name: Any
    cfg_scale: Any
    steps: Any
    batch_size: Any
    restore_faces: Any
    face_restoration_model: Any
    sd_model_name: str | None
    sd_model_hash: str | None
    sd_vae_name: str | None
    sd_vae_hash: str | None
    seed_resize_from_w: Any
    seed_resize_from_h: Any
    denoising_strength: Any
    extra_generation_params: Mapping[str, Any]
    index_of_first_image: int
    infotexts: list[str]
    styles: Any
    job_timestamp: str
    clip_skip: Any
    is_using_inpainting_conditioning: bool
    version: str

    @classmethod
    def of(
        cls,
        run: Generation,
        images: list[Image],
        *,
        seed: int | None = -1,
        subseed: int | None = None,
        info: str = "",
        infotexts: list[str] | None = None,
        all_prompts: list[Any] | None = None,
        index_of_first_image: int = 0,
    ) -> Processed:
        """What a run is now; what it never settled is as the request has it."""
        prompt, negative = _first(run.prompt), _first(run.negative_prompt)
        the_seed = -1 if seed is None else int(seed)
        the_subseed = -1 if subseed is None else int(subseed)
        options = run.options
        return cls(
            images=images,
            own_prompt=prompt,
            text=info,
            prompt=None,
            all_prompts=all_prompts or run.all_prompts or [prompt],
            negative_prompt=None,
            all_negative_prompts=run.all_negative_prompts or [negative],
            seed=the_seed,
            all_seeds=run.all_seeds or [the_seed],
            subseed=the_subseed,
            all_subseeds=run.all_subseeds or [the_subseed],
            subseed_strength=run.subseed_strength,
            width=run.width,
            height=run.height,
            sampler_name=run.sampler_name,
            cfg_scale=run.cfg_scale,
            steps=run.steps,
            batch_size=run.batch_size,
            restore_faces=run.restore_faces,
            face_restoration_model=options["face_restoration_model"] if run.restore_faces else None,
            sd_model_name=run.model_name,
            sd_model_hash=run.model_hash,
            sd_vae_name=run.vae_name,
            sd_vae_hash=run.vae_hash,
            seed_resize_from_w=run.seed_resize_from_w,
            seed_resize_from_h=run.seed_resize_from_h,
            denoising_strength=run.denoising_strength,
            extra_generation_params=run.extra,
            index_of_first_image=index_of_first_image,
            infotexts=infotexts or [info] * len(images),
            styles=run.styles,
            job_timestamp=run.job.timestamp,
            clip_skip=options["CLIP_stop_at_last_layers"],
            is_using_inpainting_conditioning=False,
            version=run.state.flavour.version,
        )

    def to_json(self) -> str:
        """The `info` of an answer. What JSON cannot hold is null; NaN and infinities stand bare."""
        shown = {one.name: getattr(self, one.name) for one in fields(self)[3:]}
        shown["prompt"] = self.all_prompts[0]
        shown["negative_prompt"] = self.all_negative_prompts[0]
        return json.dumps(shown, default=lambda _: None)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value
