"""Contrast and saturation: how extensions that only tune the sampling show that they are there."""

from __future__ import annotations

from PIL import ImageEnhance, ImageFilter
from PIL.Image import Image


def graded(image: Image, *, contrast: float = 0.0, colour: float = 0.0, sharpness: float = 0.0) -> Image:
    """The picture with more of each, in shares of what it has; less where a number is below 0."""
    for amount, enhancer in (
        (contrast, ImageEnhance.Contrast),
        (colour, ImageEnhance.Color),
        (sharpness, ImageEnhance.Sharpness),
    ):
        if amount:
            image = enhancer(image).enhance(max(1 + amount, 0.0))
    return image


def clearer(image: Image, amount: float) -> Image:
    """Finer detail brought out."""
    return image.filter(ImageFilter.UnsharpMask(1.5, max(round(amount * 100), 0), 1))
