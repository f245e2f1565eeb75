"""Names in a generation, held against the server's lists, each list only where something of it is named.

A name in another case, or a part that no other has, becomes the server's own. An unknown one is an `UnknownName` where
the server would fail or take something else in its place, and a warning where it would only leave something out.
Samplers and schedulers are in `sampling`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ..checks import Checks, Problem, field_problems, report
from ..errors import UnknownName
from ..request import Flow, Setting
from .known import accepted_checkpoint, listed_with, names_of, spelled
from .lists import GetEmbeddings, GetLatentUpscaleModes, GetLoras, GetPromptStyles, GetUpscalers
from .options import checked_options

if TYPE_CHECKING:
    from ..server_info import ServerInfo
    from .generate import Generation

_NO_CHECKPOINT = ("", "none", "use same checkpoint")
_LORA = re.compile(r"<(?:lora|lyco):([^:>]+)")
_EMBEDDING = re.compile(r"\bembedding:([\w.-]+)", re.IGNORECASE)
_SIMILAR = 0.8
"""From which ratio of difflib's on a field is taken for a misspelt one: `stepz` for `steps`."""
_MADE_LATER = re.compile(r"__|[{}|$*]")
"""What stands in a name that a wildcard or a variant is to become part of."""


def known_names(request: Generation, which: ServerInfo) -> Flow[dict[str, Any]]:
    """The fields to be changed so that names in them are the server's own. For the webui's family, which has lists."""
    checks: Checks = yield from Setting("checks")
    if checks == "off" or not (which.webui or which.flavour == "sdnext"):
        return {}
    if any(field_problems(request)):  # only warned of, with `checks="warn"`: what is no text has no name
        return {}
    changes: dict[str, Any] = {}
    names = ["refiner_checkpoint"]
    if getattr(request, "enable_hr", None):
        names.append("hr_checkpoint_name")
        upscaler = getattr(request, "hr_upscaler", None)
        if upscaler:
            changes["hr_upscaler"] = yield from spelled("hires upscaler", upscaler, _hires_upscalers)
    for name in names:
        value = getattr(request, name)
        if value is not None and value.casefold() not in _NO_CHECKPOINT:
            changes[name] = yield from accepted_checkpoint(value)
    if request.override_settings:
        changes["override_settings"] = yield from checked_options(request.override_settings, "override_settings")
    unknown: list[Problem] = []
    if request.styles:
        changes["styles"] = yield from _styles(request.styles, unknown)
    yield from _in_prompts(request, unknown)
    if which.webui:
        unknown += _misspelt(request)
    report(unknown, checks)
    return {name: value for name, value in changes.items() if value != getattr(request, name)}


def _hires_upscalers() -> Flow[list[str]]:
    modes = yield from names_of(GetLatentUpscaleModes())()
    return [*modes, *(yield from names_of(GetUpscalers())())]


def _styles(given: Sequence[str], unknown: list[Problem]) -> Flow[list[str]]:
    known = yield from listed_with("style", given, names_of(GetPromptStyles()))
    by_folded = {name.casefold(): name for name in known}
    found = [name if name in known else by_folded.get(name.casefold(), name) for name in given]
    unknown += _missing("style", found, known, "it changes nothing")
    return found


def _in_prompts(request: Generation, unknown: list[Problem]) -> Flow[None]:
    """What prompts name. The webui reads LoRAs from the positive ones only."""
    prompts = [request.prompt or "", getattr(request, "hr_prompt", None) or ""]
    loras = [] if request.disable_extra_networks else _named(_LORA, prompts)
    if loras:
        known = yield from listed_with("LoRA", loras, _loras)
        unknown += _missing("LoRA", loras, known, "it has no effect")
    prompts += [request.negative_prompt or "", getattr(request, "hr_negative_prompt", None) or ""]
    embeddings = _named(_EMBEDDING, prompts)
    if embeddings:
        known = yield from listed_with("embedding", embeddings, _embeddings)
        folded = {name.casefold() for name in known}
        unknown += _missing(
            "embedding", [name for name in embeddings if name.casefold() not in folded], known, "it has no effect"
        )


def _named(pattern: re.Pattern[str], prompts: Iterable[str]) -> list[str]:
    """What a pattern finds in prompts, each once."""
    found = [name.strip() for prompt in prompts for name in pattern.findall(prompt)]
    return [name for name in dict.fromkeys(found) if name and not _MADE_LATER.search(name)]


def _loras() -> Flow[list[str]]:
    """Names and, where they are others, aliases."""
    names = [name for lora in (yield from GetLoras()) for name in (lora.name, lora.alias) if name]
    return list(dict.fromkeys(names))


def _embeddings() -> Flow[list[str]]:
    """Also those that do not fit the checkpoint in use, which may be another in this call."""
    found = yield from GetEmbeddings()
    return [*found.loaded, *found.skipped]


def _missing(kind: str, names: Sequence[str], known: Sequence[str], then: str) -> Iterator[Problem]:
    for name in names:
        if not known or name in known:
            continue
        folded = {item.casefold(): item for item in known}
        near = [folded[found] for found in difflib.get_close_matches(name.casefold(), folded, 3)]
        error = UnknownName(kind, name, near, known=known)
        yield Problem(f"{error}; {then}" if near else f"{error}: {then}", fatal=False)


def _misspelt(request: Generation) -> Iterator[Problem]:
    """Fields in `extra` that look like those that there are: the webui takes any, and drops what it does not know."""
    known = [item.metadata.get("wire", item.name) for item in fields(request) if not item.metadata.get("local")]
    for name in request.extra or {}:
        near = [] if name in known else difflib.get_close_matches(name, known, 1, _SIMILAR)
        if near:
            yield Problem(f"extra: {name!r} is no field of A1111's webui; similar is {near[0]!r}", fatal=False)
