"""What paints: the small protocol between the embedded server and the thing that makes its pictures.

The server does everything that the protocol of the webui asks for (names, seeds, sizes, masks, batches, infotexts,
queueing); an engine only turns one prepared batch into pixels. `webuiapi.server.painter.Painter` is the default; plug
in another with `webuiapi.server.serve(engine=...)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Pass:
    """One sampling pass over a batch: what to paint, and from what."""

    prompts: Sequence[str]
    """One for each picture, styles applied."""
    negative_prompts: Sequence[str]
    seeds: Sequence[int]
    subseeds: Sequence[int]
    subseed_strength: float
    """0 to 1: how far each picture goes from its seed's towards its subseed's."""
    width: int
    """Pixels, a multiple of 8."""
    height: int
    steps: int
    cfg_scale: float
    sampler: str
    scheduler: str
    model: str
    """Name of the checkpoint."""
    tiling: bool = False
    images: Sequence[Image] | None = None
    """RGB, already `width` x `height`: what to start from (img2img, the second pass of hires fix)."""
    denoising_strength: float = 1.0
    """0 keeps `images`, 1 paints anew."""
    mask: Image | None = None
    """L, already `width` x `height`, soft edges allowed: white is painted, black keeps `images`."""
    fill: int = 1
    """What the masked part starts from: 0 fill, 1 original, 2 noise, 3 nothing (`inpainting_fill`)."""


class Stop(Exception):
    """Raised by `step` to end a pass early; the engine returns its pictures as far as they are."""


Step = Callable[[int, Callable[[], "Image"]], None]
"""Called by the engine after each step with the number of steps done (1 to `steps`) and a function that renders the
first picture as it is now (called only if somebody wants to see it). Raises `Stop` to end the pass."""


class Engine(Protocol):
    """Turns a prepared pass into pictures. Called by one thread at a time."""

    notice: str
    """One sentence that says what it is; printed when the server starts."""

    def paint(self, work: Pass, step: Step) -> list[Image]:
        """One RGB picture of `width` x `height` for each prompt. Calls `step` `steps` times; when that raises `Stop`,
        returns the unfinished pictures."""
        ...

    def upscale(self, image: Image, width: int, height: int, upscaler: str) -> Image:
        """`image` at the new size, in its mode (RGB, RGBA or L), in the manner of the named upscaler ("None",
        "Lanczos", "Nearest", "ESRGAN_4x", "Latent", ...)."""
        ...
