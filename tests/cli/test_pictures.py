"""txt2img, img2img and upscale: what is sent, where pictures go, what is printed."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from cli.conftest import Command
from support.pictures import file_of, noise, opened, with_parameters
from support.scripted import Scripted, answer
from webuiapi.infotext import GenerationParameters, read_image_text
from webuiapi.png import kind_of

SMALL = ("-W", "64", "-H", "64", "-s", "2")
TXT2IMG = "/sdapi/v1/txt2img"


def picture(path: Path, color: str = "navy", size: tuple[int, int] = (64, 64)) -> Path:
    Image.new("RGB", size, color).save(path)
    return path


def painted(*pictures: bytes) -> bytes:
    """A webui's answer with these pictures."""
    images = [base64.b64encode(data).decode() for data in pictures]
    return answer({"images": images, "parameters": {}, "info": "{}"})


def sent(server: Scripted, path: str = TXT2IMG) -> dict[str, Any]:
    """What was sent to the path, without the id that the client gives the task."""
    body: dict[str, Any] = server.wait_for(1, path)[0].json
    body.pop("force_task_id", None)
    return body


# -- txt2img ----------------------------------------------------------------------------------------------------------


def test_txt2img_leaves_a_picture_and_prints_its_path(ask: Command, tmp_path: Path) -> None:
    ran = ask("txt2img", "a red fox", *SMALL, "--seed", "7", "-n", "fog", "--sampler", "DDIM", "-o", "fox")
    assert (ran.code, ran.out) == (0, "fox.png\n")
    parameters = GenerationParameters.from_image(tmp_path / "fox.png")
    assert (parameters.prompt, parameters.negative_prompt) == ("a red fox", "fog")
    assert (parameters.seed, parameters.steps, parameters.sampler, parameters.size) == (7, 2, "DDIM", (64, 64))
    assert "1 picture, 64 x 64, seed 7, in " in ran.err


def test_pictures_go_into_this_folder_unless_said(ask: Command, tmp_path: Path) -> None:
    ran = ask("txt2img", "cat", *SMALL, "-b", "2")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(ran.lines)
    assert [line[-6:] for line in ran.lines] == ["-0.png", "-1.png"]


def test_template_and_its_format(ask: Command, tmp_path: Path) -> None:
    ran = ask("txt2img", "cat/dog", *SMALL, "--seed", "5", "--out", "new/{prompt}-{seed}-{width}.webp")
    assert Path(ran.lines[0]) == Path("new/cat dog-5-64.webp")
    data = (tmp_path / ran.lines[0]).read_bytes()
    assert kind_of(data) == "webp"
    assert (read_image_text(data) or "").startswith("cat/dog\nSteps: 2")


def test_nothing_is_written_over_unless_asked(ask: Command, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"mine")
    assert ask("txt2img", "cat", *SMALL, "-o", "x.png").lines == ["x-1.png"]
    assert (tmp_path / "x.png").read_bytes() == b"mine"
    assert ask("txt2img", "cat", *SMALL, "-o", "x.png", "--overwrite").lines == ["x.png"]
    assert kind_of((tmp_path / "x.png").read_bytes()) == "png"


def test_standard_output_gets_the_received_bytes(command: Command, scripted: Scripted) -> None:
    data = with_parameters(noise("RGB", 8, 8), "cat\nSteps: 1, Seed: 1, Size: 8x8")
    scripted.play_at(TXT2IMG, painted(data))
    ran = command("txt2img", "cat", "--out", "-", "--url", scripted.url)
    assert (ran.code, ran.content) == (0, data)


def test_standard_output_is_for_one_picture(command: Command, scripted: Scripted) -> None:
    ran = command("txt2img", "cat", "-b", "2", "--batches", "3", "--out", "-", "--url", scripted.url)
    assert (ran.code, ran.out) == (2, "")
    assert "6 are asked for" in ran.err
    assert command("txt2img", "cat", "--json", "--out", "-", "--url", scripted.url).code == 2
    assert scripted.seen == []


def test_more_pictures_than_standard_output_takes(command: Command, scripted: Scripted) -> None:
    first, second = (file_of(noise("RGB", 8, 8, seed)) for seed in (1, 2))
    scripted.play_at(TXT2IMG, painted(first, second))
    ran = command("txt2img", "cat", "--out", "-", "--url", scripted.url)
    assert ran.content == first
    assert "warning: 2 pictures came, and only the first is written" in ran.err


def test_json(ask: Command) -> None:
    ran = ask("txt2img", "cat", *SMALL, "-b", "2", "--seed", "3", "--json", "-o", "{seed}")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["paths"] == ["3.png", "4.png"]
    assert ran.json["seeds"] == [3, 4]
    assert ran.json["info"]["all_seeds"] == [3, 4]
    assert [text.partition("\n")[0] for text in ran.json["infotexts"]] == ["cat", "cat"]
    assert ran.json["errors"] == []
    assert ran.json["seconds"] >= 0


def test_json_names_the_parts_that_are_no_pictures(command: Command, scripted: Scripted) -> None:
    whole = file_of(noise("RGB", 8, 8))
    scripted.play_at(TXT2IMG, painted(whole, whole[:-20]))
    ran = command("txt2img", "cat", "--json", "-o", "x", "--url", scripted.url)
    assert ran.json["paths"] == ["x.png"]
    assert [error["index"] for error in ran.json["errors"]] == [1]
    assert ran.err.startswith("warning: image 1 of the answer")


def test_quiet_prints_the_path_only(ask: Command) -> None:
    ran = ask("txt2img", "cat", *SMALL, "-q", "-o", "x")
    assert (ran.out, ran.err) == ("x.png\n", "")


def test_only_what_was_said_is_sent(command: Command, scripted: Scripted) -> None:
    scripted.play_at(TXT2IMG, painted(file_of(noise("RGB", 8, 8))))
    words = ["txt2img", "cat", "--no-tiling", "--styles", "a", "--styles", "b", "--extra", '{"odd": null}',
             "--override-settings", "CLIP_stop_at_last_layers=2", "--url", scripted.url]  # fmt: skip
    assert command(*words).code == 0
    assert sent(scripted) == {
        "prompt": "cat",
        "tiling": False,
        "styles": ["a", "b"],
        "odd": None,
        "override_settings": {"CLIP_stop_at_last_layers": 2},
        "sampler_name": "Euler a",
        "steps": 20,
    }


def test_the_prompt_may_be_in_an_infotext(command: Command, scripted: Scripted) -> None:
    scripted.play_at(TXT2IMG, painted(file_of(noise("RGB", 8, 8))))
    text = "cat\nSteps: 3, Sampler: DDIM, Seed: 1"
    assert command("txt2img", "--infotext", text, "--url", scripted.url).code == 0
    assert sent(scripted) == {"infotext": text}


def test_an_answer_without_pictures(command: Command, scripted: Scripted) -> None:
    scripted.play_at(TXT2IMG, painted())
    ran = command("txt2img", "cat", "--url", scripted.url)
    assert (ran.code, ran.out) == (1, "")
    assert "holds no pictures" in ran.err
    assert command("txt2img", "cat", "--no-send-images", "--url", scripted.url).code == 0


def test_the_server_in_this_process(command: Command) -> None:
    assert command("txt2img", "cat", *SMALL, "-o", "x", "--url", ":local:").lines == ["x.png"]


# -- img2img ----------------------------------------------------------------------------------------------------------


def test_img2img_within_a_mask(ask: Command, tmp_path: Path) -> None:
    picture(tmp_path / "in.png", "navy")
    mask = Image.new("L", (64, 64), 0)
    ImageDraw.Draw(mask).rectangle((0, 0, 31, 63), fill=255)
    mask.save(tmp_path / "mask.png")
    ran = ask("img2img", "in.png", "a white cat", "--mask", "mask.png", *SMALL, "--mask-blur", "0",
              "--no-inpaint-full-res", "-d", "1", "--seed", "1", "-o", "out")  # fmt: skip
    assert ran.lines == ["out.png"]
    changed = ImageChops.difference(opened(Path("in.png").read_bytes()), opened(Path("out.png").read_bytes())).getbbox()
    assert changed is not None
    assert changed[2] <= 32


def test_img2img_names_pictures_after_the_one_given(ask: Command, tmp_path: Path) -> None:
    picture(tmp_path / "a {b}.png")
    assert ask("img2img", "a {b}.png", "cat", *SMALL, "-o", "{name}-{seed}", "--seed", "3").lines == ["a {b}-3.png"]


def test_img2img_reads_standard_input(command: Command, scripted: Scripted) -> None:
    given, made = (file_of(noise("RGB", 8, 8, seed)) for seed in (1, 2))
    scripted.play_at("/sdapi/v1/img2img", painted(made))
    ran = command("img2img", "-", "cat", "--size", "input", "-o", "-", "--url", scripted.url, stdin=given)
    assert (ran.code, ran.content) == (0, made)
    body = sent(scripted, "/sdapi/v1/img2img")
    assert base64.b64decode(body["init_images"][0].partition(",")[2]) == given
    assert (body["width"], body["height"]) == (8, 8)


def test_several_pictures_to_start_from(command: Command, scripted: Scripted, tmp_path: Path) -> None:
    scripted.play_at("/sdapi/v1/img2img", painted(file_of(noise("RGB", 8, 8))))
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    words = ["img2img", "a.png", "cat", "-i", "b.png", "--images", "https://example.org/c.png", "--url", scripted.url]
    assert command(*words, "--size", "32x40", "-b", "3").code == 0
    body = sent(scripted, "/sdapi/v1/img2img")
    assert len(body["init_images"]) == 3
    assert body["init_images"][2] == "https://example.org/c.png"
    assert (body["width"], body["height"]) == (32, 40)


def test_a_picture_out_of_shape_is_warned_of_in_one_line(ask: Command, tmp_path: Path) -> None:
    picture(tmp_path / "wide.png", size=(96, 64))
    ran = ask("img2img", "wide.png", "cat", "-s", "1", "-q", "-o", "x")
    assert ran.code == 0
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("warning: img2img without width and height")


# -- upscale ----------------------------------------------------------------------------------------------------------


def test_upscale_beside_the_source_with_its_parameters(ask: Command, tmp_path: Path) -> None:
    text = "cat\nSteps: 1, Sampler: DDIM, Seed: 9, Size: 8x8"
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.b.png").write_bytes(with_parameters(noise("RGB", 8, 8), text))
    ran = ask("upscale", "sub/a.b.png")
    assert [Path(line) for line in ran.lines] == [Path("sub/a.b-upscaled.png")]
    data = (tmp_path / ran.lines[0]).read_bytes()
    assert opened(data).size == (16, 16)
    assert read_image_text(data) == text
    assert "1 picture, 16 x 16, seed 9" in ran.err


def test_upscale_several_into_a_folder(ask: Command, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in ("a.png", "b.png"):
        picture(tmp_path / name, size=(16, 8))
    ran = ask("upscale", "?.png", "--by", "3", "--upscaler", "Lanczos", "--out", "out", "--json")
    assert [done["source"] for done in ran.json["pictures"]] == ["a.png", "b.png"]
    assert [Path(done["paths"][0]) for done in ran.json["pictures"]] == [Path("out/a.png"), Path("out/b.png")]
    assert opened(Path("out/b.png").read_bytes()).size == (48, 24)
    assert "Lanczos" in ran.json["pictures"][0]["info"]


def test_upscale_to_a_size(ask: Command, tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    assert ask("upscale", "a.png", "--to", "100x50", "-o", "{name}-{width}.jpg").lines == ["a-100.jpg"]
    assert opened(Path("a-100.jpg").read_bytes()).size == (100, 50)
    assert ask("upscale", "a.png", "--to", "100x50", "--by", "2").code == 2


@pytest.mark.parametrize(
    ("listed", "taken"),
    [
        (["None", "Lanczos", "R-ESRGAN 4x+", "X"], "R-ESRGAN 4x+"),
        (["None", "Lanczos", "X"], "Lanczos"),
        (["None", "X"], "X"),
        ([], "Lanczos"),
    ],
)
def test_upscaler_taken_when_none_is_named(
    command: Command, scripted: Scripted, tmp_path: Path, listed: list[str], taken: str
) -> None:
    picture(tmp_path / "a.png")
    scripted.play_at("/sdapi/v1/upscalers", answer([{"name": name} for name in listed]))
    made = base64.b64encode(file_of(noise("RGB", 8, 8))).decode()
    scripted.play_at("/sdapi/v1/extra-single-image", answer({"image": made, "html_info": ""}))
    assert command("upscale", "a.png", "--url", scripted.url).code == 0
    assert sent(scripted, "/sdapi/v1/extra-single-image")["upscaler_1"] == taken


def test_faces_alone_need_no_upscaler(command: Command, scripted: Scripted, tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    made = base64.b64encode(file_of(noise("RGB", 8, 8))).decode()
    scripted.play_at("/sdapi/v1/extra-single-image", answer({"image": made, "html_info": ""}))
    words = ["upscale", "a.png", "https://example.org/b.png?x=1", "--codeformer-visibility", "1", "--url", scripted.url]
    ran = command(*words)
    assert (ran.code, ran.lines) == (0, ["a-upscaled.png", "b-upscaled.png"])
    body = sent(scripted, "/sdapi/v1/extra-single-image")
    assert {name: body[name] for name in body if name != "image"} == {"codeformer_visibility": 1.0}


def test_json_keeps_what_was_done_before_an_error(command: Command, scripted: Scripted, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    made = base64.b64encode(file_of(noise("RGB", 8, 8))).decode()
    plays = iter([answer({"image": made, "html_info": ""}), answer({"detail": "no memory left"}, 500)])
    scripted.play_at("/sdapi/v1/extra-single-image", lambda seen: next(plays))
    ran = command("upscale", "a.png", "b.png", "--upscaler", "X", "--json", "--url", scripted.url)
    assert ran.code == 1
    assert [done["paths"] for done in ran.json["pictures"]] == [["a-upscaled.png"]]
    assert (ran.json["error"]["type"], ran.json["error"]["status"]) == ("ServerError", 500)
    assert "no memory left" in ran.err


def test_upscale_from_standard_input(ask: Command) -> None:
    ran = ask("upscale", "-", "-o", "-", "--by", "2", stdin=file_of(noise("RGB", 8, 8)))
    assert opened(ran.content).size == (16, 16)
    assert ask("upscale", "-", stdin=file_of(noise("RGB", 8, 8))).lines == ["stdin-upscaled.png"]


def test_a_format_that_cannot_hold_the_picture_loses_nothing(
    command: Command, scripted: Scripted, tmp_path: Path
) -> None:
    data = file_of(noise("RGB", 16400, 1))  # WebP ends at 16383
    scripted.play_at(TXT2IMG, painted(data))
    ran = command("txt2img", "cat", "-o", "x.webp", "--url", scripted.url)
    assert (ran.code, ran.lines) == (0, ["x.png"])
    assert (tmp_path / "x.png").read_bytes() == data
    assert "saved as it was received" in ran.err


def test_json_is_ascii_where_the_output_is_not_utf8(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import io
    import sys

    from webuiapi.cli.command import emit_json

    for encoding, expected in (("utf-8", "猫"), ("cp1252", "\\u732b")):
        buffer = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding=encoding))
        emit_json({"prompt": "猫"})
        sys.stdout.flush()
        assert expected in buffer.getvalue().decode(encoding)
        assert json.loads(buffer.getvalue().decode(encoding)) == {"prompt": "猫"}
