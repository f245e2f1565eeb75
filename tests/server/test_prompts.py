"""Styles, comments, LoRA tags and embeddings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webuiapi.server.processing.prompts import with_styles, without_comments

from .studio import Studio, extended

STYLES: list[dict[str, Any]] = [
    {"name": "Film", "prompt": "a photo of {prompt}, 35mm", "negative_prompt": "drawing"},
    {"name": "Ink", "prompt": "ink ", "negative_prompt": None},
    {"name": "Empty", "prompt": None, "negative_prompt": ""},
]


@pytest.mark.parametrize(
    ("names", "prompt", "expected"),
    [
        (["Film"], "a hill", "a photo of a hill, 35mm"),
        (["Ink"], " a hill ", "a hill, ink"),
        (["Ink"], "", "ink"),
        (["Film", "Ink"], "x", "a photo of x, 35mm, ink"),
        (["Ink", "Film"], "x", "a photo of x, ink, 35mm"),
        (["Nobody", "Empty"], "x", "x"),
        ([], " x ", " x "),
    ],
)
def test_styles(names: list[str], prompt: str, expected: str) -> None:
    assert with_styles(prompt, names, STYLES, "prompt") == expected


def test_styles_have_a_negative_side() -> None:
    assert with_styles("blur", ["Film", "Ink"], STYLES, "negative_prompt") == "blur, drawing"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a # b", "a \n"),
        ("a\n# b\nc", "a\nc"),
        ("# b\nc", "\nc"),
        ("a #b\nc#d\ne", "a \nc\ne"),
        ("a, b", "a, b"),
    ],
)
def test_comments(prompt: str, expected: str) -> None:
    assert without_comments(prompt) == expected


@settings(deadline=None)
@given(st.text(alphabet="ab #\n"))
def test_no_comment_survives(prompt: str) -> None:
    assert "#" not in without_comments(prompt)


def test_unknown_styles_do_nothing_but_are_told() -> None:
    reply = Studio().txt2img(styles=["Nobody", "Watercolor"], negative_prompt="grey")
    assert reply.info["prompt"] == "a house, watercolor"
    assert reply.info["negative_prompt"] == "grey, photo"
    assert reply.info["styles"] == ["Nobody", "Watercolor"]


def test_comments_stay_where_the_option_is_off() -> None:
    studio = Studio()
    studio.setting(enable_prompt_comments=False)
    assert studio.txt2img(prompt="a #b").info["prompt"] == "a #b"
    assert studio.txt2img(prompt="a #b").parameters["prompt"] == "a #b"


def test_lora_tags() -> None:
    studio = Studio(
        extended(
            loras=[
                {"name": "ink", "alias": "Ink Wash", "path": "/srv/ink.safetensors", "metadata": {}},
                {"name": "old", "alias": "old", "path": "x", "metadata": {"sshs_model_hash": "0123456789abcdef"}},
            ]
        )
    )
    reply = studio.txt2img(prompt="a <lora:Ink Wash:0.5> b <lyco:old:1> c <lora:none:1>")
    assert reply.info["prompt"] == "a <lora:Ink Wash:0.5> b <lyco:old:1> c <lora:none:1>"
    hashes = reply.info["extra_generation_params"]["Lora hashes"].split(", ")
    assert hashes[1] == "old: 0123456789ab"
    assert hashes[0].startswith("Ink Wash: ")
    assert len(hashes[0]) == len("Ink Wash: ") + 12
    assert f'Lora hashes: "{", ".join(hashes)}"' in reply.pairs
    assert studio.last.prompts == ["a <lora:Ink Wash:0.5> b <lyco:old:1> c "]


def test_lora_tags_without_networks() -> None:
    studio = Studio()
    reply = studio.txt2img(prompt="a <lora:test_lora:1>", disable_extra_networks=True)
    assert reply.info["extra_generation_params"] == {}
    assert studio.last.prompts == ["a "]
    studio.setting(lora_add_hashes_to_infotext=False)
    assert "Lora hashes" not in studio.txt2img(prompt="a <lora:test_lora:1>").infotext


def test_lora_of_two_names() -> None:
    first = {"name": "one", "alias": "two", "path": "a", "metadata": {"sshs_model_hash": "1" * 64}}
    second = {"name": "two", "alias": "three", "path": "b", "metadata": {"sshs_model_hash": "2" * 64}}
    studio = Studio(extended(loras=[first, second]))
    assert "two: 111111111111" in studio.txt2img(prompt="<lora:two:1>").pairs
    studio.setting(lora_preferred_name="Filename")
    assert "two: 222222222222" in studio.txt2img(prompt="<lora:two:1>").pairs


def test_embeddings() -> None:
    one = {"step": 0, "sd_checkpoint": None, "sd_checkpoint_name": None, "shape": 768, "vectors": 1}
    studio = Studio(extended(embeddings={"loaded": {"bad-hands": one, "neat": one}, "skipped": {}}))
    reply = studio.txt2img(prompt="a neatly drawn Neat house", negative_prompt="bad-hands, bad-handstand")
    names = [entry.split(": ")[0] for entry in reply.info["extra_generation_params"]["TI hashes"].split(", ")]
    assert names == ["neat", "bad-hands"]
    assert "TI hashes" not in studio.txt2img(prompt="neatly").infotext


def test_emphasis_is_told_only_where_it_is_not_the_usual_one() -> None:
    studio = Studio()
    assert "Emphasis" not in studio.txt2img(prompt="(a:1.2)").infotext
    with_override = {"override_settings": {"emphasis": "No norm"}}
    assert "Emphasis: No norm" in studio.txt2img(prompt="(a:1.2)", **with_override).pairs
    assert "Emphasis" not in studio.txt2img(prompt="a", **with_override).infotext
