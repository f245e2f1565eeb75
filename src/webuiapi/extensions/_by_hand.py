"""A unit's part of an argument list without a server to ask: for `alwayson_scripts` written by hand, as webuiapi 0.9
offers it with `to_dict`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..api.generate import Img2Img, Txt2Img
from ..server_info import ServerInfo
from ..wire import Spliced
from .base import Slot

if TYPE_CHECKING:
    from .base import Unit


def slot_by_hand(unit: Unit, is_img2img: bool) -> Slot:
    """Where the unit would go on a webui of A1111's that does not describe its scripts."""
    tab, request = ("img2img", Img2Img()) if is_img2img else ("txt2img", Txt2Img())
    return Slot(tab, unit.called, None, ServerInfo("a1111"), request)


def as_json(value: Any) -> Any:
    """The value with its pictures as the texts that stand for them in JSON."""
    if isinstance(value, Spliced):
        return value.ascii().decode()
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value
