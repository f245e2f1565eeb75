"""Deforum's jobs: a queue with one worker, and what is known of each job."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...http import Dropped

if TYPE_CHECKING:
    from ...app import App
    from ...job import Job
    from ...state import State

DEFAULTS: Mapping[str, Any] = {
    "W": 512, "H": 512, "seed": -1, "seed_behavior": "iter", "sampler": "Euler a", "steps": 25, "max_frames": 120,
    "animation_mode": "2D", "scale": 7.0, "cfg_scale_schedule": "0: (7)", "batch_name": "Deforum_{timestring}",
    "prompts": {"0": "tiny cute swamp bunny, highly detailed"}, "negative_prompts": "", "positive_prompts": "",
}  # fmt: skip
"""The settings that are read here, where a job leaves them out."""
_OVER = ("SUCCEEDED", "FAILED", "CANCELLED")
_QUEUED = "QUEUED"
_MOST_FRAMES = 10_000


class Cancelled(Exception):
    """Somebody has cancelled the job."""


class Jobs:
    """All jobs of a server. Safe to use from several threads."""

    def __init__(self, app: App) -> None:
        self._limits = app.limits
        self._state = state = app.state
        self._lock = threading.Lock()
        self._batches: dict[str, list[str]] = {}
        self._statuses: dict[str, dict[str, Any]] = {}
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        state.on_close.append(self._close)

    def __contains__(self, job: str) -> bool:
        with self._lock:
            return job in self._statuses

    def submit(self, settings: Sequence[dict[str, Any]], options: Any) -> tuple[str, list[str]]:
        """Queue a batch: its name, and those of its jobs."""
        with self._lock:
            batch = f"batch({self._state.random.randrange(100_000_000, 1_000_000_000)})"
            names = [f"{batch}-{number}" for number in range(len(settings))]
            self._batches[batch] = names
            for name, one in zip(names, settings, strict=True):
                self._statuses[name] = _new_status(name, one, options)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="webuiapi-deforum", daemon=True)
                self._worker.start()
        for name in names:
            self._queue.put(name)
        return batch, names

    def batches(self) -> dict[str, list[str]]:
        """The jobs of each batch."""
        with self._lock:
            return {batch: list(names) for batch, names in self._batches.items()}

    def status(self, job: str) -> dict[str, Any]:
        """What is known of a job."""
        with self._lock:
            return dict(self._statuses[job])

    def cancel(self, job: str) -> bool:
        """Cancel a job, interrupt it if it runs; False if it is over."""
        with self._lock:
            if self._statuses[job]["status"] in _OVER:
                return False
            running = self._statuses[job]["phase"] != _QUEUED  # before that the running job is somebody else's
            self._statuses[job].update(status="CANCELLED", message="Cancelled due to user request.")
        if running:
            self._state.progress.stop(interrupt=True)
        return True

    def render(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Render at once, and give the status at the end."""
        status = _new_status("", settings, None)
        self._render(status)
        return status

    # --- the worker

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            with self._lock:
                status = self._statuses[job]
            if status["status"] not in _OVER:
                self._render(status)

    def _close(self) -> None:
        self._queue.put(None)
        if self._worker is not None and self._worker is not threading.current_thread():
            self._worker.join()

    def _render(self, status: dict[str, Any]) -> None:
        try:
            state, settings = self._state, status["options_overrides"]
            with self._limits.in_force(), state.queued(name="deforum") as job, state.overridden(settings):
                self._paint(status, job)
        except Cancelled:
            self._change(status, phase="DONE")
        except Dropped:
            self._change(status, status="CANCELLED", phase="DONE", message="The server is closing.")
        except Exception as error:  # noqa: BLE001 - whatever breaks is what the job's status tells
            self._change(status, status="FAILED", error_type="TERMINAL", message=f"Exception: {error}")
        else:
            self._change(status, status="SUCCEEDED", phase="DONE", phase_progress=1.0)

    def _paint(self, status: dict[str, Any], job: Job) -> None:
        settings = {**DEFAULTS, **status["deforum_settings"]}
        stamp = self._state.now().strftime("%Y%m%d%H%M%S")
        name = str(settings["batch_name"]).replace("{timestring}", stamp)
        self._change(
            status,
            phase="PREPARING",
            timestring=stamp,
            outdir=f"{self._state.catalog.folder}/output/img2img-images/{name}",
        )
        frames = min(max(int(settings["max_frames"]), 1), _MOST_FRAMES)
        job.begin(frames)
        self._change(status, phase="GENERATING")
        for frame in range(frames):
            if status["status"] == "CANCELLED" or job.interrupted:
                self._change(status, status="CANCELLED")
                raise Cancelled
            job.begin_batch(frame, frames)
            _paint_frame(self._state, job, settings, frame)
            job.end_pass()
            self._change(status, phase_progress=(frame + 1) / frames)
        self._change(status, phase="POST_PROCESSING", phase_progress=0.0)

    def _change(self, entry: dict[str, Any], /, **what: Any) -> None:
        now = time.time()
        with self._lock:
            if entry["status"] == "CANCELLED":
                what.pop("status", None)
            entry.update(
                what,
                update_interval_time=now - entry["last_updated"],
                last_updated=now,
                execution_time=now - entry["started_at"],
                updates=entry["updates"] + 1,
            )


def _new_status(job: str, settings: dict[str, Any], options: Any) -> dict[str, Any]:
    now = time.time()
    return {
        "id": job, "status": "ACCEPTED", "phase": _QUEUED, "error_type": "NONE", "phase_progress": 0.0,
        "started_at": now, "last_updated": now, "execution_time": 0.0, "update_interval_time": 0.0, "updates": 0,
        "message": None, "outdir": None, "timestring": None, "deforum_settings": settings,
        "options_overrides": options,
    }  # fmt: skip


def _paint_frame(state: State, job: Job, settings: Mapping[str, Any], frame: int) -> None:
    """One frame, as a txt2img of it would be."""
    from ...coerce import defaults_of
    from ...contract import contract
    from ...processing.pipeline import process
    from ...processing.txt2img import Txt2Img

    model = contract().endpoint("POST", "/sdapi/v1/txt2img").body or {}
    fields = defaults_of(model)
    seed = int(settings["seed"])
    prompt, _, negative = _prompt_at(settings["prompts"], frame).partition("--neg")
    fields.update(
        prompt=" ".join(part for part in (prompt.strip(), str(settings["positive_prompts"])) if part),
        negative_prompt=" ".join(part for part in (negative.strip(), str(settings["negative_prompts"])) if part),
        width=int(settings["W"]),
        height=int(settings["H"]),
        steps=int(settings["steps"]),
        cfg_scale=float(settings["scale"]),
        sampler_name=str(settings["sampler"]),
        seed=seed if seed < 0 else seed + (frame if settings["seed_behavior"] == "iter" else 0),
        do_not_save_grid=True,
    )
    run = Txt2Img(state, job, fields)
    run.course.begun = True
    process(run)


def _prompt_at(prompts: Any, frame: int) -> str:
    """The prompt that is in force at a frame."""
    if not isinstance(prompts, dict) or not prompts:
        return str(prompts or "")
    numbered = sorted((int(number), str(text)) for number, text in prompts.items())
    return next((text for number, text in reversed(numbered) if number <= frame), numbered[0][1])
