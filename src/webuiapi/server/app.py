"""The embedded server without a door: one request in, one answer out, as AUTOMATIC1111 1.10.1 gives it.

It sits below serialisation: the in-process door and the socket door both call `App.handle`, and nothing else.
"""

from __future__ import annotations

import gzip
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from . import body, cors, errors, require
from .auth import Credentials, Guard
from .catalog import Catalog, CatalogSource
from .contract import check, contract
from .http import Dropped, Request, Response
from .routes import load_routes
from .routing import ROUTES, Call, Route
from .state import State

if TYPE_CHECKING:
    from types import TracebackType

    from .engine import Engine

_log = logging.getLogger("webuiapi.server")

GZIP_FROM = 1000
"""Bytes from which on an answer is compressed for those who accept it."""
GZIP_LEVEL = 6


class App:
    """A webui 1.10.1 with a painter in place of the models.

    `catalog` is what it has installed (see `Catalog`), `engine` what paints, `api_auth` as the launch flag
    (`"user:pass,user2:pass2"`) or as pairs, `step_time` the seconds that a sampling step takes besides the painting,
    `seed` where its chance starts. `nowebui` leaves out the user interface's endpoints, `without` takes extensions away
    by their names (see `webuiapi.server.extensions.extension_names`), and `saved_options=False` is a server that has
    never written its settings file.
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
    ) -> None:
        if engine is None:
            require("numpy")
        self.catalog = Catalog.of(catalog).without(without)
        self.guard = Guard(api_auth)
        self.nowebui = nowebui
        self.state = State(
            self.catalog, engine=engine, step_time=step_time, seed=seed, nowebui=nowebui, saved_options=saved_options
        )
        self.on_stop: list[Callable[[bool], None]] = []
        """Called when a request ends the server: with True if at once, False if after the running job."""
        load_routes()
        self.routes: dict[str, dict[str, Route]] = {}
        for route in ROUTES.values():
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
        """End the running job, and drop the requests that wait for their turn."""
        self.state.close()

    def handle(self, request: Request) -> Response:
        """The answer to a request. Blocks until it is there; safe to call from several threads.

        Raises `Dropped` where the real server's connection would close without an answer.
        """
        start = time.perf_counter()
        timed = True
        try:
            response = self._answer_or_refuse(request)
        except Dropped:
            raise
        except Exception as error:  # noqa: BLE001 - whatever breaks inside is an answer of its own kind
            _log.debug("%s %s broke", request.method, request.path, exc_info=True)
            response = errors.broken(error)
            timed = False
        headers = response.headers
        cors.mark(request, headers)
        if len(response.body) >= GZIP_FROM and "gzip" in request.headers.get("accept-encoding", ""):
            response.body = gzip.compress(response.body, GZIP_LEVEL)
            headers["content-encoding"] = "gzip"
            headers["vary"] = "Accept-Encoding"
        headers["content-length"] = str(len(response.body))
        if timed:
            headers["x-process-time"] = f"{time.perf_counter() - start:.4f}"
        return response

    def _answer_or_refuse(self, request: Request) -> Response:
        try:
            return cors.preflight(request) or self._answer(request)
        except errors.HTTPError as error:
            return errors.api_error(error)
        except errors.Invalid as error:
            return errors.validation_error(error)

    def _answer(self, request: Request) -> Response:
        found = self._matching(request.path)
        if not found:
            return self._without_slash(request) or errors.not_routed(404, "Not Found")
        route, names = next(((one[request.method], names) for one, names in found if request.method in one), (None, {}))
        if route is None:
            response = errors.not_routed(405, "Method Not Allowed")
            response.headers["allow"] = next(iter(found[0][0]))
            return response
        if route.auth:
            self.guard.check(request.headers.get("authorization", ""))
        fields, given = check(contract().endpoint(route.method, route.path, route.described), request)
        fields.update(names)
        with self.state.turnstile if route.locked else nullcontext():
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
                names = {
                    ours[1:-1]: part for ours, part in zip(template, parts, strict=True) if ours.startswith("{")
                }
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
