"""The ControlNet that is built into Forge: other names of fields and modules, and what it does not know passed over."""

from __future__ import annotations

from typing import Any

from ..catalog import Catalog
from ..errors import HTTPError
from ..extensions.controlnet.modules import Module, Modules
from ..extensions.controlnet.unit import CONTROL_MODES, HR_OPTIONS, RESIZE_MODES
from ..routing import Call, Handler
from .turns import changed

LACKS = ("/controlnet/version", "/controlnet/settings", "/controlnet/render_openpose_json")
MODULE_LIST = "controlnet/module_list"
_TITLE = "controlnet"
_NONE, _NO_MODULE = "None", "none"
_FIELDS = (
    "enabled", "module", "model", "weight", "image", "mask_image", "processor_res", "threshold_a", "threshold_b",
    "guidance_start", "guidance_end", "pixel_perfect", "save_detected_map",
)  # fmt: skip
_TEXTS = {"resize_mode": RESIZE_MODES, "control_mode": CONTROL_MODES, "hr_option": HR_OPTIONS}
"""Fields that take a number in place of one of these texts."""
_PICTURES = ("image", "mask_image")


def units(call: Call, handler: Handler) -> Any:
    """Units in the form of A1111's extension. With a module that nobody knows there is no control at all."""
    given = call.fields["alwayson_scripts"]
    scripts = dict(given)
    for title, script in given.items():
        if title.lower() == _TITLE and isinstance(script, dict) and isinstance(script.get("args"), list):
            scripts[title] = {"args": _units(call, script["args"])}
    answer = handler(changed(call, alwayson_scripts=scripts))
    answer["parameters"]["alwayson_scripts"] = given
    return answer


def _units(call: Call, args: list[Any]) -> list[Any]:
    modules = Modules(call.state.catalog)
    found = [_unit(modules, one) if isinstance(one, dict) else one for one in args]
    return [] if None in found else found


def _unit(modules: Modules, given: dict[str, Any]) -> dict[str, Any] | None:
    unit = {name: given[name] for name in _FIELDS if given.get(name) is not None}
    for name in _PICTURES:
        if not isinstance(unit.get(name), str):
            unit.pop(name, None)
    for name, texts in _TEXTS.items():
        if name in given:
            unit[name] = _text(given[name], texts)
    module = _labelled(modules, given.get("module", _NONE))
    return None if module is None else {**unit, "enabled": given.get("enabled", True), "module": module.name}


def _text(value: Any, texts: tuple[str, ...]) -> Any:
    if isinstance(value, int):
        return texts[value] if 0 <= value < len(texts) else texts[0]
    return value


def _labelled(modules: Modules, label: Any) -> Module | None:
    """The module that is shown under this name."""
    if label == _NONE:
        return modules.find(_NO_MODULE)
    module = modules.find(label)
    return module if module is not None and module.label == label and module.name != _NO_MODULE else None


def module_list(call: Call, handler: Handler) -> dict[str, list[str]]:
    """Names only, as they are shown."""
    del handler
    names = Modules(call.state.catalog).listed(labels=True)["module_list"]
    return {"module_list": [_NONE, *(name for name in names if name != _NO_MODULE)]}


def detect(call: Call, handler: Handler) -> Any:
    """A module by the name under which it is shown."""
    module = _labelled(Modules(call.state.catalog), call.fields["controlnet_module"])
    if module is None:
        raise HTTPError(422, "Module not available")
    return handler(changed(call, controlnet_module=module.name))


def read_modules(shown: dict[str, list[str]]) -> dict[str, list[str]]:
    """The list with the names that A1111's extension uses inside."""
    modules = Modules(Catalog())
    found = [_labelled(modules, label) for label in shown["module_list"]]
    return {"module_list": [module.name for module in found if module is not None]}
