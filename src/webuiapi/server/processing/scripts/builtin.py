"""The always-on scripts that come with the webui and do something for requests.

Seed, Sampler and Refiner are always-on scripts too, but serve the user interface only: requests may name them, to no
effect, so nothing stands here for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from .. import prompts
from ..img2img import Img2Img
from ..txt2img import Txt2Img
from .base import Script, register

if TYPE_CHECKING:
    from ..generation import Generation


@register
class Comments(Script):
    """Cuts `# ...` out of prompts, unless the option `enable_prompt_comments` is off."""

    title = "Comments"
    always_on = True
    implied = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """All prompts, those of the second pass too."""
        if not run.options.get("enable_prompt_comments", True):
            return
        run.all_prompts = [prompts.without_comments(prompt) for prompt in run.all_prompts]
        run.all_negative_prompts = [prompts.without_comments(prompt) for prompt in run.all_negative_prompts]
        run.main_prompt = prompts.without_comments(run.main_prompt)
        run.main_negative_prompt = prompts.without_comments(run.main_negative_prompt)
        if isinstance(run, Txt2Img) and run.enable_hr:
            run.all_hires_prompts = [prompts.without_comments(prompt) for prompt in run.all_hires_prompts or []]
            run.all_hires_negative_prompts = [
                prompts.without_comments(prompt) for prompt in run.all_hires_negative_prompts or []
            ]


@register
class SoftInpainting(Script):
    """Lets painting and picture run into each other: the mask keeps its greys."""

    title = "Soft Inpainting"
    always_on = True
    infotext_arguments: ClassVar[Mapping[int, tuple[str, type]]] = {
        0: ("Soft inpainting enabled", bool),
        1: ("Soft inpainting schedule bias", float),
        2: ("Soft inpainting preservation strength", float),
        3: ("Soft inpainting transition contrast boost", float),
        4: ("Soft inpainting mask influence", float),
        5: ("Soft inpainting difference threshold", float),
        6: ("Soft inpainting difference contrast", float),
    }

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Works only where there is a mask."""
        if not args[0] or not isinstance(run, Img2Img) or run.image_mask is None:
            return
        run.mask_round = False
        for place, (key, _) in self.infotext_arguments.items():
            run.extra[key] = True if place == 0 else args[place]


_HYPERTILE_USUAL = {"max_depth": 3, "max_tile": 256, "swap_size": 3}
_HYPERTILE_WORDS = {"max_depth": "max depth", "max_tile": "max tile size", "swap_size": "swap size"}


@register
class Hypertile(Script):
    """Says in the infotext which of its options differ from their defaults; a picture it changes little."""

    title = "Hypertile"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """For the first pass and the VAE."""
        if run.options.get("hypertile_enable_unet"):
            run.extra["Hypertile U-Net"] = True
            self._note(run, "U-Net", "unet", _HYPERTILE_USUAL)
        if run.options.get("hypertile_enable_vae"):
            run.extra["Hypertile VAE"] = True
            self._note(run, "VAE", "vae", {**_HYPERTILE_USUAL, "max_tile": 128})

    def before_hires(self, run: Generation, args: Sequence[Any]) -> None:
        """For the second pass."""
        if run.options.get("hypertile_enable_unet_secondpass"):
            run.extra["Hypertile U-Net second pass"] = True
            self._note(run, "U-Net", "unet", _HYPERTILE_USUAL)

    def _note(self, run: Generation, part: str, suffix: str, usual: dict[str, int]) -> None:
        for name, words in _HYPERTILE_WORDS.items():
            value = run.options[f"hypertile_{name}_{suffix}"]
            run.extra[f"Hypertile {part} {words}"] = None if value == usual[name] else value


@register
class ExtraOptions(Script):
    """Settings that the server shows beside the prompt: they count like `override_settings` of every request."""

    title = "Extra options"
    always_on = True

    def before_process(self, run: Generation, args: Sequence[Any]) -> None:
        """One argument for each option that `extra_options_<tab>` names."""
        for name, value in zip(run.options.get(f"extra_options_{run.kind}") or [], args, strict=False):
            run.override_settings.setdefault(name, value)
