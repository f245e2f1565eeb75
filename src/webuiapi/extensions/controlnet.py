"""ControlNet: pictures that steer the composition. Facts are of sd-webui-controlnet 1.1.455 (API version 3) and Forge.

A unit that the extension cannot read switches all units off without a word (HTTP 200), so values are checked here and
enumerations go out as the texts that all versions read. Forge calls the mask `mask_image` and drops any other.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .. import images as pictures
from ..answers import checked, sort_out
from ..api.base import read_item
from ..checks import Problem, number_of, users_level, within
from ..items import Item, integer, mapping, texts
from ..request import LOCAL, Answer, Flow, Request, replaced, said
from ..results import Result
from ..wire import decode_image
from ._controlnet_names import model_named, module_named
from .base import PICTURE, DictUnit, Slot, renamed

if TYPE_CHECKING:
    from ..images import ImageInput
    from ..results import WebUIApiResult

RESIZE_MODES = ("Just Resize", "Crop and Resize", "Resize and Fill")
CONTROL_MODES = ("Balanced", "My prompt is more important", "ControlNet is more important")
HR_OPTIONS = ("Both", "Low res only", "High res only")
_ENUMERATIONS = {"resize_mode": RESIZE_MODES, "control_mode": CONTROL_MODES, "hr_option": HR_OPTIONS}
_OLD_LABELS = {
    "Inner Fit (Scale to Fit)": "Crop and Resize",
    "Scale to Fit (Inner Fit)": "Crop and Resize",
    "Outer Fit (Shrink to Fit)": "Resize and Fill",
    "Envelope (Outer Fit)": "Resize and Fill",
}


@renamed(input_image="image", lowvram="low_vram", guidance="guidance_end")
@dataclass(frozen=True, eq=False)
class ControlNetUnit(DictUnit):
    """One picture that steers (Mikubill/sd-webui-controlnet, or Forge's own). What is not said is the module's own."""

    title: ClassVar[str] = "ControlNet"
    source: ClassVar[str] = "Mikubill/sd-webui-controlnet"

    image: ImageInput | None = field(default=None, metadata=PICTURE)
    """The picture. In img2img the init image is used when there is none."""
    mask: ImageInput | None = field(default=None, metadata=PICTURE)
    """Where it steers (inpainting modules: what is painted): white; of the picture's size."""
    module: str | None = None
    """The preprocessor, as controlnet_module_list() names it. Default none."""
    model: str | None = None
    """The model, as controlnet_model_list() names it, with or without ` [hash]`. Default None: no effect but for
    modules that need no model."""
    weight: float | None = field(default=None, metadata=within(0, 2))
    """0 to 2. Default 1."""
    resize_mode: str | int | None = None
    """`Just Resize`, `Crop and Resize` (default), `Resize and Fill`, or 0, 1, 2."""
    low_vram: bool | None = None
    """Keep the model out of graphics memory between uses. Not on Forge."""
    processor_res: int | None = None
    """Resolution of the preprocessor in pixels. Default: the module's own."""
    threshold_a: float | None = None
    """The module's first slider. Default: the module's own."""
    threshold_b: float | None = None
    """The module's second slider. Default: the module's own."""
    guidance_start: float | None = field(default=None, metadata=within(0, 1))
    """Share of the steps at which it begins, 0 to 1. Default 0."""
    guidance_end: float | None = field(default=None, metadata=within(0, 1))
    """Share of the steps at which it ends, 0 to 1. Default 1."""
    control_mode: str | int | None = None
    """`Balanced` (default), `My prompt is more important`, `ControlNet is more important`, or 0, 1, 2."""
    pixel_perfect: bool | None = None
    """Choose processor_res by the size of the result. Default false."""
    guessmode: str | int | None = field(default=None, metadata=LOCAL)
    """The old name of control_mode."""
    hr_option: str | int | None = None
    """With hires fix: `Both` (default), `Low res only`, `High res only`, or 0, 1, 2."""
    enabled: bool = True
    """Switched on."""
    save_detected_map: bool | None = None
    """Send the map that the preprocessor made along with the pictures. Default true."""
    advanced_weighting: Sequence[float] | None = None
    """A weight for each block: 13 (SD 1.5) or 10 (SDXL) for ControlNet, 16 or 11 for IP-Adapter."""
    effective_region_mask: ImageInput | None = field(default=None, metadata=PICTURE)
    """Where the unit may have an effect (1.1.445 and newer)."""
    inpaint_crop_input_image: bool | None = None
    """With inpaint_full_res: cut the picture as the masked part is cut. Default true."""
    pulid_mode: str | None = None
    """`Fidelity` (default) or `Extremely style` (1.1.446 and newer)."""
    union_control_type: str | None = None
    """For union models: OpenPose, Depth, Soft Edge, Hard Edge, Normal Map, Segmentation, Tile, Inpaint, Unknown."""
    ipadapter_input: str | Sequence[str] | None = None
    """Embeddings for IP-Adapter: tensors of controlnet_detect() as base64."""
    extra: Mapping[str, Any] | None = field(default=None, metadata=LOCAL)
    """Fields that are not listed here, sent as they are."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.guessmode is not None:
            told = "ControlNetUnit: guessmode= is now control_mode="
            warnings.warn(told, DeprecationWarning, stacklevel=users_level())
            if self.control_mode is None and self.guessmode:
                mode = 1 if self.guessmode is True else self.guessmode
                object.__setattr__(self, "control_mode", mode)
            object.__setattr__(self, "guessmode", None)

    def contradictions(self) -> Iterator[Problem]:
        for name, allowed in _ENUMERATIONS.items():
            value = getattr(self, name)
            if value is not None and _in_words(value, allowed) is None:
                choices = ", ".join(map(repr, allowed))
                yield Problem(f"ControlNetUnit: {name}={value!r} must be one of {choices} (or 0, 1, 2)")
        start, end = number_of(self.guidance_start) or 0.0, number_of(self.guidance_end)
        if end is not None and start > end:
            yield Problem(f"ControlNetUnit: guidance_start={start:g} lies behind guidance_end={end:g}")

    def wire(self, slot: Slot) -> dict[str, Any]:
        said = super().wire(slot)
        for name, allowed in _ENUMERATIONS.items():
            if name in said:
                said[name] = _in_words(said[name], allowed) or said[name]
        if slot.server.flavour == "forge":
            said.pop("low_vram", None)
            if "mask" in said:
                said["mask_image"] = said.pop("mask")
        return {**said, **(self.extra or {})}

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        named = list(units)
        for index, unit in enumerate(units):
            if unit.enabled:
                named[index] = yield from unit.named()
        return (yield from super().arguments(named, slot))

    def named(self) -> Flow[ControlNetUnit]:
        """The unit with its module and model as the server spells them."""
        module, model = self.module, self.model
        if module:
            module = yield from module_named(module)
        if model and model != "None":
            model = yield from model_named(model)
        same = (module, model) == (self.module, self.model)
        return self if same else replaced(self, module=module, model=model)

    @classmethod
    def unseen(cls, units: Sequence[Any], result: WebUIApiResult) -> str:
        expected = sum(unit.enabled and unit.save_detected_map is not False for unit in units)
        came = len(result.extra_images)
        if came >= expected or not result.content or result.parameters.get("script_name"):
            return ""  # a script composes its own pictures, without the maps
        return (
            f"{expected} maps were expected and {came} came back. Usually a model of that name is missing, the unit "
            "has no picture, or there are more units than the server's control_net_unit_count"
        )


def _in_words(value: Any, allowed: Sequence[str]) -> str | None:
    """An enumeration's text from its number, its old label, or another letter case; None for what is none of it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return allowed[value] if 0 <= value < len(allowed) else None
    text = _OLD_LABELS.get(str(value), str(value))
    return next((item for item in allowed if item.casefold() == text.casefold()), None)


# -- endpoints --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class GetControlNetVersion(Request[int]):
    """ControlNet's API version: 3 from 1.1.447 on, 2 before: GET /controlnet/version."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/controlnet/version"

    def parse(self, answer: Answer) -> int:
        return int(read_item(answer, Item).get("version") or 0)


@dataclass(frozen=True, eq=False)
class GetControlNetModels(Request[list[str]]):
    """ControlNet's models, as `name [hash]`: GET /controlnet/model_list."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/controlnet/model_list"

    update: bool | None = None
    """Look on the disk again. Default true."""

    def query(self) -> dict[str, Any]:
        return {} if self.update is None else {"update": str(self.update).lower()}

    def parse(self, answer: Answer) -> list[str]:
        return _ModelList.read(answer.json()).model_list


class _ModelList(Item):
    model_list = texts()


class ModuleList(Item):
    """ControlNet's preprocessors."""

    module_list = texts()
    module_detail = mapping()
    """By module: whether it needs no model, and its sliders with default, least and greatest value."""


@dataclass(frozen=True, eq=False)
class GetControlNetModules(Request[list[str]]):
    """ControlNet's preprocessors: GET /controlnet/module_list."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/controlnet/module_list"

    alias_names: bool | None = None
    """Their names in the web page. Default false."""

    def query(self) -> dict[str, Any]:
        return {} if self.alias_names is None else {"alias_names": str(self.alias_names).lower()}

    def parse(self, answer: Answer) -> list[str]:
        return ModuleList.read(answer.json()).module_list


@dataclass(frozen=True, eq=False)
class GetControlNetControlTypes(Request[dict[str, Any]]):
    """Modules, models and defaults by type (Canny, Depth, ...): GET /controlnet/control_types."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/controlnet/control_types"

    def parse(self, answer: Answer) -> dict[str, Any]:
        types = read_item(answer, Item).get("control_types")
        return types if isinstance(types, dict) else {}


class ControlNetSettings(Item):
    """ControlNet's settings."""

    control_net_unit_count = integer()
    """How many units a call can have; more are dropped without a word."""


@dataclass(frozen=True, eq=False)
class GetControlNetSettings(Request[ControlNetSettings]):
    """ControlNet's settings: GET /controlnet/settings."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/controlnet/settings"

    def parse(self, answer: Answer) -> ControlNetSettings:
        return read_item(answer, ControlNetSettings)


class DetectResult(Result[str]):
    """What controlnet_detect gives: the maps as `images`; `info` is "Success"."""

    @property
    def poses(self) -> list[dict[str, Any]]:
        """Keypoints, a pose a picture, of openpose modules."""
        found = self._rest.get("poses")
        return found if isinstance(found, list) else []

    @property
    def tensor(self) -> list[str]:
        """Embeddings as base64, of modules that make no picture."""
        found = self._rest.get("tensor")
        return found if isinstance(found, list) else []


def _detected(answer: Answer) -> DetectResult:
    fields = read_item(answer, Item)
    listed = fields.get("images")
    content, errors = sort_out([decode_image(item) for item in listed] if isinstance(listed, list) else [])
    if isinstance(listed, list):
        fields["images"] = []  # they are `content`
    return checked(DetectResult(content, str(fields.get("info") or ""), errors=errors, rest=fields), answer)


@dataclass(frozen=True, eq=False)
class ControlNetDetect(Request[DetectResult]):
    """Run a preprocessor on pictures: POST /controlnet/detect."""

    path: ClassVar[str] = "/controlnet/detect"
    generation: ClassVar[bool] = True

    images: ImageInput | Sequence[ImageInput] = field(metadata=LOCAL)
    """One picture or several."""
    module: str | None = field(default=None, metadata={"wire": "controlnet_module"})
    """The preprocessor. Default none: the picture as it is."""
    processor_res: int | None = field(default=None, metadata={"wire": "controlnet_processor_res"})
    """Its resolution in pixels. Default: its own."""
    threshold_a: float | None = field(default=None, metadata={"wire": "controlnet_threshold_a"})
    """Its first slider. Default: its own."""
    threshold_b: float | None = field(default=None, metadata={"wire": "controlnet_threshold_b"})
    """Its second slider. Default: its own."""
    masks: ImageInput | Sequence[ImageInput] | None = field(default=None, metadata=LOCAL)
    """A mask for each picture, for the modules that need one (1.1.445 and newer)."""
    low_vram: bool | None = None
    """Keep the preprocessor out of graphics memory between uses."""

    def preparation(self) -> Flow[ControlNetDetect] | None:
        return self._spelled(self.module) if self.module else None

    def _spelled(self, module: str) -> Flow[ControlNetDetect]:
        return replaced(self, module=(yield from module_named(module)))

    def contradictions(self) -> Iterator[Problem]:
        if self.module in (None, "", "none", "None"):
            yield Problem("controlnet_detect: module= is missing: the pictures come back as they are", fatal=False)

    def payload(self) -> dict[str, Any]:
        payload = {**said(self), "controlnet_input_images": pictures.several(self.images, "images")}
        if self.masks is not None:
            payload["controlnet_masks"] = pictures.several(self.masks, "masks")
        return payload

    def parse(self, answer: Answer) -> DetectResult:
        return _detected(answer)


@dataclass(frozen=True, eq=False)
class RenderOpenposeJson(Request[DetectResult]):
    """Draw keypoints: POST /controlnet/render_openpose_json (1.1.422 and newer)."""

    path: ClassVar[str] = "/controlnet/render_openpose_json"

    poses: Sequence[Mapping[str, Any]]
    """Poses as `poses` of controlnet_detect() has them: `people`, `canvas_width`, `canvas_height`."""

    def payload(self) -> list[Any]:
        return list(self.poses)

    def parse(self, answer: Answer) -> DetectResult:
        return _detected(answer)
