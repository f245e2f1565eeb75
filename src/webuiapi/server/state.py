"""What the embedded server remembers between requests, and the queue through which they pass."""

from __future__ import annotations

import random
import string
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .catalog import Catalog, Item
from .checkpoints import Checkpoints
from .errors import HTTPError
from .options import EXPLANATION, LOADING, Options
from .progress import Progress, RunningJob
from .queue import Tasks, Turnstile
from .training import Trained

if TYPE_CHECKING:
    from .engine import Engine
    from .flavours import Flavour

_TASK_LETTERS = string.ascii_uppercase + string.digits


class State:
    """The server's memory. Safe to use from several threads."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        engine: Engine | None,
        step_time: float,
        seed: int | None,
        nowebui: bool,
        saved_options: bool,
        flavour: Flavour,
    ) -> None:
        self.catalog = catalog
        self.flavour = flavour
        self.step_time = step_time
        """Seconds that every sampling step takes besides the painting."""
        self.random = random.Random(seed)  # noqa: S311 - seeds of pictures, no secrets
        """The only source of chance."""
        self.nowebui = nowebui
        contract = self.flavour.contract
        values = contract.untyped_options(catalog.options)
        if nowebui:
            values = {name: value for name, value in values.items() if name not in contract.webui_options}
        self.options = Options(values, contract.options, saved=saved_options)
        self.clock: Callable[[], datetime] = datetime.now
        """Replace it to hold the time."""
        self.progress = Progress(self.now)
        self.tasks = Tasks()
        self.trained = Trained(catalog)
        self.turnstile = Turnstile(self.flavour.line)
        self.on_close: list[Callable[[], None]] = []
        """Called when the server closes, after those who wait were sent away."""
        self._memories: dict[str, Any] = {}
        self._memory_lock = threading.Lock()
        self._checkpoints = Checkpoints(catalog.checkpoints)
        self._engine = engine
        self._loaded: Item | None = None
        self._load()

    # --- what there is

    def now(self) -> datetime:
        """The local time without a zone, as the webui writes it."""
        return self.clock()

    @property
    def engine(self) -> Engine:
        """What paints; the default is loaded when the first picture is painted."""
        if self._engine is None:
            from .painter import Painter

            self._engine = Painter()
        return self._engine

    @property
    def styles(self) -> list[Item]:
        """The styles that prompts can name."""
        return self.catalog.styles

    @property
    def script_info(self) -> list[Item]:
        """The scripts and their arguments. Axes of built-in extensions are not there without the user interface."""
        if not self.nowebui:
            return self.catalog.script_info
        return [
            {**script, "args": [self._without_webui(arg) for arg in script["args"]]}
            for script in self.catalog.script_info
        ]

    def _without_webui(self, argument: Item) -> Item:
        choices = argument["choices"]
        if choices is None:
            return argument
        axes = self.flavour.contract.webui_axes
        return {**argument, "choices": [choice for choice in choices if not str(choice).startswith(axes)]}

    def memory(self, name: str, make: Callable[[], Any]) -> Any:
        """What an extension remembers under a name, made when it is first asked for."""
        with self._memory_lock:
            if name not in self._memories:
                self._memories[name] = make()
            return self._memories[name]

    # --- checkpoints

    @property
    def checkpoint(self) -> Item:
        """The loaded checkpoint; if there is none, the one of the options is loaded."""
        if self._loaded is None:
            self._load()
        return self._loaded or {"title": "none", "model_name": "none", "hash": None, "sha256": None, "filename": ""}

    @property
    def checkpoints(self) -> list[Item]:
        """All that are installed, with the hashes they have by now."""
        return self._checkpoints.items()

    def find_checkpoint(self, name: Any) -> Item | None:
        """The checkpoint that is known by exactly this name, if any."""
        return self._checkpoints.find(name)

    def unload(self) -> None:
        """Give the checkpoint's memory free; the next generation loads it again."""
        self._loaded = None

    def reload(self) -> None:
        """Load the checkpoint of the options again."""
        self.unload()
        self._load()

    def _load(self) -> None:
        """Load the checkpoint that the options name."""
        item = self._checkpoints.load(self.options.get("sd_model_checkpoint"))
        if item is not None and item != self._loaded:
            self._loaded = item
            self.options.put("sd_model_checkpoint", item["title"])
            self.options.put("sd_checkpoint_hash", item["sha256"])

    # --- options

    def set_options(self, settings: Mapping[str, Any]) -> None:
        """Set options for good, one after the other; those that load something wait for the queue."""
        name = settings.get("sd_model_checkpoint")
        if name is not None and self.find_checkpoint(name) is None:
            raise RuntimeError(f"model {name!r} not found")
        for key, value in settings.items():
            before = self.options.get(key)
            if self.options.change(key, value) and key in LOADING:
                try:
                    with self.turnstile:
                        self._load()
                except HTTPError:
                    self.options.put(key, before)  # too many wait: what is not loaded is not set either
                    raise

    @contextmanager
    def overridden(self, settings: Mapping[str, Any] | None, restore: bool = True) -> Iterator[None]:
        """Other options for the length of a request.

        A checkpoint that nobody knows is left out, without a checkpoint that of the options is loaded. What is restored
        afterwards is what the server has saved; the rest stays as the request set it.
        """
        wanted = dict(settings or {})
        before = {key: self.options[key] for key in wanted if self.options.is_saved(key)}
        try:
            if self.find_checkpoint(wanted.get("sd_model_checkpoint")) is None:
                wanted.pop("sd_model_checkpoint", None)
                self._load()
            for key, value in wanted.items():
                self.options.change(key, value)
                if key == "sd_model_checkpoint":
                    self._load()
            yield
        finally:
            if restore:
                for key, value in before.items():
                    if not key.endswith(EXPLANATION):
                        self.options.put(key, value)

    # --- the queue

    def new_task(self, kind: str) -> str:
        """A task id as the server makes one for a request that brings none."""
        return f"task({kind}-{''.join(self.random.choice(_TASK_LETTERS) for _ in range(7))})"

    @contextmanager
    def queued(self, kind: str | None = None, task_id: str | None = None, name: str = "") -> Iterator[RunningJob]:
        """Wait for the turn, then hold it.

        `kind` is "txt2img" or "img2img" for requests that are tasks, None for others that wait for the queue. `name` is
        the name of the job that `job.start()` starts. A request that fails leaves its task where it was: waiting if the
        job had not started, else active; and a job without a task leaves the progress behind, as the webui does.
        """
        task = (task_id or self.new_task(kind)) if kind and self.flavour.tasks else None
        with self.turnstile.turn(lambda: self.tasks.add(task) if task else None):
            job = RunningJob(self.progress, name, self.step_time, lambda: self.tasks.start(task) if task else None)
            try:
                yield job
            except BaseException:
                if task and job.started:
                    self.progress.end()
                raise
            if task:
                self.tasks.finish(task)
            if job.started:
                self.progress.end()

    def close(self) -> None:
        """End the running job and send those away who wait."""
        self.turnstile.close()
        self.progress.close()
        for notice in self.on_close:
            notice()
