"""Simple wildcards: `__name__` in a prompt becomes a line of that name's list, by the seed of the picture.

It has no controls, is listed nowhere and always on. Two underscores that name no list vanish all the same. The lists
are those of the catalogue: `"wildcards": {"animal": ["a fox", ...]}`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..processing.scripts import Script
from .base import Extension
from .wildcards import wildcards_of

if TYPE_CHECKING:
    from ..processing.generation import Generation

simple_wildcards = Extension(
    "simple-wildcards",
    repository="AUTOMATIC1111/stable-diffusion-webui-wildcards",
    commit="03044aa",
    date=1689811200,
    options={"wildcards_same_seed": False, "wildcards_write_infotext": True},
)


@simple_wildcards.script()
class SimpleWildcards(Script):
    """The script."""

    title = "Simple wildcards"
    always_on = True
    implied = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Prompts of the first and the second pass, each by the seed of its picture."""
        lists = wildcards_of(run.state.catalog)
        same = run.options.get("wildcards_same_seed", False)
        for attribute, key in (
            ("all_prompts", "Wildcard prompt"),
            ("all_negative_prompts", "Wildcard negative prompt"),
            ("all_hires_prompts", None),
            ("all_hires_negative_prompts", None),
        ):
            prompts = getattr(run, attribute)
            if not prompts or not any("__" in prompt for prompt in prompts):
                continue
            seeds = [run.all_seeds[0 if same else place] for place in range(len(prompts))]
            filled = [_filled(prompt, lists, seed) for prompt, seed in zip(prompts, seeds, strict=True)]
            if key and run.options.get("wildcards_write_infotext", True) and filled[0] != prompts[0]:
                run.extra[key] = prompts[0]
            setattr(run, attribute, filled)


def _filled(prompt: str, lists: dict[str, list[str]], seed: int) -> str:
    chance = random.Random(seed)  # noqa: S311 - words of a prompt, no secrets
    return "".join(
        chance.choice(lists[part]) if " " not in part and lists.get(part) else part for part in prompt.split("__")
    )
