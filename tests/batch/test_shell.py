"""The command beside each picture: run, it asks for the same picture."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cli.conftest import run_command
from support.pictures import file_of, noise
from webuiapi import Txt2Img
from webuiapi.batch.jobs import built
from webuiapi.batch.shell import command_of
from webuiapi.cli.txt2img import command

from .conftest import SMALL, Start, run_on

SETTINGS = {"CLIP_stop_at_last_layers": 2}
JOBS: list[dict[str, Any]] = [
    {**SMALL, "prompt": 'it\'s "a cat"\nat $HOME `night` \\n', "negative_prompt": "-blurry", "seed": 3},
    {
        **SMALL,
        "prompt": "-n",
        "styles": {"values": [["one", "--two"]]},
        "override_settings": SETTINGS,
        "tiling": True,
        "cfg_scale": 5.5,
    },
    {**SMALL, "n_iter": 3, "seed": 2**40, "restore_faces": False},
    {**SMALL, "prompt": "a cat", "batch_size": 2, "seed": 5, "subseed_strength": 0.5},
    {**SMALL, "prompt": "a cat", "script_name": "Prompt matrix", "script_args": [False, False, "positive", "comma", 0]},
    {**SMALL, "prompt": "a cat", "adetailer": {"ad_model": "face_yolov8n.pt"}},
    {"kind": "img2img", "prompt": "a cat", "images": ["in put.png"], "width": 64, "height": 96, "steps": 1},
    {"kind": "upscale", "image": "in put.png", "upscaling_resize": 2},
]


def commands(out: Path) -> dict[str, str]:
    """The command of each picture."""
    text = (out / "gallery" / "data-00000.js").read_text()
    return {one["file"]: one["command"] for one in json.loads(json.loads(text.partition(", ")[2][:-2]))}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("job", JOBS, ids=map(str, range(len(JOBS))))
def test_the_same_picture_again(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in put.png").write_bytes(file_of(noise("RGB", 64, 64)))
    Path("jobs.json").write_text(json.dumps([job]))
    server = start()
    assert run_on([server], "jobs.json", tmp_path / "out").ok
    found = commands(tmp_path / "out")
    assert found
    for number, (file, shown) in enumerate(found.items()):
        words, stdin, place = shlex.split(shown), None, Path(f"again-{number}")
        if words[0] == "printf":
            assert words[1] == r"%s\n"
            stdin, words = words[2].encode(), words[words.index("|") + 1 :]
            assert words == ["webuiapi", "batch", "-", "--out", "again"]
            words, place = words[:-2], place / "images"
        assert words[0] == "webuiapi"
        ran = run_command(words[1], "--out", f"again-{number}/", "--url", server.url, *words[2:], stdin=stdin)
        assert ran.code == 0, ran.err
        again = [pixels(path) for path in sorted(place.glob("*.png"))]
        assert pixels(tmp_path / "out" / file) in again
        if len(found) > 1 and "script_name" not in job:
            assert len(again) == 1, "one of a batch alone"


def pixels(path: Path) -> bytes:
    with Image.open(path) as image:
        return bytes(image.tobytes())


FIELDS = st.fixed_dictionaries(
    {"prompt": st.text()},
    optional={
        "negative_prompt": st.text(),
        "seed": st.integers(-1, 2**70),
        "cfg_scale": st.floats(-9, 99),
        "tiling": st.booleans(),
        "styles": st.lists(st.text(), min_size=1, max_size=3),
        "override_settings": st.dictionaries(st.text(), st.text() | st.integers(), min_size=1, max_size=2),
        "script_args": st.lists(st.text() | st.integers() | st.none(), min_size=1, max_size=3),
    },
)


@given(FIELDS)
def test_flags_say_what_the_job_says(fields: dict[str, Any]) -> None:
    words = shlex.split(command_of("txt2img", fields, Path()))
    with command.make_context("txt2img", words[2:]) as context:
        given = {name: value for name, value in context.params.items() if name in fields}
    request: Any = Txt2Img(**given)
    assert request.payload() == built("txt2img", fields, Path()).payload()
