"""refresh, memory, list, model, options: what the server has, and how it is set."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.conftest import Command
from support.scripted import Scripted, answer
from webuiapi import WebUIApi
from webuiapi.cli.list import KINDS
from webuiapi.server import App, Server, serve

NOT_FOUND = answer({"detail": "Not Found"}, 404)
LISTED_OTHERWISE = ("scripts", "embeddings")


def posted(scripted: Scripted) -> list[str]:
    return [seen.target.rpartition("/")[2] for seen in scripted.seen if seen.method == "POST"]


# -- refresh ----------------------------------------------------------------------------------------------------------


def test_refresh(command: Command, scripted: Scripted) -> None:
    assert command("refresh", "--url", scripted.url).out == "looked for checkpoints, vae, embeddings, loras\n"
    assert posted(scripted) == ["refresh-checkpoints", "refresh-vae", "refresh-embeddings", "refresh-loras"]
    assert command("refresh", "loras", "--url", scripted.url).out == "looked for loras\n"
    assert posted(scripted)[4:] == ["refresh-loras"]


def test_refresh_what_the_server_can(command: Command, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/refresh-vae", NOT_FOUND)
    ran = command("refresh", "vae", "loras", "--url", scripted.url)
    assert (ran.code, ran.out, ran.err) == (0, "looked for loras\n", "the server can't look for vae\n")
    ran = command("refresh", "vae", "--json", "--url", scripted.url)
    assert (ran.code, ran.json) == (1, {"refreshed": [], "missing": ["vae"]})


def test_refresh_of_nothing_known(command: Command, scripted: Scripted) -> None:
    ran = command("refresh", "models", "--url", scripted.url)
    assert ran.code == 2
    assert "'checkpoints'" in ran.err
    assert scripted.seen == []


# -- memory -----------------------------------------------------------------------------------------------------------

GIB = 1 << 30


def test_memory(command: Command, scripted: Scripted) -> None:
    found: dict[str, Any] = {
        "ram": {"free": 8.0 * GIB, "used": 8 * GIB, "total": 16.0 * GIB},
        "cuda": {"system": {"free": 2 * GIB, "used": 6 * GIB, "total": 8 * GIB},
                 "allocated": {"current": GIB, "peak": 3 * GIB}, "events": {"retries": 0, "oom": 0}},
    }  # fmt: skip
    scripted.play_at("/sdapi/v1/memory", answer(found))
    ran = command("memory", "--url", scripted.url)
    assert ran.lines == [
        "main\t8.00\t8.00\t16.00",
        "graphics\t2.00\t6.00\t8.00",
        "graphics, allocated\t\t1.00 (peak 3.00)\t",
    ]
    assert command("memory", "--json", "--url", scripted.url).json == found


def test_no_graphics_memory(command: Command, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/memory", answer({"ram": {"error": "no"}, "cuda": {"error": "unavailable"}}))
    ran = command("memory", "--url", scripted.url)
    assert (ran.code, ran.out, ran.err) == (0, "", "no graphics memory: unavailable\n")


# -- list -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_list(command: Command, kind: str) -> None:
    flavour = "forge" if kind == "modules" else None  # which only Forge has
    with serve(App(seed=1, flavour=flavour)) as server, WebUIApi(url=server.url) as api:
        found = KINDS[kind][0](api)
        ran = command("list", kind, "--url", server.url)
        raw = command("list", kind, "--json", "--url", server.url).json
    assert raw == found
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines, "the embedded server has something of each"
    assert {line.count("\t") for line in ran.lines} == {len(KINDS[kind][1]) - 1}
    if kind not in LISTED_OTHERWISE:
        assert len(ran.lines) == len(found)


def test_lists_that_are_objects(command: Command, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/scripts", answer({"txt2img": ["a", "b"], "img2img": ["b", "c"]}))
    loaded, skipped = {"x": {"vectors": 4}}, {"y": {"vectors": 2}}
    scripted.play_at("/sdapi/v1/embeddings", answer({"loaded": loaded, "skipped": skipped}))
    ran = command("list", "scripts", "--url", scripted.url)
    assert ran.lines == ["a\ttxt2img", "b\ttxt2img, img2img", "c\timg2img"]
    ran = command("list", "embeddings", "--url", scripted.url)
    assert ran.lines == ["x\t4\t", "y\t2\tnot for this checkpoint"]


def test_a_list_that_the_server_does_not_have(command: Command, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/loras", NOT_FOUND)
    ran = command("list", "loras", "--json", "--url", scripted.url)
    assert (ran.code, ran.json["error"]["status"]) == (1, 404)


# -- model ------------------------------------------------------------------------------------------------------------


def test_model(command: Command) -> None:
    with serve(App(seed=1)) as server, WebUIApi(url=server.url) as api:
        used = api.util_get_current_model()
        other = next(model for model in api.get_sd_models() if model.title != used)
        assert command("model", "--url", server.url).out == f"{used}\n"
        ran = command("model", other.model_name, "--json", "--url", server.url)
        assert ran.json == {"model": api.util_get_current_model()}
        assert ran.json["model"].partition(" [")[0] == other.title.partition(" [")[0]
        wrong = command("model", "no such model at all", "--url", server.url)
        assert (wrong.code, wrong.out) == (2, "")
        assert "no model 'no such model at all'" in wrong.err


# -- options ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def own() -> Any:
    with serve(App(seed=1)) as server:
        yield server


def test_options_get(command: Command, own: Server) -> None:
    ran = command("options", "get", "samples_format", "live_previews_enable", "--url", own.url)
    assert ran.lines == ['samples_format="png"', "live_previews_enable=true"]
    found = command("options", "get", "--json", "--url", own.url).json
    with WebUIApi(url=own.url) as api:
        assert found == api.get_options()
    assert len(command("options", "get", "--url", own.url).lines) == len(found)


def test_options_set(command: Command, own: Server) -> None:
    words = ("CLIP_stop_at_last_layers=2", "samples_format=jpg", '{"save_txt": true}')
    ran = command("options", "set", *words, "--url", own.url)
    assert ran.lines == ["CLIP_stop_at_last_layers=2.0", 'samples_format="jpg"', "save_txt=true"]
    assert command("options", "set", "save_txt=false", "--json", "--url", own.url).json == {"save_txt": False}
    with WebUIApi(url=own.url) as api:
        options = api.get_options()
    assert (options["CLIP_stop_at_last_layers"], options.samples_format, options["save_txt"]) == (2, "jpg", False)


@pytest.mark.parametrize("words", [("get", "samples_formt"), ("set", "samples_format=jpg", "samples_formt=1")])
def test_an_unknown_option_changes_nothing(command: Command, own: Server, words: tuple[str, ...]) -> None:
    ran = command("options", *words, "--url", own.url)
    assert (ran.code, ran.out) == (2, "")
    assert "no option 'samples_formt'; similar are samples_format" in ran.err
    assert command("options", "get", "samples_format", "--json", "--url", own.url).json == {"samples_format": "png"}


def test_what_is_no_pair(command: Command, scripted: Scripted) -> None:
    ran = command("options", "set", "samples_format", "--json", "--url", scripted.url)
    assert ran.code == 2
    assert "neither NAME=VALUE nor" in json.loads(ran.out)["error"]["message"]
    assert scripted.seen == []


def test_options_alone_say_what_there_is(command: Command) -> None:
    ran = command("options")
    assert ran.code == 2
    assert "webuiapi options --help" in ran.err
