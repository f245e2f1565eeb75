"""Dynamic Prompts: variants and wildcards in prompts (`{red|blue}`, `__colour__`), with a language model if wanted.

Its title carries its version, so the server's list is asked for it. It is on even where it is not mentioned: the unit
is for its values, and for switching it off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from .base import PositionalUnit, arg, within_arg

_TITLE = re.compile(r"dynamic prompts(\s+v[\d.]+\w*)?", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class DynamicPrompts(PositionalUnit):
    """Expand variants and wildcards in the prompts (adieyal/sd-dynamic-prompts)."""

    title: ClassVar[str] = "Dynamic Prompts v2.17.1"
    source: ClassVar[str] = "adieyal/sd-dynamic-prompts"

    enable: bool | None = arg(0, True, default=True)
    """False leaves the prompts as they are."""
    is_combinatorial: bool | None = arg(1, False)
    """Make all combinations instead of one by chance. Default false."""
    combinatorial_batches: int | None = arg(2, 1, **within_arg(1, 10))
    """How often the combinations are gone through, 1 (default) to 10."""
    is_magic_prompt: bool | None = arg(3, False)
    """Let a language model go on with the prompt. Default false."""
    is_feeling_lucky: bool | None = arg(4, False)
    """Look a prompt up on lexica.art. Default false."""
    is_attention_grabber: bool | None = arg(5, False)
    """Give a part of the prompt more weight by chance. Default false."""
    min_attention: float | None = arg(6, 1.1, **within_arg(-1, 2))
    """The least weight for that. Default 1.1."""
    max_attention: float | None = arg(7, 1.5, **within_arg(-1, 2))
    """The greatest weight for that. Default 1.5."""
    magic_prompt_length: int | None = arg(8, 100, **within_arg(30, 300))
    """Greatest length of the language model's text, 30 to 300. Default 100."""
    magic_temp_value: float | None = arg(9, 0.7, **within_arg(0.1, 3))
    """How free the language model is, 0.1 to 3. Default 0.7."""
    use_fixed_seed: bool | None = arg(10, False)
    """The same seed for all pictures. Default false."""
    unlink_seed_from_prompt: bool | None = arg(11, False)
    """Draw the variants anew even where the seed is the same. Default false."""
    disable_negative_prompt: bool | None = arg(12, True)
    """Leave the negative prompt as it is when the language model is used. Default true."""
    enable_jinja_templates: bool | None = arg(13, False)
    """Read the prompt as a Jinja template. Default false."""
    no_image_generation: bool | None = arg(14, False)
    """Make the prompts only: no pictures come back. Default false."""
    max_generations: int | None = arg(15, 0, **within_arg(0, 1000))
    """Most combinations; 0 (default) is all, whatever the number of batches."""
    magic_model: str | None = arg(16)
    """The language model. Default: the first of the server's."""
    magic_blocklist_regex: str | None = arg(17, "")
    """What the language model may not say, as a regular expression. Default "" (nothing)."""

    def is_called(self, listed: str) -> bool:
        return _TITLE.fullmatch(listed.strip()) is not None
