"""Prompts from file or textbox: a run for every line, a prompt or options like `--prompt "a cat" --steps 3`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..info import Processed
from ..limits import check_count, check_total
from ..pipeline import process
from ..seeds import SEED_RANGE
from .base import Script, register

if TYPE_CHECKING:
    from ..generation import Generation
    from ..names import Names


def _truth(text: str) -> bool:
    return text == "true"


_OPTIONS: Mapping[str, Callable[[str], Any] | None] = {
    "sd_model": str, "outpath_samples": str, "outpath_grids": str, "prompt_for_display": str, "prompt": str,
    "negative_prompt": str, "styles": str, "seed": int, "subseed_strength": float, "subseed": int,
    "seed_resize_from_h": int, "seed_resize_from_w": int, "sampler_index": int, "sampler_name": str, "batch_size": int,
    "n_iter": int, "steps": int, "cfg_scale": float, "width": int, "height": int, "restore_faces": _truth,
    "tiling": _truth, "do_not_save_samples": _truth, "do_not_save_grid": _truth,
}  # fmt: skip


@register
class PromptsFromFile(Script):
    """The script."""

    title = "Prompts from file or textbox"

    def run(
        self,
        run: Generation,
        checkbox_iterate: Any,
        checkbox_iterate_batch: Any,
        prompt_position: Any,
        prompt_txt: Any,
    ) -> Processed:
        """The prompt of the request is put before ("end") or behind ("start") each line's own."""
        lines = [line.strip() for line in prompt_txt.splitlines()]
        jobs = [_job(line, run.names) for line in lines if line]
        counts = [job.get("n_iter", run.n_iter) * job.get("batch_size", run.batch_size) for job in jobs]
        check_count(sum(counts))
        check_total(
            sum(
                count * job.get("width", run.width) * job.get("height", run.height)
                for count, job in zip(counts, jobs, strict=True)
            )
        )
        run.do_not_save_grid = True
        if (checkbox_iterate or checkbox_iterate_batch) and run.seed == -1:
            run.seed = run.state.random.randrange(SEED_RANGE)
        run.course.planned = sum(job.get("n_iter", run.n_iter) for job in jobs)

        images, all_prompts, infotexts = [], [], []
        pixels = 0
        for number, job in enumerate(jobs):
            run.course.name = f"{number + 1} out of {len(jobs)}"
            processed = process(_run_of(run, job, at_start=prompt_position == "start"))
            images += processed.images
            pixels += sum(image.width * image.height for image in processed.images)
            check_total(pixels)
            if checkbox_iterate:
                run.seed += run.batch_size * run.n_iter
            all_prompts += processed.all_prompts
            infotexts += processed.infotexts
        return Processed.of(run, images, seed=run.seed, all_prompts=all_prompts, infotexts=infotexts)


def _run_of(run: Generation, job: Mapping[str, Any], *, at_start: bool) -> Generation:
    own = run.copy()
    for name, value in job.items():
        if name == "sd_model":
            own.override_settings["sd_model_checkpoint"] = value
        else:
            setattr(own, name, value)
    for part in ("prompt", "negative_prompt"):
        line, common = job.get(part), getattr(run, part)
        if line and common:
            setattr(own, part, f"{line} {common}" if at_start else f"{common} {line}")
    return own


def _job(line: str, names: Names) -> dict[str, Any]:
    """What a line says; one that cannot be read as options is a prompt as a whole."""
    if "--" not in line:
        return {"prompt": line}
    try:
        return _options(shlex.split(line), names)
    except ValueError:
        return {"prompt": line}


def _options(words: list[str], names: Names) -> dict[str, Any]:
    job: dict[str, Any] = {}
    place = 0
    while place < len(words):
        name = words[place][2:]
        take = _OPTIONS.get(name)
        if not words[place].startswith("--") or take is None or place + 1 == len(words):
            raise ValueError(f"{words[place]} is no option with a value")
        if name in ("prompt", "negative_prompt"):
            end = place + 2
            while end < len(words) and not words[end].startswith("--"):
                end += 1
            job[name] = " ".join(words[place + 1 : end])
            place = end
            continue
        value = words[place + 1]
        if name == "sampler_name":
            sampler = names.any_sampler(value)
            value = sampler["name"] if sampler else ""
        job[name] = take(value)
        place += 2
    return job
