"""What a running server has installed, as a catalogue: with it the embedded server is a twin of that one.

    webuiapi.server.save_snapshot("http://gpu-box:7860", "gpu-box.json")
    webuiapi.server.serve(catalog="gpu-box.json")

`take_snapshot` is the operation for either colour of the client: `await api.run(take_snapshot())`.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from .checks import users_level
from .errors import NotFound, ServerError
from .request import Flow
from .saving import write_new
from .server_info import Probe
from .server_info import server as which_server
from .wording import path_text

if TYPE_CHECKING:
    from .client import WebUIApi

_LISTS = (
    "cmd-flags", "embeddings", "extensions", "face-restorers", "hypernetworks", "latent-upscale-modes", "loras",
    "memory", "options", "prompt-styles", "realesrgan-models", "samplers", "schedulers", "script-info", "scripts",
    "sd-models", "sd-modules", "sd-vae", "upscalers",
)  # fmt: skip
_LISTS_OF_EXTENSIONS = (
    "adetailer/v1/ad_model", "controlnet/control_types", "controlnet/model_list", "controlnet/module_list",
    "controlnet/settings", "reactor/facemodels", "reactor/models", "roop/models", "tagger/v1/interrogators",
)  # fmt: skip
ENDPOINTS = {**{name: f"/sdapi/v1/{name}" for name in _LISTS}, **{name: f"/{name}" for name in _LISTS_OF_EXTENSIONS}}
"""The endpoints that say what is installed, by the names under which a catalogue has their answers."""
_UNNAMED = ("a1111", "unknown")
"""Flavours that a catalogue does not name: without a name it is A1111's."""
_SECRET_FLAG = re.compile(r"(^|_)(auth|password|token|secret|ngrok)($|_(?!path|file|region))")
_SECRET_OPTION = re.compile(r"(^|_)(password|token|secret|api_?key)$")


def take_snapshot() -> Flow[dict[str, Any]]:
    """The catalogue of a server. Lists that it does not have, or cannot give, are left out; passwords are taken out."""
    which = yield from which_server()
    found: dict[str, Any] = {} if which.flavour in _UNNAMED else {"flavour": which.flavour}
    for name, path in ENDPOINTS.items():
        try:
            found[name] = yield from Probe(path)
        except NotFound:
            continue
        except ServerError as error:
            warnings.warn(f"the snapshot has no {name}: {error}", stacklevel=users_level())
    return _without_secrets(found)


def snapshot(server: WebUIApi | str) -> dict[str, Any]:
    """The catalogue of a running server, by its address or asked by a client. See `take_snapshot`."""
    if not isinstance(server, str):
        return server.run(take_snapshot())
    from .client import WebUIApi

    with WebUIApi(url=server) as api:
        return api.run(take_snapshot())


def write_snapshot(catalog: Mapping[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write a catalogue into a file, over one that is there, whole or not at all; its path."""
    path = path_text(path, "path")
    text = orjson.dumps(catalog, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return write_new(Path(path), text, overwrite=True)


def save_snapshot(server: WebUIApi | str, path: str | os.PathLike[str]) -> Path:
    """Take a snapshot of a running server and write it into a file."""
    path = path_text(path, "path")  # before the server is asked
    return write_snapshot(snapshot(server), path)


def _without_secrets(catalog: dict[str, Any]) -> dict[str, Any]:
    flags, options = catalog.get("cmd-flags"), catalog.get("options")
    if isinstance(flags, dict):
        catalog["cmd-flags"] = {
            name: _emptied(value) if _SECRET_FLAG.search(name) else value for name, value in flags.items()
        }
    if isinstance(options, dict):
        catalog["options"] = {
            name: "" if isinstance(value, str) and _SECRET_OPTION.search(name) else value
            for name, value in options.items()
        }
    return catalog


def _emptied(value: Any) -> Any:
    """What is left of the value of a flag that holds a secret."""
    if isinstance(value, bool):
        return value
    return {} if isinstance(value, dict) else None
