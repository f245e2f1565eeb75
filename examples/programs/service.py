"""A web service around a webui: jobs by POST, their progress as server-sent events, the picture by GET.

pip install fastapi uvicorn
uvicorn --app-dir examples/programs service:app

curl -X POST localhost:8000/jobs -H "Content-Type: application/json" -d '{"prompt": "a cat", "steps": 20}'
curl -N localhost:8000/jobs/ID/events
curl localhost:8000/jobs/ID/image -o cat.png
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

import webuiapi

KEPT = 100
"""Jobs that are remembered; the oldest finished ones are forgotten first."""

Job = webuiapi.AsyncJob[webuiapi.WebUIApiResult]


class Order(BaseModel):
    """What may be asked for: less than the webui allows, so that nobody orders a poster."""

    prompt: str
    negative_prompt: str = ""
    steps: int = Field(20, ge=1, le=50)
    width: int = Field(512, ge=64, le=1024, multiple_of=8)
    height: int = Field(512, ge=64, le=1024, multiple_of=8)
    seed: int = -1


jobs: dict[str, Job] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for the life of the service; leaving it takes back what is not done."""
    async with webuiapi.AsyncWebUIApi() as api:
        app.state.api = api
        yield
        for job in jobs.values():
            await job.cancel()
        jobs.clear()


app = FastAPI(title="Pictures", lifespan=lifespan)


def found(job_id: str) -> Job:
    if job_id not in jobs:
        raise HTTPException(404, "there is no such job")
    return jobs[job_id]


@app.post("/jobs", status_code=202)
async def order(order: Order) -> dict[str, str]:
    """Take a job."""
    done = [key for key, job in jobs.items() if job.done()]
    for key in done[: max(0, len(jobs) + 1 - KEPT)]:
        del jobs[key]
    if len(jobs) >= KEPT:
        raise HTTPException(503, "too many jobs are waiting", {"Retry-After": "30"})
    job_id = uuid4().hex
    jobs[job_id] = app.state.api.submit(webuiapi.Txt2Img(**order.model_dump()))
    return {"id": job_id}


@app.get("/jobs/{job_id}/events")
async def events(job_id: str) -> StreamingResponse:
    """Tell how far the job is, until it has ended."""
    return StreamingResponse(told(found(job_id)), media_type="text/event-stream")


async def told(job: Job) -> AsyncIterator[str]:
    async for status in job.events():
        said: dict[str, Any] = {"status": type(status).__name__.lower()}
        if isinstance(status, webuiapi.Running):
            said.update(progress=status.progress, eta=status.eta)
        elif isinstance(status, webuiapi.Failed):
            said["error"] = str(status.error)
        yield f"data: {json.dumps(said)}\n\n"


@app.get("/jobs/{job_id}/image")
async def image(job_id: str) -> Response:
    """The picture, with its generation parameters inside."""
    job = found(job_id)
    if not job.done():
        raise HTTPException(409, "it is not done yet")
    try:
        result = await job
    except webuiapi.JobCancelled as error:
        raise HTTPException(410, "it was taken back") from error
    except webuiapi.WebUIApiError as error:
        raise HTTPException(502, str(error)) from error
    return Response(result.content[0], media_type="image/png")


@app.delete("/jobs/{job_id}")
async def cancel(job_id: str) -> dict[str, bool]:
    """Take a job back; false if it was done already."""
    return {"cancelled": await found(job_id).cancel()}
