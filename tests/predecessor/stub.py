"""A server that answers every endpoint that the predecessor knows, and keeps what it received.

Its list of scripts is empty unless a case gives one. How it behaves is a profile, a dictionary of

    scripts    names that GET /sdapi/v1/scripts reports for both tabs
    auth       "user:password" that is required, else 401
    fail       {path: [status, body]}: that status and body (text, or data sent as JSON) instead
    answer     {path: data}: status 200 and that data instead
    sequence   {path: [data, data, ...]}: one after another, the last one again and again
    prefix     "/sub": everything is served below that path
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .answers import GETS, POSTS

_NOT_FOUND = 404, {"detail": "Not Found"}
_UNAUTHORIZED = 401, {"error": "HTTPException", "detail": "Incorrect username or password", "body": "", "errors": ""}


class Stub:
    """A running server; `port` is where it listens, `requests` what it received. A context manager."""

    def __init__(self, profile: Mapping[str, Any] | None = None) -> None:
        self.profile: dict[str, Any] = dict(profile or {})
        self.requests: list[dict[str, Any]] = []
        self._served: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), name="stub", daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def posted(self, path: str) -> list[Any]:
        """The bodies that were sent to a path, in order."""
        return [item.get("json") for item in self.requests if item["method"] == "POST" and item["path"] == path]

    def handle(self, method: str, target: str, headers: Any, raw: bytes) -> tuple[int, Any]:
        """Keep one request; status and body of the answer."""
        parts = urlsplit(target)
        request: dict[str, Any] = {"method": method, "path": parts.path}
        if parts.query:
            request["query"] = dict(parse_qsl(parts.query, keep_blank_values=True))
        if raw:
            try:
                request["json"] = json.loads(raw)
            except ValueError:
                request["body_base64"] = base64.b64encode(raw).decode()
        authorization = headers.get("Authorization")
        if authorization:
            request["authorization"] = authorization
        with self._lock:
            self.requests.append(request)
        return self._answer(method, parts.path, authorization, request.get("json"))

    def _answer(self, method: str, path: str, authorization: str | None, payload: Any) -> tuple[int, Any]:
        profile = self.profile
        if "auth" in profile:
            expected = "Basic " + base64.b64encode(profile["auth"].encode()).decode()
            if authorization != expected:
                return _UNAUTHORIZED
        if "prefix" in profile:
            if not path.startswith(profile["prefix"] + "/"):
                return _NOT_FOUND
            path = path.removeprefix(profile["prefix"])
        if path in profile.get("fail", {}):
            status, body = profile["fail"][path]
            return status, body
        if path in profile.get("answer", {}):
            return 200, profile["answer"][path]
        if path in profile.get("sequence", {}):
            return 200, self._next(path, profile["sequence"][path])
        if method == "GET" and path == "/sdapi/v1/scripts":
            names = profile.get("scripts", [])
            return 200, {"txt2img": names, "img2img": names}
        if method == "GET" and path in GETS:
            return 200, GETS[path]
        if method == "POST" and path in POSTS:
            body = POSTS[path]
            return 200, body(payload if isinstance(payload, dict) else {}) if callable(body) else body
        return _NOT_FOUND

    def _next(self, path: str, answers: list[Any]) -> Any:
        with self._lock:
            index = self._served.get(path, 0)
            self._served[path] = index + 1
        return answers[min(index, len(answers) - 1)]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args: Any) -> None:
            """Nothing to the console."""

        def serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = stub.handle(self.command, self.path, self.headers, raw)
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if isinstance(body, str) else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = serve

    return Handler
