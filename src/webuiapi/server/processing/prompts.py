"""What happens to prompts before they are painted: styles, comments, LoRA tags, embeddings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..catalog import Item, sha256_of

if TYPE_CHECKING:
    from ..state import State

_COMMENT_LINE = re.compile(r"(^|\n)#[^\n]*(\n|$)")
_COMMENT = re.compile(r"#[^\n]*(\n|$)")
_TAG = re.compile(r"<(\w+):([^>]+)>")
_LORA_TAGS = ("lora", "lyco")
_NETWORK_HASH = 12
"""Digits of a LoRA's or an embedding's hash that infotexts show."""


def with_styles(prompt: Any, names: Iterable[str], styles: Sequence[Item], part: str) -> Any:
    """The prompt with styles put around it or behind it, in their order; `part` is "prompt" or "negative_prompt".

    A style that nobody knows adds nothing.
    """
    by_name = {style["name"]: style for style in styles}
    for name in names:
        style = (by_name.get(name) or {}).get(part) or ""
        if "{prompt}" in style:
            prompt = style.replace("{prompt}", prompt)
        else:
            prompt = ", ".join(filter(None, (prompt.strip(), style.strip())))
    return prompt


def without_comments(prompt: str) -> str:
    """The prompt without `# ...` up to the end of each line. The line itself stays, empty if it was all comment."""
    return _COMMENT.sub("\n", _COMMENT_LINE.sub("\n", prompt))


def lora_hashes(prompts: Iterable[str], state: State) -> dict[str, str]:
    """Hash by name, as mentioned, of each LoRA that the prompts load."""
    known = _by_names(state.catalog.loras, state.options.get("lora_preferred_name"))
    hashes: dict[str, str] = {}
    for prompt in prompts:
        for kind, arguments in _TAG.findall(prompt):
            name = arguments.split(":")[0]
            if kind in _LORA_TAGS and name in known:
                hashes[_bare(name)] = _lora_hash(known[name])
    return hashes


def embedding_hashes(prompts: Iterable[str], state: State) -> dict[str, str]:
    """Hash by name of each embedding (textual inversion) that stands in the prompts."""
    loaded: Mapping[str, Any] = state.trained.embeddings["loaded"]
    return {
        _bare(name): sha256_of(f"{name}.pt")[:_NETWORK_HASH]
        for prompt in prompts
        for name in loaded
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", prompt, re.IGNORECASE)
    }


def written(hashes: Mapping[str, str]) -> str:
    """Hashes as the value of a pair."""
    return ", ".join(f"{name}: {digest}" for name, digest in hashes.items())


def to_paint(prompt: str, state: State, *, networks: bool) -> str:
    """The prompt as it is painted: without the tags that load nothing."""
    known = _by_names(state.catalog.loras, None) if networks else {}

    def keep(match: re.Match[str]) -> str:
        kind, arguments = match.groups()
        return match.group() if kind not in _LORA_TAGS or arguments.split(":")[0] in known else ""

    return _TAG.sub(keep if networks else "", prompt)


def _by_names(loras: Sequence[Item], preferred: str | None) -> dict[str, Item]:
    """LoRAs by both their names; where the name of one is the alias of another, the preferred kind wins."""
    by_alias = {lora["alias"]: lora for lora in loras}
    by_name = {lora["name"]: lora for lora in loras}
    return {**by_alias, **by_name} if preferred == "Filename" else {**by_name, **by_alias}


def _lora_hash(lora: Item) -> str:
    digest: str = (lora.get("metadata") or {}).get("sshs_model_hash") or sha256_of(lora["path"])
    return digest[:_NETWORK_HASH]


def _bare(name: str) -> str:
    return name.replace(":", "").replace(",", "")
