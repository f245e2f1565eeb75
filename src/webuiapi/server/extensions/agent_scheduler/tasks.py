"""The endpoints of Agent Scheduler that take tasks in and tell of them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from ...contract import contract
from ...http import Response
from ..base import field
from .desk import NOT_FOUND, ROOT, agent_scheduler, done, queue_of, refused
from .task import FINISHED, Task

if TYPE_CHECKING:
    from ...routing import Call

_PAGES = {"limit": field("integer", 20), "offset": field("integer", 0)}


@agent_scheduler.get(f"{ROOT}/samplers")
def samplers(call: Call) -> list[str]:
    """The samplers' names."""
    return [item["name"] for item in call.state.catalog.samplers]


@agent_scheduler.get(f"{ROOT}/sd-models")
def sd_models(call: Call) -> list[str]:
    """The checkpoints' titles."""
    return [item["title"] for item in call.state.checkpoints]


# --- tasks in


def _fields_of(kind: str) -> dict[str, Any]:
    """The fields of a generation and those of its task. Arguments of scripts may be objects here, which is seen to."""
    described = contract().endpoint("POST", f"/sdapi/v1/{kind}").described["body"]["fields"]
    more = ("checkpoint", "vae", "callback_url")
    return {**described, **{name: field("string", None, nullable=True) for name in more}}


@agent_scheduler.post(f"{ROOT}/queue/txt2img", _fields_of("txt2img"), auth=True)
def queue_txt2img(call: Call) -> dict[str, str]:
    """Put a txt2img into the queue."""
    return {"task_id": queue_of(call).add("txt2img", call.fields, call.given)}


@agent_scheduler.post(f"{ROOT}/queue/img2img", _fields_of("img2img"), auth=True)
def queue_img2img(call: Call) -> dict[str, str]:
    """Put an img2img into the queue."""
    if not call.fields["init_images"]:
        raise IndexError("list index out of range")
    return {"task_id": queue_of(call).add("img2img", call.fields, call.given)}


@agent_scheduler.post(f"{ROOT}/import", {"content": field("string")})
def import_tasks(call: Call) -> dict[str, Any]:
    """Put tasks into the queue that `export` gave."""
    try:
        items = json.loads(call.fields["content"])
        tasks = [Task.restored(item) for item in items]
    except (ValueError, TypeError, KeyError, AttributeError):
        return refused("Import Failed")
    for task in tasks:
        queue_of(call).enter(task)
    return done("Queue imported")


# --- what there is


@agent_scheduler.get(f"{ROOT}/queue", query=_PAGES, auth=True)
def queue_status(call: Call) -> dict[str, Any]:
    """The tasks that wait, and the one that runs."""
    tasks, offset = queue_of(call), call.fields["offset"]
    pending = tasks.waiting()
    page = pending[offset:][: call.fields["limit"] or None]
    current = call.state.tasks.current
    return {
        "current_task_id": current,
        "pending_tasks": [
            {**task.shown(running=task.id == current), "position": offset + place} for place, task in enumerate(page)
        ],
        "total_pending_tasks": len(pending),
        "paused": tasks.paused,
    }


@agent_scheduler.get(f"{ROOT}/export", query={**_PAGES, "limit": field("integer", 1000)})
def export_tasks(call: Call) -> list[dict[str, Any]]:
    """The tasks that wait, complete."""
    page = queue_of(call).waiting()[call.fields["offset"] :][: call.fields["limit"] or None]
    return [task.exported() for task in page]


@agent_scheduler.get(f"{ROOT}/history", query={"status": field("string", None, nullable=True), **_PAGES}, auth=True)
def history(call: Call) -> dict[str, Any]:
    """The tasks that are over, the last one first."""
    status = call.fields["status"]
    wanted = FINISHED if not status or status in ("all", "bookmarked") else (status,)
    tasks = [task for task in reversed(queue_of(call).ordered()) if task.status in wanted]
    total = len(tasks)
    if status == "bookmarked":
        tasks = [task for task in tasks if task.bookmarked]
    page = tasks[call.fields["offset"] :][: call.fields["limit"] or None]
    return {"tasks": [task.shown() for task in page], "total": total}


@agent_scheduler.get(f"{ROOT}/task/{{id}}", auth=True)
def get_task(call: Call) -> dict[str, Any]:
    """One task."""
    tasks, name = queue_of(call), call.fields["id"]
    task = tasks.find(name)
    if task is None:
        return refused(NOT_FOUND)
    shown = task.shown(running=name == call.state.tasks.current, iso=True)
    if shown["status"] == "pending":
        shown["position"] = tasks.position(name)
    return {"success": True, "data": shown}


@agent_scheduler.get(f"{ROOT}/task/{{id}}/position", auth=True)
def get_position(call: Call) -> dict[str, Any]:
    """How many tasks come before one that waits."""
    tasks, name = queue_of(call), call.fields["id"]
    task = tasks.find(name)
    if task is None:
        return refused(NOT_FOUND)
    position = tasks.position(name) if task.status == "pending" else None
    return {"success": True, "data": {"status": task.status, "position": position}}


@agent_scheduler.get(f"{ROOT}/results/{{id}}", query={"zip": field("boolean", False)}, auth=True)
@agent_scheduler.get(f"{ROOT}/task/{{id}}/results", query={"zip": field("boolean", False)}, auth=True)
def get_results(call: Call) -> dict[str, Any] | Response:
    """The pictures of a task that is done, with their infotexts, or as files in an archive."""
    task = queue_of(call).find(call.fields["id"])
    if task is None:
        return refused(NOT_FOUND)
    if task.status != "done":
        return refused(f"Task is {task.status}")
    if not call.fields["zip"]:
        return {"success": True, "data": [{"image": image, "infotext": text} for _, image, text in task.pictures]}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in task.files():
            archive.writestr(name, data)
    headers = {
        "content-type": "application/zip",
        "content-disposition": f"attachment; filename=results-{task.id}.zip",
    }
    return Response(200, headers, out.getvalue())
