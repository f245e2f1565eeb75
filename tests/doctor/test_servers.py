"""Servers that answer: what each flavour has, what faults make of it, and a picture."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conftest import Connect, Door, enter
from doctor.conftest import NOT_FOUND, OPTIONS, kinds, the
from support.callers import Caller, Colour
from support.scripted import Scripted, answer
from webuiapi import Txt2Img, WebUIApi
from webuiapi.server import App, serve
from webuiapi.server.fault_kinds import KINDS
from webuiapi.server.flavours import FLAVOURS, find_flavour
from webuiapi.server_info import ServerInfo

FAULTS: dict[str, dict[str, Any]] = {
    "delay": {"seconds": 0.01},
    "drip": {"bytes": 1 << 16, "seconds": 0.001},
    "length": {"by": 3},
    "status": {"status": 500, "body": "oh"},
}
"""The parameters that have no default, or a slow one."""


def test_a_server_that_works(client: Caller) -> None:
    diagnosis = client.doctor()
    assert diagnosis.ok
    assert kinds(diagnosis, "warning") == []
    assert "v1.10.1" in the(diagnosis, "version").what
    assert "20 samplers, 12 schedulers" in the(diagnosis, "lists").what
    assert "ControlNetUnit" in the(diagnosis, "scripts").detail
    assert "every 10 steps" in the(diagnosis, "previews").what
    assert {"tasks", "progress", "queue-extension", "checkpoint-in-use"} <= set(kinds(diagnosis, "ok"))
    assert diagnosis.of("generation") == []


def test_nothing_is_changed_and_nothing_painted(connect: Connect) -> None:
    with serve(App(seed=1)) as server:
        connect(url=server.url, server=None).doctor()
        asked = {(request.method, request.path) for request in server.requests}
    assert {path for method, path in asked if method != "GET"} == {"/internal/progress"}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_each_flavour(connect: Connect, door: Door, colour: Colour, flavour: str) -> None:
    with serve(flavour=flavour, seed=1) as server:
        caller = enter(connect, door, colour, server)
        caller.api.forget()  # which server it is
        diagnosis = caller.doctor(generate=True)
    assert diagnosis.ok, diagnosis
    assert diagnosis.server is not None
    assert diagnosis.server.flavour == flavour
    assert the(diagnosis, "generation").level == "ok"
    assert kinds(diagnosis, "warning") == []
    webui = flavour in ("a1111", "forge", "reforge")
    if webui:
        assert diagnosis.server.version == find_flavour(flavour).version
    assert bool(diagnosis.of("scripts") and diagnosis.of("scripts")[0].level == "ok") == (webui or flavour == "sdnext")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", ["/sdapi/v1/options", "/sdapi/v1/[!o]*"])
def test_every_fault_is_a_finding(colour: Colour, connect: Connect, kind: str, path: str) -> None:
    fault = {"kind": kind, "path": path, "method": "*", **FAULTS.get(kind, {})}
    with serve(App(seed=1, faults=[fault])) as server:
        diagnosis = connect(url=server.url, timeout=0.05 if kind == "hang" else 5).doctor(generate=kind != "hang")
    assert diagnosis.of("probe-failed") == []
    json.dumps(diagnosis.as_dict())
    if path == "/sdapi/v1/options":
        survived = ("delay", "drip", "image", "status", "memory")  # the last two are no reason not to go on
        assert (diagnosis.server is None) == (kind not in survived), diagnosis
    elif kind == "image":
        assert kinds(diagnosis, "problem") == ["generation"]


def test_a_checkpoint_that_does_not_load(connect: Connect) -> None:
    body = {"error": "RuntimeError", "detail": "", "body": "", "errors": "PytorchStreamReader failed"}
    fault = {"kind": "status", "path": "/sdapi/v1/txt2img", "status": 500, "body": body}
    with serve(App(seed=1, faults=[fault])) as server:
        caller = connect(url=server.url)
        assert caller.doctor().ok, "nothing shows before a picture is wanted"
        finding = the(caller.doctor(generate=True), "generation")
    assert finding.level == "problem"
    assert "PytorchStreamReader failed" in finding.detail
    assert "util_set_model" in finding.suggestion


def test_graphics_memory_does_not_suffice(connect: Connect) -> None:
    with serve(App(seed=1, faults=[{"kind": "memory", "path": "/sdapi/v1/txt2img"}])) as server:
        finding = the(connect(url=server.url).doctor(generate=True), "generation")
    assert "--medvram" in finding.suggestion


@pytest.mark.parametrize(
    ("options", "models", "levels"),
    [
        ({"sd_model_checkpoint": None}, ["a.safetensors"], ("ok", "warning")),
        ({"sd_model_checkpoint": ""}, [], ("problem", "warning")),
        ({"sd_model_checkpoint": "a.safetensors [123]"}, ["a.safetensors [123]"], ("ok", "ok")),
        ({"sd_model_checkpoint": "a.safetensors [123]"}, ["a.safetensors"], ("ok", "ok")),
        ({"sd_model_checkpoint": "a"}, ["a.safetensors [123]"], ("ok", "ok")),
        ({"sd_model_checkpoint": "gone.ckpt"}, ["a.safetensors"], ("ok", "warning")),
        ({"samples_format": "png"}, ["a.safetensors"], ("ok", None)),
    ],
)
def test_checkpoints(
    caller: Caller, scripted: Scripted, options: dict[str, Any], models: list[str], levels: tuple[str, str | None]
) -> None:
    scripted.play_at("/sdapi/v1/options", answer(options))
    listed = [{"title": title, "model_name": title.partition(".")[0]} for title in models]
    scripted.play_at("/sdapi/v1/sd-models", answer(listed))
    diagnosis = caller.doctor()
    in_use = diagnosis.of("checkpoint-in-use")
    assert (the(diagnosis, "checkpoints").level, in_use[0].level if in_use else None) == levels


GIB = 1 << 30


@pytest.mark.parametrize(
    ("memory", "found"),
    [
        ({"ram": {"free": 8 * GIB, "total": 16 * GIB}, "cuda": {"error": "unavailable"}}, [("memory", "note")]),
        ({"ram": {}, "cuda": {}}, [("memory", "note")]),
        ({"cuda": {"system": {"free": 6 * GIB, "total": 8 * GIB}, "events": {"oom": 0}}}, [("memory", "ok")]),
        ({"cuda": {"system": {"free": GIB // 2, "total": 8 * GIB}}}, [("memory", "ok"), ("memory-low", "warning")]),
        ({"cuda": {"system": {"free": 6 * GIB, "total": 8 * GIB}, "events": {"oom": 2}}},
         [("memory", "ok"), ("memory-low", "warning")]),
        ({"cuda": {"system": [], "events": 3}}, [("memory", "note")]),
    ],
)  # fmt: skip
def test_memory(caller: Caller, scripted: Scripted, memory: dict[str, Any], found: list[tuple[str, str]]) -> None:
    scripted.play_at("/sdapi/v1/options", answer(OPTIONS))
    scripted.play_at("/sdapi/v1/memory", answer(memory))
    told = [(item.kind, item.level) for item in caller.doctor().findings if item.kind.startswith("memory")]
    assert told == found


def test_a_server_left_looking_busy(caller: Caller, scripted: Scripted) -> None:
    """As recordings/running/progress_after_failed_extras shows it."""
    state = {"job": "Upscale", "job_count": 1}
    scripted.play_at("/sdapi/v1/progress", answer({"progress": 1.0, "eta_relative": -0.3, "state": state}))
    assert the(caller.doctor(), "busy-now").what == "it looks busy and is not"
    scripted.play_at("/sdapi/v1/progress", answer({"progress": 0.4, "eta_relative": 9.0, "state": state}))
    assert "at work" in the(caller.doctor(), "busy-now").what


def test_a_server_that_says_little(caller: Caller, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer({**OPTIONS, "live_previews_enable": False}))
    for path in ("/sdapi/v1/progress", "/internal/progress", "/sdapi/v1/scripts", "/sdapi/v1/cmd-flags"):
        scripted.play_at(path, answer(NOT_FOUND, 404))
    scripted.play_at("/sdapi/v1/sd-vae", answer({"error": "OSError"}, 500))
    diagnosis = caller.doctor()
    assert {"progress", "scripts"} <= set(kinds(diagnosis, "note"))
    assert "/sdapi/v1/sd-vae" in next(item.what for item in diagnosis.of("list-failed") if "sd-vae" in item.what)
    scripted.play_at("/sdapi/v1/progress", answer({"progress": 0.0, "state": {}}))
    diagnosis = caller.doctor()
    assert {"tasks", "previews"} <= set(kinds(diagnosis, "note"))


def test_extensions_and_their_queue(caller: Caller, scripted: Scripted) -> None:
    listed = [{"name": "a", "enabled": True}, {"name": "b", "enabled": False}]
    scripted.play_at("/sdapi/v1/extensions", answer(listed))
    scripted.play_at("/agent-scheduler/v1/queue", answer({"total_pending_tasks": 2, "paused": True}))
    diagnosis = caller.doctor()
    assert the(diagnosis, "extensions").detail == "a; off: b"
    assert [item.level for item in diagnosis.of("queue-extension")] == ["ok", "note"]


def test_an_answer_of_an_unheard_of_form(caller: Caller, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer({"sd_model_checkpoint": "a"}))
    scripted.play_at("/sdapi/v1/sd-models", answer([{"title": 3}, None, "x", {"title": ["y"]}]))
    scripted.play_at("/sdapi/v1/scripts", answer({"txt2img": [None, 7, {"a": 1}], "img2img": 4}))
    scripted.play_at("/sdapi/v1/cmd-flags", answer({"listen": "yes", "api_auth": ["a:b"]}))
    diagnosis = caller.doctor()
    assert diagnosis.of("probe-failed") == []
    assert diagnosis.of("scripts")


def test_what_the_doctor_does_not_understand_is_a_finding(
    caller: Caller, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError("so it goes")

    monkeypatch.setattr("webuiapi.api.doctor.installed._free_of", stumble)
    scripted.play_at("/sdapi/v1/memory", answer({"ram": {}, "cuda": {}}))
    diagnosis = caller.doctor()
    assert the(diagnosis, "probe-failed").detail == "ZeroDivisionError: so it goes"
    assert diagnosis.of("progress"), "the rest is looked at"


# -- the version ------------------------------------------------------------------------------------------------------


def test_the_version_is_learnt_from_the_first_picture(client: Caller) -> None:
    client.api.forget()
    assert client.finish(client.api.server) == ServerInfo("a1111")
    client.run(Txt2Img("a", steps=1, width=16, height=16))
    assert client.finish(client.api.server) == ServerInfo("a1111", "v1.10.1")


def test_the_version_is_learnt_by_the_doctor(client: Caller) -> None:
    client.api.forget()
    client.doctor()
    assert client.finish(client.api.server) == ServerInfo("a1111", "v1.10.1")


def test_only_webuis_write_their_version_into_pictures() -> None:
    with serve(flavour="sdcpp") as server, WebUIApi(url=server.url) as api:
        assert api.server.version is None
        assert api.txt2img("a", steps=1).info["version"] == "stable-diffusion.cpp"
        assert api.server.version is None
