"""Agent Scheduler: a queue of generations that outlives the request. Tasks wait, run one after the other, and keep
their pictures until the history is cleared.

Almost every answer is a 200 that says in `success` whether it worked.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from ...contract import contract
from ...http import Response
from ..base import Extension, field
from .queue import Queue
from .task import FINISHED, Task

if TYPE_CHECKING:
    from ...routing import Call

agent_scheduler = Extension(
    "agent-scheduler",
    repository="ArtVentureX/sd-webui-agent-scheduler",
    also=["SipherAGI/sd-webui-agent-scheduler"],
    commit="a33753321b914c6122df96d1dc0b5117d38af680",
    date=1736726400,
)

_ROOT = "/agent-scheduler/v1"
_PAGES = {"limit": field("integer", 20), "offset": field("integer", 0)}


def _queue(call: Call) -> Queue:
    app = call.app
    found: Queue = call.state.memory("agent-scheduler", lambda: Queue(app))
    return found


def _done(message: str) -> dict[str, Any]:
    return {"success": True, "message": message}


def _refused(message: str) -> dict[str, Any]:
    return {"success": False, "message": message}


_NOT_FOUND = "Task not found"


@agent_scheduler.get(f"{_ROOT}/samplers")
def samplers(call: Call) -> list[str]:
    """The samplers' names."""
    return [item["name"] for item in call.state.catalog.samplers]


@agent_scheduler.get(f"{_ROOT}/sd-models")
def sd_models(call: Call) -> list[str]:
    """The checkpoints' titles."""
    return [item["title"] for item in call.state.checkpoints]


# --- tasks in


def _fields_of(kind: str) -> dict[str, Any]:
    """The fields of a generation and those of its task. Arguments of scripts may be objects here, which is seen to."""
    described = contract().endpoint("POST", f"/sdapi/v1/{kind}").described["body"]["fields"]
    more = ("checkpoint", "vae", "callback_url")
    return {**described, **{name: field("string", None, nullable=True) for name in more}}


@agent_scheduler.post(f"{_ROOT}/queue/txt2img", _fields_of("txt2img"), auth=True)
def queue_txt2img(call: Call) -> dict[str, str]:
    """Put a txt2img into the queue."""
    return {"task_id": _queue(call).add("txt2img", call.fields, call.given)}


@agent_scheduler.post(f"{_ROOT}/queue/img2img", _fields_of("img2img"), auth=True)
def queue_img2img(call: Call) -> dict[str, str]:
    """Put an img2img into the queue."""
    if not call.fields["init_images"]:
        raise IndexError("list index out of range")
    return {"task_id": _queue(call).add("img2img", call.fields, call.given)}


@agent_scheduler.post(f"{_ROOT}/import", {"content": field("string")})
def import_tasks(call: Call) -> dict[str, Any]:
    """Put tasks into the queue that `export` gave."""
    try:
        items = json.loads(call.fields["content"])
        tasks = [Task.restored(item) for item in items]
    except (ValueError, TypeError, KeyError, AttributeError):
        return _refused("Import Failed")
    for task in tasks:
        _queue(call).enter(task)
    return _done("Queue imported")


# --- what there is


@agent_scheduler.get(f"{_ROOT}/queue", query=_PAGES, auth=True)
def queue_status(call: Call) -> dict[str, Any]:
    """The tasks that wait, and the one that runs."""
    tasks, offset = _queue(call), call.fields["offset"]
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


@agent_scheduler.get(f"{_ROOT}/export", query={**_PAGES, "limit": field("integer", 1000)})
def export_tasks(call: Call) -> list[dict[str, Any]]:
    """The tasks that wait, complete."""
    page = _queue(call).waiting()[call.fields["offset"] :][: call.fields["limit"] or None]
    return [task.exported() for task in page]


@agent_scheduler.get(f"{_ROOT}/history", query={"status": field("string", None, nullable=True), **_PAGES}, auth=True)
def history(call: Call) -> dict[str, Any]:
    """The tasks that are over, the last one first."""
    status = call.fields["status"]
    wanted = FINISHED if not status or status in ("all", "bookmarked") else (status,)
    tasks = [task for task in reversed(_queue(call).ordered()) if task.status in wanted]
    total = len(tasks)
    if status == "bookmarked":
        tasks = [task for task in tasks if task.bookmarked]
    page = tasks[call.fields["offset"] :][: call.fields["limit"] or None]
    return {"tasks": [task.shown() for task in page], "total": total}


@agent_scheduler.get(f"{_ROOT}/task/{{id}}", auth=True)
def get_task(call: Call) -> dict[str, Any]:
    """One task."""
    tasks, name = _queue(call), call.fields["id"]
    task = tasks.find(name)
    if task is None:
        return _refused(_NOT_FOUND)
    shown = task.shown(running=name == call.state.tasks.current, iso=True)
    if shown["status"] == "pending":
        shown["position"] = tasks.position(name)
    return {"success": True, "data": shown}


@agent_scheduler.get(f"{_ROOT}/task/{{id}}/position", auth=True)
def get_position(call: Call) -> dict[str, Any]:
    """How many tasks come before one that waits."""
    tasks, name = _queue(call), call.fields["id"]
    task = tasks.find(name)
    if task is None:
        return _refused(_NOT_FOUND)
    position = tasks.position(name) if task.status == "pending" else None
    return {"success": True, "data": {"status": task.status, "position": position}}


@agent_scheduler.get(f"{_ROOT}/results/{{id}}", query={"zip": field("boolean", False)}, auth=True)
@agent_scheduler.get(f"{_ROOT}/task/{{id}}/results", query={"zip": field("boolean", False)}, auth=True)
def get_results(call: Call) -> dict[str, Any] | Response:
    """The pictures of a task that is done, with their infotexts, or as files in an archive."""
    task = _queue(call).find(call.fields["id"])
    if task is None:
        return _refused(_NOT_FOUND)
    if task.status != "done":
        return _refused(f"Task is {task.status}")
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


# --- orders


@agent_scheduler.route(
    "PUT",
    f"{_ROOT}/task/{{id}}",
    {
        "name": field("string", None, nullable=True),
        "checkpoint": field("string", None, nullable=True),
        "params": field("object", None, nullable=True),
    },
    auth=True,
)
def update_task(call: Call) -> dict[str, Any]:
    """Another name, checkpoint or fields. Fields are taken only together with a checkpoint, as there."""
    task = _queue(call).find(call.fields["id"])
    if task is None:
        return _refused(_NOT_FOUND)
    if call.fields["name"] is not None:
        task.name = call.fields["name"]
    if call.fields["checkpoint"] is not None:
        if call.fields["params"] is None:
            raise TypeError("'NoneType' object is not iterable")
        task.checkpoint = call.fields["checkpoint"]
        task.fields.update(call.fields["params"])
    task.touch()
    return _done("Task updated.")


@agent_scheduler.post(f"{_ROOT}/run/{{id}}", auth=True)
@agent_scheduler.post(f"{_ROOT}/task/{{id}}/run", auth=True)
def run_task(call: Call) -> dict[str, Any]:
    """Run a task next, or at once if none runs."""
    tasks, name, current = _queue(call), call.fields["id"], call.state.tasks.current
    if current == name:
        return _refused("Task is running")
    if current is not None:
        tasks.move(name, 0)
        return _done("Task is scheduled to run next")
    tasks.run_alone(name)
    return _done("Task is executing")


@agent_scheduler.post(f"{_ROOT}/requeue/{{id}}", auth=True)
@agent_scheduler.post(f"{_ROOT}/task/{{id}}/requeue", auth=True)
def requeue_task(call: Call) -> dict[str, Any]:
    """Queue a task once more."""
    tasks = _queue(call)
    task = tasks.find(call.fields["id"])
    if task is None:
        return _refused(_NOT_FOUND)
    tasks.enter(task.copied())
    return _done("Task requeued")


@agent_scheduler.post(f"{_ROOT}/task/requeue-failed", auth=True)
def requeue_failed(call: Call) -> dict[str, Any]:
    """Queue all that failed once more."""
    count = _queue(call).requeue_failed()
    return _done(f"Requeued {count} failed tasks") if count else _refused("No failed tasks")


@agent_scheduler.post(f"{_ROOT}/delete/{{id}}", auth=True)
@agent_scheduler.route("DELETE", f"{_ROOT}/task/{{id}}", auth=True)
def delete_task(call: Call) -> dict[str, Any]:
    """Forget a task; interrupt it if it runs."""
    tasks, name = _queue(call), call.fields["id"]
    if call.state.tasks.current == name and tasks.interrupt(name):
        return _done("Task interrupted")
    tasks.delete(name)
    return _done("Task deleted")


@agent_scheduler.post(f"{_ROOT}/move/{{id}}/{{over_id}}", auth=True)
@agent_scheduler.post(f"{_ROOT}/task/{{id}}/move/{{over_id}}", auth=True)
def move_task(call: Call) -> dict[str, Any]:
    """Put a task before another, or at an end."""
    tasks, name, over = _queue(call), call.fields["id"], call.fields["over_id"]
    if tasks.find(name) is None:
        return _refused(_NOT_FOUND)
    if over in ("top", "bottom"):
        tasks.move(name, 0 if over == "top" else -1)
        return _done(f"Task moved to {over}")
    other = tasks.find(over)
    if other is None:
        return _refused(_NOT_FOUND)
    tasks.move(name, other.priority)
    return _done("Task moved")


@agent_scheduler.post(f"{_ROOT}/bookmark/{{id}}", auth=True)
@agent_scheduler.post(f"{_ROOT}/task/{{id}}/bookmark", auth=True)
def bookmark_task(call: Call) -> dict[str, Any]:
    """Keep a task in mind."""
    return _bookmark(call, True, "Task bookmarked")


@agent_scheduler.post(f"{_ROOT}/unbookmark/{{id}}", auth=True)
@agent_scheduler.post(f"{_ROOT}/task/{{id}}/unbookmark")
def unbookmark_task(call: Call) -> dict[str, Any]:
    """No longer. The newer path asks for no credentials, as there."""
    return _bookmark(call, False, "Task unbookmarked")


def _bookmark(call: Call, bookmarked: bool, message: str) -> dict[str, Any]:
    task = _queue(call).find(call.fields["id"])
    if task is None:
        return _refused(_NOT_FOUND)
    task.bookmarked = bookmarked
    task.touch()
    return _done(message)


@agent_scheduler.post(f"{_ROOT}/rename/{{id}}", query={"name": field("string")}, auth=True)
@agent_scheduler.post(f"{_ROOT}/task/{{id}}/rename", query={"name": field("string")}, auth=True)
def rename_task(call: Call) -> dict[str, Any]:
    """Another name."""
    task = _queue(call).find(call.fields["id"])
    if task is None:
        return _refused(_NOT_FOUND)
    task.name = call.fields["name"]
    task.touch()
    return _done("Task renamed.")


@agent_scheduler.post(f"{_ROOT}/pause", auth=True)
@agent_scheduler.post(f"{_ROOT}/queue/pause", auth=True)
def pause(call: Call) -> dict[str, Any]:
    """Begin no further task."""
    _queue(call).pause()
    return _done("Queue paused.")


@agent_scheduler.post(f"{_ROOT}/resume", auth=True)
@agent_scheduler.post(f"{_ROOT}/queue/resume", auth=True)
def resume(call: Call) -> dict[str, Any]:
    """Go on."""
    _queue(call).resume()
    return _done("Queue resumed.")


@agent_scheduler.post(f"{_ROOT}/queue/clear", auth=True)
def clear_queue(call: Call) -> dict[str, Any]:
    """Forget all that wait."""
    _queue(call).clear(("pending",))
    return _done("Queue cleared.")


@agent_scheduler.post(f"{_ROOT}/history/clear", auth=True)
def clear_history(call: Call) -> dict[str, Any]:
    """Forget all that are over."""
    _queue(call).clear(FINISHED)
    return _done("History cleared.")
