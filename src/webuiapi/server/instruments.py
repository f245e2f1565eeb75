"""The embedded server's own endpoints, which no real server has: its faults, what it has received, and the page.

They are there under every flavour, outside its table of routes, and ask for the server's password if it has one,
whatever else that covers. A web page from elsewhere may not use them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pybase64

from . import body, errors, page
from .http import Request, Response
from .previews import data_uri
from .record import Received, without_pictures

if TYPE_CHECKING:
    from .app import App

PATHS = frozenset({"/faults", "/faults/release", "/requests", "/requests.json"})
"""What is about the faults and the record is neither faulty nor recorded."""
SHOWN = 50
"""Requests that the page shows at most."""


def answer(app: App, request: Request) -> Response:
    """The answer of the endpoint that has one of these paths."""
    handler = _HANDLERS.get((request.method, request.path))
    if handler is None:
        return errors.not_routed(405, "Method Not Allowed")
    try:
        _check_origin(request)
        if request.path != "/requests":  # the page itself says nothing
            app.guard.check(request.headers.get("authorization", ""))
        app.limits.check_body(request)
        value = handler(app, request)
    except errors.HTTPError as error:
        return errors.api_error(error)
    if isinstance(value, Response):
        return value
    # ASCII, because what was received may hold what UTF-8 cannot.
    return Response(200, {"content-type": "application/json"}, json.dumps(value).encode())


def _check_origin(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise errors.HTTPError(403, "not for pages from elsewhere")


def _rules(app: App, _: Request) -> Any:
    return app.faults.listed()


def _add_rules(app: App, request: Request) -> Any:
    try:
        value = body.loads(request.body)
        if not isinstance(value, (dict, list)):
            raise ValueError("faults are an object or a list")
        app.faults.add(value)
    except (ValueError, RecursionError) as error:
        raise errors.HTTPError(422, str(error)) from None
    return app.faults.listed()


def _clear_rules(app: App, _: Request) -> Any:
    app.faults.clear()
    return []


def _release(app: App, _: Request) -> Any:
    app.faults.release()
    return {}


def _page(app: App, _: Request) -> Response:
    return page.response(app)


def _requests(app: App, request: Request) -> Any:
    """What has changed since a version, and the running job."""
    since = parse_qs(request.query).get("since", ["0"])[0]
    version, oldest, changed = app.record.since(int(since) if since.isdecimal() and len(since) < 16 else 0)
    return {
        "version": version,
        "oldest": oldest,
        "progress": _progress(app),
        "requests": [_shown(app, received) for received in changed[-SHOWN:]],
    }


def _shown(app: App, received: Received) -> dict[str, Any]:
    return {
        "number": received.number,
        "method": received.method,
        "path": received.path,
        "query": received.query,
        "headers": dict(received.headers),
        "at": received.at.isoformat(),
        "fault": received.fault,
        "status": received.status,
        "seconds": received.seconds,
        "json": _written(received),
        "sent": [_uri(data) for data in received.sent_pictures],
        "pictures": [_uri(data) for data in app.record.pictures_of(received)],
    }


def _written(received: Received) -> str | None:
    """The body for people; as text, because JSON that was received may hold numbers that JSON does not know."""
    value = without_pictures(received.json)
    return None if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _uri(data: bytes) -> str:
    return f"data:image/jpeg;base64,{pybase64.b64encode(data).decode('ascii')}"


def _progress(app: App) -> dict[str, Any] | None:
    """The running job as anybody else sees it who polls; None if there is none."""
    running, options = app.state.progress, app.state.options
    figures = running.figures()
    if not figures.job_count:
        return None
    every = options.get("show_progress_every_n_steps")
    preview = running.preview
    if options.get("live_previews_enable") and isinstance(every, int):
        preview, _ = running.renew_preview(every)
    return {
        "job": figures.job,
        "share": min(figures.share_done(), 1.0),
        "step": figures.sampling_step,
        "steps": figures.sampling_steps,
        "waiting": len(app.state.turnstile),
        "preview": None if preview is None else data_uri(preview, "png"),
    }


_HANDLERS = {
    ("GET", "/faults"): _rules,
    ("POST", "/faults"): _add_rules,
    ("DELETE", "/faults"): _clear_rules,
    ("POST", "/faults/release"): _release,
    ("GET", "/requests"): _page,
    ("GET", "/requests.json"): _requests,
}
