"""Model keyword: the words that a checkpoint was trained on, asked for and put into prompts.

It is on unless a request switches it off. The words are those of the catalogue: `"model-keywords": {"part of a file
name": ["word", ...]}`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..catalog import sha256_of
from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from ..processing.generation import Generation
    from ..routing import Call
    from ..state import State

model_keyword = Extension(
    "model-keyword",
    repository="mix1009/model-keyword",
    commit="e26685bf740a82b0615fb924414893a8ddcbdbdd",
    date=1787356800,
)

KEYWORDS: Mapping[str, Sequence[str]] = {
    "robo-diffusion": ["nousr robot"],
    "openjourney": ["mdjrny-v4 style"],
    "inkpunk": ["nvinkpunk"],
    "arcane-diffusion": ["arcane style"],
    "redshift-diffusion": ["redshift style"],
    "classicanim": ["classic disney style"],
    "analog-diffusion": ["analog style"],
}
_OLD_HASH = 8
_PLACES = ("keyword prompt", "prompt keyword", "keyword, prompt", "prompt, keyword")
_SEVERAL = ("keyword1, keyword2", "random", "iterate", "keyword1", "keyword2")


def keywords_of(state: State) -> list[str]:
    """The words of the loaded checkpoint."""
    known: Any = state.catalog.data.get("model-keywords", KEYWORDS)
    name = _file(state).lower()
    return next((list(words) for part, words in known.items() if part.lower() in name), [])


def _file(state: State) -> str:
    return posixpath.basename(str(state.checkpoint["filename"]).replace("\\", "/"))


@model_keyword.get("/model_keyword/get_keywords")
def get_keywords(call: Call) -> dict[str, Any]:
    """The words of the loaded checkpoint."""
    words = keywords_of(call.state)
    return {
        "keywords": words,
        "model": _file(call.state),
        "hash": sha256_of(_file(call.state))[:_OLD_HASH],
        "match_source": "model-keyword.txt" if words else "no match",
    }


@model_keyword.script(
    argument("Model Keyword Enabled", True),
    argument("Keyword placement:", "keyword prompt", choices=_PLACES),
    argument("Multiple keywords:", "keyword1, keyword2", choices=_SEVERAL),
    argument("Embedding keywords:", "None", choices=["None"]),
    argument("Keyword order:", "textual inversion first", choices=["textual inversion first", "model keyword first"]),
    argument("Model:", "None", choices=["None"]),
    argument("Multiplier:", 0.7, 0, 2, 0.01),
    argument("Keyword/Trigger:", "None", choices=["None"]),
)
class ModelKeyword(Script):
    """The script."""

    title = "Model keyword"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """The words beside each prompt, where the checkpoint has some."""
        enabled, place, several, embeddings, order, lora, multiplier, lora_word = args
        if not enabled:
            return
        own = keywords_of(run.state)
        extra = [] if embeddings in (None, "None", "") else [str(embeddings)]
        run.all_prompts = [
            _with(prompt, _joined(_chosen(own, several, run.all_seeds[number], number), extra, order), place)
            for number, prompt in enumerate(run.all_prompts)
        ]
        if lora not in (None, "None", ""):
            word = "" if lora_word in (None, "None") or str(lora_word).startswith("<") else f" {lora_word}"
            run.all_prompts = [f"{prompt} <lora:{lora}:{multiplier}>{word}" for prompt in run.all_prompts]


def _chosen(words: list[str], several: Any, seed: int, number: int) -> list[str]:
    """Those of several words that a picture gets."""
    if len(words) < 2 or several == _SEVERAL[0]:
        return words
    if several == "random":
        return [words[seed % len(words)]]
    if several == "iterate":
        return [words[number % len(words)]]
    if several in ("keyword1", "keyword2"):
        return [words[min(int(several[-1]) - 1, len(words) - 1)]]
    return [word for word in words if word == several]


def _joined(own: list[str], extra: list[str], order: Any) -> str:
    return ", ".join([*extra, *own] if order == "textual inversion first" else [*own, *extra])


def _with(prompt: str, words: str, place: Any) -> str:
    if not words:
        return prompt
    joint = ", " if "," in str(place) else " "
    parts = [prompt, words] if str(place).startswith("prompt") else [words, prompt]
    return joint.join(part for part in parts if part)
