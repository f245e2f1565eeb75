"""promptgen: prompts gone on with. No language model runs: phrases that suit pictures are put behind the text.

Results hold letters, digits, blanks, full stops and commas only, as there, where the rest is deleted after escaping.
"""

from __future__ import annotations

import html
import random
import re
from typing import TYPE_CHECKING, Any

from ..errors import HTTPError
from .base import Extension, field

if TYPE_CHECKING:
    from ..routing import Call

MODELS = ("AUTOMATIC/promptgen-lexart", "AUTOMATIC/promptgen-majinai-safe", "AUTOMATIC/promptgen-majinai-unsafe")
promptgen = Extension(
    "promptgen",
    repository="davidmartinrius/stable-diffusion-webui-promptgen",
    commit="15ab064",
    date=1689811200,
    options={"promptgen_names": ", ".join(MODELS)},
)

_SUBJECTS = (
    "a lighthouse above the sea", "a fox in autumn leaves", "an old town at night", "a squirrel on a branch",
    "mountains behind a lake", "a garden full of flowers", "a cat by the window", "an owl in the moonlight",
)  # fmt: skip
_PHRASES = (
    "golden hour", "soft light", "highly detailed", "wide angle", "calm mood", "muted colors", "volumetric mist",
    "sharp focus", "painted with a fine brush", "oil on canvas", "watercolor", "clear composition", "deep shadows",
    "long exposure", "warm palette", "cold palette", "gentle wind", "after the rain", "early morning", "dramatic sky",
    "matte painting", "concept art", "storybook illustration", "film grain",
)  # fmt: skip
_DELETED = re.compile(r"[^a-zA-Z0-9 .,]")
_TOKENS_A_PHRASE = 3


@promptgen.get("/promptgen/list_models")
def list_models(call: Call) -> dict[str, Any]:
    """The models that can be asked."""
    names = call.state.options.get("promptgen_names", ", ".join(MODELS))
    return {"available_models": [name.strip() for name in str(names).split(",") if name.strip()]}


@promptgen.post(
    "/promptgen/generate",
    {
        "model_name": field("string", MODELS[0]),
        "batch_count": field("integer", 1, ge=1, le=100),
        "batch_size": field("integer", 20, ge=1, le=100),
        "text": field("string", ""),
        "min_length": field("integer", 20, ge=1, le=400),
        "max_length": field("integer", 150, ge=1, le=400),
        "num_beams": field("integer", 1, ge=1, le=8),
        "temperature": field("number", 1, ge=0, le=4),
        "repetition_penalty": field("number", 1, ge=1, le=4),
        "length_preference": field("number", 1, ge=-10, le=10),
        "sampling_mode": {**field("string", "Top K"), "enum": ["Top K", "Top P"]},
        "top_k": field("integer", 12, ge=1, le=50),
        "top_p": field("number", 0.15, ge=0, le=1),
    },
)
def generate(call: Call) -> dict[str, Any]:
    """As many prompts as batches and their size make."""
    fields = call.fields
    if fields["model_name"] not in list_models(call)["available_models"]:
        raise HTTPError(500, f"there is no model {fields['model_name']!r}")
    chance = random.Random(call.state.random.getrandbits(32))  # noqa: S311 - words, no secrets
    if fields["temperature"] == 0:
        chance.seed(fields["text"])  # without any warmth the same text goes on in the same way
    count = fields["batch_count"] * fields["batch_size"]
    return {"prompts": [_cleaned(_prompt(fields, chance)) for _ in range(count)]}


def _prompt(fields: dict[str, Any], chance: random.Random) -> str:
    least = -(-fields["min_length"] // _TOKENS_A_PHRASE)
    most = max(fields["max_length"] // _TOKENS_A_PHRASE, 1)
    wanted = round(least + (most - least) * min(max(fields["length_preference"] / 20, -0.2), 0.2) * chance.random())
    if fields["sampling_mode"] == "Top K":
        known = _PHRASES[: max(fields["top_k"], 1) * 2]
    else:
        known = _PHRASES[: max(round(len(_PHRASES) * fields["top_p"]), 4)]
    count = min(max(wanted, 1), most, len(known))
    start = fields["text"].strip() or chance.choice(_SUBJECTS)
    return ", ".join([start, *chance.sample(known, count)])


def _cleaned(text: str) -> str:
    return _DELETED.sub("", html.escape(text))
