"""SD.Next: a fork that went its own way. Other defaults, JPEG, answers without bodies, samplers without schedulers."""

from __future__ import annotations

from typing import Any

from ..catalog import Catalog
from ..errors import HTTPError
from ..http import Response
from ..routing import Call, Handler
from . import forms, turns
from .pydantic2 import dialect
from .sdnext_routes import COMMIT, DEFAULT_SAMPLER, ROUTES, noted, rated
from .table import API, Auth, Body, Flavour

_SAMPLERS = (
    DEFAULT_SAMPLER, "UniPC", "DEIS", "SA Solver", "DPM++", "DPM++ 2M", "DPM++ 2M SDE", "DPM++ 3M", "DPM SDE", "Euler",
    "Euler a", "Euler SGM", "Heun", "LCM", "TCD", "DDIM", "PNDM", "LMSD", "KDPM2", "KDPM2 a", "IPNDM", "DDPM",
)  # fmt: skip
_SAME_SAMPLER = "Same as primary"
_CLASSES = {
    "UniPC": "UniPCMultistepScheduler", "DEIS": "DEISMultistepScheduler", "SA Solver": "SASolverScheduler",
    "DPM++": "DPMSolverMultistepScheduler", "DPM++ 2M": "DPMSolverMultistepScheduler",
    "DPM++ 2M SDE": "DPMSolverMultistepScheduler", "DPM++ 3M": "DPMSolverMultistepScheduler",
    "DPM SDE": "DPMSolverSDEScheduler", "Euler": "EulerDiscreteScheduler",
    "Euler a": "EulerAncestralDiscreteScheduler", "Euler SGM": "EulerDiscreteScheduler",
    "Heun": "HeunDiscreteScheduler", "LCM": "LCMScheduler", "TCD": "TCDScheduler", "DDIM": "DDIMScheduler",
    "PNDM": "PNDMScheduler", "LMSD": "LMSDiscreteScheduler", "KDPM2": "KDPM2DiscreteScheduler",
    "KDPM2 a": "KDPM2AncestralDiscreteScheduler", "IPNDM": "IPNDMScheduler", "DDPM": "DDPMScheduler",
}  # fmt: skip

_PATHS = (
    "cmd-flags", "embeddings", "extensions", "extra-batch-images", "extra-single-image", "face-restorers", "img2img",
    "interrupt", "loras", "memory", "options", "png-info", "progress", "prompt-styles", "refresh-checkpoints",
    "refresh-loras", "refresh-vae", "reload-checkpoint", "samplers", "schedulers", "script-info", "scripts",
    "sd-models", "sd-vae", "skip", "txt2img", "unload-checkpoint", "upscalers",
)  # fmt: skip
_NO_BODY = ("interrupt", "skip", "refresh-checkpoints", "refresh-vae", "unload-checkpoint", "reload-checkpoint")
_ONLY_A1111 = (
    "scheduler", "s_min_uncond", "s_churn", "s_tmax", "s_tmin", "s_noise", "refiner_checkpoint", "refiner_switch_at",
    "disable_extra_networks", "firstpass_image", "comments", "force_task_id", "infotext",
)  # fmt: skip


def _number(default: float) -> dict[str, Any]:
    return {"type": "number", "default": default, "nullable": True}


_FIELDS: dict[str, Any] = {
    **dict.fromkeys(_ONLY_A1111),
    "sd_model_checkpoint": {"type": "string", "default": None, "nullable": True},
    "steps": {"default": 20},
    "cfg_scale": {"default": 6.0},
    "guidance_scale": _number(6.0),
    "width": {"default": 1024},
    "height": {"default": 1024},
    "clip_skip": {"type": "integer", "default": 1, "nullable": True},
    "sampler_index": {"type": "any", "default": 0},
    "hr_sampler_name": {"type": "string", "default": _SAME_SAMPLER, "nullable": True},
    "hr_force": {"type": "boolean", "default": False, "nullable": True},
    "hr_denoising_strength": _number(0.0),
    "refiner_steps": {"type": "integer", "default": 5, "nullable": True},
    "refiner_start": _number(0.0),
    "refiner_prompt": {"type": "string", "default": "", "nullable": True},
    "refiner_negative": {"type": "string", "default": "", "nullable": True},
    "script_name": {"default": ""},
}
_HIRES_ONLY_A1111 = ("hr_checkpoint_name", "hr_scheduler", "hr_prompt", "hr_negative_prompt")
_TXT2IMG: dict[str, Any] = {
    **_FIELDS,
    **dict.fromkeys(_HIRES_ONLY_A1111),
    "sampler_name": {"default": DEFAULT_SAMPLER},
    "denoising_strength": {"default": 0.3},
}
_IMG2IMG: dict[str, Any] = {
    **_FIELDS,
    **dict.fromkeys(("mask_blur_x", "mask_blur_y", "mask_round")),
    "sampler_name": {"default": "UniPC"},
    "denoising_strength": {"default": 0.5},
    "inpainting_fill": {"default": 1},
    "inpaint_full_res": {"default": False},
    "mask_blur": {"default": 4},
}


# --- before generations


def _own_fields(call: Call, handler: Handler) -> Any:
    """A checkpoint is a field, the CFG scale has a second name, and unknown settings are passed over."""
    fields = call.fields
    settings = {
        name: value for name, value in (fields["override_settings"] or {}).items() if name in call.state.options
    }
    if fields["sd_model_checkpoint"] is not None:
        settings["sd_model_checkpoint"] = fields["sd_model_checkpoint"]
    if fields["clip_skip"] not in (None, 1):
        settings["CLIP_stop_at_last_layers"] = fields["clip_skip"]
    changes: dict[str, Any] = {"override_settings": settings}
    if "guidance_scale" in call.given and "cfg_scale" not in call.given:
        changes["cfg_scale"] = fields["guidance_scale"]
    if fields.get("hr_sampler_name") == _SAME_SAMPLER:
        changes["hr_sampler_name"] = None
    if fields.get("hr_denoising_strength"):
        changes["denoising_strength"] = fields["hr_denoising_strength"]
    return handler(turns.changed(call, **changes))


def _start_image(call: Call, handler: Handler) -> Any:
    """Without pictures there is an answer of another form."""
    if call.fields["init_images"] is None:
        return Response(400, {"content-type": "application/json"}, b'{"error":"Init image is none"}')
    return handler(call)


def _no_links(call: Call, handler: Handler) -> Any:
    """Pictures are no addresses, but they may name what was uploaded before: nothing was."""
    given = call.fields
    for text in (*(given.get("init_images") or ()), given.get("mask"), given.get("image")):
        if isinstance(text, str) and text.startswith("upload:"):
            raise HTTPError(400, f"Upload reference not found: {text}")
        if isinstance(text, str) and text.startswith(("http://", "https://")):
            raise HTTPError(500, "Invalid encoded image")
    return handler(call)


def _shortened(call: Call, handler: Handler) -> Any:
    """Long texts among the arguments of scripts come back as their length."""
    answer = handler(call)
    parameters = answer["parameters"]
    parameters["script_args"] = _short(parameters["script_args"])
    parameters["alwayson_scripts"] = {
        name: {**script, "args": _short(script["args"])} if isinstance(script, dict) and "args" in script else script
        for name, script in parameters["alwayson_scripts"].items()
    }
    return answer


def _short(arguments: Any) -> Any:
    if not isinstance(arguments, list):
        return arguments
    return [f"<str {len(one)}>" if isinstance(one, str) and len(one) >= 1000 else one for one in arguments]


_GENERATION = (
    noted,
    turns.info_without("sd_model_name", "sd_vae_name", "sd_vae_hash", "version"),
    _shortened,
    _no_links,
    turns.completed,
    turns.known_sampler,
    _own_fields,
)

# --- lists


def _samplers(call: Call, handler: Handler) -> list[dict[str, Any]]:
    """Without aliases, and without the one that is the model's own."""
    return [
        {"name": item["name"], "options": turns.real_types(item)["options"]}
        for item in handler(call)
        if item["name"] != DEFAULT_SAMPLER
    ]


def _schedulers(call: Call, handler: Handler) -> list[dict[str, Any]]:
    """No schedulers, but the samplers once more, with their classes."""
    del handler
    return [
        {"name": item["name"], "cls": _CLASSES.get(item["name"], "DiffusionScheduler"), "options": item["options"]}
        for item in call.state.catalog.samplers
        if item["name"] != DEFAULT_SAMPLER
    ]


def _names_only(call: Call, handler: Handler) -> dict[str, list[str]]:
    """Embeddings by their names."""
    return {name: list(items) for name, items in handler(call).items()}


def _embeddings(shown: dict[str, Any]) -> dict[str, Any]:
    """Embeddings in A1111's form, of which no more than the names is known."""
    nothing = {"step": None, "sd_checkpoint": None, "sd_checkpoint_name": None, "shape": 768, "vectors": 1}
    return {name: dict.fromkeys(items, nothing) if isinstance(items, list) else items for name, items in shown.items()}


def _known(samplers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Samplers with the one that is never listed."""
    listed = [item for item in turns.text_types(samplers) if item["name"] != DEFAULT_SAMPLER]
    return [{"name": DEFAULT_SAMPLER, "aliases": [], "options": {}}, *listed]


def _model(item: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint with its kind."""
    return {"type": "Stable Diffusion", **item}


def _restorer(item: dict[str, Any]) -> dict[str, Any]:
    return {"name": item["name"], "path": item.get("path", item.get("cmd_dir"))}


def _style(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "extra": item.get("extra", ""), "filename": item.get("filename"), "preview": item.get("preview")}


def _flags(call: Call, handler: Handler) -> dict[str, Any]:
    """The flag for the password has another name, and covers more."""
    shown = {name: value for name, value in handler(call).items() if name not in ("api_auth", "nowebui")}
    return {"docs": False, **shown, "auth": call.app.guard.text}


def _with_tab(call: Call, handler: Handler) -> dict[str, list[str]]:
    """Scripts of a third tab, which has those of the first here."""
    shown = handler(call)
    return {"control": shown["txt2img"], **shown}


TABLE = Flavour(
    name="sdnext",
    title="SD.Next",
    version=COMMIT,
    marks={"Schedule type": None, "App": "SD.Next", "Version": COMMIT},
    only=frozenset({"/", "/docs", "/openapi.json", *(f"{API}{path}" for path in _PATHS)}),
    flags={"/docs": "docs", "/openapi.json": "docs"},
    adds=ROUTES,
    turns={
        "*": (rated,),
        **{f"POST {API}{path}": (turns.no_body,) for path in _NO_BODY},
        f"POST {API}txt2img": _GENERATION,
        f"POST {API}img2img": (_start_image, *_GENERATION),
        **{f"POST {API}{path}": (_no_links,) for path in ("extra-single-image", "png-info")},
        f"GET {API}samplers": (turns.as_given("samplers"), _samplers),
        f"GET {API}schedulers": (turns.as_given("schedulers"), _schedulers),
        f"GET {API}embeddings": (_names_only,),
        f"GET {API}cmd-flags": (turns.only_given("cmd-flags"), _flags),
        f"GET {API}scripts": (_with_tab,),
        f"GET {API}sd-models": (turns.each(_model),),
        f"GET {API}face-restorers": (turns.each(_restorer),),
        f"GET {API}prompt-styles": (turns.each(_style),),
        f"GET {API}options": (turns.only_given("options"),),
    },
    bodies={f"{API}txt2img": Body(_TXT2IMG), f"{API}img2img": Body(_IMG2IMG)},
    dialect=dialect(None),
    typed_options=False,
    forms=forms.SDNEXT,
    gzip_from=2048,
    auth=Auth("everything", "Unauthorized"),
    tasks=False,
    installs={
        "options": {"samples_format": "jpg", "server_rate_limit": 0},
        "samplers": [{"name": name, "aliases": [], "options": {}} for name in _SAMPLERS],
    },
    reads={"samplers": _known, "schedulers": lambda _: Catalog().schedulers, "embeddings": _embeddings},
)
