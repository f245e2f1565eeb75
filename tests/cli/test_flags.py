"""Flags are the fields of the requests: all of them, with their types and docstrings."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.conftest import run_command
from webuiapi import ExtraSingleImage, Img2Img, Txt2Img
from webuiapi.cli.app import COMMANDS, app
from webuiapi.cli.fields import Field, fields_of
from webuiapi.cli.flags import OF_NO_USE, Flag, flags_of, said
from webuiapi.cli.values import PairsType, SizeType, expanded

REQUESTS = [("txt2img", Txt2Img), ("img2img", Img2Img), ("upscale", ExtraSingleImage)]
ARGUMENTS = {"txt2img": {"prompt"}, "img2img": {"prompt"}, "upscale": {"image"}}


def load(name: str) -> click.Command:
    found = app.get_command(click.Context(app), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_begins_as_the_list_says(name: str) -> None:
    ran = run_command(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert load(name).get_short_help_str(200) in (COMMANDS[name], COMMANDS[name].partition(". ")[0] + ".")
    assert COMMANDS[name].partition(". ")[0].rstrip(".") in ran.out
    assert run_command(name, "-h").out == ran.out


def test_help_lists_all_commands() -> None:
    ran = run_command("--help")
    assert ran.code == 0
    assert [line for line in COMMANDS if f"  {line} " not in ran.out] == []
    assert run_command().out == ran.out


@pytest.mark.parametrize(("name", "kind"), REQUESTS)
def test_help_has_every_field_and_its_docstring(name: str, kind: Any) -> None:
    shown = "".join(run_command(name, "--help").out.split())
    hidden = ARGUMENTS[name] | OF_NO_USE
    fields = [field for field in fields_of(kind) if field.name not in hidden and "Unit" not in field.types]
    assert len(fields) > 10
    for field in fields:
        assert "--" + field.name.replace("_", "-") in shown
        if field.name != "images":  # img2img's own words: the first is the argument
            assert field.doc
            assert "".join(field.doc.split()) in shown


@pytest.mark.parametrize(("name", "flag"), [
    ("txt2img", "left-out"), ("txt2img", "firstpass-image"), ("img2img", "latent-mask"), ("img2img", "comments"),
])  # fmt: skip
def test_what_is_of_no_use_is_no_flag(name: str, flag: str) -> None:
    ran = run_command(name, "a", "b", f"--{flag}", "x")
    assert (ran.code, ran.out) == (2, "")
    assert f"No such option: --{flag}" in ran.err or f"No such option '--{flag}'" in ran.err
    assert flag not in run_command(name, "--help").out


def test_a_misspelt_field_is_said(tmp_path: Any) -> None:
    size = ("-W", "64", "-H", "64", "--steps", "1", "--url", ":local:", "--out", str(tmp_path / "a.png"))
    ran = run_command("txt2img", "a cat", "--extra", "stepz=3", *size)
    assert ran.code == 0
    assert "extra: 'stepz' is no field of A1111's webui; similar is 'steps'" in ran.err
    assert run_command("txt2img", "a cat", "--extra", "steps=1", *size).err.count("extra") == 0


@pytest.mark.parametrize(("name", "kind"), REQUESTS)
def test_examples_in_the_help_are_valid_commands(name: str, kind: Any, tmp_path: Any, monkeypatch: Any) -> None:
    import shlex

    del kind
    monkeypatch.chdir(tmp_path)
    for file in ("photo.png", "photo.jpg", "mask.png", "portrait.jpg"):
        (tmp_path / file).write_bytes(b"x")
    examples = [line for line in (load(name).epilog or "").splitlines() if line.startswith("webuiapi ")]
    assert len(examples) >= 2
    for example in examples:
        words = shlex.split(example.partition(" | ")[0])
        assert words[:2] == ["webuiapi", name]
        load(name).make_context(name, words[2:])  # raises for what is wrong


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**40), 2**40),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "str": st.text(),
    "Sequence[str]": st.lists(st.text(), min_size=1, max_size=3),
    "Mapping[str, Any]": st.dictionaries(
        st.text(min_size=1), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()), min_size=1
    ),
    "Sequence[Any]": st.lists(st.booleans() | st.integers() | st.text() | st.lists(st.integers()), min_size=2),
    "ImageInput": st.just("https://example.org/picture.png"),
    "Literal['input']": st.just("input") | st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
}


def as_flags(field: Field, value: Any) -> list[str]:
    """The words that say it."""
    flag, kind = "--" + field.name.replace("_", "-"), field.types[0]
    if kind == "bool":
        return [flag if value else f"--no-{flag[2:]}"]
    if kind.startswith("Mapping"):
        return [f"{flag}={json.dumps(value)}"]
    if kind == "Sequence[Any]":
        return [f"{flag}={json.dumps(item)}" for item in value]
    if isinstance(value, list):
        return [f"{flag}={item}" for item in value]
    return [f"{flag}={'{}x{}'.format(*value) if isinstance(value, tuple) else value}"]


PLAIN = {kind: click.Command("any", params=list(flags_of(kind, skip=("images",)))) for _, kind in REQUESTS}


@pytest.mark.parametrize("kind", PLAIN)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])  # its table of characters takes a second
@given(data=st.data())
def test_what_is_said_is_what_arrives_and_nothing_else(kind: Any, data: st.DataObject) -> None:
    command = PLAIN[kind]
    known = [field for field in fields_of(kind) if field.name in {param.name for param in command.params}]
    chosen = data.draw(st.lists(st.sampled_from(known), unique=True, max_size=5))
    values = {field.name: data.draw(VALUES[field.types[0]], field.name) for field in chosen}
    words = [word for field in chosen for word in as_flags(field, values[field.name])]
    got = said(command.make_context("any", words).params)
    assert got == {name: tuple(value) if type(got[name]) is tuple else value for name, value in values.items()}


def test_no_field_of_an_unknown_type_goes_unnoticed() -> None:
    from dataclasses import dataclass

    @dataclass
    class Odd:
        thing: complex | None = None

    with pytest.raises(TypeError, match="no flag can be made of the field thing: complex"):
        flags_of(Odd)


def test_docstrings_are_read_where_a_field_is_defined() -> None:
    found = {field.name: field for field in fields_of(Img2Img)}
    assert found["seed"].owner == "Generation"
    assert found["mask_blur"].owner == "Img2Img"
    assert found["mask_blur"].types == ("int",)
    assert found["size"].types == ("Literal['input']", "tuple[int, int]")


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (["-n", "x"], ["--negative-prompt", "x"]),
        (["--negative", "x"], ["--negative-prompt", "x"]),
        (["-s", "5"], ["--steps", "5"]),
        (["-W", "64", "-H", "72"], ["--width", "64", "--height", "72"]),
        (["--sampler", "DDIM"], ["--sampler-name", "DDIM"]),
        (["--cfg", "3"], ["--cfg-scale", "3"]),
        (["-b", "2"], ["--batch-size", "2"]),
        (["--batches", "2"], ["--n-iter", "2"]),
        (["-d", "0.5"], ["--denoising-strength", "0.5"]),
        (["--hires"], ["--enable-hr"]),
        (["--no-hires"], ["--no-enable-hr"]),
        (["--seed", "-1"], ["--seed=-1"]),
    ],
)
def test_short_names(short: list[str], long: list[str]) -> None:
    contexts = [load("txt2img").make_context("txt2img", ["cat", *words]) for words in (short, long)]
    assert said(contexts[0].params) == said(contexts[1].params)


def test_pairs_are_gathered_and_read_as_json_where_they_are() -> None:
    words = ["cat", "--override-settings", "CLIP_stop_at_last_layers=2", "--override-settings", "sd_vae=a=b",
             "--override-settings", '{"x": [1, null]}']  # fmt: skip
    params = load("txt2img").make_context("txt2img", words).params
    assert params["override_settings"] == {"CLIP_stop_at_last_layers": 2, "sd_vae": "a=b", "x": [1, None]}


def test_script_arguments_may_be_one_json_list() -> None:
    params = load("txt2img").make_context("txt2img", ["cat", "--script-args", '[1, "a", [2]]']).params
    assert params["script_args"] == [1, "a", [2]]


@pytest.mark.parametrize("text", ["", "=1", "name", "{", '{"a": }'])
def test_what_is_no_pair(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"NAME=VALUE|JSON"):
        PairsType().convert(text, None, None)


@pytest.mark.parametrize(("text", "size"), [("512x768", (512, 768)), ("1X2", (1, 2)), ("3×4", (3, 4))])
def test_sizes(text: str, size: tuple[int, int]) -> None:
    assert SizeType().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "512", "512x", "x5", "0x5", "-1x5", "1.5x2", "input", "1x2x3"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no size"):
        SizeType().convert(text, None, None)


def test_wildcards_are_expanded_only_where_no_such_file_exists(tmp_path: Any) -> None:
    for name in ("a.png", "b.png", "[x].png"):
        (tmp_path / name).write_bytes(b"")
    star, odd, missing = str(tmp_path / "?.png"), str(tmp_path / "[x].png"), str(tmp_path / "*.jpg")
    assert expanded((star, odd, missing)) == [str(tmp_path / "a.png"), str(tmp_path / "b.png"), odd, missing]


def test_flags_know_their_section() -> None:
    flags = {flag.name: flag for flag in flags_of(Txt2Img)}
    assert all(isinstance(flag, Flag) for flag in flags.values())
    assert flags["seed"].section == "Most used"
    assert flags["s_churn"].section == "Everything else that the server takes"
