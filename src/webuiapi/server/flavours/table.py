"""What a flavour is: a table of facts in which a kind of server differs from A1111, which is the table without any.

The embedded server reads the table where it makes its routes, checks a request and says that something went wrong; no
handler asks which flavour it runs under. What cannot be said as a value is a small function (a *turn*) around the
handler of an endpoint, named in the table.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from .. import errors
from ..catalog import Catalog
from ..coerce import PYDANTIC_1, Dialect
from ..contract import Contract, Endpoint, check, contract
from ..http import Request, Response
from ..routing import Call, Handler, Route

API = "/sdapi/v1/"

Turn: TypeAlias = Callable[[Call, Handler], Any]
"""Called in place of a handler, which it is given: it may change the call before, the answer after, or refuse."""
Check: TypeAlias = Callable[[Endpoint, Request], "tuple[dict[str, Any], frozenset[str]]"]
"""The fields of a request, and which of them it mentions."""
Read: TypeAlias = Callable[[Any], Any]
"""A list as this flavour shows it, in the form that A1111 shows."""


def _not_routed(method: str, status: int, detail: str) -> Response:
    del method
    return errors.not_routed(status, detail)


@dataclass(frozen=True)
class Forms:
    """The bodies in which a server says that something went wrong."""

    api_error: Callable[[errors.HTTPError], Response] = errors.api_error
    """An error of the API's own."""
    invalid: Callable[[errors.Invalid], Response] = errors.validation_error
    """Fields that are missing or of the wrong type."""
    broken: Callable[[Exception], Response] = errors.broken
    """Anything that breaks inside."""
    not_routed: Callable[[str, int, str], Response] = _not_routed
    """No such path (404), or not with this method (405): from the method, the status and the sentence of A1111."""


@dataclass(frozen=True)
class Body:
    """How the body of an endpoint differs from A1111's."""

    fields: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """By name: what is different about a field, or a field of its own; None where there is no such field."""
    whole: bool = False
    """There are no other fields than these."""
    names: Mapping[str, list[str]] = field(default_factory=dict)
    """Other names of fields."""

    def of(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields, from A1111's."""
        found = {} if self.whole else dict(fields)
        for name, change in self.fields.items():
            if change is None:
                found.pop(name, None)
            else:
                found[name] = {"required": False, "nullable": False, **fields.get(name, {}), **change}
        return found


@dataclass(frozen=True)
class Auth:
    """What is asked for a password."""

    guards: Literal["api", "everything", "nothing"] = "api"
    """`api` is what `--api-auth` covers on A1111."""
    wrong: str = "Incorrect username or password"
    """Said to those who have the wrong one."""


@dataclass(frozen=True)
class Line:
    """How many may wait for their turn before others are sent away."""

    most: int
    detail: str
    """Said to those who are sent away, with a 503."""


@dataclass(frozen=True)
class Flavour:
    """One kind of server. The defaults are A1111's."""

    name: str
    title: str
    """Its name and the version it stands for."""
    version: str = "v1.10.1"
    """As `info` says it."""
    marks: Mapping[str, str | None] = field(default_factory=lambda: {"Version": "v1.10.1"})
    """What infotexts say about the server; None for what they do not say at all."""

    # endpoints
    only: frozenset[str] | None = None
    """Of A1111's paths it has only these; None is all, those of extensions included."""
    lacks: frozenset[str] = frozenset()
    """Paths, or methods and paths, that it does not have."""
    flags: Mapping[str, str] = field(default_factory=dict)
    """The launch flag that it takes for a path to be there."""
    adds: tuple[Route, ...] = ()
    """What it has besides, or instead."""
    turns: Mapping[str, tuple[Turn, ...]] = field(default_factory=dict)
    """By method and path, the outermost first; those under "*" are around all the others, everywhere."""
    slash: Literal["redirected", "accepted", "unknown"] = "redirected"
    """What becomes of a path with a slash at its end."""

    # requests
    bodies: Mapping[str, Body] = field(default_factory=dict)
    """By path, of POST."""
    dialect: Dialect = PYDANTIC_1
    check: Check = check
    typed_options: bool = True
    """GET options shows them by the types of their defaults."""

    # answers
    forms: Forms = field(default_factory=Forms)
    headers: Mapping[str, str] = field(default_factory=dict)
    """On every answer."""
    process_time: bool = True
    """`X-Process-Time` is on every answer."""
    gzip_from: int | None = 1000
    """Bytes from which on an answer is compressed for those who accept it; None is never."""
    cors: bool = True
    """Browsers that ask for calls from other origins are refused as A1111 does."""

    # who may, and who waits
    auth: Auth = field(default_factory=Auth)
    line: Line | None = None
    tasks: bool = True
    """Requests are tasks that can be asked for."""

    # what is installed
    installs: Mapping[str, Any] = field(default_factory=dict)
    """What is in its catalogue unless that says otherwise, in A1111's form; options are those that differ."""
    reads: Mapping[str, Read] = field(default_factory=dict)
    """How lists of a catalogue that are in its own form become A1111's."""

    @functools.cached_property
    def contract(self) -> Contract:
        """What its endpoints take."""
        base = contract()
        if not self.bodies and self.dialect is PYDANTIC_1 and self.typed_options:
            return base
        paths = dict(base.data["paths"])
        for path, body in self.bodies.items():
            post = paths.get(path, {}).get("POST", {})
            described = post.get("body") or {"type": "object", "content_type": "application/json", "required": True}
            changed = {**described, "fields": body.of(described.get("fields", {})), "names": body.names}
            paths[path] = {**paths.get(path, {}), "POST": {**post, "body": changed}}
        if not self.typed_options:
            options = paths[f"{API}options"]
            shown = {**options["GET"]["response"], "fields": {}}
            paths[f"{API}options"] = {**options, "GET": {**options["GET"], "response": shown}}
        return Contract({**base.data, "paths": paths}, self.dialect)

    def catalog(self, catalog: Catalog) -> Catalog:
        """The catalogue that the server works with, in A1111's form."""
        if not self.installs and not self.reads:
            return catalog
        default = Catalog().data
        data = {name: value for name, value in catalog.data.items() if name in catalog.given}
        for name, read in self.reads.items():
            if name in data:
                data[name] = read(data[name])
        merged = {**self.installs, **data}
        options = {**default["options"], **self.installs.get("options", {}), **data.get("options", {})}
        if not self.typed_options:
            options = contract().untyped_options(options)
        return Catalog({**merged, "options": options})

    def routes(self, routes: Iterable[Route]) -> list[Route]:
        """What it offers, from what A1111 does."""
        kept = [self._flagged(route) for route in routes if self._has(route)]
        own = {(route.method, route.path) for route in self.adds}
        offered = [route for route in kept if (route.method, route.path) not in own] + list(self.adds)
        return [self._turned(self._guarded(route)) for route in offered]

    def _has(self, route: Route) -> bool:
        if self.only is not None and route.path not in self.only:
            return False
        return route.path not in self.lacks and f"{route.method} {route.path}" not in self.lacks

    def _flagged(self, route: Route) -> Route:
        return replace(route, flag=self.flags[route.path]) if route.path in self.flags else route

    def _guarded(self, route: Route) -> Route:
        guards = self.auth.guards
        return route if guards == "api" else replace(route, auth=guards == "everything")

    def _turned(self, route: Route) -> Route:
        handler = route.handler
        for turn in reversed((*self.turns.get("*", ()), *self.turns.get(f"{route.method} {route.path}", ()))):
            handler = _around(turn, handler)
        return route if handler is route.handler else replace(route, handler=handler)


def _around(turn: Turn, handler: Handler) -> Handler:
    @functools.wraps(handler)
    def turned(call: Call) -> Any:
        return turn(call, handler)

    return turned
