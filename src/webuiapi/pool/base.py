"""What both colours of a pool have in common: its settings, its servers, what is checked, what is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from .. import api, extensions
from ..api.options import GetOptions
from ..checks import Checks, check_level, report
from ..request import Request, loaded_late
from ..server_info import Probe
from ..wording import a_kind
from .dispatch import Blame, Dispatch, Key, Member, blame_of
from .split import split

if TYPE_CHECKING:
    from ..client import AsyncWebUIApi, WebUIApi

R = TypeVar("R")
Server: TypeAlias = "str | Mapping[str, Any] | WebUIApi | AsyncWebUIApi"
"""An address (`http://gpu0:7860`, `:local:`), the arguments of a client, or a client."""


@dataclass(frozen=True)
class PoolServer:
    """A server of a pool, as it was at one moment."""

    url: str
    """Its address, without credentials."""
    flavour: str | None
    """`a1111`, `forge`, ...; None before it was found out."""
    checkpoint: str | None
    """The checkpoint of its last job, as the job named it; None is the one that it has set."""
    places: int
    """How many jobs it has at a time."""
    running: int
    """Jobs that it has now."""
    done: int
    """Jobs that it has done."""
    failed: int
    """Jobs that failed there, also those that others did afterwards."""
    pictures_per_minute: float
    """Of the last 64 jobs; 0 before the second."""
    resting: float | None
    """Seconds until it is asked again; None while it is not left alone."""
    error: Exception | None
    """What went wrong there last; None since it did a job."""


class PoolCalls:
    """The calls that a pool has: those that any of its servers can do."""

    txt2img = loaded_late(lambda: api.generate.Txt2Img)
    img2img = loaded_late(lambda: api.generate.Img2Img)
    extra_single_image = loaded_late(lambda: api.extras.ExtraSingleImage)
    extra_batch_images = loaded_late(lambda: api.extras.ExtraBatchImages)
    png_info = loaded_late(lambda: api.extras.PngInfo)
    interrogate = loaded_late(lambda: api.extras.Interrogate)
    controlnet_detect = loaded_late(lambda: extensions.controlnet.ControlNetDetect)


class PoolBase(PoolCalls):
    """All of a pool that does not wait."""

    def __init__(
        self,
        servers: Iterable[Server] = (),
        *,
        in_flight: int = 2,
        rerun: bool = False,
        split: bool = False,
        patience: float | None = 30.0,
        rest: float = 1.0,
        checks: Checks = "default",
        **client_arguments: Any,
    ) -> None:
        """Nothing is sent before the first job.

        - `servers`: addresses, arguments of clients, or clients (whose own connections stay theirs).
        - `in_flight`: jobs that a server has at a time: one is worked on, the next waits there already.
        - `rerun`: run a job again whose server failed when it may have begun it; right where seeds are fixed.
        - `split`: have the pictures of a batch made by several servers; they are the same as of one.
        - `patience`: seconds that jobs wait while no server answers; None for ever.
        - `rest`: seconds for which a server that failed is left alone first; doubled each time, up to 60 times as long.
        - `checks`: as a client's.
        - `client_arguments`: for the clients that the pool makes: `username`, `password`, `timeout`, `headers`, ...
        """
        if type(in_flight) is not int or in_flight < 1:
            raise ValueError(f"in_flight={in_flight!r} must be a whole number from 1: jobs that a server has at a time")
        if isinstance(servers, (str, Mapping)) or not hasattr(servers, "__iter__"):
            raise TypeError(f"servers={servers!r:.80} must be a list of servers: Pool(['http://gpu0:7860', ...])")
        seconds: dict[str, Any] = {"patience": patience, "rest": rest}
        for name, value in seconds.items():
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0):
                raise ValueError(f"{name}={value!r} must be a number of seconds, at least 0")
        self.in_flight = in_flight
        self.split = split
        self.checks: Checks = check_level(checks)
        self._arguments = {"max_in_flight": None, "checks": checks, **client_arguments}
        self._made: list[Any] = []
        self.dispatch = Dispatch(rerun=rerun, patience=patience, rest=rest, wake=self._wake)
        for server in servers:
            self.dispatch.join(self._member(server))

    _kind: type[Any]
    """The client's class."""

    def _wake(self) -> None:
        raise NotImplementedError

    def _member(self, server: Server) -> Member:
        if isinstance(server, self._kind):
            return Member(server, self.in_flight)
        if isinstance(server, str):
            server = {"host": server} if server.startswith(":") else {"url": server}
        if not isinstance(server, Mapping):
            raise TypeError(
                f"{a_kind(server)} is no server for a {type(self).__name__}: give an address, "
                f"a client's arguments as a dict, or a {self._kind.__name__}"
            )
        client = self._kind(**{**self._arguments, **server})
        self._made.append(client)
        return Member(client, self.in_flight)

    def _found(self, url: str) -> Member:
        found = next((member for member in self.dispatch.active if member.url == url.rstrip("/")), None)
        if found is None:
            there = ", ".join(member.url for member in self.dispatch.active)
            raise ValueError(f"{url} is not in the pool: it has {there or 'no servers'}")
        return found

    @property
    def servers(self) -> list[PoolServer]:
        """The servers as they are now."""
        with self.dispatch.lock:
            return [_seen(member) for member in self.dispatch.active]

    @property
    def waiting(self) -> int:
        """Jobs that no server has yet."""
        return len(self.dispatch.waiting)

    def _look_at(self, request: Any) -> None:
        """Say what is wrong with a request before it goes into the queue."""
        if not isinstance(request, Request):
            raise TypeError(
                f"{request!r:.60} is no request: pass one, as in run(Txt2Img(...)). "
                "Operations of several calls are a client's, since they concern one server"
            )
        if self.dispatch.closing:
            raise RuntimeError("the pool is closed")
        report(request.problems(), self.checks)

    def _parts(self, request: Request[R], wanted: bool | None) -> list[Request[R]]:
        """The requests that a request becomes."""
        wanted = self.split if wanted is None else wanted
        return split(request, len(self.dispatch.active)) if wanted else [request]

    @property
    def _ahead(self) -> int:
        """How many jobs `map` has under way: enough that no server waits, few enough to hold."""
        return max(16, 2 * sum(member.places for member in self.dispatch.active))

    def perform(self, build: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a method of the table does: make the request, and run it."""
        return self.run(build(*args, **kwargs))

    def run(self, request: Any) -> Any:
        """Run a request on one of the servers."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({[member.url for member in self.dispatch.active]})"


def _seen(member: Member) -> PoolServer:
    recent = list(member.recent)
    speed = 0.0
    if len(recent) > 1 and recent[-1][0] > recent[0][0]:
        speed = sum(pictures for _, pictures in recent[1:]) / (recent[-1][0] - recent[0][0]) * 60
    resting = None if member.rests_until is None else max(0.0, member.rests_until - time.monotonic())
    return PoolServer(
        url=member.url,
        flavour=member.flavour,
        checkpoint=member.loaded,
        places=member.places,
        running=len(member.running),
        done=member.done,
        failed=member.failed,
        pictures_per_minute=speed,
        resting=resting,
        error=member.error,
    )


HOME, ALIVE = GetOptions(), Probe("/sdapi/v1/options")
"""What a server is asked for the checkpoint that it has set, and whether it is back."""


def home_in(options: Any) -> str:
    """The checkpoint that options name, in lower case."""
    found = options.get("sd_model_checkpoint")
    return found.casefold() if isinstance(found, str) else ""


def trouble(error: Exception) -> Exception | None:
    """The error, if it says that a server is away; None if it is an answer of one that is there."""
    return None if blame_of(error) is Blame.JOB else error


def checkpoint_of(request: Any) -> Key:
    """The checkpoint that a request names, in lower case; None where it names none."""
    named = getattr(request, "model", None)
    if named is None:
        named = (getattr(request, "override_settings", None) or {}).get("sd_model_checkpoint")
    return named.casefold() if isinstance(named, str) and named else None


def pictures_in(result: Any) -> int:
    """How many pictures a result holds."""
    content = getattr(result, "content", None)
    return len(content) if isinstance(content, list) else 0
