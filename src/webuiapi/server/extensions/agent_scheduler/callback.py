"""How Agent Scheduler tells that a task is over: its pictures posted to an address that the request gave.

This server sends nothing to anywhere unless its catalogue allows it: `"agent-scheduler/callbacks": true`.
"""

from __future__ import annotations

import http.client
import logging
import mimetypes
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from .task import Task

_log = logging.getLogger("webuiapi.server")

PATIENCE = 5.0
TRIES = 3


def send(url: str, task: Task, *, allowed: bool) -> None:
    """Post the task's id, status and pictures as a form; tried a few times, and never an error."""
    if not allowed:
        _log.warning("Agent Scheduler: the callback to %s is not allowed by the catalogue", url)
        return
    boundary = uuid.uuid4().hex
    body = _form(task, boundary)
    for _ in range(TRIES):
        try:
            if _post(url, body, boundary) < 500:
                return
        except (OSError, http.client.HTTPException, ValueError) as error:
            _log.warning("Agent Scheduler: the callback to %s failed: %s", url, error)


def _post(url: str, body: bytes, boundary: str) -> int:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it is no http address")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        connection.request("POST", path, body, {"content-type": f"multipart/form-data; boundary={boundary}"})
        return connection.getresponse().status
    finally:
        connection.close()


def _form(task: Task, boundary: str) -> bytes:
    parts = []
    for name, value in (("task_id", task.id), ("status", task.status)):
        parts.append(_part(f'form-data; name="{name}"', None, value.encode(), boundary))
    for name, data in task.files():
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        parts.append(_part(f'form-data; name="files"; filename="{name}"', kind, data, boundary))
    return b"".join([*parts, f"--{boundary}--\r\n".encode()])


def _part(disposition: str, kind: str | None, data: bytes, boundary: str) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\n"
    if kind:
        head += f"Content-Type: {kind}\r\n"
    return f"{head}\r\n".encode() + data + b"\r\n"
