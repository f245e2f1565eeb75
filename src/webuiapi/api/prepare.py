"""What a generation needs to know of the server before it can be sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import NotFound, UnknownName
from ..extensions.base import Unit, units_of
from ..extensions.join import join
from ..names import find_model, find_name
from ..request import Flow, Remember, replaced
from ..server_info import server as which_server
from .forms import changes_for
from .lists import GetSDModels, GetSDModules, GetSDVae, SDModel

if TYPE_CHECKING:
    from .generate import Generation

G = TypeVar("G", bound="Generation")


def prepare(request: G) -> Flow[G]:
    """The operation that gives the request to be sent: overrides and units resolved, in the form of this server."""
    units = units_of(request)
    overrides = (request.model, request.vae, request.clip_skip, request.refiner)
    if units or request.script_name or any(value is not None for value in overrides):
        request = yield from _resolved(request, units)
    changes = yield from changes_for((yield from which_server()), request)
    return replaced(request, **changes) if changes else request


def _resolved(request: G, units: Sequence[Unit]) -> Flow[G]:
    settings: dict[str, Any] = {}
    changes: dict[str, Any] = {"model": None, "vae": None, "clip_skip": None, "refiner": None}
    if units or request.script_name:  # the units stay in the request: they are never sent, and checked with the rest
        changes.update((yield from join(request, units, request.path.rpartition("/")[2])))
    if request.model is not None:
        settings["sd_model_checkpoint"] = (yield from checkpoint(request.model)).title
    if request.vae is not None:
        settings["sd_vae"] = yield from vae(request.vae)
    if request.clip_skip is not None:
        settings["CLIP_stop_at_last_layers"] = request.clip_skip
    if request.refiner is not None:
        if request.refiner_checkpoint is not None:
            raise ValueError("refiner= and refiner_checkpoint= are both given: give one of the two")
        changes["refiner_checkpoint"] = (yield from checkpoint(request.refiner)).title
    given = dict(changes.get("override_settings") or request.override_settings or {})
    for name in settings.keys() & given.keys():
        raise ValueError(f"override_settings[{name!r}] is given, and a parameter for the same: give one of the two")
    if settings:
        changes["override_settings"] = {**given, **settings}
    return replaced(request, **changes)


def checkpoint(name: str) -> Flow[SDModel]:
    """The checkpoint that a name means. The server's list is read once, and again when it lacks the name."""
    models = yield from Remember("sd-models", lambda: iter(GetSDModels()))
    try:
        return find_model(name, models, find_closest=False)
    except UnknownName:
        models = yield from Remember("sd-models", lambda: iter(GetSDModels()), refresh=True)
        return find_model(name, models, find_closest=False)


def vae(name: str) -> Flow[str]:
    """The VAE that a name means, as the option `sd_vae` names it."""
    known = yield from Remember("sd-vae", _vaes)
    return find_name("VAE", name, ["Automatic", "None", *known])


def _vaes() -> Flow[list[str]]:
    try:
        return [item.model_name for item in (yield from GetSDVae())]
    except NotFound:  # Forge
        return [item.model_name for item in (yield from GetSDModules())]
