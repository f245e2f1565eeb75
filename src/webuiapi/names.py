"""What a name that a person gives means among the names that a server has."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .errors import UnknownName

if TYPE_CHECKING:
    from .api.lists import SDModel

_CLOSE_ENOUGH = 0.6
"""Similarity (0 to 1, difflib's ratio) from which on a name is taken for a misspelt one."""


def check_name(name: Any) -> None:
    """Raises `TypeError` for what is no text."""
    if not isinstance(name, str):
        raise TypeError(f"name={name!r:.60} must be a text")


def find_model(name: str, models: Sequence[SDModel], *, find_closest: bool = True) -> SDModel:
    """The checkpoint that a name means.

    Looked for in this order: the exact title; model name, file name (with or without folder and suffix) or hash, case
    aside; the only one that has the name as a part; with `find_closest` the most similar, if it is similar enough and
    no other is as similar. Raises `UnknownName`, naming those that come near, and `TypeError` for what is no text.
    """
    check_name(name)
    for model in models:
        if name == model.title:
            return model
    folded = name.casefold()
    exact = [model for model in models if folded in _spellings(model)]
    if len(exact) == 1 or (exact and len({model.filename for model in exact}) == 1):
        return exact[0]
    parts = [model for model in models if folded and folded in model.title.casefold()]
    if len(parts) == 1 and not exact:
        return parts[0]
    scored = sorted(((_similarity(folded, model), model) for model in models), key=lambda pair: -pair[0])
    near = [model.title for model in exact or parts] or [model.title for score, model in scored[:5] if score > 0.3]
    ambiguous = exact or parts
    best = scored[0] if scored and not ambiguous and find_closest else None
    if best is not None and best[0] >= _CLOSE_ENOUGH and (len(scored) == 1 or scored[1][0] < best[0]):
        return best[1]
    raise UnknownName("model", name, near, ambiguous=bool(ambiguous), known=[model.title for model in models])


def accepted_names(model: SDModel) -> set[str]:
    """The names by which a webui takes a checkpoint itself, in this very spelling."""
    path = model.filename.replace("\\", "/").rsplit("/", 1)[-1]
    bare = model.title.partition(" [")[0]
    names = {
        model.title, model.model_name, model.hash, model.sha256, path, path.rpartition(".")[0], bare,
        bare.rpartition(".")[0],
    }  # fmt: skip
    return {name for name in names if name}


def _spellings(model: SDModel) -> set[str]:
    return {name.casefold() for name in accepted_names(model)}


def _similarity(folded: str, model: SDModel) -> float:
    return max(difflib.SequenceMatcher(None, folded, name).ratio() for name in _spellings(model) or {""})


def find_name(kind: str, name: str, known: Sequence[str]) -> str:
    """The known name that a name means: exactly, without regard to case, without its suffix, or by a unique part.

    Raises `UnknownName` naming those that come near, and `TypeError` for what is no text.
    """
    check_name(name)
    if name in known:
        return name
    folded = name.casefold()
    same = [item for item in known if folded in (item.casefold(), (item.rpartition(".")[0] or item).casefold())]
    parts = [item for item in known if folded and folded in item.casefold()]
    for found in (same, parts):
        if len(found) == 1:
            return found[0]
    near = same or parts or difflib.get_close_matches(name, known, 5)
    raise UnknownName(kind, name, near, ambiguous=bool(same or parts), known=known)
