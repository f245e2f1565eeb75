"""One run from its settings to its pictures. `process` is what an endpoint or a script calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..catalog import sha256_of
from . import grids, prompts
from .generation import NO_CHECKPOINT, Batch, Generation, find_checkpoint
from .info import Processed, infotext
from .limits import check_count, check_total
from .names import AUTOMATIC
from .seeds import fixed_seed, seeds_for

if TYPE_CHECKING:
    from PIL.Image import Image

VAE_HASH = 10
"""Digits of a VAE's hash that infotexts show."""


def process(run: Generation) -> Processed:
    """Paint what a run says, under its own settings."""
    for script in run.scripts:
        script.script.check(run, script.args)
    for script in run.scripts:
        script.call("before_process", run)
    with run.state.overridden(run.override_settings, bool(run.override_settings_restore_afterwards)):
        run.sampler_name, run.scheduler = run.names.resolve(run.sampler_name, run.scheduler, automatic=False)
        return _process(run)


def fix_seed(run: Generation) -> None:
    """Draw the seeds that are left to chance, so that several runs can share them."""
    run.seed = fixed_seed(run.seed, run.state.random)
    run.subseed = fixed_seed(run.subseed, run.state.random)


def _process(run: Generation) -> Processed:
    if run.prompt is None:
        raise AssertionError
    _settle(run)
    for script in run.scripts:
        script.call("process", run)
    run.prepare()
    check_count(len(run.all_prompts))
    check_total(len(run.all_prompts), run.answer_size)
    run.course.begin(run.n_iter, run.passes)

    pictures: list[Image] = []
    infotexts: list[str] = []
    pixels = 0
    for index in range(run.n_iter):
        if run.job.interrupted:
            break
        batch = _batch(run, index)
        if not batch.prompts:
            break
        run.job.begin_batch(index, run.n_iter, name=run.course.name if run.n_iter == 1 else None)
        known = len(pictures)
        _paint_batch(run, batch, pictures, infotexts)
        pixels += sum(image.width * image.height for image in pictures[known:])
        check_total(pixels)  # once more, because scripts may have enlarged them
    infotexts = infotexts or [infotext(run)]

    first = _add_grid(run, pictures, infotexts)
    processed = Processed.of(
        run,
        pictures,
        seed=run.all_seeds[0],
        subseed=run.all_subseeds[0],
        info=infotexts[0],
        infotexts=infotexts,
        index_of_first_image=first,
    )
    for script in run.scripts:
        script.call("postprocess", run, processed)
    return processed


def _settle(run: Generation) -> None:
    """Fill in what the request leaves to the server."""
    options, state = run.options, run.state
    seed = run.seed if isinstance(run.seed, list) else fixed_seed(run.seed, state.random)
    subseed = run.subseed if isinstance(run.subseed, list) else fixed_seed(run.subseed, state.random)
    if run.restore_faces is None:
        run.restore_faces = options["face_restoration"]
    if run.tiling is None:
        run.tiling = options["tiling"]
    run.refiner = None if run.refiner_checkpoint in NO_CHECKPOINT else find_checkpoint(state, run.refiner_checkpoint)
    run.model_name = state.checkpoint["model_name"]
    run.model_hash = state.checkpoint["hash"]
    run.vae_name, run.vae_hash = _vae(run)
    run.setup_prompts()
    count = len(run.all_prompts)
    run.all_seeds = seeds_for(seed, count, same=run.subseed_strength != 0)
    run.all_subseeds = seeds_for(subseed, count, same=False)


def _vae(run: Generation) -> tuple[str | None, str | None]:
    """Name and hash of the VAE that the options name; the checkpoint's own has neither."""
    name = run.options["sd_vae"]
    if name in (AUTOMATIC, "None"):
        return None, None
    for vae in run.state.catalog.vaes:
        if vae["model_name"] == name:
            return name, sha256_of(vae["filename"])[:VAE_HASH]
    return None, None


def _batch(run: Generation, index: int) -> Batch:
    here = slice(index * run.batch_size, (index + 1) * run.batch_size)
    return Batch(
        index, run.all_prompts[here], run.all_negative_prompts[here], run.all_seeds[here], run.all_subseeds[here]
    )


def _paint_batch(run: Generation, batch: Batch, pictures: list[Image], infotexts: list[str]) -> None:
    """Paint a batch and add its pictures, with what belongs to each, and its infotexts."""
    _note_networks(run, batch)
    for script in run.scripts:
        script.call("process_batch", run, batch)
    painted = run.paint(batch)
    if run.options["sd_vae_decode_method"] != "Full":
        run.extra["VAE Decoder"] = run.options["sd_vae_decode_method"]
    run.job.end_pass()
    for script in run.scripts:
        painted = script.call("postprocess_batch", run, batch, painted) or painted
    for index, image in enumerate(painted):
        for script in run.scripts:
            image = script.call("postprocess_image", run, image) or image
        image, following = run.finished(image, index)
        text = infotext(run, batch, index)
        infotexts.append(text)
        if run.options["enable_pnginfo"]:
            image.info["parameters"] = text
        pictures += [image, *following]


def _note_networks(run: Generation, batch: Batch) -> None:
    """LoRAs and embeddings in the prompts, and emphasis where it works in another way."""
    texts: list[Any] = [*batch.prompts, *batch.negative_prompts]
    if not run.disable_extra_networks and run.options.get("lora_add_hashes_to_infotext"):
        hashes = prompts.lora_hashes(batch.prompts, run.state)
        if hashes:
            run.extra["Lora hashes"] = prompts.written(hashes)
    if run.options["textual_inversion_add_hashes_to_infotext"]:
        hashes = prompts.embedding_hashes(texts, run.state)
        if hashes:
            run.extra["TI hashes"] = prompts.written(hashes)
    if run.options["emphasis"] != "Original" and any("(" in text or "[" in text for text in texts):
        run.extra["Emphasis"] = run.options["emphasis"]


def _add_grid(run: Generation, pictures: list[Image], infotexts: list[str]) -> int:
    """Put a grid before the pictures where the server would save one; how many grids there are."""
    options = run.options
    if run.do_not_save_grid or not grids.is_wanted(len(pictures), options):
        return 0
    sheet = grids.grid(pictures, options, batch_size=run.batch_size)
    text = infotext(run, main=True)
    infotexts.insert(0, text)
    if options["enable_pnginfo"]:
        sheet.info["parameters"] = text
    pictures.insert(0, sheet)
    return 1
