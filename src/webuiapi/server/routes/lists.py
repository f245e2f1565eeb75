"""What is installed: the lists, and the few calls that read them anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..routing import Call, route

_API = "/sdapi/v1/"


def _list(name: str, read: Callable[[Call], Any], **how: Any) -> None:
    read.__doc__ = f"What is installed: {name}."
    route("GET", _API + name, **how)(read)


_list("samplers", lambda call: call.state.catalog.samplers)
_list("schedulers", lambda call: call.state.catalog.schedulers)
_list("upscalers", lambda call: call.state.catalog.upscalers)
_list("latent-upscale-modes", lambda call: call.state.catalog.latent_upscale_modes)
_list("sd-models", lambda call: call.state.checkpoints)
_list("sd-vae", lambda call: call.state.catalog.vaes)
_list("hypernetworks", lambda call: call.state.trained.hypernetworks)
_list("face-restorers", lambda call: call.state.catalog.face_restorers)
_list("realesrgan-models", lambda call: call.state.catalog.data["realesrgan-models"])
_list("prompt-styles", lambda call: call.state.styles)
_list("embeddings", lambda call: call.state.trained.embeddings)
_list("scripts", lambda call: call.state.catalog.scripts)
_list("script-info", lambda call: call.state.script_info)
_list("extensions", lambda call: call.state.catalog.data["extensions"])
_list("loras", lambda call: call.state.catalog.loras, auth=False)


@route("GET", _API + "memory")
def memory(call: Call) -> Any:
    """Figures of the catalogue: a server that paints with a stand-in has none of its own worth showing."""
    return call.state.catalog.data["memory"]


@route("POST", _API + "refresh-checkpoints", locked=True)
@route("POST", _API + "refresh-vae", locked=True)
@route("POST", _API + "refresh-embeddings", locked=True)
@route("POST", _API + "refresh-loras", auth=False)
def refresh(_: Call) -> None:
    """Nothing on a disk to be read anew: the catalogue is what it is."""
