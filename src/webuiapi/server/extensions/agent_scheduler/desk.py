"""What all endpoints of Agent Scheduler have in common: the extension, the server's queue, and the form of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..base import Extension
from .queue import Queue

if TYPE_CHECKING:
    from ...routing import Call

agent_scheduler = Extension(
    "agent-scheduler",
    repository="ArtVentureX/sd-webui-agent-scheduler",
    also=["SipherAGI/sd-webui-agent-scheduler"],
    commit="a33753321b914c6122df96d1dc0b5117d38af680",
    date=1736726400,
)

ROOT = "/agent-scheduler/v1"
NOT_FOUND = "Task not found"


def queue_of(call: Call) -> Queue:
    """The server's queue."""
    app = call.app
    found: Queue = call.state.memory("agent-scheduler", lambda: Queue(app))
    return found


def done(message: str) -> dict[str, Any]:
    """It worked."""
    return {"success": True, "message": message}


def refused(message: str) -> dict[str, Any]:
    """It did not."""
    return {"success": False, "message": message}
