"""Tiled Diffusion, DemoFusion and Tiled VAE: large pictures made in tiles. Here they are painted whole.

Visible is what they do to sizes and prompts: the canvas of img2img upscaled first, and regions with prompts of their
own. Tiles only sharpen a little.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..processing.scripts import Script
from .base import Extension, argument

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..processing.generation import Batch, Generation

tiled_diffusion = Extension(
    "tiled-diffusion",
    repository="pkuliyi2015/multidiffusion-upscaler-for-automatic1111",
    commit="22798f6822bc9c8a905b51da8954ee313b973331",
    date=1722988800,
)

METHODS = ("MultiDiffusion", "Mixture of Diffusers")
REGIONS = 8
_REGION_VALUES = 10
_FIRST_REGION = 21
_LATENT = 8


def _arguments(data: Mapping[str, Any], tab: str) -> list[dict[str, Any]]:
    in_img2img = tab == "img2img"
    found = [
        argument("Enable Tiled Diffusion", False),
        argument("Method", METHODS[in_img2img], choices=METHODS),
        argument("Overwrite image size", False),
        argument("Keep input image size", True),
        argument("Image width", 1024, 256, 16384, 16),
        argument("Image height", 1024, 256, 16384, 16),
        argument("Latent tile width", 96, 16, 256, 16),
        argument("Latent tile height", 96, 16, 256, 16),
        argument("Latent tile overlap", 8 if in_img2img else 48, 0, 256, 4),
        argument("Latent tile batch size", 4, 1, 8, 1),
        argument("Upscaler", "None", choices=[item["name"] for item in data["upscalers"]]),
        argument("Scale Factor", 2.0, 1.0, 8.0, 0.05),
        argument("Enable Noise Inversion", False),
        argument("Inversion steps", 10, 1, 200, 1),
        argument("Retouch", 1, 1, 100, 0.1),
        argument("Renoise strength", 1, 0, 2, 0.01),
        argument("Renoise kernel size", 64, 2, 512, 1),
        argument("Move ControlNet tensor to CPU (if applicable)", False),
        argument("Enable Control", False),
        argument("Draw full canvas background", False),
        argument("Causalize layers", False),
    ]
    for number in range(1, REGIONS + 1):
        found += [
            argument(f"Enable Region {number}", False),
            argument("x", 0.4, 0.0, 1.0, 0.0001),
            argument("y", 0.4, 0.0, 1.0, 0.0001),
            argument("w", 0.2, 0.0, 1.0, 0.0001),
            argument("h", 0.2, 0.0, 1.0, 0.0001),
            argument("Prompt", ""),
            argument("Negative Prompt", ""),
            argument("Type", "Background", choices=["Foreground", "Background"]),
            argument("Feather", 0.2, 0, 1, 0.05),
            argument("Seed", -1),
        ]
    return found


def one_tile(width: int, height: int, tile_width: int, tile_height: int, overlap: int) -> bool:
    """Whether a picture fits into one tile, so that there is nothing to do."""
    across, down = width // _LATENT, height // _LATENT
    tile_width, tile_height = min(tile_width, across), min(tile_height, down)
    overlap = max(0, min(overlap, min(tile_width, tile_height) - 4))
    columns = math.ceil((across - overlap) / max(tile_width - overlap, 1))
    rows = math.ceil((down - overlap) / max(tile_height - overlap, 1))
    return columns * rows <= 1


@tiled_diffusion.script(of=_arguments)
class TiledDiffusion(Script):
    """The script."""

    title = "Tiled Diffusion"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """The size, and its pairs."""
        enabled, method, overwrite, keep, width, height, tile_width, tile_height, overlap, size = args[:10]
        if not enabled:
            return
        upscaler, factor = args[10:12]
        told: dict[str, Any] = {}
        if run.kind == "img2img":
            told = _upscale_input(run, upscaler, factor, keep=keep)
        elif overwrite:
            run.width, run.height = int(width), int(height)
        if not args[18] and one_tile(run.width, run.height, int(tile_width), int(tile_height), int(overlap)):
            return
        if method not in METHODS:
            raise ValueError(f"{method!r} is not a valid Method")
        info = {
            "Method": method,
            "Tile tile width": tile_width,
            "Tile tile height": tile_height,
            "Tile Overlap": overlap,
            "Tile batch size": size,
            **told,
        }
        if args[12] and run.kind == "img2img":
            info.update({
                "NoiseInv": True, "NoiseInv Steps": args[13], "NoiseInv Retouch": args[14],
                "NoiseInv Renoise strength": args[15], "NoiseInv Kernel size": args[16],
            })  # fmt: skip
        for number, region in enumerate(_regions(args)):
            info[f"Region {number + 1}"] = dict(
                zip(("enable", "x", "y", "w", "h", "prompt", "neg_prompt", "blend_mode", "feather_ratio", "seed"),
                    region, strict=True)
            )  # fmt: skip
        run.extra["Tiled Diffusion"] = info

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """The regions painted with their prompts, and the rest a little sharper."""
        if "Tiled Diffusion" not in run.extra:
            return None
        from .vision.grade import clearer

        if not args[18]:
            return [clearer(image, 0.3) for image in images]
        from ._regions import painted_over

        for region in _regions(args):
            _, x, y, w, h, prompt, negative, blend, feather, seed = region
            box = (float(x), float(y), float(x) + float(w), float(y) + float(h))
            soft = float(feather) if blend == "Foreground" else 0.05
            images = painted_over(run, batch, images, box, prompt, negative, int(seed), soft)
        return images


def _regions(args: Sequence[Any]) -> list[Sequence[Any]]:
    if not args[18]:
        return []
    every = [args[place : place + _REGION_VALUES] for place in range(_FIRST_REGION, len(args), _REGION_VALUES)]
    return [region for region in every if region[0]]


def _upscale_input(run: Any, name: Any, factor: Any, *, keep: Any) -> dict[str, Any]:
    """Upscale what img2img starts from; its size is that of the canvas, unless the request's is to be kept."""
    from ..processing.pictures import flat
    from ..processing.resizing import find_upscaler, upscale

    upscaler = find_upscaler(run.state, name)
    if upscaler is None:
        raise ValueError(f"{name!r} is not in list")
    image = flat(run.init_images[0], run.options["img2img_background_color"])
    told: dict[str, Any] = {}
    if upscaler["name"] != "None":
        image = upscale(image, float(factor), upscaler, run.state)
        told = {"Upscaler": upscaler["name"], "Upscale factor": factor}
    run.init_images[0] = image
    if keep:
        run.width, run.height = image.size
        told["Keep input size"] = keep
    elif told:
        run.width, run.height = int(run.width * factor), int(run.height * factor)
    return told


@tiled_diffusion.script(
    argument("Enable DemoFusion (Dont open with tilediffusion)", False),
    argument("Method", "DemoFusion", choices=["DemoFusion"]),
    argument("Keep input-image size", False),
    argument("Latent window size", 128, 16, 256, 16),
    argument("Latent window overlap", 64, 0, 256, 4),
    argument("Latent window batch size", 4, 1, 8, 1),
    argument("Scale Factor", 2, 1, 8, 1),
    argument("Enable Noise Inversion", False),
    argument("Inversion steps", 10, 1, 200, 1),
    argument("Retouch", 1, 1, 100, 0.1),
    argument("Renoise strength", 1, 0, 2, 0.01),
    argument("Renoise kernel size", 64, 2, 512, 1),
    argument("Move ControlNet tensor to CPU (if applicable)", False),
    argument("Random jitter windows", True),
    argument("Cosine Scale 1", 3, 0, 5, 0.01),
    argument("Cosine Scale 2", 1, 0, 5, 0.01),
    argument("Cosine Scale 3", 1, 0, 5, 0.01),
    argument("Gaussian Filter", True),
    argument("Gaussian filter strength", 0.85, 0, 1, 0.01),
    argument("Sigma", 0.6, 0, 2, 0.01),
    argument("Global batch size", 4, 1, 8, 1),
    argument("Mixture mode", False),
)
class DemoFusion(Script):
    """The script."""

    title = "demofusion"
    always_on = True

    def process(self, run: Generation, args: Sequence[Any]) -> None:
        """Its pairs, and the larger size."""
        if not args[0]:
            return
        keep, window, overlap, size, factor = args[2:7]
        scale = int(factor)
        if not keep or run.kind == "txt2img":
            run.width, run.height = int(run.width) * scale, int(run.height) * scale
        run.extra["DemoFusion"] = {
            "Method": args[1], "Window Size": window, "Tile Overlap": overlap, "Tile batch size": size,
            "Scale factor": factor, "Cosine Scale 1": args[14], "Cosine Scale 2": args[15], "Cosine Scale 3": args[16],
        }  # fmt: skip


@tiled_diffusion.script(
    argument("Enable Tiled VAE", False),
    argument("Encoder Tile Size", 960, 256, 4096, 16),
    argument("Decoder Tile Size", 64, 48, 512, 16),
    argument("Move VAE to GPU (if possible)", True),
    argument("Fast Decoder", True),
    argument("Fast Encoder", True),
    argument("Fast Encoder Color Fix", False),
)
class TiledVAE(Script):
    """The script. It saves memory and changes no picture, but that a fast decoder shifts its contrast a little."""

    title = "Tiled VAE"
    always_on = True

    def postprocess_batch(
        self, run: Generation, args: Sequence[Any], batch: Batch, images: list[Image]
    ) -> list[Image] | None:
        """Only where there is more than one tile."""
        enabled, _, tile, _, fast, _, _ = args
        if not enabled or not fast or max(images[0].size) // _LATENT <= 22 + int(tile):
            return None
        from .vision.grade import graded

        return [graded(image, contrast=0.02) for image in images]
