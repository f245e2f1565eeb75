"""A request and an answer as plain values: what the embedded server takes and gives, whatever door it stands behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Body = bytes | bytearray | memoryview


@dataclass(frozen=True)
class Request:
    """One request, as a door hands it in."""

    method: str
    path: str
    """Decoded, with its leading slash and without the query."""
    query: str = ""
    """Without the question mark, as sent."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: Body = b""


@dataclass(frozen=True)
class Delivery:
    """How an answer goes out that does not go out as usual, because a fault was asked for."""

    delay: float | None = 0.0
    """Seconds before its first byte; None until somebody lets it go."""
    silent: bool = False
    """Nothing goes out at all; only `ending` happens."""
    stop: int | None = None
    """So many bytes of the body go out, None all of them."""
    hold: bool = False
    """At `stop` it waits until somebody lets it go, and then goes on to its end."""
    piece: int = 0
    """The body goes out in pieces of so many bytes, 0 at once."""
    pause: float = 0.0
    """Seconds before each piece."""
    length: int = 0
    """How much its Content-Length is beside the truth."""
    ending: Literal["usual", "close", "reset"] = "close"
    """What becomes of the connection: kept as HTTP says, closed, or broken with a reset."""


@dataclass
class Response:
    """One answer. Header names are in lower case."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delivery: Delivery | None = None
    """None: as usual."""


class Dropped(Exception):
    """The connection closes without a whole answer: the server was killed, is closing, or does as a fault says."""

    within = False
    """The answer had begun."""


class BrokenOff(Dropped):
    """The connection closes within the answer."""

    within = True


class Away(Dropped):
    """Nobody listens: the server is being restarted."""
