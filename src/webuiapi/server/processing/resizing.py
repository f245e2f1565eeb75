"""Sizes changed: the four resize modes of img2img, and upscalers by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image as pil

from .limits import check_pixels

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..catalog import Item
    from ..state import State

LANCZOS = pil.Resampling.LANCZOS
CELL = 8
"""Sides of what a model paints are multiples of this."""
LATENT_RESIZE = 3
"""The resize mode that resizes what the model sees, not the picture."""

_ALPHA_KEEPERS = ("None", "Lanczos", "Nearest")


def resize(image: Image, mode: int | None, width: int, height: int, state: State, upscaler: str | None = None) -> Image:
    """The picture at a size: 0 squashed to it, 1 covering it and cropped, any other mode fitted in and filled up.

    Where it grows and `upscaler` names one (else the option `upscaler_for_img2img`) that upscaler does it.
    """
    check_pixels(width, height)
    name = upscaler or state.options.get("upscaler_for_img2img")
    if mode == 0:
        return _scaled(image, width, height, state, name)
    wider = width / height > image.width / image.height
    if wider == (mode == 1):
        size = (width, image.height * width // image.width)
    else:
        size = (image.width * height // image.height, height)
    scaled = _scaled(image, *size, state, name)
    place = (width // 2 - size[0] // 2, height // 2 - size[1] // 2)
    canvas = pil.new("RGB", (width, height))
    canvas.paste(scaled, place)
    if mode != 1:
        _fill_up(canvas, scaled, place)
    return canvas


def _scaled(image: Image, width: int, height: int, state: State, name: str | None) -> Image:
    if name in (None, "None") or image.mode == "L":
        return image.resize((width, height), LANCZOS)
    if max(width / image.width, height / image.height) > 1:
        found = find_upscaler(state, name) or state.catalog.upscalers[0]
        image = upscale(image, max(width / image.width, height / image.height), found, state)
    return image if image.size == (width, height) else image.resize((width, height), LANCZOS)


def _fill_up(canvas: Image, scaled: Image, place: tuple[int, int]) -> None:
    """Pull the outer rows or columns of the scaled picture to the border of the canvas."""
    left, top = place
    right, bottom = left + scaled.width, top + scaled.height
    if top > 0:
        canvas.paste(scaled.crop((0, 0, scaled.width, 1)).resize((canvas.width, top)), (0, 0))
    if bottom < canvas.height and top > 0:
        last = scaled.crop((0, scaled.height - 1, scaled.width, scaled.height))
        canvas.paste(last.resize((canvas.width, canvas.height - bottom)), (0, bottom))
    if left > 0:
        canvas.paste(scaled.crop((0, 0, 1, scaled.height)).resize((left, canvas.height)), (0, 0))
    if right < canvas.width and left > 0:
        last = scaled.crop((scaled.width - 1, 0, scaled.width, scaled.height))
        canvas.paste(last.resize((canvas.width - right, canvas.height)), (right, 0))


def cut_to_cells(image: Image) -> Image:
    """Without what is over a multiple of 8 at the right and below."""
    width, height = image.width // CELL * CELL, image.height // CELL * CELL
    return image if image.size == (width, height) else image.crop((0, 0, width, height))


# --- upscalers


def find_upscaler(state: State, name: object) -> Item | None:
    """The upscaler of exactly this name."""
    return next((item for item in state.catalog.upscalers if item["name"] == name), None)


def upscale(image: Image, factor: float, upscaler: Item, state: State) -> Image:
    """The picture larger (or smaller) by a factor, its sides cut to multiples of 8.

    A model knows no transparency; one whose weights were never downloaded does nothing, so the picture is only resized.
    """
    width = int(image.width * factor // CELL * CELL)
    height = int(image.height * factor // CELL * CELL)
    check_pixels(width, height)
    name = upscaler["name"]
    if name not in _ALPHA_KEEPERS and has_weights(upscaler):
        image = image.convert("RGB")
    elif name not in _ALPHA_KEEPERS or name == "None":
        return image.resize((width, height), LANCZOS)
    if width <= 0 or height <= 0:
        raise ValueError("height and width must be > 0")
    return state.engine.upscale(image, width, height, name)


def has_weights(upscaler: Item) -> bool:
    """Whether its model lies on the disk: the list shows a URL until it does."""
    path = upscaler.get("model_path")
    return bool(path) and not str(path).startswith(("http://", "https://"))
