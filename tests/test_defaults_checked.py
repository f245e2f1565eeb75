"""A client's own sampler and scheduler are checked like those of a call."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Connect
from webuiapi import UnknownName
from webuiapi.server import serve

SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 1}


@pytest.mark.parametrize("name", ["sampler", "scheduler"])
def test_a_default_that_the_server_does_not_have(connect: Connect, name: str) -> None:
    with serve() as server:
        with pytest.raises(UnknownName, match=f"the server has no {name} 'Eular b'"):
            connect(url=server.url, **{name: "Eular b"}).txt2img("a", **SMALL)
        assert [request.path for request in server.requests if request.method == "POST"] == []


def test_a_default_in_another_spelling(connect: Connect) -> None:
    with serve() as server:
        connect(url=server.url, sampler="dpm++ 2m", scheduler="KARRAS").txt2img("a", **SMALL)
        sent = server.requests[-1].json
    assert (sent["sampler_name"], sent["scheduler"]) == ("DPM++ 2M", "karras")


def test_what_nobody_chose_is_not_asked_for(connect: Connect) -> None:
    with serve() as server:
        connect(url=server.url).txt2img("a", **SMALL)
        assert [request.path for request in server.requests] == ["/sdapi/v1/txt2img"]
        assert server.requests[0].json["sampler_name"] == "Euler a"
