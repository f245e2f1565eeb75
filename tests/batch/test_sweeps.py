"""Sweeps and prompt templates: how many jobs they stand for, and which."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.pictures import file_of, noise
from webuiapi.batch.jobs import Bad, Job, Wrong, kinds_of
from webuiapi.batch.read import read_jobs
from webuiapi.batch.sweeps import expanded
from webuiapi.batch.templates import chooser, filled

from .test_read import asked, good, reasons

KNOWN = {"seed": "int", "steps": "int", "cfg_scale": "float", "prompt": "str", "styles": "Sequence[str]"}


def sweep(given: dict[str, Any], how: str = "product") -> list[dict[str, Any]]:
    return list(expanded(given, KNOWN, Path(), how))


def test_all_combinations() -> None:
    found = sweep({"seed": [1, 2], "prompt": "a", "cfg_scale": {"from": 5, "to": 6, "step": 0.5}})
    assert [(job["seed"], job["cfg_scale"]) for job in found] == list(itertools.product([1, 2], [5.0, 5.5, 6.0]))
    assert {job["prompt"] for job in found} == {"a"}


def test_side_by_side() -> None:
    found = sweep({"seed": [1, 2], "prompt": ["a", "b"]}, "zip")
    assert found == [{"seed": 1, "prompt": "a"}, {"seed": 2, "prompt": "b"}]
    assert sweep({"seed": 1}, "zip") == [{"seed": 1}]


def test_decimals_do_not_drift() -> None:
    found = [job["cfg_scale"] for job in sweep({"cfg_scale": {"from": 0.1, "to": 0.5, "step": 0.1}})]
    assert found == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert [job["seed"] for job in sweep({"seed": {"from": 3, "to": 1, "step": -1}})] == [3, 2, 1]
    assert [job["steps"] for job in sweep({"steps": {"from": 10, "to": 35, "step": 10}})] == [10, 20, 30]


def test_lists_that_are_values() -> None:
    assert sweep({"styles": ["a", "b"]}) == [{"styles": ["a", "b"]}]
    assert sweep({"styles": {"values": [["a"], []]}}) == [{"styles": ["a"]}, {"styles": []}]
    wrong: list[Any] = [[], 5, "ab"]
    for values in wrong:
        with pytest.raises(Wrong, match="must be a list with something in it"):
            sweep({"seed": {"values": values}})
    with pytest.raises(Wrong, match="1000001 values from 0 to 1000000 by 1 are too many"):
        sweep({"seed": {"from": 0, "to": 1000000}})


def test_pictures_by_a_pattern(tmp_path: Path) -> None:
    for name in ("b.png", "a.png", "c.txt"):
        (tmp_path / name).write_bytes(file_of(noise("RGB", 8, 8)))
    (tmp_path / "jobs.jsonl").write_text('{"images": {"glob": "*.png"}, "prompt": "x"}')
    assert [job["images"] for job in asked(tmp_path / "jobs.jsonl")] == ["a.png", "b.png"]


@given(
    st.dictionaries(
        st.sampled_from(["seed", "steps", "cfg_scale"]),
        st.lists(st.integers(1, 50), min_size=1, max_size=4) | st.integers(1, 50),
    )
)
def test_there_are_as_many_as_the_product(axes: dict[str, Any]) -> None:
    found = sweep(axes)
    count = 1
    for values in axes.values():
        count *= len(values) if isinstance(values, list) else 1
    assert len(found) == count
    assert all(set(job) == set(axes) for job in found)


def test_every_field_is_known_by_its_kind() -> None:
    from webuiapi import ExtraSingleImage, Img2Img, Txt2Img

    for cls in (Txt2Img, Img2Img, ExtraSingleImage):
        assert set(KNOWN.items()) <= set(kinds_of(cls).items()) or cls is ExtraSingleImage
        assert "left_out" not in kinds_of(cls)


# -- templates --------------------------------------------------------------------------------------------------------


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    (tmp_path / "wildcards/deep").mkdir(parents=True)
    (tmp_path / "wildcards/animal.txt").write_text("\ufeffcat\n# no animal\n\ndog\n", encoding="utf-8")
    (tmp_path / "wildcards/deep/pair.txt").write_text("__animal__ and {a|b}\n")
    (tmp_path / "wildcards/self.txt").write_text("x __self__\n")
    (tmp_path / "wildcards/none.txt").write_text("# nothing\n")
    return tmp_path / "wildcards"


def first(bound: int) -> int:
    return 0


def last(bound: int) -> int:
    return bound - 1


@pytest.mark.parametrize(
    ("text", "at_first", "at_last"),
    [
        ("a __animal__", "a cat", "a dog"),
        ("{red|blue} {x|y|z}", "red x", "blue z"),
        ("{a|{b|c}} d", "a d", "c d"),
        ("{|very }big", "big", "very big"),
        ("__deep/pair__!", "cat and a!", "dog and b!"),
        (r"\{a|b\} \__animal__", "{a|b} __animal__", "{a|b} __animal__"),
        ("{a} (b:1.2) <lora:x_y:1> {", "{a} (b:1.2) <lora:x_y:1> {", "{a} (b:1.2) <lora:x_y:1> {"),
        ("a__b c__", "a__b c__", "a__b c__"),
    ],
)
def test_templates(lists: Path, text: str, at_first: str, at_last: str) -> None:
    if text == "a__b c__":
        with pytest.raises(Wrong, match=r"__b c__: there is no b c\.txt in the folder of wildcards"):
            filled(text, first, lists)
        lists = Path("none")
    wildcards = lists if lists.is_dir() else None
    assert (filled(text, first, wildcards), filled(text, last, wildcards)) == (at_first, at_last)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("__animals__", r"__animals__: there is no animals\.txt in the folder of wildcards; similar: animal"),
        ("__self__", "templates stand more than 10 deep in one another"),
        ("__none__", r"__none__: none\.txt has no lines"),
        ("__../jobs__", r"there is no \.\./jobs\.txt"),
    ],
)
def test_templates_that_are_wrong(lists: Path, text: str, reason: str) -> None:
    with pytest.raises(Wrong, match=reason):
        filled(text, first, lists)


def test_a_batch_that_is_read_again_is_the_same(lists: Path) -> None:
    path = lists.parent / "jobs.jsonl"
    path.write_text('{"prompt": "a __animal__ {1|2|3|4|5}", "repeat": 40}')
    jobs = good(path)
    assert [job.fields for job in good(path)] == [job.fields for job in jobs]
    assert [job.id for job in good(path)] == [job.id for job in jobs]
    assert len({job.id for job in jobs}) == 40
    assert len({job.fields["prompt"] for job in jobs}) == 10, "with 40 of them each of the ten comes"
    path.write_text(json.dumps({"prompt": "a __animal__ {1|2}", "templates": False}))
    assert asked(path) == [{"prompt": "a __animal__ {1|2}"}]
    path.write_text('{"prompt": "a __animl__"}')
    assert reasons(path) == [(1, "__animl__: there is no animl.txt in the folder of wildcards; similar: animal")]


@given(text=st.text(st.sampled_from("ab{}|_\\ ()<>:1"), max_size=40), seed=st.binary(max_size=4))
def test_no_text_breaks_them(text: str, seed: bytes) -> None:
    found = filled(text, chooser(seed), None)
    assert found == filled(text, chooser(seed), None)
    if not set(text) & set("{}\\"):
        assert found == text


@given(text=st.text(max_size=30), seed=st.binary(max_size=2))
def test_every_prompt_is_a_job_or_said_to_be_none(
    text: str, seed: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text(json.dumps({"prompt": text}))
    (found,) = read_jobs(path)
    assert isinstance(found, (Job, Bad))
