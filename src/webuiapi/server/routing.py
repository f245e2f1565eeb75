"""The table of endpoints, and the decorator that fills it.

    @route("GET", "/sdapi/v1/samplers")
    def samplers(call: Call) -> Any:
        return call.state.catalog.samplers

Every module of `webuiapi.server.routes` does so when it is imported, and so may any extension: `ROUTES` is read when an
`App` is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import App
    from .http import Request
    from .state import State


@dataclass(frozen=True)
class Call:
    """One request that has passed the checks, as its handler sees it."""

    app: App
    request: Request
    fields: dict[str, Any]
    """The fields of the body and the query, coerced, with defaults, in the order of the model."""
    given: frozenset[str]
    """Names of the fields that the request mentions."""

    @property
    def state(self) -> State:
        """What the server remembers."""
        return self.app.state


Handler = Callable[[Call], Any]
"""Returns plain data, which becomes a 200 of JSON, or a `Response`."""


@dataclass(frozen=True)
class Route:
    """One endpoint."""

    method: str
    path: str
    handler: Handler
    described: Mapping[str, Any] | None = None
    """What it takes and gives, in the form of the contract's data; None if that has its path."""
    locked: bool = False
    """Waits for its turn in the queue."""
    auth: bool = True
    """Wants credentials where the server has some."""
    webui: bool = False
    """Is there only with the user interface, not with `--nowebui`."""
    flag: str | None = None
    """The launch flag that it takes for the endpoint to be there."""
    extension: str | None = None
    """The name of the extension that offers it; None for the webui's own."""


ROUTES: dict[tuple[str, str], Route] = {}


def route(
    method: str,
    path: str,
    *,
    described: Mapping[str, Any] | None = None,
    locked: bool = False,
    auth: bool | None = None,
    webui: bool | None = None,
    flag: str | None = None,
    extension: str | None = None,
) -> Callable[[Handler], Handler]:
    """Enter the decorated handler into `ROUTES`. A part of the path in braces, `{id}`, takes any value.

    Without `auth` what lies under /sdapi/ is covered by `--api-auth` and nothing else is; without `webui` what does not
    lie under /sdapi/ belongs to the user interface.
    """
    under_api = path.startswith("/sdapi/")

    def enter(handler: Handler) -> Handler:
        ROUTES[method, path] = Route(
            method=method,
            path=path,
            handler=handler,
            described=described,
            locked=locked,
            auth=under_api if auth is None else auth,
            webui=not under_api if webui is None else webui,
            flag=flag,
            extension=extension,
        )
        return handler

    return enter
