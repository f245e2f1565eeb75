"""models, samplers, png-info, and the table that the first two print."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Command
from support.pictures import file_of, noise, with_parameters
from support.scripted import Scripted, answer
from webuiapi import WebUIApi
from webuiapi.cli.output import table
from webuiapi.infotext import embed
from webuiapi.server import Server

TEXT = "a 猫, red\nNegative prompt: fog\nSteps: 2, Sampler: DDIM, Seed: 7, Size: 8x8"
MODELS = [
    {"title": "a.safetensors [1111111111]", "model_name": "a", "hash": "1111111111"},
    {"title": "b.safetensors [2222222222]", "model_name": "b", "hash": "2222222222"},
    {"title": "c.safetensors", "model_name": "c", "hash": None},
]


def test_models_of_the_embedded_server(ask: Command, embedded: Server) -> None:
    with WebUIApi(url=embedded.url) as api:
        models, used = api.get_sd_models(), api.get_options().sd_model_checkpoint
    rows = [line.split("\t") for line in ask("models").lines]
    assert rows == [["*" if model.title == used else "", model.title, model.hash or ""] for model in models]
    assert [model["title"] for model in ask("models", "--json").json if model["current"]] == [used]


@pytest.mark.parametrize(
    ("option", "current"),
    [
        ("b.safetensors [2222222222]", 1),
        ("b.safetensors", 1),  # the hash was computed after the option was set
        ("c.safetensors [3333333333]", 2),
        ("a", 0),
        ("", None),
        ("gone.safetensors", None),
    ],
)
def test_the_model_in_use(command: Command, scripted: Scripted, option: str, current: int | None) -> None:
    scripted.play_at("/sdapi/v1/sd-models", answer(MODELS))
    scripted.play_at("/sdapi/v1/options", answer({"sd_model_checkpoint": option}))
    ran = command("models", "--url", scripted.url)
    assert [index for index, line in enumerate(ran.lines) if line.startswith("*")] == (
        [] if current is None else [current]
    )
    assert ("gone.safetensors" in ran.err) == (option == "gone.safetensors")
    listed = command("models", "--json", "--url", scripted.url).json
    assert [model["current"] for model in listed] == [index == current for index in range(3)]


def test_samplers(ask: Command, embedded: Server) -> None:
    with WebUIApi(url=embedded.url) as api:
        samplers = api.get_samplers()
    assert [line.split("\t") for line in ask("samplers").lines] == [
        [sampler.name, ", ".join(sampler.aliases)] for sampler in samplers
    ]
    assert ask("samplers", "--json").json == samplers


def test_on_a_terminal_there_is_a_head_and_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    table(["", "title"], [["", "[bold]not markup"], ["*", "x" * 60]], marked=1)
    text = shown.getvalue()
    assert "title" in text
    assert "[bold]not markup" in text
    assert text.count("x") == 60


# -- png-info ---------------------------------------------------------------------------------------------------------


def test_png_info_prints_the_text(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(with_parameters(noise("RGB", 8, 8), TEXT))
    ran = command("png-info", "a.png")
    assert (ran.code, ran.out, ran.err) == (0, TEXT + "\n", "")


def test_png_info_of_several(command: Command, tmp_path: Path) -> None:
    image = noise("RGB", 8, 8)
    (tmp_path / "a.webp").write_bytes(embed(image, TEXT, "WEBP"))
    (tmp_path / "b.jpg").write_bytes(embed(image, TEXT, "JPEG"))
    (tmp_path / "c.png").write_bytes(file_of(image))
    ran = command("png-info", "*.*")
    assert ran.code == 0
    assert ran.out == f"== a.webp\n{TEXT}\n\n== b.jpg\n{TEXT}\n\n"
    assert ran.err == "c.png holds no generation parameters\n"
    found: Any = command("png-info", "a.webp", "c.png", "--json").json
    assert [entry["file"] for entry in found] == ["a.webp", "c.png"]
    assert found[0]["infotext"] == TEXT
    assert (found[0]["prompt"], found[0]["negative_prompt"]) == ("a 猫, red", "fog")
    assert found[0]["parameters"] == {"Steps": "2", "Sampler": "DDIM", "Seed": "7", "Size": "8x8"}
    assert (found[1]["infotext"], found[1]["parameters"]) == (None, {})


def test_png_info_fails_when_none_has_any(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(file_of(noise("RGB", 8, 8)))
    ran = command("png-info", "a.png")
    assert (ran.code, ran.out, ran.err) == (1, "", "a.png holds no generation parameters\n")
    ran = command("png-info", "a.png", "--json")
    assert ran.code == 1
    assert [entry["infotext"] for entry in ran.json] == [None]


def test_png_info_reads_standard_input(command: Command) -> None:
    ran = command("png-info", "-", stdin=with_parameters(noise("RGB", 8, 8), TEXT))
    assert (ran.code, ran.out) == (0, TEXT + "\n")


def test_png_info_where_the_output_has_no_signs_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(with_parameters(noise("RGB", 8, 8), TEXT))
    done = subprocess.run(
        [sys.executable, "-m", "webuiapi", "png-info", "a.png"],
        cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith(b"a \\u732b, red")


def test_png_info_is_for_files_of_this_machine(command: Command) -> None:
    ran = command("png-info", "https://example.org/a.png")
    assert ran.code == 2
    assert "is no file" in ran.err
