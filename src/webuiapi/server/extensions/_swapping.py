"""What the extensions that swap faces have in common: one face put into a picture, then restored and upscaled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image as pil
from PIL import ImageFilter
from PIL.Image import Image

from ..processing.resizing import find_upscaler, upscale
from .vision.faces import find_faces, swap

if TYPE_CHECKING:
    from ..state import State


@dataclass(frozen=True)
class After:
    """What is done to a picture when its faces are swapped."""

    restorer: Any = None
    restorer_visibility: float = 1.0
    upscaler: Any = None
    scale: float = 1.0
    upscale_visibility: float = 1.0
    restore_first: bool = True


def swapped(target: Image, source: Image, faces: Iterable[int], source_face: int, state: State, after: After) -> Image:
    """The target with the source's face in place of its own; as it is, where either has no face of that number."""
    known = find_faces(source)
    if source_face >= len(known) or source_face < 0:
        return target
    result, changed = target, False
    for number, face in enumerate(find_faces(target)):
        if number in set(faces):
            result, changed = swap(result, face, source, known[source_face]), True
    return finished(result, state, after) if changed else target


def finished(image: Image, state: State, after: After) -> Image:
    """The picture restored and upscaled."""
    steps = [_restored, _upscaled] if after.restore_first else [_upscaled, _restored]
    for step in steps:
        image = step(image, state, after)
    return image


def _restored(image: Image, state: State, after: After) -> Image:
    """The faces smoother, as far as the restorer is visible."""
    names = {item["name"] for item in state.catalog.face_restorers}
    visibility = min(float(after.restorer_visibility), 1.0)
    if after.restorer not in names or visibility <= 0:
        return image
    restored = image.convert("RGB")
    smooth = restored.filter(ImageFilter.SMOOTH)
    for face in find_faces(restored):
        mask = face.mask(image.size, face.width * 0.05).point([round(value * visibility) for value in range(256)])
        restored = pil.composite(smooth, restored, mask)
    if image.mode == "RGBA":
        restored.putalpha(image.getchannel("A"))
    return restored


def _upscaled(image: Image, state: State, after: After) -> Image:
    """Larger by the factor; with the factor 1 the upscaler's look is laid over the picture, as far as it is visible."""
    upscaler = find_upscaler(state, after.upscaler)
    if upscaler is None or upscaler["name"] == "None":
        return image
    larger = upscale(image, float(after.scale), upscaler, state)
    if float(after.scale) == 1 and larger.size == image.size:
        return pil.blend(image, larger.convert(image.mode), min(max(float(after.upscale_visibility), 0.0), 1.0))
    return larger


def numbers(text: Any) -> list[int]:
    """The numbers of faces in a comma-separated text, 0 if there are none. A list is no text, and fails as there."""
    found = [int(part) for part in (piece.strip() for piece in text.strip(",").split(",")) if part.isnumeric()]
    return found or [0]
