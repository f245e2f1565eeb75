"""The bodies in which the relatives of A1111 say that something went wrong."""

from __future__ import annotations

from typing import Any

from .. import body
from ..errors import HTTPError, Invalid, api_error, text_of
from ..http import Response
from .table import Forms

_HTML = {"content-type": "text/html"}
_KOBOLD_NOWHERE = "Error: KoboldCpp HTTP Server is running, but this endpoint does not exist. Please check the URL."


def _empty(method: str, status: int, detail: str) -> Response:
    """Neither path nor method are told apart, and nothing is said."""
    del method, status, detail
    return Response(404)


def _field_errors(error: Invalid) -> str:
    """Entries as one sentence, for servers that do not list them."""
    return "; ".join(f"{'.'.join(map(str, entry['loc'][1:]))}: {entry['msg']}" for entry in error.errors)


# --- Forge: FastAPI's own, since the code that makes A1111's is switched off


def _forge_api(error: HTTPError) -> Response:
    response = body.json_response({"detail": error.detail}, status=error.status)
    if error.status == 401:
        response.headers["www-authenticate"] = "Basic"
    return response


def _forge_broken(error: Exception) -> Response:
    kind, text = type(error).__name__, text_of(error)
    return body.json_response({"error": kind, "detail": "", "body": "", "message": text}, status=500)


FORGE = Forms(api_error=_forge_api, broken=_forge_broken)

# --- SD.Next


def _sdnext(status: int, kind: str, detail: Any, text: str) -> Response:
    answer = {"error": kind, "code": status, "detail": detail, "body": "", "errors": text}
    return body.json_response(answer, status=status)


SDNEXT = Forms(
    api_error=lambda error: _sdnext(error.status, "HTTPException", error.detail, f"{error.status}: {error.detail}"),
    broken=lambda error: _sdnext(500, type(error).__name__, "", text_of(error)),
)

# --- KoboldCpp


def _kobold(status: int, text: str) -> Response:
    kind = "service_unavailable" if status == 503 else "bad_input"
    return body.json_response({"detail": {"msg": text, "type": kind}}, status=status)


def _kobold_not_routed(method: str, status: int, detail: str) -> Response:
    del status, detail
    if method in ("HEAD", "OPTIONS"):
        return Response(200, dict(_HTML))
    return Response(404, dict(_HTML), _KOBOLD_NOWHERE.encode() if method == "GET" else b"")


KOBOLDCPP = Forms(
    api_error=lambda error: _kobold(error.status, error.detail),
    invalid=lambda error: _kobold(500, _field_errors(error)),
    broken=lambda error: _kobold(500, text_of(error)),
    not_routed=_kobold_not_routed,
)

# --- stable-diffusion.cpp

SDCPP = Forms(
    api_error=lambda error: body.json_response({"error": error.detail}, status=error.status),
    invalid=lambda error: body.json_response({"error": _field_errors(error)}, status=400),
    broken=lambda error: body.json_response({"error": "server_error", "message": text_of(error)}, status=500),
    not_routed=_empty,
)

# --- Draw Things: always the same status


def _drawthings(text: str) -> Response:
    return api_error(HTTPError(422, text))


DRAWTHINGS = Forms(
    api_error=lambda error: _drawthings(error.detail),
    invalid=lambda error: _drawthings(_field_errors(error)),
    broken=lambda error: _drawthings(text_of(error)),
    not_routed=_empty,
)
