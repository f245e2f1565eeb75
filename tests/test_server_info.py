"""Which server answers: told by what it says, and asked only once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from conftest import Connect
from support.callers import Caller
from support.scripted import Scripted, answer
from webuiapi import AuthenticationError
from webuiapi.server_info import ServerInfo

OPTIONS = {"samples_format": "png", "sd_model_checkpoint": "x", "sd_vae": "None"}


def schema(*fields: str) -> dict[str, Any]:
    """An openapi.json whose txt2img has these fields."""
    reference = {"$ref": "#/components/schemas/Body"}
    body = {"content": {"application/json": {"schema": reference}}}
    return {
        "paths": {"/sdapi/v1/txt2img": {"post": {"requestBody": body}}},
        "components": {"schemas": {"Body": {"properties": dict.fromkeys(fields)}}},
    }


@pytest.mark.parametrize(
    ("answers", "info"),
    [
        ({"/sdapi/v1/version": {"app": "sd.next", "updated": "2026-01-02", "commit": "abc"}},
         ServerInfo("sdnext", "2026-01-02")),
        ({"/sdapi/v1/version": {"commit": "abc"}}, ServerInfo("sdnext", "abc")),
        ({"/api/extra/version": {"result": "KoboldCpp", "version": "1.102"}}, ServerInfo("koboldcpp", "1.102")),
        ({"/sdcpp/v1/capabilities": {"samplers": []}}, ServerInfo("sdcpp", None)),
        ({"/sdapi/v1/options": {"samples_format": "png", "sd_model_checkpoint": "x"}}, ServerInfo("sdcpp", None)),
        ({"/sdapi/v1/options": {"model": "x", "guidance_scale": 4}}, ServerInfo("drawthings", None)),
        ({"/sdapi/v1/options": {**OPTIONS, "forge_unet_storage_dtype": "x"}}, ServerInfo("forge", None)),
        ({"/sdapi/v1/options": OPTIONS, "/sdapi/v1/sd-modules": []}, ServerInfo("forge", None)),
        ({"/sdapi/v1/options": OPTIONS, "/openapi.json": schema("scheduler", "distilled_cfg_scale")},
         ServerInfo("forge", None)),
        ({"/sdapi/v1/options": OPTIONS, "/openapi.json": schema("scheduler", "hr_cfg")}, ServerInfo("reforge", None)),
        ({"/sdapi/v1/options": OPTIONS, "/openapi.json": schema("scheduler")}, ServerInfo("a1111", None)),
        ({"/sdapi/v1/options": OPTIONS, "/openapi.json": schema("steps")}, ServerInfo("a1111", "below 1.9")),
        ({"/sdapi/v1/options": OPTIONS}, ServerInfo("a1111", None)),
        ({"/sdapi/v1/options": OPTIONS, "/openapi.json": {"paths": []}}, ServerInfo("a1111", None)),
        ({"/sdapi/v1/options": {"a": 1, "b": 2, "c": 3}}, ServerInfo("unknown", None)),
        ({"/sdapi/v1/options": [1]}, ServerInfo("unknown", None)),
        ({}, ServerInfo("unknown", None)),
    ],
)  # fmt: skip
def test_each_flavour(connect: Connect, scripted: Scripted, answers: dict[str, Any], info: ServerInfo) -> None:
    for path in ("/sdapi/v1/version", "/api/extra/version", "/sdcpp/v1/capabilities", "/sdapi/v1/options",
                 "/sdapi/v1/sd-modules", "/openapi.json"):  # fmt: skip
        found = answers.get(path)
        scripted.play_at(path, answer({"detail": "Not Found"}, 404) if found is None else answer(found))
    caller = connect(url=scripted.url, server=None)
    assert caller.finish(caller.api.server) == info
    count = len(scripted.seen)
    assert caller.finish(caller.api.server) == info
    assert len(scripted.seen) == count, "it is remembered"
    caller.api.forget()
    caller.finish(caller.api.server)
    assert len(scripted.seen) == 2 * count


def test_when_nothing_can_be_said_it_is_unknown_for_now(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, server=None)
    scripted.play(answer({"detail": "Not authenticated"}, 401))
    assert caller.finish(caller.api.server) == ServerInfo("unknown")
    scripted.play(answer({"app": "sd.next", "updated": "2026"}))
    assert caller.finish(caller.api.server) == ServerInfo("sdnext", "2026"), "and asked again"


def test_a_call_that_needs_to_know_says_why_it_can_not(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, server=None)
    scripted.play(answer({"detail": "Not authenticated"}, 401))
    with pytest.raises(AuthenticationError):
        caller.txt2img("a")
    assert [seen.target for seen in scripted.seen] == ["/sdapi/v1/version"]


def test_the_embedded_server_is_told_from_others(client: Caller) -> None:
    info = client.finish(client.api.server)
    assert (info.flavour, info.webui, info.reports_seeds) == ("a1111", True, True)


def test_what_it_is_called() -> None:
    assert str(ServerInfo("sdnext", "2026")) == "SD.Next 2026"
    assert str(ServerInfo("koboldcpp")) == "KoboldCpp"
    assert (ServerInfo("koboldcpp").webui, ServerInfo("koboldcpp").reports_seeds) == (False, False)
    assert (ServerInfo("forge").webui, ServerInfo("drawthings").reports_seeds) == (True, False)


def test_tasks_that_ask_at_once(scripted: Scripted) -> None:
    from webuiapi import AsyncWebUIApi

    scripted.play_at("/sdapi/v1/version", answer({"app": "sd.next"}))

    async def main() -> None:
        async with AsyncWebUIApi(url=scripted.url) as api:
            found = await asyncio.gather(*(api.server for _ in range(3)))
            assert {info.flavour for info in found} == {"sdnext"}

    asyncio.run(main())
