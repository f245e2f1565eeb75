"""The axes of the X/Y/Z plot: what each does to a run, which values it takes, and how its labels read.

Which axes a tab has, and in which order, is the catalogue's: the choices of the script's first argument. An axis that
is not known here (extensions add some) makes labels, and changes nothing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import axis_values
from .generation import NO_CHECKPOINT

if TYPE_CHECKING:
    from .generation import Generation

Apply = Callable[["Generation", Any, Sequence[Any]], None]
Values = Callable[[Sequence[str]], Sequence[Any]]


@dataclass(frozen=True)
class Axis:
    """One kind of axis."""

    apply: Apply
    values: Values = list
    """Items of text to values."""
    chosen: bool = False
    """Has a list to choose from: values come from the dropdown, not from the text, unless texts are asked for."""
    check: Callable[[Generation, Sequence[Any]], None] | None = None
    """Refuses values before anything is painted."""
    cost: float = 0.0
    """How long a change takes; the dearest axis changes least often."""
    label: Callable[[str, Any], str] = lambda name, value: f"{name}: {_shown(value)}"


def _shown(value: Any) -> Any:
    return round(value, 8) if isinstance(value, float) else value


def _bare(_: str, value: Any) -> str:
    return str(_shown(value))


def _listed(_: str, value: Any) -> str:
    return ", ".join(value)


def _file(_: str, value: Any) -> str:
    return posixpath.basename(str(value).replace("\\", "/"))


# --- what axes do


def _nothing(run: Generation, value: Any, values: Sequence[Any]) -> None:
    """The axis that is not used, and one that only changes what inpainting models do, of which there are none."""


def _field(name: str) -> Apply:
    return lambda run, value, values: setattr(run, name, value)


def _setting(name: str, *, truth: bool = False) -> Apply:
    def apply(run: Generation, value: Any, values: Sequence[Any]) -> None:
        run.override_settings[name] = value.lower() == "true" if truth else value

    return apply


def _replace(run: Generation, value: str, values: Sequence[str]) -> None:
    """Prompt S/R: the first value is looked for, and each value put in its place."""
    wanted = values[0]
    if wanted not in run.prompt and wanted not in run.negative_prompt:
        raise RuntimeError(f"Prompt S/R did not find {wanted} in prompt or negative prompt.")
    run.prompt = run.prompt.replace(wanted, value)
    run.negative_prompt = run.negative_prompt.replace(wanted, value)


def _reorder(run: Generation, value: Sequence[str], values: Sequence[Any]) -> None:
    """Prompt order: the parts change places, what is between them stays."""
    prompt, between = run.prompt, []
    for part in sorted(value, key=prompt.find):
        before, _, prompt = prompt.partition(part)
        between.append(before)
    run.prompt = "".join(text for pair in zip(between, value, strict=True) for text in pair) + prompt


def _checkpoint(run: Generation, value: str, values: Sequence[Any]) -> None:
    found = run.state.find_checkpoint(value)
    if found is not None:
        run.override_settings["sd_model_checkpoint"] = found["title"]


def _vae(run: Generation, value: str, values: Sequence[Any]) -> None:
    wanted = value.strip().lower()
    names = {vae["model_name"].lower(): vae["model_name"] for vae in run.state.catalog.vaes}
    run.override_settings["sd_vae"] = {"none": "None"}.get(wanted) or names.get(wanted, "Automatic")


def _styles(run: Generation, value: str, values: Sequence[Any]) -> None:
    run.styles = [*run.styles, *value.split(",")]


def _unipc_order(run: Generation, value: int, values: Sequence[Any]) -> None:
    run.override_settings["uni_pc_order"] = min(value, run.steps - 1)


def _face_restore(run: Generation, value: str, values: Sequence[Any]) -> None:
    restorers = {"codeformer": "CodeFormer", "gfpgan": "GFPGAN"}
    wanted = value.lower()
    if wanted in restorers:
        run.override_settings["face_restoration_model"] = restorers[wanted]
    run.restore_faces = wanted in (*restorers, "true", "yes", "y", "1")


def _size(run: Generation, value: str, values: Sequence[Any]) -> None:
    """WxH; what cannot be read changes nothing."""
    width, _, height = value.partition("x")
    try:
        run.width, run.height = int(width), int(height)
    except ValueError:
        return


# --- what they refuse


def _known_samplers(run: Generation, values: Sequence[str]) -> None:
    for value in values:
        if run.names.any_sampler(value) is None:
            raise RuntimeError(f"Unknown sampler: {value}")


def _known_checkpoints(run: Generation, values: Sequence[str]) -> None:
    for value in values:
        if run.state.find_checkpoint(value) is None:
            raise RuntimeError(f"Unknown checkpoint: {value}")


def _known_checkpoints_or_none(run: Generation, values: Sequence[str]) -> None:
    _known_checkpoints(run, [value for value in values if value not in NO_CHECKPOINT])


_INTEGER, _FLOAT = axis_values.integers, axis_values.floats

AXES: Mapping[str, Axis] = {
    "Nothing": Axis(_nothing, label=lambda name, value: ""),
    "Seed": Axis(_field("seed"), _INTEGER),
    "Var. seed": Axis(_field("subseed"), _INTEGER),
    "Var. strength": Axis(_field("subseed_strength"), _FLOAT),
    "Steps": Axis(_field("steps"), _INTEGER),
    "Hires steps": Axis(_field("hr_second_pass_steps"), _INTEGER),
    "CFG Scale": Axis(_field("cfg_scale"), _FLOAT),
    "Image CFG Scale": Axis(_field("image_cfg_scale"), _FLOAT),
    "Prompt S/R": Axis(_replace, label=_bare),
    "Prompt order": Axis(_reorder, axis_values.permutations, label=_listed),
    "Sampler": Axis(_field("sampler_name"), chosen=True, check=_known_samplers, label=_bare),
    "Hires sampler": Axis(_field("hr_sampler_name"), chosen=True, check=_known_samplers),
    "Checkpoint name": Axis(_checkpoint, chosen=True, check=_known_checkpoints, cost=1.0, label=_file),
    "Negative Guidance minimum sigma": Axis(_field("s_min_uncond"), _FLOAT),
    "Sigma Churn": Axis(_field("s_churn"), _FLOAT),
    "Sigma min": Axis(_field("s_tmin"), _FLOAT),
    "Sigma max": Axis(_field("s_tmax"), _FLOAT),
    "Sigma noise": Axis(_field("s_noise"), _FLOAT),
    "Schedule type": Axis(_field("scheduler"), chosen=True),
    "Schedule min sigma": Axis(_setting("sigma_min"), _FLOAT),
    "Schedule max sigma": Axis(_setting("sigma_max"), _FLOAT),
    "Schedule rho": Axis(_setting("rho"), _FLOAT),
    "Beta schedule alpha": Axis(_setting("beta_dist_alpha"), _FLOAT),
    "Beta schedule beta": Axis(_setting("beta_dist_beta"), _FLOAT),
    "Eta": Axis(_field("eta"), _FLOAT),
    "Clip skip": Axis(_setting("CLIP_stop_at_last_layers"), _INTEGER),
    "Denoising": Axis(_field("denoising_strength"), _FLOAT),
    "Initial noise multiplier": Axis(_field("initial_noise_multiplier"), _FLOAT),
    "Extra noise": Axis(_setting("img2img_extra_noise"), _FLOAT),
    "Cond. Image Mask Weight": Axis(_nothing, _FLOAT),
    "Hires upscaler": Axis(_field("hr_upscaler"), chosen=True),
    "VAE": Axis(_vae, chosen=True, cost=0.7, label=_bare),
    "Styles": Axis(_styles, chosen=True),
    "UniPC Order": Axis(_unipc_order, _INTEGER, cost=0.5),
    "Face restore": Axis(_face_restore, label=_bare),
    "Token merging ratio": Axis(_setting("token_merging_ratio"), _FLOAT),
    "Token merging ratio high-res": Axis(_setting("token_merging_ratio_hr"), _FLOAT),
    "Always discard next-to-last sigma": Axis(_setting("always_discard_next_to_last_sigma", truth=True), chosen=True),
    "SGM noise multiplier": Axis(_setting("sgm_noise_multiplier", truth=True), chosen=True),
    "Refiner checkpoint": Axis(
        _field("refiner_checkpoint"), chosen=True, check=_known_checkpoints_or_none, cost=1.0, label=_file
    ),
    "Refiner switch at": Axis(_field("refiner_switch_at"), _FLOAT),
    "RNG source": Axis(_setting("randn_source"), chosen=True),
    "FP8 mode": Axis(_setting("fp8_storage"), chosen=True, cost=0.9),
    "Size": Axis(_size),
    "[Hypertile] Unet First pass Enabled": Axis(_setting("hypertile_enable_unet", truth=True), chosen=True),
    "[Hypertile] Unet Second pass Enabled": Axis(_setting("hypertile_enable_unet_secondpass", truth=True), chosen=True),
    "[Hypertile] Unet Max Depth": Axis(_setting("hypertile_max_depth_unet"), _INTEGER),
    "[Hypertile] Unet Max Tile Size": Axis(_setting("hypertile_max_tile_unet"), _INTEGER),
    "[Hypertile] Unet Swap Size": Axis(_setting("hypertile_swap_size_unet"), _INTEGER),
    "[Hypertile] VAE Enabled": Axis(_setting("hypertile_enable_vae", truth=True), chosen=True),
    "[Hypertile] VAE Max Depth": Axis(_setting("hypertile_max_depth_vae"), _INTEGER),
    "[Hypertile] VAE Max Tile Size": Axis(_setting("hypertile_max_tile_vae"), _INTEGER),
    "[Hypertile] VAE Swap Size": Axis(_setting("hypertile_swap_size_vae"), _INTEGER),
}
OTHER = Axis(_nothing)


def axis_names(run: Generation) -> list[str]:
    """The names of the axes that the run's tab has, in order: what the script's numbers stand for."""
    is_img2img = run.kind == "img2img"
    names: list[str] = next(
        info["args"][0]["choices"]
        for info in run.state.catalog.script_info
        if info["name"].lower() == "x/y/z plot" and bool(info["is_img2img"]) == is_img2img
    )
    return names
