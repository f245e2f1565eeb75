"""What is odd about a mask, seen before img2img is sent: the server paints something else, and says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .. import images as pictures
from ..checks import Problem, number_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from .generate import Img2Img

_FOR_MASKS = (
    "inpainting_fill",
    "inpainting_mask_invert",
    "inpaint_full_res",
    "inpaint_full_res_padding",
    "mask_blur",
    "mask_blur_x",
    "mask_blur_y",
)
_OPAQUE = (255, 255)
_ROUND_ABOVE = 128
_MOST_PIXELS = 1 << 22
"""Larger masks are not looked into: decoding them would keep an event loop waiting."""


def mask_problems(request: Img2Img) -> Iterator[Problem]:
    """What keeps a mask, or parameters for one, from doing what it is given for."""
    if request.mask_image is None:
        if "mask" not in (request.extra or {}):
            yield from _without_a_mask(request)
        return
    try:
        mask = pictures.look(request.mask_image, "mask_image")
    except (TypeError, ValueError):
        return  # what is wrong with the picture is said when it is encoded
    if mask is not None:
        yield from _of_another_size(request, mask)
        yield from _blank(request, mask)


def _without_a_mask(request: Img2Img) -> Iterator[Problem]:
    said = {name: getattr(request, name) for name in _FOR_MASKS if number_of(getattr(request, name))}
    if said:
        listed = ", ".join(f"{name}={value}" for name, value in said.items())
        does = "do" if len(said) > 1 else "does"
        yield Problem(f"{listed} {does} nothing without mask_image=", fatal=False)


def _of_another_size(request: Img2Img, mask: Image) -> Iterator[Problem]:
    """Where only the masked part is painted, its place is reckoned in the mask's pixels and cut out of the picture."""
    given = [] if request.images is None else pictures.items(request.images)
    if not given:
        return
    try:
        size = pictures.size_of(given[0], "images[0]")
    except (TypeError, ValueError):
        return
    if size is None or size == mask.size:
        return
    whole = request.inpaint_full_res is not None and not request.inpaint_full_res
    if whole and size[0] * mask.height == size[1] * mask.width:
        return  # both are brought to one size
    shapes = f"{mask.width}x{mask.height} and the picture {size[0]}x{size[1]}"
    yield Problem(f"mask_image is {shapes}: the server paints another part than the mask shows", fatal=False)


def _blank(request: Img2Img, mask: Image) -> Iterator[Problem]:
    if mask.width * mask.height > _MOST_PIXELS:
        return
    inverted = bool(request.inpainting_mask_invert)
    try:
        least, most, alpha = _extremes(mask, rounded=request.mask_round is None or bool(request.mask_round))
    except (OSError, SyntaxError):
        return  # a damaged file: said when it is encoded, or by the server
    if most > 0 if not inverted else least < 255:
        return
    shown = ("transparent" if alpha else "black") if not inverted else ("opaque" if alpha else "white")
    whole = request.inpaint_full_res is not None and not request.inpaint_full_res
    then = "the picture stays as it is" if whole else "the server paints the whole picture anew"
    inverts = " with inpainting_mask_invert=1" if inverted else ""
    yield Problem(f"mask_image is all {shown}{inverts}, so nothing is masked: {then}", fatal=False)


def _extremes(mask: Image, *, rounded: bool) -> tuple[int, int, bool]:
    """The least and the greatest value of the mask as the webui reads it, and whether they are of its alpha channel."""
    alpha = mask.mode == "RGBA" and mask.getchannel("A").getextrema() != _OPAQUE
    found: Any = (mask.getchannel("A") if alpha else mask.convert("L")).getextrema()
    least, most = (255 * (value > _ROUND_ABOVE) for value in found) if alpha and rounded else found
    return least, most, alpha
