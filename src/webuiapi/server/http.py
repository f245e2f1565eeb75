"""A request and an answer as plain values: what the embedded server takes and gives, whatever door it stands behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass
class Response:
    """One answer. Header names are in lower case."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Dropped(Exception):
    """The connection closes without an answer: the server was killed, or is closing."""
