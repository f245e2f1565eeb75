"""What the demo does, step by step, and what is kept of each step."""

from __future__ import annotations

import io
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from ..api.extras import ExtraBatchImages, ExtraSingleImage, PngInfo
from ..api.generate import Img2Img, Txt2Img
from ..request import Request
from ..results import Result, TextResult
from ..saving import write_new
from .output import favourite

COUNT = 7
_PROMPT = "a red fox in an autumn forest, morning mist, watercolor"
_NEGATIVE = "text, frame, blurry"
_SIZE = 512
_METHODS = {
    Txt2Img: "txt2img",
    Img2Img: "img2img",
    ExtraSingleImage: "extra_single_image",
    ExtraBatchImages: "extra_batch_images",
    PngInfo: "png_info",
}


@dataclass(frozen=True)
class Step:
    """A call to make."""

    name: str
    """How its files begin."""
    title: str
    text: str
    """What there is to see, in a sentence."""
    request: Request[Any]
    given: dict[str, str] = field(default_factory=dict)
    """The pictures among its parameters, as the shown call names them."""
    kept_as: str = ""
    """What later calls name its result."""
    beside: tuple[tuple[str, int], ...] = ()
    """Earlier pictures to show beside the result, by step and place: those that were given."""
    shown: dict[str, bytes] = field(default_factory=dict)
    """Files to save and show beside the result too: the mask."""


def steps(upscalers: Sequence[str]) -> Generator[Step, Result[Any], None]:
    """The steps, each sent the result of the one before it."""
    painted = yield Step(
        "txt2img", "Pictures from a text", "Four pictures of one prompt in one call, each with the next seed.",
        Txt2Img(_PROMPT, negative_prompt=_NEGATIVE, seed=1003, batch_size=4, width=_SIZE, height=_SIZE, steps=20),
        kept_as="painted",
    )  # fmt: skip
    yield Step(
        "img2img", "A picture from a picture", "The first one painted over: the composition stays, the season changes.",
        Img2Img([painted.content[0]], "a red fox in a snowy winter forest, moonlight, watercolor",
                negative_prompt=_NEGATIVE, seed=1003, width=_SIZE, height=_SIZE, steps=20, denoising_strength=0.6),
        given={"images": "painted.images[0]"}, beside=(("txt2img", 0),),
    )  # fmt: skip
    mask = _mask()
    yield Step(
        "inpainting", "Inpainting", "Only what is white in the mask is painted anew.",
        Img2Img([painted.content[1]], "a white rabbit in a forest in autumn, morning mist, watercolor",
                mask_image=mask, mask_blur=16, inpainting_fill=1, inpaint_full_res=False, negative_prompt=_NEGATIVE,
                seed=7, width=_SIZE, height=_SIZE, steps=20, denoising_strength=0.95),
        given={"images": "painted.images[1]", "mask_image": '"mask.png"'}, shown={"mask.png": mask},
        beside=(("txt2img", 1),),
    )  # fmt: skip
    yield Step(
        "hires", "A hires pass", "Painted small, enlarged, and painted again: 384 x 256 becomes 768 x 512.",
        Txt2Img("the sea at sunset, a distant island, oil painting", seed=42, width=384, height=256,
                steps=20, enable_hr=True, hr_scale=2.0, hr_second_pass_steps=10, denoising_strength=0.6),
    )  # fmt: skip
    best = favourite(upscalers)
    upscaled = yield Step(
        "upscaled", "Upscaling", f"The first picture at twice its size by {best}; the parameters inside are kept.",
        ExtraSingleImage(painted.content[0], upscaler_1=best, upscaling_resize=2.0),
        given={"image": "painted.images[0]"}, kept_as="upscaled", beside=(("txt2img", 0),),
    )  # fmt: skip
    simple = "Lanczos" if "Lanczos" in upscalers else best
    yield Step(
        "upscaled-batch", "Upscaling several", f"The other three in one call, by {simple}.",
        ExtraBatchImages(painted.content[1:4], upscaler_1=simple, upscaling_resize=1.5),
        given={"images": "painted.images[1:]"},
    )  # fmt: skip
    yield Step(
        "png-info", "What is inside", "The generation parameters that the server reads out of the upscaled picture.",
        PngInfo(upscaled.content[0]),
        given={"image": "upscaled.image"},
    )  # fmt: skip


def _mask() -> bytes:
    """White where the figure stands."""
    mask = Image.new("L", (_SIZE, _SIZE), 0)
    ImageDraw.Draw(mask).ellipse((_SIZE * 0.18, _SIZE * 0.22, _SIZE * 0.96, _SIZE * 1.08), fill=255)
    out = io.BytesIO()
    mask.save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True)
class Picture:
    """A saved picture."""

    file: str
    seed: int | None
    infotext: str | None
    size: tuple[int, int]


@dataclass(frozen=True)
class Done:
    """A step that is done."""

    step: Step
    seconds: float
    files: list[Picture]
    text: str
    """What came when it was no picture."""

    @classmethod
    def of(cls, step: Step, result: Result[Any], seconds: float, folder: Path) -> Done:
        """Save what came, over the files of an earlier demo."""
        for name, data in step.shown.items():
            write_new(folder / name, data, overwrite=True)
        several = len(result.content) > 1
        place = str(folder).replace("{", "{{").replace("}", "}}")
        paths = result.save(f"{place}/{step.name}{'-{index}' if several else ''}", overwrite=True)
        pictures = [
            Picture(path.name, seed, infotext, image.size)
            for path, seed, infotext, image in zip(paths, result.seeds, result.infotexts, result.images, strict=True)
        ]
        return cls(step, seconds, pictures, result.info if isinstance(result, TextResult) else "")

    @property
    def outcome(self) -> str:
        """What came, in a few words."""
        return ", ".join(picture.file for picture in self.files) or f"{len(self.text)} characters"

    @property
    def prompt(self) -> str:
        """What was asked for; "" where nothing is painted."""
        return getattr(self.step.request, "prompt", None) or ""

    @property
    def call(self) -> str:
        """The call as one writes it in Python."""
        request = self.step.request
        said = {each.name: getattr(request, each.name) for each in fields(request)}
        lines = [
            f"    {name}={self.step.given.get(name) or repr(value)},\n"
            for name, value in said.items()
            if value is not None
        ]
        kept = f"{self.step.kept_as} = " if self.step.kept_as else ""
        return f"{kept}api.{_METHODS[type(request)]}(\n{''.join(lines)})"

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return {
            "step": self.step.name,
            "seconds": round(self.seconds, 3),
            "pictures": [
                {"file": picture.file, "seed": picture.seed, "infotext": picture.infotext} for picture in self.files
            ],
            "text": self.text,
        }
