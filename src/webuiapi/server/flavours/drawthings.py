"""Draw Things: an app whose settings are the defaults. It wants to know every field, and answers with pictures only."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ..errors import HTTPError
from ..processing.pictures import decode
from ..routing import Call, Handler
from . import checks, forms, single
from .table import API, Auth, Body, Flavour
from .turns import changed, painted

_LARGEST_SEED = (1 << 32) - 1
_SAMPLERS = (
    "DPM++ 2M Karras", "Euler a", "DDIM", "UniPC", "DPM++ SDE Karras", "PLMS", "LCM", "Euler A Substep",
    "DPM++ SDE Substep", "TCD", "Euler A Trailing", "DPM++ SDE Trailing", "DPM++ 2M AYS", "Euler A AYS",
    "DPM++ SDE AYS", "DPM++ 2M Trailing", "DDIM Trailing",
)  # fmt: skip
_SEED_MODES = ("Legacy", "Torch CPU Compatible", "Scale Alike", "NVIDIA GPU Compatible")


def _whole(default: int, low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "default": default, "ge": low, "le": high}


def _number(default: float, low: float, high: float) -> dict[str, Any]:
    return {"type": "number", "default": default, "ge": low, "le": high}


def _text(default: str | None) -> dict[str, Any]:
    return {"type": "string", "default": default, "nullable": True}


def _switch(default: bool) -> dict[str, Any]:
    return {"type": "boolean", "default": default}


_SETTINGS: dict[str, dict[str, Any]] = {
    "model": _text(None),
    "width": _whole(512, 128, 8192),
    "height": _whole(512, 128, 8192),
    "seed": _whole(-1, -1, _LARGEST_SEED),
    "guidance_scale": _number(7.5, 0, 50),
    "seed_mode": {"type": "string", "default": "Scale Alike", "enum": _SEED_MODES},
    "steps": _whole(20, 1, 150),
    "batch_count": _whole(1, 1, 100),
    "batch_size": _whole(1, 1, 4),
    "sampler": {"type": "string", "default": _SAMPLERS[0], "enum": _SAMPLERS},
    "strength": _number(0.7, 0, 1),
    "clip_skip": _whole(1, 1, 23),
    "image_guidance": _number(1.5, 0, 25),
    "mask_blur": _number(1.5, 0, 25),
    "mask_blur_outset": _whole(0, -100, 1000),
    "sharpness": _number(0, 0, 30),
    "clip_weight": _number(1, 0, 1),
    "negative_prompt_for_image_prior": _switch(True),
    "image_prior_steps": _whole(5, 3, 60),
    "prompt": _text(""),
    "negative_prompt": _text(""),
    "hires_fix": _switch(False),
    "hires_fix_width": _whole(512, 128, 2048),
    "hires_fix_height": _whole(512, 128, 2048),
    "hires_fix_strength": _number(0.7, 0, 1),
    "tiled_decoding": _switch(False),
    "decoding_tile_width": _whole(640, 128, 2048),
    "decoding_tile_height": _whole(640, 128, 2048),
    "decoding_tile_overlap": _whole(128, 64, 1024),
    "original_width": _whole(512, 128, 2048),
    "original_height": _whole(512, 128, 2048),
    "crop_top": _whole(0, 0, 1024),
    "crop_left": _whole(0, 0, 1024),
    "target_width": _whole(512, 128, 2048),
    "target_height": _whole(512, 128, 2048),
    "negative_original_width": _whole(512, 128, 2048),
    "negative_original_height": _whole(512, 128, 2048),
    "aesthetic_score": _number(6, 0, 10),
    "negative_aesthetic_score": _number(2.5, 0, 10),
    "zero_negative_prompt": _switch(False),
    "refiner_model": _text(None),
    "refiner_start": _number(0.85, 0, 1),
    "num_frames": _whole(14, 1, 201),
    "fps": _whole(5, 1, 30),
    "motion_scale": _whole(127, 0, 255),
    "guiding_frame_noise": _number(0.02, 0, 1),
    "start_frame_guidance": _number(1, 0, 25),
    "shift": _number(1, 0.1, 8),
    "stage_2_guidance": _number(1, 0, 25),
    "stage_2_shift": _number(1, 0.1, 5),
    "loras": {"type": "array", "default": []},
    "controls": {"type": "array", "default": []},
    "stochastic_sampling_gamma": _number(0.3, 0, 1),
    "preserve_original_after_inpaint": _switch(True),
    "tiled_diffusion": _switch(False),
    "diffusion_tile_width": _whole(1024, 128, 2048),
    "diffusion_tile_height": _whole(1024, 128, 2048),
    "diffusion_tile_overlap": _whole(128, 64, 1024),
    "upscaler": _text(None),
    "upscaler_scale": _whole(0, 0, 4),
    "t5_text_encoder_decoding": _switch(True),
    "separate_clip_l": _switch(False),
    "clip_l_text": _text(None),
    "separate_open_clip_g": _switch(False),
    "open_clip_g_text": _text(None),
    "speed_up_with_guidance_embed": _switch(True),
    "guidance_embed": _number(3.5, 0, 25),
    "resolution_dependent_shift": _switch(True),
    "tea_cache_start": _whole(5, 0, 1000),
    "tea_cache_end": _whole(999, 0, 1000),
    "tea_cache_threshold": _number(0.06, 0, 1),
    "tea_cache_max_skip_steps": _whole(3, 1, 1000),
    "tea_cache": _switch(False),
    "separate_t5": _switch(False),
    "t5_text": _text(None),
    "causal_inference": _whole(0, 0, 1000),
}
"""What the app has settings for, in its order."""
_NAMES = {
    "guidance_scale": ["cfg_scale"],
    "batch_count": ["n_iter"],
    "sampler": ["sampler_name", "sampler_index"],
    "strength": ["denoising_strength"],
    "hires_fix": ["enable_hr"],
    "hires_fix_width": ["firstphase_width"],
    "hires_fix_height": ["firstphase_height"],
    "upscaler_scale": ["upscaler_scale_factor"],
}
"""Other names, of which only one may be given."""
_FIELDS: dict[str, Any] = {
    **_SETTINGS,
    "restore_faces": {"type": "boolean", "default": False},
    "init_images": {"type": "array", "default": None},
}


def _app_settings(call: Call) -> dict[str, Any]:
    """What the app is set to; the defaults of each request."""
    settings = {name: setting["default"] for name, setting in _SETTINGS.items()}
    return {**settings, "model": single.file_name(call), **call.app.shown.get("options", {})}


def _set_by_app(call: Call, handler: Handler) -> Any:
    """What the request does not say is as the app is set."""
    settings = _app_settings(call)
    unsaid = {name: settings[name] for name in call.fields.keys() & settings.keys() - call.given}
    return handler(changed(call, **unsaid))


def _txt2img(call: Call, handler: Handler) -> dict[str, Any]:
    """Pictures from words."""
    del handler
    if call.fields["init_images"] is not None:
        _pictures(call)
        raise HTTPError(422, "init_images is not supported for text-to-image")
    fields, wanted = call.fields, _wanted(call)
    if fields["hires_fix"]:
        wanted.update(
            enable_hr=True,
            width=fields["hires_fix_width"],
            height=fields["hires_fix_height"],
            hr_resize_x=fields["width"],
            hr_resize_y=fields["height"],
            denoising_strength=fields["hires_fix_strength"],
        )
    return _only_pictures(painted(call, "txt2img", **wanted))


def _img2img(call: Call, handler: Handler) -> dict[str, Any]:
    """Pictures from one; from what lies on the app's canvas, which is nothing, if there is not exactly one."""
    del handler
    fields, pictures = call.fields, _pictures(call)
    if len(pictures) != 1:
        return _only_pictures(painted(call, "txt2img", **_wanted(call)))
    for name, found in zip(("height", "width"), reversed(pictures[0].size), strict=True):
        if found != fields[name]:
            raise HTTPError(422, f"init_images {name} doesn't match {found} from the parameter {fields[name]}")
    wanted = {**_wanted(call), "init_images": fields["init_images"], "denoising_strength": fields["strength"]}
    return _only_pictures(painted(call, "img2img", **wanted))


def _pictures(call: Call) -> list[Any]:
    """The given pictures: plain base64 and nothing else."""
    pictures = []
    for text in call.fields["init_images"] or ():
        try:
            base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise HTTPError(422, "init_images: Encountered Data is not valid Base64.") from None
        try:
            pictures.append(decode(text, call.state.options))
        except HTTPError:
            raise HTTPError(422, "Data in init_images did not represent a valid image") from None
    return pictures


def _wanted(call: Call) -> dict[str, Any]:
    fields = call.fields
    settings: dict[str, Any] = {"sd_model_checkpoint": fields["model"]}
    if fields["clip_skip"] > 1:
        settings["CLIP_stop_at_last_layers"] = fields["clip_skip"]
    return {
        "prompt": fields["prompt"] or "",
        "negative_prompt": fields["negative_prompt"] or "",
        "width": fields["width"],
        "height": fields["height"],
        "seed": fields["seed"],
        "cfg_scale": fields["guidance_scale"],
        "steps": fields["steps"],
        "n_iter": fields["batch_count"],
        "batch_size": fields["batch_size"],
        "sampler_name": fields["sampler"],
        "restore_faces": fields["restore_faces"],
        "override_settings": settings,
    }


def _only_pictures(answer: dict[str, Any]) -> dict[str, Any]:
    return {"images": answer["images"]}


_BODY = Body(_FIELDS, whole=True, names=_NAMES)

TABLE = Flavour(
    name="drawthings",
    title="Draw Things",
    version="Draw Things",
    only=frozenset({f"{API}txt2img", f"{API}img2img"}),
    adds=(single.get("/", _app_settings), single.get(f"{API}options", _app_settings)),
    turns={f"POST {API}txt2img": (_set_by_app, _txt2img), f"POST {API}img2img": (_set_by_app, _img2img)},
    slash="unknown",
    bodies={f"{API}txt2img": _BODY, f"{API}img2img": _BODY},
    check=checks.known_only,
    typed_options=False,
    forms=forms.DRAWTHINGS,
    process_time=False,
    gzip_from=None,
    cors=False,
    auth=Auth("nothing"),
    tasks=False,
    installs={"options": {"samples_format": "png", "enable_pnginfo": False}},
    reads={"options": lambda _: {}},
)
