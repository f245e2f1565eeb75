"""Deforum: animations, rendered on the server by jobs. Its API is there when the server was started with --deforum-api.

What is rendered stays on the server, in the folder that a job names: there is no way to download it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import quote

from ..api.base import GetItem, read_item, read_list
from ..errors import CallTimeout
from ..items import Item, integer, mapping, number, optional_text, text, texts
from ..request import LOCAL, Answer, Flow, Request, Sleep, endpoint
from .base import Client_co, Interface

R_co = TypeVar("R_co", covariant=True)
_API = "/deforum_api"
_FINISHED = ("SUCCEEDED", "FAILED", "CANCELLED")


class DeforumBatch(Item):
    """A batch of jobs that was accepted."""

    message = text()
    batch_id = text()
    job_ids = texts()


class DeforumJob(Item):
    """A job's state."""

    id = text()
    status = text()
    """`ACCEPTED` until it is finished, then `SUCCEEDED`, `FAILED` or `CANCELLED`."""
    phase = text()
    """`QUEUED`, `PREPARING`, `GENERATING`, `POST_PROCESSING` or `DONE`."""
    error_type = text()
    """`NONE`, `RETRYABLE` or `TERMINAL`."""
    phase_progress = number()
    """0 to 1."""
    started_at = number()
    """Seconds since 1970."""
    last_updated = number()
    execution_time = number()
    """Seconds."""
    updates = integer()
    message = optional_text()
    outdir = optional_text()
    """The folder on the server with what was rendered."""
    timestring = optional_text()
    """How the names of the files begin."""
    deforum_settings = mapping()

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in _FINISHED


class DeforumCancelled(Item):
    """What was cancelled."""

    id = text()
    ids = texts()

    @property
    def message(self) -> str:
        """What the server says; for batches it stands under a name with a colon."""
        return str(self.get("message") or self.get("message:") or "")


@dataclass(frozen=True, eq=False)
class DeforumSubmit(Request[DeforumBatch]):
    """Render animations: POST /deforum_api/batches. Returns at once; `wait` follows a job."""

    path: ClassVar[str] = f"{_API}/batches"

    deforum_settings: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    """The settings of a job, as the web page saves them; or a list, a job each. What is left out has its default."""
    options_overrides: Mapping[str, Any] | None = None
    """Options of the webui for these jobs."""

    def parse(self, answer: Answer) -> DeforumBatch:
        return read_item(answer, DeforumBatch)


class GetDeforumBatches(GetItem[Item]):
    """The batches, each with the ids of its jobs: GET /deforum_api/batches."""

    path, kind = f"{_API}/batches", Item

    def query(self) -> dict[str, Any]:
        return {"id": ""}  # without one the server refuses; it does not look at it


@dataclass(frozen=True, eq=False)
class _OfOne(Request[R_co], Generic[R_co]):
    """What belongs to one batch or job. Ids hold parentheses, which are encoded in paths."""

    folder: ClassVar[str]
    id: str = field(metadata=LOCAL)
    """Its id, such as `batch(123)` or `batch(123)-0`."""

    @property
    def path(self) -> str:  # type: ignore[override]  # names the batch or job
        """Where it is."""
        return f"{_API}/{self.folder}/{quote(self.id, safe='')}"

    def payload(self) -> None:
        return None


@dataclass(frozen=True, eq=False)
class GetDeforumBatch(_OfOne[list[DeforumJob]]):
    """The jobs of a batch: GET /deforum_api/batches/{id}. Unknown: an error."""

    method: ClassVar[str] = "GET"
    folder: ClassVar[str] = "batches"

    def parse(self, answer: Answer) -> list[DeforumJob]:
        return read_list(answer, DeforumJob)


@dataclass(frozen=True, eq=False)
class CancelDeforumBatch(_OfOne[DeforumCancelled]):
    """Cancel the jobs of a batch: DELETE /deforum_api/batches/{id}. Unknown: an error."""

    method: ClassVar[str] = "DELETE"
    folder: ClassVar[str] = "batches"

    def parse(self, answer: Answer) -> DeforumCancelled:
        return read_item(answer, DeforumCancelled)


@dataclass(frozen=True, eq=False)
class GetDeforumJobs(Request[dict[str, DeforumJob]]):
    """All jobs by id: GET /deforum_api/jobs."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = f"{_API}/jobs"

    def parse(self, answer: Answer) -> dict[str, DeforumJob]:
        return {name: DeforumJob.read(job) for name, job in read_item(answer, Item).items()}


@dataclass(frozen=True, eq=False)
class GetDeforumJob(_OfOne[DeforumJob]):
    """A job's state: GET /deforum_api/jobs/{id}. Unknown: `NotFound`."""

    method: ClassVar[str] = "GET"
    folder: ClassVar[str] = "jobs"

    def parse(self, answer: Answer) -> DeforumJob:
        return read_item(answer, DeforumJob)


@dataclass(frozen=True, eq=False)
class CancelDeforumJob(_OfOne[DeforumCancelled]):
    """Cancel a job: DELETE /deforum_api/jobs/{id}. Unknown: `NotFound`; a finished one: an error.

    One that waits is marked, and rendered all the same; one that runs is interrupted, with whatever else paints.
    """

    method: ClassVar[str] = "DELETE"
    folder: ClassVar[str] = "jobs"

    def parse(self, answer: Answer) -> DeforumCancelled:
        return read_item(answer, DeforumCancelled)


def wait_for_deforum(job_id: str, check_interval: float = 5.0, timeout: float | None = None) -> Flow[DeforumJob]:
    """Wait until a job is finished, and give its state, whatever came of it. Raises `CallTimeout`."""
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        job = yield from GetDeforumJob(job_id)
        if job.finished:
            return job
        if end is not None and time.monotonic() + check_interval > end:
            raise CallTimeout(f"{job_id} is not finished after {timeout:g} s: {job.phase} {job.phase_progress:.0%}")
        yield Sleep(check_interval)


# -- the simple API (--deforum-simple-api) ----------------------------------------------------------------------------


class _Version(Item):
    version = text()
    outdir = text()


@dataclass(frozen=True, eq=False)
class GetDeforumVersion(Request[str]):
    """Deforum's version: GET /deforum/version."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/deforum/version"

    def parse(self, answer: Answer) -> str:
        return read_item(answer, _Version).version


class GetDeforumApiVersion(GetDeforumVersion):
    """The simple API's version: GET /deforum/api_version."""

    path = "/deforum/api_version"


@dataclass(frozen=True, eq=False)
class DeforumRun(Request[str]):
    """Render an animation and wait for it: POST /deforum/run. Gives the folder on the server."""

    path: ClassVar[str] = "/deforum/run"
    generation: ClassVar[bool] = True

    settings: Mapping[str, Any] = field(metadata=LOCAL)
    """The settings, as the web page saves them."""
    allowed_params: Sequence[str] | None = field(default=None, metadata=LOCAL)
    """The names that are taken from the settings; default none, so that all names are given here."""

    def query(self) -> dict[str, Any]:
        names = self.settings if self.allowed_params is None else self.allowed_params
        return {"settings_json": json.dumps(self.settings), "allowed_params": ";".join(names)}

    def payload(self) -> None:
        return None

    def parse(self, answer: Answer) -> str:
        return read_item(answer, _Version).outdir


class DeforumInterface(Interface[Client_co], Generic[Client_co]):
    """Deforum's endpoints (deforum-art/sd-webui-deforum)."""

    submit = endpoint(DeforumSubmit)
    batches = endpoint(GetDeforumBatches)
    batch = endpoint(GetDeforumBatch)
    cancel_batch = endpoint(CancelDeforumBatch)
    jobs = endpoint(GetDeforumJobs)
    job = endpoint(GetDeforumJob)
    cancel_job = endpoint(CancelDeforumJob)
    wait = endpoint(wait_for_deforum)
    version = endpoint(GetDeforumVersion)
    api_version = endpoint(GetDeforumApiVersion)
    run_simple = endpoint(DeforumRun)
