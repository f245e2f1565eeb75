"""FreeU: other weights for the parts of the network. Here the backbone is contrast, and what is skipped is colour.

Its arguments are one object, or a list whose first item is a real boolean; anything else fails in the hook, without a
word to the client.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Batch, Generation

freeu = Extension("freeu", repository="ljleb/sd-webui-freeu", commit="7568492", date=1733097600)

_VERSIONS = {"Version 1": "1", "Version 2": "2", "1": "1", "2": "2"}
_DEFAULTS = ((1.2, 0.9), (1.4, 0.2), (1, 1))
_STAGE_ARGUMENTS = (
    ("Backbone {} Scale", None, -1, 3), ("Skip {} Scale", None, -1, 3), ("Backbone {} Offset", 0.0, 0, 1),
    ("Backbone {} Width", 0.5, 0, 1), ("Skip {} Cutoff", 0.0, 0, 1), ("Skip {} High End Scale", 1.0, -1, 3),
)  # fmt: skip


@dataclass
class Stage:
    """The weights of one stage."""

    backbone_factor: float = 1.0
    skip_factor: float = 1.0
    backbone_offset: float = 0.0
    backbone_width: float = 0.5
    skip_cutoff: float = 0.0
    skip_high_end_factor: float = 1.0

    def changed(self) -> dict[str, float]:
        """What differs from doing nothing."""
        usual = asdict(Stage())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}


@dataclass
class Settings:
    """What a request asks for; the names are those of the object form."""

    enable: bool = True
    start_ratio: float = 0.0
    stop_ratio: float = 1.0
    transition_smoothness: float = 0.0
    version: str = "1"
    stage_infos: list[Any] = field(default_factory=list)

    @property
    def stages(self) -> list[Stage]:
        """Each stage with its weights."""
        return [stage if isinstance(stage, Stage) else Stage(**stage) for stage in self.stage_infos]

    @classmethod
    def of(cls, args: Sequence[Any]) -> Settings:
        """Those of the arguments. Raises what the hook of the real one raises."""
        first = args[0]
        if isinstance(first, dict):
            return cls(**first)
        if not isinstance(first, bool):
            raise TypeError(f"Unrecognized args sequence starting with type {type(first)}")
        weights = [float(value) for value in args[5:23]]
        stages = [Stage(*weights[place : place + 6]) for place in range(0, len(weights), 6)]
        return cls(first, float(args[1]), float(args[2]), float(args[3]), _VERSIONS.get(str(args[4]), "1"), stages)


@freeu.script(
    argument("Enable", False),
    argument("Start At Step", 0, 0, 1, 0.01),
    argument("Stop At Step", 1, 0, 1, 0.01),
    argument("Transition Smoothness", 0, 0, 1, 0.01),
    argument("Version", "Version 2", choices=["Version 1", "Version 2"]),
    *(
        argument(label.format(number + 1), weights[place] if place < 2 else value, low, high, 0.01)
        for number, weights in enumerate(_DEFAULTS)
        for place, (label, value, low, high) in enumerate(_STAGE_ARGUMENTS)
    ),
)
class FreeU(Script):
    """The script."""

    title = "FreeU"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Its pairs."""
        settings = Settings.of(args)
        if not settings.enable:
            return
        stages = [stage.changed() for stage in settings.stages]
        while stages and not stages[-1]:
            stages.pop()
        run.extra["FreeU Stages"] = json.dumps(stages)
        schedule = (settings.start_ratio, settings.stop_ratio, settings.transition_smoothness)
        run.extra["FreeU Schedule"] = ", ".join(str(value) for value in schedule)
        run.extra["FreeU Version"] = _VERSIONS.get(str(settings.version), "1")

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Its effect, for the share of the steps in which it is on."""
        settings = Settings.of(args)
        if not settings.enable:
            return None
        from .vision.grade import graded

        share = min(max(float(settings.stop_ratio) - float(settings.start_ratio), 0.0), 1.0)
        contrast = sum(float(stage.backbone_factor) - 1 for stage in settings.stages) * 0.5 * share
        colour = sum(1 - float(stage.skip_factor) for stage in settings.stages) * 0.4 * share
        return [graded(image, contrast=contrast, colour=colour) for image in images]
