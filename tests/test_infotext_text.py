"""The text of generation parameters: read, written back to the letter, and read as the webui reads it."""

from __future__ import annotations

import copy
import json
import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webuiapi.infotext import GenerationParameters, Hires, Mask, parse, quote, unquote
from webuiapi.infotext.text import read_pairs

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "infotexts.json").read_text(encoding="utf-8"))
TEXTS: list[str] = RECORDED["infotexts"]
LAST_LINE = "Steps: 2, Sampler: Euler, Seed: 1"

# The pattern of a pair as the contract's data gives it.
PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')


@pytest.mark.parametrize("text", TEXTS)
def test_recorded_texts_are_written_back_from_their_parts_alone(text: str) -> None:
    parameters = parse(text)
    assert str(parameters) == text
    made = GenerationParameters(parameters.prompt, parameters.negative_prompt, parameters.pairs)
    assert made == parameters
    # One recorded prompt has a blank at the end of a line, which reading takes off.
    assert str(made) == text.replace("a cat \nsecond", "a cat\nsecond")


def test_parts_of_a_text() -> None:
    parameters = parse("a cat\nin a hat\nNegative prompt: dog\nugly\nSteps: 20, Sampler: Euler a, Size: 512x768")
    assert parameters.prompt == "a cat\nin a hat"
    assert parameters.negative_prompt == "dog\nugly"
    assert dict(parameters) == {"Steps": "20", "Sampler": "Euler a", "Size": "512x768"}
    assert list(parameters.pairs) == ["Steps", "Sampler", "Size"]
    assert (len(parameters), "Steps" in parameters, parameters["Steps"]) == (3, True, "20")


def test_last_line_with_two_pairs_belongs_to_the_prompt() -> None:
    parameters = parse("a cat\nSteps: 20, Seed: 7")
    assert parameters == GenerationParameters("a cat\nSteps: 20, Seed: 7")


def test_everything_behind_the_first_negative_line_is_negative() -> None:
    parameters = parse(f"a\nNegative prompt: b\nc\nNegative prompt: d\n{LAST_LINE}")
    assert (parameters.prompt, parameters.negative_prompt) == ("a", "b\nc\nd")


def test_values_are_unquoted() -> None:
    text = 'a\nSteps: 2, X Values: "2,3", Note: "say \\"hi\\": now\\nthen", Version: v1.10.1'
    parameters = parse(text)
    assert parameters["X Values"] == "2,3"
    assert parameters["Note"] == 'say "hi": now\nthen'
    assert str(GenerationParameters("a", "", parameters)) == text


def test_value_equal_to_its_key_is_written_once() -> None:
    assert str(GenerationParameters("a", "", {"Steps": 2, "Tiling": "Tiling"})) == "a\nSteps: 2, Tiling"


def test_json_values_of_other_programs_are_kept_whole() -> None:
    hashes = '{"vae": "735e4c3a44", "model": "7440042bbd"}'
    resources = '[{"type": "lora", "weight": 0.8}, {"type": "checkpoint"}]'
    text = f"a\nSteps: 2, Sampler: Euler, Hashes: {hashes}, Civitai resources: {resources}, Version: v1.10.1"
    parameters = parse(text)
    assert parameters["Hashes"] == hashes
    assert parameters["Civitai resources"] == resources
    assert parameters.version == "v1.10.1"
    assert str(parameters) == text


@pytest.mark.parametrize(
    "value",
    ['"a" b', "[cat", "{a: b", "[1] x", '"unclosed', '"', "[" * 100_000],
    ids=lambda value: value[:8],
)
def test_what_only_looks_quoted_ends_at_the_next_comma(value: str) -> None:
    assert parse(f"Steps: 2, Note: {value}, Seed: 1")["Note"] == value


def test_odd_texts_are_kept_to_the_letter_but_read_clean() -> None:
    text = '  a cat  \n\n Negative prompt:  dog \nSteps:2 ,  Sampler: "Euler", Steps: 3, rubbish, Seed:  1\n'
    parameters = parse(text)
    assert str(parameters) == text
    assert parameters == GenerationParameters("a cat\n", "dog", {"Steps": "3", "Sampler": "Euler", "Seed": "1"})


def test_texts_without_parts() -> None:
    assert not parse("")
    assert parse("").prompt == ""
    assert str(parse("Negative prompt: b")) == "Negative prompt: b"
    assert parse(LAST_LINE).prompt == ""
    assert parse("a cat")


def test_a_long_line_without_pairs_takes_no_time() -> None:
    line = "word " * 400_000
    assert parse(line).prompt == line.strip()


def test_quote() -> None:
    assert quote("plain text") == "plain text"
    assert quote(7.0) == "7.0"
    assert quote("a, b") == '"a, b"'
    assert quote("a: ü\n") == '"a: ü\\n"'
    assert unquote('"a, b"') == "a, b"
    assert unquote('"not \\x json"') == '"not \\x json"'
    assert unquote('"') == '"'


def test_typed_properties() -> None:
    parameters = parse(
        "p\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 1099511627776, Size: 512x768, "
        "Model hash: 5c9d8f78c1, Model: tiny, VAE hash: 92d979a1b1, VAE: tiny-vae.safetensors, Variation seed: 5, "
        "Variation seed strength: 0.3, Seed resize from: 128x64, Denoising strength: 0.4, Clip skip: 2, "
        'Lora hashes: "one: 6845dc5fa3e0, a: b: c0ffee", TI hashes: "e: 1", Refiner: other [e275edade3], '
        "Refiner switch at: 0.8, Version: v1.10.1"
    )
    assert (parameters.steps, parameters.sampler, parameters.schedule_type) == (20, "DPM++ 2M", "Karras")
    assert (parameters.cfg_scale, parameters.seed, parameters.size) == (6.5, 1 << 40, (512, 768))
    assert (parameters.model, parameters.model_hash) == ("tiny", "5c9d8f78c1")
    assert (parameters.vae, parameters.vae_hash) == ("tiny-vae.safetensors", "92d979a1b1")
    assert (parameters.variation_seed, parameters.variation_seed_strength) == (5, 0.3)
    assert parameters.seed_resize_from == (128, 64)
    assert (parameters.denoising_strength, parameters.clip_skip, parameters.version) == (0.4, 2, "v1.10.1")
    assert (parameters.refiner, parameters.refiner_switch_at) == ("other [e275edade3]", 0.8)
    assert parameters.lora_hashes == {"one": "6845dc5fa3e0", "a: b": "c0ffee"}
    assert parameters.ti_hashes == {"e": "1"}
    assert parameters.hires is None
    assert parameters.mask is None


def test_second_pass_and_mask() -> None:
    hires = parse(
        "p\nDenoising strength: 0.7, Hires sampler: DDIM, Hires schedule type: Karras, Hires checkpoint: x, "
        "Hires prompt: hr cat, Hires negative prompt: hr dog, Hires upscale: 1.5, Hires steps: 2, Hires upscaler: up"
    )
    assert hires.hires == Hires(1.5, None, 2, "up", "DDIM", "Karras", "x", "hr cat", "hr dog")
    assert parse("Steps: 1, Seed: 1, Hires resize: 96x64").hires == Hires(resize=(96, 64))
    mask = parse("Mask blur: 4, Mask mode: m, Inpaint area: Only masked, Masked area padding: 8, Masked content: fill")
    assert mask.mask == Mask(4, "m", "Only masked", 8, "fill")


def test_what_is_absent_or_unreadable_is_none() -> None:
    odd = GenerationParameters(
        "", "", {"Steps": "many", "CFG scale": "nan", "Size": "x", "Seed resize from": f"{'9' * 5000}x1"}
    )
    for parameters in (odd, GenerationParameters("p")):
        assert (parameters.steps, parameters.cfg_scale, parameters.size) == (None, None, None)
        assert (parameters.seed, parameters.sampler, parameters.clip_skip) == (None, None, None)
    assert odd.seed_resize_from is None
    assert odd.lora_hashes == {}
    assert GenerationParameters("p").seed_resize_from is None


def test_made_values() -> None:
    made = GenerationParameters("a", "b", {"Steps": 20, "CFG scale": 7.0, "VAE": None, "Mask blur": 4})
    assert str(made) == "a\nNegative prompt: b\nSteps: 20, CFG scale: 7.0, Mask blur: 4"
    assert parse(str(made)) == made
    changed = GenerationParameters(made.prompt, made.negative_prompt, {**made, "Steps": 30})
    assert (changed.steps, changed == made) == (30, False)


def test_behaves_as_a_value() -> None:
    text = f" a \n{LAST_LINE}"
    parameters = parse(text)
    for twin in (copy.copy(parameters), copy.deepcopy(parameters), pickle.loads(pickle.dumps(parameters))):
        assert (twin, str(twin), hash(twin)) == (parameters, text, hash(parameters))
    assert parameters != "a"
    assert parameters != dict(parameters)
    assert repr(GenerationParameters("a", "b", {"Steps": 1})) == "GenerationParameters('a', 'b', {'Steps': '1'})"
    with pytest.raises(TypeError):
        parameters.pairs["Steps"] = "1"  # type: ignore[index]


@given(st.text() | st.text(alphabet='ab1:," \\\n\t-/[]{}é'))
@example('ab: "x" , cd: 1, ef: "\\')
def test_any_text_can_be_read_and_is_written_back(text: str) -> None:
    parameters = parse(text)
    assert str(parameters) == text
    assert str(pickle.loads(pickle.dumps(parameters))) == text


@given(st.text(alphabet='ab1:," \\\t-/\x1f[]é'))
@example('ab: "a\\"b", cd: "e",x')
def test_pairs_are_those_of_the_pattern(line: str) -> None:
    assert list(read_pairs(line)) == PAIR.findall(line)


def lines(negative: bool) -> st.SearchStrategy[str]:
    """Prompts that the format can hold: no blanks around lines, no first line empty, no line like the next part's."""
    line = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])).map(str.strip)
    return (
        st.lists(line, max_size=3)
        .map("\n".join)
        .filter(lambda text: not text.startswith("\n"))
        .filter(lambda text: negative or not any(line.startswith("Negative prompt:") for line in text.split("\n")))
        .filter(lambda text: text == text.strip())
    )


KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 /-]*[A-Za-z0-9]", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    # Values that the webui's rule leaves unquoted although reading would take something off them.
    lambda value: quote(value) != value or (value == value.strip() and value[0] not in '"[{')
)


@given(
    lines(False),
    lines(True).filter(lambda text: not text.startswith("Negative prompt:")),
    st.dictionaries(KEYS, VALUES, min_size=3),
)
def test_what_is_written_reads_the_same(prompt: str, negative: str, pairs: dict[str, str]) -> None:
    pairs = {key: value for key, value in pairs.items() if key != value}
    if len(pairs) < 3:
        pairs = {"Steps": "1", "Sampler": "a, b", "Seed": "3"}
    made = GenerationParameters(prompt, negative, pairs)
    read = parse(str(made))
    assert read == made
    assert list(read.pairs.items()) == list(pairs.items())
