"""The objects that FaceSwapLab's script and endpoints are steered by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from .. import images as pictures
from ..checks import Problem, field_problems, within
from ..request import plain
from .base import choice, numbers, one_of

if TYPE_CHECKING:
    from ..images import ImageInput

UNIT_SIZE, POST_SIZE = 37, 14
"""How many places a unit and the postprocessing take up in the script's list."""
BATCH, ENABLE, FACES = 2, 4, 11
"""Places within a unit."""
WHEN = ("Never", "Before Upscaling/all", "After Upscaling/Before Restore Face", "After All")


class _Part:
    """An object among the parameters: as an object for the endpoints, as places for the script."""

    def __post_init__(self) -> None:
        for item in _fields(self):
            object.__setattr__(self, item.name, plain(getattr(self, item.name)))

    def problems(self, where: str) -> Iterator[Problem]:
        """What is wrong with the values."""
        for problem in field_problems(self):
            yield Problem(f"{where}.{problem.text}", problem.fatal)
        for item in _fields(self):
            value, part = getattr(self, item.name), item.metadata.get("part")
            if part is not None and value is not None:
                yield from problems_of(value, part, f"{where}.{item.name}")

    def wire(self) -> dict[str, Any]:
        """What was said, as the endpoints take it."""
        said = {item.name: self._value(item) for item in _fields(self)}
        return {name: value for name, value in said.items() if value is not None}

    def _value(self, item: Any) -> Any:
        value, choices = getattr(self, item.name), item.metadata.get("choices")
        if isinstance(value, _Part):
            return value.wire()
        return (
            value if value is None or choices is None else choice(f"{type(self).__name__}.{item.name}", value, choices)
        )

    @classmethod
    def size(cls) -> int:
        """How many places it takes up in the script's list."""
        return sum(_size(item) for item in _fields(cls))

    def places(self, start: int) -> dict[int, Any]:
        """What was said, by place in the script's list."""
        found: dict[int, Any] = {}
        for item in _fields(self):
            value = getattr(self, item.name)
            if isinstance(value, _Part):
                found.update(value.places(start))
            elif value is not None:
                found[start] = self._value(item)
            start += _size(item)
        return found


def problems_of(value: Any, kind: type[_Part], where: str) -> Iterator[Problem]:
    """What is wrong with a value that has to be such an object."""
    if isinstance(value, kind):
        yield from value.problems(where)
    else:
        yield Problem(f"{where}={value!r:.60} must be a {kind.__name__}")


def _size(item: Any) -> int:
    part = item.metadata.get("part")
    return part.size() if part is not None else 1


def _fields(part: Any) -> tuple[Any, ...]:
    return fields(part)


@dataclass(frozen=True, eq=False)
class FaceSwapInpainting(_Part):
    """Painting a face again before or after the swap."""

    inpainting_denoising_strengh: float | None = field(default=None, metadata=within(0, 1))
    """How much is painted anew (the extension's spelling), 0 (default, off) to below 1."""
    inpainting_prompt: str | None = None
    """`[gender]` stands for man or woman. Default "Portrait of a [gender]"."""
    inpainting_negative_prompt: str | None = None
    """Default "" for the endpoints."""
    inpainting_steps: int | None = field(default=None, metadata=within(1, 150))
    """1 to 150. Default 20."""
    inpainting_sampler: str | None = None
    """Name of a sampler. Default "Euler"."""
    inpainting_model: str | None = None
    """A checkpoint. Default "Current"."""
    inpainting_seed: int | None = field(default=None, metadata=within(-1))
    """-1 (default) draws one."""


@dataclass(frozen=True, eq=False)
class FaceSwapOptions(_Part):
    """How the swapped face is worked over."""

    face_restorer_name: str | None = None
    """`CodeFormer` (default), `GFPGAN` or `None`."""
    restorer_visibility: float | None = field(default=None, metadata=within(0, 1))
    """How much of the restored face shows, 0 to 1 (default)."""
    codeformer_weight: float | None = field(default=None, metadata=within(0, 1))
    """CodeFormer's weight, 0 to 1 (default)."""
    upscaler_name: str | None = None
    """An upscaler. Default none."""
    improved_mask: bool | None = None
    """Keep the face's outline better. Default false."""
    color_corrections: bool | None = None
    """Fit the colours. Default false."""
    sharpen: bool | None = None
    """Sharpen the face. Default false."""
    erosion_factor: float | None = field(default=None, metadata=within(0, 10))
    """How much of the mask's edge is taken off, 0 to 10. Default 1."""


@dataclass(frozen=True, eq=False)
class FaceSwapPostprocessing(_Part):
    """What is done to the whole picture afterwards."""

    face_restorer_name: str | None = None
    """`CodeFormer`, `GFPGAN` or `None` (default)."""
    restorer_visibility: float | None = field(default=None, metadata=within(0, 1))
    """How much of the restored faces shows, 0 to 1 (default)."""
    codeformer_weight: float | None = field(default=None, metadata=within(0, 1))
    """CodeFormer's weight, 0 to 1 (default)."""
    upscaler_name: str | None = None
    """An upscaler. Default none."""
    scale: float | None = field(default=None, metadata=within(0, 10))
    """Factor. Default 1."""
    upscaler_visibility: float | None = field(default=None, metadata=within(0, 1))
    """How much of the upscaled picture shows, 0 to 1 (default)."""
    inpainting_when: str | None = field(default=None, metadata=one_of(*WHEN))
    """`Never` (default), `Before Upscaling/all`, `After Upscaling/Before Restore Face`, `After All`."""
    inpainting_options: FaceSwapInpainting | None = field(default=None, metadata={"part": FaceSwapInpainting})
    """How all faces are painted again."""


@dataclass(frozen=True, eq=False)
class FaceSwapUnit(_Part):
    """One face to be put in, and where."""

    source_img: ImageInput | None = None
    """The picture with the face."""
    source_face: str | None = None
    """A saved face (a checkpoint's file name), instead."""
    batch_images: ImageInput | None = None
    """Endpoints only: one more picture of the face."""
    blend_faces: bool | None = None
    """Mix the faces of all sources. Default true."""
    enable: bool | None = None
    """Script only: true unless said otherwise."""
    same_gender: bool | None = None
    """Count only faces of the source's gender. Default false."""
    sort_by_size: bool | None = None
    """Count faces from the largest. Default false."""
    check_similarity: bool | None = None
    """Leave out results that resemble too little. Default false."""
    compute_similarity: bool | None = None
    """Compute how much they resemble. Default false."""
    min_sim: float | None = field(default=None, metadata=within(0, 1))
    """Least resemblance to the source, 0 (default) to 1."""
    min_ref_sim: float | None = field(default=None, metadata=within(0, 1))
    """Least resemblance to the face replaced, 0 (default) to 1."""
    faces_index: int | str | Sequence[int] | None = None
    """Which faces are replaced, counted from 0; the endpoints take one. Default 0 (script: the unit's number)."""
    reference_face_index: int | None = field(default=None, metadata=within(0))
    """Which face of the source is used, counted from 0. Default 0."""
    swap_in_source: bool | None = None
    """Script only, img2img: swap in the init image. Default false."""
    swap_in_generated: bool | None = None
    """Script only: swap in the painted picture. Default true."""
    pre_inpainting: FaceSwapInpainting | None = field(default=None, metadata={"part": FaceSwapInpainting})
    """How the face is painted again before the swap."""
    swapping_options: FaceSwapOptions | None = field(default=None, metadata={"part": FaceSwapOptions})
    """How the swapped face is worked over."""
    post_inpainting: FaceSwapInpainting | None = field(default=None, metadata={"part": FaceSwapInpainting})
    """How the face is painted again afterwards."""

    def _encoded(self, name: str) -> Any:
        return pictures.outgoing(getattr(self, name), f"FaceSwapUnit.{name}", uri=False)

    def wire(self) -> dict[str, Any]:
        said = super().wire()
        for name in ("enable", "swap_in_source", "swap_in_generated"):
            said.pop(name, None)
        if self.source_img is not None:
            said["source_img"] = self._encoded("source_img")
        if self.batch_images is not None:
            said["batch_images"] = [self._encoded("batch_images")]
        if self.faces_index is not None:
            face = numbers(self.faces_index).strip()
            if not face.isdecimal():
                raise ValueError(
                    f"FaceSwapUnit: faces_index={self.faces_index!r}: the endpoint takes one face a unit, by its number"
                )
            said["faces_index"] = [int(face)]
        return said

    def places(self, start: int) -> dict[int, Any]:
        found = super().places(start)
        if self.source_img is not None:
            found[start] = self._encoded("source_img")
        found.pop(start + BATCH, None)  # pictures in a batch are files of the web page
        found[start + ENABLE] = self.enable is not False
        if self.faces_index is not None:
            found[start + FACES] = numbers(self.faces_index)
        return found


_INPAINTING = (0.0, "Portrait of a [gender]", "", 20, "Euler", "Current", -1)
_UNIT = (
    *(None, None, None, True, False, False, False, False, False, 0.0, 0.0, "0", 0, False, True),
    *_INPAINTING,
    *("CodeFormer", 1.0, 1.0, None, False, False, False, 1.0),
    *_INPAINTING,
)
_POST = (None, 1.0, 1.0, None, 1.0, 1.0, "Never", *_INPAINTING)


def own_defaults(room: int) -> dict[int, Any]:
    """The extension's own defaults, for a server that does not describe them."""
    values = [str(number) if place == FACES else value for number in range(room) for place, value in enumerate(_UNIT)]
    return dict(enumerate([*values, *_POST]))
