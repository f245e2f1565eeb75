"""AnimateDiff: the pictures of a batch become the frames of a video, and the answer holds videos in their place.

Its argument list holds one object, whose members are keyword arguments: one that it does not know fails in the hook,
and the answer holds plain pictures. Formats other than GIF, MP4, WEBP, WEBM and Frame only write files there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import pybase64

from ..processing.limits import check_count, check_total
from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Batch, Generation
    from ..processing.info import Processed

animatediff = Extension(
    "animatediff",
    repository="continue-revolution/sd-webui-animatediff",
    commit="a88e88912bcbae0531caccfc50fd639f6ea83fd0",
    date=1726876800,
    options={"animatediff_default_save_formats": ["GIF", "PNG"]},
)

MODEL = "mm_sd15_v3.safetensors"
MODEL_HASH = "f0a9dc8e"
SHOWN = ("GIF", "MP4", "WEBP", "WEBM")
"""Formats that come back, in the order in which they do."""
FRAME = "Frame"
_SAVING = {*SHOWN, "PNG"}
_CLOSED_LOOPS = ("N", "R-P", "R+P", "A")
_ZOOM = 0.12
"""How much of a picture's width the view moves in the course of a video."""
_TOLD = (
    "enable", "model", "video_length", "fps", "loop_number", "closed_loop", "batch_size", "stride", "overlap", "interp",
    "interp_x", "freeinit_enable",
)  # fmt: skip
_TOLD_IN_IMG2IMG = ("latent_power", "latent_scale", "latent_power_last", "latent_scale_last")


@dataclass
class Settings:
    """What a request asks for; the names are those of the object."""

    model: Any = MODEL
    enable: Any = False
    video_length: Any = 0
    fps: Any = 8
    loop_number: Any = 0
    closed_loop: Any = "R-P"
    batch_size: Any = 16
    stride: Any = 1
    overlap: Any = -1
    format: Any = field(default_factory=lambda: ["GIF", "PNG"])
    interp: Any = "Off"
    interp_x: Any = 10
    video_source: Any = None
    video_path: Any = ""
    mask_path: Any = ""
    freeinit_enable: Any = False
    freeinit_filter: Any = "butterworth"
    freeinit_ds: Any = 0.25
    freeinit_dt: Any = 0.25
    freeinit_iters: Any = 3
    latent_power: Any = 1
    latent_scale: Any = 32
    last_frame: Any = None
    latent_power_last: Any = 1
    latent_scale_last: Any = 32
    request_id: Any = ""
    is_i2i_batch: Any = False
    video_default: Any = False
    prompt_scheduler: Any = None

    @classmethod
    def of(cls, args: Sequence[Any]) -> Settings:
        """Those of the argument list. Raises what the hook of the real one raises."""
        given = args[0] if args else None
        if given is None:
            return cls()
        settings = cls(**given)
        if settings.enable:
            settings.check()
        return settings

    def check(self) -> None:
        """Refuse what cannot be a video."""
        if self.video_length < 0 or self.fps <= 0:
            raise AssertionError("Video length and FPS should be positive.")
        if _SAVING.isdisjoint(self.format):
            raise AssertionError("At least one saving format should be selected.")
        if self.closed_loop not in _CLOSED_LOOPS:
            raise AssertionError(f"there is no closed loop {self.closed_loop!r}")
        if self.video_source or self.video_path:
            raise FileNotFoundError("this server reads no files")

    @property
    def frames(self) -> int:
        """How many pictures a video has before any are put in between."""
        return int(self.video_length) or int(self.batch_size)

    def told(self, kind: str) -> str:
        """What an infotext tells."""
        names = [*_TOLD, *(_TOLD_IN_IMG2IMG if kind == "img2img" else ())]
        pairs = [f"{name}: {self.frames if name == 'video_length' else getattr(self, name)}" for name in names]
        return ", ".join([*pairs, f"mm_hash: {MODEL_HASH}"])


_USUAL = {one.name: getattr(Settings(), one.name) for one in fields(Settings) if one.name != "prompt_scheduler"}


@animatediff.script(argument(None, _USUAL))
class AnimateDiff(Script):
    """The script."""

    title = "AnimateDiff"
    always_on = True

    def before_process(self, run: Generation, args: Sequence[Any]) -> None:
        """A picture for each frame, and the prompt's lines for single frames left out."""
        settings = Settings.of(args)
        if settings.enable:
            check_count(max(settings.frames, int(settings.batch_size)))
            run.batch_size = max(settings.frames, int(settings.batch_size))

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Its pair, and the prompts of single frames."""
        settings = Settings.of(args)
        if not settings.enable:
            return
        run.extra["AnimateDiff"] = settings.told(run.kind)
        run.all_prompts = _travelled(run.all_prompts, run.batch_size)

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Frames that move: all of them show the first picture, the view going over it, with a little of their own."""
        settings = Settings.of(args)
        if not settings.enable:
            return None
        from PIL import Image as pil

        first, count = images[0], len(images)
        closed = settings.closed_loop != "N"
        return [
            pil.blend(_view(first, place / max(count - (0 if closed else 1), 1), closed=closed), image, 0.12)
            if place
            else first
            for place, image in enumerate(images)
        ]

    def postprocess(self, run: Generation, args: Sequence[Any], processed: Processed) -> None:
        """The videos in place of the pictures."""
        settings = Settings.of(args)
        if not settings.enable:
            return
        frames = processed.images[processed.index_of_first_image :]
        results: list[Any] = []
        for start in range(0, len(frames), run.batch_size):
            video = frames[start : start + run.batch_size][: settings.frames]
            results += _videos(_interpolated(video, settings), settings)
        if FRAME in settings.format:
            results += frames
        if results:
            processed.images[:] = results


def _videos(frames: list[Image], settings: Settings) -> list[str]:
    from .vision import video

    fps = float(settings.fps)
    if settings.interp == "FILM" and int(settings.interp_x) > 1:
        fps *= int(settings.interp_x)
    made = {
        "GIF": lambda: video.gif(frames, fps, int(settings.loop_number)),
        "MP4": lambda: video.mp4(frames, fps),
        "WEBP": lambda: video.webp(frames, fps, int(settings.loop_number)),
        "WEBM": lambda: video.webm(frames, fps),
    }
    return [pybase64.b64encode(made[kind]()).decode("ascii") for kind in SHOWN if kind in settings.format]


def _interpolated(frames: list[Image], settings: Settings) -> list[Image]:
    """Frames with so many between each two, if that is asked for."""
    between = int(settings.interp_x) if settings.interp == "FILM" else 1
    if between < 2 or len(frames) < 2:
        return frames
    from PIL import Image as pil

    check_count(len(frames) * between)
    check_total(len(frames) * between, frames[0].size)
    pairs = itertools.pairwise(frames)
    return [*(pil.blend(one, other, step / between) for one, other in pairs for step in range(between)), frames[-1]]


def _view(image: Image, share: float, *, closed: bool) -> Image:
    """The picture a little nearer, from left to right in the course of the video, and back in a closed one."""
    from PIL import Image as pil

    moved = (1 - math.cos(2 * math.pi * share)) / 2 if closed else share
    width, height = image.size
    room = _ZOOM * width
    zoom = 1 - _ZOOM * (0.4 + 0.6 * moved)
    left = room * moved * (1 - zoom) / _ZOOM
    top = (height - height * zoom) / 2
    box = (left, top, left + width * zoom, top + height * zoom)
    return image.resize((width, height), pil.Resampling.BICUBIC, box=box)


def _travelled(prompts: list[Any], size: int) -> list[Any]:
    """The prompts of frames: lines `frame: text` count from that frame on, lines before and behind them for all."""
    found = []
    for place, prompt in enumerate(prompts):
        head: list[str] = []
        tail: list[str] = []
        steps: dict[int, str] = {}
        for line in str(prompt).splitlines():
            number, colon, text = line.partition(":")
            if colon and number.strip().isdecimal():
                steps[int(number)] = text.strip()
            else:
                (tail if steps else head).append(line.strip())
        if steps:
            reached = max((number for number in steps if number <= place % size), default=min(steps))
            prompt = ", ".join(part for part in (*head, steps[reached], *tail) if part)
        found.append(prompt)
    return found
