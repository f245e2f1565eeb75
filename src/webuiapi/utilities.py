"""What people do with several calls together: model switching by name, waiting, options for a while."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .api.jobs import GetProgress, Progress
from .api.lists import GetSamplers, GetSchedulers, GetSDModels, SDModel
from .api.options import GetOptions, SetOptions
from .errors import CallTimeout, UnknownName, WebUIApiError
from .request import Flow, Sleep

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_CLOSE_ENOUGH = 0.6
"""Similarity (0 to 1, difflib's ratio) from which on a name is taken for a misspelt one."""


def get_model_names() -> Flow[list[str]]:
    """The titles of the checkpoints, sorted."""
    return sorted(model.title for model in (yield from GetSDModels()))


def get_sampler_names() -> Flow[list[str]]:
    """The names of the samplers, sorted."""
    return sorted(sampler.name for sampler in (yield from GetSamplers()))


def get_scheduler_names() -> Flow[list[str]]:
    """The names of the schedulers (`karras`, not `Karras`), sorted."""
    return sorted(scheduler.name for scheduler in (yield from GetSchedulers()))


def get_current_model() -> Flow[str]:
    """The title of the checkpoint in use. Raises `WebUIApiError` when the server does not say."""
    options = yield from GetOptions()
    if options.sd_model_checkpoint:
        return options.sd_model_checkpoint
    wanted = options.get("sd_checkpoint_hash")
    if isinstance(wanted, str) and wanted:
        models = yield from GetSDModels()
        for model in models:
            if model.sha256 == wanted or (model.hash and wanted.startswith(model.hash)):
                return model.title
    raise WebUIApiError("the server does not say which checkpoint it uses")


def find_model(name: str, models: Sequence[SDModel], *, find_closest: bool = True) -> SDModel:
    """The checkpoint that a name means.

    Looked for in this order: the exact title; model name, file name (with or without folder and suffix) or hash, case
    aside; the only one that has the name as a part; with `find_closest` the most similar, if it is similar enough and
    no other is as similar. Raises `UnknownName`, naming those that come near.
    """
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
    raise UnknownName("model", name, near, ambiguous=bool(ambiguous), count=len(models))


def _spellings(model: SDModel) -> set[str]:
    path = model.filename.replace("\\", "/").rsplit("/", 1)[-1]
    bare = model.title.partition(" [")[0]
    names = {
        model.title, model.model_name, model.hash, model.sha256, path, path.rpartition(".")[0], bare,
        bare.rpartition(".")[0],
    }  # fmt: skip
    return {name.casefold() for name in names if name}


def _similarity(folded: str, model: SDModel) -> float:
    return max(difflib.SequenceMatcher(None, folded, name).ratio() for name in _spellings(model) or {""})


def set_model(name: str, find_closest: bool = True) -> Flow[str]:
    """Load a checkpoint; the title of the one in use afterwards, as the server confirms it.

    `name` is found as `find_model` says. Waits for the queue and for the loading. Raises `UnknownName` for a name that
    means none or several, and `WebUIApiError` when the server keeps another one: it answers 200 even if loading failed.
    """
    model = find_model(name, (yield from GetSDModels()), find_closest=find_closest)
    yield from SetOptions({"sd_model_checkpoint": model.title})
    current = yield from get_current_model()
    if current != model.title and current.partition(" [")[0] != model.title.partition(" [")[0]:
        raise WebUIApiError(f"the server was told to load {model.title!r} and still uses {current!r}: loading failed")
    return current


def wait_for_ready(
    check_interval: float = 5.0,
    timeout: float | None = None,
    callback: Callable[[Progress], None] | None = None,
) -> Flow[None]:
    """Wait until the server has nothing to do.

    A short pause between two jobs is not taken for that: it has to be idle twice, a moment apart. `callback` gets
    each account of the progress. Raises `CallTimeout` after `timeout` seconds.
    """
    end = None if timeout is None else time.monotonic() + timeout
    seen_idle = False
    while True:
        progress = yield from GetProgress(skip_current_image=True)
        if callback is not None:
            callback(progress)
        if progress.idle and seen_idle:
            return
        pause = min(check_interval, 0.25) if progress.idle else check_interval
        if end is not None and time.monotonic() + pause > end:
            raise CallTimeout(f"the server is not idle after {timeout:g} s: {progress!r}")
        seen_idle = progress.idle
        yield Sleep(pause)


# -- for a while ------------------------------------------------------------------------------------------------------


def exchange_options(options: Mapping[str, Any]) -> Flow[dict[str, Any]]:
    """Set options, and give the values that they had. Raises `UnknownName` for one that the server does not have."""
    before = yield from GetOptions()
    for name in options:
        if name not in before:
            near = difflib.get_close_matches(name, before, 5)
            raise UnknownName("option", name, near, count=len(before))
    yield from SetOptions(options)
    return {name: before[name] for name in options}


def exchange_model(name: str) -> Flow[dict[str, Any]]:
    """Load a checkpoint, and give what has to be set to have the old one back."""
    before = yield from get_current_model()
    yield from set_model(name)
    return {"sd_model_checkpoint": before}


def restore(options: Mapping[str, Any]) -> Flow[None]:
    """Set options back."""
    yield from SetOptions(options)


class Borrowed:
    """Something set for a `with` block of a `WebUIApi`, and set back at its end, also after an error."""

    def __init__(self, run: Callable[[Flow[Any]], Any], begin: Callable[[], Flow[dict[str, Any]]]) -> None:
        self._run, self._begin = run, begin
        self._before: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._before = self._run(self._begin())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._run(restore(self._before))


class AsyncBorrowed:
    """Something set for an `async with` block of an `AsyncWebUIApi`, and set back at its end, also after an error."""

    def __init__(self, run: Callable[[Flow[Any]], Any], begin: Callable[[], Flow[dict[str, Any]]]) -> None:
        self._run, self._begin = run, begin
        self._before: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        self._before = await self._run(self._begin())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._run(restore(self._before))
