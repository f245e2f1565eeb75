"""The names of a server as types: the file says what the server says, and a type checker reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.conftest import Command
from webuiapi import Txt2Img, WebUIApi
from webuiapi.server import Server
from webuiapi.stubs import KINDS, names_of, stubs


def executed(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(compile(text, "webui_names.py", "exec"), found)
    return found


def listed(module: dict[str, Any], kind: str) -> list[str]:
    return list(get_args(module[kind]))


def test_the_names_of_the_embedded_server(ask: Command, embedded: Server, tmp_path: Path) -> None:
    ran = ask("stubs", "-o", "names.py")
    with WebUIApi(url=embedded.url) as api:
        wanted = {
            "Sampler": [item.name for item in api.get_samplers()],
            "Scheduler": [item.label for item in api.get_schedulers()],
            "Upscaler": [item.name for item in api.get_upscalers()],
            "Lora": [item.name for item in api.get_loras()],
            "Style": [item.name for item in api.get_prompt_styles()],
            "Model": [
                *(item.title for item in api.get_sd_models()),
                *(item.model_name for item in api.get_sd_models()),
            ],
            "ControlNetModel": api.controlnet_model_list(),
        }
    text = (tmp_path / "names.py").read_text(encoding="utf-8")
    module = executed(text)
    assert {kind: listed(module, kind) for kind in wanted} == wanted
    assert text.startswith(f'"""The names that AUTOMATIC1111\'s webui at {embedded.url} has.\n')
    counts = ask("stubs", "--json").json["names"]
    assert set(counts) == {kind.type_name for kind in KINDS}
    assert counts == {kind: len(listed(module, kind)) for kind in counts}
    assert ran.lines == [f"names.py: {sum(counts.values())} names of AUTOMATIC1111's webui at {embedded.url}"]


def test_every_name_of_txt2img_is_a_parameter_of_it() -> None:
    module = executed(stubs({}, "nothing"))
    for name in module["Names"].__annotations__:
        assert name in Txt2Img.__dataclass_fields__


def test_of_a_catalogue(ask: Command, command: Command, tmp_path: Path) -> None:
    ask("snapshot", "-o", "twin.json")
    ran = command("stubs", "--catalog", "twin.json")
    assert (ran.code, ran.lines[0].endswith(" names of twin.json")) == (0, True)
    from_file = executed((tmp_path / "webui_names.py").read_text(encoding="utf-8"))
    ask("stubs")
    from_server = executed((tmp_path / "webui_names.py").read_text(encoding="utf-8"))
    assert {kind.type_name: from_file[kind.type_name] for kind in KINDS} == {
        kind.type_name: from_server[kind.type_name] for kind in KINDS
    }


@pytest.mark.parametrize(("text", "why"), [("[1]", "holds no catalogue"), ("{", "can't be read"), ("[1", "can't be")])
def test_what_is_no_catalogue(command: Command, tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "x.json").write_text(text)
    ran = command("stubs", "--catalog", "x.json")
    assert ran.code == 2
    assert "--catalog" in ran.err
    assert why in " ".join(ran.err.split())
    assert not (tmp_path / "webui_names.py").exists()


names = st.lists(
    st.text(st.characters(codec=None), min_size=1, max_size=12) | st.sampled_from(['"""', "\\", "a\nb", "'"])
)


@given(samplers=names, styles=names, source=st.text(max_size=20))
def test_whatever_the_names_are(samplers: list[str], styles: list[str], source: str) -> None:
    catalog = {"samplers": [{"name": name} for name in samplers], "prompt-styles": [{"name": name} for name in styles]}
    text = stubs(catalog, source)
    module = executed(text.encode().decode())
    assert listed(module, "Sampler") == list(dict.fromkeys(samplers))
    assert listed(module, "Style") == list(dict.fromkeys(styles))
    assert module["Lora"] is str


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "loaded", "txt2img"]), inner),
    max_leaves=6,
)


@given(
    catalog=st.dictionaries(st.sampled_from(["samplers", "embeddings", "scripts", "options", "sd-models"]), json_values)
)
def test_odd_catalogues(catalog: dict[str, Any]) -> None:
    found = names_of(json.loads(json.dumps(catalog)))
    executed(stubs(catalog, "x"))
    assert all(name for kind in found.values() for name in kind)


def test_a_type_checker_knows_them(command: Command, ask: Command, tmp_path: Path) -> None:
    ask("stubs")
    (tmp_path / "use.py").write_text(
        "from webui_names import Names, Sampler\n"
        'good: Sampler = "Euler a"\n'
        "Names(sampler_name=good, styles=['anime'])\n"
        'bad: Sampler = "Oiler a"\n'
        'Names(scheduler="Carras")\n'
    )
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", "cache", "use.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    complaints = [line.partition(": error:")[0] for line in checked.stdout.splitlines()]
    assert complaints == ["use.py:4", "use.py:5"], checked.stdout + checked.stderr
