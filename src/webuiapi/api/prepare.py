"""What a generation needs to know of the server before it can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import NotSupported
from ..extensions.base import units_of
from ..extensions.join import join
from ..request import Flow, replaced, said
from ..server_info import server as which_server
from .forms import changes_for
from .known import checkpoint, vae
from .naming import known_names
from .sampling import named

if TYPE_CHECKING:
    from ..server_info import ServerInfo
    from .generate import Generation

G = TypeVar("G", bound="Generation")


def prepare(request: G) -> Flow[G]:
    """The operation that gives the request to be sent: overrides and units resolved, in the form of this server."""
    said(request)  # refuses what JSON has no form for, before anything is asked
    which = yield from which_server()
    units = units_of(request)
    if units or request.script_name:  # the units stay in the request: they are never sent, and checked with the rest
        changes = yield from join(request, units, request.path.rpartition("/")[2])
        request = replaced(request, **changes)
    changes = yield from known_names(request, which)
    request = replaced(request, **changes) if changes else request
    if any(getattr(request, name) is not None for name in _OVERRIDES):
        request = yield from _overridden(request, which)
    changes = yield from named(request, which)
    request = replaced(request, **changes) if changes else request
    changes = yield from changes_for(which, request)
    return replaced(request, **changes) if changes else request


_OVERRIDES = ("model", "vae", "clip_skip", "refiner")
_CANNOT = {
    "koboldcpp": {"model", "vae", "clip_skip", "refiner"},
    "sdcpp": {"model", "vae", "refiner"},
    "drawthings": {"vae", "refiner"},
}
"""Overrides that a relative ignores or refuses: its model is the one that it was started with."""


def _overridden(request: G, which: ServerInfo) -> Flow[G]:
    """The request with its overrides in the place where this server looks for them."""
    for name in _OVERRIDES:
        if getattr(request, name) is not None and name in _CANNOT.get(which.flavour, ()):
            raise NotSupported(
                f"{name}={getattr(request, name)!r}: {which.name} can't change it for a call; leave it out"
            )
    settings: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    changes: dict[str, Any] = dict.fromkeys(_OVERRIDES)
    if request.model is not None and which.flavour == "drawthings":
        fields["model"] = request.model
    elif request.model is not None:
        settings["sd_model_checkpoint"] = yield from checkpoint(request.model)
    if request.vae is not None:
        settings.update((yield from vae(request.vae)))
    if request.clip_skip is not None and which.flavour in ("sdcpp", "drawthings"):
        fields["clip_skip"] = request.clip_skip
    elif request.clip_skip is not None:
        settings["CLIP_stop_at_last_layers"] = request.clip_skip
    if request.refiner is not None:
        if request.refiner_checkpoint is not None:
            raise ValueError("refiner= and refiner_checkpoint= are both given: give one of the two")
        changes["refiner_checkpoint"] = yield from checkpoint(request.refiner)
    given = dict(request.override_settings or {})
    for name in settings.keys() & given.keys():
        raise ValueError(f"override_settings[{name!r}] is given, and a parameter for the same: give one of the two")
    if settings:
        changes["override_settings"] = {**given, **settings}
    if fields:
        changes["extra"] = {**fields, **(request.extra or {})}
    return replaced(request, **changes)
