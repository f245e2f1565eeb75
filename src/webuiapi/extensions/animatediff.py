"""AnimateDiff: paints a short video. Facts are of the version of September 2024.

The answer's pictures are then whole files, one a format and batch: GIF and WEBP stand in `images` of the result, MP4
and WEBM in `videos`. A field that the installed version does not know switches the unit off without a word, so only
what was said is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..checks import Problem, within
from ..png import kind_of
from .base import PICTURE, DictUnit, one_of

if TYPE_CHECKING:
    from ..api.generate import Generation
    from ..images import ImageInput
    from ..results import WebUIApiResult

FORMATS = ("GIF", "MP4", "WEBP", "WEBM", "PNG", "TXT", "Frame")
_MOVING = {"GIF": "gif", "MP4": "mp4", "WEBP": "webp", "WEBM": "webm"}
_IMG2IMG_ONLY = ("latent_power", "latent_scale", "last_frame", "latent_power_last", "latent_scale_last")


def _listed(formats: str | Sequence[str]) -> list[str]:
    return [formats] if isinstance(formats, str) else list(formats)


@dataclass(frozen=True, eq=False)
class AnimateDiff(DictUnit):
    """A video instead of pictures (continue-revolution/sd-webui-animatediff)."""

    title: ClassVar[str] = "AnimateDiff"
    source: ClassVar[str] = "continue-revolution/sd-webui-animatediff"
    single: ClassVar[bool] = True

    model: str | None = None
    """The motion module. Default "mm_sd15_v3.safetensors"."""
    enable: bool | None = True
    """Switch it on; true unless said otherwise."""
    video_length: int | None = field(default=None, metadata=within(0))
    """Frames; 0 (default): as many as batch_size, or as the source video has."""
    fps: int | None = field(default=None, metadata=within(1))
    """Frames a second. Default 8."""
    loop_number: int | None = field(default=None, metadata=within(0))
    """How often the video repeats; 0 (default) is for ever."""
    closed_loop: str | None = field(default=None, metadata=one_of("N", "R-P", "R+P", "A"))
    """How hard the last frame is made to meet the first: `N` not, `R-P` (default), `R+P`, `A` hardest."""
    batch_size: int | None = field(default=None, metadata=within(1, 32))
    """Frames that are made together (the context). Default 16."""
    stride: int | None = field(default=None, metadata=within(1))
    """Greatest distance between frames of a context. Default 1."""
    overlap: int | None = field(default=None, metadata=within(-1))
    """Frames that two contexts share; -1 (default) is a quarter."""
    format: str | Sequence[str] | None = field(default=None, metadata={**one_of(*FORMATS), "convert": _listed})
    """What is made: `GIF`, `MP4`, `WEBP`, `WEBM` come back; `PNG` and `TXT` are saved on the server; `Frame` appends
    the frames. Default: the server's option, GIF and PNG at first."""
    interp: str | None = field(default=None, metadata=one_of("Off", "FILM"))
    """Frames in between: `Off` (default) or `FILM`."""
    interp_x: int | None = field(default=None, metadata=within(1))
    """Frames in between each two. Default 10."""
    video_source: str | None = None
    """A video on the server whose frames steer ControlNet."""
    video_path: str | None = None
    """A folder of frames on the server."""
    mask_path: str | None = None
    """A folder of masks on the server."""
    freeinit_enable: bool | None = None
    """Paint several times for steadier motion. Default false."""
    freeinit_filter: str | None = field(default=None, metadata=one_of("butterworth", "gaussian", "box", "ideal"))
    """Default butterworth."""
    freeinit_ds: float | None = field(default=None, metadata=within(0, 1))
    """Cut-off in space. Default 0.25."""
    freeinit_dt: float | None = field(default=None, metadata=within(0, 1))
    """Cut-off in time. Default 0.25."""
    freeinit_iters: int | None = field(default=None, metadata=within(2, 5))
    """How many times. Default 3."""
    latent_power: float | None = field(default=None, metadata=within(0.1, 10))
    """img2img: how fast the init image fades. Default 1."""
    latent_scale: float | None = None
    """img2img: over how many frames it fades. Default 32."""
    last_frame: ImageInput | None = field(default=None, metadata=PICTURE)
    """img2img: the picture to end with."""
    latent_power_last: float | None = field(default=None, metadata=within(0.1, 10))
    """img2img: the same for last_frame. Default 1."""
    latent_scale_last: float | None = None
    """img2img: the same for last_frame. Default 32."""
    request_id: str | None = None
    """A suffix for the names of the files that the server saves."""

    def contradictions(self) -> Iterator[Problem]:
        if self.format is not None and not any(name.upper() in FORMATS[:5] for name in _listed(self.format)):
            yield Problem(f"AnimateDiff: format={self.format!r} needs one of {', '.join(FORMATS[:5])}", fatal=False)

    def pitfalls(self, request: Generation) -> Iterator[Problem]:
        said = [name for name in _IMG2IMG_ONLY if getattr(self, name) is not None]
        if said and not hasattr(request, "images"):
            yield Problem(f"AnimateDiff: {', '.join(said)} have an effect in img2img only", fatal=False)

    @classmethod
    def unseen(cls, units: Sequence[Any], result: WebUIApiResult) -> str:
        said = [name.upper() for unit in units if unit.active for name in _listed(unit.format or ())]
        wanted = {_MOVING[name] for name in said if name in _MOVING}
        came = {kind_of(data) for data in (*result.content, *result.videos)}
        if not result.content or not wanted or wanted & came:
            return ""
        return "still pictures came back. Usually the motion module is missing, or another field is unknown there"
