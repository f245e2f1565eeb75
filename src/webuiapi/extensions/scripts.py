"""The selectable scripts that the webui brings along, but for X/Y/Z plot, which is `xyz.py`.

Arguments are found by their labels, since the lists differ between versions; what is not said is the server's default.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..checks import Problem
from .base import SelectableScript, arg, within_arg

if TYPE_CHECKING:
    from ..api.generate import Generation

DIRECTIONS = ("left", "right", "up", "down")
FILLS = ("fill", "original", "latent noise", "latent nothing")


def _lines(prompts: Any) -> str:
    return "\n".join(map(str, prompts)) if isinstance(prompts, list) else str(prompts)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, eq=False)
class PromptMatrix(SelectableScript):
    """All combinations of a prompt's parts, as a grid: `a cat|in a hat|on a mat` gives four pictures (built in)."""

    title: ClassVar[str] = "Prompt matrix"

    put_at_start: bool | None = arg(0, False, label="Put variable parts at start of prompt")
    """Put the parts that change before the first. Default false."""
    different_seeds: bool | None = arg(1, False, label="Use different seed for each picture")
    """Another seed for each picture. Default false."""
    prompt_type: str | None = arg(2, "positive", label="Select prompt", choices=("positive", "negative"))
    """Which prompt is divided: `positive` (default) or `negative`."""
    variations_delimiter: str | None = arg(3, "comma", label="Select joining char", choices=("comma", "space"))
    """What joins the parts: `comma` (default) or `space`."""
    margin_size: int | None = arg(4, 0, label="Grid margins (px)", **within_arg(0, 500))
    """Pixels between the pictures, 0 (default) to 500."""

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        negative = (self.prompt_type or "").casefold() == "negative"
        prompt = request.negative_prompt if negative else request.prompt
        if prompt is not None and "|" not in prompt:
            yield Problem(f"PromptMatrix: the prompt {prompt!r:.60} has no | to divide it", fatal=False)


@dataclass(frozen=True, eq=False)
class PromptsFromFile(SelectableScript):
    """A job for each line: a prompt, or options such as `--prompt "a cat" --steps 30` (built in)."""

    title: ClassVar[str] = "Prompts from file or textbox"

    prompts: str | Sequence[str] | None = arg(3, "", label="List of prompt inputs", convert=_lines)
    """The lines, as a list or one text."""
    iterate_seed: bool | None = arg(0, False, label="Iterate seed every line")
    """Another seed for each line. Default false."""
    same_seed: bool | None = arg(1, False, label="Use same random seed for all lines")
    """One drawn seed for all lines. Default false."""
    position: str | None = arg(2, "start", label="Insert prompts at the", choices=("start", "end"))
    """Where a line stands to the call's prompt: at the `start` (default) or `end` (server 1.7 and newer)."""
    make_combined: bool | None = arg(4, False)
    """Forge only: a grid of all. Default false."""


@dataclass(frozen=True, eq=False)
class Loopback(SelectableScript):
    """Feed the picture in again, several times (built in, img2img)."""

    title: ClassVar[str] = "Loopback"
    tabs: ClassVar[tuple[str, ...]] = ("img2img",)

    loops: int | None = arg(0, 4, label="Loops", **within_arg(1, 32))
    """How often, 1 to 32. Default 4."""
    final_denoising_strength: float | None = arg(1, 0.5, label="Final denoising strength", **within_arg(0, 1))
    """denoising_strength of the last time, 0 to 1. Default 0.5."""
    denoising_curve: str | None = arg(
        2, "Linear", label="Denoising strength curve", choices=("Aggressive", "Linear", "Lazy")
    )
    """How it gets there: `Aggressive`, `Linear` (default) or `Lazy`."""
    append_interrogation: str | None = arg(
        3, "None", label="Append interrogated prompt at each iteration", choices=("None", "CLIP", "DeepBooru")
    )
    """Describe each picture and add that to the prompt: `None` (default), `CLIP` or `DeepBooru`."""


@dataclass(frozen=True, eq=False)
class SDUpscale(SelectableScript):
    """Enlarge the picture and paint it again in tiles of the call's width and height (built in, img2img)."""

    title: ClassVar[str] = "SD upscale"
    tabs: ClassVar[tuple[str, ...]] = ("img2img",)

    upscaler: str | int | None = arg(2, 0, label="Upscaler", choices=(), numbered=True)
    """An upscaler by name, as get_upscalers() has it, or by its number there. Default 0, "None"."""
    tile_overlap: int | None = arg(1, 64, label="Tile overlap", **within_arg(0, 256))
    """Pixels, 0 to 256. Default 64."""
    scale_factor: float | None = arg(3, 2.0, label="Scale Factor", **within_arg(1, 4))
    """1 to 4. Default 2."""


@dataclass(frozen=True, eq=False)
class OutpaintingMk2(SelectableScript):
    """Go on painting beyond the picture's edges, following its frequencies (built in, img2img)."""

    title: ClassVar[str] = "Outpainting mk2"
    tabs: ClassVar[tuple[str, ...]] = ("img2img",)

    pixels: int | None = arg(1, 128, label="Pixels to expand", **within_arg(8, 256))
    """On each side, 8 to 256. Default 128."""
    mask_blur: int | None = arg(2, 8, label="Mask blur", **within_arg(0, 64))
    """Softness of the edge in pixels, 0 to 64. Default 8."""
    direction: str | Sequence[str] | None = arg(
        3, list(DIRECTIONS), label="Outpainting direction", choices=DIRECTIONS, convert=_list
    )
    """The sides: some of `left`, `right`, `up`, `down`. Default all."""
    noise_q: float | None = arg(4, 1.0, label="Fall-off exponent (lower=higher detail)", **within_arg(0, 4))
    """How fast fine detail falls off, 0 to 4: lower is more detail. Default 1."""
    color_variation: float | None = arg(5, 0.05, label="Color variation", **within_arg(0, 1))
    """0 to 1. Default 0.05."""


@dataclass(frozen=True, eq=False)
class PoorMansOutpainting(SelectableScript):
    """Go on painting beyond the picture's edges, as inpainting (built in, img2img)."""

    title: ClassVar[str] = "Poor man's outpainting"
    tabs: ClassVar[tuple[str, ...]] = ("img2img",)

    pixels: int | None = arg(0, 128, label="Pixels to expand", **within_arg(8, 256))
    """On each side, 8 to 256. Default 128."""
    mask_blur: int | None = arg(1, 4, label="Mask blur", **within_arg(0, 64))
    """Softness of the edge in pixels, 0 to 64. Default 4."""
    inpainting_fill: int | str | None = arg(2, 0, label="Masked content", choices=FILLS, numbered=True)
    """What the new parts begin with: 0 `fill` (default), 1 `original`, 2 `latent noise`, 3 `latent nothing`."""
    direction: str | Sequence[str] | None = arg(
        3, list(DIRECTIONS), label="Outpainting direction", choices=DIRECTIONS, convert=_list
    )
    """The sides: some of `left`, `right`, `up`, `down`. Default all."""


@dataclass(frozen=True, eq=False)
class Img2ImgAlternative(SelectableScript):
    """Find the noise that the picture would come of, and paint from there (built in, img2img; CFG scales up to 2)."""

    title: ClassVar[str] = "img2img alternative test"
    tabs: ClassVar[tuple[str, ...]] = ("img2img",)

    original_prompt: str | None = arg(3, "", label="Original prompt")
    """What the picture shows."""
    original_negative_prompt: str | None = arg(4, "", label="Original negative prompt")
    """What it does not show."""
    override_prompt: bool | None = arg(
        2, True, label="Override `prompt` to the same value as `original prompt`?(and `negative prompt`)"
    )
    """Paint with these two instead of the call's prompts. Default true."""
    override_sampler: bool | None = arg(
        1, True, label="Override `Sampling method` to Euler?(this method is built for it)"
    )
    """Use the sampler Euler. Default true."""
    override_steps: bool | None = arg(5, True, label="Override `Sampling Steps` to the same value as `Decode steps`?")
    """Paint with decode_steps too. Default true."""
    decode_steps: int | None = arg(6, 50, label="Decode steps", **within_arg(1, 150))
    """Steps for finding the noise, 1 to 150. Default 50."""
    override_strength: bool | None = arg(7, True, label="Override `Denoising strength` to 1?")
    """Use a denoising_strength of 1. Default true."""
    decode_cfg_scale: float | None = arg(8, 1.0, label="Decode CFG scale", **within_arg(0, 15))
    """CFG scale for finding the noise, 0 to 15. Default 1."""
    randomness: float | None = arg(9, 0.0, label="Randomness", **within_arg(0, 1))
    """Noise by chance that is mixed in, 0 (default) to 1."""
    sigma_adjustment: bool | None = arg(10, False, label="Sigma adjustment for finding noise for image")
    """Find the noise by another way of counting. Default false."""

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        if request.prompt and self.override_prompt is not False and not self.original_prompt:
            yield Problem(
                "Img2ImgAlternative: original_prompt= is missing, and takes the place of the prompt: give it, "
                "or override_prompt=False",
                fatal=False,
            )
