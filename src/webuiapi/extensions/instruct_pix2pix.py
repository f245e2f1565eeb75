"""InstructPix2Pix's own endpoint, of an extension that the webui has made needless since 2023.

Load a checkpoint of that kind and use `img2img(..., image_cfg_scale=1.5)` instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from .. import images as pictures
from ..answers import read_generation
from ..request import LOCAL, Answer, Request, endpoint, said
from ..results import WebUIApiResult
from .base import Client_co, Interface

if TYPE_CHECKING:
    from ..images import ImageInput


@dataclass(frozen=True, eq=False)
class InstructPix2Pix(Request[WebUIApiResult]):
    """Change pictures by an instruction: POST /instruct-pix2pix/img2img. All values are sent, as webuiapi 0.9 did."""

    path: ClassVar[str] = "/instruct-pix2pix/img2img"
    generation: ClassVar[bool] = True

    images: ImageInput | Sequence[ImageInput] = field(default=(), metadata=LOCAL)
    """One picture or several."""
    prompt: str = ""
    """What is to be changed: `make it winter`."""
    negative_prompt: str = ""
    """What to keep out of the picture."""
    output_batches: int = 1
    """Pictures made of each."""
    sampler: str = "Euler a"
    """Name of a sampler."""
    steps: int = 20
    """Sampling steps."""
    seed: int = 0
    """The seed, with randomize_seed off."""
    randomize_seed: bool = True
    """Draw a seed."""
    text_cfg: float = 7.5
    """How closely to follow the prompt."""
    image_cfg: float = 1.5
    """How closely to keep to the picture."""
    randomize_cfg: bool = False
    """Draw both by chance."""
    output_image_width: int = 512
    """Width of the result in pixels."""

    def payload(self) -> dict[str, Any]:
        return {"init_images": pictures.several(self.images, "images"), **said(self)}

    def parse(self, answer: Answer) -> WebUIApiResult:
        return read_generation(answer)


class InstructPix2PixInterface(Interface[Client_co], Generic[Client_co]):
    """InstructPix2Pix's endpoint."""

    img2img = endpoint(InstructPix2Pix)
