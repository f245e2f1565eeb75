"""RemBG: cuts out what a picture shows, leaving its background transparent. An endpoint, no script.

The answer's format is the server's option `samples_format`: with jpg or webp the transparency is lost. The model is
loaded anew for each call, and downloaded for the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic

from ..checks import Problem, within
from ..request import Answer, endpoint
from ._endpoints import ExtensionResult, PictureRequest, read_pictures
from .base import PICTURE_URI, Client_co, Interface

if TYPE_CHECKING:
    from ..images import ImageInput


@dataclass(frozen=True, eq=False)
class RemBG(PictureRequest[ExtensionResult]):
    """Take the background off a picture (AUTOMATIC1111/stable-diffusion-webui-rembg): POST /rembg."""

    path: ClassVar[str] = "/rembg"
    generation: ClassVar[bool] = True

    input_image: ImageInput = field(metadata=PICTURE_URI)
    """The picture."""
    model: str | None = None
    """`u2net` (default), `u2netp`, `u2net_human_seg`, `u2net_cloth_seg`, `silueta`, `isnet-general-use`, `isnet-anime`.
    An unknown name is not reported."""
    return_mask: bool | None = None
    """Give the mask, a greyscale picture, instead. Default false."""
    alpha_matting: bool | None = None
    """Refine the edges (hair), slower. Default false."""
    alpha_matting_foreground_threshold: int | None = field(default=None, metadata=within(0, 255))
    """What is surely kept, 0 to 255. Default 240."""
    alpha_matting_background_threshold: int | None = field(default=None, metadata=within(0, 255))
    """What is surely taken off, 0 to 255. Default 10."""
    alpha_matting_erode_size: int | None = field(default=None, metadata=within(0, 40))
    """Width of the edge that is refined, 0 to 40. Default 10."""

    def contradictions(self) -> Iterator[Problem]:
        if self.model in ("", "None"):
            yield Problem(f"RemBG: model={self.model!r} means no model: the server sends nothing back", fatal=False)

    def parse(self, answer: Answer) -> ExtensionResult:
        fields = answer.json()
        if fields is None:  # with the model "None"
            return ExtensionResult((), "no model was chosen")
        return read_pictures(answer, fields, "image")


class RemBGInterface(Interface[Client_co], Generic[Client_co]):
    """RemBG's endpoint: `RemBGInterface(api).rembg(input_image=image).image`."""

    rembg = endpoint(RemBG)
