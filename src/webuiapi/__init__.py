"""A client for every server that speaks the stable-diffusion-webui API, `/sdapi/v1`.

    import webuiapi

    api = webuiapi.WebUIApi()                        # a webui on this machine, started with --api
    api = webuiapi.WebUIApi(":local:")               # or the embedded server: nothing else needed
    result = api.txt2img("cute squirrel", seed=1003)
    result.save("squirrel.png")

`AsyncWebUIApi` has the same methods to await. The names below are loaded when first used, so that importing the package
costs nothing and touches no network.
"""

from __future__ import annotations

import os as _os

from .version import __version__

TYPE_CHECKING = False  # type checkers know the name; importing `typing` for it would cost more than all the rest
if TYPE_CHECKING:
    from typing import Any

    from .api.extras import ExtraBatchImages, ExtraSingleImage, Interrogate, PngInfo
    from .api.generate import Img2Img, Txt2Img
    from .api.jobs import GetProgress, Interrupt, Progress, Skip
    from .api.lists import GetSamplers, GetSchedulers, GetSDModels, GetUpscalers, Sampler, Scheduler, SDModel
    from .api.options import GetOptions, Options, SetOptions
    from .client import AsyncWebUIApi, WebUIApi
    from .errors import (
        AnswerError,
        AuthenticationError,
        BadRequest,
        CallTimeout,
        ConnectError,
        ConnectionLost,
        GatewayError,
        ImageError,
        MissingExtra,
        NotFound,
        OutOfMemory,
        ServerBusy,
        ServerError,
        StatusError,
        TransportError,
        WebUIApiError,
    )
    from .request import Flow, Request, Sleep, Watch
    from .results import ExtrasResult, InterrogateResult, PngInfoResult, Result, WebUIApiResult
    from .transport.base import Timeout

_HOME = {
    "api.extras": ("ExtraBatchImages", "ExtraSingleImage", "Interrogate", "PngInfo"),
    "api.generate": ("Img2Img", "Txt2Img"),
    "api.jobs": ("GetProgress", "Interrupt", "Progress", "Skip"),
    "api.lists": ("GetSDModels", "GetSamplers", "GetSchedulers", "GetUpscalers", "SDModel", "Sampler", "Scheduler"),
    "api.options": ("GetOptions", "Options", "SetOptions"),
    "client": ("AsyncWebUIApi", "WebUIApi"),
    "errors": (
        "AnswerError",
        "AuthenticationError",
        "BadRequest",
        "CallTimeout",
        "ConnectError",
        "ConnectionLost",
        "GatewayError",
        "ImageError",
        "MissingExtra",
        "NotFound",
        "OutOfMemory",
        "ServerBusy",
        "ServerError",
        "StatusError",
        "TransportError",
        "WebUIApiError",
    ),
    "request": ("Flow", "Request", "Sleep", "Watch"),
    "results": ("ExtrasResult", "InterrogateResult", "PngInfoResult", "Result", "WebUIApiResult"),
    "transport.base": ("Timeout",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "AnswerError",
    "AsyncWebUIApi",
    "AuthenticationError",
    "BadRequest",
    "CallTimeout",
    "ConnectError",
    "ConnectionLost",
    "ExtraBatchImages",
    "ExtraSingleImage",
    "ExtrasResult",
    "Flow",
    "GatewayError",
    "GetOptions",
    "GetProgress",
    "GetSDModels",
    "GetSamplers",
    "GetSchedulers",
    "GetUpscalers",
    "ImageError",
    "Img2Img",
    "Interrogate",
    "InterrogateResult",
    "Interrupt",
    "MissingExtra",
    "NotFound",
    "Options",
    "OutOfMemory",
    "PngInfo",
    "PngInfoResult",
    "Progress",
    "Request",
    "Result",
    "SDModel",
    "Sampler",
    "Scheduler",
    "ServerBusy",
    "ServerError",
    "SetOptions",
    "Skip",
    "Sleep",
    "StatusError",
    "Timeout",
    "TransportError",
    "Txt2Img",
    "Watch",
    "WebUIApi",
    "WebUIApiError",
    "WebUIApiResult",
    "__version__",
]


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'webuiapi' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"webuiapi.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if _os.path.exists(_os.path.join(_os.path.dirname(__file__), "webuiapi.py")):  # noqa: PTH110, PTH118, PTH120 - pathlib costs more than all the rest
    import warnings as _warnings

    _warnings.warn(
        "the older package webuiapi 0.9 lies in the same folder as this one, and the two mix: "
        "pip uninstall webuiapi (until pip finds none), then install this one again",
        stacklevel=2,
    )
