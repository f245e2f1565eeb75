"""The queue of Agent Scheduler, and the thread that runs its tasks."""

from __future__ import annotations

import copy
import json
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...http import Dropped, Request
from ...processing.limits import OutOfMemoryError
from ...processing.scripts import implied_scripts
from ...routing import Call
from .task import Task, now

if TYPE_CHECKING:
    from ...app import App
    from ...catalog import Catalog

_log = logging.getLogger("webuiapi.server")

_OWN = ("checkpoint", "vae", "callback_url")


class Queue:
    """All tasks of a server, and their runner. Safe to use from several threads."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._state = app.state
        self._lock = threading.RLock()
        self._tasks: dict[str, Task] = {}
        self._worker: threading.Thread | None = None
        self._taken: set[str] = set()
        """The tasks that a thread has in hand."""
        self._interrupted: set[str] = set()
        self._closed = False
        self.paused = False
        self._state.on_close.append(self._close)

    # --- what there is

    def find(self, name: str) -> Task | None:
        """The task of an id."""
        with self._lock:
            return self._tasks.get(name)

    def ordered(self) -> list[Task]:
        """All, by their priority."""
        with self._lock:
            return sorted(self._tasks.values(), key=lambda task: task.priority)

    def waiting(self) -> list[Task]:
        """Those that are not over, by their priority; the running one is among them."""
        return [task for task in self.ordered() if task.status == "pending"]

    def position(self, name: str) -> int | None:
        """How many come before it."""
        names = [task.id for task in self.waiting()]
        return names.index(name) if name in names else None

    # --- tasks in

    def add(self, kind: str, fields: Mapping[str, Any], given: frozenset[str]) -> str:
        """Queue a generation. An unknown script that it chooses breaks, unknown always-on ones are left out."""
        own = {name: fields[name] for name in _OWN}
        held = {name: value for name, value in copy.deepcopy(dict(fields)).items() if name not in _OWN}
        catalog = self._app.catalog
        if held["script_name"] and held["script_name"].lower() not in _labels(catalog, kind, always_on=False):
            raise Exception(f"Not found script {held['script_name']}")
        held["alwayson_scripts"] = _known_scripts(held["alwayson_scripts"], _labels(catalog, kind, always_on=True))
        held["sampler_name"] = held["sampler_name"] or self._sampler(held, given)
        if len(held.get("init_images") or ()) > 1:
            held["batch_size"] = len(held["init_images"])
        held["override_settings"] = self._settings(held["override_settings"], own["checkpoint"], own["vae"])
        checkpoint = held["override_settings"].get("sd_model_checkpoint")
        task = Task(kind, held, given | {"sampler_name"}, checkpoint=checkpoint, callback=own["callback_url"])
        self.enter(task)
        return task.id

    def _sampler(self, held: Mapping[str, Any], given: frozenset[str]) -> str:
        name: str = held["sampler_index"] if "sampler_index" in given else self._app.catalog.samplers[0]["name"]
        return name

    def _settings(self, settings: Mapping[str, Any] | None, checkpoint: Any, vae: Any) -> dict[str, Any]:
        """The settings of a request with its checkpoint and VAE, as far as they are known."""
        state = self._state
        wanted = dict(settings or {})
        found = state.find_checkpoint(checkpoint) if checkpoint else None
        if found is not None:
            wanted["sd_model_checkpoint"] = found["title"]
        elif checkpoint:
            _log.warning("Agent Scheduler: there is no checkpoint %r", checkpoint)
        if vae in ("Automatic", "None", *(item["model_name"] for item in state.catalog.vaes)):
            wanted["sd_vae"] = vae
        return wanted

    def enter(self, task: Task) -> None:
        """Put a task at the end, and see that somebody works."""
        with self._lock:
            task.priority = max([task.priority, *(one.priority + 1 for one in self._tasks.values())])
            self._tasks[task.id] = task
        self._state.tasks.add(task.id)
        self._start()

    # --- orders

    def pause(self) -> None:
        """Begin no further task."""
        self.paused = True

    def resume(self) -> None:
        """Go on."""
        self.paused = False
        self._start()

    def move(self, name: str, priority: int) -> None:
        """To the top (0), to the bottom (-1), or before the one of that priority. A task that is not there breaks."""
        with self._lock:
            task = self._found(name)
            if priority == 0:
                task.priority = min((one.priority for one in self.waiting()), default=1) - 1
            elif priority == -1:
                task.priority = max(now(), *(one.priority + 1 for one in self._tasks.values()))
            else:
                for other in self._tasks.values():
                    if other.priority >= priority:
                        other.priority += 1
                task.priority = priority

    def run_alone(self, name: str) -> None:
        """Run one task now, even if the queue is paused or it is over already. A task that is not there breaks."""
        with self._lock:
            task = self._found(name)
            if name in self._taken:
                return  # it waits for its turn already
            self._taken.add(name)
        threading.Thread(target=self._run, args=(task,), name="webuiapi-agent-scheduler", daemon=True).start()

    def requeue_failed(self) -> int:
        """Queue all that failed once more; how many they are."""
        with self._lock:
            failed = [task for task in self._tasks.values() if task.status == "failed"]
            for task in failed:
                task.status, task.result, task.priority = "pending", None, now()
                task.touch()
        return len(failed)

    def interrupt(self, name: str) -> bool:
        """End a task that runs; False if it is none of the queue's."""
        if self.find(name) is None:
            return False
        self._interrupted.add(name)
        self._state.progress.stop(interrupt=True)
        return True

    def delete(self, name: str) -> None:
        """Forget a task. One that is not there breaks."""
        with self._lock:
            self._found(name)
            del self._tasks[name]

    def clear(self, statuses: Sequence[str]) -> None:
        """Forget all of these statuses but the one that runs."""
        current = self._state.tasks.current
        with self._lock:
            self._tasks = {
                name: task for name, task in self._tasks.items() if task.status not in statuses or name == current
            }

    def _found(self, name: str) -> Task:
        task = self.find(name)
        if task is None:
            raise Exception(f"Task with id {name} not found")
        return task

    # --- the runner

    def _start(self) -> None:
        with self._lock:
            if self.paused or self._closed or self._worker is not None or not self.waiting():
                return
            self._worker = threading.Thread(target=self._work, name="webuiapi-agent-scheduler", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                over = self._closed or self._app.state is not self._state
                waiting = [] if self.paused or over else self.waiting()
                tasks = [task for task in waiting if task.id not in self._taken]
                if not tasks:
                    self._worker = None
                    return
                self._taken.add(tasks[0].id)
            self._run(tasks[0])

    def _close(self) -> None:
        self._closed = True
        worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join()

    def _run(self, task: Task) -> None:
        try:
            self._carry_out(task)
        finally:
            with self._lock:
                self._taken.discard(task.id)

    def _carry_out(self, task: Task) -> None:
        self._interrupted.discard(task.id)
        try:
            answer = self._painted(task)
        except Dropped:
            self._closed = True
            return
        except Exception as error:  # noqa: BLE001 - whatever breaks is what the task's result tells
            self.paused = self.paused or isinstance(error, OutOfMemoryError)
            task.result, status = str(error) or type(error).__name__, "failed"
            self._state.tasks.finish(task.id)  # unlike the webui's own endpoints, which leave it active
        else:
            status = "interrupted" if task.id in self._interrupted else "done"
            if status == "done":
                task.pictures = _pictures(answer, task)
                task.result = self._result(task)
        task.status = status  # last: whoever sees it over finds its result
        task.touch()
        if task.callback:
            from .callback import send

            send(task.callback, task, allowed=bool(self._app.catalog.data.get("agent-scheduler/callbacks")))

    def _result(self, task: Task) -> str:
        folder = f"{self._app.catalog.folder}/outputs/{task.type}-images"
        paths = [f"{folder}/{name}" for name, _, _ in task.pictures]
        return json.dumps({"images": paths, "infotexts": [text for _, _, text in task.pictures]})

    def _painted(self, task: Task) -> dict[str, Any]:
        path = f"/sdapi/v1/{task.type}"
        fields = copy.deepcopy(task.fields) | {"force_task_id": task.id, "save_images": True, "send_images": True}
        call = Call(self._app, Request("POST", path), fields, task.given)
        with self._app.limits.in_force():
            answer: dict[str, Any] = self._app.routes[path]["POST"].handler(call)
        return answer


def _labels(catalog: Catalog, kind: str, *, always_on: bool) -> dict[str, list[Any]]:
    """The labels of the arguments of a tab's scripts, by title."""
    found: dict[str, list[Any]] = {}
    if always_on:
        found = {title.lower(): [] for title in catalog.scripts.get(kind, ())}
        found.update({script.title.lower(): [] for script in implied_scripts(catalog.installed)})
    for info in catalog.script_info:
        if bool(info["is_img2img"]) == (kind == "img2img") and bool(info["is_alwayson"]) == always_on:
            found[info["name"].lower()] = [argument["label"] for argument in info["args"]]
    return found


def _known_scripts(scripts: Mapping[str, Any], known_labels: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Always-on scripts that the server has, with arguments as lists; members of an object are found by label."""
    known: dict[str, Any] = {}
    for name, value in scripts.items():
        labels = known_labels.get(name.lower())
        if labels is None:
            _log.warning("Agent Scheduler: there is no always-on script %r", name)
            continue
        given = value.get("args") if isinstance(value, dict) else None
        if isinstance(given, dict):
            members = {_bare(key): member for key, member in given.items()}
            value = {**value, "args": [members.get(_bare(label)) for label in labels]}
        known[name] = value
    return known


def _bare(label: Any) -> str:
    return re.sub(r"[^a-z0-9]", "", str(label or "").lower())


def _pictures(answer: Mapping[str, Any], task: Task) -> list[tuple[str, str, str]]:
    """The pictures that were saved: those with an infotext, grids last."""
    info = json.loads(answer["info"])
    texts, first = info["infotexts"], info["index_of_first_image"]
    both = list(zip(answer["images"], texts, strict=False))
    ending = "png" if not both or both[0][0].startswith("iVBOR") else "jpg"
    return [
        (f"{number:05}-{info['seed']}.{ending}", image, text)
        for number, (image, text) in enumerate([*both[first:], *both[:first]])
    ]
