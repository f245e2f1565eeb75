"""ControlNet's preprocessors (modules): names, display names, sliders and types, and the models that are installed.

The table is in `data/controlnet.json`. A catalogue can bring its own answers of `controlnet/module_list` (by internal
names) and `controlnet/model_list`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...catalog import read_data

if TYPE_CHECKING:
    from ...catalog import Catalog

NONE = "None"
NEEDS_MASK = ("inpaint_only", "inpaint_only+lama", "inpaint")
UNSUPPORTED = ("clip_vision", "revision_clipvision", "revision_ignore_prompt", "ip-adapter-auto")
"""Modules that cannot be asked for alone."""
_TENSORS = ("ip-adapter", "clip_vision", "revision_", "instant_id_face_embedding")
"""What the names of modules begin with that make no picture."""
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "InstructP2P": ("ip2p",), "Segmentation": ("seg",), "NormalMap": ("normal",),
    "T2I-Adapter": ("t2i_adapter", "t2iadapter", "t2ia"), "IP-Adapter": ("ip-adapter", "ip_adapter", "ipadapter"),
    "OpenPose": ("openpose", "densepose"), "Instant-ID": ("instant-id", "instant_id", "instantid"),
    "Scribble": ("scribble", "sketch"), "Tile": ("tile", "blur"),
}  # fmt: skip
"""Parts of models' names by type, where they are not just the type's name."""


@dataclass(frozen=True)
class Slider:
    """A number that a module takes."""

    name: str
    value: float
    least: float
    most: float
    step: float

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {"name": self.name, "value": self.value, "min": self.least, "max": self.most, "step": self.step}


_RESOLUTION = "Resolution"
UNSEEN = Slider("", 0.5, 0.0, 1.0, 0.01)
"""What stands for a slider that a module does not have."""


@dataclass(frozen=True)
class Module:
    """A preprocessor."""

    name: str
    label: str
    model_free: bool
    sliders: tuple[Slider, ...]

    @property
    def resolution(self) -> Slider:
        """The one for the resolution."""
        return next((slider for slider in self.sliders if slider.name == _RESOLUTION), UNSEEN)

    def threshold(self, number: int) -> Slider:
        """The first or second of the others."""
        others = [slider for slider in self.sliders if slider.name != _RESOLUTION]
        return others[number] if number < len(others) else UNSEEN

    @property
    def needs_mask(self) -> bool:
        """It can do nothing without a mask."""
        return self.name in NEEDS_MASK

    @property
    def makes_picture(self) -> bool:
        """It makes a picture, not a tensor."""
        return not self.name.startswith(_TENSORS)

    @property
    def takes_several(self) -> bool:
        """It takes more than one picture."""
        return self.name.startswith("ip-adapter") or self.name == "instant_id_face_embedding"


class Modules:
    """Those of one server."""

    def __init__(self, catalog: Catalog) -> None:
        self._models = catalog.data.get("controlnet/model_list")
        given = catalog.data.get("controlnet/module_list")
        self._all = _table()
        if given:
            self._all = {name: one for name, one in self._all.items() if name in given["module_list"]}
        self._by_label = {one.label: one for one in self._all.values()}

    def find(self, name: Any) -> Module | None:
        """The module of an internal or a display name, letter for letter."""
        if not isinstance(name, str):
            return None
        return self._all.get(name) or self._by_label.get(name)

    def listed(self, *, labels: bool) -> dict[str, Any]:
        """GET module_list."""
        shown = {
            one.label if labels else one.name: {
                "model_free": one.model_free,
                "sliders": [slider.shown() for slider in one.sliders],
            }
            for one in self._all.values()
        }
        return {"module_list": list(shown), "module_detail": shown}

    def types(self) -> dict[str, Any]:
        """GET control_types."""
        found = {}
        for name, entry in _data()["types"].items():
            models = [model for model in self.models if name == "All" or _is_of(model, name)]
            offered = [] if name == "All" else sorted(models, key=lambda model: "11" not in model.partition("[")[0])
            found[name] = {
                "module_list": [label for label in entry["modules"] if label in self._by_label],
                "model_list": [NONE, *models],
                "default_option": entry["default"],
                "default_model": offered[0] if offered else NONE,
            }
        return found

    @property
    def models(self) -> list[str]:
        """The installed models."""
        listed = self._models["model_list"] if self._models else _data()["models"]
        return [name for name in listed if name != NONE]

    def find_model(self, name: str) -> str | None:
        """The model of a name with or without its hash, or the one with the shortest name that holds it."""
        if name in self.models:
            return name
        wanted = name.lower()
        by_name = {model.partition(" [")[0]: model for model in self.models}
        holding = sorted((short for short in by_name if wanted and wanted in short.lower()), key=len)
        return by_name[holding[0]] if holding else None


def _is_of(model: str, kind: str) -> bool:
    return any(part in model.lower() for part in _ALIASES.get(kind, (kind.lower(),)))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = read_data("controlnet.json")
    return data


@lru_cache(maxsize=1)
def _table() -> dict[str, Module]:
    return {
        name: Module(name, entry["label"], entry["model_free"], tuple(Slider(*slider) for slider in entry["sliders"]))
        for name, entry in _data()["modules"].items()
    }
