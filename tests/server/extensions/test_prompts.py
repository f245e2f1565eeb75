"""Dynamic Prompts, wildcards, model keywords and promptgen: what they make of prompts."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.compare import CATALOG
from webuiapi.server.extensions.wildcards import DEFAULT

from .shop import Painted, Shop, apart

DYNAMIC = "Dynamic Prompts v2.17.1"


def prompts(reply: Painted) -> list[str]:
    found: list[str] = reply.info["all_prompts"]
    return found


def filled(shop: Shop, prompt: str, count: int = 1, args: list[Any] | None = None, **fields: Any) -> list[str]:
    scripts = {} if args is None else {DYNAMIC: args}
    small = {"width": 64, "height": 64, "steps": 1}
    return prompts(shop.txt2img(scripts, prompt=prompt, n_iter=count, **{**small, **fields}))


# --- Dynamic Prompts


def test_choices_by_the_seed_without_being_named(shop: Shop) -> None:
    first = filled(shop, "a {red|green|blue} fox", 6)
    assert set(first) <= {"a red fox", "a green fox", "a blue fox"}
    assert len(set(first)) > 1
    assert first == filled(shop, "a {red|green|blue} fox", 6)
    assert first[2:] == filled(shop, "a {red|green|blue} fox", 4, seed=9)
    assert first != filled(shop, "a {red|green|blue} fox", 6, seed=100)


def test_the_picture_is_of_the_filled_prompt(shop: Shop) -> None:
    reply = shop.txt2img(prompt="a {sunset|night} over the sea")
    assert "{" not in reply.infotext
    assert apart(reply.images[0], shop.txt2img(prompt=prompts(reply)[0]).images[0]) == 0


def test_switched_off_or_not_installed(shop: Shop) -> None:
    assert filled(shop, "a {red|green} fox", args=[False]) == ["a {red|green} fox"]
    assert filled(Shop(without=["dynamic-prompts"]), "a {red|green} fox") == ["a {red|green} fox"]
    assert filled(Shop(CATALOG), "a {red|green} fox") == ["a {red|green} fox"]


def test_the_key_has_the_version(shop: Shop) -> None:
    reply = shop.txt2img({"Dynamic Prompts v2.17.0": []})
    assert reply.status == 422
    assert shop.txt2img({DYNAMIC.lower(): []}).status == 200


@pytest.mark.parametrize(
    ("template", "possible"),
    [
        ("{a}", {"a"}),
        ("{a|}", {"a", ""}),
        ("{a|{b|c}}", {"a", "b", "c"}),
        ("x{a|b}{1|2}", {"xa1", "xa2", "xb1", "xb2"}),
        ("{2$$a|b}", {"a, b", "b, a"}),
        ("{2$$ and $$a|b}", {"a and b", "b and a"}),
        ("{1-2$$ & $$a|b}", {"a", "b", "a & b", "b & a"}),
        ("{0::a|b}", {"b"}),
        ("open {a", {"open {a"}),
        ("closed} a", {"closed} a"}),
        ("{2$$__time__}", set(DEFAULT["time"])),
        ("__nowhere__", {"nowhere"}),  # kept here; but Simple wildcards, which comes next, drops the underscores
    ],
)
def test_templates(shop: Shop, template: str, possible: set[str]) -> None:
    assert set(filled(shop, template, 24)) == possible


def test_weights(shop: Shop) -> None:
    found = filled(shop, "{20::often|rarely}", 60)
    assert 45 < found.count("often") < 60


def test_wildcards(shop: Shop) -> None:
    assert set(filled(shop, "__animal__ __time__", 8)) <= {
        f"{animal} {time}" for animal, time in itertools.product(DEFAULT["animal"], DEFAULT["time"])
    }
    data = {**shop.app.catalog.data, "wildcards": {"size/large": ["huge {cat|dog}"], "size/small": ["tiny {cat|dog}"]}}
    found = filled(Shop(data), "__size/*__", 12)
    assert {"huge", "tiny"} == {text.split()[0] for text in found}
    assert {"cat", "dog"} == {text.split()[1] for text in found}
    nested = Shop({**shop.app.catalog.data, "wildcards": {"a": ["__a__ b"]}})
    assert set(filled(nested, "__a__")[0]) == {"b", " "}  # a list that names itself comes to an end


def test_combinations(shop: Shop) -> None:
    args = [True, True]
    every = filled(shop, "{a|b} {1|2|3}", args=args)
    assert every == [f"{letter} {number}" for letter in "ab" for number in (1, 2, 3)]
    assert filled(shop, "{a|b} {1|2|3}", args=[True, True, 2]) == every * 2
    limited = [True, True, 1, False, False, False, 1.1, 1.5, 100, 0.7, False, False, True, False, False, 4]
    assert filled(shop, "{a|b} {1|2|3}", args=limited) == every[:4]
    seeds = shop.txt2img({DYNAMIC: args}, prompt="{a|b}", width=64, height=64, steps=1).info["all_seeds"]
    assert seeds == [7, 8]
    fixed = [True, True, 1, False, False, False, 1.1, 1.5, 100, 0.7, True]
    assert shop.txt2img({DYNAMIC: fixed}, prompt="{a|b}", width=64, height=64, steps=1).info["all_seeds"] == [7, 7]


def test_no_pictures(shop: Shop) -> None:
    args = [True, False, 1, False, False, False, 1.1, 1.5, 100, 0.7, False, False, True, False, True]
    reply = shop.txt2img({DYNAMIC: args}, prompt="{a|b}")
    assert (reply.status, reply.body["images"]) == (200, [])
    assert prompts(reply)[0] in ("a", "b")


def test_attention_and_magic(shop: Shop) -> None:
    grabbed = filled(shop, "red fox, green wood", args=[True, False, 1, False, False, True, 1.2, 1.3])
    (stress,) = re.findall(r"\((?:red fox|green wood):(\d\.\d+)\)", grabbed[0])
    assert 1.2 <= float(stress) <= 1.3
    magic = filled(shop, "red fox", args=[True, False, 1, True])
    assert magic[0].startswith("red fox, ")
    blocked = [
        True,
        False,
        1,
        True,
        False,
        False,
        1.1,
        1.5,
        300,
        0.7,
        False,
        False,
        True,
        False,
        False,
        0,
        "x",
        "detail|look",
    ]
    assert "detail" not in filled(shop, "red fox", args=blocked)[0]


def test_negative_prompts_and_those_of_the_second_pass(shop: Shop) -> None:
    fields: Any = {"negative_prompt": "{bad|ugly}", "enable_hr": True, "hr_scale": 1.5, "denoising_strength": 0.5}
    reply = shop.txt2img(prompt="{a|b}", width=64, height=64, steps=2, **fields)
    assert reply.info["all_negative_prompts"][0] in ("bad", "ugly")
    assert "{" not in reply.infotext


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="{}|$:-_ab1 ", max_size=24))
def test_any_template_gives_a_prompt(template: str) -> None:
    shop = Shop()
    body = {"prompt": template, "width": 64, "height": 64, "steps": 1}
    assert shop.post("/sdapi/v1/txt2img", body).status == 200


# --- Simple wildcards


def simple(**settings: Any) -> Shop:
    return Shop(without=["dynamic-prompts"], **settings)


def test_simple_wildcards() -> None:
    shop = simple()
    found = filled(shop, "__animal__ __time__", 6)
    assert {text.rpartition(" at ")[0] for text in found} <= set(DEFAULT["animal"])
    assert len(set(found)) > 1
    assert found[1:] == filled(shop, "__animal__ __time__", 5, seed=8)
    assert filled(shop, "a__nothing__b") == ["anothingb"]  # two underscores that name no list vanish
    assert filled(shop, "__animal__", args=None) != ["__animal__"]


def test_simple_wildcards_are_told() -> None:
    reply = simple().txt2img(prompt="__animal__, one", negative_prompt="__weather__")
    assert reply.extra == {"Wildcard prompt": "__animal__, one", "Wildcard negative prompt": "__weather__"}
    assert 'Wildcard prompt: "__animal__, one"' in reply.infotext
    assert simple().txt2img(prompt="plain").extra == {}


def test_options_of_simple_wildcards() -> None:
    shop = simple()
    shop.post("/sdapi/v1/options", {"wildcards_same_seed": True, "wildcards_write_infotext": False})
    assert len(set(filled(shop, "__animal__", 8))) == 1
    assert shop.txt2img(prompt="__animal__").extra == {}


def test_simple_wildcards_are_not_listed_but_known() -> None:
    shop = simple()
    assert "simple wildcards" not in shop.get("/sdapi/v1/scripts").body["txt2img"]
    assert shop.txt2img({"Simple wildcards": []}).status == 200
    assert Shop(CATALOG).txt2img({"Simple wildcards": []}).status == 422


# --- Model keyword


@pytest.fixture
def keywords(shop: Shop) -> Shop:
    """A server that knows a word for the loaded checkpoint, two for another."""
    return Shop({**shop.app.catalog.data, "model-keywords": {"v1-5": ["one style"], "dreamshaper": ["mist", "fog"]}})


def test_keywords_of_the_loaded_checkpoint(keywords: Shop) -> None:
    answer = keywords.get("/model_keyword/get_keywords").body
    assert answer["keywords"] == ["one style"]
    assert answer["match_source"] == "model-keyword.txt"
    assert answer["model"].startswith("v1-5-pruned")
    assert re.fullmatch("[0-9a-f]{8}", answer["hash"])
    none = Shop({**keywords.app.catalog.data, "model-keywords": {}}).get("/model_keyword/get_keywords").body
    assert (none["keywords"], none["match_source"]) == ([], "no match")


@pytest.mark.parametrize(
    ("args", "made"),
    [
        (None, "one style a fox"),
        ([True, "keyword prompt"], "one style a fox"),
        ([True, "prompt keyword"], "a fox one style"),
        ([True, "keyword, prompt"], "one style, a fox"),
        ([True, "prompt, keyword"], "a fox, one style"),
        ([False], "a fox"),
        ([True, "prompt, keyword", "random", "emb"], "a fox, emb, one style"),
        ([True, "prompt, keyword", "random", "emb", "model keyword first"], "a fox, one style, emb"),
        ([True, "prompt, keyword", "x", "None", "", "alora", 0.5, "w"], "a fox, one style <lora:alora:0.5> w"),
        ([True, "prompt, keyword", "x", "None", "", "alora", 0.5, "< random >"], "a fox, one style <lora:alora:0.5>"),
    ],
)
def test_keywords_are_put_into_prompts(keywords: Shop, args: list[Any] | None, made: str) -> None:
    scripts = {} if args is None else {"Model keyword": args}
    assert prompts(keywords.txt2img(scripts, prompt="a fox", width=64, height=64, steps=1)) == [made]


@pytest.mark.parametrize(
    ("several", "made"),
    [
        ("keyword1, keyword2", ["mist, fog a", "mist, fog a", "mist, fog a"]),
        ("iterate", ["mist a", "fog a", "mist a"]),
        ("keyword2", ["fog a"] * 3),
        ("mist", ["mist a"] * 3),
        ("random", ["fog a", "mist a", "fog a"]),
    ],
)
def test_several_keywords(keywords: Shop, several: str, made: list[str]) -> None:
    keywords.post("/sdapi/v1/options", {"sd_model_checkpoint": "dreamshaper_8"})
    small = {"prompt": "a", "width": 64, "height": 64, "steps": 1, "n_iter": 3}
    assert prompts(keywords.txt2img({"Model keyword": [True, "keyword prompt", several]}, **small)) == made


# --- promptgen


def test_promptgen(shop: Shop) -> None:
    models = shop.get("/promptgen/list_models").body["available_models"]
    assert models == [f"AUTOMATIC/promptgen-{name}" for name in ("lexart", "majinai-safe", "majinai-unsafe")]
    answer = shop.post("/promptgen/generate", {"text": "a fox"}).body
    assert len(answer["prompts"]) == 20
    assert all(text.startswith("a fox, ") for text in answer["prompts"])
    assert len(set(answer["prompts"])) > 5
    few = shop.post("/promptgen/generate", {"text": "", "batch_count": 2, "batch_size": 3}).body["prompts"]
    assert len(few) == 6
    assert all(few)


def test_promptgen_deletes_signs(shop: Shop) -> None:
    body = {"text": "a (fox:1.2) & 'owl'", "batch_size": 1}
    (text,) = shop.post("/promptgen/generate", body).body["prompts"]
    assert text.startswith("a fox1.2 amp x27owlx27, ")


def test_promptgen_without_warmth_says_the_same(shop: Shop) -> None:
    body = {"text": "a fox", "temperature": 0, "batch_size": 2}
    assert shop.post("/promptgen/generate", body).body == shop.post("/promptgen/generate", body).body


def test_promptgen_lengths(shop: Shop) -> None:
    short = shop.post("/promptgen/generate", {"text": "a fox", "max_length": 6, "min_length": 1}).body["prompts"]
    long = shop.post("/promptgen/generate", {"text": "a fox", "min_length": 60}).body["prompts"]
    assert max(map(len, short)) < min(map(len, long))


@pytest.mark.parametrize(
    ("field", "value"),
    [("batch_count", 0), ("batch_size", 101), ("temperature", 4.5), ("top_k", 51), ("top_p", 1.1),
     ("length_preference", -11), ("num_beams", 9), ("repetition_penalty", 0.5)],
)  # fmt: skip
def test_promptgen_refuses(shop: Shop, field: str, value: float) -> None:
    answer = shop.post("/promptgen/generate", {field: value})
    assert answer.status == 422
    assert answer.body["detail"][0]["loc"] == ["body", field]


def test_promptgen_with_an_unknown_model(shop: Shop) -> None:
    answer = shop.post("/promptgen/generate", {"model_name": "None"})
    assert (answer.status, answer.body["detail"]) == (500, "there is no model 'None'")
    shop.post("/sdapi/v1/options", {"promptgen_names": "own/model"})
    assert shop.get("/promptgen/list_models").body == {"available_models": ["own/model"]}
    assert shop.post("/promptgen/generate", {"model_name": "own/model", "batch_size": 1}).status == 200
