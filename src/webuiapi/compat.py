"""What scripts for webuiapi 0.9 need and nothing else does: their order of arguments, and `use_async=True`.

A leaf: the rest of the package comes here only when a call has such a form, and knows nothing else of it.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from .api.custom import custom_post
from .api.generate import Img2Img, Txt2Img
from .settled import settled
from .transport.lazy import awaitable_transport

if TYPE_CHECKING:
    from .client import AsyncWebUIApi, BaseClient
    from .transport.base import AsyncTransport

_TXT2IMG = (
    "enable_hr", "denoising_strength", "firstphase_width", "firstphase_height", "hr_scale", "hr_upscaler",
    "hr_second_pass_steps", "hr_resize_x", "hr_resize_y", "hr_checkpoint_name", "hr_sampler_name", "hr_scheduler",
    "hr_prompt", "hr_negative_prompt", "prompt", "styles", "seed", "subseed", "subseed_strength",
    "seed_resize_from_h", "seed_resize_from_w", "sampler_name", "scheduler", "batch_size", "n_iter", "steps",
    "cfg_scale", "width", "height", "restore_faces", "tiling", "do_not_save_samples", "do_not_save_grid",
    "negative_prompt", "eta", "s_churn", "s_tmax", "s_tmin", "s_noise", "override_settings",
    "override_settings_restore_afterwards", "script_args", "script_name", "send_images", "save_images",
    "alwayson_scripts", "controlnet_units", "adetailer", "animatediff", "roop", "reactor", "sag", "sampler_index",
    "use_deprecated_controlnet", "use_async",
)  # fmt: skip
_IMG2IMG = (
    "images", "resize_mode", "denoising_strength", "image_cfg_scale", "mask_image", "mask_blur", "inpainting_fill",
    "inpaint_full_res", "inpaint_full_res_padding", "inpainting_mask_invert", "initial_noise_multiplier", "prompt",
    "styles", "seed", "subseed", "subseed_strength", "seed_resize_from_h", "seed_resize_from_w", "sampler_name",
    "scheduler", "batch_size", "n_iter", "steps", "cfg_scale", "width", "height", "restore_faces", "tiling",
    "do_not_save_samples", "do_not_save_grid", "negative_prompt", "eta", "s_churn", "s_tmax", "s_tmin", "s_noise",
    "override_settings", "override_settings_restore_afterwards", "script_args", "sampler_index",
    "include_init_images", "script_name", "send_images", "save_images", "alwayson_scripts", "controlnet_units",
    "adetailer", "animatediff", "roop", "reactor", "sag", "use_deprecated_controlnet", "use_async",
)  # fmt: skip
_OLD_ORDER: dict[Any, tuple[int, tuple[str, ...]]] = {Txt2Img: (0, _TXT2IMG), Img2Img: (1, _IMG2IMG)}
"""By request: which positional argument gives the old order away by being no text, and the old order."""


def is_old(build: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call has a form of webuiapi 0.9."""
    if "use_async" in kwargs or "use_deprecated_controlnet" in kwargs:
        return True
    return _old_order(build, args) is not None


def _old_order(build: Any, args: tuple[Any, ...]) -> tuple[str, ...] | None:
    """The names of positional arguments given in the old order; None where they are not."""
    telling, order = _OLD_ORDER.get(build, (0, ()))
    return order if order and len(args) > telling and not isinstance(args[telling], (str, type(None))) else None


def call(client: BaseClient, build: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Make a call that has a form of webuiapi 0.9."""
    from .client import AsyncWebUIApi

    order = _old_order(build, args)
    if order is not None:
        args, kwargs = (), _by_name(build, order, args, kwargs)
    kwargs.pop("use_deprecated_controlnet", None)  # its routes are gone since 2023: units go the usual way
    if not kwargs.pop("use_async", False):
        return client.run(build(*args, **kwargs))
    loop = _running_loop()
    work = build(*settled(args), **settled(kwargs))  # nothing that is done to the arguments from now on shows
    if isinstance(client, AsyncWebUIApi):
        return loop.create_task(client.run(work))
    return loop.create_task(_awaitable(client).run(work))


def _by_name(build: Any, order: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    name = build.__name__.lower()
    if len(args) > len(order):
        raise TypeError(f"{name} takes at most {len(order)} arguments by place, {len(args)} are given")
    warnings.warn(
        f"{name}: arguments by place are read in the order of webuiapi 0.9 "
        f"({', '.join(order[: len(args)])}); pass them by name",
        DeprecationWarning,
        stacklevel=5,
    )
    named = dict(zip(order, args, strict=False))
    twice = named.keys() & kwargs.keys()
    if twice:
        raise TypeError(f"{name}: {', '.join(sorted(twice))} given by place and by name")
    return {**named, **kwargs}


# -- POST to a URL ---------------------------------------------------------------------------------------------------


def post(client: BaseClient, url: str, payload: Any, use_async: bool) -> Any:
    """See `post_and_get_api_result` of a client."""
    return client.perform(custom_post, (_path(client, url), payload), {"use_async": use_async})


async def async_post(client: BaseClient, url: str, payload: Any) -> Any:
    """See `async_post` of a client."""
    return await post(client, url, payload, True)


def _path(client: BaseClient, url: str) -> str:
    root = client.get_endpoint("", False)
    if not url.startswith(root):
        raise ValueError(f"url={url!r} is not below this client's server, {root}")
    return url[len(root) :]


# -- use_async --------------------------------------------------------------------------------------------------------


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "use_async=True needs a running event loop: call it inside `async def` and await what it gives, "
            "or use webuiapi.AsyncWebUIApi"
        ) from None


def _awaitable(client: Any) -> AsyncWebUIApi:
    """An awaitable client with the settings of now."""
    twin: AsyncWebUIApi = client.awaitable()
    if isinstance(twin._transport, type(_connections())):  # not the embedded server, which needs none
        twin._transport = _connections()
    return twin


@cache
def _connections() -> AsyncTransport:
    """Connections for all plain clients, kept for a loop and closed with it: when a client goes does not matter."""
    return awaitable_transport()
