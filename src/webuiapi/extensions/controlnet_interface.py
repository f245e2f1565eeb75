"""The ControlNet interface of webuiapi 0.9: calls of routes that ControlNet dropped in 2023, made today's way."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic

from .. import images as pictures
from ..api.generate import Img2Img, Txt2Img
from ..checks import users_level
from ..request import endpoint
from .base import Client_co, Interface
from .controlnet import ControlNetUnit, GetControlNetModels

if TYPE_CHECKING:
    from ..images import ImageInput

_OLD_MODES = {True: "ControlNet is more important", False: "Balanced"}


def _units(
    image: ImageInput | Sequence[ImageInput] | None,
    mask: ImageInput | Sequence[ImageInput] | None,
    guess_mode: bool | None,
    **values: Any,
) -> list[ControlNetUnit]:
    """A unit for each picture, all with the same values; one without a picture when there is none."""
    shown = pictures.items(image) if image is not None else []
    masks = pictures.items(mask) if mask is not None else []
    mode = None if guess_mode is None else _OLD_MODES[bool(guess_mode)]
    return [
        ControlNetUnit(
            image=shown[index] if shown else None,
            mask=masks[index] if index < len(masks) else None,
            control_mode=mode,
            **{name: value for name, value in values.items() if value not in ("", None)},
        )
        for index in range(max(len(shown), 1))
    ]


def txt2img(
    prompt: str | None = None,
    negative_prompt: str | None = None,
    controlnet_image: ImageInput | Sequence[ImageInput] | None = None,
    controlnet_mask: ImageInput | Sequence[ImageInput] | None = None,
    controlnet_module: str | None = None,
    controlnet_model: str | None = None,
    controlnet_weight: float | None = None,
    controlnet_resize_mode: str | None = None,
    controlnet_low_vram: bool | None = None,
    controlnet_processor_res: int | None = None,
    controlnet_threshold_a: float | None = None,
    controlnet_threshold_b: float | None = None,
    controlnet_guidance: float | None = None,
    enable_hr: bool | None = None,
    denoising_strength: float | None = None,
    hr_scale: float | None = None,
    hr_upscale: str | None = None,
    guess_mode: bool | None = None,
    seed: int | None = None,
    subseed: int | None = None,
    subseed_strength: float | None = None,
    sampler_index: str | None = None,
    batch_size: int | None = None,
    n_iter: int | None = None,
    steps: int | None = None,
    cfg_scale: float | None = None,
    width: int | None = None,
    height: int | None = None,
    restore_faces: bool | None = None,
    override_settings: Mapping[str, Any] | None = None,
    override_settings_restore_afterwards: bool | None = None,
) -> Txt2Img:
    """txt2img with a ControlNet unit for each picture. Use `api.txt2img(controlnet_units=...)` instead."""
    units = _units(
        controlnet_image,
        controlnet_mask,
        guess_mode,
        module=controlnet_module,
        model=controlnet_model,
        weight=controlnet_weight,
        resize_mode=controlnet_resize_mode,
        low_vram=controlnet_low_vram,
        processor_res=controlnet_processor_res,
        threshold_a=controlnet_threshold_a,
        threshold_b=controlnet_threshold_b,
        guidance_end=controlnet_guidance,
    )
    return Txt2Img(
        prompt=prompt,
        negative_prompt=negative_prompt,
        controlnet_units=units,
        enable_hr=enable_hr,
        denoising_strength=denoising_strength,
        hr_scale=hr_scale,
        hr_upscaler=hr_upscale,
        seed=seed,
        subseed=subseed,
        subseed_strength=subseed_strength,
        sampler_name=sampler_index or None,
        batch_size=batch_size,
        n_iter=n_iter,
        steps=steps,
        cfg_scale=cfg_scale,
        width=width,
        height=height,
        restore_faces=restore_faces,
        override_settings=override_settings,
        override_settings_restore_afterwards=override_settings_restore_afterwards,
    )


def img2img(
    init_images: ImageInput | Sequence[ImageInput] | None = None,
    mask: ImageInput | None = None,
    mask_blur: int | None = None,
    inpainting_fill: int | None = None,
    inpaint_full_res: bool | None = None,
    inpaint_full_res_padding: int | None = None,
    inpainting_mask_invert: int | None = None,
    resize_mode: int | None = None,
    denoising_strength: float | None = None,
    prompt: str | None = None,
    negative_prompt: str | None = None,
    controlnet_image: ImageInput | Sequence[ImageInput] | None = None,
    controlnet_mask: ImageInput | Sequence[ImageInput] | None = None,
    controlnet_module: str | None = None,
    controlnet_model: str | None = None,
    controlnet_weight: float | None = None,
    controlnet_resize_mode: str | None = None,
    controlnet_low_vram: bool | None = None,
    controlnet_processor_res: int | None = None,
    controlnet_threshold_a: float | None = None,
    controlnet_threshold_b: float | None = None,
    guess_mode: bool | None = None,
    seed: int | None = None,
    subseed: int | None = None,
    subseed_strength: float | None = None,
    sampler_index: str | None = None,
    batch_size: int | None = None,
    n_iter: int | None = None,
    steps: int | None = None,
    cfg_scale: float | None = None,
    width: int | None = None,
    height: int | None = None,
    restore_faces: bool | None = None,
    include_init_images: bool | None = None,
    override_settings: Mapping[str, Any] | None = None,
    override_settings_restore_afterwards: bool | None = None,
) -> Img2Img:
    """img2img with a ControlNet unit for each picture. Use `api.img2img(controlnet_units=...)` instead."""
    units = _units(
        controlnet_image,
        controlnet_mask,
        guess_mode,
        module=controlnet_module,
        model=controlnet_model,
        weight=controlnet_weight,
        resize_mode=controlnet_resize_mode,
        low_vram=controlnet_low_vram,
        processor_res=controlnet_processor_res,
        threshold_a=controlnet_threshold_a,
        threshold_b=controlnet_threshold_b,
    )
    return Img2Img(
        images=init_images,
        prompt=prompt,
        mask_image=mask,
        mask_blur=mask_blur,
        inpainting_fill=inpainting_fill,
        inpaint_full_res=inpaint_full_res,
        inpaint_full_res_padding=inpaint_full_res_padding,
        inpainting_mask_invert=inpainting_mask_invert,
        resize_mode=resize_mode,
        denoising_strength=denoising_strength,
        negative_prompt=negative_prompt,
        controlnet_units=units,
        seed=seed,
        subseed=subseed,
        subseed_strength=subseed_strength,
        sampler_name=sampler_index or None,
        batch_size=batch_size,
        n_iter=n_iter,
        steps=steps,
        cfg_scale=cfg_scale,
        width=width,
        height=height,
        restore_faces=restore_faces,
        include_init_images=include_init_images,
        override_settings=override_settings,
        override_settings_restore_afterwards=override_settings_restore_afterwards,
    )


class ControlNetInterface(Interface[Client_co], Generic[Client_co]):
    """ControlNet as webuiapi 0.9 drove it at first. What is not said has today's defaults."""

    txt2img = endpoint(txt2img)
    img2img = endpoint(img2img)
    model_list = endpoint(GetControlNetModels)

    def __init__(self, webuiapi: Client_co, show_deprecation_warning: bool = True) -> None:
        super().__init__(webuiapi)
        if show_deprecation_warning:
            self.print_deprecation_warning()

    def print_deprecation_warning(self) -> None:
        """Warn that this is the old way."""
        warnings.warn(
            "ControlNetInterface: ControlNet has had no routes of its own for generations since 2023, the calls are "
            "translated; txt2img(controlnet_units=[ControlNetUnit(...)]) is today's way",
            DeprecationWarning,
            stacklevel=users_level(),
        )
