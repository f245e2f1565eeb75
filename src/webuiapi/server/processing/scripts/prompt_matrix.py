"""Prompt matrix: a picture for every combination of the parts of a prompt that `|` separates, and a grid of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import grids
from ..limits import MOST_PICTURES, check_count
from ..pipeline import fix_seed, process
from .base import Script, register

if TYPE_CHECKING:
    from ..generation import Generation
    from ..info import Processed


@register
class PromptMatrix(Script):
    """The script."""

    title = "Prompt matrix"

    def run(
        self,
        run: Generation,
        put_at_start: Any,
        different_seeds: Any,
        prompt_type: Any,
        variations_delimiter: Any,
        margin_size: Any,
    ) -> Processed:
        """Works on the positive or the negative prompt; parts are joined by a comma or a space."""
        fix_seed(run)
        if prompt_type not in ("positive", "negative"):
            raise ValueError(f"Unknown prompt type {prompt_type}")
        if variations_delimiter not in ("comma", "space"):
            raise ValueError(f"Unknown variations delimiter {variations_delimiter}")
        prompt = run.prompt if prompt_type == "positive" else run.negative_prompt
        first, *parts = prompt.split("|")
        variants = _variants(
            first, parts, at_start=bool(put_at_start), joint=", " if variations_delimiter == "comma" else " "
        )
        run.n_iter = math.ceil(len(variants) / run.batch_size)
        run.do_not_save_grid = True
        if prompt_type == "positive":
            run.prompt = variants
        else:
            run.negative_prompt = variants
        run.seed = [run.seed + (index if different_seeds else 0) for index in range(len(variants))]
        processed = process(run)
        if processed.images:
            _add_grid(processed, parts, run, margin_size)
        return processed


def _variants(first: str, parts: Sequence[str], *, at_start: bool, joint: str) -> list[str]:
    """The prompt with no part, with the first, the second, both, the third, ..."""
    check_count(2 ** len(parts) if len(parts) < MOST_PICTURES else MOST_PICTURES + 1)
    variants = []
    for choice in range(2 ** len(parts)):
        chosen = [part.strip().strip(",") for place, part in enumerate(parts) if choice >> place & 1]
        variants.append(joint.join([*chosen, first] if at_start else [first, *chosen]))
    return variants


def _add_grid(processed: Processed, parts: Sequence[str], run: Generation, margin: int) -> None:
    """The grid of all, half of the parts named above its columns, the others beside its rows.

    One that was interrupted has too few pictures for the names, and does without them.
    """
    rows = 1 << (len(parts) // 2)
    sheet = grids.grid(processed.images, run.options, rows=rows)
    if len(processed.images) == 2 ** len(parts):
        half = math.ceil(len(parts) / 2)
        cell = processed.images[0].size
        sheet = grids.with_legend(sheet, cell, _texts(parts[:half]), _texts(parts[half:]), run.options, margin)
    processed.images.insert(0, sheet)
    processed.index_of_first_image = 1
    processed.infotexts.insert(0, processed.infotexts[0])


def _texts(parts: Sequence[str]) -> list[list[grids.Text]]:
    """For each combination all the parts, those struck through that it leaves out."""
    return [
        [grids.Text(part, bool(choice >> place & 1)) for place, part in enumerate(parts)]
        for choice in range(1 << len(parts))
    ]
