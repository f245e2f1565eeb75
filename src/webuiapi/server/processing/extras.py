"""Pictures worked on without a prompt: upscaled by one upscaler or two, faces restored."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PIL import Image as pil
from PIL import ImageFilter

from ...infotext import quote
from .limits import check_pixels, check_total
from .pictures import read_info
from .resizing import find_upscaler, upscale

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..catalog import Item
    from ..job import Job
    from ..state import State

TO_SIZE = 1
"""The `resize_mode` that goes to a width and height; the other goes by a factor."""


def run_extras(fields: Mapping[str, Any], images: Sequence[Image], state: State, job: Job) -> tuple[list[Image], str]:
    """The pictures worked on, and what was done to the last one as HTML."""
    job.start()
    job.begin(len(images))
    done: list[Image] = []
    text = ""
    pixels = 0
    for image in images:
        job.end_pass()
        if job.interrupted:
            break
        work = _Work(fields, image, state, job)
        work.run()
        if job.skipped:
            continue
        text = work.text
        pixels += work.image.width * work.image.height
        check_total(pixels)
        if state.options["enable_pnginfo"]:
            work.image.info.clear()
            work.image.info.update({**work.kept, "postprocessing": text})
        done.append(work.image)
    lines = "<br>\n".join(html.escape(line) for line in text.split("\n"))
    return done, f"<p>{lines}</p>"


class _Work:
    """One picture."""

    def __init__(self, fields: Mapping[str, Any], image: Image, state: State, job: Job) -> None:
        self.fields = fields
        self.state = state
        self.job = job
        self.image = image if image.mode in ("RGB", "RGBA") else image.convert("RGB")
        text, self.kept = read_info(self.image, state.catalog)
        if text:
            self.kept["parameters"] = text
        self.pairs: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """What was done, in the form of an infotext's pairs."""
        return ", ".join(key if key == value else f"{key}: {quote(value)}" for key, value in self.pairs.items())

    def run(self) -> None:
        """Upscale, then restore: whatever `upscale_first` says, which 1.10.1 does not read."""
        self.job.begin_batch(0, 1, name="Upscale")
        self._upscale()
        self._restore("GFPGAN", self.fields["gfpgan_visibility"])
        if self._restore("CodeFormer", self.fields["codeformer_visibility"]):
            self.pairs["CodeFormer weight"] = round(self.fields["codeformer_weight"], 3)

    def _upscale(self) -> None:
        first = self._upscaler("upscaler_1")
        if first is None:
            return
        second = self._upscaler("upscaler_2")
        image = self._upscaled(first)
        self.pairs["Postprocess upscaler"] = first["name"]
        share = self.fields["extras_upscaler_2_visibility"]
        if second is not None and share > 0:
            image = pil.blend(image, self._upscaled(second).convert(image.mode), share)
            self.pairs["Postprocess upscaler 2"] = second["name"]
        self.image = image

    def _upscaler(self, field: str) -> Item | None:
        name = self.fields[field]
        if name == "None":
            return None
        found = find_upscaler(self.state, name)
        if found is None:
            raise AssertionError(f"could not find upscaler named {name}")
        return found

    def _upscaled(self, upscaler: Item) -> Image:
        fields, image = self.fields, self.image
        to_size = fields["resize_mode"] == TO_SIZE
        width, height = fields["upscaling_resize_w"], fields["upscaling_resize_h"]
        if to_size:
            factor = max(width / image.width, height / image.height)
            self.pairs["Postprocess upscale to"] = f"{width}x{height}"
        else:
            factor = fields["upscaling_resize"]
            self.pairs["Postprocess upscale by"] = factor
        image = upscale(image, factor, upscaler, self.state)
        if to_size and fields["upscaling_crop"]:
            check_pixels(width, height)
            cropped = pil.new("RGB", (width, height))
            cropped.paste(image, (width // 2 - image.width // 2, height // 2 - image.height // 2))
            image = cropped
            self.pairs["Postprocess crop to"] = f"{width}x{height}"
        return image

    def _restore(self, name: str, visibility: float) -> bool:
        """Lay a smoother picture over the picture, as restored faces are; whether there was anything to do."""
        if not visibility or self.job.skipped:
            return False
        self.job.begin_batch(0, 1, name=name)
        image = self.image.convert("RGB")
        self.image = pil.blend(image, image.filter(ImageFilter.SMOOTH), visibility)
        self.pairs[f"{name} visibility"] = round(visibility, 3)
        return True
