"""The endpoints of Agent Scheduler that change tasks and the queue. Older paths, without `task/`, still work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..base import field
from .desk import NOT_FOUND, ROOT, agent_scheduler, done, queue_of, refused
from .task import FINISHED

if TYPE_CHECKING:
    from ...routing import Call


@agent_scheduler.route(
    "PUT",
    f"{ROOT}/task/{{id}}",
    {
        "name": field("string", None, nullable=True),
        "checkpoint": field("string", None, nullable=True),
        "params": field("object", None, nullable=True),
    },
    auth=True,
)
def update_task(call: Call) -> dict[str, Any]:
    """Another name, checkpoint or fields. Fields are taken only together with a checkpoint, as there."""
    task = queue_of(call).find(call.fields["id"])
    if task is None:
        return refused(NOT_FOUND)
    if call.fields["name"] is not None:
        task.name = call.fields["name"]
    if call.fields["checkpoint"] is not None:
        if call.fields["params"] is None:
            raise TypeError("'NoneType' object is not iterable")
        task.checkpoint = call.fields["checkpoint"]
        task.fields.update(call.fields["params"])
    task.touch()
    return done("Task updated.")


@agent_scheduler.post(f"{ROOT}/run/{{id}}", auth=True)
@agent_scheduler.post(f"{ROOT}/task/{{id}}/run", auth=True)
def run_task(call: Call) -> dict[str, Any]:
    """Run a task next, or at once if none runs."""
    tasks, name, current = queue_of(call), call.fields["id"], call.state.tasks.current
    if current == name:
        return refused("Task is running")
    if current is not None:
        tasks.move(name, 0)
        return done("Task is scheduled to run next")
    tasks.run_alone(name)
    return done("Task is executing")


@agent_scheduler.post(f"{ROOT}/requeue/{{id}}", auth=True)
@agent_scheduler.post(f"{ROOT}/task/{{id}}/requeue", auth=True)
def requeue_task(call: Call) -> dict[str, Any]:
    """Queue a task once more."""
    tasks = queue_of(call)
    task = tasks.find(call.fields["id"])
    if task is None:
        return refused(NOT_FOUND)
    tasks.enter(task.copied())
    return done("Task requeued")


@agent_scheduler.post(f"{ROOT}/task/requeue-failed", auth=True)
def requeue_failed(call: Call) -> dict[str, Any]:
    """Queue all that failed once more."""
    count = queue_of(call).requeue_failed()
    return done(f"Requeued {count} failed tasks") if count else refused("No failed tasks")


@agent_scheduler.post(f"{ROOT}/delete/{{id}}", auth=True)
@agent_scheduler.route("DELETE", f"{ROOT}/task/{{id}}", auth=True)
def delete_task(call: Call) -> dict[str, Any]:
    """Forget a task; interrupt it if it runs."""
    tasks, name = queue_of(call), call.fields["id"]
    if call.state.tasks.current == name and tasks.interrupt(name):
        return done("Task interrupted")
    tasks.delete(name)
    return done("Task deleted")


@agent_scheduler.post(f"{ROOT}/move/{{id}}/{{over_id}}", auth=True)
@agent_scheduler.post(f"{ROOT}/task/{{id}}/move/{{over_id}}", auth=True)
def move_task(call: Call) -> dict[str, Any]:
    """Put a task before another, or at an end."""
    tasks, name, over = queue_of(call), call.fields["id"], call.fields["over_id"]
    if tasks.find(name) is None:
        return refused(NOT_FOUND)
    if over in ("top", "bottom"):
        tasks.move(name, 0 if over == "top" else -1)
        return done(f"Task moved to {over}")
    other = tasks.find(over)
    if other is None:
        return refused(NOT_FOUND)
    tasks.move(name, other.priority)
    return done("Task moved")


@agent_scheduler.post(f"{ROOT}/bookmark/{{id}}", auth=True)
@agent_scheduler.post(f"{ROOT}/task/{{id}}/bookmark", auth=True)
def bookmark_task(call: Call) -> dict[str, Any]:
    """Keep a task in mind."""
    return _bookmark(call, True, "Task bookmarked")


@agent_scheduler.post(f"{ROOT}/unbookmark/{{id}}", auth=True)
@agent_scheduler.post(f"{ROOT}/task/{{id}}/unbookmark")
def unbookmark_task(call: Call) -> dict[str, Any]:
    """No longer. The newer path asks for no credentials, as there."""
    return _bookmark(call, False, "Task unbookmarked")


def _bookmark(call: Call, bookmarked: bool, message: str) -> dict[str, Any]:
    task = queue_of(call).find(call.fields["id"])
    if task is None:
        return refused(NOT_FOUND)
    task.bookmarked = bookmarked
    task.touch()
    return done(message)


@agent_scheduler.post(f"{ROOT}/rename/{{id}}", query={"name": field("string")}, auth=True)
@agent_scheduler.post(f"{ROOT}/task/{{id}}/rename", query={"name": field("string")}, auth=True)
def rename_task(call: Call) -> dict[str, Any]:
    """Another name."""
    task = queue_of(call).find(call.fields["id"])
    if task is None:
        return refused(NOT_FOUND)
    task.name = call.fields["name"]
    task.touch()
    return done("Task renamed.")


@agent_scheduler.post(f"{ROOT}/pause", auth=True)
@agent_scheduler.post(f"{ROOT}/queue/pause", auth=True)
def pause(call: Call) -> dict[str, Any]:
    """Begin no further task."""
    queue_of(call).pause()
    return done("Queue paused.")


@agent_scheduler.post(f"{ROOT}/resume", auth=True)
@agent_scheduler.post(f"{ROOT}/queue/resume", auth=True)
def resume(call: Call) -> dict[str, Any]:
    """Go on."""
    queue_of(call).resume()
    return done("Queue resumed.")


@agent_scheduler.post(f"{ROOT}/queue/clear", auth=True)
def clear_queue(call: Call) -> dict[str, Any]:
    """Forget all that wait."""
    queue_of(call).clear(("pending",))
    return done("Queue cleared.")


@agent_scheduler.post(f"{ROOT}/history/clear", auth=True)
def clear_history(call: Call) -> dict[str, Any]:
    """Forget all that are over."""
    queue_of(call).clear(FINISHED)
    return done("History cleared.")
