"""Pictures to files: names, formats, nothing written over, whole files or none."""

from __future__ import annotations

import os
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from support.pictures import file_of, noise, with_parameters
from webuiapi import Result, WebUIApiResult
from webuiapi.snapshot import save_snapshot

TEXT = "a cat, très jolie 猫\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, Seed: {}, Size: 16x8, Model: tiny"
FIRST = with_parameters(noise("RGB", 16, 8, 1), TEXT.format(11))
SECOND = with_parameters(noise("RGBA", 16, 8, 2), TEXT.format(12))
JPEG = file_of(noise("RGB", 16, 8, 3), "JPEG")
INFO = {"prompt": "from info", "sd_model_name": "info model", "sampler_name": "info sampler"}


def result_of(*pictures: bytes, info: dict[str, Any] | None = None) -> WebUIApiResult:
    return WebUIApiResult(pictures, info or {})


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)).replace(os.sep, "/") for path in folder.rglob("*") if path.is_file())


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("cat.png", ["cat-0.png", "cat-1.png"]),
        ("cat", ["cat-0.png", "cat-1.png"]),
        ("cat.v2", ["cat.v2-0.png", "cat.v2-1.png"]),
        ("cat-v1.5", ["cat-v1.5-0.png", "cat-v1.5-1.png"]),
        ("{index}.png", ["0.png", "1.png"]),
        ("{index:03d}-{seed}", ["000-11.png", "001-12.png"]),
        ("{seed}/{width}x{height}.png", ["11/16x8.png", "12/16x8.png"]),
        ("{prompt}.png", ["a cat, très jolie 猫-0.png", "a cat, très jolie 猫-1.png"]),
        ("{model}-{sampler}-{seed}", ["tiny-Euler a-11.png", "tiny-Euler a-12.png"]),
        ("{{x}}-{seed}", ["{x}-11.png", "{x}-12.png"]),
        ("a/b/c/{seed}.PNG", ["a/b/c/11.PNG", "a/b/c/12.PNG"]),
        ("new/", ["new/0-11.png", "new/1-12.png"]),
    ],
)
def test_templates(tmp_path: Path, template: str, names: list[str]) -> None:
    paths = result_of(FIRST, SECOND).save(str(tmp_path) + "/" + template)
    assert [str(path.relative_to(tmp_path)).replace(os.sep, "/") for path in paths] == names
    assert files(tmp_path) == names
    assert [path.read_bytes() for path in paths] == [FIRST, SECOND]


def test_the_default_name_is_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = datetime.now().replace(microsecond=0)
    paths = result_of(FIRST, SECOND).save()
    found = [re.fullmatch(r"(\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)-([01])\.png", str(path)) for path in paths]
    assert [match.group(2) for match in found if match] == ["0", "1"]
    assert all(
        before <= datetime.strptime(match.group(1), "%Y-%m-%d-%H-%M-%S") <= datetime.now() for match in found if match
    )


def test_one_picture_is_not_numbered(tmp_path: Path) -> None:
    assert result_of(FIRST).save(tmp_path / "cat.png") == [tmp_path / "cat.png"]


def test_a_folder_that_is_there(tmp_path: Path) -> None:
    assert result_of(FIRST, JPEG).save(tmp_path) == [tmp_path / "0-11.png", tmp_path / "1-none.jpg"]


def test_where_the_files_say_nothing_the_answer_does(tmp_path: Path) -> None:
    paths = result_of(JPEG, info=INFO).save(tmp_path / "{prompt}-{model}-{sampler}-{seed}")
    assert [path.name for path in paths] == ["from info-info model-info sampler-none.jpg"]
    assert [path.name for path in result_of(JPEG).save(tmp_path / "{prompt}-{model}-{sampler}")] == [
        "untitled-model-sampler.jpg"
    ]
    parameters = WebUIApiResult([JPEG], {}, {"prompt": "asked for"})
    assert [path.name for path in parameters.save(tmp_path / "{prompt}")] == ["asked for.jpg"]
    assert [path.name for path in Result([JPEG], "text").save(tmp_path / "{prompt}-{index}")] == ["untitled-0.jpg"]
    odd = result_of(JPEG, info={"prompt": "???", "sd_model_name": "///", "sampler_name": "..."})
    assert [path.name for path in odd.save(tmp_path / "{prompt}-{model}-{sampler}.x")] == [
        "untitled-model-sampler.x.jpg"
    ]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{sed}", "path='{sed}' has the unknown field {sed}: there are {index}, {seed}, {date}, {time}, {prompt}, "),
        ("{}", "path='{}' has the unknown field {}: there are "),
        ("{seed.real}", "path='{seed.real}' has the unknown field {seed.real}: there are "),
        ("{seed", "path='{seed' is no template: "),
        ("{seed}}", "path='{seed}}' is no template: "),
        ("{prompt:d}", "path='{prompt:d}' can't be filled in: "),
        ("{seed:{other}}", "path='{seed:{other}}' can't be filled in: "),
        ("{seed!x}", "path='{seed!x}' can't be filled in: "),
    ],
)
def test_what_is_no_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        result_of(FIRST).save(template)
    assert files(tmp_path) == []


@pytest.mark.parametrize("suffix", [".xyz", ".mp4", ".JPGG", ".heic"])
def test_a_suffix_of_no_format_that_can_be_written(tmp_path: Path, suffix: str) -> None:
    template = f"{{index}}{suffix}"
    message = (
        f"path='{template}' ends in '{suffix}', which is no format that can be written: there are .png, .jpg, .webp, "
        ".gif, .avif, .bmp, .tif, .jpeg, .tiff; without a suffix it is the received one"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        result_of(FIRST).save(template)
    (tmp_path / f"folder{suffix}").mkdir()
    (path,) = result_of(FIRST).save(tmp_path / f"folder{suffix}")
    assert path.name == "0-11.png"


@pytest.mark.parametrize(("path", "kind"), [(5, "an int"), (None, "None"), (b"x.png", "a bytes")])
def test_a_path_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Any, kind: str) -> None:
    monkeypatch.chdir(tmp_path)
    message = re.escape(f"path={path!r}: a path is needed, a str or a pathlib.Path, not {kind}")
    with pytest.raises(TypeError, match=f"^{message}$"):
        result_of(FIRST).save(path)
    with pytest.raises(TypeError, match=f"^{message}$"):
        save_snapshot("http://127.0.0.1:1", path)
    assert files(tmp_path) == []


def test_a_suffix_in_a_prompt_is_none_of_the_template(tmp_path: Path) -> None:
    picture = with_parameters(noise("L", 8, 8), "looks like cat.jpg\nSteps: 1, Seed: 5, Size: 8x8")
    paths = result_of(picture).save(tmp_path / "{prompt}")
    assert [path.name for path in paths] == ["looks like cat.jpg.png"]
    assert paths[0].read_bytes() == picture


def test_nothing_to_save(tmp_path: Path) -> None:
    assert result_of().save(tmp_path / "x.png") == []
    with pytest.raises(ValueError, match="unknown field"):
        result_of().save(tmp_path / "{x}.png")


# -- files that are there ---------------------------------------------------------------------------------------------


def test_no_file_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_text("mine")
    (tmp_path / "cat-1.png").write_text("mine too")
    assert result_of(FIRST).save(tmp_path / "cat.png") == [tmp_path / "cat-2.png"]
    assert result_of(SECOND).save(tmp_path / "cat.png") == [tmp_path / "cat-3.png"]
    assert (tmp_path / "cat.png").read_text() == "mine"
    assert (tmp_path / "cat-1.png").read_text() == "mine too"
    assert (tmp_path / "cat-2.png").read_bytes() == FIRST


def test_unless_it_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_text("old")
    assert result_of(FIRST).save(tmp_path / "cat.png", overwrite=True) == [tmp_path / "cat.png"]
    assert (tmp_path / "cat.png").read_bytes() == FIRST
    assert files(tmp_path) == ["cat.png"]


def test_pictures_of_one_call_never_write_over_each_other(tmp_path: Path) -> None:
    """Whatever their prompts: `a` and `a.png` want the same file."""
    pictures = [
        with_parameters(noise("L", 8, 8, number), f"{prompt}\nSteps: 1, Seed: {number}, Size: 8x8")
        for number, prompt in enumerate(["a", "a", "a-0", "a-1", "A"])
    ]
    for _ in range(2):
        paths = result_of(*pictures).save(tmp_path / "{prompt}.png", overwrite=True)
        assert len({path.name for path in paths}) == 5
        assert [path.read_bytes() for path in paths] == pictures
    assert len(files(tmp_path)) == 5


def test_many_threads_save_under_one_name(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    pictures = [file_of(noise("L", 8, 8, number)) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda data: result_of(data).save(tmp_path / "x.png")[0], pictures))
    assert len(set(paths)) == 16
    assert [path.read_bytes() for path in paths] == pictures
    assert len(files(tmp_path)) == 16


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*args: Any, **kwargs: Any) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", no_links)
    (tmp_path / "x.png").write_text("mine")
    assert result_of(FIRST).save(tmp_path / "x.png") == [tmp_path / "x-1.png"]
    assert files(tmp_path) == ["x-1.png", "x.png"]
    assert (tmp_path / "x-1.png").read_bytes() == FIRST
    assert (tmp_path / "x.png").read_text() == "mine"


def test_nothing_half_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(Path, "touch", full)
    with pytest.raises(OSError, match="No space left"):
        result_of(FIRST).save(tmp_path / "x.png")
    assert files(tmp_path) == []


def test_a_folder_that_can_not_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError):
        result_of(FIRST).save(tmp_path / "file" / "x.png")
    with pytest.raises(OSError):
        result_of(FIRST).save(tmp_path / ("x" * 300 + ".png"))
    assert files(tmp_path) == ["file"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="who may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        result_of(FIRST).save(tmp_path / "x.png")
    tmp_path.chmod(0o700)
    assert files(tmp_path) == []
