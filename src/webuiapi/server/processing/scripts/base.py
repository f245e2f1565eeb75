"""What a script is, and the list of those that this server knows.

A script is a class with the title under which requests name it:

    @register
    class Watermark(Script):
        title = "Watermark"
        always_on = True

        def postprocess_image(self, run, args, image):
            return stamped(image, *args)

It works where the catalogue lists the title among a tab's scripts, with the arguments that `script-info` gives it
there. Selectable scripts override `run`, those that are always on any of the hooks.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..generation import Batch, Generation
    from ..info import Processed

_log = logging.getLogger("webuiapi.server")


class Script:
    """A script. Hooks get the run and the script's arguments, then what each is about."""

    title: ClassVar[str]
    always_on: ClassVar[bool] = False
    implied: ClassVar[bool] = False
    """Always on, and known under its title, without being listed anywhere."""
    extension: ClassVar[str | None] = None
    """The name of the extension that brings it; None for the webui's own."""
    infotext_arguments: ClassVar[Mapping[int, tuple[str, type]]] = {}
    """Arguments that the request field `infotext` can fill: by position, the key of the pair and the type."""

    # Unlike hooks, `run` takes its arguments one by one, so that a wrong number of them fails as there.
    run: Any
    """`run(run, *arguments) -> Processed`, of selectable scripts."""

    def check(self, run: Generation, args: Sequence[Any]) -> None:
        """Before everything else. What this raises fails the request; what other hooks raise is only logged."""

    def before_process(self, run: Generation, args: Sequence[Any]) -> None:
        """Before the settings of the request are in force."""

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Prompts and seeds are settled, nothing is painted."""

    def process_batch(self, run: Generation, args: Sequence[Any], batch: Batch) -> None:
        """A batch begins."""

    def before_hires(self, run: Generation, args: Sequence[Any]) -> None:
        """The second pass begins."""

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """The pictures of a batch are painted. Returns others in their place, or None."""

    def postprocess_image(self, run: Generation, args: Sequence[Any], image: Image) -> Image | None:
        """One picture is painted, its unmasked part not yet laid over it. Returns another in its place, or None."""

    def postprocess(self, run: Generation, args: Sequence[Any], processed: Processed) -> None:
        """All pictures are there: `processed.images` can be added to."""


@dataclass(frozen=True)
class ActiveScript:
    """An always-on script with the arguments of one request."""

    script: Script
    args: Sequence[Any]

    def call(self, hook: str, run: Generation, *what: Any) -> Any:
        """Call a hook. A script that fails in one is without effect, the picture is painted all the same."""
        try:
            return getattr(self.script, hook)(run, self.args, *what)
        except Exception:  # noqa: BLE001 - whatever an extension does wrong, the webui paints on
            _log.exception("%s of the script %r failed", hook, self.script.title)
            return None


_SCRIPTS: dict[str, Script] = {}

ScriptClass = TypeVar("ScriptClass", bound="type[Script]")


def register(script: ScriptClass) -> ScriptClass:
    """Make a script known."""
    _SCRIPTS[script.title.lower()] = script()
    return script


def known_script(title: str) -> Script | None:
    """The script of a title, in any case."""
    return _SCRIPTS.get(title.lower())


def implied_scripts(installed: Container[str]) -> list[Script]:
    """Those that are on without being listed, on a server with these extensions."""
    return [
        script
        for script in _SCRIPTS.values()
        if script.implied and (script.extension is None or script.extension in installed)
    ]
