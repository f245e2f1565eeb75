"""How the painter enlarges pictures: each family of the webui's upscalers in its own manner, all of it by Pillow."""

from __future__ import annotations

import zlib

from PIL import Image, ImageFilter

Resampling = Image.Resampling


def upscale(image: Image.Image, width: int, height: int, upscaler: str) -> Image.Image:
    """`image` at the new size, in its own mode.

    Nearest and Lanczos are what they say; the latent ones are as soft as an enlarged latent; all other names stand for
    models, which draw edges sharper, each by its own measure.
    """
    size = (width, height)
    name = upscaler.lower()
    if name == "nearest":
        return image.resize(size, Resampling.NEAREST)
    if name.startswith("latent"):
        return _latent(image, size, name)
    if name not in ("", "none", "lanczos"):
        image = _sharpened(image, name)
    return image.resize(size, Resampling.LANCZOS)


def _latent(image: Image.Image, size: tuple[int, int], name: str) -> Image.Image:
    """A latent has no finer detail than its own pixels: shrink first, and the enlarged picture lacks it too."""
    method = Resampling.BICUBIC if "bicubic" in name else Resampling.BILINEAR
    if "nearest" in name:
        method = Resampling.BOX if "exact" in name else Resampling.NEAREST
    share = 0.75 if "antialiased" in name else 0.5
    small = max(round(image.width * share), 1), max(round(image.height * share), 1)
    return image.resize(small, Resampling.BOX).resize(size, method)


def _sharpened(image: Image.Image, name: str) -> Image.Image:
    """Before it is enlarged: it has fewer pixels then. Plain areas stay as they are, by the threshold."""
    number = zlib.crc32(name.encode("utf-8", "replace"))
    return image.filter(ImageFilter.UnsharpMask(0.6 + number % 7 * 0.1, 90 + number // 7 % 9 * 10, 2))
