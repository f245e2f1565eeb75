"""The forms in which the webui says that something went wrong."""

from __future__ import annotations

from typing import Any

from . import body
from .http import Response


class HTTPError(Exception):
    """An error that the API raises itself: a status and a sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Invalid(Exception):
    """The request does not have the form that the endpoint wants; `errors` are entries as pydantic 1 writes them."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(f"{len(errors)} validation errors")
        self.errors = errors


class ValidationError(ValueError):
    """A value inside the server does not have its type. Named so because the class name stands in the answer."""


def api_error(error: HTTPError) -> Response:
    """An error of the API's own."""
    return body.json_response(
        {"error": "HTTPException", "detail": error.detail, "body": "", "errors": ""}, status=error.status
    )


def validation_error(error: Invalid) -> Response:
    """Fields that are missing or of the wrong type."""
    return body.json_response({"detail": error.errors}, status=422)


def text_of(error: Exception) -> str:
    """The text of an exception, escaped where UTF-8 cannot hold it."""
    return str(error).encode("utf-8", "backslashreplace").decode("utf-8")


def broken(error: Exception) -> Response:
    """Anything that breaks inside: the class and the text of the exception."""
    return body.json_response(
        {"error": type(error).__name__, "detail": "", "body": "", "errors": text_of(error)},
        status=500,
    )


def not_routed(status: int, detail: str) -> Response:
    """No such path, or not with this method."""
    return body.json_response({"detail": detail}, status=status)
