"""What a browser is told about calls from other origins: on a server that allows none of them, no."""

from __future__ import annotations

from .http import Request, Response

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def preflight(request: Request) -> Response | None:
    """The answer to a browser that asks whether it may, None to any other request."""
    wanted = request.headers.get("access-control-request-method")
    if request.method != "OPTIONS" or wanted is None or "origin" not in request.headers:
        return None
    refused = ["origin"] if wanted in METHODS else ["origin", "method"]
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "vary": "Origin",
        "access-control-allow-methods": ", ".join(METHODS),
        "access-control-allow-credentials": "true",
        "access-control-max-age": "600",
    }
    asked = request.headers.get("access-control-request-headers")
    if asked is not None:
        headers["access-control-allow-headers"] = asked
    return Response(400, headers, f"Disallowed CORS {', '.join(refused)}".encode())


def mark(request: Request, headers: dict[str, str]) -> None:
    """Add what stands on every answer to a request that names its origin."""
    if "origin" in request.headers:
        headers["access-control-allow-credentials"] = "true"
