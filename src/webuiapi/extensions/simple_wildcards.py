"""Simple wildcards: `__name__` in a prompt becomes a line of the server's file `wildcards/name.txt`.

It runs where it is installed, mentioned or not, and the server does not list it: the unit is for its options.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ..request import sent_as
from .base import OptionsUnit


@dataclass(frozen=True, eq=False)
class SimpleWildcards(OptionsUnit):
    """The options of Simple wildcards (AUTOMATIC1111/stable-diffusion-webui-wildcards), for one call.

    Where it is not installed the server has no such options: `UnknownName`.
    """

    title: ClassVar[str] = "Simple wildcards"
    source: ClassVar[str] = "AUTOMATIC1111/stable-diffusion-webui-wildcards"
    listed: ClassVar[bool] = False

    same_seed: bool | None = field(default=None, metadata=sent_as("wildcards_same_seed"))
    """The same words for all pictures of the call. Default: the server's option, false at first."""
    write_infotext: bool | None = field(default=None, metadata=sent_as("wildcards_write_infotext"))
    """Write the prompt before the replacement into the infotext. Default: the server's option, true at first."""
