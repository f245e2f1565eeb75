"""Options: typing, setting, overriding, and the checkpoints that they load."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.compare import CATALOG
from webuiapi.server.app import App

from .conftest import Ask, ask

TINY = "tiny-random-sd15.safetensors [5c9d8f78c1]"
TINY_SHA = "5c9d8f78c103aaaf7a2474f393062f9757b0013ce1eaa4e6f0023b8243d064b2"
RANDOM = "random-sd15.safetensors [e275edade3]"
RANDOM_SHA = "e275edade3c2d492790b5d4af6accf15561d194c57845c090c2fbb1d9334b23e"


def set_options(app: App, **values: Any) -> Any:
    answer = ask(app, "POST", "/sdapi/v1/options", values)
    assert (answer.status, answer.body) == (200, None)
    return ask(app, "GET", "/sdapi/v1/options").body


def test_integers_are_shown_as_floats_but_for_those_that_default_to_zero(app: App) -> None:
    shown = set_options(app, jpeg_quality=90, sd_checkpoint_cache=3, CLIP_stop_at_last_layers=2)
    assert (shown["jpeg_quality"], type(shown["jpeg_quality"])) == (90.0, float)
    assert (shown["sd_checkpoint_cache"], type(shown["sd_checkpoint_cache"])) == (3, int)
    assert (app.state.options["CLIP_stop_at_last_layers"], app.state.options["n_rows"]) == (2, -1)
    assert {type(app.state.options[name]) for name in ("CLIP_stop_at_last_layers", "n_rows")} == {int}
    assert type(app.state.options["eta_ancestral"]) is float


def test_values_are_stored_unchecked_and_break_the_list_until_they_are_right(app: App) -> None:
    for name, value in (("send_seed", "banana"), ("jpeg_quality", "x"), ("save_mask", "untyped")):
        assert ask(app, "POST", "/sdapi/v1/options", {name: value}).status == 200
    answer = ask(app, "GET", "/sdapi/v1/options")
    assert (answer.status, answer.body["error"]) == (500, "ValidationError")
    assert answer.body["errors"] == (
        "2 validation errors for Options\n"
        "response -> jpeg_quality\n  value is not a valid float (type=type_error.float)\n"
        "response -> send_seed\n  value could not be parsed to a boolean (type=type_error.bool)"
    )
    shown = set_options(app, send_seed="no", jpeg_quality="70")
    assert (shown["send_seed"], shown["jpeg_quality"], shown["save_mask"]) == (False, 70.0, "untyped")


def test_an_unknown_option_comes_after_those_before_it(app: App) -> None:
    answer = ask(app, "POST", "/sdapi/v1/options", {"send_seed": False, "no_such": 1, "send_size": False})
    assert (answer.status, answer.body["error"], answer.body["errors"]) == (500, "KeyError", "'no_such'")
    shown = set_options(app)
    assert (shown["send_seed"], shown["send_size"]) == (False, True)
    assert "no_such" not in shown


def test_an_unknown_option_that_is_null_is_what_it_was(app: App) -> None:
    assert "no_such" not in set_options(app, no_such=None)


@pytest.mark.parametrize(
    "name", ["api_enable_requests", "api_forbid_local_requests", "api_useragent", "sd_vae_explanation"]
)
def test_closed_to_requests(app: App, name: str) -> None:
    before = app.state.options[name]
    assert set_options(app, **{name: "changed"})[name] == before


def test_an_unknown_checkpoint_is_seen_before_anything_is_set(app: App) -> None:
    answer = ask(app, "POST", "/sdapi/v1/options", {"send_seed": False, "sd_model_checkpoint": 5})
    assert (answer.body["error"], answer.body["errors"]) == ("RuntimeError", "model 5 not found")
    assert set_options(app)["send_seed"] is True


def test_a_checkpoint_that_cannot_be_a_name(app: App) -> None:
    answer = ask(app, "POST", "/sdapi/v1/options", {"sd_model_checkpoint": []})
    assert (answer.body["error"], answer.body["errors"]) == ("TypeError", "unhashable type: 'list'")


@pytest.mark.parametrize("name", ["random-sd15.safetensors", "random-sd15"])
def test_a_checkpoint_gets_its_hash_with_its_first_load(app: App, name: str) -> None:
    assert app.state.checkpoints[1]["hash"] is None
    shown = set_options(app, sd_model_checkpoint=name)
    assert (shown["sd_model_checkpoint"], shown["sd_checkpoint_hash"]) == (RANDOM, RANDOM_SHA)
    assert app.state.checkpoint == app.state.checkpoints[1]
    assert app.state.checkpoint["title"] == RANDOM


@pytest.mark.parametrize(
    "name",
    [TINY, "tiny-random-sd15", "tiny-random-sd15.safetensors", "5c9d8f78c1", TINY_SHA, "tiny-random-sd15 [5c9d8f78c1]"],
)
def test_names_of_a_checkpoint(app: App, name: str) -> None:
    found = app.state.find_checkpoint(name)
    assert found is not None
    assert found["title"] == TINY
    set_options(app, sd_model_checkpoint="random-sd15")
    assert set_options(app, sd_model_checkpoint=name)["sd_model_checkpoint"] == TINY


@pytest.mark.parametrize("name", [None, "", "tiny", "TINY-RANDOM-SD15", "e275edade3"])
def test_no_names_of_a_checkpoint(app: App, name: str | None) -> None:
    assert app.state.find_checkpoint(name) is None


def test_checkpoints_in_folders() -> None:
    item = {
        "title": "sub/a.b.safetensors",
        "model_name": "sub_a.b",
        "hash": None,
        "sha256": None,
        "filename": "/x/sub/a.b.safetensors",
    }
    with App({"sd-models": [item], "options": {"sd_model_checkpoint": None, "sd_checkpoint_hash": ""}}) as app:
        assert app.state.checkpoint["title"].startswith("sub/a.b.safetensors [")
        for name in ("sub/a.b.safetensors", "sub_a.b", "a.b", app.state.checkpoint["title"]):
            assert app.state.find_checkpoint(name) == app.state.checkpoint


def test_a_server_without_checkpoints() -> None:
    with App({"sd-models": []}) as app:
        assert app.state.checkpoint["model_name"] == "none"
        assert app.state.checkpoints == []


def test_null_loads_the_first_checkpoint(app: App) -> None:
    set_options(app, sd_model_checkpoint="random-sd15")
    assert set_options(app, sd_model_checkpoint=None)["sd_model_checkpoint"] == TINY


def test_unload_and_reload(app: App) -> None:
    for path in ("unload-checkpoint", "reload-checkpoint", "unload-checkpoint"):
        answer = ask(app, "POST", f"/sdapi/v1/{path}")
        assert (answer.status, answer.body) == (200, {})
    assert app.state.checkpoint["title"] == TINY


def test_overrides_are_restored(app: App) -> None:
    options = app.state.options
    with app.state.overridden({"CLIP_stop_at_last_layers": 2, "samples_format": "jpg"}):
        assert (options["CLIP_stop_at_last_layers"], options["samples_format"]) == (2, "jpg")
    assert (options["CLIP_stop_at_last_layers"], options["samples_format"]) == (1, "png")


def test_overrides_are_restored_when_the_request_fails(app: App) -> None:
    with pytest.raises(ZeroDivisionError), app.state.overridden({"samples_format": "jpg"}):
        raise ZeroDivisionError
    assert app.state.options["samples_format"] == "png"


def test_overrides_that_are_kept(app: App) -> None:
    with app.state.overridden({"samples_format": "jpg"}, restore=False):
        pass
    assert app.state.options["samples_format"] == "jpg"


def test_an_unknown_override(app: App) -> None:
    with pytest.raises(KeyError, match="no_such"), app.state.overridden({"samples_format": "jpg", "no_such": 1}):
        pass
    assert app.state.options["samples_format"] == "png"


def test_overrides_closed_to_requests(app: App) -> None:
    with app.state.overridden({"api_enable_requests": "changed", "sd_vae_explanation": "changed"}):
        assert app.state.options["api_enable_requests"] is True
        assert app.state.options["sd_vae_explanation"] != "changed"


def test_a_checkpoint_for_one_request_stays_loaded_until_the_next(app: App) -> None:
    state = app.state
    with state.overridden({"sd_model_checkpoint": "random-sd15"}):
        assert state.checkpoint["title"] == RANDOM
    assert (state.options["sd_model_checkpoint"], state.options["sd_checkpoint_hash"]) == (TINY, RANDOM_SHA)
    assert state.checkpoint["title"] == RANDOM
    with state.overridden({"sd_model_checkpoint": "no-such-model"}):
        assert state.checkpoint["title"] == TINY
    assert (state.options["sd_model_checkpoint"], state.options["sd_checkpoint_hash"]) == (TINY, TINY_SHA)


def test_settings_that_were_never_saved_leak() -> None:
    with App(CATALOG, saved_options=False) as app:
        options = app.state.options
        with app.state.overridden({"samples_format": "jpg", "sd_model_checkpoint": "random-sd15"}):
            pass
        assert (options["samples_format"], options["sd_model_checkpoint"]) == ("jpg", TINY)
        with app.state.overridden({"samples_format": "webp"}):
            assert options["samples_format"] == "webp"
        assert options["samples_format"] == "jpg"


def test_flags_show_what_the_server_was_started_with() -> None:
    with App(CATALOG, api_auth="a:b,c:d", nowebui=True) as app:
        flags = app.flags()
    assert (flags["api_auth"], flags["nowebui"], flags["port"]) == ("a:b,c:d", True, "7860")
    with App(CATALOG) as app:
        assert app.flags() == json.loads(CATALOG.read_bytes())["cmd-flags"]


def test_options_without_user_interface() -> None:
    with App(CATALOG, nowebui=True) as app:
        assert "ldsr_steps" not in app.state.options
        assert len(app.state.options) == len(set(app.state.options)) == 312


def test_options_of_other_extensions_are_shown_as_they_are(get: Ask) -> None:
    catalog = json.loads(CATALOG.read_bytes())
    catalog["options"] |= {"ad_max_models": 2, "ad_x": "y"}
    with App(catalog) as app:
        shown = set_options(app, ad_max_models="many")
    assert (shown["ad_max_models"], shown["ad_x"]) == ("many", "y")
