"""The running job: how far it is, and how to stop it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..previews import encoded
from ..routing import Call, route


@route("GET", "/sdapi/v1/progress")
def progress(call: Call) -> dict[str, Any]:
    """Whatever job runs, whoever sent it."""
    running, options = call.state.progress, call.state.options
    figures = running.figures()
    answer: dict[str, Any] = {
        "progress": 0.0,
        "eta_relative": 0.0,
        "state": asdict(figures),
        "current_image": None,
        "textinfo": None,
    }
    if figures.job_count == 0:
        return answer
    done = figures.share_done(0.01)
    answer["progress"] = min(done, 1.0)
    answer["eta_relative"] = running.eta(done)
    if options["live_previews_enable"] and not call.fields["skip_current_image"]:
        preview, _ = running.renew_preview(options["show_progress_every_n_steps"])
        if preview is not None:
            answer["current_image"] = encoded(preview, options["samples_format"])
    return answer


@route("POST", "/sdapi/v1/interrupt")
def interrupt(call: Call) -> dict[str, Any]:
    """End the running job with what it has."""
    call.state.progress.stop(interrupt=True)
    return {}


@route("POST", "/sdapi/v1/skip")
def skip(call: Call) -> None:
    """End the current batch of the running job."""
    call.state.progress.stop(skip=True)
