"""txt2img: what fails, and as what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .studio import Studio, extended


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"steps": 0}, "ZeroDivisionError"),
        ({"steps": -3}, "RuntimeError"),
        ({"steps": 10**9}, "RuntimeError"),
        ({"steps": None}, "TypeError"),
        ({"width": 7}, "RuntimeError"),
        ({"height": -8}, "RuntimeError"),
        ({"width": None}, "TypeError"),
        ({"width": 10**6, "height": 10**6}, "OutOfMemoryError"),
        ({"n_iter": 0}, "IndexError"),
        ({"n_iter": -2}, "IndexError"),
        ({"batch_size": 0}, "IndexError"),
        ({"batch_size": None}, "TypeError"),
        ({"n_iter": 10**9}, "MemoryError"),
        ({"n_iter": 4000, "width": 1024, "height": 1024}, "OutOfMemoryError"),
        ({"cfg_scale": None}, "TypeError"),
        ({"subseed_strength": None}, "TypeError"),
        ({"seed_resize_from_w": None}, "TypeError"),
        ({"negative_prompt": None}, "TypeError"),
        ({"seed": 1 << 70}, "RuntimeError"),
        ({"override_settings": {"samples_save": True, "nonsense": 1}}, "KeyError"),
        ({"override_settings": {"sd_model_checkpoint": []}}, "TypeError"),
        ({"refiner_checkpoint": "nobody"}, "Exception"),
        ({"alwayson_scripts": {"seed": None}}, "TypeError"),
        ({"alwayson_scripts": {"seed": {"args": None}}}, "TypeError"),
        ({"alwayson_scripts": {"": {}}}, "AttributeError"),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else value,
)
def test_errors(studio: Studio, fields: dict[str, Any], error: str) -> None:
    status, name, text = studio.failing("txt2img", **fields)
    assert (status, name) == (500, error)
    assert text


def test_no_prompt_at_all(studio: Studio) -> None:
    reply = studio.txt2img(prompt=None)
    assert (reply.status, reply.body["error"], reply.body["errors"]) == (500, "AssertionError", "")


def test_unknown_scripts(studio: Studio) -> None:
    assert studio.failing("txt2img", script_name="Loopback") == (422, "HTTPException", "Script 'Loopback' not found")
    always: dict[str, Any] = {"alwayson_scripts": {"Nobody": {"args": []}}}
    assert studio.failing("txt2img", **always) == (422, "HTTPException", "Script 'Nobody' not found")
    selectable: dict[str, Any] = {"alwayson_scripts": {"PROMPT matrix": {"args": []}}}
    assert studio.failing("txt2img", **selectable)[0] == 422
    assert studio.engine.passes == []


def test_a_failed_request_leaves_the_settings_as_they_were(studio: Studio) -> None:
    assert studio.txt2img(override_settings={"CLIP_stop_at_last_layers": 4}, steps=0).status == 500
    assert studio.txt2img().info["clip_skip"] == 1


def test_what_stands_in_the_infotext_of_a_server_without_checkpoints() -> None:
    reply = Studio(extended(**{"sd-models": []})).txt2img()
    assert reply.status == 200
    assert "Model hash" not in reply.pairs
