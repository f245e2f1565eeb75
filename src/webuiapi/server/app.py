"""The embedded server without a door: one request in, one answer out, as AUTOMATIC1111 1.10.1 or a relative gives it.

It sits below serialisation: the in-process door and the socket door both call `App.handle`, and nothing else.
"""

from __future__ import annotations

import gzip
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from . import body, cors, errors, faulty, instruments, require
from .auth import Credentials, Guard
from .catalog import Catalog, CatalogSource
from .faults import Fault, Faults, FaultSource
from .flavours import Flavour, find_flavour
from .http import Away, Dropped, Request, Response
from .limits import Limits
from .record import Received, Record
from .routes import load_routes
from .routing import ROUTES, Call, Route
from .state import State

if TYPE_CHECKING:
    from types import TracebackType

    from .engine import Engine

_log = logging.getLogger("webuiapi.server")

GZIP_LEVEL = 6


class App:
    """A webui 1.10.1, or a relative of it, with a painter in place of the models.

    `catalog` is what it has installed (see `Catalog`), `engine` what paints, `api_auth` as the launch flag
    (`"user:pass,user2:pass2"`) or as pairs, `step_time` the seconds that a sampling step takes besides the painting,
    `seed` where its chance starts. `nowebui` leaves out the user interface's endpoints, `without` takes extensions away
    by their names (see `webuiapi.server.extensions.extension_names`), and `saved_options=False` is a server that has
    never written its settings file. `flavour` is the kind of server that it is, see `webuiapi.server.flavours`; without
    one that which the catalogue names, or A1111. `faults` says what goes wrong (see `webuiapi.server.faults`), `limits`
    how much the server takes on. What is none of these is a ValueError that names it.
    """

    def __init__(
        self,
        catalog: CatalogSource | None = None,
        *,
        engine: Engine | None = None,
        api_auth: Credentials = None,
        step_time: float = 0.0,
        seed: int | None = None,
        nowebui: bool = False,
        saved_options: bool = True,
        without: Iterable[str] = (),
        flavour: str | Flavour | None = None,
        faults: FaultSource = (),
        limits: Limits | None = None,
    ) -> None:
        _check(step_time, seed, limits)
        if engine is None:
            require("numpy")
        given = Catalog.of(catalog)
        self.flavour = find_flavour(flavour or given.data.get("flavour") or "a1111")
        self.shown: dict[str, Any] = {name: given.data[name] for name in given.given}
        """Lists of the catalogue as they were given: in the flavour's own form."""
        self.catalog = self.flavour.catalog(given).without(without)
        self.guard = Guard(api_auth, self.flavour.auth)
        self.nowebui = nowebui
        self.limits = limits or Limits()
        self.faults = Faults(faults)
        self.record = Record(self.limits)
        self._new_state = partial(
            State,
            self.catalog,
            engine=engine,
            step_time=step_time,
            seed=seed,
            nowebui=nowebui,
            saved_options=saved_options,
            flavour=self.flavour,
        )
        self.state = self._new_state()
        self._renewing = threading.Lock()
        self._back: Future[None] | None = None
        self._back_at = 0.0
        self.on_stop: list[Callable[[bool], None]] = []
        """Called when a request ends the server: with True if at once, False if after the running job."""
        self.on_restart: list[Callable[[float | None, Future[None]], None]] = []
        """Called when the server goes away: for how many seconds (None is until it is let), and what lets it."""
        load_routes()
        self.routes: dict[str, dict[str, Route]] = {}
        for route in self.flavour.routes(ROUTES.values()):
            if self._offers(route):
                self.routes.setdefault(route.path, {})[route.method] = route
        self._templates = [path.split("/") for path in self.routes if "{" in path]

    def __enter__(self) -> App:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the running job, and drop the requests that wait for their turn, or because of a fault."""
        self.state.close()
        self.faults.close()

    def reset(self) -> None:
        """Back to how it was made: options, tasks, faults, record, chance. What is in flight is dropped."""
        self._renew()
        self.faults.reset()
        self.record.clear()

    def restart(self, seconds: float | None = 0.0) -> None:
        """Drop everything in flight, forget what requests have changed, and be away for so long.

        None is until `faults.release()` or `reset()`. Faults and the record stay as they are.
        """
        self._renew()
        self.faults.drop()
        self._back, self._back_at = self.faults.ticket(), math.inf if seconds is None else time.monotonic() + seconds
        for notice in self.on_restart:
            notice(seconds, self._back)

    def _renew(self) -> None:
        with self._renewing:  # the new one first: what then ends under the old one sees that it is late
            old, self.state = self.state, self._new_state()
            old.close()

    @property
    def is_away(self) -> bool:
        """It is being restarted."""
        return self._back is not None and not self._back.done() and time.monotonic() < self._back_at

    @property
    def requests(self) -> list[Received]:
        """The last requests that it has received, the oldest first."""
        return self.record.all()

    def handle(self, request: Request) -> Response:
        """The answer to a request. Blocks until it is there; safe to call from several threads.

        Raises `Dropped` where the real server's connection would close without an answer. An answer with a `delivery`
        goes out as that says, see `webuiapi.server.faults`.
        """
        return self.answer(request, self.pick(request.method, request.path))

    def pick(self, method: str, path: str) -> Fault | None:
        """What goes wrong with a request that comes in. Counts, so it is asked once for each."""
        return None if path in instruments.PATHS else self.faults.pick(method, path)

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """The answer to a request that meets this fault, or none."""
        if request.path in instruments.PATHS:
            return self._finished(request, instruments.answer(self, request))
        if self.is_away:
            raise Away("the server is being restarted")
        received = self.record.begin(request, fault.kind if fault else None)
        response = None
        try:
            response = self.carry_out(request) if fault is None else faulty.carry_out(self, request, fault)
        finally:
            self.record.end(received, response)
        response = self._finished(request, response)
        return response if fault is None else fault.finish(response)

    def carry_out(self, request: Request) -> Response:
        """The answer to a request before it is compressed. Raises `Dropped` if the server starts anew meanwhile."""
        start, state = time.perf_counter(), self.state
        timed = self.flavour.process_time
        try:
            response = self._answer_or_refuse(request)
        except Dropped:
            raise
        except Exception as error:  # noqa: BLE001 - whatever breaks inside is an answer of its own kind
            _log.debug("%s %s broke", request.method, request.path, exc_info=True)
            response = self.flavour.forms.broken(error)
            timed = False
        if state is not self.state:
            raise Dropped("the server was started anew")
        if timed:
            response.headers["x-process-time"] = f"{time.perf_counter() - start:.4f}"
        return response

    def _finished(self, request: Request, response: Response) -> Response:
        """With what stands on every answer, compressed for those who accept it."""
        flavour, headers = self.flavour, response.headers
        headers.update(flavour.headers)
        if flavour.cors:
            cors.mark(request, headers)
        large = flavour.gzip_from is not None and len(response.body) >= flavour.gzip_from
        if large and "gzip" in request.headers.get("accept-encoding", ""):
            response.body = gzip.compress(response.body, GZIP_LEVEL)
            headers["content-encoding"] = "gzip"
            headers["vary"] = "Accept-Encoding"
        headers["content-length"] = str(len(response.body))
        return response

    def _answer_or_refuse(self, request: Request) -> Response:
        try:
            refused = cors.preflight(request) if self.flavour.cors else None
            return refused or self._answer(request)
        except errors.HTTPError as error:
            return self.flavour.forms.api_error(error)
        except errors.Invalid as error:
            return self.flavour.forms.invalid(error)

    def _answer(self, request: Request) -> Response:
        flavour, path = self.flavour, request.path
        if flavour.slash == "accepted":
            path = path.rstrip("/") or "/"
        found = self._matching(path)
        if not found:
            redirected = self._without_slash(request) if flavour.slash == "redirected" else None
            return redirected or flavour.forms.not_routed(request.method, 404, "Not Found")
        route, names = next(((one[request.method], names) for one, names in found if request.method in one), (None, {}))
        if route is None:
            response = flavour.forms.not_routed(request.method, 405, "Method Not Allowed")
            if response.status == 405:
                response.headers["allow"] = next(iter(found[0][0]))
            return response
        if route.auth:
            self.guard.check(request.headers.get("authorization", ""))
        self.limits.check_body(request)
        fields, given = flavour.check(flavour.contract.endpoint(route.method, route.path, route.described), request)
        fields.update(names)
        with self.limits.in_force(), self.state.turnstile if route.locked else nullcontext():
            answer = route.handler(Call(self, request, fields, given))
        return answer if isinstance(answer, Response) else body.json_response(answer)

    def _matching(self, path: str) -> list[tuple[dict[str, Route], dict[str, str]]]:
        """The methods of the routes that a path fits, and the values of the names in theirs; the exact one first."""
        found: list[tuple[dict[str, Route], dict[str, str]]] = []
        if path in self.routes:
            found.append((self.routes[path], {}))
        parts = path.split("/")
        for template in self._templates:
            if len(template) == len(parts) and all(
                part if ours.startswith("{") else part == ours for ours, part in zip(template, parts, strict=True)
            ):
                names = {ours[1:-1]: part for ours, part in zip(template, parts, strict=True) if ours.startswith("{")}
                found.append((self.routes["/".join(template)], names))
        return found

    def _without_slash(self, request: Request) -> Response | None:
        """A redirection to the path with one slash less, if that is one."""
        path = request.path.rstrip("/")
        if path == request.path or not self._matching(path):
            return None
        scheme = request.headers.get("x-forwarded-proto", "http")
        host = request.headers.get("host", "127.0.0.1")
        query = f"?{request.query}" if request.query else ""
        return Response(307, {"location": f"{scheme}://{host}{quote(path)}{query}"})

    def _offers(self, route: Route) -> bool:
        if route.webui and self.nowebui:
            return False
        if route.extension is not None and route.extension not in self.catalog.installed:
            return False
        return route.flag is None or bool(self.catalog.flags.get(route.flag))

    def stop(self, *, at_once: bool) -> None:
        """A request wants the server to end; the doors that are open do so."""
        for notice in self.on_stop:
            notice(at_once)

    def flags(self) -> dict[str, Any]:
        """GET cmd-flags: those of the catalogue, and what this server was started with."""
        return {**self.catalog.flags, "api_auth": self.guard.text, "nowebui": self.nowebui}


def _check(step_time: Any, seed: Any, limits: Any) -> None:
    """A ValueError for arguments of a server that would fail, or do nothing, later on."""
    is_number = isinstance(step_time, (int, float)) and not isinstance(step_time, bool)
    if not is_number or not 0 <= step_time < math.inf:
        raise ValueError(f"step_time={step_time!r} must be seconds, a number from 0 on")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise ValueError(f"seed={seed!r} must be a whole number, or None for chance")
    if limits is not None and not isinstance(limits, Limits):
        raise ValueError(f"limits={limits!r} must be Limits(...)")
