"""The embedded server behind the same seam as the network: its troubles are those of a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from support.callers import Caller, Colour
from webuiapi import AsyncWebUIApi, ConnectError, ConnectionLost
from webuiapi.server import App
from webuiapi.server.http import Away, BrokenOff, Dropped, Request, Response
from webuiapi.transport.local import AsyncLocalTransport, LocalTransport


class Troubled(App):
    """A server that plays one trouble, then answers with what it was asked."""

    trouble: Exception | None = None

    def handle(self, request: Request) -> Response:
        if self.trouble is not None:
            trouble, self.trouble = self.trouble, None
            raise trouble
        text = f'{{"info": "{request.method} {request.path} {request.query}"}}'
        return Response(200, {"content-type": "application/json"}, text.encode())


@pytest.fixture
def app() -> Iterator[Troubled]:
    app = Troubled()
    yield app
    app.close()


@pytest.fixture
def caller(app: Troubled, colour: Colour) -> Iterator[Caller]:
    local = LocalTransport(app)
    transport = local if colour == "plain" else AsyncLocalTransport(local)
    caller = Caller(colour, ":local:", transport=transport, server="a1111", retries=1)
    yield caller
    caller.close()


@pytest.mark.parametrize(
    ("trouble", "what"),
    [
        (Dropped(), "the server closed the connection without an answer"),
        (BrokenOff(), "the answer broke off before its end"),
    ],
)
def test_a_dropped_connection(caller: Caller, app: Troubled, trouble: Exception, what: str) -> None:
    app.trouble = trouble
    with pytest.raises(ConnectionLost) as caught:
        caller.txt2img("x")
    assert caught.value.may_have_begun
    url = "http://127.0.0.1:7860/sdapi/v1/txt2img"
    assert str(caught.value) == f"POST {url}: {what}; the server may have begun, and goes on"


def test_a_server_that_is_away(caller: Caller, app: Troubled) -> None:
    app.trouble = Away()
    with pytest.raises(ConnectError, match=r"nobody listens at http://127\.0\.0\.1:7860"):
        caller.get_progress()


def test_an_order_to_stop_may_break_it(caller: Caller, app: Troubled) -> None:
    app.trouble = Dropped()
    assert caller.server_kill() == ""


def test_paths_and_queries_arrive_decoded_and_as_they_were(caller: Caller) -> None:
    found = caller.custom_get("my ext/é?a=%20b")
    assert found == {"info": "GET /my ext/é a=%20b"}


def test_an_awaitable_server_of_ones_own() -> None:
    async def main() -> None:
        async with AsyncWebUIApi(":local:") as api:
            assert (await api.get_progress()).idle

    asyncio.run(main())
