"""What is said about a request before it is sent: each rule, and the switch for all of them."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from conftest import Connect
from support.scripted import Scripted
from webuiapi import (
    ControlNetUnit,
    DynamicThresholding,
    ExtraSingleImage,
    Img2Img,
    LayerDiffuse,
    PromptMatrix,
    Request,
    SetOptions,
    StyleAlign,
    Txt2Img,
    WebUIApi,
)
from webuiapi.checks import ParameterWarning, field_problems

URL = "https://example.com/x.png"


def problems(request: Request[Any]) -> list[tuple[str, bool]]:
    return [(problem.text, problem.fatal) for problem in request.problems()]


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("steps", [1, 150, 20.0, "20", " 7 ", numpy.int64(3), True], {0: "must be at least 1"}),
        ("steps", [], dict.fromkeys([2.5, "many", ""], "must be a whole number")),
        ("cfg_scale", [1, 7.5, "7.5", "1e1", ".5", numpy.float32(2)], dict.fromkeys(["x", "7,5"], "must be a number")),
        ("tiling", [True, False, 0, 1, numpy.bool_(True)], dict.fromkeys([2, "yes"], "must be True or False")),
        ("prompt", ["", "x"], {5: "must be a text", b"x": "must be a text"}),
        ("styles", [[], ["a"], ("a", "b")], {"a": "must be a list of texts"}),
        ("script_args", [[], [1, None]], {"a": "must be a list"}),
        ("override_settings", [{}, {"a": 1}], {"a": "must be a dict", 5: "must be a dict"}),
        ("width", [8, 64, 512], {-8: "must be", 4: "must be at least 8", "4": "must be at least 8"}),
        ("denoising_strength", [0, 1, 0.5], {-0.1: "must be", "x": "must be a number"}),
        ("hr_scale", [0.1, 2], {0: "must be above 0", -1: "must be above 0"}),
    ],
)  # fmt: skip
def test_types_and_ranges(field: str, good: list[Any], bad: dict[Any, str]) -> None:
    for value in good:
        assert problems(Txt2Img(**{field: value, "enable_hr": True})) == [], value
    for value, message in bad.items():
        found = problems(Txt2Img(**{field: value}))
        assert len(found) == 1, (value, found)
        text, fatal = found[0]
        assert text.startswith(f"{field}={value!r} ")
        assert message in text
        assert fatal


def test_limits_on_both_sides() -> None:
    assert problems(Img2Img(URL, resize_mode=4)) == [("resize_mode=4 must be from 0 to 3", True)]
    assert problems(Txt2Img(clip_skip=13)) == [("clip_skip=13 must be from 1 to 12", True)]


def test_fields_without_a_rule_are_left_alone() -> None:
    assert list(field_problems(SetOptions({"a": 1}))) == []
    assert problems(ExtraSingleImage(URL, upscaler_1="Lanczos", upscaling_resize=2)) == []


def test_sizes_that_the_server_would_cut() -> None:
    assert problems(Txt2Img(width=511, height=513)) == [
        ("width=511 is no multiple of 8: the server makes it 504", False),
        ("height=513 is no multiple of 8: the server makes it 512", False),
    ]


def test_pictures_and_their_number() -> None:
    assert problems(Img2Img()) == [("images: img2img needs a picture to start from", True)]
    assert problems(Img2Img(mask_image=URL)) == [
        ("images: img2img needs a picture to start from, not only a mask", True)
    ]
    assert problems(Img2Img([URL, URL])) == [
        ("images: 2 pictures and batch_size=1: the server wants batch_size=2, one picture for each", True)
    ]
    assert problems(Img2Img([URL, URL], batch_size=2)) == []
    assert problems(Img2Img([URL], batch_size=3)) == []


@pytest.mark.parametrize(
    "request_",
    [
        Img2Img([URL, URL], batch_size="2"),  # type: ignore[arg-type]
        Txt2Img(batch_size="2", scripts=[StyleAlign(), LayerDiffuse(method="(need batch size 2)")]),  # type: ignore[arg-type]
        Txt2Img(controlnet_units=ControlNetUnit(guidance_start="0.2", guidance_end="1")),  # type: ignore[arg-type]
    ],
    ids=lambda request: repr(request.batch_size),
)  # fmt: skip
def test_texts_of_numbers_are_reckoned_with(request_: Request[Any]) -> None:
    assert problems(request_) == []


def test_what_texts_of_numbers_contradict() -> None:
    assert problems(Txt2Img(width="60")) == [("width=60 is no multiple of 8: the server makes it 56", False)]  # type: ignore[arg-type]
    assert problems(Img2Img([URL, URL], batch_size="3")) == [  # type: ignore[arg-type]
        ("batch_size=3: the server makes it 2, one for each picture", False)
    ]
    crossed = ControlNetUnit(guidance_start="0.6", guidance_end="0.5")  # type: ignore[arg-type]
    assert problems(Txt2Img(controlnet_units=crossed)) == [
        ("ControlNetUnit: guidance_start=0.6 lies behind guidance_end=0.5", True)
    ]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (Txt2Img(sampler_name=5, scripts=DynamicThresholding()), "sampler_name=5 must be a text"),  # type: ignore[arg-type]
        (Txt2Img(prompt=5, scripts=PromptMatrix()), "prompt=5 must be a text"),  # type: ignore[arg-type]
        (Txt2Img(batch_size="two", scripts=StyleAlign()), "batch_size='two' must be a whole number"),  # type: ignore[arg-type]
        (Txt2Img(scripts=LayerDiffuse(method=5)), "LayerDiffuse: method=5 must be a text"),  # type: ignore[arg-type]
        (Img2Img([URL, URL], batch_size="two"), "batch_size='two' must be a whole number"),  # type: ignore[arg-type]
        (Txt2Img(extra="x"), "extra='x' must be a dict"),  # type: ignore[arg-type]
        (Img2Img(extra="x"), "extra='x' must be a dict"),  # type: ignore[arg-type]
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_wrong_value_is_all_that_is_said(connect: Connect, scripted: Scripted, request_: Any, text: str) -> None:
    with pytest.raises(ValueError, match=rf"^{text}$"):
        connect(url=scripted.url).run(request_)
    assert scripted.seen == []


@pytest.mark.parametrize("size", [(4, 64), (64, "x"), (64, 64.5), (64,), 64, "square"])
def test_sizes_that_are_none(connect: Connect, scripted: Scripted, size: Any) -> None:
    with pytest.raises(ValueError, match=r"^size=.* must be \"input\" or a pair: \(width, height\), each from 8$"):
        connect(url=scripted.url).img2img(URL, size=size)
    assert scripted.seen == []


FATAL, MINOR = Txt2Img("x", steps=0), Txt2Img("x", width=60)


def test_by_default_what_would_fail_is_an_error_and_the_rest_a_warning(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url)
    with pytest.raises(ValueError, match=r"^steps=0 must be at least 1"):
        caller.run(FATAL)
    assert scripted.seen == []
    with pytest.warns(ParameterWarning, match="^width=60 is no multiple of 8"):
        caller.run(MINOR)
    assert scripted.last.json["width"] == 60


def test_strict(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, checks="strict")
    with pytest.raises(ValueError, match=r"^width=60 is no multiple of 8"):
        caller.run(MINOR)
    with pytest.raises(ValueError, match=r"^steps=0 must be at least 1.*; width=60 is no multiple"):
        caller.run(Txt2Img(steps=0, width=60))
    assert scripted.seen == []


def test_warn(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, checks="warn")
    with pytest.warns(ParameterWarning, match="^steps=0 must be at least 1"):
        caller.run(FATAL)
    assert scripted.last.json["steps"] == 0


def test_off(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url).with_options(checks="off")
    caller.run(FATAL)
    caller.run(MINOR)
    assert len(scripted.seen) == 2


def test_other_switches_are_none() -> None:
    with pytest.raises(ValueError, match="checks='on' must be one of 'default', 'strict', 'warn', 'off'"):
        WebUIApi(checks="on")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="checks='on' must be one of"):
        WebUIApi().with_options(checks="on")  # type: ignore[arg-type]
