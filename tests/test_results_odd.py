"""Answers with nothing in them, with odd parts, and what a result can do."""

from __future__ import annotations

import base64
import json
import pickle
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from conftest import Connect
from support.callers import Caller
from support.pictures import file_of, noise, with_parameters
from support.samples import PNG
from support.scripted import Scripted, answer
from webuiapi import ImageError, InterrogateResult, PngInfoResult, Result, WebUIApiResult
from webuiapi.answers import read_extras, read_generation, read_info
from webuiapi.request import Answer


def received(body: Any) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(200, {}, raw, "POST", "http://127.0.0.1:7860/x")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


FIRST = with_parameters(noise("RGB", 16, 8, 1), "a cat\nSteps: 20, Seed: 11, Size: 16x8")
SECOND = with_parameters(noise("RGB", 16, 8, 2), "a cat\nSteps: 20, Seed: 12, Size: 16x8")
PLAIN = file_of(noise("L", 8, 8))


TEXTS = ["a\nSteps: 1, Seed: 11", "a\nSteps: 1, Seed: 12"]
INFO: dict[str, Any] = {"seed": 11, "all_seeds": [11, 12], "infotexts": TEXTS, "index_of_first_image": 0}


@pytest.mark.parametrize(
    "body", [{}, {"images": []}, {"images": None}, {"images": None, "info": None}, {"image": None}]
)
def test_an_empty_answer_is_an_empty_result(body: Any) -> None:
    result = read_generation(received(body))
    assert (result.images, result.seeds, result.infotexts, result.errors) == ([], [], [], [])
    assert (result.info, result.parameters, len(result), bool(result)) == ({}, {}, 0, True)
    assert (result.grid, result.extra_images, result.videos) == (None, [], [])
    assert result.json == body
    with pytest.raises(LookupError, match=r"^the answer holds no pictures \(interrupted before the first"):
        _ = result.image
    assert read_extras(received(body)).images == []


def test_pictures_that_were_not_asked_for() -> None:
    result = read_generation(received({"images": [], "parameters": {"send_images": False}, "info": ""}))
    with pytest.raises(LookupError, match="send_images=False asked for none"):
        _ = result.image


PARTS = [b64(FIRST), "", None, b64(PLAIN[:-9]), b64(b"<html>"), "no base64!", b64(SECOND)]


def test_what_is_odd_in_one_part_loses_nothing_of_the_rest() -> None:
    with pytest.warns(UserWarning) as caught:  # noqa: PT030 - the text is compared below
        result = read_generation(received({"images": PARTS, "info": "", "parameters": {}}))
    assert result.content == [FIRST, SECOND]
    assert result.seeds == [11, 12]
    assert [(problem.index, problem.content) for problem in result.errors] == [
        (1, b""), (2, b""), (3, PLAIN[:-9]), (4, b"<html>"), (5, b"no base64!"),
    ]  # fmt: skip
    assert [str(problem) for problem in result.errors][:4] == [
        "image 1 of the answer is empty",
        "image 2 of the answer is NoneType where base64 text was expected",
        f"image 3 of the answer is cut off: {len(PLAIN) - 9} bytes of a PNG without its end",
        "image 4 of the answer is no picture: its first bytes are of no known format",
    ]
    assert [problem.kind for problem in result.errors] == [None, None, "png", None, None]
    assert repr(result.errors[0]) == "PartProblem(image 1 of the answer is empty)"
    assert len(caught) == 1
    assert str(caught[0].message).startswith("image 1 of the answer is empty; image 2 of the answer is ")
    assert str(caught[0].message).endswith("; ...; see `errors` of the result")


def test_no_picture_is_whole() -> None:
    for read in (read_generation, read_extras):
        with pytest.raises(
            ImageError, match=r"no picture in the answer is whole: image 0 of the answer is empty$"
        ) as caught:
            read(received({"images": [""], "info": '{"seed": 1}'}))
        assert caught.value.result is not None
        assert caught.value.result.images == []
    with pytest.raises(ImageError):
        read_extras(received({"image": "", "html_info": "x"}))


BROKEN = PLAIN[:8] + b"\0\0\0\x01WHAT" + PLAIN[-12:]  # begins and ends like a PNG


def test_a_picture_that_pillow_can_not_open_moves_to_the_errors() -> None:
    result = WebUIApiResult([FIRST, BROKEN, SECOND], {})
    with pytest.warns(UserWarning, match="image 1 of the answer can't be opened: it is damaged, or of a kind"):
        images = result.images
    assert len(images) == len(result.content) == len(result.seeds) == len(result.infotexts) == 2
    assert result.seeds == [11, 12]
    assert [(problem.index, problem.content) for problem in result.errors] == [(1, BROKEN)]


def test_a_picture_too_large_to_be_true_moves_to_the_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64)
    result = WebUIApiResult([file_of(noise("L", 16, 16)), PLAIN], {})
    with pytest.warns(UserWarning, match="image 0 of the answer can't be opened: "):
        images = result.images
    assert len(images) == 1


# -- what a result can do ---------------------------------------------------------------------------------------------


def test_pictures_are_opened_when_looked_at_and_decoded_when_used() -> None:
    result = read_generation(received({"images": [b64(FIRST), b64(SECOND)], "info": ""}))
    assert "images" not in result.__dict__
    assert result.image is result.images[0]
    assert type(result.images) is list
    assert [bool(image.tile) for image in result.images] == [True, True]  # type: ignore[attr-defined]
    assert result.load() is result
    assert [bool(image.tile) for image in result.images] == [False, False]  # type: ignore[attr-defined]
    assert result.load().images[0].getpixel((0, 0)) == noise("RGB", 16, 8, 1).getpixel((0, 0))


@pytest.mark.parametrize("count", [1, 3])
def test_damaged_pixels_are_an_error_of_load(count: int) -> None:
    damaged = bytearray(file_of(noise("RGB", 64, 64)))
    damaged[200:400] = bytes(200)
    result = WebUIApiResult([bytes(damaged)] * count, {})
    assert len(result.images) == count
    with pytest.raises(OSError):
        result.load()


def test_results_can_be_pickled() -> None:
    result = read_generation(received({"images": [b64(FIRST)], "info": '{"seed": 1}', "parameters": {"a": 1}}))
    _ = result.images
    other = pickle.loads(pickle.dumps(result))
    assert (other.content, other.info, other.parameters) == (result.content, result.info, result.parameters)
    assert other.image.tobytes() == result.image.tobytes()


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (WebUIApiResult([], {}), "<WebUIApiResult: 0 images>"),
        (WebUIApiResult([FIRST], {}), "<WebUIApiResult: 1 image of 16x8; seeds 11>"),
        (WebUIApiResult([FIRST, SECOND, PLAIN], {}), "<WebUIApiResult: 3 images of 16x8, 8x8; seeds 11, 12>"),
        (WebUIApiResult([FIRST] * 6, {}), "<WebUIApiResult: 6 images of 16x8; seeds 11, 11, 11, 11, ...>"),
        (WebUIApiResult([BROKEN, b"?"], {}), "<WebUIApiResult: 2 images of image/png, unknown kind>"),
        (Result([PLAIN], ""), "<Result: 1 image of 8x8>"),
        (PngInfoResult([], "x" * 100), f"<PngInfoResult: {'x' * 80!r}...>"),
        (InterrogateResult([], "a cat"), "<InterrogateResult: 'a cat'>"),
    ],
)
def test_the_repr_is_short(result: Result[Any], text: str) -> None:
    assert repr(result) == text


def test_the_repr_counts_what_is_unreadable() -> None:
    with pytest.warns(UserWarning, match="is empty"):
        result = read_generation(received({"images": ["", b64(PLAIN)], "info": ""}))
    assert repr(result) == "<WebUIApiResult: 1 image of 8x8; 1 unreadable>"


def test_info_in_all_its_forms() -> None:
    assert read_info({"a": 1}) == {"a": 1}
    assert read_info('{"a": 1}') == {"a": 1}
    odd: list[Any] = ["", "text", "{broken", "[]", None, 5, []]
    assert [read_info(item) for item in odd] == [{}] * len(odd)


def test_a_result_over_the_wire(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url)
    large = file_of(noise("RGB", 200, 200))
    scripted.play(answer({"images": [b64(FIRST), b64(large)], "parameters": {"steps": 20}, "info": json.dumps(INFO)}))
    result = caller.txt2img("x")
    assert result.content == [FIRST, large]
    assert (result.info["seed"], result.parameters) == (11, {"steps": 20})
    scripted.play(answer({"image": b64(FIRST), "html_info": "<p>done</p>"}))
    assert caller.extra_single_image(FIRST, codeformer_visibility=1).seeds == [11]


def test_a_text_that_is_no_text_costs_no_picture(caller: Caller, scripted: Scripted) -> None:
    body = b'{"images": ["' + base64.b64encode(PNG) + b'", "\\ud800"], "info": "{}"}'
    scripted.play(answer(body))
    with pytest.warns(UserWarning, match="image 1 of the answer is no base64"):
        result = caller.txt2img("x")
    assert result.content == [PNG]
    assert result.errors[0].content == b"?"


def huge() -> bytes:
    """A PNG that says it is 20000 pixels wide and high, more than Pillow opens."""
    data = bytearray(PNG)
    data[16:24] = struct.pack(">II", 20000, 20000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def test_a_picture_too_large_to_be_opened_can_be_looked_at_and_kept() -> None:
    result = WebUIApiResult([huge()], {})
    assert repr(result) == "<WebUIApiResult: 1 image of image/png>"
    with pytest.warns(UserWarning, match="image 0 of the answer can't be opened: Image size"):
        assert result.images == []
    assert result.errors[0].content == huge()


def test_a_picture_too_large_to_be_opened_is_no_picture_to_send(caller: Caller, scripted: Scripted) -> None:
    with pytest.raises(ValueError, match=r"^images\[0\]: what was given .* can't be read as a picture: Image size"):
        caller.img2img(huge(), "x", width=64, height=64)
    assert scripted.seen == []


def test_a_preview_too_large_to_be_opened_is_none(caller: Caller, scripted: Scripted) -> None:
    scripted.play(answer({"progress": 0.5, "current_image": base64.b64encode(huge()).decode()}))
    assert caller.get_progress().preview is None
