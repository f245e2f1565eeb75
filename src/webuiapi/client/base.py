"""What both clients share: settings, the way to the wire, the way back. Nothing here waits."""

from __future__ import annotations

import copy
import os
import string
import warnings
from collections.abc import Callable, Coroutine, Generator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar, cast
from urllib.parse import quote, urlencode

from ..address import IN_PROCESS, endpoint_path
from ..checks import Checks, check_level, report, users_level
from ..endpoints import Endpoints
from ..errors import NotFound, NotSupported, UnexpectedResult
from ..exchange import Session, chosen_address, error_for, merged
from ..gate import Gate
from ..request import Answer, ClientDefaults, Flow, NotKept, Remember, Request
from ..retry import Retry, retry_of
from ..server_info import known_server, told_by
from ..transport.base import Incoming, Outgoing, Timeout
from ..version import __version__
from .attempts import Attempts

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..arriving import Arriving
    from ..bars import Bar
    from ..jobs import JobCore, Running
    from ..server_info import Flavour, ServerInfo

R = TypeVar("R")

UNKNOWN = object()
"""Stands for a fact that has not been found yet."""

LAST_WORDS = 3.0
"""Seconds for each clean-up request of an operation that is broken off."""
_NO_HOST = b"127.0.0.1".decode()  # objects of their own: they tell "not given" from "given like the default"
_NO_PORT = int("7860")
EXAMINATION = Timeout(connect=5.0, read=None, total=10.0)
ORDINARY = Timeout(connect=10.0, read=None, total=60.0)
GENERATION = Timeout(connect=10.0, read=None, total=None)

OnProgress: TypeAlias = Callable[["Running"], None]
"""Called with how far a generation is: `progress` (0 to 1), `step`, `steps`, `eta` in seconds."""


class BaseClient(Endpoints, Attempts):
    """Everything that does not wait: the endpoints, and the way to the wire and back."""

    _transport: Any

    def __init__(
        self,
        host: str = _NO_HOST,
        port: int = _NO_PORT,
        baseurl: str | None = None,
        sampler: str | None = "Euler a",
        scheduler: str | None = None,
        steps: int | None = 20,
        use_https: bool = False,
        username: str | None = None,
        password: str | None = None,
        *,
        url: str | None = None,
        timeout: float | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        verify: Any = True,
        proxy: str | None = None,
        transport: Any = None,
        compress: bool = False,
        checks: Checks = "default",
        max_in_flight: int | None = 2,
        retries: Retry | int | None = 3,
        server: Flavour | ServerInfo | None = None,
        max_response: int | None = 2 << 30,
        on_request: Callable[[Outgoing], None] | None = None,
        on_response: Callable[[Outgoing, Incoming, float], None] | None = None,
    ) -> None:
        """Nothing is sent before the first call.

        - `host`, `port`: where the server is; `":local:"` as the host is the embedded one, in this process.
        - `baseurl`: the address with `/sdapi/v1`, as webuiapi 0.9 wants it.
        - `sampler`, `scheduler`, `steps`: sent with generations that say none; None leaves them to the server.
        - `use_https`: for `host` and `port`.
        - `username`, `password`: as the server's `--api-auth`.
        - `url`: the address in one piece, with or without `user:password@`, a path prefix, `/sdapi/v1`. Without any
          address and credentials, `WEBUIAPI_URL` and `WEBUIAPI_AUTH` of the environment are used.
        - `timeout`: seconds that a whole call may take, generations included, or a `Timeout`. By default 60 for
          ordinary calls, and no limit for those that paint.
        - `headers`: sent with every call.
        - `verify`: False trusts any certificate; a path is a file of trusted ones; or an `ssl.SSLContext`.
        - `proxy`: URL of a proxy; None follows the environment except for this machine, "" uses none.
        - `transport`: what carries the calls, in place of urllib3 or aiohttp.
        - `compress`: ask for compressed answers, for slow links.
        - `checks`: `"default"`, `"strict"`, `"warn"` or `"off"`: what becomes of wrong values before they are sent.
        - `max_in_flight`: how many generations are under way at a time, the others wait here; None for no limit.
        - `retries`: attempts for what is safe to repeat, or a `Retry`; None for one.
        - `server`: which server it is (`"forge"`, a `ServerInfo`), where that is known; else it is found out.
        - `max_response`: bytes of an answer from which on it is refused; None for no limit.
        - `on_request`, `on_response`: called with each HTTP call, and with its answer and the seconds it took.
        """
        given_host, given_port = None if host is _NO_HOST else host, None if port is _NO_PORT else port
        if not any((given_host, given_port, url, baseurl)) and os.environ.get("WEBUIAPI_URL") == IN_PROCESS:
            given_host = IN_PROCESS
        local = IN_PROCESS in (given_host, url, baseurl)
        self.local = local
        self._address, credentials = chosen_address(
            host=given_host, port=given_port, baseurl=baseurl, url=url, use_https=use_https,
            username=username, password=password,
        )  # fmt: skip
        self.default_sampler = sampler
        """Sent with generations that name no sampler; None leaves it to the server."""
        self.default_scheduler = scheduler
        """Sent with generations that name no scheduler; None leaves it to the server."""
        self.default_steps = steps
        """Sent with generations that say no steps; None leaves them to the server."""
        self.timeout = _timeout(timeout)
        self.compress = compress
        self.checks: Checks = check_level(checks)
        """How much is said about requests before they are sent: "default", "strict", "warn" or "off"."""
        self.gate = Gate(max_in_flight)
        """How many generations are under way at a time; the rest wait here."""
        self.retries = retry_of(retries)
        """How often what is safe to repeat is tried, and how soon."""
        self.max_response = max_response
        """Bytes of an answer from which on it is refused; None for no limit."""
        self.on_request = on_request
        """Called with each HTTP call before it is sent."""
        self.on_response = on_response
        """Called with each HTTP call, its answer, and the seconds it took."""
        self.session = Session(self._address, credentials, headers, verify, proxy)
        """Headers, credentials, certificates and proxies, to look at and to change."""
        self._facts: dict[str, Any] = {}  # what operations have found out about the server
        if server is not None:  # nothing has to be found out
            self._facts["server"] = known_server(server)
        self._transport = transport if transport is not None else self._make_transport(local)

    def _make_transport(self, local: bool) -> Any:
        raise NotImplementedError

    @property
    def url(self) -> str:
        """The server's address, without credentials."""
        return IN_PROCESS if self.local else self._address.root

    @property
    def baseurl(self) -> str:
        """The address of the API, as webuiapi 0.9 calls it: `http://host:port/sdapi/v1`."""
        return f"{self._address.root}/sdapi/v1"

    def set_auth(self, username: str, password: str) -> None:
        """Use these credentials from now on. Nothing is sent."""
        self.session.set_auth(username, password)

    def perform(self, build: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a method of the table does: make the request or the operation, and run it."""
        if args or "use_async" in kwargs or "use_deprecated_controlnet" in kwargs:
            from .. import compat

            if compat.is_old(build, args, kwargs):
                return compat.call(self, build, args, kwargs)
        return self._perform(build, args, kwargs)

    def _perform(self, build: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.run(build(*args, **kwargs))

    def run(self, work: Any) -> Any:
        """Send a request, or drive an operation to its end."""
        raise NotImplementedError

    def forget(self) -> None:
        """Forget what was found out about the server (which it is, its lists): it is asked again when needed."""
        self._facts.clear()

    def get_endpoint(self, endpoint: str, baseurl: bool) -> str:
        """The URL of a path below the server's address, or below /sdapi/v1 with `baseurl`. Nothing is sent."""
        return self._address.root + endpoint_path(endpoint, baseurl)

    def post_and_get_api_result(self, url: str, json: Any, use_async: bool = False) -> Any:
        """What webuiapi 0.9 offered below its methods: POST to a URL of this server. `custom_post` takes a path."""
        from .. import compat

        return compat.post(self, url, json, use_async)

    def async_post(self, url: str, json: Any) -> Coroutine[Any, Any, Any]:
        """The same as `post_and_get_api_result` with `use_async`, as a coroutine."""
        from .. import compat

        return compat.async_post(self, url, json)

    def get_artists(self) -> NoReturn:
        """Gone: no server has had it since 2023."""
        raise NotSupported("get_artists: the webui dropped its list of artists in 2023, and no server has one")

    def get_artist_categories(self) -> NoReturn:
        """Gone: no server has had it since 2023."""
        raise NotSupported(
            "get_artist_categories: the webui dropped its list of artists in 2023, and no server has one"
        )

    def with_options(
        self,
        *,
        timeout: float | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        compress: bool | None = None,
        checks: Checks | None = None,
        retries: Retry | int | None = None,
    ) -> Self:
        """A light copy of this client with other settings, on the same connections. `headers` come on top."""
        other = copy.copy(self)
        if timeout is not None:
            other.timeout = _timeout(timeout)
        if compress is not None:
            other.compress = compress
        if checks is not None:
            other.checks = check_level(checks)
        if retries is not None:
            other.retries = retry_of(retries)
        other.session = self.session.with_headers(headers or {})
        return other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    # -- the way to the wire and back

    def _with_defaults(self, request: Request[R]) -> Request[R]:
        defaults = ClientDefaults(self.default_sampler, self.default_scheduler, self.default_steps)
        which = self._facts.get("server")
        if which is not None and not which.webui_names:  # has other samplers than the client's default
            defaults = ClientDefaults(steps=self.default_steps)
        return request.with_defaults(defaults)

    def _check(self, request: Request[Any]) -> None:
        """Say what is wrong with a request as `checks` wants it, before anything is asked or sent."""
        if not isinstance(request, Request):
            raise TypeError(f"{request!r:.60} is no request: pass one, as in submit(Txt2Img(...))")
        report(self._with_defaults(request).problems(), self.checks)

    def _outgoing(self, request: Request[Any], hurry: bool = False) -> Outgoing:
        """The HTTP call for a request. Raises `TypeError` or `ValueError` for what cannot be sent."""
        request = self._with_defaults(request)
        query = request.query()
        address = request.destination(self._address)
        path = quote(address.prefix + request.path, safe=string.punctuation)
        target = path + (f"?{urlencode(query)}" if query else "")
        headers = {
            "User-Agent": f"webuiapi/{__version__}",
            "Accept": "application/json, */*",
            "Accept-Encoding": "gzip, deflate" if self.compress else "identity",
        }
        pieces: Any = ()
        if request.method != "GET":
            payload = request.payload()
            length = 0
            if payload is not None:
                from .. import wire
                from ..images import convert

                body = wire.encode(payload, convert)
                pieces, length = body.pieces, body.length
                headers["Content-Type"] = "application/json"
            headers["Content-Length"] = str(length)
        if address == self._address:
            headers = merged(headers, self.session.for_wire())
        timeout = self.timeout or (EXAMINATION if request.examines else GENERATION if request.slow else ORDINARY)
        if hurry:
            timeout = Timeout(LAST_WORDS, None, LAST_WORDS)
        settings = self.session.settings(address.scheme)
        return Outgoing(
            request.method, address, target, headers, pieces, timeout, settings,
            max_response=self.max_response, arriving=self._reader(request), to_disk=request.to_files is not None,
        )  # fmt: skip

    def _reader(self, request: Request[Any]) -> Callable[[], Arriving] | None:
        """What reads a large answer with pictures while it arrives. A hook of the caller's gets the answer whole."""
        template = request.to_files
        if template is not None:
            from ..disk import FileSink, folder_for

            folder = folder_for(template)
        if not request.reads_arriving or self.on_response is not None:
            return None
        from ..arriving import Arriving

        return Arriving if template is None else lambda: Arriving(lambda: FileSink(folder))

    # -- around an exchange

    def _finding(self, fact: Remember[R]) -> Flow[R]:
        """Find what is not known yet, and keep it where it may be kept."""
        try:
            found = yield from fact.find()
        except NotKept as passing:
            return cast("R", passing.value)
        self._facts[fact.key] = found
        return found

    def _bar(self, work: Any, on_progress: OnProgress | None, progress: bool | None) -> Bar | None:
        """What shows how far it is, where that is wanted and somebody would see it."""
        wanted = getattr(work, "progress", None) if progress is None else progress
        if not wanted:
            return None
        if not isinstance(work, Request):
            raise TypeError("progress is for a request, not for an operation of several calls")
        from ..bars import bar_for

        bar = bar_for(work.path.rpartition("/")[2])
        if bar is not None:
            bar.also = on_progress
        return bar

    def _flow(self, work: Request[R] | Flow[R], on_progress: OnProgress | None) -> Flow[R]:
        if not isinstance(work, (Request, Generator)):
            raise TypeError(f"{work!r:.60} is no request: pass one, as in run(Txt2Img(...)), or an operation")
        if on_progress is None:
            return iter(work)
        if not isinstance(work, Request):
            raise TypeError("on_progress is for a request, not for an operation of several calls")
        self._check(work)
        from ..jobs import run_watched

        return run_watched(work, on_progress, self._alone, previews=getattr(on_progress, "previews", False))

    def _alone(self) -> bool:
        """Whether no more than one generation of this client is under way."""
        return self.gate.at_work <= 1

    def _halt(self, job: JobCore[Any]) -> Flow[None]:
        from ..jobs import stop

        return stop(job, self._alone)

    def _reviewed(self, request: Request[R], result: R) -> R:
        """The result, with what speaks for something having been ignored said as `checks` wants it."""
        if self.checks != "off":
            for text in request.review(result):
                if self.checks == "strict":
                    raise UnexpectedResult(text, result)
                from ..extensions.base import SilentlyIgnored

                warnings.warn(text, SilentlyIgnored, stacklevel=users_level())
        return result

    def _result(self, request: Request[R], call: Outgoing, incoming: Incoming) -> R:
        """The result of an answer. Raises `StatusError` or `AnswerError`."""
        if incoming.status >= 300 and not request.examines:
            error = error_for(call, incoming)
            which = self._facts.get("server")
            if isinstance(error, NotFound) and which is not None and which.flavour not in ("a1111", "unknown"):
                error.hint = f"The server is {which.name}, which has no such endpoint."
            raise error
        answer = Answer(incoming.status, incoming.headers, incoming.body, call.method, call.url, incoming.arriving)
        result = request.parse(answer)
        if request.generation:
            self._learn(result)
        if request.to_files is not None:
            from ..disk import keep

            keep(cast("Any", result), request.to_files)
        return result

    def _learn(self, result: Any) -> None:
        """Keep what a result says about the server beside its pictures: its version."""
        known = self._facts.get("server")
        if known is not None:
            self._facts["server"] = told_by(getattr(result, "info", None), known)


def _timeout(timeout: float | Timeout | None) -> Timeout | None:
    if timeout is None or isinstance(timeout, Timeout):
        return timeout
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"timeout={timeout!r} must be a number of seconds or a Timeout")
    return Timeout(connect=min(10.0, timeout) if timeout > 0 else timeout, total=timeout)
