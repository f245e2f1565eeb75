"""Jobs from files of every kind: what they ask for, their ids, and what is said of those that are wrong."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.pictures import file_of, noise
from webuiapi import ADetailer, ControlNetUnit, ExtraSingleImage, Img2Img, MissingExtra, Txt2Img
from webuiapi.batch.jobs import Bad, Job
from webuiapi.batch.read import job_file, read_jobs, validate

PNG = file_of(noise("RGB", 16, 16))
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def good(path: Path, **how: Any) -> list[Job]:
    found = list(read_jobs(path, **how))
    bad = [str(job) for job in found if isinstance(job, Bad)]
    assert bad == []
    return [job for job in found if isinstance(job, Job)]


def asked(path: Path, **how: Any) -> list[dict[str, Any]]:
    """The fields of the jobs of a file."""
    return [dict(job.fields) for job in good(path, **how)]


def reasons(path: Path, **how: Any) -> list[tuple[int, str]]:
    return [(job.line, job.reason) for job in read_jobs(path, **how) if isinstance(job, Bad)]


# -- kinds of files ---------------------------------------------------------------------------------------------------


def test_json_lines(write: Write) -> None:
    path = write("jobs.jsonl", '\ufeff{"prompt": "a cat", "seed": 1}\n\n# later\n{"prompt": "a dog", "steps": 30}\n')
    first, second = good(path)
    assert (first.kind, first.fields, first.line) == ("txt2img", {"prompt": "a cat", "seed": 1}, 1)
    assert (second.line, second.source) == (4, str(path))
    request = second.request()
    assert isinstance(request, Txt2Img)
    assert (request.prompt, request.steps) == ("a dog", 30)


def test_defaults(write: Write) -> None:
    lines = '{"prompt": "a"}\n{"defaults": {"steps": 4, "seed": 1}}\n{"prompt": "b"}\n{"prompt": "c", "steps": 5}\n'
    assert asked(write("jobs.jsonl", lines), defaults={"seed": 9}) == [
        {"prompt": "a", "seed": 9},
        {"prompt": "b", "steps": 4, "seed": 9},
        {"prompt": "c", "steps": 5, "seed": 9},
    ]


@pytest.mark.parametrize("name", ["jobs.json", "jobs.yaml"])
def test_a_document(write: Write, name: str) -> None:
    document = {"defaults": {"steps": 4}, "jobs": [{"prompt": "a"}, {"prompt": "b", "steps": 5}]}
    wanted = [{"steps": 4, "prompt": "a"}, {"steps": 5, "prompt": "b"}]
    assert asked(write(name, json.dumps(document))) == wanted
    assert asked(write(name, json.dumps([{"prompt": "a"}]))) == [{"prompt": "a"}]
    assert asked(write(name, json.dumps({"prompt": "a", "seed": [1, 2]}))) == [
        {"prompt": "a", "seed": 1},
        {"prompt": "a", "seed": 2},
    ]


def test_yaml_says_the_line(write: Write) -> None:
    path = write(
        "jobs.yml", "defaults:\n  steps: 4\njobs:\n  - prompt: a\n    seed: [1, 2]\n  - prompt: b\n    stepz: 3\n"
    )
    jobs = list(read_jobs(path))
    assert [(type(job).__name__, job.line) for job in jobs] == [("Job", 4), ("Job", 4), ("Bad", 6)]
    assert str(jobs[-1]) == f"{path}, line 6: there is no field 'stepz'; similar: steps"


def test_csv(write: Write) -> None:
    text = (
        "prompt,seed,cfg_scale,tiling,styles,override_settings,name\n"
        '"a cat, red",1,6.5,true,anime,"{""CLIP_stop_at_last_layers"": 2}",one\n'
        ",,,,,,\n"
        '"two\nlines",,7,no,"[""a"", ""b""]",,\n'
    )
    jobs = good(write("jobs.csv", text))
    assert [dict(job.fields) for job in jobs] == [
        {
            "prompt": "a cat, red", "seed": 1, "cfg_scale": 6.5, "tiling": True, "styles": ["anime"],
            "override_settings": {"CLIP_stop_at_last_layers": 2},
        },
        {"prompt": "two\nlines", "cfg_scale": 7.0, "tiling": False, "styles": ["a", "b"]},
    ]  # fmt: skip
    assert [(job.line, job.name) for job in jobs] == [(2, "one"), (4, None)]


def test_a_text_of_prompts(write: Write) -> None:
    path = write("prompts.txt", "a cat\n\n# no prompt\n  a dog, (red:1.2)  \n")
    assert asked(path, defaults={"steps": 3}) == [
        {"steps": 3, "prompt": "a cat"},
        {"steps": 3, "prompt": "a dog, (red:1.2)"},
    ]


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for name in ("b.png", "more/a.JPG", "notes.txt"):
        (tmp_path / name).write_bytes(PNG)
    jobs = good(tmp_path, kind="upscale", defaults={"upscaling_resize": 2})
    assert [job.name for job in jobs] == ["b", "more/a"]
    request = jobs[1].request()
    assert isinstance(request, ExtraSingleImage)
    assert request.image == tmp_path / "more" / "a.JPG"
    assert jobs[0].id == jobs[0].id != jobs[1].id, "two pictures that are the same are two jobs"
    repainted = good(tmp_path, kind="img2img", defaults={"prompt": "x"})[0].request()
    assert isinstance(repainted, Img2Img)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"prompt": "a"}\n{"prompt": "b"}\n')))
    file = job_file("-")
    for _ in range(2):
        assert [job.fields for job in file if isinstance(job, Job)] == [{"prompt": "a"}, {"prompt": "b"}]


# -- jobs -------------------------------------------------------------------------------------------------------------


def test_pictures_and_units(write: Write, tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(PNG)
    job = {
        "images": "p.png", "prompt": "a", "mask_image": "p.png", "adetailer": {"ad_model": "face_yolov8n.pt"},
        "controlnet_units": [{"image": "p.png", "module": "canny"}],
        "scripts": [{"unit": "FreeU", "b1": 1.2}],
    }  # fmt: skip
    request: Any = good(write("jobs.jsonl", json.dumps(job)))[0].request()
    assert type(request).__name__ == "Img2Img"
    assert request.images == request.mask_image == tmp_path / "p.png"
    assert isinstance(request.adetailer, ADetailer)
    (unit,) = request.controlnet_units
    assert isinstance(unit, ControlNetUnit)
    assert unit.image == tmp_path / "p.png"
    assert type(request.scripts[0]).__name__ == "FreeU"


def test_repeats(write: Write) -> None:
    jobs = good(write("jobs.jsonl", '{"prompt": "a", "repeat": 3}\n{"prompt": "a"}\n'))
    assert len({job.id for job in jobs}) == 4


def test_the_checkpoint_of_a_job(write: Write) -> None:
    lines = '{"model": "x"}\n{"override_settings": {"sd_model_checkpoint": "y"}}\n{"prompt": "a"}\n'
    assert [job.checkpoint for job in good(write("jobs.jsonl", lines))] == ["x", "y", None]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is no JSON: "),
        ("5", "5 is no job: an object with fields is needed"),
        ('{"stepz": 5}', "there is no field 'stepz'; similar: steps"),
        ('{"steps": 0}', "steps=0 must be at least 1"),
        ('{"steps": "many"}', "steps='many' must be a whole number"),
        ('{"kind": "txt3img"}', "kind='txt3img' must be one of txt2img, img2img, upscale; similar: txt2img"),
        ('{"kind": ["txt2img"]}', "kind=['txt2img'] must be one of"),
        ('{"kind": "upscale"}', "image is missing"),
        ('{"images": "gone.png"}', "images='gone.png': there is no such file"),
        ('{"images": 5}', "images=5 must be the path of a picture"),
        ('{"repeat": 0}', "repeat=0 must be a whole number from 1 to 1000000"),
        ('{"templates": 5}', "templates=5 must be true or false"),
        ('{"adetailer": 5}', "adetailer=5 must be an object with fields of ADetailer"),
        ('{"adetailer": {"ad_modl": 1}}', "adetailer: ADetailer has no field 'ad_modl'; similar: ad_model"),
        ('{"scripts": {"unit": "FreeY"}}', "scripts[0]={'unit': 'FreeY'} must be an object with the name of its class"),
        ('{"seed": []}', "seed: a list of values has nothing in it"),
        ('{"seed": {"from": 1, "to": "x"}}', "seed: to='x' must be a number"),
        ('{"seed": {"from": 1, "to": 5, "step": -1}}', "seed: a step of -1 never gets from 1 to 5"),
        ('{"sweep": "both"}', "sweep='both' must be 'product' or 'zip'"),
        ('{"sweep": "zip", "seed": [1], "steps": [1, 2]}', "sweep='zip' needs lists of one length: seed has 1, "),
        ('{"images": {"glob": "../*"}}', "images: glob='../*' must be a pattern below the file's folder"),
        ('{"images": {"glob": "*.png"}}', "images: glob='*.png' matches no file"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one(write: Write, line: str, reason: str) -> None:
    """It is said in its place, and the others go on."""
    path = write("jobs.jsonl", '{"prompt": "a"}\n' + line + '\n{"prompt": "b"}\n')
    before, bad, after = read_jobs(path)
    assert isinstance(bad, Bad)
    assert (bad.line, bad.reason[: len(reason)]) == (2, reason)
    assert isinstance(before, Job)
    assert isinstance(after, Job)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", "{", "is no JSON"),
        ("a.json", "5", "holds no list of jobs"),
        ("a.json", '{"jobs": [], "job": 1}', "beside 'jobs' and 'defaults' there may be nothing: 'job'"),
        ("a.yaml", "a: [", "is no YAML"),
        ("a.csv", "a,a\n1,2\n", "the first line must name each column, once"),
        ("a.csv", "prompt\na,b\n", "has 2 columns, and the first line names 1"),
    ],
)
def test_what_is_wrong_with_a_file(write: Write, name: str, text: str, reason: str) -> None:
    (found,) = reasons(write(name, text))
    assert found[1].startswith(reason)


def test_what_is_no_file_of_jobs(tmp_path: Path, write: Write) -> None:
    cases: list[tuple[Path, dict[str, Any], str]] = [
        (tmp_path / "gone.jsonl", {}, "there is no such file or folder"),
        (tmp_path, {}, "a folder of pictures needs kind='img2img' or kind='upscale'"),
        (write("a.xyz", ""), {}, r"\.xyz says no format: give one of jsonl, json, csv, yaml, txt"),
        (write("a.txt", ""), {"form": "x"}, "form='x' must be one of jsonl"),
        (write("a.txt", ""), {"kind": "x"}, "kind='x' must be one of txt2img"),
        (write("a.txt", ""), {"wildcards": tmp_path / "gone"}, "is no folder"),
    ]
    for path, how, error in cases:
        with pytest.raises(ValueError, match=error):
            job_file(path, **how)


def test_yaml_without_its_package(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.yaml", "")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtra, match="a YAML file of jobs needs PyYAML: pip install PyYAML"):
        job_file(path)


def test_a_report(write: Write) -> None:
    report = validate(write("jobs.jsonl", '{"seed": [1, 2]}\n' + '{"steps": 0}\n' * 1500))
    assert (report.good, report.bad_count, len(report.bad)) == (2, 1500, 1000)
    assert report.bad[0].field == "steps"


# -- ids --------------------------------------------------------------------------------------------------------------


def test_an_id_is_that_of_the_content(write: Write, tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(PNG)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/q.png").write_bytes(PNG)
    here = good(write("a.jsonl", '{"images": "p.png", "steps": 4, "cfg_scale": 7}'))[0].id
    there = good(write("b.jsonl", '{"cfg_scale": 7.0, "steps": "4", "kind": "img2img", "images": "other/q.png"}'))[0].id
    assert here == there
    (tmp_path / "p.png").write_bytes(file_of(noise("RGB", 8, 8)))
    assert good(tmp_path / "a.jsonl")[0].id != here, "another picture is another job"


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "prompt": st.text(st.characters(codec="utf-8", exclude_characters="\\\r\0\x85\u2028\u2029"), min_size=1).filter(
        lambda text: text.strip() == text and text[0] not in "[{"
    ),
    "seed": st.integers(-1, 1 << 32),
    "steps": st.integers(1, 150),
    "cfg_scale": st.integers(1, 30) | st.floats(1, 30),
    "tiling": st.booleans(),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(jobs=st.lists(st.fixed_dictionaries({}, optional=FIELDS).filter(bool), min_size=1, max_size=4), data=st.data())
def test_one_job_has_one_id_in_every_file(write: Write, jobs: list[dict[str, Any]], data: st.DataObject) -> None:
    off = {"templates": False}
    lines = "".join(json.dumps({**job, **off}) + "\n" for job in jobs)
    wanted = [job.id for job in good(write("a.jsonl", lines))]
    shuffled = [dict(data.draw(st.permutations(list({**job, **off}.items())))) for job in jobs]
    assert [job.id for job in good(write("a.json", json.dumps(shuffled)))] == wanted
    assert [job.id for job in good(write("a.yaml", json.dumps(shuffled)))] == wanted
    table = io.StringIO(newline="")
    rows = csv.DictWriter(table, [*FIELDS, "templates"])
    rows.writeheader()
    rows.writerows({**job, **off} for job in jobs)
    (write("a.csv", "")).write_bytes(table.getvalue().encode())
    assert [job.id for job in good(write("x", "").with_name("a.csv"))] == wanted
    assert len(set(wanted)) == len(wanted)
