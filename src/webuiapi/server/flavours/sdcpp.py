"""stable-diffusion.cpp's server: one model, its own names of samplers, LoRAs as a field, and its own API beside."""

from __future__ import annotations

import json
from typing import Any

from .. import body
from ..errors import HTTPError
from ..processing.pictures import decode
from ..routing import Call, Handler
from . import checks, forms, single, turns
from .table import API, Auth, Body, Flavour

VERSION = "stable-diffusion.cpp"
_DEFAULT = "default"
_STEPS, _CFG, _STRENGTH, _HIRES_STRENGTH = 20, 7.0, 0.75, 0.7
_QUEUE = 16

_SAMPLERS = (
    "euler", "euler_a", "heun", "dpm2", "dpm++2s_a", "dpm++2m", "dpm++2mv2", "ipndm", "ipndm_v", "lcm",
    "ddim_trailing", "tcd", "res_multistep", "res_2s", "er_sde", "euler_cfg_pp", "euler_a_cfg_pp", "euler_ge",
    "dpm++2m_sde", "dpm++2m_sde_bt", "lms",
)  # fmt: skip
_SCHEDULERS = (
    "discrete", "normal", "karras", "exponential", "ays", "gits", "sgm_uniform", "simple", "smoothstep", "kl_optimal",
    "lcm", "bong_tangent",
)  # fmt: skip
_ALSO = {
    "euler a": "euler_a", "k_euler_a": "euler_a", "k_euler": "euler", "k_heun": "heun", "k_dpm_2": "dpm2",
    "ddim": "ddim_trailing", "dpm++ 2m": "dpm++2m", "k_dpmpp_2m": "dpm++2m", "dpm++ 2m sde": "dpm++2m_sde",
    "k_dpmpp_2m_sde": "dpm++2m_sde", "dpm++ 2m sde gpu": "dpm++2m_sde_bt", "k_dpmpp_2m_sde_gpu": "dpm++2m_sde_bt",
    "res multistep": "res_multistep", "k_res_multistep": "res_multistep", "res 2s": "res_2s", "k_res_2s": "res_2s",
    "k_euler_cfg_pp": "euler_cfg_pp", "k_euler_a_cfg_pp": "euler_cfg_pp",
}  # fmt: skip
"""Names of A1111's that it takes in any case."""
_USED_BY_DEFAULT = "euler_a"
_FIELDS: dict[str, Any] = {
    "prompt": {"type": "string", "default": ""},
    "negative_prompt": {"type": "string", "default": ""},
    "width": {"type": "integer", "default": 512},
    "height": {"type": "integer", "default": 512},
    "steps": {"type": "integer", "default": _STEPS},
    "cfg_scale": {"type": "number", "default": _CFG},
    "seed": {"type": "integer", "default": -1},
    "batch_size": {"type": "integer", "default": 1},
    "clip_skip": {"type": "integer", "default": -1},
    "sampler_name": {"type": "string", "default": ""},
    "scheduler": {"type": "string", "default": ""},
    "lora": {"type": "any", "default": None},
    "denoising_strength": {"type": "number", "default": -1.0},
}
_TXT2IMG = {
    **_FIELDS,
    "enable_hr": {"type": "boolean", "default": False},
    "hr_scale": {"type": "number", "default": 2.0},
    "hr_resize_x": {"type": "integer", "default": 0},
    "hr_resize_y": {"type": "integer", "default": 0},
    "hr_steps": {"type": "integer", "default": 0},
    "hr_upscaler": {"type": "string", "default": "Latent"},
}
_IMG2IMG = {
    **_FIELDS,
    "init_images": {"type": "any", "default": None},
    "mask": {"type": "any", "default": None},
    "inpainting_mask_invert": {"type": "integer", "default": 0},
}
_UPSCALERS = ("None", "Lanczos", "Nearest")
_MODELS = ("RealESRGAN_x4plus",)
_LATENT_MODES = ("", " (nearest)", " (nearest-exact)", " (antialiased)", " (bicubic)", " (bicubic antialiased)")

# --- generations


def _refuse_early(call: Call) -> None:
    fields = call.fields
    if fields["width"] <= 0 or fields["height"] <= 0:
        raise HTTPError(400, "width and height must be positive")
    if not fields["prompt"]:
        raise HTTPError(400, "prompt required")
    known = {item["path"] for item in _loras(call)}
    for item in fields["lora"] if isinstance(fields["lora"], list) else ():
        if not isinstance(item, dict):
            continue
        path = item.get("path", "")
        if not path:
            raise HTTPError(400, "lora.path required")
        if path not in known:
            raise HTTPError(400, f"invalid lora path: {path}")


def _sampler(call: Call) -> str:
    """The name that a name means; one that nobody knows is the default, without a word."""
    name = call.fields["sampler_name"]
    known = {item["name"] for item in call.state.catalog.samplers} - {_DEFAULT}
    return name if name in known else _ALSO.get(name.lower(), _USED_BY_DEFAULT)


def _wanted(call: Call) -> dict[str, Any]:
    """What A1111 would be asked for. Tags of LoRAs in a prompt are words."""
    names = ("prompt", "negative_prompt", "width", "height", "steps", "cfg_scale", "seed", "batch_size", "scheduler")
    wanted = {name: call.fields[name] for name in names}
    wanted.update(sampler_name=_sampler(call), disable_extra_networks=True)
    if call.fields["clip_skip"] > 0:
        wanted["override_settings"] = {"CLIP_stop_at_last_layers": call.fields["clip_skip"]}
    return wanted


def _txt2img(call: Call, handler: Handler) -> dict[str, Any]:
    """Pictures from words."""
    del handler
    _refuse_early(call)
    fields, strength = call.fields, call.fields["denoising_strength"]
    hires = {name: fields[name] for name in ("enable_hr", "hr_scale", "hr_resize_x", "hr_resize_y", "hr_upscaler")}
    hires["hr_second_pass_steps"] = fields["hr_steps"]
    hires["denoising_strength"] = strength if strength >= 0 else _HIRES_STRENGTH
    if not fields["enable_hr"]:
        hires = {}
    return _told(call, turns.painted(call, "txt2img", **_wanted(call), **hires), None)


def _img2img(call: Call, handler: Handler) -> dict[str, Any]:
    """Pictures from the first that can be read; from words if there is none."""
    del handler
    _refuse_early(call)
    fields, strength = call.fields, call.fields["denoising_strength"]
    given = fields["init_images"]
    start = given[0] if isinstance(given, list) and given and _readable(call, given[0]) else None
    strength = min(strength, 1.0) if strength >= 0 else _STRENGTH
    if start is None:
        return _told(call, turns.painted(call, "txt2img", **_wanted(call)), strength)
    mask = fields["mask"] if _readable(call, fields["mask"]) else None
    settings = {
        "inpainting_fill": 1,
        "inpaint_full_res": False,
        "inpainting_mask_invert": fields["inpainting_mask_invert"],
    }
    painted = turns.painted(
        call, "img2img", **_wanted(call), **settings, init_images=[start], mask=mask, denoising_strength=strength
    )
    return _told(call, painted, strength)


def _readable(call: Call, text: Any) -> bool:
    try:
        decode(text, call.state.options)
    except (HTTPError, AttributeError, IndexError):
        return False
    return True


def _told(call: Call, answer: dict[str, Any], strength: float | None) -> dict[str, Any]:
    """The answer with the request as it came, and with fewer and other words about it."""
    full = json.loads(answer["info"])
    names = ("prompt", "seed", "cfg_scale", "width", "height", "steps", "sampler_name", "infotexts", "all_prompts")
    info = {name: full[name] for name in (*names, "all_negative_prompts", "all_seeds")}
    info.update(version=VERSION, sd_model_name=single.file_name(call))
    if full["negative_prompt"]:
        info["negative_prompt"] = full["negative_prompt"]
    if call.fields["clip_skip"] > 0:
        info["clip_skip"] = call.fields["clip_skip"]
    if strength is not None:
        info["denoising_strength"] = strength
    schedule = full["extra_generation_params"].get("Schedule type")
    if schedule is not None:
        info["extra_generation_params"] = {"Schedule type": schedule}
    told = json.dumps(dict(sorted(info.items())), separators=(",", ":"))
    return {"images": answer["images"], "parameters": body.loads(call.request.body), "info": told}


# --- lists


def _loras(call: Call) -> list[dict[str, str]]:
    """By name and file, relative to their folder."""
    return [{"name": item["name"], "path": item["path"].rpartition("/")[2]} for item in call.state.catalog.loras]


def _upscaler(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "scale": int(item["scale"])}


def _scheduler(item: dict[str, Any]) -> dict[str, Any]:
    return {"name": item["name"], "label": item["name"]}


def _schedulers(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Schedulers in A1111's form, in which the first is Automatic."""
    return [
        {
            "name": item["name"],
            "label": "Automatic" if item["name"] == _DEFAULT else item["name"],
            "aliases": None,
            "default_rho": -1.0,
            "need_inner_model": False,
        }
        for item in items
    ]


def _loras_read(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"alias": item["name"], "metadata": {}, **item} for item in items]


def _capabilities(call: Call) -> dict[str, Any]:
    """All that its own API would need to know."""
    catalog, checkpoint = call.state.catalog, call.state.checkpoint
    defaults = {
        "prompt": "",
        "negative_prompt": "",
        "clip_skip": -1,
        "width": 512,
        "height": 512,
        "strength": _STRENGTH,
        "seed": -1,
        "batch_count": 1,
        "sample_params": {
            "scheduler": _DEFAULT,
            "sample_method": _DEFAULT,
            "sample_steps": _STEPS,
            "guidance": {"txt_cfg": _CFG, "img_cfg": None, "distilled_guidance": 3.5},
        },
        "output_format": "png",
        "output_compression": 100,
    }
    can = dict.fromkeys(("init_image", "mask_image", "lora", "hires", "cancel_queued"), True)
    features, formats = {**can, "cancel_generating": False}, ["png", "jpeg"]
    return {
        "model": {"name": single.file_name(call), "stem": single.stem(call), "path": checkpoint["filename"]},
        "current_mode": "img_gen",
        "supported_modes": ["img_gen"],
        "defaults": defaults,
        "defaults_by_mode": {"img_gen": defaults},
        "output_formats": formats,
        "output_formats_by_mode": {"img_gen": formats},
        "features": features,
        "features_by_mode": {"img_gen": features},
        "samplers": [item["name"] for item in catalog.samplers if item["name"] != _DEFAULT],
        "schedulers": [item["name"] for item in catalog.schedulers if item["name"] != _DEFAULT],
        "loras": _loras(call),
        "upscalers": [{"name": item["name"]} for item in catalog.upscalers],
        "limits": {
            "min_width": 64,
            "max_width": 4096,
            "min_height": 64,
            "max_height": 4096,
            "max_batch_count": 8,
            "max_queue_size": _QUEUE,
        },
    }


TABLE = Flavour(
    name="sdcpp",
    title="stable-diffusion.cpp",
    version=VERSION,
    marks={"Version": VERSION},
    only=frozenset(
        f"{API}{path}" for path in ("txt2img", "img2img", "upscalers", "latent-upscale-modes", "samplers", "schedulers")
    ),
    adds=(
        single.get(f"{API}options", single.options),
        single.get(f"{API}sd-models", single.models),
        single.get(f"{API}loras", _loras),
        single.get("/sdcpp/v1/capabilities", _capabilities),
    ),
    turns={
        f"POST {API}txt2img": (_txt2img,),
        f"POST {API}img2img": (_img2img,),
        f"GET {API}upscalers": (turns.each(_upscaler),),
        f"GET {API}schedulers": (turns.each(_scheduler),),
    },
    slash="unknown",
    bodies={f"{API}txt2img": Body(_TXT2IMG, whole=True), f"{API}img2img": Body(_IMG2IMG, whole=True)},
    check=checks.of_types,
    typed_options=False,
    forms=forms.SDCPP,
    process_time=False,
    gzip_from=None,
    cors=False,
    auth=Auth("nothing"),
    tasks=False,
    installs={
        "samplers": [{"name": name, "aliases": [name], "options": {}} for name in (_DEFAULT, *_SAMPLERS)],
        "schedulers": _schedulers([{"name": name} for name in (_DEFAULT, *_SCHEDULERS)]),
        "upscalers": [
            {"name": name, "model_name": None, "model_path": None, "model_url": None, "scale": 4} for name in _UPSCALERS
        ]
        + [
            {
                "name": name,
                "model_name": "ESRGAN",
                "model_path": f"/srv/models/{name}.pth",
                "model_url": None,
                "scale": 4,
            }
            for name in _MODELS
        ],
        "latent-upscale-modes": [{"name": f"Latent{mode}"} for mode in _LATENT_MODES],
        "options": {"samples_format": "png", "add_model_hash_to_info": False},
    },
    reads={"samplers": turns.text_types, "schedulers": _schedulers, "loras": _loras_read},
)
