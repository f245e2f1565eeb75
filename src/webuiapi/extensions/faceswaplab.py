"""FaceSwapLab: puts faces into pictures, several at once, each by its own rules. Dormant since 2023.

The always-on script takes one flat list: 37 values for each unit, as many units as the server has room for, then 14 for
what is done afterwards. The endpoints take the same as objects. `FaceSwapUnit` and its parts are for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from ..api.base import read_item
from ..checks import Problem
from ..items import Item
from ..request import Answer, Flow, Request, endpoint
from ._endpoints import SEVERAL, ExtensionResult, PictureRequest, read_pictures
from ._faceswaplab_parts import (
    POST_SIZE,
    UNIT_SIZE,
    FaceSwapInpainting,
    FaceSwapOptions,
    FaceSwapPostprocessing,
    FaceSwapUnit,
    own_defaults,
)
from .base import PICTURE, Client_co, Interface, Slot, Unit, in_order, only

if TYPE_CHECKING:
    from ..images import ImageInput

__all__ = [
    "BuildFace",
    "CompareFaces",
    "ExtractFaces",
    "FaceSwapInpainting",
    "FaceSwapLab",
    "FaceSwapLabInterface",
    "FaceSwapOptions",
    "FaceSwapPostprocessing",
    "FaceSwapUnit",
    "GetFaceSwapLabVersion",
    "SwapFace",
]


@dataclass(frozen=True, eq=False)
class FaceSwapLab(Unit):
    """Swap faces in the painted pictures (glucauze/sd-webui-faceswaplab)."""

    title: ClassVar[str] = "faceswaplab"
    source: ClassVar[str] = "glucauze/sd-webui-faceswaplab"

    units: FaceSwapUnit | Sequence[FaceSwapUnit] = ()
    """One face, or several."""
    postprocessing: FaceSwapPostprocessing | None = None
    """What is done to the whole picture afterwards."""

    def _units(self) -> list[FaceSwapUnit]:
        return [self.units] if isinstance(self.units, FaceSwapUnit) else list(self.units)

    def contradictions(self) -> Iterator[Problem]:
        for index, unit in enumerate(self._units()):
            yield from unit.problems(f"FaceSwapLab.units[{index}]")
        if self.postprocessing is not None:
            yield from self.postprocessing.problems("FaceSwapLab.postprocessing")

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        lab = only(units)
        given = lab._units()
        room = (len(slot.args) - POST_SIZE) // UNIT_SIZE if slot.args else max(3, len(given))
        if len(given) > room:
            raise ValueError(f"FaceSwapLab: {len(given)} units are given, and the server has room for {room}")
        said: dict[int, Any] = {}
        for index, unit in enumerate(given):
            said.update(unit.places(index * UNIT_SIZE))
        if lab.postprocessing is not None:
            said.update(lab.postprocessing.places(room * UNIT_SIZE))
        filled = in_order(said, own_defaults(room), slot, max(said, default=-1) + 1)
        # The web page's lists have a text in a list of one where nothing was chosen yet.
        return [value[0] if isinstance(value, list) and len(value) == 1 else value for value in filled]
        yield  # an operation that has nothing to ask


# -- endpoints --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class GetFaceSwapLabVersion(Request[str]):
    """The extension's version: GET /faceswaplab/version."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/faceswaplab/version"

    def parse(self, answer: Answer) -> str:
        return str(read_item(answer, Item).get("version") or "")


@dataclass(frozen=True, eq=False)
class SwapFace(PictureRequest[ExtensionResult]):
    """Swap faces in a finished picture: POST /faceswaplab/swap_face."""

    path: ClassVar[str] = "/faceswaplab/swap_face"
    generation: ClassVar[bool] = True

    image: ImageInput = field(metadata=PICTURE)
    """The picture that is changed."""
    units: FaceSwapUnit | Sequence[FaceSwapUnit]
    """One face, or several."""
    postprocessing: FaceSwapPostprocessing | None = None
    """What is done to the whole picture afterwards."""

    def contradictions(self) -> Iterator[Problem]:
        yield from FaceSwapLab(self.units, self.postprocessing).problems()

    def payload(self) -> dict[str, Any]:
        units = [self.units] if isinstance(self.units, FaceSwapUnit) else self.units
        payload = {**super().payload(), "units": [unit.wire() for unit in units]}
        return payload if self.postprocessing is None else {**payload, "postprocessing": self.postprocessing.wire()}

    def parse(self, answer: Answer) -> ExtensionResult:
        return read_pictures(answer, answer.json(), "images")


@dataclass(frozen=True, eq=False)
class CompareFaces(PictureRequest[float]):
    """How much the faces of two pictures resemble each other, 0 to 1: POST /faceswaplab/compare."""

    path: ClassVar[str] = "/faceswaplab/compare"
    generation: ClassVar[bool] = True

    image1: ImageInput = field(metadata=PICTURE)
    """One picture."""
    image2: ImageInput = field(metadata=PICTURE)
    """The other."""

    def parse(self, answer: Answer) -> float:
        value = answer.json()
        return float(value) if isinstance(value, (int, float)) else 0.0


@dataclass(frozen=True, eq=False)
class ExtractFaces(PictureRequest[ExtensionResult]):
    """The faces of pictures, each as a picture: POST /faceswaplab/extract."""

    path: ClassVar[str] = "/faceswaplab/extract"
    generation: ClassVar[bool] = True

    images: ImageInput | Sequence[ImageInput] = field(metadata=SEVERAL)
    """One picture or several."""
    postprocessing: FaceSwapPostprocessing | None = None
    """What is done to them."""

    def payload(self) -> dict[str, Any]:
        payload = super().payload()
        return payload if self.postprocessing is None else {**payload, "postprocessing": self.postprocessing.wire()}

    def parse(self, answer: Answer) -> ExtensionResult:
        return read_pictures(answer, answer.json(), "images")


@dataclass(frozen=True, eq=False)
class BuildFace(PictureRequest[str | None]):
    """A face checkpoint from pictures: POST /faceswaplab/build. A data URI; None when no face was found."""

    path: ClassVar[str] = "/faceswaplab/build"
    generation: ClassVar[bool] = True

    images: ImageInput | Sequence[ImageInput] = field(metadata=SEVERAL)
    """Pictures of the face."""

    def payload(self) -> Any:
        return super().payload()["images"]

    def parse(self, answer: Answer) -> str | None:
        value = answer.json()
        return value if isinstance(value, str) else None


class FaceSwapLabInterface(Interface[Client_co], Generic[Client_co]):
    """FaceSwapLab's endpoints."""

    version = endpoint(GetFaceSwapLabVersion)
    swap_face = endpoint(SwapFace)
    compare = endpoint(CompareFaces)
    extract = endpoint(ExtractFaces)
    build = endpoint(BuildFace)
