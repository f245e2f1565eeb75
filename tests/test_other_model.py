"""A server that paints with another checkpoint than was asked for: it is said."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from conftest import Connect
from support.callers import Caller
from support.scripted import Scripted, answer
from webuiapi import SilentlyIgnored, UnexpectedResult

MODELS = [
    {"title": "real/vision_5.safetensors [15012c538f]", "model_name": "real_vision_5", "hash": "15012c538f",
     "sha256": "15012c538f" + "0" * 54, "filename": "/models/real/vision_5.safetensors", "config": None},
    {"title": "dream_8.ckpt [879db523c3]", "model_name": "dream_8", "hash": "879db523c3",
     "sha256": "879db523c3" + "1" * 54, "filename": "/models/dream_8.ckpt", "config": None},
]  # fmt: skip


def painted_with(name: str, digest: str | None) -> bytes:
    info = {"seed": 1, "sd_model_name": name, "sd_model_hash": digest}
    return answer({"images": [], "info": json.dumps(info)})


@pytest.fixture
def asked(connect: Connect, scripted: Scripted) -> Caller:
    scripted.play_at("/sdapi/v1/sd-models", answer(MODELS))
    return connect(url=scripted.url, server="a1111")


@pytest.mark.parametrize(
    ("how", "used"),
    [
        ({"model": "dream_8.ckpt [879db523c3]"}, ("dream_8", "879db523c3")),
        ({"model": "dream"}, ("dream_8", "879db523c3")),
        ({"model": "879db523c3"}, ("dream_8", "879db523c3")),
        ({"model": "879db523c3" + "1" * 54}, ("dream_8", "879db523c3")),
        ({"model": "DREAM_8.ckpt"}, ("dream_8", None)),
        ({"model": "vision_5"}, ("vision_5", "15012c538f")),
        ({"override_settings": {"sd_model_checkpoint": "dream_8"}}, ("dream_8", "879db523c3")),
        ({}, ("dream_8", "879db523c3")),
        ({"model": "dream"}, ("", None)),
    ],
)
def test_the_one_that_was_asked_for(asked: Caller, scripted: Scripted, how: dict[str, Any], used: Any) -> None:
    scripted.play_at("/sdapi/v1/txt2img", painted_with(*used))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asked.txt2img("x", **how)


@pytest.mark.parametrize(
    "how", [{"model": "dream"}, {"override_settings": {"sd_model_checkpoint": "dream_8.ckpt [879db523c3]"}}]
)
def test_another_one(asked: Caller, scripted: Scripted, how: dict[str, Any]) -> None:
    scripted.play_at("/sdapi/v1/txt2img", painted_with("vision_5", "15012c538f"))
    with pytest.warns(SilentlyIgnored, match=r"the model 'dream.*' was asked for, and the server used 'vision_5'"):
        asked.txt2img("x", **how)
    with pytest.raises(UnexpectedResult, match="and the server used 'vision_5'") as caught:
        asked.with_options(checks="strict").txt2img("x", **how)
    assert caught.value.result.info["sd_model_name"] == "vision_5"
