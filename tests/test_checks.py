"""What is said about a request before it is sent: each rule, and the switch for all of them."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from conftest import Connect
from support.scripted import Scripted
from webuiapi import ExtraSingleImage, Img2Img, Request, SetOptions, Txt2Img, WebUIApi
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
        ("width", [64, 512], {-8: "must be"}),
        ("denoising_strength", [0, 1, 0.5], {-0.1: "must be", "x": "must be a number"}),
        ("hr_scale", [0.1, 2], {0: "must be above 0", -1: "must be above 0"}),
    ],
)  # fmt: skip
def test_types_and_ranges(field: str, good: list[Any], bad: dict[Any, str]) -> None:
    for value in good:
        assert problems(Txt2Img(**{field: value})) == [], value
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
    assert problems(ExtraSingleImage(URL, upscaling_resize=2)) == []


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
