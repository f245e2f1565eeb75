"""One small picture: the only proof that a checkpoint loads and the card works."""

from __future__ import annotations

import time

from ...errors import MissingExtra, OutOfMemory, WebUIApiError
from ...request import Flow
from ...server_info import ServerInfo
from ..generate import Txt2Img
from .findings import Chart, one_line

_SIZE = 64  # pixels; the smallest that models of the webui's family take
_LARGER = 128  # the smallest that Draw Things takes


def paint(chart: Chart, server: ServerInfo | None) -> Flow[None]:
    """Have one picture of one step painted."""
    size = _SIZE if server is None or server.webui else _LARGER
    begin = time.monotonic()
    try:
        result = yield from Txt2Img("a small test", steps=1, width=size, height=size)
    except MissingExtra:
        raise
    except OutOfMemory as error:
        chart.problem(
            "generation",
            "graphics memory does not suffice for even a small picture",
            one_line(error),
            "Start it with --medvram or --lowvram, close what else uses the card, or take a smaller model.",
        )
        return
    except WebUIApiError as error:
        chart.problem(
            "generation",
            f"a picture of {size} x {size} and one step fails",
            one_line(error),
            "The checkpoint may be broken or not fit the server: choose another (util_set_model), and see the server's "
            "console.",
        )
        return
    seconds = time.monotonic() - begin
    if not result.content:
        chart.problem(
            "generation", "the answer holds no picture", one_line(result.errors), "The server's console may say why."
        )
        return
    chart.ok("generation", f"a picture of {size} x {size} and one step took {seconds:.1f} s")
