"""What the stub answers: small, always the same, and holding every name that the cases use."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from PIL import Image

Json = Any


def _file(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def colour(red: int, green: int, blue: int) -> str:
    """A picture of 4 x 4 pixels in one colour, as base64 PNG."""
    return base64.b64encode(_file(Image.new("RGB", (4, 4), (red, green, blue)))).decode()


def _truncated() -> str:
    values = [v for y in range(64) for x in range(64) for v in ((x * 37 + y * 91) % 256, x * y % 256, x ^ y)]
    data = _file(Image.frombytes("RGB", (64, 64), bytes(values)))
    return base64.b64encode(data[: len(data) // 2]).decode()


RED, GREEN, BLUE = colour(255, 0, 0), colour(0, 255, 0), colour(0, 0, 255)
TRUNCATED = _truncated()
"""The first half of a PNG file."""


def model(name: str, short_hash: str, sha256: str, folder: str = "") -> dict[str, Json]:
    """One entry of GET /sdapi/v1/sd-models."""
    return {
        "title": f"{folder}{name} [{short_hash}]",
        "model_name": folder.replace("/", "_") + name.rsplit(".", 1)[0],
        "hash": short_hash,
        "sha256": sha256 * 32,
        "filename": f"/m/{folder}{name}",
        "config": None,
    }


MODELS = [
    model("robo-diffusion-v1.ckpt", "41fef4bd", "aa"),
    model("AnythingV5.safetensors", "7f96a1a9ca", "bb"),
    model("anythingv3.safetensors", "543bcbc212", "cc"),
    model("sd_xl_base_1.0.safetensors", "31e35c80fc", "dd", folder="SDXL/"),
    model("m.safetensors", "0f1e2d3c4b", "ee"),
    model("model.ckpt", "7460a6fa", "99"),
]

_SAMPLERS = {
    "DPM++ 2M": "k_dpmpp_2m",
    "DPM++ 2M SDE": "k_dpmpp_2m_sde",
    "Euler a": "k_euler_a",
    "Euler": "k_euler",
    "LMS": "k_lms",
    "DDIM": "ddim",
}
_SCHEDULERS = {"automatic": "Automatic", "karras": "Karras", "exponential": "Exponential", "simple": "Simple"}
_UPSCALERS = (
    "None", "Lanczos", "Nearest", "LDSR", "BSRGAN", "R-ESRGAN 4x+", "R-ESRGAN General 4xV3", "ScuNET GAN",
    "ScuNET PSNR", "SwinIR 4x", "4x-UltraSharp",
)  # fmt: skip
_LATENT_MODES = (
    "Latent", "Latent (antialiased)", "Latent (bicubic)", "Latent (bicubic antialiased)", "Latent (nearest)",
    "Latent (nearest-exact)",
)  # fmt: skip
_CONTROLNET_MODELS = (
    "None", "a", "b", "c", "m", "control_canny-fp16 [e3fe7712]", "control_v11f1p_sd15_depth [cfd03158]",
    "control_v11p_sd15_canny [d14c016b]",
)  # fmt: skip


def progress(value: float, eta: float, job: str, job_count: int, step: int, steps: int) -> dict[str, Json]:
    """An answer of GET /sdapi/v1/progress."""
    state = {
        "skipped": False,
        "interrupted": False,
        "job": job,
        "job_count": job_count,
        "job_timestamp": "0",
        "job_no": 0,
        "sampling_step": step,
        "sampling_steps": steps,
    }
    return {"progress": value, "eta_relative": eta, "state": state, "current_image": None, "textinfo": None}


IDLE = progress(0.0, 0.0, "", 0, 0, 0)
BUSY = progress(0.25, 3.5, "task(x)", 1, 5, 20)

INFO = json.dumps({"prompt": "p", "seed": 1003, "all_seeds": [1003], "infotexts": ["p\nSteps: 20, Seed: 1003"]})


def _generation(payload: dict[str, Json]) -> Json:
    """The pictures asked for, then one blue picture for each ControlNet unit."""
    count = int(payload.get("batch_size", 1) or 1) * int(payload.get("n_iter", 1) or 1)
    images = [RED, GREEN, BLUE][:count] + [RED] * max(0, count - 3)
    units = (payload.get("alwayson_scripts") or {}).get("ControlNet", {}).get("args") or []
    images += [BLUE] * sum(isinstance(unit, dict) for unit in units)
    if payload.get("send_images") is False:
        images = []
    parameters = {"prompt": payload.get("prompt"), "steps": payload.get("steps")}
    return {"images": images, "parameters": parameters, "info": INFO}


def _extra_batch(payload: dict[str, Json]) -> Json:
    return {"html_info": "<p></p>", "images": [GREEN] * len(payload.get("imageList") or [])}


def _segmentation(payload: dict[str, Json]) -> Json:
    """The random form has a key in the plural for a single image."""
    if (payload.get("payload") or {}).get("processor") == "random":
        return {"msg": "ok", "blended_images": RED, "random_seg": GREEN, "edit_anything_control": BLUE}
    return {"msg": "ok", "sem_presam": RED, "sem_postsam": GREEN, "blended_presam": BLUE, "blended_postsam": RED}


GETS: dict[str, Json] = {
    "/sdapi/v1/options": {
        "sd_model_checkpoint": "robo-diffusion-v1.ckpt [41fef4bd]",
        "sd_checkpoint_hash": "aa" * 32,
        "sd_vae": "Automatic",
    },
    "/sdapi/v1/cmd-flags": {"api": True, "port": 7860},
    "/sdapi/v1/progress": IDLE,
    "/sdapi/v1/samplers": [{"name": name, "aliases": [alias], "options": {}} for name, alias in _SAMPLERS.items()],
    "/sdapi/v1/schedulers": [
        {"name": name, "label": label, "aliases": None, "default_rho": -1.0, "need_inner_model": False}
        for name, label in _SCHEDULERS.items()
    ],
    "/sdapi/v1/sd-vae": [{"model_name": "v.pt", "filename": "/v.pt"}],
    "/sdapi/v1/upscalers": [
        {"name": name, "model_name": None, "model_path": None, "model_url": None, "scale": 4.0} for name in _UPSCALERS
    ],
    "/sdapi/v1/latent-upscale-modes": [{"name": name} for name in _LATENT_MODES],
    "/sdapi/v1/loras": [{"name": "Moxin_10", "alias": "Moxin_10", "path": "/l", "metadata": {}}],
    "/sdapi/v1/sd-models": MODELS,
    "/sdapi/v1/hypernetworks": [],
    "/sdapi/v1/face-restorers": [{"name": name, "cmd_dir": None} for name in ("CodeFormer", "GFPGAN")],
    "/sdapi/v1/realesrgan-models": [{"name": "R-ESRGAN 4x+", "path": "/r", "scale": 4}],
    "/sdapi/v1/prompt-styles": [{"name": name, "prompt": "a", "negative_prompt": "b"} for name in ("anime", "s")],
    "/sdapi/v1/embeddings": {"loaded": {}, "skipped": {}},
    "/sdapi/v1/memory": {"ram": {"free": 1}, "cuda": {"error": "unavailable"}},
    "/controlnet/version": {"version": 3},
    "/controlnet/model_list": {"model_list": list(_CONTROLNET_MODELS)},
    "/controlnet/module_list": {
        "module_list": ["none", "canny", "depth", "openpose", "inpaint_only"],
        "module_detail": {},
    },
    "/promptgen/list_models": {
        "available_models": ["AUTOMATIC/promptgen-lexart", "AUTOMATIC/promptgen-majinai-unsafe"]
    },
    "/model_keyword/get_keywords": {
        "keywords": ["nousr robot"],
        "model": "robo-diffusion-v1.ckpt",
        "hash": "41fef4bd",
        "match_source": "model-keyword.txt",
    },
    "/sam/heartbeat": {"msg": "Success!"},
    "/sam/sam-model": ["sam_vit_h_4b8939.pth"],
    "/tagger/v1/interrogators": {"models": ["wd14-vit-v2-git"]},
}
"""By path."""

POSTS: dict[str, Json] = {
    "/sdapi/v1/txt2img": _generation,
    "/sdapi/v1/img2img": _generation,
    "/controlnet/txt2img": _generation,
    "/controlnet/img2img": _generation,
    "/instruct-pix2pix/img2img": _generation,
    "/sdapi/v1/extra-single-image": {"html_info": "<p></p>", "image": GREEN},
    "/sdapi/v1/extra-batch-images": _extra_batch,
    "/sdapi/v1/png-info": {
        "info": "cat\nSteps: 20",
        "items": {"parameters": "cat\nSteps: 20"},
        "parameters": {"Steps": "20"},
    },
    "/sdapi/v1/interrogate": {"caption": "a photo of a cat"},
    "/sdapi/v1/interrupt": {},
    "/sdapi/v1/skip": None,
    "/sdapi/v1/options": None,
    "/sdapi/v1/refresh-checkpoints": None,
    "/promptgen/generate": {"prompts": ["a box, one", "a box, two"]},
    "/controlnet/detect": {"images": [BLUE], "info": "Success"},
    "/rembg": {"image": GREEN},
    "/sam/sam-predict": {
        "msg": "ok",
        "blended_images": [RED] * 3,
        "masks": [GREEN] * 3,
        "masked_images": [BLUE] * 3,
    },
    "/sam/dino-predict": {"msg": "Done", "image_with_box": RED},
    "/sam/dilate-mask": {"blended_image": RED, "mask": GREEN, "masked_image": BLUE},
    "/sam/controlnet-seg": _segmentation,
    "/sam/category-mask": {
        "msg": "ok",
        "blended_image": RED,
        "mask": GREEN,
        "masked_image": BLUE,
        "resized_input": RED,
    },
    "/tagger/v1/interrogate": {"caption": {"1girl": 0.9, "solo": 0.8}},
}
"""By path: an answer, or a function that makes it of the request's body."""
