"""Units beside what the caller wrote by hand, what is not installed, and what seems to have had no effect."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import pytest

import webuiapi
from webuiapi.checks import ParameterWarning
from webuiapi.extensions.base import ExtensionMissing, SilentlyIgnored

from .bench import PNG, RAW, URI, Bench, Json, args_of, described, generated, joined

SAG = webuiapi.Sag(scale=1.5)
SAG_SENT = {"args": [True, 1.5]}


def sent_with(given: Any, *info: Json, **units: Any) -> Json:
    """The always-on scripts of a call with both, the caller's being as before."""
    before = copy.deepcopy(given)
    bench = Bench(*info)
    bench.client(checks="off").txt2img("a", alwayson_scripts=given, **units)
    assert given == before
    sent: Json = bench.last["alwayson_scripts"]
    return sent


# -- the caller's own -------------------------------------------------------------------------------------------------


def test_the_callers_own_are_kept() -> None:
    given = {"Dynamic Prompts v2.17.1": {"args": [False]}, "Simple wildcards": []}
    assert sent_with(given, described("sag"), sag=SAG) == {**given, "Self Attention Guidance": SAG_SENT}


def test_none_is_nothing() -> None:
    assert sent_with(None, described("sag"), sag=SAG) == {"Self Attention Guidance": SAG_SENT}
    bench = Bench(described("sag"))
    bench.client().txt2img("a", sag=None, adetailer=None, scripts=None, alwayson_scripts=None)
    assert bench.last == {"prompt": "a"}
    bench.client().txt2img("a", sag=[], adetailer=[], scripts=[], alwayson_scripts={})
    assert bench.last == {"prompt": "a", "alwayson_scripts": {}}


def test_units_of_objects_come_behind_the_callers_under_his_title() -> None:
    given = {"controlnet": {"args": [{"module": "canny"}], "note": 1}}
    sent = sent_with(given, described("controlnet"), controlnet_units=webuiapi.ControlNetUnit(model="m"))
    assert sent == {"controlnet": {"args": [{"module": "canny"}, {"model": "m", "enabled": True}], "note": 1}}


@pytest.mark.parametrize("empty", [[], {}, {"args": []}, None])
def test_a_title_without_arguments_takes_the_units(empty: Any) -> None:
    sent = sent_with({"SELF attention guidance": empty}, described("sag"), sag=SAG)
    assert list(sent) == ["SELF attention guidance"]
    assert sent["SELF attention guidance"]["args"] == [True, 1.5]


def test_a_relatives_title_is_the_same_script() -> None:
    title = "SelfAttentionGuidance Integrated (SD 1.x, SD 2.x, SDXL)"
    with pytest.raises(ValueError, match="is given both as Sag and in alwayson_scripts"):
        sent_with({title: {"args": [False]}}, described("forge_sag"), sag=SAG)


@pytest.mark.parametrize(
    "unit",
    [SAG, webuiapi.ReActor(PNG), webuiapi.AnimateDiff(), webuiapi.FreeU()],
    ids=lambda unit: type(unit).__name__,
)
def test_what_a_call_can_have_once_may_not_be_given_twice(unit: Any) -> None:
    given = {unit.title.upper(): {"args": [False]}}
    before = copy.deepcopy(given)
    key = {"Sag": "sag", "ReActor": "reactor", "AnimateDiff": "animatediff", "FreeU": "freeu"}[type(unit).__name__]
    with pytest.raises(
        ValueError, match=f"{unit.title} is given both as {type(unit).__name__} and in alwayson_scripts"
    ):
        Bench(described(key)).client().txt2img("a", scripts=[unit], alwayson_scripts=given)
    assert given == before


@pytest.mark.parametrize("broken", ["text", {"args": "text"}, {"args": {"0": True}}])
def test_what_has_no_list_of_arguments_is_an_error(broken: Any) -> None:
    with pytest.raises(ValueError, match=r"alwayson_scripts\['Self.*has no list of args"):
        Bench(described("sag")).client().txt2img(
            "a", scripts=[SAG], alwayson_scripts={"Self Attention Guidance": broken}
        )


@pytest.mark.parametrize(
    ("theirs", "merged"),
    [
        ([True, True, {"ad_model": "x"}], [True, True, {"ad_model": "x"}, {"ad_model": "y"}]),
        ([{"ad_model": "x"}], [True, False, {"ad_model": "x"}, {"ad_model": "y"}]),
        ([False], [True, False, {"ad_model": "y"}]),
    ],
)
def test_adetailers_booleans_stay_in_front(theirs: list[Any], merged: list[Any]) -> None:
    sent = sent_with(
        {"adetailer": {"args": theirs}}, described("adetailer"), adetailer=webuiapi.ADetailer(ad_model="y")
    )
    assert sent == {"adetailer": {"args": merged}}


def test_units_of_one_title_are_gathered_in_order_the_named_parameters_first() -> None:
    one, two, three = (webuiapi.ControlNetUnit(model=name) for name in "abc")
    bench = Bench(described("controlnet"), described("sag"))
    bench.client(checks="off").txt2img("a", scripts=[two, SAG, three], controlnet_units=one)
    sent = bench.last["alwayson_scripts"]
    assert list(sent) == ["ControlNet", "Self Attention Guidance"]
    assert [unit["model"] for unit in args_of(bench.last, "ControlNet")] == ["a", "b", "c"]


def test_nothing_of_one_call_is_in_the_next() -> None:
    bench = Bench(described("reactor"), described("controlnet"))
    api = bench.client(checks="off")
    face = webuiapi.ReActor(PNG)
    shared: Json = {}
    api.txt2img("a", reactor=face, alwayson_scripts=shared)
    assert args_of(bench.last, "ReActor")[0] == URI
    api.txt2img("b", alwayson_scripts=shared)
    assert bench.last == {"prompt": "b", "alwayson_scripts": {}}
    api.txt2img("c", scripts=[webuiapi.ControlNetUnit(image=PNG)])
    assert args_of(bench.last, "ControlNet") == [{"image": RAW, "enabled": True}]
    api.txt2img("d")
    assert bench.last == {"prompt": "d"}


def test_what_is_no_unit_is_an_error() -> None:
    api = Bench().client()
    with pytest.raises(TypeError, match="scripts: a dict is no unit of an extension"):
        api.txt2img("a", scripts=[{"args": []}])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="sag: a str is no unit of an extension: 'yes'"):
        api.txt2img("a", sag="yes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Script: 2 are given, and a call can have one"):
        api.txt2img("a", scripts=[webuiapi.Script("cutoff"), webuiapi.Script("Cutoff")])


# -- installed --------------------------------------------------------------------------------------------------------


def test_a_missing_extension_names_those_that_are_there() -> None:
    bench = Bench(described("sag"), described("controlnet"))
    with pytest.raises(ExtensionMissing) as caught:
        bench.client().txt2img("a", reactor=webuiapi.ReActor(PNG))
    error = caught.value
    assert (error.title, error.installed) == ("ReActor", ["self attention guidance", "controlnet"])
    assert str(error) == (
        "ReActor is not installed or not enabled on the server: for txt2img it has self attention guidance, controlnet"
    )
    assert isinstance(error, webuiapi.WebUIApiError)
    assert bench.posts == []


def test_the_lists_are_read_once() -> None:
    bench = Bench(described("sag"))
    api = bench.client()
    for _ in range(3):
        api.txt2img("a", sag=SAG)
        api.img2img(PNG, "a", sag=SAG, size=(64, 64))
    asked = [target for method, target, _ in bench.sent if method == "GET"]
    assert asked.count("/sdapi/v1/scripts") == asked.count("/sdapi/v1/script-info") == 1
    api.forget()
    api.txt2img("a", sag=SAG)
    assert [target for _, target, _ in bench.sent].count("/sdapi/v1/scripts") == 2


@pytest.mark.parametrize(
    "answers",
    [
        {"/sdapi/v1/scripts": {"txt2img": [], "img2img": []}},
        {"/sdapi/v1/scripts": {}},
        {"/sdapi/v1/scripts": b"<html>"},
        {"/sdapi/v1/scripts": []},
        {"/sdapi/v1/script-info": b"null"},
    ],
    ids=["empty", "without tabs", "no JSON", "a list", "no description"],
)
def test_an_empty_or_unreadable_list_checks_nothing(answers: Json) -> None:
    bench = Bench(unlisted=True, answers=answers)
    bench.client(checks="off").txt2img("a", reactor=webuiapi.ReActor(PNG), scripts=[webuiapi.FreeU(b1=1.5)])
    assert args_of(bench.last, "FreeU") == [True, 0.0, 1.0, 0.0, "Version 2", 1.5]


def test_a_list_of_the_other_tab_does_not_count() -> None:
    bench = Bench({**described("sag"), "tabs": ["img2img"]}, {**described("cutoff"), "tabs": ["txt2img"]})
    api = bench.client()
    api.img2img(PNG, "a", sag=SAG, size=(64, 64))
    with pytest.raises(ExtensionMissing, match="for txt2img it has cutoff"):
        api.txt2img("a", sag=SAG)


def test_a_script_without_controls_is_not_listed() -> None:
    body = joined(webuiapi.SimpleWildcards(same_seed=True), described("sag"))
    assert body["alwayson_scripts"] == {"Simple wildcards": {"args": []}}


# -- selectable scripts -----------------------------------------------------------------------------------------------


def test_two_selectable_scripts_are_an_error() -> None:
    bench = Bench(described("prompt_matrix"), described("prompts_from_file"))
    api = bench.client()
    with pytest.raises(ValueError, match="PromptMatrix and PromptsFromFile are both selectable scripts"):
        api.txt2img("a", scripts=[webuiapi.PromptMatrix(), webuiapi.PromptsFromFile("b")])
    with pytest.raises(ValueError, match="'Prompt matrix' and 'prompts from file or textbox' are both chosen by name"):
        api.txt2img("a|b", scripts=[webuiapi.PromptMatrix(), webuiapi.Script("prompts from file or textbox")])
    with pytest.raises(ValueError, match="'x' and 'Prompt matrix' are both chosen by name"):
        api.txt2img("a|b", scripts=[webuiapi.PromptMatrix()], script_name="x", script_args=[])
    assert bench.posts == []


def test_a_selectable_script_beside_always_on_ones() -> None:
    body = joined([SAG, webuiapi.PromptMatrix(margin_size=4)], described("prompt_matrix"), described("sag"))
    assert (body["script_name"], body["script_args"]) == ("Prompt matrix", [False, False, "positive", "comma", 4])
    assert body["alwayson_scripts"] == {"Self Attention Guidance": SAG_SENT}


# -- afterwards -------------------------------------------------------------------------------------------------------


def ignored(unit: Any, infotext: str, **answer: Any) -> list[str]:
    """The warnings of a generation that comes back with this infotext."""
    picture = {**generated(infotext), **answer}
    bench = Bench(also=[unit.title.lower()], undescribed=True, answers={"/sdapi/v1/txt2img": picture})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bench.client().txt2img("a BREAK b", scripts=[unit])
    assert {item.category for item in caught} <= {SilentlyIgnored, ParameterWarning}
    return [str(item.message) for item in caught if item.category is SilentlyIgnored]


@pytest.mark.parametrize(
    ("unit", "mark"),
    [
        (webuiapi.ADetailer(ad_model="m"), "ADetailer model: m"),
        (SAG, "SAG Guidance Scale: 1.5"),
        (SAG, "sag_enabled: True"),
        (webuiapi.FreeU(), 'FreeU Stages: "[]"'),
        (webuiapi.FreeU(), "freeu_enabled: True"),
        (webuiapi.DynamicThresholding(), "Dynamic thresholding enabled: True"),
        (webuiapi.RegionalPrompter(), "RP Active: True"),
        (webuiapi.TiledDiffusion(), 'Tiled Diffusion: "{}"'),
        (webuiapi.LayerDiffuse(), "layerdiffusion_enabled: True"),
        (webuiapi.KohyaHRFix(), "kohya_hrfix_enabled: True"),
        (webuiapi.LatentModifier(), "latent_modifier_enabled: True"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_an_infotext_without_the_extensions_mark_is_told(unit: Any, mark: str) -> None:
    assert ignored(unit, f"a\nSteps: 20, {mark}") == []
    (message,) = ignored(unit, "a\nSteps: 20, Seed: 1")
    assert message.startswith(f"{unit.title} seems to have had no effect: no infotext mentions ")
    off = {"ad_model": "m", "ad_tab_enable": False} if isinstance(unit, webuiapi.ADetailer) else {"enable": False}
    assert ignored(type(unit)(**off), "a\nSteps: 20, Seed: 1") == []


def test_nothing_is_told_without_infotexts() -> None:
    assert ignored(SAG, "", info="{}") == []
    assert ignored(SAG, "", images=[]) == []


def test_fewer_maps_than_controlnet_units_are_told() -> None:
    unit = webuiapi.ControlNetUnit(image=PNG, module="canny", model="m")
    (message,) = ignored(unit, "a\nSteps: 20")
    assert message.startswith("ControlNet seems to have had no effect: 1 maps were expected and 0 came back")
    assert "control_net_unit_count" in message
    assert ignored(unit, "a\nSteps: 20", images=[RAW, RAW]) == []
    assert ignored(webuiapi.ControlNetUnit(image=PNG, save_detected_map=False), "a\nSteps: 20") == []
    assert ignored(webuiapi.ControlNetUnit(image=PNG, enabled=False), "a\nSteps: 20") == []


def test_still_pictures_instead_of_a_video_are_told() -> None:
    unit = webuiapi.AnimateDiff(format=["GIF", "PNG"])
    (message,) = ignored(unit, "a\nSteps: 20")
    assert message.startswith("AnimateDiff seems to have had no effect: still pictures came back")
    assert ignored(webuiapi.AnimateDiff(format=["PNG"]), "a\nSteps: 20") == []
    assert ignored(webuiapi.AnimateDiff(enable=False, format=["GIF"]), "a\nSteps: 20") == []


def test_checks_turn_it_off_and_into_an_error() -> None:
    answers = {"/sdapi/v1/txt2img": generated("a\nSteps: 20")}
    bench = Bench(described("sag"), answers=answers)
    bench.client(checks="off").txt2img("a", sag=SAG)
    with pytest.raises(webuiapi.UnexpectedResult, match="Self Attention Guidance seems to have had") as caught:
        bench.client(checks="strict").txt2img("a", sag=SAG)
    assert len(caught.value.result) == 1
