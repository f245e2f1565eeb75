"""FaceSwapLab: puts faces into pictures, several at once, each by its own rules. Dormant since 2023.

The always-on script takes one flat list: 37 values for each unit, as many units as the server has room for, then 14 for
what is done afterwards. The endpoints take the same as objects. `FaceSwapUnit` and its parts are for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, cast

from ..api.base import read_item
from ..checks import Problem
from ..items import Item
from ..request import Answer, Flow, Request, answered, endpoint
from ._endpoints import SEVERAL, ExtensionResult, PictureRequest, read_pictures
from ._faceswaplab_parts import (
    POST_SIZE,
    UNIT_SIZE,
    FaceSwapInpainting,
    FaceSwapOptions,
    FaceSwapPostprocessing,
    FaceSwapUnit,
    own_defaults,
    problems_of,
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

    def contradictions(self) -> Iterator[Problem]:
        yield from _units_problems(self.units, "FaceSwapLab")
        if self.postprocessing is not None:
            yield from problems_of(self.postprocessing, FaceSwapPostprocessing, "FaceSwapLab.postprocessing")

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        lab = only(units)
        given = _listed(lab.units)
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
        return answered([value[0] if isinstance(value, list) and len(value) == 1 else value for value in filled])


def _listed(units: FaceSwapUnit | Sequence[FaceSwapUnit]) -> list[FaceSwapUnit]:
    return list(units) if isinstance(units, (list, tuple)) else [cast("FaceSwapUnit", units)]


def _units_problems(units: FaceSwapUnit | Sequence[FaceSwapUnit], where: str) -> Iterator[Problem]:
    for index, unit in enumerate(_listed(units)):
        yield from problems_of(unit, FaceSwapUnit, f"{where}.units[{index}]")


# -- endpoints --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class GetFaceSwapLabVersion(Request[str]):
    """The extension's version: GET /faceswaplab/version."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/faceswaplab/version"

    def parse(self, answer: Answer) -> str:
        return str(read_item(answer, Item).get("version") or "")


@dataclass(frozen=True, eq=False)
class _Postprocessed(PictureRequest[ExtensionResult]):
    """What the calls that give pictures have in common; each has `postprocessing` among its fields."""

    generation: ClassVar[bool] = True

    @property
    def _after(self) -> FaceSwapPostprocessing | None:
        values: Any = self
        found: FaceSwapPostprocessing | None = values.postprocessing
        return found

    def contradictions(self) -> Iterator[Problem]:
        if self._after is not None:
            yield from problems_of(self._after, FaceSwapPostprocessing, f"{type(self).__name__}.postprocessing")

    def payload(self) -> dict[str, Any]:
        payload = super().payload()
        return payload if self._after is None else {**payload, "postprocessing": self._after.wire()}

    def parse(self, answer: Answer) -> ExtensionResult:
        return read_pictures(answer, answer.json(), "images")


@dataclass(frozen=True, eq=False)
class SwapFace(_Postprocessed):
    """Swap faces in a finished picture: POST /faceswaplab/swap_face."""

    path: ClassVar[str] = "/faceswaplab/swap_face"

    image: ImageInput = field(metadata=PICTURE)
    """The picture that is changed."""
    units: FaceSwapUnit | Sequence[FaceSwapUnit]
    """One face, or several."""
    postprocessing: FaceSwapPostprocessing | None = None
    """What is done to the whole picture afterwards."""

    def contradictions(self) -> Iterator[Problem]:
        yield from _units_problems(self.units, "SwapFace")
        yield from super().contradictions()

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "units": [unit.wire() for unit in _listed(self.units)]}


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
        if not isinstance(value, (int, float)):
            raise answer.error(f" answered {type(value).__name__} where a number was expected")
        return float(value)


@dataclass(frozen=True, eq=False)
class ExtractFaces(_Postprocessed):
    """The faces of pictures, each as a picture: POST /faceswaplab/extract."""

    path: ClassVar[str] = "/faceswaplab/extract"

    images: ImageInput | Sequence[ImageInput] = field(metadata=SEVERAL)
    """One picture or several."""
    postprocessing: FaceSwapPostprocessing | None = None
    """What is done to them."""


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
