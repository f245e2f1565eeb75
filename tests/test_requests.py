"""What a call sends: the request line, the headers and the JSON, to the letter; and requests as values."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from typing import Any

import numpy
import pytest

from conftest import Connect
from support.callers import Caller
from support.pictures import file_of, noise
from support.scripted import Scripted, answer
from webuiapi import (
    ExtraBatchImages,
    ExtraSingleImage,
    Img2Img,
    Request,
    Txt2Img,
    __version__,
)
from webuiapi.request import ClientDefaults

PNG = file_of(noise("L", 8, 8))


def test_a_generation_on_the_wire(caller: Caller, scripted: Scripted) -> None:
    caller.txt2img("a cat, été", seed=7)
    body = '{"prompt":"a cat, été","seed":7,"sampler_name":"Euler a","steps":20}'.encode()
    seen = scripted.last
    assert seen.line == "POST /sdapi/v1/txt2img HTTP/1.1"
    assert json.loads(seen.body) == json.loads(body)
    assert len(seen.body) == len(body), "without white space"
    assert len(seen.fields) == len(seen.headers)
    assert seen.headers == {
        "host": f"127.0.0.1:{scripted.port}",
        "user-agent": f"webuiapi/{__version__}",
        "accept": "application/json, */*",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": str(len(body)),
    }


def test_a_get_on_the_wire(caller: Caller, scripted: Scripted) -> None:
    caller.get_progress(skip_current_image=True)
    assert scripted.last.line == "GET /sdapi/v1/progress?skip_current_image=true HTTP/1.1"
    assert scripted.last.headers.keys() == {"host", "user-agent", "accept", "accept-encoding"}
    caller.get_progress()
    assert scripted.last.line == "GET /sdapi/v1/progress HTTP/1.1"


def test_an_order_has_no_body_and_says_so(caller: Caller, scripted: Scripted) -> None:
    for name, path in (("interrupt", "interrupt"), ("skip", "skip")):
        scripted.play(answer(None))
        assert getattr(caller, name)() is None
        assert scripted.last.line == f"POST /sdapi/v1/{path} HTTP/1.1"
        assert scripted.last.headers["content-length"] == "0"
        assert "content-type" not in scripted.last.headers
        assert scripted.last.body == b""


def test_a_query_arrives_as_it_was_meant(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer([]))
    caller.get_history(id="a/b & c=d%20+é?#")
    assert scripted.last.target == "/sdapi/v1/history?id=a%2Fb+%26+c%3Dd%2520%2B%C3%A9%3F%23"


def test_options_are_sent_as_they_are(caller: Caller, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer(None))
    assert caller.set_options({"CLIP_stop_at_last_layers": 2, "x": None, "list": [1, "a"]}) is None
    assert scripted.last.json == {"CLIP_stop_at_last_layers": 2, "x": None, "list": [1, "a"]}
    with pytest.raises(TypeError, match="options='x' must be a dict of names and values"):
        caller.set_options("x")
    with pytest.raises(ValueError, match=r"^options\['a'\]=nan can't be sent"):
        caller.set_options({"a": math.nan})


# -- what is sent and what is not -------------------------------------------------------------------------------------


def payload(request: Request[Any], **defaults: Any) -> Any:
    return request.with_defaults(ClientDefaults(**defaults)).payload()


def test_only_what_was_said_is_sent() -> None:
    assert payload(Txt2Img()) == {}
    assert payload(Txt2Img("x", steps=None, width=0, tiling=False, negative_prompt="")) == {
        "prompt": "x", "width": 0, "tiling": False, "negative_prompt": "",
    }  # fmt: skip
    assert payload(ExtraSingleImage(PNG)).keys() == {"image"}
    assert payload(ExtraBatchImages(PNG)).keys() == {"imageList"}
    assert payload(Img2Img(PNG)).keys() == {"init_images"}


def test_every_field_goes_out_under_its_name() -> None:
    for kind in (Txt2Img, Img2Img):
        local = {"size", "extra", "scripts", "model", "vae", "clip_skip", "refiner"}
        names = [
            field.name for field in dataclasses.fields(kind)
            if not field.metadata.get("local") and field.name not in local | {"images", "mask_image"}
        ]  # fmt: skip
        values = {name: {"given": name} for name in names}
        sent = payload(kind(**values))  # type: ignore[arg-type]
        assert sent == values


def test_the_clients_own_defaults(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, sampler="DDIM", scheduler="Karras", steps=30)
    caller.txt2img("x")
    assert scripted.last.json == {"prompt": "x", "sampler_name": "DDIM", "scheduler": "Karras", "steps": 30}
    caller.img2img(PNG, "x", sampler_name="Euler", scheduler="Uniform", steps=5)
    sent = scripted.last.json
    assert (sent["sampler_name"], sent["scheduler"], sent["steps"]) == ("Euler", "Uniform", 5)
    caller.extra_single_image(PNG, gfpgan_visibility=1)
    assert scripted.last.json.keys() == {"image", "gfpgan_visibility"}


def test_no_defaults(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, sampler=None, scheduler=None, steps=None)
    caller.txt2img("x")
    assert scripted.last.body == b'{"prompt":"x"}'


DEFAULTS: dict[str, Any] = {"sampler": "Euler a", "scheduler": "Karras", "steps": 20}


@pytest.mark.parametrize(
    ("said_", "sent"),
    [
        ({}, {"sampler_name": "Euler a", "scheduler": "Karras", "steps": 20}),
        ({"infotext": "x\nSteps: 5"}, {"infotext": "x\nSteps: 5"}),
        ({"infotext": ""}, {"infotext": ""}),
        ({"sampler_index": "A"}, {"sampler_index": "A", "sampler_name": "A", "scheduler": "Karras", "steps": 20}),
        ({"sampler_index": "A", "sampler_name": "B", "steps": 1, "scheduler": ""},
         {"sampler_index": "A", "sampler_name": "B", "steps": 1, "scheduler": ""}),
        ({"extra": {"sampler_name": None, "steps": None, "scheduler": None}},
         {"sampler_name": None, "steps": None, "scheduler": None}),
        ({"extra": {"sampler_index": "A"}}, {"sampler_index": "A", "scheduler": "Karras", "steps": 20}),
        ({"extra": {"hr_cfg": 3.5, "more": [1, {"a": None}]}},
         {"sampler_name": "Euler a", "scheduler": "Karras", "steps": 20, "hr_cfg": 3.5, "more": [1, {"a": None}]}),
        ({"steps": 7, "extra": {"steps": 8}}, {"sampler_name": "Euler a", "scheduler": "Karras", "steps": 8}),
    ],
)  # fmt: skip
def test_defaults_beside_what_was_said(said_: dict[str, Any], sent: dict[str, Any]) -> None:
    assert payload(Txt2Img(**said_), **DEFAULTS) == sent


@pytest.mark.parametrize(
    ("said_", "strength"),
    [
        ({"enable_hr": True}, 0.7),
        ({"enable_hr": True, "denoising_strength": 0.2}, 0.2),
        ({"enable_hr": True, "extra": {"denoising_strength": None}}, None),
        ({"extra": {"enable_hr": True}}, 0.7),
    ],
)
def test_hires_fix_needs_a_strength(said_: dict[str, Any], strength: float | None) -> None:
    assert payload(Txt2Img("x", **said_))["denoising_strength"] == strength


@pytest.mark.parametrize("said_", [{}, {"enable_hr": False}])
def test_without_hires_fix_there_is_none(said_: dict[str, Any]) -> None:
    assert "denoising_strength" not in payload(Txt2Img("x", **said_))


class Sampler(enum.Enum):
    EULER = "Euler a"


class Mode(enum.IntEnum):
    CROP = 1


def test_enums_go_as_their_values(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, checks="off")
    caller.img2img(PNG, sampler_name=Sampler.EULER, resize_mode=Mode.CROP, extra={"x": Sampler.EULER})
    sent = scripted.last.json
    assert (sent["sampler_name"], sent["resize_mode"], sent["x"]) == ("Euler a", 1, "Euler a")


def test_numbers_of_numpys_and_large_ones(caller: Caller, scripted: Scripted) -> None:
    caller.txt2img("x", seed=2**80, steps=numpy.int32(7), cfg_scale=numpy.float32(2.5), tiling=numpy.bool_(True))
    sent = scripted.last.json
    assert (sent["seed"], sent["steps"], sent["cfg_scale"], sent["tiling"]) == (2**80, 7, 2.5, True)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, numpy.float32("nan")])
@pytest.mark.parametrize(
    ("where", "name"),
    [
        (lambda number: {"cfg_scale": number}, r"cfg_scale=\S+"),
        (lambda number: {"script_args": [1, number]}, r"script_args\[1\]=\S+"),
        (lambda number: {"override_settings": {"a": [number]}}, r"override_settings\['a'\]\[0\]=\S+"),
        (lambda number: {"extra": {"more": number}}, r"extra\['more'\]=\S+"),
    ],
)
def test_what_is_no_number_is_refused_by_name(
    caller: Caller, scripted: Scripted, number: float, where: Any, name: str
) -> None:
    for checks in ("default", "off"):
        with pytest.raises(ValueError, match=f"^{name}"):
            caller.with_options(checks=checks).txt2img("x", **where(number))
    assert scripted.connections == 0


def test_text_that_is_none_is_refused(caller: Caller, scripted: Scripted) -> None:
    with pytest.raises(TypeError, match="surrogates"):
        caller.txt2img("half a character: \ud83d")
    assert scripted.connections == 0
