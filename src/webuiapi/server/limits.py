"""How much a server takes on, so that no request can exhaust the machine that it runs on.

The real server has no limits but its memory. These are generous, and can be set: `App(limits=Limits(megapixels=4))`.
Pictures that are too large fail as they do where a graphics card is full, with a 500 of `OutOfMemoryError`; a body that
is too large is a 413, and a queue that is too long a 503.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields

from .errors import HTTPError
from .http import Request

MILLION = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What one server takes on."""

    megapixels: float = 64.0
    """Of one batch, width times height times `batch_size`, and of every picture that is made or resized."""
    input_megapixels: float = 89.0
    """Of one picture that is sent in. More than the default Pillow calls a decompression bomb."""
    pictures: int = 4096
    """Of one request, `batch_size` times `n_iter`, or as many as a script makes of it; never more than 4096."""
    body: int = 256 << 20
    """Bytes of one request's body."""
    queue: int = 1000
    """Requests that wait for their turn."""
    connections: int = 2000
    """Of the socket door at once; whoever comes later gets a 503."""
    requests: int = 200
    """That are remembered in `App.requests`."""
    request_bytes: int = 32 << 20
    """Bytes that those may take."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
                raise ValueError(f"limits: {field.name}={value!r} must be a number above 0")

    def check_body(self, request: Request) -> None:
        """Refuse a body that is too large, or says that it will be."""
        if len(request.body) > self.body or self.says_too_large(request.headers):
            raise HTTPError(413, f"the body is larger than this server takes ({self.body} bytes)")

    def says_too_large(self, headers: Mapping[str, str]) -> bool:
        """Whether the fields of a request say that its body will be too large."""
        said = headers.get("content-length", "")
        return said.isdecimal() and int(said[:20]) > self.body

    def check_queue(self, waiting: int) -> None:
        """Refuse a request that would have to wait behind too many."""
        if waiting >= self.queue:
            raise HTTPError(503, f"{waiting} requests are waiting already")

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Have these hold for whatever this thread makes meanwhile."""
        token = _IN_FORCE.set(self)
        try:
            yield
        finally:
            _IN_FORCE.reset(token)


_IN_FORCE: ContextVar[Limits] = ContextVar("limits", default=Limits())  # noqa: B039 - it is frozen


def limits_in_force() -> Limits:
    """Those that hold for the request that this thread works on."""
    return _IN_FORCE.get()
