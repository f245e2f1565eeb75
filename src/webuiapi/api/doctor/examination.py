"""All of it in order: this side, the way, the server, and if wanted a picture."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from ...errors import MissingExtra
from ...logs import log
from ...request import Flow, Setting
from ...server_info import ServerInfo
from ..lists import GetSamplers
from ..options import GetOptions
from .between import lightest, measure
from .findings import Chart, Diagnosis, one_line
from .here import Place, look_here
from .installed import look_at_checkpoints, look_at_flags, look_at_lists, look_at_memory, which_server
from .painting import paint
from .reaching import reach
from .working import look_at_progress, look_at_scripts

if TYPE_CHECKING:
    from ...address import Address
    from ...exchange import Session


def doctor(generate: bool = False) -> Flow[Diagnosis]:
    """Look at the server, the way to it and this side, and say what works, what does not, and what to do about it.

    - `generate`: also have one picture of 64 x 64 pixels and one step painted, which shows whether the checkpoint
      loads. It is the only thing that makes the server work, and waits for the queue.

    Reads only. No trouble of the server's is raised: each is a finding. About 30 small calls, at most 10 seconds each
    where the client has no `timeout` of its own; none after the first when nothing answers.
    """
    chart = Chart()
    url: str = yield from Setting("url")
    local: bool = yield from Setting("local")
    compress: bool = yield from Setting("compress")
    address: Address = yield from Setting("_address")
    session: Session = yield from Setting("session")
    place = Place(url, address, session, local, compress)
    look_here(chart, place)
    server = yield from _examined(chart, place, generate)
    return Diagnosis(url, server, tuple(chart.findings))


def _examined(chart: Chart, place: Place, generate: bool) -> Flow[ServerInfo | None]:
    sight = yield from _guarded(chart, partial(reach, chart, place))
    if sight is None:
        return None
    options = sight.result
    server: ServerInfo | None = yield from _guarded(chart, partial(which_server, chart))
    light = yield from _guarded(chart, partial(lightest, (GetSamplers(), GetOptions())))
    parts: list[Callable[[], Flow[None]]] = [
        partial(look_at_flags, chart, place),
        partial(look_at_checkpoints, chart, options),
        partial(look_at_lists, chart),
        partial(look_at_memory, chart),
        partial(look_at_progress, chart, options),
        partial(look_at_scripts, chart),
    ]
    if light is not None:
        parts.insert(0, partial(measure, chart, light))
    if generate:
        parts.append(partial(paint, chart, server))
    for part in parts:
        yield from _guarded(chart, part)
    return server


def _guarded(chart: Chart, part: Callable[[], Generator[Any, Any, Any]]) -> Generator[Any, Any, Any]:
    """A part of the examination; what an answer of an unheard-of form does to it is a finding too."""
    try:
        return (yield from part())
    except MissingExtra:
        raise
    except Exception as error:  # noqa: BLE001 - told in the findings and the log
        log().warning("the doctor stumbled", exc_info=error)
        chart.warning(
            "probe-failed",
            "an answer has a form that the doctor does not understand",
            one_line(f"{type(error).__name__}: {error}"),
            "The rest is looked at all the same; the log has more (logging.getLogger('webuiapi')).",
        )
        return None
