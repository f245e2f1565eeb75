"""Endpoints that SD.Next has besides, or in its own way: what it is, what it does, what it did, its options."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..errors import HTTPError
from ..previews import data_uri, encoded
from ..routing import Call, Handler, Route
from .table import API

COMMIT = "058a7f0c"
_UPDATED = "2026-07-23"
DEFAULT_SAMPLER = "Default"
"""The sampler that is the model's own; it can be named, and is not listed."""
_HISTORY = 10_000
_MINUTE = 60.0
_COSTS = {f"{API}txt2img": 5, f"{API}img2img": 5, "/internal/progress": 0}
"""Of requests, where it is not 1."""
_JOBS = {"scripts_txt2img": "API-TXT", "scripts_img2img": "API-IMG"}
_KINDS = {f"{API}txt2img": "API-TXT", f"{API}img2img": "API-IMG"}


class Memory:
    """What one server remembers: its jobs, and who asked how much within a minute."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.jobs = 0
        self._lock = threading.Lock()
        self._history: deque[dict[str, Any]] = deque(maxlen=_HISTORY)
        self._asked: dict[str, deque[tuple[float, int]]] = {}

    def note(self, job: str, op: str, name: str, now: float, duration: float | None) -> None:
        """A job begins or ends."""
        entry = {"id": name, "job": job.lower(), "op": op, "timestamp": now, "duration": duration, "outputs": []}
        with self._lock:
            self.jobs += op == "begin"
            self._history.append(entry)

    def history(self, name: str | None) -> list[dict[str, Any]]:
        """All that was noted, or of one job."""
        with self._lock:
            return [dict(entry) for entry in self._history if not name or entry["id"] == name]

    def asks(self, path: str, cost: int, limit: int, now: float) -> bool:
        """Whether a request is within the limit of a minute."""
        with self._lock:
            asked = self._asked.setdefault(path, deque())
            while asked and asked[0][0] <= now - _MINUTE:
                asked.popleft()
            if sum(one for _, one in asked) + cost > limit:
                return False
            asked.append((now, cost))
            return True


def _memory(call: Call) -> Memory:
    found: Memory = call.state.memory("sdnext", lambda: Memory(_now(call)))
    return found


def _now(call: Call) -> float:
    return call.state.now().timestamp()


# --- turns


def rated(call: Call, handler: Handler) -> Any:
    """Whoever asks too much is refused, after the work is done. Off unless the option `server_rate_limit` is set."""
    memory, path = _memory(call), call.request.path
    answer = handler(call)
    limit = int(call.state.options["server_rate_limit"])
    cost = _COSTS.get(path, 1)
    if limit > 0 and cost and not memory.asks(path, cost, limit, _now(call)):
        raise HTTPError(429, f"127.0.0.1:{path}: rate limit exceeded")
    return answer


def noted(call: Call, handler: Handler) -> Any:
    """A generation stands in the history."""
    memory, job, began = _memory(call), _KINDS[call.request.path], _now(call)
    name = f"{call.state.random.getrandbits(60):015x}"
    memory.note(job, "begin", name, began, None)
    answer = handler(call)
    now = _now(call)
    memory.note(job, "end", name, now, round(now - began, 3))
    return answer


# --- what it is and does


def _version(_: Call) -> dict[str, str]:
    """What it is."""
    return {
        "app": "sd.next",
        "updated": _UPDATED,
        "commit": COMMIT,
        "branch": "master",
        "url": "https://github.com/vladmandic/sdnext/tree/master",
        "kanvas": "main",
        "ui": "main",
    }


def _figures(call: Call) -> dict[str, Any]:
    """Where the job is, under SD.Next's names."""
    shown = asdict(call.state.progress.figures())
    del shown["stopping_generation"]
    return {**shown, "job": _JOBS.get(shown["job"], shown["job"]), "job_count": max(shown["job_count"], 0)}


def _progress(call: Call) -> dict[str, Any]:
    """How far the running job is, whoever sent it."""
    running, options, state = call.state.progress, call.state.options, _figures(call)
    answer: dict[str, Any] = {"id": "", "progress": 0.0, "eta_relative": 0.0, "state": state}
    answer |= {"current_image": None, "textinfo": None}
    if not state["job"]:
        return answer
    done = _share(state)
    answer["progress"] = round(done, 2)
    answer["eta_relative"] = round(running.eta(done) or 0.0, 2)
    if not call.fields["skip_current_image"]:
        preview, _ = running.renew_preview(options["show_progress_every_n_steps"])
        if preview is not None:
            answer["current_image"] = encoded(preview, options["samples_format"])
    return answer


def _share(state: Mapping[str, Any]) -> float:
    steps, jobs = max(state["sampling_steps"], 1), max(state["job_count"], 1)
    done: float = (steps * state["job_no"] + state["sampling_step"]) / (steps * jobs)
    return min(done, 1.0)


def _task_progress(call: Call) -> dict[str, Any]:
    """How far a task of the user interface is; requests of the API are none, so that only "no task" is active."""
    state = _figures(call)
    active = call.fields["id_task"] is None
    step, steps = state["sampling_step"], max(state["sampling_steps"], 1)
    running, done = call.state.progress, round(min(1.0, step / steps), 2)
    preview = None
    if active and call.fields["id_live_preview"] != -1 and running.preview is not None:
        preview = data_uri(running.preview, "jpeg")
    return {
        "job": state["job"],
        "textinfo": None if active else "Waiting...",
        "active": active,
        "queued": False,
        "paused": False,
        "completed": False,
        "debug": False,
        "step": step,
        "steps": steps,
        "batch_no": state["job_no"],
        "batch_count": state["job_count"],
        "progress": done,
        "eta": running.eta(done),
        "live_preview": preview,
        "id_live_preview": running.preview_id,
    }


def _status(call: Call) -> dict[str, Any]:
    """The same in other words, and how long it has been up."""
    memory, state = _memory(call), _figures(call)
    busy = bool(state["job"])
    done = _share(state) if busy else 0.0
    elapsed, eta = call.state.progress.elapsed, call.state.progress.eta(done)
    words = "interrupted" if state["interrupted"] else "skipped" if state["skipped"] else "running" if busy else "idle"
    return {
        "status": words,
        "task": state["job"],
        "timestamp": state["job_timestamp"] if busy else None,
        "current": "",
        "id": "",
        "job": state["job_no"],
        "jobs": max(state["job_count"], state["job_no"]),
        "total": memory.jobs,
        "step": state["sampling_steps"] * state["job_no"] + state["sampling_step"],
        "steps": state["sampling_steps"] * max(state["job_count"], state["job_no"]),
        "queued": 0,
        "uptime": round(_now(call) - memory.started),
        "elapsed": round(elapsed, 2) if busy else None,
        "eta": None if eta is None else round(eta, 2),
        "progress": round(done, 2),
    }


def _history(call: Call) -> list[dict[str, Any]]:
    """The beginnings and ends of jobs."""
    return _memory(call).history(call.fields["id"])


# --- what is set and loaded


def _set_options(call: Call) -> dict[str, Any]:
    """Any subset; unknown ones and those that do not change are told."""
    return {"updated": [{name: _set(call, name, value)} for name, value in call.fields.items()]}


def _set(call: Call, name: str, value: Any) -> bool:
    before = call.state.options.get(name)
    try:
        call.state.set_options({name: value})
    except (KeyError, RuntimeError):
        return False
    return bool(call.state.options.get(name) != before)


def _checkpoint(call: Call) -> dict[str, Any]:
    """The loaded checkpoint."""
    item = call.state.checkpoint
    return {
        "type": "sd",
        "class": "StableDiffusionPipeline",
        "checkpoint": item["title"],
        "title": item["title"],
        "name": item["model_name"],
        "filename": item["filename"],
        "hash": item["hash"],
    }


def _load_checkpoint(call: Call) -> dict[str, bool]:
    """Load one; whether there is one of that name."""
    try:
        call.state.set_options({"sd_model_checkpoint": call.fields["sd_model_checkpoint"]})
    except RuntimeError:
        return {"ok": False}
    return {"ok": True}


def _lora(call: Call) -> dict[str, Any]:
    """All about one LoRA."""
    for item in call.state.catalog.loras:
        if item["name"] == call.fields["lora"]:
            return {
                "name": item["name"],
                "alias": item["alias"],
                "filename": item["path"],
                "metadata": item["metadata"],
            }
    raise HTTPError(404, f"Lora '{call.fields['lora']}' not found")


def _loaded_loras(_: Call) -> list[str]:
    """None: each request loads its own."""
    return []


def _detailers(call: Call) -> list[dict[str, Any]]:
    """What repairs faces and hands."""
    return [{"name": item["name"], "path": item.get("cmd_dir")} for item in call.state.catalog.face_restorers]


_TEXT = {"type": "string", "default": None, "nullable": True, "required": False}
_NEEDED = {"type": "string", "required": True}
_NUMBER = {"type": "integer", "default": -1, "required": False}
_SKIP = {"type": "boolean", "default": False, "required": False}
_TASK = {"id_task": _TEXT, "id_live_preview": _NUMBER}


def _get(path: str, handler: Handler, **query: Mapping[str, Any]) -> Route:
    described = {"query": query, "response": {"content_type": "application/json", "type": "any"}}
    return Route("GET", path, handler, described)


_TASK_BODY = {"type": "object", "content_type": "application/json", "required": True, "fields": _TASK}

ROUTES: tuple[Route, ...] = (
    _get(f"{API}version", _version),
    _get(f"{API}status", _status),
    _get(f"{API}history", _history, id=_TEXT),
    _get(f"{API}progress", _progress, skip_current_image=_SKIP),
    _get(f"{API}checkpoint", _checkpoint),
    _get(f"{API}lora", _lora, lora=_NEEDED),
    _get(f"{API}loaded-loras", _loaded_loras),
    _get(f"{API}detailers", _detailers),
    Route("POST", f"{API}checkpoint", _load_checkpoint, {"query": {"sd_model_checkpoint": _NEEDED}}),
    Route("POST", f"{API}options", _set_options),
    Route("POST", "/internal/progress", _task_progress, {"query": {}, "body": _TASK_BODY}),
)
