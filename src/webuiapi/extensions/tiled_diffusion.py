"""Tiled Diffusion, DemoFusion and Tiled VAE: pictures larger than the memory allows, made of tiles.

Tiles are measured in latent pixels, eight of the picture's to one. Forge's built-in MultiDiffusion measures in the
picture's: a `TiledDiffusion` is translated for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from ..checks import Problem, field_problems, within
from ..request import LOCAL, Flow, answered, replaced
from .base import Layout, PositionalUnit, Slot, arg, choice, filled, only, units_of, within_arg

if TYPE_CHECKING:
    from ..api.generate import Generation

_SOURCE = "pkuliyi2015/multidiffusion-upscaler-for-automatic1111"
METHODS = ("MultiDiffusion", "Mixture of Diffusers")
BLEND_MODES = ("Foreground", "Background")
_REGIONS = 21
"""Where the regions begin in the list."""


def _pixels(latent: Any) -> Any:
    return int(latent) * 8


@dataclass(frozen=True, eq=False)
class TiledRegion:
    """A part of the picture with a prompt of its own. Places are fractions of the picture, 0 to 1."""

    enable: bool = True
    """Use it."""
    x: float = field(default=0.4, metadata=within(0, 1))
    """Left edge."""
    y: float = field(default=0.4, metadata=within(0, 1))
    """Upper edge."""
    w: float = field(default=0.2, metadata=within(0, 1))
    """Width."""
    h: float = field(default=0.2, metadata=within(0, 1))
    """Height."""
    prompt: str = ""
    """Added to the main prompt."""
    neg_prompt: str = ""
    """Added to the negative prompt."""
    blend_mode: str = "Background"
    """`Background` (default) or `Foreground`."""
    feather_ratio: float = field(default=0.2, metadata=within(0, 1))
    """Softness of a foreground's edge."""
    seed: int = -1
    """The region's seed; -1 draws one."""

    def values(self) -> list[Any]:
        """The ten arguments."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        values["blend_mode"] = choice("TiledRegion.blend_mode", self.blend_mode, BLEND_MODES)
        return list(values.values())


@dataclass(frozen=True, eq=False)
class TiledDiffusion(PositionalUnit):
    """Paint in tiles (pkuliyi2015/multidiffusion-upscaler-for-automatic1111), or by Forge's MultiDiffusion."""

    title: ClassVar[str] = "Tiled Diffusion"
    layouts: ClassVar[tuple[Layout, ...]] = (
        Layout(
            "MultiDiffusion Integrated",
            {
                "enable": False,
                "method": "MultiDiffusion",
                "tile_width": 768,
                "tile_height": 768,
                "overlap": 64,
                "tile_batch_size": 4,
            },
            {"tile_width": _pixels, "tile_height": _pixels, "overlap": _pixels},
        ),
    )
    source: ClassVar[str] = _SOURCE
    marks: ClassVar[tuple[str, ...]] = ("Tiled Diffusion", "multidiffusion_enabled")

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    method: str | None = arg(1, lambda slot: METHODS[0] if slot.tab == "txt2img" else METHODS[1], choices=METHODS)
    """`MultiDiffusion` (default in txt2img) or `Mixture of Diffusers` (default in img2img)."""
    overwrite_size: bool | None = arg(2, False)
    """txt2img: take image_width and image_height instead of the call's. Default false."""
    keep_input_size: bool | None = arg(3, True)
    """img2img: the init image's size, upscaled, wins over the call's. Default true."""
    image_width: int | None = arg(4, 1024, **within_arg(256, 16384))
    """Pixels. Default 1024."""
    image_height: int | None = arg(5, 1024, **within_arg(256, 16384))
    """Pixels. Default 1024."""
    tile_width: int | None = arg(6, 96, **within_arg(16, 256))
    """Latent pixels, 16 to 256. Default 96."""
    tile_height: int | None = arg(7, 96, **within_arg(16, 256))
    """Latent pixels, 16 to 256. Default 96."""
    overlap: int | None = arg(8, lambda slot: 48 if slot.tab == "txt2img" else 8, **within_arg(0, 256))
    """Latent pixels, 0 to 256. Default 48 in txt2img, 8 in img2img."""
    tile_batch_size: int | None = arg(9, 4, **within_arg(1, 8))
    """Tiles painted together, 1 to 8. Default 4."""
    upscaler_name: str | None = arg(10, "None", choices=())
    """img2img: an upscaler, as get_upscalers() names it. Default "None"."""
    scale_factor: float | None = arg(11, 2.0, **within_arg(1, 8))
    """img2img: its factor, 1 to 8. Default 2."""
    noise_inverse: bool | None = arg(12, False)
    """img2img: begin with the noise that the init image would come of. Default false."""
    noise_inverse_steps: int | None = arg(13, 10, **within_arg(1, 200))
    """Steps for that. Default 10."""
    noise_inverse_retouch: float | None = arg(14, 1, **within_arg(1, 100))
    """How much is touched up. Default 1."""
    noise_inverse_renoise_strength: float | None = arg(15, 1, **within_arg(0, 2))
    """Noise added again. Default 1."""
    noise_inverse_renoise_kernel: int | None = arg(16, 64, **within_arg(2, 512))
    """How finely that is distributed. Default 64."""
    control_tensor_cpu: bool | None = arg(17, False)
    """Keep ControlNet's pictures in main memory. Default false."""
    enable_bbox_control: bool | None = arg(18, False)
    """Use the regions; set when some are given."""
    draw_background: bool | None = arg(19, False)
    """Paint the whole canvas behind the regions. Default false."""
    regions: Sequence[TiledRegion] | None = field(default=None, metadata=LOCAL)
    """Parts with prompts of their own: 8, or as many as the server was started with (`--md-max-regions`)."""

    def contradictions(self) -> Iterator[Problem]:
        for index, region in enumerate(self.regions or ()):
            for problem in field_problems(region):
                yield Problem(f"TiledDiffusion: regions[{index}]: {problem.text}", problem.fatal)

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        if any(isinstance(unit, DemoFusion) for unit in units_of(request)):
            yield Problem("TiledDiffusion and DemoFusion disturb each other: give one of the two", fatal=False)

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        unit, layout = only(units), cls.layout(slot.title)
        if not unit.regions:
            return answered(filled(unit, slot, layout=layout))
        if layout is not None:
            raise ValueError(f"TiledDiffusion: {slot.title!r}, which this server has, knows no regions")
        room = (len(slot.args) - _REGIONS) // 10
        if slot.args and len(unit.regions) > room:
            raise ValueError(f"TiledDiffusion: {len(unit.regions)} regions are given, the server has room for {room}")
        if unit.enable_bbox_control is None:
            unit = replaced(unit, enable_bbox_control=True)
        values = [False, *(value for region in unit.regions for value in region.values())]  # behind one without use
        return answered(filled(unit, slot, more=dict(enumerate(values, _REGIONS - 1))))


@dataclass(frozen=True, eq=False)
class DemoFusion(PositionalUnit):
    """Paint large pictures in phases (the same extension, since March 2024)."""

    title: ClassVar[str] = "demofusion"
    source: ClassVar[str] = _SOURCE

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    method: str | None = arg(1, "DemoFusion")
    """`DemoFusion`."""
    keep_input_size: bool | None = arg(2, False)
    """img2img: the init image's size wins over the call's. Default false."""
    window_size: int | None = arg(3, 128, **within_arg(16, 256))
    """Latent pixels, 16 to 256. Default 128."""
    overlap: int | None = arg(4, 64, **within_arg(0, 256))
    """Latent pixels, 0 to 256. Default 64."""
    tile_batch_size: int | None = arg(5, 4, **within_arg(1, 8))
    """Windows painted together, 1 to 8. Default 4."""
    scale_factor: int | None = arg(6, 2, **within_arg(1, 8))
    """How many times larger than the call says, 1 to 8. Default 2."""
    noise_inverse: bool | None = arg(7, False)
    """img2img: begin with the noise that the init image would come of. Default false."""
    noise_inverse_steps: int | None = arg(8, 10, **within_arg(1, 200))
    """Steps for that. Default 10."""
    noise_inverse_retouch: float | None = arg(9, 1, **within_arg(1, 100))
    """How much is touched up. Default 1."""
    noise_inverse_renoise_strength: float | None = arg(10, 1, **within_arg(0, 2))
    """Noise added again. Default 1."""
    noise_inverse_renoise_kernel: int | None = arg(11, 64, **within_arg(2, 512))
    """How finely that is distributed. Default 64."""
    control_tensor_cpu: bool | None = arg(12, False)
    """Keep ControlNet's pictures in main memory. Default false."""
    random_jitter: bool | None = arg(13, True)
    """Move the windows a little by chance. Default true."""
    c1: float | None = arg(14, 3, **within_arg(0, 5))
    """How fast the former phase loses its hold, 0 to 5. Default 3."""
    c2: float | None = arg(15, 1, **within_arg(0, 5))
    """The same for the global view. Default 1."""
    c3: float | None = arg(16, 1, **within_arg(0, 5))
    """The same for the blur. Default 1."""
    gaussian_filter: bool | None = arg(17, True)
    """Blur the global view. Default true."""
    strength: float | None = arg(18, 0.85, **within_arg(0, 1))
    """How much each phase paints anew, 0 to 1. Default 0.85."""
    sigma: float | None = arg(19, 0.6, **within_arg(0, 2))
    """Width of the blur, 0 to 2. Default 0.6."""
    batch_size_g: int | None = arg(20, 4, **within_arg(1, 8))
    """Global views painted together, 1 to 8. Default 4."""
    mixture_mode: bool | None = arg(21, False)
    """Mix the windows as Mixture of Diffusers does. Default false."""


@dataclass(frozen=True, eq=False)
class TiledVAE(PositionalUnit):
    """Decode and encode in tiles, to save memory (the same extension)."""

    title: ClassVar[str] = "Tiled VAE"
    source: ClassVar[str] = _SOURCE

    enable: bool | None = arg(0, False, default=True)
    """Switch it on; true unless said otherwise."""
    encoder_tile_size: int | None = arg(1, 960, **within_arg(256, 4096))
    """Pixels, 256 to 4096. Default: by the server's memory."""
    decoder_tile_size: int | None = arg(2, 64, **within_arg(48, 512))
    """Latent pixels, 48 to 512. Default: by the server's memory."""
    vae_to_gpu: bool | None = arg(3, True)
    """Put the VAE into graphics memory. Default true."""
    fast_decoder: bool | None = arg(4, True)
    """Decode faster, at some cost in colours. Default true."""
    fast_encoder: bool | None = arg(5, True)
    """Encode faster, at some cost in colours. Default true."""
    color_fix: bool | None = arg(6, False)
    """Mend the fast encoder's colours. Default false."""
