"""What can go wrong, as one tree.

    WebUIApiError (a RuntimeError)
    ├── TransportError           no whole answer arrived
    │   ├── ConnectError           nobody there: refused, unresolved, TLS refused (also a ConnectionError)
    │   │   └── AllServersAway       no server of a pool answers; `.reasons` holds why
    │   ├── ConnectionLost         the connection broke before or within the answer (also a ConnectionError)
    │   ├── AnswerTooLarge         the answer is larger than the client\'s max_response
    │   └── CallTimeout            the time allowed was up (also a TimeoutError)
    ├── StatusError              the server answered with an error status; args == (status, text)
    │   ├── BadRequest             400, 422: it refused the request (a parameter, a script, a file)
    │   ├── AuthenticationError    401, 403, 407
    │   ├── NotFound               404, 405, 501: no such endpoint here, or no such thing
    │   ├── ServerBusy             429, 503
    │   ├── GatewayError           502, 504, 52x: a proxy in between gave up
    │   └── ServerError            500 and the rest
    │       └── OutOfMemory          the graphics memory did not suffice
    ├── AnswerError              200, but not what the endpoint promises; `.content` holds the received bytes
    │   ├── NoJSON                 no JSON at all, often a login page (also a json.JSONDecodeError)
    │   └── ImageError             no picture in the answer is whole; `.result` holds what came
    ├── NotSaved                 the pictures came, and can't be written to files; `.result` holds them
    ├── ExtensionMissing         a unit's extension is not installed there; `.installed` lists what is
    ├── TaskLost                 the connection broke and the work went on; `.task_id` names it
    ├── JobCancelled             `result()` of a cancelled job; `.partial` holds what had been made
    ├── UnexpectedResult         the result differs from what was asked (with checks="strict"); `.result` holds it
    ├── NotSupported             the server (or any) does not have that call
    ├── UnknownName              the server has nothing of that name (also a ValueError); `.near` holds similar ones
    └── MissingExtra             an optional package is not installed (also an ImportError)

Wrong arguments are plain TypeError and ValueError, raised before anything is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .wording import text_of

if TYPE_CHECKING:
    from .results import Result

__all__ = [
    "AllServersAway",
    "AnswerError",
    "AnswerTooLarge",
    "AuthenticationError",
    "BadRequest",
    "CallTimeout",
    "ConnectError",
    "ConnectionLost",
    "GatewayError",
    "ImageError",
    "MissingExtra",
    "NoJSON",
    "NotFound",
    "NotSaved",
    "NotSupported",
    "OutOfMemory",
    "ServerBusy",
    "ServerError",
    "StatusError",
    "TransportError",
    "UnexpectedResult",
    "UnknownName",
    "WebUIApiError",
]


class WebUIApiError(RuntimeError):
    """Base of every error that this package raises about a call. All of them can be pickled."""

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.args, self.__dict__)


class TransportError(WebUIApiError):
    """No whole answer arrived. The error of the HTTP library is `__cause__`."""

    def __init__(self, message: str, *, method: str = "", url: str = "", may_have_begun: bool = False) -> None:
        super().__init__(message)
        self.method = method
        self.url = url
        self.may_have_begun = may_have_begun
        """The request was sent, so the server may be working on it, or have done it."""
        self.partial: Result[Any] | None = None
        """The pictures that had arrived whole when an answer broke off."""


class ConnectError(TransportError, ConnectionError):
    """No connection could be made. Nothing was sent."""


class AllServersAway(ConnectError):
    """No server of a pool answers, for longer than the pool has patience. Nothing was sent."""

    def __init__(self, reasons: Mapping[str, Exception | None]) -> None:
        said = "; ".join(f"{url}: {error or 'no reason'}" for url, error in reasons.items())
        super().__init__(f"no server of the pool answers: {said}" if said else "the pool has no servers")
        self.reasons = dict(reasons)
        """The last error of each server, by address."""


class ConnectionLost(TransportError, ConnectionError):
    """The connection broke before or within the answer."""


class AnswerTooLarge(TransportError):
    """The answer is larger than the client's `max_response`."""


class CallTimeout(TransportError, TimeoutError):
    """The time allowed was up before the answer had arrived."""


class StatusError(WebUIApiError):
    """The server answered with an error status.

    `args` is `(status, text)`, as in webuiapi 0.9.
    """

    def __init__(self, status: int, text: str, *, method: str = "", url: str = "", message: str = "", hint: str = "",
                 error: str = "", detail: Any = None, errors: str = "") -> None:  # fmt: skip
        super().__init__(status, text)
        self.status = status
        self.text = text
        """The answer's body as text."""
        self.method = method
        self.url = url
        self.message = message
        """What the server says is wrong, in one line, from whichever form its body has."""
        self.hint = hint
        """What to do about it, where that can be told."""
        self.error = error
        """The server's `error`: often the class of an exception inside it."""
        self.detail = detail
        """The server's `detail`: a text, or the list of a validation error."""
        self.errors = errors
        """The server's `errors`: often the text of an exception inside it."""

    def __str__(self) -> str:
        said = f": {self.message}" if self.message else ""
        hint = f"\n{self.hint}" if self.hint else ""
        return f"{self.method} {self.url} answered {self.status}{said}{hint}".lstrip()


class BadRequest(StatusError):
    """400 or 422: the server refused the request."""


class AuthenticationError(StatusError):
    """401, 403 or 407: credentials missing or wrong."""


class NotFound(StatusError):
    """404, 405 or 501: the server has no such endpoint, or not the thing that was asked for."""


class ServerBusy(StatusError):
    """429 or 503: too much at once."""


class GatewayError(StatusError):
    """502, 504 or 52x: a proxy in between had no answer from the server. What was asked for may have begun."""


class ServerError(StatusError):
    """500 and the like: something broke inside the server."""


class OutOfMemory(ServerError):
    """The graphics memory did not suffice."""


class AnswerError(WebUIApiError):
    """The server answered 200, but not what the endpoint promises."""

    def __init__(self, message: str, *, method: str = "", url: str = "", content: bytes = b"") -> None:
        super().__init__(message)
        self.method = method
        self.url = url
        self.content = content
        """The received body."""


class NoJSON(AnswerError, json.JSONDecodeError):
    """The answer's body is no JSON (webuiapi 0.9 raised a JSONDecodeError of requests)."""

    def __init__(self, message: str, *, method: str = "", url: str = "", content: bytes = b"") -> None:
        super().__init__(message, method=method, url=url, content=content)
        self.msg, self.doc, self.pos, self.lineno, self.colno = message, content.decode("utf-8", "replace"), 0, 1, 1


class ImageError(AnswerError):
    """No picture in the answer is whole. `result` holds everything that came."""

    result: Result[Any] | None = None


class UnexpectedResult(WebUIApiError):
    """The result is not what was asked for (raised with `checks="strict"`, a warning otherwise). `result` holds it."""

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result


class NotSupported(WebUIApiError):
    """The server does not have that call; the message says what would do instead, where something does."""


class NotSaved(WebUIApiError):
    """The pictures came, and can't be written to files. Nothing is lost: `result` holds them."""

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result: Any = result


_FEW = 12


class UnknownName(WebUIApiError, ValueError):
    """The server has nothing of that name, or several things that could be meant."""

    def __init__(
        self, kind: str, name: str, near: Sequence[str] = (), *, ambiguous: bool = False,
        known: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """`known` are all that there are: of a few, all are named where none is similar."""
        problem = f"{kind} {name!r} could mean several" if ambiguous else f"the server has no {kind} {name!r}"
        listed = ", ".join(map(repr, near))
        hint = f": {listed}" if ambiguous else f"; similar are {listed}" if near else ""
        if not near and known is not None:
            few = f": {', '.join(map(repr, known))}" if len(known) <= _FEW else ", none similar"
            hint = f" (it has {len(known)}{few})" if known else " (it has none)"
        super().__init__(problem + hint)
        self.kind = kind
        self.name = name
        self.near = list(near)
        """Those that could be meant, the likeliest first."""


class MissingExtra(WebUIApiError, ImportError):
    """A package that an optional part needs is not installed."""

    @classmethod
    def of(cls, what: str, *packages: str) -> MissingExtra:
        """The error saying that `what` needs `packages`."""
        return cls(f"{what} needs {' and '.join(packages)}: pip install {' '.join(packages)}")


def _rebuild(kind: type[WebUIApiError], args: tuple[Any, ...], state: dict[str, Any]) -> WebUIApiError:
    """An error back from a pickle: its constructor wants keywords that `args` does not hold."""
    base: Any = kind
    while base.__module__ != "builtins":  # the built-in class whose layout it has: OSError for some
        base = base.__base__
    error: WebUIApiError = base.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


# -- from an answer to an error ---------------------------------------------------------------------------------------

_MEMORY = re.compile(r"out of memory|OutOfMemory", re.IGNORECASE)


def status_error(status: int, text: str, body: Any, *, method: str, url: str, sent_credentials: bool) -> StatusError:
    """The error for an answer with an error status; `body` is its JSON, or None when it is not JSON."""
    fields = body if isinstance(body, dict) else {}
    detail = fields.get("detail")
    message = " ".join(_message(text, body).split())
    kind = _kind(status, text)
    return kind(
        status,
        text,
        method=method,
        url=url,
        message=message[:600] + ("..." if len(message) > 600 else ""),
        hint=_hint(kind, status, message, text, url, sent_credentials),
        error=text_of(fields.get("error")),
        detail=detail,
        errors=text_of(fields.get("errors")),
    )


def _kind(status: int, text: str) -> type[StatusError]:
    if status >= 500 and _MEMORY.search(text):
        return OutOfMemory
    if status in (502, 504) or 520 <= status <= 530:
        return GatewayError
    kinds: dict[int, type[StatusError]] = {
        400: BadRequest, 422: BadRequest, 401: AuthenticationError, 403: AuthenticationError, 407: AuthenticationError,
        404: NotFound, 405: NotFound, 501: NotFound, 429: ServerBusy, 503: ServerBusy,
    }  # fmt: skip
    return kinds.get(status, ServerError if status >= 500 else StatusError)


def _message(text: str, body: Any) -> str:
    """What the server says, from every form of body that `docs/servers.md` lists."""
    if isinstance(body, str):  # SD.Next: a bare JSON string
        return body
    if not isinstance(body, dict):
        return _from_html(text)
    detail, error = body.get("detail"), text_of(body.get("error"))
    if isinstance(detail, list):  # the validation of pydantic 1 and 2
        return "; ".join(filter(None, map(_validation, detail)))
    if isinstance(detail, dict):  # KoboldCpp: {"detail": {"msg", "type"}}
        return text_of(detail.get("msg")) or text_of(detail)
    said = text_of(detail) or text_of(body.get("errors")) or text_of(body.get("message"))
    if not said:
        return error or _from_html(text)
    plain = error in ("", "HTTPException", "server_error") or error in said
    return said if plain else f"{error}: {said}"


def _validation(item: Any) -> str:
    if not isinstance(item, dict):
        return text_of(item)
    where = [str(part) for part in item.get("loc") or () if part not in ("body", "query")]
    return ": ".join(filter(None, (".".join(where), text_of(item.get("msg")))))


def _from_html(text: str) -> str:
    """The title of an HTML page (a proxy's, a wrong address), or the text itself."""
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return title.group(1) if title else ("" if "<html" in text[:500].lower() else text)


def _hint(kind: type[StatusError], status: int, message: str, text: str, url: str, sent_credentials: bool) -> str:
    if status == 401:
        if sent_credentials:
            return "The user name or password is not one of those that the server was started with (--api-auth)."
        return (
            "The server wants credentials (--api-auth): pass username= and password=, or set WEBUIAPI_AUTH=user:pass."
        )
    if status in (404, 405):
        return _hint_not_found(message, text, url)
    if status == 422 and re.search(r"Script '.*' not found", message):
        return "An extension or script that the request uses is not installed there: get_scripts() lists what is."
    if kind is GatewayError:
        return "A proxy between here and the server gave up waiting; the server itself may still be working on it."
    if kind is OutOfMemory:
        return "Ask for smaller pictures, or fewer at once (batch_size), or start the server with --medvram."
    return ""


def _hint_not_found(message: str, text: str, url: str) -> str:
    if "/sdapi/" not in url:
        return "No such endpoint: the extension that serves it is not installed or not enabled there."
    if message == "Not Found":
        return (
            "The server has no such endpoint. A webui started without --api has none of them: "
            "add --api to its command line. Otherwise its version or kind does not offer this one."
        )
    if "<html" in text[:500].lower() or not text:
        return "That does not look like a webui's answer: is the address right (host, port, path)?"
    return ""
