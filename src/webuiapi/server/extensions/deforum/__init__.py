"""Deforum's API: animations rendered as jobs, one after the other. The files stay on the server; here they are not even
written, and no endpoint gives them out.

A job's status is ACCEPTED until it is over; how far it is, its phase says. Its frames are painted with the prompt that
is in force at each, so that progress and previews can be watched.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ... import body
from ...http import Response
from ..base import Extension, field
from .jobs import Jobs

if TYPE_CHECKING:
    from ...routing import Call

deforum = Extension(
    "deforum",
    repository="deforum-art/sd-webui-deforum",
    also=["deforum-art/deforum-for-automatic1111-webui"],
    commit="322426851408ebca2cd49492bfeb1ec86e1dc869",
    date=1710288000,
    flags={"deforum_api": True, "deforum_simple_api": True},
)
_API, _SIMPLE_API = "deforum_api", "deforum_simple_api"

VERSION = "3.0.1-b3"


def _jobs(call: Call) -> Jobs:
    app = call.app
    found: Jobs = call.state.memory("deforum", lambda: Jobs(app))
    return found


def _answer(status: int, value: dict[str, Any]) -> Response:
    return body.json_response(value, status=status)


@deforum.post(
    "/deforum_api/batches",
    {"deforum_settings": field("any", None), "options_overrides": field("object", None, nullable=True)},
    flag=_API,
)
def submit(call: Call) -> Response:
    """Queue a job, or one for each of several settings."""
    settings = call.fields["deforum_settings"]
    if not settings:
        return _answer(400, {"message": "No deforum_settings provided"})
    every = settings if isinstance(settings, list) else [settings]
    if not all(isinstance(one, dict) for one in every):
        raise TypeError("deforum_settings are no object")
    batch, jobs = _jobs(call).submit(every, call.fields["options_overrides"])
    return _answer(202, {"message": "Job(s) accepted", "batch_id": batch, "job_ids": jobs})


@deforum.get("/deforum_api/batches", query={"id": field("string")}, flag=_API)
def list_batches(call: Call) -> dict[str, list[str]]:
    """The jobs of all batches. It wants an `id` that it does not read."""
    return _jobs(call).batches()


@deforum.get("/deforum_api/batches/{id}", flag=_API)
def get_batch(call: Call) -> list[dict[str, Any]]:
    """The jobs of one batch; one that there is not breaks."""
    jobs = _jobs(call)
    return [jobs.status(job) for job in jobs.batches()[call.fields["id"]]]


@deforum.route("DELETE", "/deforum_api/batches/{id}", flag=_API)
def cancel_batch(call: Call) -> dict[str, Any]:
    """Cancel the jobs of a batch that are not over; one that there is not breaks."""
    jobs = _jobs(call)
    gone = [job for job in jobs.batches()[call.fields["id"]] if jobs.cancel(job)]
    return {"ids": gone, "message:": f"{len(gone)} job(s) cancelled."}


@deforum.get("/deforum_api/jobs", flag=_API)
def list_jobs(call: Call) -> dict[str, Any]:
    """All jobs."""
    jobs = _jobs(call)
    return {job: jobs.status(job) for names in jobs.batches().values() for job in names}


@deforum.get("/deforum_api/jobs/{id}", flag=_API)
def get_job(call: Call) -> dict[str, Any] | Response:
    """One job."""
    jobs, job = _jobs(call), call.fields["id"]
    if job not in jobs:
        return _answer(404, {"id": job, "status": "NOT FOUND"})
    return jobs.status(job)


@deforum.route("DELETE", "/deforum_api/jobs/{id}", flag=_API)
def cancel_job(call: Call) -> dict[str, Any] | Response:
    """Cancel one job."""
    jobs, job = _jobs(call), call.fields["id"]
    if job not in jobs:
        return _answer(404, {"id": job, "message": f"Job {job} not found."})
    if not jobs.cancel(job):
        return _answer(400, {"id": job, "message": f"Job with ID {job} already in terminal state."})
    return {"id": job, "message": "Job cancelled."}


@deforum.get("/deforum/api_version", flag=_SIMPLE_API)
def api_version(_: Call) -> dict[str, str]:
    """The version of the simple API."""
    return {"version": "1.0"}


@deforum.get("/deforum/version", flag=_SIMPLE_API)
def version(_: Call) -> dict[str, str]:
    """The extension's version."""
    return {"version": VERSION}


@deforum.post(
    "/deforum/run", query={"settings_json": field("string"), "allowed_params": field("string", "")}, flag=_SIMPLE_API
)
def run(call: Call) -> Any:
    """Render one animation, and answer when it is there. With `allowed_params` only these settings are taken."""
    settings = json.loads(call.fields["settings_json"])
    allowed = [name for name in call.fields["allowed_params"].split(";") if name]
    if allowed:
        settings = {name: value for name, value in settings.items() if name in allowed}
    status = _jobs(call).render(settings)
    if status["status"] != "SUCCEEDED":
        return _answer(500, {"detail": status["message"] or status["status"]})
    return {"outdir": status["outdir"]}
