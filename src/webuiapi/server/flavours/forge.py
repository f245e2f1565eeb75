"""Forge 2.0.1: grown from A1111, on pydantic 2, with modules in place of VAEs and without the middleware for errors."""

from __future__ import annotations

from typing import Any

from ..routing import Call, Handler, Route
from . import forge_controlnet as controlnet
from . import forms, turns
from .pydantic2 import dialect
from .table import API, Body, Flavour

_PYDANTIC = "2.8"
_VERSION = "f2.0.1v1.10.1-previous-665-gdfdcbab6"

_FIELDS: dict[str, Any] = {"distilled_cfg_scale": {"type": "number", "default": 3.5, "nullable": True}}
_HIRES_FIELDS: dict[str, Any] = {
    "hr_additional_modules": {"type": "array", "items": "string", "default": None, "nullable": True},
    "hr_cfg": {"type": "number", "default": 1.0, "nullable": True},
    "hr_distilled_cfg": {"type": "number", "default": 3.5, "nullable": True},
}
_OPTIONS = {
    "forge_unet_storage_dtype": "Automatic",
    "forge_inference_memory": 1024,
    "forge_async_loading": "Queue",
    "forge_pin_shared_memory": "CPU",
    "forge_preset": "sd",
    "forge_additional_modules": [],
}
_TEXT_ENCODERS = ("clip_l.safetensors", "t5xxl_fp8_e4m3fn.safetensors")
_MODULES = {
    "query": {},
    "response": {"content_type": "application/json", "type": "array", "items": "SDVaeItem"},
}


class ResponseValidationError(Exception):
    """An answer does not have its own form. Named so because the class name stands in the answer."""


def _modules(call: Call) -> list[dict[str, str]]:
    """The VAEs and text encoders that the option `forge_additional_modules` can name."""
    catalog = call.state.catalog
    given: list[dict[str, str]] | None = catalog.data.get("sd-modules")
    if given is not None:
        return given
    encoders = [
        {"model_name": name, "filename": f"{catalog.folder}/models/text_encoder/{name}"} for name in _TEXT_ENCODERS
    ]
    return [*catalog.vaes, *encoders]


def _hires_modules(call: Call, handler: Handler) -> Any:
    """Hires fix looks for a word among its modules, and breaks where there is no list of them."""
    if call.fields["enable_hr"] and call.fields["hr_additional_modules"] is None:
        raise TypeError("argument of type 'NoneType' is not iterable")
    return handler(call)


def _typed_flags(call: Call, handler: Handler) -> Any:
    """A flag without a default is a text or nothing in the form of the answer, whatever it is in truth."""
    shown = handler(call)
    kinds = call.app.flavour.contract.data["paths"][f"{API}cmd-flags"]["GET"]["response"]["fields"]
    for name, value in shown.items():
        if kinds.get(name, {}).get("nullable") and value is not None and not isinstance(value, str):
            entry = {
                "type": "string_type",
                "loc": ("response", name),
                "msg": "Input should be a valid string",
                "input": value,
                "url": f"https://errors.pydantic.dev/{_PYDANTIC}/v/string_type",
            }
            raise ResponseValidationError(f"1 validation errors:\n  {entry}\n")
    return shown


def _dated_by_number(item: dict[str, Any]) -> dict[str, Any]:
    date = item["commit_date"]
    return {**item, "commit_date": int(date) if str(date).isdecimal() else date}


TABLE = Flavour(
    name="forge",
    title="Forge 2.0.1",
    version=_VERSION,
    marks={"Version": _VERSION},
    lacks=frozenset({f"{API}sd-vae", f"{API}train/embedding", f"{API}train/hypernetwork", *controlnet.LACKS}),
    adds=(Route("GET", f"{API}sd-modules", _modules, _MODULES),),
    turns={
        f"POST {API}txt2img": (controlnet.units, _hires_modules),
        f"POST {API}img2img": (controlnet.units,),
        f"GET /{controlnet.MODULE_LIST}": (turns.as_given(controlnet.MODULE_LIST), controlnet.module_list),
        "POST /controlnet/detect": (controlnet.detect,),
        f"GET {API}samplers": (turns.as_given("samplers"), turns.each(turns.real_types)),
        f"GET {API}extensions": (turns.each(_dated_by_number),),
        f"GET {API}cmd-flags": (_typed_flags,),
        f"GET {API}options": (turns.only_given("options"),),
    },
    bodies={
        f"{API}txt2img": Body({**_FIELDS, **_HIRES_FIELDS}),
        f"{API}img2img": Body(_FIELDS),
    },
    dialect=dialect(_PYDANTIC),
    forms=forms.FORGE,
    process_time=False,
    installs={"options": _OPTIONS},
    reads={"samplers": turns.text_types, controlnet.MODULE_LIST: controlnet.read_modules},
)
