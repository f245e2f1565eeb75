"""What people do with several calls together: model switching by name, waiting, options for a while."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import CallTimeout, NotFound, UnknownName, WebUIApiError
from ..names import check_name, find_model
from ..request import Flow, Remember, Sleep
from .jobs import GetProgress, Progress
from .lists import GetSamplers, GetSchedulers, GetScripts, GetSDModels
from .options import GetOptions, KnownOptions, SetOptions

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


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


def set_model(name: str, find_closest: bool = True) -> Flow[str]:
    """Load a checkpoint; the title of the one in use afterwards, as the server confirms it.

    `name` is found as `find_model` says. Waits for the queue and for the loading. Raises `UnknownName` for a name that
    means none or several, and `WebUIApiError` when the server keeps another one: it answers 200 even if loading failed.
    """
    check_name(name)
    model = find_model(name, (yield from GetSDModels()), find_closest=find_closest)
    yield from KnownOptions({"sd_model_checkpoint": model.title})
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


def has_script(title: str) -> Remember[bool]:
    """Whether the server lists a script, found when first needed."""
    return Remember(f"has {title}", partial(_lists, title))


def _lists(title: str) -> Flow[bool]:
    try:
        scripts = yield from GetScripts()
    except NotFound:  # a server without scripts
        return False
    return title in (name.casefold() for name in scripts.txt2img)


def check_extensions() -> Flow[None]:
    """Look again whether the server has ControlNet, ADetailer and AnimateDiff: `has_controlnet`, ... tell."""
    for title in ("controlnet", "adetailer", "animatediff"):
        known = has_script(title)
        yield from Remember(known.key, known.find, refresh=True)


# -- for a while ------------------------------------------------------------------------------------------------------


def exchange_options(options: Mapping[str, Any]) -> Flow[dict[str, Any]]:
    """Set options, and give the values that they had. Raises `UnknownName` for one that the server does not have."""
    before = yield from GetOptions()
    for name in options:
        if name not in before:
            near = difflib.get_close_matches(name, before, 5)
            raise UnknownName("option", name, near, known=list(before))
    kept = {name: before[name] for name in options}
    try:
        yield from SetOptions(options)
    except BaseException:  # also when broken off: the server may have it already
        yield from KnownOptions(kept)
        raise
    return kept


def exchange_model(name: str) -> Flow[dict[str, Any]]:
    """Load a checkpoint, and give what has to be set to have the old one back."""
    check_name(name)
    before = {"sd_model_checkpoint": (yield from get_current_model())}
    try:
        yield from set_model(name)
    except UnknownName:
        raise
    except BaseException:  # also when broken off: the server may have begun to load it
        yield from KnownOptions(before)
        raise
    return before


def restore(options: Mapping[str, Any]) -> Flow[None]:
    """Set options back."""
    yield from KnownOptions(options)


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
