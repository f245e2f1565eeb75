"""Roop: puts a face into the pictures; dormant since 2023, ReActor grew from it. Another order, another set of values.

What goes wrong is not said: a picture that its filter objects to, or without a face, comes back as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic

from ..checks import Problem, within
from ..request import Answer, endpoint
from ._endpoints import ExtensionResult, GetNames, PictureRequest, read_pictures
from .base import PICTURE, PICTURE_URI, Client_co, Interface, PositionalUnit, arg, numbers, within_arg

if TYPE_CHECKING:
    from ..images import ImageInput


@dataclass(frozen=True, eq=False)
class Roop(PositionalUnit):
    """Swap faces (s0md3v/sd-webui-roop)."""

    title: ClassVar[str] = "roop"
    source: ClassVar[str] = "s0md3v/sd-webui-roop"

    img: ImageInput | None = arg(0, **PICTURE_URI)
    """The picture with the face to be put in."""
    enable: bool | None = arg(1, False, default=True)
    """Switch it on; true unless said otherwise."""
    faces_index: str | int | Sequence[int] | None = arg(2, "0", convert=numbers)
    """Which faces are replaced, counted from 0: `"0,2"`. Default 0."""
    model: str | None = arg(3)
    """The model's whole path on the server. Default: the first that it has."""
    face_restorer_name: str | None = arg(4, "GFPGAN", choices=())
    """`CodeFormer`, `GFPGAN` or `None`. Default: the first that the server has."""
    face_restorer_visibility: float | None = arg(5, 1, **within_arg(0, 1))
    """How much of the restored face shows, 0 to 1. Default 1."""
    upscaler_name: str | None = arg(6, choices=())
    """An upscaler, as get_upscalers() names it. Default: none."""
    upscaler_scale: float | None = arg(7, 1, **within_arg(1, 8))
    """Factor, 1 to 8. Default 1."""
    upscaler_visibility: float | None = arg(8, 1, **within_arg(0, 1))
    """How much of the upscaled picture shows, 0 to 1. Default 1."""
    swap_in_source: bool | None = arg(9, False)
    """img2img: swap in the init image, before painting. Default false."""
    swap_in_generated: bool | None = arg(10, True)
    """Swap in the painted picture. Default true."""

    def contradictions(self) -> Iterator[Problem]:
        if self.active and self.img is None:
            yield Problem("Roop: img= is missing: the pictures stay as they are", fatal=False)


@dataclass(frozen=True, eq=False)
class RoopImage(PictureRequest[ExtensionResult]):
    """Put a face into a finished picture: POST /roop/image."""

    path: ClassVar[str] = "/roop/image"
    generation: ClassVar[bool] = True

    source_image: ImageInput = field(metadata=PICTURE)
    """The picture with the face to be put in."""
    target_image: ImageInput = field(metadata=PICTURE)
    """The picture that is changed."""
    face_index: Sequence[int] | None = None
    """Which faces are replaced, counted from 0; their order does not count. Default [0]."""
    scale: int | None = field(default=None, metadata=within(1))
    """Factor; the upscaler cannot be chosen. Default 1."""
    upscale_visibility: float | None = field(default=None, metadata=within(0, 1))
    """How much of the upscaled picture shows. Default 1."""
    face_restorer: str | None = None
    """`CodeFormer`, `GFPGAN` or `None` (default)."""
    restorer_visibility: float | None = field(default=None, metadata=within(0, 1))
    """How much of the restored face shows. Default 1."""
    model: str | None = None
    """File name of the model. Default "inswapper_128.onnx"; an unknown one is not reported."""

    def parse(self, answer: Answer) -> ExtensionResult:
        return read_pictures(answer, answer.json(), "image")


class GetRoopModels(GetNames):
    """The models for swapping: GET /roop/models. File names; whole paths on Windows servers."""

    path, key = "/roop/models", "models"


class RoopInterface(Interface[Client_co], Generic[Client_co]):
    """Roop's endpoints."""

    image = endpoint(RoopImage)
    models = endpoint(GetRoopModels)
