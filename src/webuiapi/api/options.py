"""The server's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..items import Item, text
from ..request import Answer, Request, check_numbers
from .base import read_item

_LOADING = frozenset({"sd_model_checkpoint", "sd_vae", "sd_unet", "sd_checkpoints_limit", "forge_additional_modules"})
"""Options whose change waits for the queue and loads something."""


class Options(Item):
    """All options of a server by name."""

    sd_model_checkpoint = text()
    """Title of the checkpoint in use."""
    sd_vae = text()
    samples_format = text()


@dataclass(frozen=True, eq=False)
class GetOptions(Request[Options]):
    """All options: GET /sdapi/v1/options."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/sdapi/v1/options"

    def parse(self, answer: Answer) -> Options:
        return read_item(answer, Options)


@dataclass(frozen=True, eq=False)
class SetOptions(Request[Any]):
    """Set some options, for everyone and for good: POST /sdapi/v1/options.

    Send only those to be changed. The webui takes any value without checking it, and refuses unknown names. A change
    of the checkpoint waits for the queue and returns when the model is loaded.
    """

    path: ClassVar[str] = "/sdapi/v1/options"

    options: Mapping[str, Any]
    """Names and new values."""

    def __post_init__(self) -> None:
        if not isinstance(self.options, Mapping):
            raise TypeError(f"options={self.options!r:.80} must be a dict of names and values")
        super().__post_init__()
        check_numbers("options", self.options)

    @property
    def slow(self) -> bool:
        return any(name in _LOADING for name in self.options)

    def payload(self) -> dict[str, Any]:
        return dict(self.options)

    def parse(self, answer: Answer) -> Any:
        return answer.json()
