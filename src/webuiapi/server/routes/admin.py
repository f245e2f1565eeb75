"""The server itself: its checkpoint, its embeddings, and its end."""

from __future__ import annotations

from typing import Any, NoReturn

from ..catalog import read_data
from ..http import Dropped, Response
from ..routing import Call, route
from ..training import call_with

_API = "/sdapi/v1/"


@route("POST", _API + "unload-checkpoint")
def unload_checkpoint(call: Call) -> dict[str, Any]:
    """Give the checkpoint's memory free."""
    call.state.unload()
    return {}


@route("POST", _API + "reload-checkpoint")
def reload_checkpoint(call: Call) -> dict[str, Any]:
    """Load it again."""
    call.state.reload()
    return {}


@route("POST", _API + "create/embedding")
def create_embedding(call: Call) -> dict[str, str]:
    """A new, empty embedding."""
    return _create(call, "embedding", call.state.trained.create_embedding)


@route("POST", _API + "create/hypernetwork")
def create_hypernetwork(call: Call) -> dict[str, str]:
    """A new, empty hypernetwork."""
    return _create(call, "hypernetwork", call.state.trained.create_hypernetwork)


def _create(call: Call, what: str, function: Any) -> dict[str, str]:
    arguments = read_data("training.json")[f"create_{what}"]
    try:
        path = call_with(function, f"create_{what}", arguments, call.fields)
    except AssertionError as error:
        return {"info": f"create {what} error: {error}"}
    return {"info": f"create {what} filename: {path}"}


@route("POST", _API + "train/embedding")
@route("POST", _API + "train/hypernetwork")
def train(call: Call) -> dict[str, str]:
    """Nothing is trained here. As there, every error is a text in a 200, and speaks of an embedding."""
    what = call.request.path.rpartition("/")[2]
    arguments = read_data("training.json")[f"train_{what}"]
    try:
        problem = call_with(
            lambda **_: "the embedded server paints, it does not train", f"train_{what}", arguments, call.fields
        )
    except TypeError as error:
        problem = str(error)
    return {"info": f"train embedding complete: filename:  error: {problem}"}


@route("POST", _API + "server-stop", flag="api_server_stop")
def server_stop(call: Call) -> Response:
    """End the server after the running job. Without the user interface nobody listens to it."""
    if not call.app.nowebui:
        call.app.stop(at_once=False)
    return Response(200, {}, b"Stopping.")


@route("POST", _API + "server-kill", flag="api_server_stop")
def server_kill(call: Call) -> NoReturn:
    """End the server at once, without an answer."""
    call.app.stop(at_once=True)
    raise Dropped("the server was killed")


@route("POST", _API + "server-restart", flag="api_server_stop")
def server_restart(_: Call) -> Response:
    """It cannot restart itself."""
    return Response(501)
