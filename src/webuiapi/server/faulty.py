"""A request that meets a fault: whether it is carried out, and what becomes of its answer before that is finished."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from .http import Dropped, Request, Response

if TYPE_CHECKING:
    from .app import App
    from .faults import Fault


def carry_out(app: App, request: Request, fault: Fault) -> Response:
    """The answer that the fault makes of a request. Raises `Dropped` where the server is restarted."""
    if fault.kind == "restart":
        _until_restart(app, request, fault)
        raise Dropped("the server was restarted")
    response = Response()
    if fault.work == "first":
        response = app.carry_out(request)
    elif fault.work == "beside":
        app.faults.beside(partial(_unheard, app, request))
    effect = fault.effect
    if effect.answers is not None:
        return effect.answers(fault)
    return response if effect.spoils is None else effect.spoils(fault, response)


def _unheard(app: App, request: Request) -> None:
    """Carry a request out for nobody."""
    with suppress(Dropped):
        app.carry_out(request)


def _until_restart(app: App, request: Request, fault: Fault) -> None:
    """Carry a request out until its job has made so many steps, or to its end, then restart the server.

    The thread that paints a job is the one that carries the request out: other jobs' steps do not count.
    """
    state, thread, left = app.state, threading.get_ident(), fault["step"]

    def burn() -> None:
        nonlocal left
        if threading.get_ident() == thread:
            left -= 1
            if left <= 0:
                app.restart(fault["seconds"])
                raise Dropped("the server was restarted")

    if left:
        state.progress.on_step.append(burn)
        try:
            app.carry_out(request)
        finally:
            state.progress.on_step.remove(burn)
    app.restart(fault["seconds"])
