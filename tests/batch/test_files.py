"""Pictures on the disk: whole or not there, and what a killed batch left put in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.pictures import file_of, noise
from webuiapi.batch import Job
from webuiapi.batch.files import Files, Part, damaged, parts_of
from webuiapi.batch.records import Entry, Outcome, Picture
from webuiapi.infotext import embed
from webuiapi.results import PartProblem, WebUIApiResult

from .conftest import files_in

INFOTEXT = "a cat\nSteps: 1, Sampler: Euler a, CFG scale: 7.0, Seed: 41, Size: 24x16"
PNG = embed(noise("RGB", 24, 16), INFOTEXT)
JPEG = file_of(noise("RGB", 8, 8), "JPEG")
VIDEO = b"\x00\x00\x00\x18ftypmp42" + bytes(64)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    with Files(tmp_path) as files:
        yield files


def part(content: bytes, suffix: str = ".png") -> Part:
    return Part(content, suffix, Picture(""))


def test_files_of_a_result() -> None:
    odd = [
        PartProblem(2, "is a video", VIDEO),
        PartProblem(3, "can't be opened", PNG[:-20]),
        PartProblem(4, "is empty", b""),
    ]
    result = WebUIApiResult([PNG, JPEG], {}, errors=odd)
    parts = parts_of(result)
    assert [(one.suffix, one.content) for one in parts] == [
        (".png", PNG), (".jpg", JPEG), (".mp4", VIDEO), (".damaged", PNG[:-20])
    ]  # fmt: skip
    assert parts[0].about == Picture("", 41, 24, 16, INFOTEXT)
    assert [str(one) for one in damaged(result)] == [
        "image 3 of the answer can't be opened", "image 4 of the answer is empty"
    ]  # fmt: skip


def test_a_result_of_which_nothing_is_whole_has_none() -> None:
    assert parts_of(WebUIApiResult([], {}, errors=[PartProblem(0, "can't be opened", PNG[:-20])])) == []


def test_pictures_of_several_jobs(files: Files, tmp_path: Path) -> None:
    written = files.write([("cat", [part(PNG), part(JPEG, ".jpg")]), ("dog", [part(JPEG, ".jpg")])])
    assert written == [[Picture("images/cat.png"), Picture("images/cat+1.jpg")], [Picture("images/dog.jpg")]]
    assert files_in(tmp_path) == ["cat+1.jpg", "cat.png", "dog.jpg"]
    assert (tmp_path / "images" / "cat.png").read_bytes() == PNG
    assert files.write([("dog", [part(PNG, ".jpg")])]) == [[Picture("images/dog.jpg")]], "again, and not double"
    assert (tmp_path / "images" / "dog.jpg").read_bytes() == PNG


def test_one_job_that_can_not_be_written_and_one_that_can(files: Files, tmp_path: Path) -> None:
    (tmp_path / "images" / "cat.png").mkdir()  # in the way of the first picture, which is renamed last
    refused, written = files.write([("cat", [part(PNG), part(PNG), part(PNG)]), ("dog", [part(PNG)])])
    assert isinstance(refused, OSError)
    assert written == [Picture("images/dog.png")]
    (tmp_path / "images" / "cat.png").rmdir()
    assert files_in(tmp_path) == ["cat+1.png", "cat+2.png", "dog.png"], "as a killed run would leave it"


def test_a_folder_that_is_gone(files: Files, tmp_path: Path) -> None:
    (tmp_path / "images").rmdir()
    (refused,) = files.write([("cat", [part(PNG)])])
    assert isinstance(refused, FileNotFoundError)


# -- after a kill -----------------------------------------------------------------------------------------------------


def adopted(files: Files, *unfinished: str) -> dict[int, Outcome]:
    """The outcomes by the number of the job, the unfinished ones counted from 1."""
    entries = {
        stem: Entry(number, Job("0" * 16, "txt2img", {}, "x", 1), {}, stem) for number, stem in enumerate(unfinished, 1)
    }
    return {outcome.number: outcome for outcome in files.adopt(entries.get)}


def test_what_is_whole_is_adopted(files: Files, tmp_path: Path) -> None:
    files.write([("cat", [part(PNG), part(JPEG, ".jpg"), part(VIDEO, ".mp4")]), ("dog", [part(PNG)])])
    found = adopted(files, "cat", "horse")
    assert list(found) == [1]
    assert found[1].state == "done"
    assert found[1].pictures == [
        Picture("images/cat.png", 41, 24, 16, INFOTEXT),
        Picture("images/cat+1.jpg", None, 8, 8, None),
        Picture("images/cat+2.mp4"),
    ]
    assert files_in(tmp_path) == ["cat+1.jpg", "cat+2.mp4", "cat.png", "dog.png"], "what is journalled stays"


def test_what_is_not_all_there_goes(files: Files, tmp_path: Path) -> None:
    files.write([("cat", [part(PNG), part(PNG)]), ("dog", [part(PNG)])])
    folder = tmp_path / "images"
    (folder / "cat.png").unlink()
    (folder / ".webuiapi-0123456789abcdef.part").write_bytes(PNG[:100])
    (folder / "notes.txt").write_text("mine")
    (folder / "README").write_text("mine")
    assert adopted(files, "cat") == {}
    assert files_in(tmp_path) == ["README", "dog.png", "notes.txt"]
