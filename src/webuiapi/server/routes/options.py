"""Options and launch flags."""

from __future__ import annotations

from typing import Any

from ..routing import Call, route


@route("GET", "/sdapi/v1/options")
def get_options(call: Call) -> dict[str, Any]:
    """All of them, typed by their defaults."""
    return call.state.options.typed()


@route("POST", "/sdapi/v1/options")
def set_options(call: Call) -> None:
    """Any subset; values are not checked."""
    call.state.set_options(call.fields)


@route("GET", "/sdapi/v1/cmd-flags")
def flags(call: Call) -> dict[str, Any]:
    """The launch flags, the password in clear text as there."""
    return call.app.flags()
