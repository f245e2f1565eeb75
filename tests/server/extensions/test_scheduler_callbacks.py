"""Agent Scheduler: whoever is called when a task is done."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from ..conftest import until
from .shop import Desk, Shop


@pytest.fixture
def listener() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The address of a server that writes down what is posted to it."""
    from http.server import BaseHTTPRequestHandler, HTTPServer

    posted: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            posted.append((self.headers["content-type"], body))
            self.send_response(500 if len(posted) == 1 else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quietly."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/done?x=1", posted
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_callback(listener: tuple[str, list[tuple[str, bytes]]]) -> None:
    url, posted = listener
    data = {**Shop().app.catalog.data, "agent-scheduler/callbacks": True}
    desk = Desk(catalog=data)
    try:
        name = desk.add(callback_url=url)
        until(lambda: len(posted) == 2)  # the first try was answered with 500
        assert desk.task(name)["api_task_callback"] == url
    finally:
        desk.close()
    kind, body = posted[1]
    boundary = kind.removeprefix("multipart/form-data; boundary=")
    parts = body.split(f"--{boundary}".encode())
    assert [part.partition(b"\r\n\r\n")[0].strip().splitlines()[0] for part in parts[1:-1]] == [
        b'Content-Disposition: form-data; name="task_id"',
        b'Content-Disposition: form-data; name="status"',
        b'Content-Disposition: form-data; name="files"; filename="00000-5.png"',
    ]
    assert parts[1].partition(b"\r\n\r\n")[2] == name.encode() + b"\r\n"
    assert parts[2].partition(b"\r\n\r\n")[2] == b"done\r\n"
    assert Image.open(io.BytesIO(parts[3].partition(b"\r\n\r\n")[2])).size == (64, 64)


def test_no_callback_unless_the_catalogue_allows_it(
    desk: Desk, listener: tuple[str, list[tuple[str, bytes]]], caplog: pytest.LogCaptureFixture
) -> None:
    url, posted = listener
    desk.over(desk.add(callback_url=url))
    until(lambda: "is not allowed by the catalogue" in caplog.text)
    assert posted == []
