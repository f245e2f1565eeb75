"""Regional Prompter: other prompts for parts of the picture, divided by `BREAK`, `ADDCOL`, `ADDROW` in the prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..checks import Problem
from .base import PICTURE, PositionalUnit, arg, numbers

if TYPE_CHECKING:
    from ..api.generate import Generation
    from ..images import ImageInput

KEYWORDS = ("BREAK", "ADDCOL", "ADDROW", "ADDBASE", "ADDCOMM", "ADDP", "AND")
SWITCHES = (
    "disable convert 'AND' to 'BREAK'",
    "Use LoHa or other",
    "Use BREAK to change chunks",
    "Flip prompts",
    "Comment Out `#`",
    "Enabled only in Hires Fix",
    "Disabled in Hires Fix",
    "debug",
    "debug2",
)


@dataclass(frozen=True, eq=False)
class RegionalPrompter(PositionalUnit):
    """Prompts for parts of the picture (hako-mikan/sd-webui-regional-prompter)."""

    title: ClassVar[str] = "Regional Prompter"
    source: ClassVar[str] = "hako-mikan/sd-webui-regional-prompter"
    marks: ClassVar[tuple[str, ...]] = ("RP Active",)

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    debug: bool | None = arg(1, False)
    """Write details on the server's console. Default false."""
    mode: str | None = arg(2, "Matrix", choices=("Matrix", "Mask", "Prompt"))
    """How the parts are given: `Matrix` (default; columns and rows), `Mask`, `Prompt` (words of the prompt)."""
    matrix_mode: str | None = arg(3, "Columns", choices=("Columns", "Rows", "Random"))
    """For Matrix: `Columns` (default), `Rows` or `Random`."""
    mask_mode: str | None = arg(4, "Mask", choices=("Mask",))
    """For Mask: `Mask`."""
    prompt_mode: str | None = arg(5, "Prompt", choices=("Prompt", "Prompt-Ex"))
    """For Prompt: `Prompt` (default) or `Prompt-Ex`."""
    ratios: str | Sequence[float] | None = arg(6, "1,1", convert=numbers)
    """For Matrix: the sizes of the parts, `"1,2,1"`. Default "1,1"."""
    base_ratios: str | Sequence[float] | None = arg(7, "0.2", convert=numbers)
    """How much the base prompt counts in each part. Default "0.2"."""
    use_base: bool | None = arg(8, False)
    """The first part of the prompt is a base for the whole picture. Default false."""
    use_common: bool | None = arg(9, False)
    """The first part of the prompt belongs to all parts. Default false."""
    use_common_negative: bool | None = arg(10, False)
    """The same for the negative prompt. Default false."""
    calc_mode: str | None = arg(11, "Attention", choices=("Attention", "Latent"))
    """`Attention` (default, faster) or `Latent` (keeps LoRAs apart)."""
    switches: Sequence[str] | None = arg(12, False, choices=SWITCHES)
    """Switches by name, such as `Flip prompts`. Default none."""
    lora_text_encoder: str | float | None = arg(13, "0", convert=numbers)
    """For Latent: LoRAs' strength in the text encoder of the negative prompt. Default 0."""
    lora_unet: str | float | None = arg(14, "0", convert=numbers)
    """For Latent: LoRAs' strength in the U-Net of the negative prompt. Default 0."""
    threshold: str | float | None = arg(15, "0.4", convert=numbers)
    """For Prompt: where a word's part ends, one number or several. Default 0.4."""
    mask: ImageInput | None = arg(16, **PICTURE)
    """For Mask: a picture with the parts in the colours of the web page."""
    lora_stop_step: str | int | None = arg(17, "0", convert=numbers)
    """The step from which on LoRAs are left out; 0 (default) is never."""
    lora_hires_stop_step: str | int | None = arg(18, "0", convert=numbers)
    """The same in the hires pass."""
    flip: bool | None = arg(19, False)
    """Change the meaning of `,` and `;` in ratios. Default false."""

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        prompt = request.prompt
        if self.enable and prompt is not None and not re.search(rf"\b({'|'.join(KEYWORDS)})\b", prompt):
            yield Problem(
                f"RegionalPrompter: without {', '.join(KEYWORDS[:-1])} or {KEYWORDS[-1]} in the prompt it does nothing",
                fatal=False,
            )
