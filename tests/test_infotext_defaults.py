"""What png-info answers as `parameters`: the recorded answers, styles, and what old versions meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webuiapi.infotext import parse, with_defaults
from webuiapi.infotext.defaults import uses_emphasis

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "infotexts.json").read_text(encoding="utf-8"))
TEXTS: list[str] = RECORDED["infotexts"]
LAST_LINE = "Steps: 2, Sampler: Euler, Seed: 1"
LONG = "9" * 400
STYLES: list[dict[str, Any]] = [
    {"name": "Empty", "prompt": "", "negative_prompt": None},
    {"name": "Cinematic", "prompt": "cinematic still of {prompt}, film grain", "negative_prompt": "cartoon, drawing"},
    {"name": "Watercolor", "prompt": "watercolor", "negative_prompt": "photo"},
]


@pytest.mark.parametrize("recording", RECORDED["png_info"], ids=lambda recording: recording["name"])
def test_recorded_answers(recording: dict[str, Any]) -> None:
    answer = recording["answer"]
    result = with_defaults(parse(answer["info"]))
    assert list(result.items()) == list(answer["parameters"].items())
    assert {key: type(value) for key, value in result.items()} == {
        key: type(value) for key, value in answer["parameters"].items()
    }


@pytest.mark.parametrize("text", TEXTS)
def test_texts_and_what_was_read_of_them_give_the_same(text: str) -> None:
    result = with_defaults(text)
    assert result == with_defaults(parse(text))
    assert result["Prompt"] == parse(text).prompt
    assert {"Size-1", "Size-2"} <= result.keys() or "Size: " not in text


def test_values_are_read_as_the_webui_reads_them() -> None:
    result = with_defaults(
        'a\nSteps: 2, Hashes: {"model": "ab", "vae": "cd"}, Nothing: , Quoted nothing: "", Area: "2x3"'
    )
    assert result["Hashes"] == '{"model": "ab"'
    assert "Nothing" not in result
    assert result["Quoted nothing"] == ""
    assert (result["Area-1"], result["Area-2"]) == ("2", "3")


def test_named_values_are_left() -> None:
    text = f"(a)\n{LAST_LINE}, Clip skip: 2, RNG: CPU, FP8 weight: Enable, Hires resize: 96x64, Emphasis: None"
    result = with_defaults(text)
    assert (result["Clip skip"], result["RNG"], result["Emphasis"]) == ("2", "CPU", "None")
    assert (result["Hires resize-1"], result["Hires resize-2"]) == ("96", "64")
    assert result["Cache FP16 weight for LoRA"] is False


def test_skipped_keys() -> None:
    result = with_defaults(f"a\n{LAST_LINE}", skip=["Seed", "RNG"])
    assert result["Steps"] == "2"
    assert {"Seed", "RNG"}.isdisjoint(result)


def test_hypernetwork_joins_the_prompt() -> None:
    assert with_defaults(f"a\n{LAST_LINE}, Hypernet: h")["Prompt"] == "a<hypernet:h:1.0>"
    assert with_defaults(f"a\n{LAST_LINE}, Hypernet: h, Hypernet strength: 0.5")["Prompt"] == "a<hypernet:h:0.5>"


@pytest.mark.parametrize(
    ("pairs", "sizes"),
    [
        ("Size: 1024x768, First pass size: 512x384", (512, 384, 1024, 768)),
        ("Size: 1024x768, First pass size: 0x0", (640, 448, 1024, 768)),
        ("Size: 0x0, First pass size: 0x0", (0, 0, 0, 0)),
        ("First pass size: 256x256", (256, 256, 512, 512)),
        ("Size: 64x64, First pass size: big", ("64", "64", 0, 0)),
        pytest.param(f"Size: {LONG}x64, First pass size: 0x0", (LONG, "64", 0, 0), id="digits without end"),
    ],
)
def test_first_pass_of_old_texts(pairs: str, sizes: tuple[int, ...]) -> None:
    result = with_defaults(f"a\n{LAST_LINE}, {pairs}")
    assert tuple(result[key] for key in ("Size-1", "Size-2", "Hires resize-1", "Hires resize-2")) == sizes


STYLED = (
    "cinematic still of a cat, film grain, watercolor\nNegative prompt: ugly, cartoon, drawing, photo\n" + LAST_LINE
)


def test_styles_are_cut_out_in_the_order_they_were_applied() -> None:
    result = with_defaults(STYLED, known_styles=STYLES)
    assert result["Styles array"] == ["Cinematic", "Watercolor"]
    assert (result["Prompt"], result["Negative prompt"]) == ("a cat", "ugly")
    keys = list(result)
    assert keys.index("Seed") < keys.index("Styles array") < keys.index("Prompt")


@pytest.mark.parametrize(
    ("option", "styles", "prompt"),
    [
        ("Apply if any", ["Watercolor"], "a"),
        ("Apply", ["Watercolor"], "a"),
        ("Discard", None, "a"),
        ("Ignore", None, "a, watercolor"),
    ],
)
def test_option_for_styles(option: str, styles: list[str] | None, prompt: str) -> None:
    text = f"a, watercolor\nNegative prompt: photo\n{LAST_LINE}"
    result = with_defaults(text, known_styles=STYLES, infotext_styles=option)
    assert (result.get("Styles array"), result["Prompt"]) == (styles, prompt)


def test_styles_that_are_not_there() -> None:
    for text in (
        f"a\n{LAST_LINE}",
        f"watercolor\n{LAST_LINE}",  # without the style's negative prompt
        f"cinematic still of grain\nNegative prompt: cartoon, drawing\n{LAST_LINE}",
    ):
        result = with_defaults(text, known_styles=STYLES)
        assert "Styles array" not in result
        assert result["Prompt"] == parse(text).prompt
    assert with_defaults(f"a\n{LAST_LINE}", known_styles=STYLES, infotext_styles="Apply")["Styles array"] == []


@pytest.mark.parametrize(
    ("hires", "version", "expected"),
    [
        ("b, watercolor", "", (["Watercolor"], "a", "b", "")),
        ("a, watercolor", "v1.10.1", (["Watercolor"], "a", "", "")),
        ("b", "v1.10.1", (None, "a, watercolor", "b", "")),
        ("b", "v1.8.0", (["Watercolor"], "a", "b", "")),
        ("b", "v1.8.0-140-gabcdef", (None, "a, watercolor", "b", "")),
    ],
)
def test_styles_of_the_second_pass(hires: str, version: str, expected: tuple[Any, ...]) -> None:
    text = f'a, watercolor\nNegative prompt: photo\n{LAST_LINE}, Hires prompt: "{hires}"'
    result = with_defaults(f"{text}, Version: {version}" if version else text, known_styles=STYLES)
    keys = ("Styles array", "Prompt", "Hires prompt", "Hires negative prompt")
    assert tuple(result.get(key) for key in keys) == expected


@pytest.mark.parametrize(
    "prompt", ["(a)", "[a]", "((a:1.0))", "(a:1.2)", "a (b", "a [b", "(a:1.2.3)", "(a BREAK b)", "(a:0)"]
)
def test_prompts_with_emphasis(prompt: str) -> None:
    assert uses_emphasis(prompt)
    assert with_defaults(f"x\nNegative prompt: {prompt}\n{LAST_LINE}")["Emphasis"] == "Original"


@pytest.mark.parametrize(
    "prompt", ["a", "", r"\(a\) \[b\] \\", "(a:1.0)", "()", "a) b] c:1.2)", "[(a)]", "a BREAK b", "a:b"]
)
def test_prompts_without_emphasis(prompt: str) -> None:
    assert not uses_emphasis(prompt)
    assert "Emphasis" not in with_defaults(f"{prompt}\n{LAST_LINE}")


OLD = ("Old prompt editing timelines", "Pad conds v0", "Downcast alphas_cumprod", "Refiner switch by sampling steps")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v1.5.2", (True, True, True, True)),
        ("1.6.0", (None, None, True, True)),
        ("v1.6.0-12-g1234567", (None, None, True, True)),
        ("v1.7.0", (None, None, True, True)),
        ("v1.7.0-224-g1234567", (None, None, True, True)),
        ("v1.7.0-225", (None, None, None, True)),
        ("1.8.0-RC", (None, None, None, True)),
        ("v1.8.0", (None, None, None, False)),
        ("v1.10.1", (None, None, None, False)),
        ("f2.0.1v1.10.1-previous-304-g394da019", (None, None, None, False)),
        ("neo", (None, None, None, False)),
    ],
)
def test_old_versions(version: str, expected: tuple[bool | None, ...]) -> None:
    text = f"a [b:c:1]\nSteps: 2, Sampler: DDIM, Seed: 1, Refiner: r, Version: {version}"
    result = with_defaults(text)
    assert tuple(result.get(key) for key in OLD) == expected
    off = with_defaults(text, auto_backcompat=False)
    assert tuple(off.get(key) for key in OLD) == (None, None, None, False)


def test_old_versions_do_not_matter_where_nothing_depends_on_them() -> None:
    result = with_defaults("a\nSteps: 2, Sampler: Euler, Seed: 1, Version: v1.5.0")
    assert tuple(result.get(key) for key in OLD) == (None, None, True, False)


@given(st.text(), st.text(alphabet='()[]\\:1.BREAK ab,"'))
def test_any_text_can_be_read(text: str, prompt: str) -> None:
    assert with_defaults(text)["Clip skip"]
    assert with_defaults(f"{prompt}\n{LAST_LINE}", known_styles=STYLES)["Steps"] == "2"
