"""interrogate, tag, rembg, segment, controlnet detect, xyz: pictures in, words or pictures out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Command
from support.pictures import file_of, noise, opened
from support.scripted import Scripted, answer
from webuiapi.infotext import GenerationParameters


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with two pictures."""
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(file_of(noise("RGB", 64, 64)))
    return tmp_path


def sent(scripted: Scripted) -> dict[str, Any]:
    body: dict[str, Any] = next(seen.json for seen in reversed(scripted.seen) if seen.method == "POST" and seen.body)
    return body


# -- words ------------------------------------------------------------------------------------------------------------


def test_interrogate(ask: Command, photos: Path) -> None:
    one = ask("interrogate", "a.png")
    assert (one.code, len(one.lines), one.err) == (0, 1, "")
    several = ask("interrogate", "*.png", "--model", "deepdanbooru")
    assert [line.partition(": ")[0] for line in several.lines] == ["a.png", "b.png"]
    found = ask("interrogate", "a.png", "--json").json
    assert found == {"captions": [{"source": "a.png", "caption": one.out.strip()}]}
    assert photos.is_dir()


def test_captions_that_came_are_told_when_a_later_one_fails(command: Command, scripted: Scripted, photos: Path) -> None:
    del photos
    scripted.play_at("/sdapi/v1/options", answer({"sd_model_checkpoint": "a", "sd_vae": "b"}))
    captions = iter([answer({"caption": "a cat"}), answer({"error": "RuntimeError", "errors": "weights"}, 500)])
    scripted.play_at("/sdapi/v1/interrogate", lambda _: next(captions))
    ran = command("interrogate", "a.png", "b.png", "--json", "--url", scripted.url)
    assert ran.code == 1
    assert ran.json["captions"] == [{"source": "a.png", "caption": "a cat"}]
    assert ran.json["error"]["status"] == 500


TAGS = {"rating:safe": 0.9, "cat": 0.5, "dog": 0.8}


def test_tag(command: Command, scripted: Scripted, photos: Path) -> None:
    del photos
    scripted.play_at("/tagger/v1/interrogate", answer({"caption": TAGS}))
    assert command("tag", "a.png", "--url", scripted.url).out == "dog, cat\n"
    assert command("tag", "a.png", "--scores", "--url", scripted.url).lines == ["dog\t0.800", "cat\t0.500"]
    several = command("tag", "a.png", "b.png", "--url", scripted.url, "--threshold", "0.5", "--model", "wd14")
    assert several.lines == ["a.png: dog, cat", "b.png: dog, cat"]
    assert (sent(scripted)["threshold"], sent(scripted)["model"]) == (0.5, "wd14")
    scores = command("tag", "a.png", "b.png", "--scores", "--url", scripted.url)
    assert scores.lines[0] == "a.png\tdog\t0.800"
    found = command("tag", "a.png", "--json", "--url", scripted.url).json
    assert found == {"pictures": [{"source": "a.png", "tags": {"dog": 0.8, "cat": 0.5}, "ratings": {"safe": 0.9}}]}


@pytest.mark.parametrize("name", ["interrogate", "tag", "rembg"])
def test_a_file_that_is_not_there(command: Command, scripted: Scripted, name: str) -> None:
    ran = command(name, "gone.png", "--url", scripted.url)
    assert ran.code == 2
    assert "there is no file 'gone.png'" in ran.err
    assert scripted.seen == []


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_rembg(ask: Command, photos: Path) -> None:
    ran = ask("rembg", "a.png", "b.png")
    assert (ran.code, ran.lines) == (0, ["a-cut.png", "b-cut.png"])
    assert opened((photos / "a-cut.png").read_bytes()).mode == "RGBA"
    found = ask("rembg", "a.png", "--return-mask", "--json", "-o", "masks/").json["pictures"]
    assert [(one["source"], one["paths"]) for one in found] == [("a.png", [str(Path("masks/a.png"))])]
    assert opened((photos / "masks" / "a.png").read_bytes()).mode == "L"


def test_an_extension_that_is_not_there(command: Command, scripted: Scripted, photos: Path) -> None:
    del photos
    scripted.play_at("/sdapi/v1/options", answer({"sd_model_checkpoint": "a", "sd_vae": "b"}))  # a webui's
    scripted.play_at("/rembg", answer({"detail": "Not Found"}, 404))
    ran = command("rembg", "a.png", "--url", scripted.url)
    assert ran.code == 1
    assert "the extension that serves it is not installed" in ran.err


def test_controlnet_detect(ask: Command, photos: Path) -> None:
    ran = ask("controlnet", "detect", "a.png", "--module", "canny", "--processor-res", "64")
    assert (ran.code, ran.lines) == (0, ["a-canny.png"])
    assert opened((photos / "a-canny.png").read_bytes()).size == (64, 64)
    assert ask("controlnet", "detect", "a.png").lines == ["a-map.png"]


def test_a_mask_is_for_one_picture(command: Command, scripted: Scripted, photos: Path) -> None:
    del photos
    ran = command("controlnet", "detect", "a.png", "b.png", "--mask", "a.png", "--url", scripted.url)
    assert ran.code == 2
    assert "--mask is for one picture, and 2 are given" in ran.err
    assert scripted.seen == []


def test_segment(ask: Command, photos: Path) -> None:
    ran = ask("segment", "a.png", "--at", "20,30", "--not-at", "0.9,0.9")
    assert (ran.code, ran.lines) == (0, ["a-mask-0.png", "a-mask-1.png", "a-mask-2.png"])
    assert opened((photos / "a-mask-0.png").read_bytes()).size == (64, 64)
    found = ask("segment", "a.png", "--at", "0.5,0.5", "--what", "cutout", "--json", "-o", "dog").json
    assert (found["source"], found["paths"]) == ("a.png", ["dog-0.png", "dog-1.png", "dog-2.png"])


def test_what_is_sent_to_segment(command: Command, scripted: Scripted, photos: Path) -> None:
    del photos
    scripted.play_at("/sam/sam-predict", answer({"msg": "nothing there"}))
    words = ("--at", "20,30", "--at", "0.5,0.25", "--text", "dog", "--threshold", "0.4", "--model", "sam_x")
    ran = command("segment", "a.png", *words, "--url", scripted.url)
    assert ran.code == 1
    assert "nothing was found: nothing there" in ran.err
    body = sent(scripted)
    assert body["sam_positive_points"] == [[20, 30], [32, 16]]
    assert (body["dino_enabled"], body["dino_text_prompt"], body["dino_box_threshold"]) == (True, "dog", 0.4)
    assert body["sam_model_name"] == "sam_x"
    assert "sam_negative_points" not in body


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say what is wanted"),
        (("--at", "5"), "'5' is no point"),
        (("--at", "1,2,3"), "'1,2,3' is no point"),
        (("--at", "5,5", "-o", "-"), "three come"),
        (("--at", "5,5", "--what", "x"), "'x' is not one of"),
    ],
)
def test_wrong_uses_of_segment(
    command: Command, scripted: Scripted, photos: Path, words: tuple[str, ...], said: str
) -> None:
    del photos
    ran = command("segment", "a.png", *words, "--url", scripted.url)
    assert ran.code == 2
    assert said in ran.err
    assert scripted.seen == []


def test_xyz(ask: Command, photos: Path) -> None:
    size = ("-W", "64", "-H", "64", "--seed", "3")
    ran = ask("xyz", "a cat", "-x", "Steps=1,2", "-y", "CFG Scale=4-6 (+2)", *size, "--no-legend", "-o", "grid")
    assert (ran.code, ran.lines) == (0, ["grid.png"])
    assert opened((photos / "grid.png").read_bytes()).size == (128, 128)
    singles = ask("xyz", "a cat", "-x", "Steps=1,2", *size, "--singles", "--no-legend", "--json", "-o", "one-{index}")
    assert singles.json["paths"] == ["one-0.png", "one-1.png", "one-2.png"]
    assert [GenerationParameters.from_image(photos / f"one-{index}.png").steps for index in (1, 2)] == [1, 2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give an axis"),
        (("-x", "Steps"), "'Steps' is no axis"),
        (("-x", "=1"), "'=1' is no axis"),
        (("-x", "Steps= "), "'Steps= ' is no axis"),
    ],
)
def test_wrong_uses_of_xyz(command: Command, scripted: Scripted, words: tuple[str, ...], said: str) -> None:
    ran = command("xyz", "a cat", *words, "--url", scripted.url)
    assert ran.code == 2
    assert said in ran.err
    assert scripted.seen == []


def test_an_axis_that_the_server_does_not_have(ask: Command) -> None:
    ran = ask("xyz", "a cat", "-x", "Stepps=1,2")
    assert (ran.code, ran.out) == (2, "")
    assert "similar are 'Steps'" in ran.err
