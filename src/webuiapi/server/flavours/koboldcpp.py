"""KoboldCpp 1.102: a server for texts that also paints, one picture at a time, and says nothing about it."""

from __future__ import annotations

import logging
import time
from typing import Any

from ..errors import HTTPError
from ..http import Dropped, Response
from ..processing.names import Names
from ..routing import Call, Handler
from . import checks, forms, single
from .table import API, Auth, Body, Flavour, Line
from .turns import changed, painted

VERSION = "1.102"
_DEFAULT_SAMPLER = "Default"
_SEEDS = (100_000, 999_999)
_CFG, _STEPS = (1.0, 25.0), (1, 80)
_log = logging.getLogger("webuiapi.server")

_SAMPLERS = {
    "Euler": ["k_euler"], "Euler a": ["k_euler_a", "k_euler_ancestral"], "Heun": ["k_heun"], "DPM2": ["k_dpm_2"],
    "DPM++ 2M": ["k_dpmpp_2m"], "DDIM": ["ddim"], "LCM": ["k_lcm"], _DEFAULT_SAMPLER: ["default"],
}  # fmt: skip
_FIELDS: dict[str, Any] = {
    "prompt": {"type": "string", "default": "high quality"},
    "negative_prompt": {"type": "string", "default": ""},
    "steps": {"type": "integer", "default": 20},
    "cfg_scale": {"type": "number", "default": 5.0},
    "width": {"type": "integer", "default": 512},
    "height": {"type": "integer", "default": 512},
    "seed": {"type": "integer", "default": -1},
    "sampler_name": {"type": "string", "default": ""},
    "scheduler": {"type": "string", "default": ""},
    "clip_skip": {"type": "integer", "default": -1},
    "denoising_strength": {"type": "number", "default": 0.6},
    "init_images": {"type": "array", "default": []},
    "mask": {"type": "string", "default": ""},
    "inpainting_mask_invert": {"type": "integer", "default": 0},
}
_PICTURE: dict[str, Any] = {"image": {"type": "string", "default": ""}}
_ANY_ORIGIN = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "*",
    "access-control-allow-headers": "*, Accept, Content-Type, Content-Length, Cache-Control, Authorization",
}


def _one_picture(call: Call, handler: Handler) -> dict[str, Any]:
    """One picture, from another where there is one, whatever the path; an empty text where it fails."""
    del handler
    try:
        images = _paint(call)
    except (Dropped, HTTPError) as error:
        if isinstance(error, Dropped) or error.status == 503:
            raise
        images = [""]
    except Exception:  # noqa: BLE001 - whatever breaks, the answer is a 200 without a picture
        _log.debug("%s failed", call.request.path, exc_info=True)
        images = [""]
    return {"images": images, "parameters": {}, "info": "", "animated": False}


def _paint(call: Call) -> list[str]:
    fields = call.fields
    sampler = Names(call.state.catalog).any_sampler(fields["sampler_name"] or _DEFAULT_SAMPLER)
    wanted = {
        "prompt": fields["prompt"],
        "negative_prompt": fields["negative_prompt"],
        "steps": int(_clamped(fields["steps"], *_STEPS)),
        "cfg_scale": _clamped(fields["cfg_scale"], *_CFG),
        "width": fields["width"],
        "height": fields["height"],
        "seed": fields["seed"] if fields["seed"] >= 0 else call.state.random.randint(*_SEEDS),
        "sampler_name": _DEFAULT_SAMPLER if sampler is None else sampler["name"],
    }
    start = next(iter(fields["init_images"]), None)
    if not start:
        return _images(painted(call, "txt2img", **wanted))
    return _images(
        painted(
            call,
            "img2img",
            **wanted,
            init_images=[start],
            mask=fields["mask"] or None,
            denoising_strength=fields["denoising_strength"],
            inpainting_mask_invert=fields["inpainting_mask_invert"],
            inpainting_fill=1,
            inpaint_full_res=False,
        )
    )


def _images(answer: dict[str, Any]) -> list[str]:
    images: list[str] = answer["images"]
    return images


def _clamped(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _captioned(call: Call, handler: Handler) -> Any:
    """There is one interrogator."""
    return handler(changed(call, model="clip"))


def _version(call: Call) -> dict[str, Any]:
    """What it is and what it can do."""
    can = dict.fromkeys(("audio", "transcribe", "multiplayer", "websearch", "tts", "embeddings", "savedata"), False)
    about = {"result": "KoboldCpp", "version": VERSION, "protected": False, "llm": False, "txt2img": True}
    return {**about, "vision": True, **can, "admin": 0, "guidance": False}


def _performance(call: Call) -> dict[str, Any]:
    """How busy it is."""
    state = call.state
    started: float = state.memory("koboldcpp", time.monotonic)
    idle = state.progress.figures().job_count == 0
    return {"queue": len(state.turnstile), "idle": int(idle), "uptime": time.monotonic() - started, "quiet": False}


def _ping(_: Call) -> dict[str, str]:
    """A sign of life."""
    return {"status": "healthy"}


def _models(call: Call) -> list[dict[str, Any]]:
    """The one that there is, with the whole path of its file."""
    return [{**item, "filename": call.state.checkpoint["filename"]} for item in single.models(call)]


def _nothing(_: Call) -> list[Any]:
    """There are none."""
    return []


def _front(_: Call) -> Response:
    """A page for people."""
    return Response(200, {"content-type": "text/html"}, b"KoboldCpp is running.")


TABLE = Flavour(
    name="koboldcpp",
    title=f"KoboldCpp {VERSION}",
    version=VERSION,
    only=frozenset(f"{API}{path}" for path in ("txt2img", "img2img", "interrogate", "samplers")),
    adds=(
        single.get(f"{API}options", single.options),
        single.get(f"{API}sd-models", _models),
        single.get("/", _front),
        single.get("/ping", _ping),
        single.get("/api/extra/version", _version),
        single.get("/api/extra/perf", _performance),
        single.get(f"{API}latent-upscale-modes", _nothing),
        single.get(f"{API}upscalers", _nothing),
    ),
    turns={
        f"POST {API}txt2img": (_one_picture,),
        f"POST {API}img2img": (_one_picture,),
        f"POST {API}interrogate": (_captioned,),
    },
    slash="accepted",
    bodies={
        f"{API}txt2img": Body(_FIELDS, whole=True),
        f"{API}img2img": Body(_FIELDS, whole=True),
        f"{API}interrogate": Body(_PICTURE, whole=True),
    },
    check=checks.lenient,
    typed_options=False,
    forms=forms.KOBOLDCPP,
    headers=_ANY_ORIGIN,
    process_time=False,
    gzip_from=None,
    cors=False,
    auth=Auth("nothing"),
    line=Line(6, "Server is busy; please try again later."),
    tasks=False,
    installs={
        "samplers": [{"name": name, "aliases": aliases, "options": {}} for name, aliases in _SAMPLERS.items()],
        "options": {"samples_format": "png", "enable_pnginfo": False},
    },
)
