"""IC-Light: lights a subject anew, by words or by a picture of the light. For SD 1.5.

Two lines of it have one title. huchenlei's takes an object, Haoming02's a list of 13; which one runs is told by the
server's description. Mind that in img2img they read the two pictures the other way round: the init image is the light
for huchenlei's and the subject for Haoming02's; `input_fg` is the other of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..checks import within
from ..request import Flow
from .base import PICTURE, DictUnit, Layout, Slot, filled, one_of, only

if TYPE_CHECKING:
    from ..images import ImageInput

_LIGHTS = ("Left Light", "Right Light", "Top Light", "Bottom Light", "Ambient")
_HAOMING = Layout(
    "IC Light",
    {
        "enable": False,
        "model_type": None,
        "input_fg": None,
        "uploaded_bg": None,
        "remove_bg": True,
        "rembg_model": None,
        "foreground_threshold": 225,
        "background_threshold": 16,
        "erode_size": 16,
        "detail_transfer": False,
        "detail_transfer_use_raw_input": False,
        "detail_transfer_blur_radius": 3,
        "reinforce_fg": False,
    },
)
_HAOMING_ONLY = ("rembg_model", "foreground_threshold", "background_threshold", "erode_size")


@dataclass(frozen=True, eq=False)
class ICLight(DictUnit):
    """Light a subject anew (huchenlei/sd-forge-ic-light or Haoming02/sd-forge-ic-light)."""

    title: ClassVar[str] = "IC Light"
    source: ClassVar[str] = "huchenlei/sd-forge-ic-light"
    single: ClassVar[bool] = True

    enable: bool | None = field(default=True, metadata={"wire": "enabled"})
    """Switch it on; true unless said otherwise."""
    model_type: str | None = None
    """The model: its file name without suffix. Needed by huchenlei's; another name makes it fail."""
    input_fg: ImageInput | None = field(default=None, metadata=PICTURE)
    """The subject (Haoming02's in img2img: the light). Without it Haoming02's does nothing."""
    uploaded_bg: ImageInput | None = field(default=None, metadata=PICTURE)
    """The background, for the model that takes one."""
    remove_bg: bool | None = None
    """Take the subject's background off. Default true."""
    reinforce_fg: bool | None = None
    """Keep the subject's own colours. Default true for huchenlei's, false for Haoming02's."""
    detail_transfer: bool | None = None
    """Put the subject's details back. Default false."""
    detail_transfer_use_raw_input: bool | None = None
    """Take them from the picture as it was given. Default false."""
    detail_transfer_blur_radius: int | None = field(default=None, metadata=within(1, 9))
    """How coarse the details are, odd, 1 to 9. Default 5 for huchenlei's, 3 for Haoming02's."""
    bg_source_fc: str | None = field(default=None, metadata=one_of("None", *_LIGHTS, "Custom LightMap"))
    """huchenlei's: where the light comes from: `None` (default), `Left Light`, ..., `Custom LightMap`."""
    bg_source_fbc: str | None = field(
        default=None, metadata=one_of("Use Background Image", "Use Flipped Background Image", *_LIGHTS)
    )
    """huchenlei's, for the model with a background: `Use Background Image` (default), ..., `Left Light`, ..."""
    rembg_model: str | None = None
    """Haoming02's: the model that takes the background off. Default: the first."""
    foreground_threshold: int | None = field(default=None, metadata=within(0, 255))
    """Haoming02's: what is surely kept, 0 to 255. Default 225."""
    background_threshold: int | None = field(default=None, metadata=within(0, 255))
    """Haoming02's: what is surely taken off, 0 to 255. Default 16."""
    erode_size: int | None = field(default=None, metadata=within(0, 128))
    """Haoming02's: width of the edge, 0 to 128. Default 16."""

    @classmethod
    def arguments(cls, units: Sequence[Any], slot: Slot) -> Flow[list[Any]]:
        if len(slot.args) > 1:
            return filled(only(units), slot, layout=_HAOMING)
        return (yield from super().arguments(units, slot))

    def wire(self, slot: Slot) -> dict[str, Any]:
        foreign = [name for name in _HAOMING_ONLY if getattr(self, name) is not None]
        if foreign:  # an unknown key would make the whole unit fail, without a word
            raise ValueError(f"ICLight: {', '.join(foreign)} are of Haoming02's line, and the server has huchenlei's")
        return super().wire(slot)
