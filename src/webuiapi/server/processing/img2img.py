"""img2img: the pictures to start from, and the mask that says which part of them is painted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PIL import Image as pil

from . import masks
from .generation import Batch, Generation, check_paintable
from .limits import check_divisor, check_pixels
from .pictures import flat
from .resizing import CELL, LATENT_RESIZE, cut_to_cells, resize

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..job import Job
    from ..state import State

ORIGINAL = 1
"""The `inpainting_fill` that starts from the picture as it is."""
_MASKED_CONTENT = {0: "fill", 2: "latent noise", 3: "latent nothing"}
ALMOST_ONE = 0.999
"""The real server starts no pass at full noise: there are never fewer steps left out than this leaves."""


class Img2Img(Generation):
    """An img2img run."""

    kind = "img2img"
    init_images: list[Image]
    resize_mode: Any
    mask_blur_x: Any
    mask_blur_y: Any
    mask_round: Any
    inpainting_fill: Any
    inpaint_full_res: Any
    inpaint_full_res_padding: Any
    inpainting_mask_invert: Any
    initial_noise_multiplier: Any
    latent_mask: Any

    def __init__(self, state: State, job: Job, fields: Mapping[str, Any]) -> None:
        super().__init__(state, job, {**fields, "init_images": []})
        self.image_mask: Image | None = fields["mask"]
        if fields["mask_blur"] is not None:
            self.mask_blur_x = self.mask_blur_y = fields["mask_blur"]
        if self.initial_noise_multiplier is None:
            self.initial_noise_multiplier = self.options["initial_noise_multiplier"]
        self.resemblance = 0.0
        """How much of the picture is kept besides what the strength keeps, 0 to 1; scripts set it."""
        self._starts: list[Image] = []
        self._mask: Image | None = None
        self._mask_for_overlay: Image | None = None
        self._overlays: list[Image] = []
        self._paste_to: masks.Box | None = None

    @property
    def answer_size(self) -> tuple[int, int]:
        """That of the picture which the painted part is put into, if only a part is painted."""
        put_back = self.image_mask is not None and self.inpaint_full_res and self.options["overlay_inpaint"]
        return self.init_images[0].size if put_back and self.init_images else (self.width, self.height)

    def token_merging_ratio(self) -> Any:
        """img2img has one of its own, unless the request itself sets the common one."""
        common = self.options["token_merging_ratio"]
        if "token_merging_ratio" in self.override_settings and common:
            return common
        return self.options["token_merging_ratio_img2img"] or common

    # --- what to start from

    def prepare(self) -> None:
        """Make the mask and the pictures ready to be painted."""
        self.extra["Denoising strength"] = self.denoising_strength
        self._mask = self._mask_for_overlay = self._paste_to = None
        box = None
        if self.image_mask is not None:
            box = self._prepare_mask(self.image_mask)
        latent_mask = self._mask if self.latent_mask is None else self.latent_mask
        self._overlays = []
        self._starts = [self._prepare_image(image, box) for image in self.init_images]
        if self._mask is not None:
            self._note_fill()
            self._mask = latent_mask.convert("L")
            if self.latent_mask is not None:
                self._mask = masks.blurred(self._mask, CELL, CELL)  # a latent knows no finer edges than its cells
        count = len(self._starts)
        if count == 1:
            self._starts *= self.batch_size
            self._overlays *= self.batch_size
        elif 1 < count <= self.batch_size:
            self.batch_size = count
        elif not count:
            raise RuntimeError("Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [0]")
        else:
            raise RuntimeError(f"bad number of images passed: {count}; expecting {self.batch_size} or less")
        if self.options["sd_vae_encode_method"] != "Full":
            self.extra["VAE Encoder"] = self.options["sd_vae_encode_method"]

    def _prepare_mask(self, mask: Image) -> masks.Box | None:
        """Make the mask, at the size of the run. Returns the box of the picture that it shows, if not the whole."""
        mask = masks.binary(mask, rounded=self.mask_round)
        if self.inpainting_mask_invert:
            mask = masks.inverted(mask)
            self.extra["Mask mode"] = "Inpaint not masked"
        mask = masks.blurred(mask, self.mask_blur_x, self.mask_blur_y)
        if self.mask_blur_x > 0 or self.mask_blur_y > 0:
            self.extra["Mask blur"] = self.mask_blur_x if self.mask_blur_x == self.mask_blur_y else None
        if not self.inpaint_full_res:
            mask = resize(mask, self.resize_mode, self.width, self.height, self.state).convert("L")
            self._mask = mask
            self._mask_for_overlay = masks.doubled(mask)
            return None
        box = masks.masked_box(mask, self.inpaint_full_res_padding)
        if box is None:
            self.inpaint_full_res = False
            return None
        box = masks.widened(box, self.width, self.height, mask.size)
        self._mask_for_overlay = mask
        self._mask = resize(mask.crop(box), 2, self.width, self.height, self.state).convert("L")
        self._paste_to = box
        self.extra["Inpaint area"] = "Only masked"
        self.extra["Masked area padding"] = self.inpaint_full_res_padding
        return box

    def _prepare_image(self, image: Image, box: masks.Box | None) -> Image:
        """One picture to start from, at the size of the run; what its mask keeps is laid aside."""
        if self.options["save_init_img"]:
            self.init_image_hash = hashlib.md5(image.tobytes(), usedforsecurity=False).hexdigest()
        image = flat(image, self.options["img2img_background_color"])
        if box is None and self.resize_mode != LATENT_RESIZE:
            image = resize(image, self.resize_mode, self.width, self.height, self.state)
        if self._mask is not None and self._mask_for_overlay is not None:
            if self._mask_for_overlay.size != image.size:
                self._mask_for_overlay = resize(self._mask_for_overlay, self.resize_mode, *image.size, self.state)
            self._overlays.append(masks.overlay(image, self._mask_for_overlay))
        if box is not None:
            return resize(image.crop(box), 2, self.width, self.height, self.state)
        if self.resize_mode == LATENT_RESIZE:
            check_paintable(self.width, self.height)
            check_pixels(self.width, self.height)
            return self.state.engine.upscale(image, self.width, self.height, "Latent")
        return image

    def _note_fill(self) -> None:
        if self.inpainting_fill in _MASKED_CONTENT:
            self.extra["Masked content"] = _MASKED_CONTENT[self.inpainting_fill]

    # --- painting

    def paint(self, batch: Batch) -> list[Image]:
        """The pictures of one batch."""
        check_divisor(self.steps)
        check_paintable(self.width, self.height)
        if self.initial_noise_multiplier != 1.0:
            self.extra["Noise multiplier"] = self.initial_noise_multiplier
        steps = self._steps()
        self.note_sampler(self.sampler_name, self.scheduler)
        count = len(batch.prompts)
        starts = [cut_to_cells(image) for image in self._starts[:count]]
        if not steps:
            return starts
        work = self.pass_of(
            batch,
            steps=steps,
            images=starts,
            denoising_strength=max(0.0, min(self.denoising_strength, 1.0)) * (1 - self.resemblance),
            mask=None if self._mask is None else cut_to_cells(self._mask.resize(self._starts[0].size)),
            fill=self.inpainting_fill if self.inpainting_fill in (ORIGINAL, *_MASKED_CONTENT) else 0,
        )
        return self.run_pass(work)

    def _steps(self) -> int:
        """How many steps are really done: the share of `steps` that the strength says, and one more.

        With the option `img2img_fix_steps` all of them.
        """
        if self.options["img2img_fix_steps"]:
            return int(self.steps)
        steps = int(min(self.denoising_strength, ALMOST_ONE) * self.steps) + 1
        if steps < 0:
            raise IndexError("index 0 is out of bounds for dimension 0 with size 0")
        return steps

    def finished(self, image: Image, index: int) -> tuple[Image, list[Image]]:
        """The picture with the unmasked part of its init image laid over it; then mask and composite, if wanted."""
        options, mask = self.options, self._mask_for_overlay
        kept = self._overlays[index] if options["overlay_inpaint"] and index < len(self._overlays) else None
        painted = image
        if kept is not None:
            if self._paste_to is not None:
                left, top, right, bottom = self._paste_to
                part = resize(image, 1, right - left, bottom - top, self.state)
                painted = pil.new("RGBA", kept.size)
                painted.paste(part, (left, top))
            image = masks.laid_over(painted, kept)
        following = []
        if mask is not None and self._mask is not None:
            if options["return_mask"]:
                following.append(mask.convert("RGB"))
            if options["return_mask_composite"]:
                fitting = resize(mask, 2, image.width, image.height, self.state).convert("L")
                following.append(masks.composite(painted, fitting))
        return image, following
