"""A batch as several requests that together give the same pictures, and their results as one.

In a batch, picture i has seed + i (with a variation: the same seed, and subseed + i), as the webui counts them (A1111
1.10.1), so that the parts have to be given the seeds of the whole.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..api.generate import Generation, Img2Img
from ..images import items
from ..request import Request, replaced
from ..results import PartProblem, WebUIApiResult

if TYPE_CHECKING:
    from collections.abc import Iterator

R = TypeVar("R")

_SEEDS = 4294967294
"""The webui draws its seeds below this."""
_LISTS = ("all_prompts", "all_negative_prompts", "all_seeds", "all_subseeds", "infotexts")
"""What `info` has for each picture."""
_WHOLE = ("scripts", "script_name", "alwayson_scripts", "animatediff", "save_images", "infotext", "force_task_id")
"""With any of these a batch is not split: a script may look at all of it, files and grids are made of the whole."""


def split(request: Request[R], servers: int) -> list[Request[R]]:
    """The request in parts of at most its `batch_size` pictures; itself alone when it can't be, or needn't be, split.

    A seed that is to be drawn is drawn here.
    """
    if not isinstance(request, Generation) or servers < 2 or not _splits(request):
        return [request]
    batch, count = request.batch_size or 1, (request.batch_size or 1) * (request.n_iter or 1)
    size = min(batch, math.ceil(count / servers))
    if count < 2 or (size == batch and count == batch):
        return [cast("Request[R]", request)]
    return [cast("Request[R]", part) for part in _parts(request, count, size)]


def _splits(request: Generation) -> bool:
    if any(getattr(request, name) for name in _WHOLE) or (request.extra or {}).keys() & _NAMES:
        return False
    return not (isinstance(request, Img2Img) and request.images is not None and len(items(request.images)) > 1)


_NAMES = {"seed", "subseed", "subseed_strength", "n_iter", "batch_size", "script_name", "alwayson_scripts"}
"""What decides about the seeds; given as `extra` it is not understood here."""


def _parts(request: Generation, count: int, size: int) -> Iterator[Generation]:
    varied = bool(request.subseed_strength)
    seed = _drawn(request.seed)
    subseed = _drawn(request.subseed) if varied else request.subseed
    for first in range(0, count, size):
        yield replaced(
            request,
            seed=seed if varied else seed + first,
            subseed=subseed + first if varied and subseed is not None else subseed,
            n_iter=1,
            batch_size=min(size, count - first),
        )


def _drawn(seed: int | None) -> int:
    return random.randrange(_SEEDS) if seed is None or seed == -1 else seed  # noqa: S311 - no secret


def merged(request: Request[Any], results: Sequence[Any]) -> Any:
    """The results of the parts as the result of the whole."""
    first: WebUIApiResult = results[0]
    info, errors, content, place = dict(first.info), [], [], 0
    for name in _LISTS:
        lists = [result.info.get(name) for result in results]
        if all(isinstance(found, list) for found in lists):
            info[name] = [item for found in lists for item in found]
    for result in results:
        content += result.held
        errors += [PartProblem(place + error.index, error.problem, error.content) for error in result.errors]
        place += len(result.held) + len(result.errors)
    asked = {name: getattr(request, name) for name in ("n_iter", "batch_size") if getattr(request, name) is not None}
    if "batch_size" in info:
        info["batch_size"] = asked.get("batch_size", 1)
    parameters = {**first.parameters, "n_iter": 1, "batch_size": 1, **asked} if first.parameters else {}
    return WebUIApiResult(content, info, parameters, errors=errors)
