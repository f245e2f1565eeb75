"""png-info --reproduce: pictures painted again from the parameters inside them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from cli.conftest import Command
from support.pictures import file_of, noise, with_parameters
from webuiapi.infotext import GenerationParameters
from webuiapi.server import Server


def test_the_same_picture(ask: Command, tmp_path: Path) -> None:
    ask("txt2img", "a cat", "-W", "64", "-H", "64", "-s", "2", "--seed", "4", "-o", "cat.png")
    ran = ask("png-info", "cat.png", "--reproduce", "-o", "again/{name}.png")
    assert (ran.code, ran.lines) == (0, [str(Path("again") / "cat.png")])
    with Image.open(tmp_path / "cat.png") as before, Image.open(tmp_path / "again" / "cat.png") as after:
        assert before.tobytes() == after.tobytes()
    assert dict(GenerationParameters.from_image(tmp_path / "again/cat.png")) == dict(
        GenerationParameters.from_image(tmp_path / "cat.png")
    )


def test_for_a_machine_and_what_is_left_out(ask: Command, embedded: Server, tmp_path: Path) -> None:
    text = "a dog\nSteps: 1, Sampler: Euler a, Seed: 5, Size: 64x64, Something: else"
    (tmp_path / "dog.png").write_bytes(with_parameters(noise("RGB", 8, 8), text))
    (tmp_path / "none.png").write_bytes(file_of(noise("RGB", 8, 8)))
    ran = ask("png-info", "dog.png", "none.png", "--reproduce", "--json", "-o", "{name}-2")
    (found,) = ran.json
    assert (found["source"], found["paths"], found["seeds"]) == ("dog.png", ["dog-2.png"], [5])
    assert any("Something" in reason for reason in found["left_out"])
    assert embedded.requests[-1].json["prompt"] == "a dog"


def test_nothing_to_paint(ask: Command, embedded: Server, tmp_path: Path) -> None:
    (tmp_path / "none.png").write_bytes(file_of(noise("RGB", 8, 8)))
    ran = ask("png-info", "none.png", "--reproduce")
    assert ran.code == 1
    assert "none.png holds no generation parameters" in ran.err
