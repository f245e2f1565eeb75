"""Pictures straight to files: as they arrive, under the names of the template, and nothing lost on the way."""

from __future__ import annotations

import base64
import json
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from conftest import Connect
from support.callers import Caller, on_loop
from support.pictures import file_of, noise, with_parameters
from support.scripted import CLOSE, Scripted, answer, head
from webuiapi import AnswerTooLarge, ConnectionLost, ImageError, NotSaved, Txt2Img
from webuiapi.arriving import Arriving
from webuiapi.disk import FileSink, Stored

PICTURES = [
    with_parameters(noise("RGB", 200, 100, seed), f"a cat\nSteps: 1, Seed: {seed}, Size: 200x100") for seed in (1, 2, 3)
]
JPEG = file_of(noise("RGB", 64, 64), "JPEG")


def body(*pictures: bytes) -> bytes:
    texts = [base64.b64encode(picture).decode() for picture in pictures]
    return json.dumps({"images": texts, "parameters": {}, "info": '{"seed": 1}'}).encode()


WHOLE = body(*PICTURES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture(autouse=True)
def nothing_left_behind(tmp_path: Path) -> Iterator[None]:
    yield
    assert list(tmp_path.rglob("*.part")) == []


def in_folder(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_as_they_arrive(caller: Caller, scripted: Scripted, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    write = FileSink.write

    def counted(self: FileSink, data: bytes) -> None:
        written.append(len(data))
        write(self, data)

    monkeypatch.setattr(FileSink, "write", counted)
    scripted.play(answer(WHOLE))
    result = caller.txt2img("x", save_to=folder / "{seed}-{index}.png")
    assert in_folder(folder) == ["1-0.png", "2-1.png", "3-2.png"]
    assert result.files == [folder / "1-0.png", folder / "2-1.png", folder / "3-2.png"]
    assert [path.read_bytes() for path in result.files] == PICTURES
    assert sum(written) == sum(map(len, PICTURES))
    assert (result.content, result.seeds, len(result)) == (PICTURES, [1, 2, 3], 3)
    assert repr(result) == "<WebUIApiResult: 3 images of 200x100; seeds 1, 2, 3>"
    assert result.infotexts[0] == "a cat\nSteps: 1, Seed: 1, Size: 200x100"
    assert result.images[2].getpixel((0, 0)) == noise("RGB", 200, 100, 3).getpixel((0, 0))
    assert pickle.loads(pickle.dumps(result)).files == result.files
    assert result.save(folder / "copy.png")[0].read_bytes() == PICTURES[0]
    assert (folder / "1-0.png").exists()
    assert "save_to" not in scripted.last.json


def test_a_folder_and_names_that_are_taken(caller: Caller, scripted: Scripted, folder: Path) -> None:
    for _ in range(2):
        scripted.play(answer(body(PICTURES[0])))
        caller.txt2img("x", save_to=f"{folder}/")
    assert in_folder(folder) == ["0-1-1.png", "0-1.png"]
    scripted.play(answer(body(PICTURES[0], PICTURES[1])))
    assert [path.name for path in caller.txt2img("x", save_to=folder / "cat.png").files] == ["cat-0.png", "cat-1.png"]
    scripted.play(answer(body(PICTURES[0])))
    within = caller.txt2img("x", save_to=folder / "{prompt}" / "{width}x{height}").files
    assert within == [folder / "a cat" / "200x100.png"]


def test_other_formats(caller: Caller, scripted: Scripted, folder: Path) -> None:
    scripted.play(answer(body(JPEG)))
    assert [path.name for path in caller.txt2img("x", save_to=folder / "{index}").files] == ["0.jpg"]
    scripted.play(answer(body(PICTURES[0])))
    (path,) = caller.txt2img("x", save_to=folder / "converted.jpg").files
    with Image.open(path) as image:
        assert image.format == "JPEG"


def test_an_answer_that_is_not_read_while_it_arrives(
    client: Caller, folder: Path, connect: Connect, scripted: Scripted
) -> None:
    """In this process, compressed, of another shape, of extras: they go to files when they are there."""
    small: dict[str, Any] = {"width": 64, "height": 64, "steps": 1}
    result = client.txt2img("a cat", seed=5, save_to=folder / "{seed}", **small)
    assert result.files == [folder / "5.png"]
    larger = client.extra_single_image(result.files[0], upscaler_1="Lanczos", save_to=folder / "large")
    assert larger.files == [folder / "large.png"]
    assert len(client.extra_batch_images(result.files * 2, upscaler_1="Lanczos", save_to=folder / "b").files) == 2
    value = json.loads(body(PICTURES[0]))
    scripted.play(answer({"info": "{}", **value}))
    assert connect(url=scripted.url).txt2img("x", save_to=folder / "c").files == [folder / "c.png"]


def test_a_job(caller: Caller, scripted: Scripted, folder: Path) -> None:
    scripted.play_at("/sdapi/v1/txt2img", answer(WHOLE))
    job = on_loop(caller, lambda: caller.api.submit(Txt2Img("x", save_to=folder / "{seed}")))
    assert len(caller.finish(job.result()).files) == 3


def test_one_that_is_broken(caller: Caller, scripted: Scripted, folder: Path) -> None:
    scripted.play(answer(body(PICTURES[0], PICTURES[1][:-40], b"what")))
    with pytest.warns(UserWarning, match=r"image 1 of the answer is cut off: .*; image 2 of the answer is no picture"):
        result = caller.txt2img("x", save_to=folder / "{seed}")
    assert in_folder(folder) == ["1.png"]
    assert [error.content for error in result.errors] == [PICTURES[1][:-40], b"what"]


def test_none_that_is_whole(caller: Caller, scripted: Scripted, folder: Path) -> None:
    scripted.play(answer(body(PICTURES[0][:-40])))
    with pytest.raises(ImageError) as caught:
        caller.txt2img("x", save_to=folder / "{seed}")
    assert in_folder(folder) == []
    assert caught.value.result is not None
    assert caught.value.result.errors[0].content == PICTURES[0][:-40]


@pytest.mark.parametrize("to_files", [True, False])
def test_broken_off_after_two(
    caller: Caller, scripted: Scripted, folder: Path, to_files: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had arrived is kept, in files or in memory, and the error has it."""
    from webuiapi.transport import base

    monkeypatch.setattr(base, "LARGE", 0)
    scripted.play(answer(WHOLE)[:-5000], CLOSE)
    with pytest.raises(ConnectionLost, match="2 of its pictures had arrived: see `partial`") as caught:
        caller.txt2img("x", **({"save_to": folder / "{seed}"} if to_files else {}))
    partial: Any = caught.value.partial
    assert partial.content == PICTURES[:2]
    assert in_folder(folder) == (["1.png", "2.png"] if to_files else [])
    assert pickle.loads(pickle.dumps(caught.value)).partial.content == PICTURES[:2]


def test_refused_half_way(connect: Connect, scripted: Scripted, folder: Path) -> None:
    chunk = f"{len(WHOLE):x}\r\n".encode() + WHOLE + b"\r\n0\r\n\r\n"
    scripted.play(head(200, {"Transfer-Encoding": "chunked"}) + chunk)
    with pytest.raises(AnswerTooLarge) as caught:
        connect(url=scripted.url, max_response=len(WHOLE) // 2).txt2img("x", save_to=folder / "{seed}")
    partial = caught.value.partial
    assert in_folder(folder) == sorted(path.name for path in (partial.files if partial else []))


# -- disks ------------------------------------------------------------------------------------------------------------


def test_a_template_that_is_wrong(caller: Caller, scripted: Scripted, folder: Path) -> None:
    with pytest.raises(ValueError, match=r"save_to='.*' has the unknown field {sed}: there are {index}, {seed}"):
        caller.txt2img("x", save_to=str(folder / "{sed}.png"))
    wrong: Any = 5
    with pytest.raises(ValueError, match=r"save_to=5 must be a path, as in 'out/{seed}.png'"):
        caller.txt2img("x", save_to=wrong)
    assert scripted.seen == []


def test_a_folder_that_can_not_be(caller: Caller, scripted: Scripted, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ValueError, match=r"save_to='.*': nothing can be written into '.*file'"):
        caller.txt2img("x", save_to=tmp_path / "file" / "{seed}.png")
    assert [seen.target for seen in scripted.seen if "txt2img" in seen.target] == []


class Full:
    """A file on a disk that takes so many bytes."""

    room = 0

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: Any) -> int:
        if Full.room < len(data):
            raise OSError(28, "No space left on device")
        Full.room -= len(data)
        count: int = self._file.write(data)
        return count


def test_a_disk_that_is_full(caller: Caller, scripted: Scripted, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit goes on in memory; if it can't be written in the end either, the error has it."""
    begin = FileSink.__init__

    def on_full_disk(self: Any, where: Path) -> None:
        begin(self, where)
        self._file = Full(self._file)

    def refuse(*args: Any, **how: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSink, "__init__", on_full_disk)
    Full.room = len(PICTURES[0]) + 100
    scripted.play(answer(WHOLE))
    assert caller.txt2img("x", save_to=folder / "{seed}").content == PICTURES, "there is room again at the end"
    Full.room = len(PICTURES[0]) + 100
    monkeypatch.setattr("webuiapi.saving.write_new", refuse)
    scripted.play(answer(WHOLE))
    with pytest.raises(
        NotSaved, match=r"the pictures came, and can't be written to '.*': No space left on dev"
    ) as caught:
        caller.txt2img("x", save_to=folder / "again-{seed}")
    assert caught.value.result.content == PICTURES


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="who may write everywhere")
def test_a_folder_that_may_not_be_written(caller: Caller, tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    with pytest.raises(ValueError, match="Permission denied"):
        caller.txt2img("x", save_to=tmp_path / "shut" / "{seed}.png")


def test_what_is_put_together_again_comes_from_the_files(tmp_path: Path) -> None:
    reader = Arriving(lambda: FileSink(tmp_path))
    compact = json.dumps(json.loads(WHOLE), separators=(",", ":")).encode()
    half = compact[: len(compact) // 2]
    reader.feed(half)
    assert reader.body() == half
    reader.feed(b"?" + b"x" * 10)
    assert reader.body() == half + b"?" + b"x" * 10
    assert all(isinstance(part.content, Stored) for part in reader.arrived())
    for path in tmp_path.glob("*.part"):
        path.unlink()
