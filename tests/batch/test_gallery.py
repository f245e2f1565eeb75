"""The gallery: what a browser makes of it, straight from the disk."""

from __future__ import annotations

import html
import json
import re
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from support.pictures import file_of, noise
from webuiapi.batch import Job
from webuiapi.batch.gallery import PIECE, Writer
from webuiapi.batch.gallery.thumbnails import small
from webuiapi.batch.journal import Journal
from webuiapi.batch.records import Outcome, Picture
from webuiapi.batch.view import Lines

from .conftest import Start, Write, files_in, run_on

CHROMIUM = Path("/usr/bin/chromium")
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium here")


def journalled(out: Path, count: int, begin: int = 0) -> None:
    """Have the journal say that so many jobs are done, whose pictures nobody has painted."""
    said = [
        {"prompt": f"picture {number}", "seed": number, "steps": 5 + number % 3}
        for number in range(begin, begin + count)
    ]
    with closing(Journal(out)) as journal:
        journal.load(Job(f"{one['seed']:016x}", "txt2img", one, "jobs.jsonl", 1) for one in said)
        outcomes = [
            Outcome(
                entry.number, "done", pictures=[Picture(f"images/{entry.stem}.png", entry.job.fields["seed"], 64, 64)]
            )
            for entry in journal.waiting()
        ]
        journal.finish(outcomes)


def rendered(out: Path, folder: Path, chosen: str = "") -> str:
    """The page as it is when the browser has loaded all."""
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", f"--user-data-dir={folder}", "--virtual-time-budget=5000",
            "--window-size=1200,800", "--dump-dom", f"{(out / 'index.html').as_uri()}{chosen}",
        ],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    assert 'data-ready="yes"' in done.stdout
    return done.stdout


def captions(page: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", page)]


def hidden(page: str, name: str) -> bool:
    (tag,) = re.findall(rf'<[a-z]+ [^>]*id="{name}"[^>]*>', page)
    return " hidden" in tag


@needs_chromium
def test_a_sweep_in_a_browser(start: Start, write: Write, tmp_path: Path) -> None:
    evil = """<img src=x onerror="document.title='owned'">"""
    path = write(
        {"prompt": f"a cat {evil}", "cfg_scale": {"from": 5, "to": 7, "step": 1}, "seed": [3, 20, 100]},
        {"prompt": "a dog", "name": "dog & co", "seed": 7, "steps": 2, "cfg_scale": 5},
    )
    out = tmp_path / "the pictures"
    run_on([start()], path, out)
    profile = tmp_path / "profile"

    page = rendered(out, profile)
    assert "<title>the pictures</title>" in page
    assert '<span id="count">10 pictures</span>' in page
    assert sorted(captions(page)) == sorted(["seed 7", *["seed 3", "seed 20", "seed 100"] * 3])
    assert page.count('src="gallery/thumbnails/') == 10
    filters = re.findall(r"<summary>(\w+)</summary>", page)
    assert {"prompt", "seed", "cfg_scale", "steps"} <= set(filters)
    assert "onerror" not in re.sub(r'title="[^"]*"|<span>.*?</span>', "", page), "shown as text only"
    assert hidden(page, "nothing")
    assert hidden(page, "xyz")

    listed, between = quote(json.dumps({"in": [5, 6]})), quote(json.dumps({"from": 10, "to": 100}))
    page = rendered(out, profile, f"#sort=seed&down=1&where.cfg_scale={listed}&where.seed={between}&search=CAT")
    assert captions(page) == ["seed 100", "seed 100", "seed 20", "seed 20"]
    assert '<span id="count">4 of 10 pictures</span>' in page


@needs_chromium
def test_xyz_in_a_browser(start: Start, write: Write, tmp_path: Path) -> None:
    path = write({"prompt": ["a cat", "a dog"], "cfg_scale": [5, 6, 7], "seed": [3, 4], "n_iter": 1})
    out = tmp_path / "out"
    run_on([start()], path, out)
    page = rendered(out, tmp_path / "profile", "#view=xyz&x=cfg_scale&y=seed&z=prompt")
    assert re.findall(r"<h2>(prompt: .*?)</h2>", page) == ["prompt: a cat", "prompt: a dog"]
    tables = re.findall(r"(?s)<table><thead>(.*?)</thead><tbody>(.*?)</tbody>", page)
    assert len(tables) == 2
    for head, body in tables:
        assert re.findall("<th[^>]*>(.*?)</th>", head) == ["seed ↓  cfg_scale →", "5", "6", "7"]
        assert re.findall("<th[^>]*>(.*?)</th>", body) == ["3", "4"]
        assert body.count("<figure") == 6
    page = rendered(out, tmp_path / "profile", "#view=xyz&x=seed")
    assert captions(page) == ["1 of 6", "1 of 6"]
    assert "2 cells have several pictures" in page


@needs_chromium
def test_one_picture_in_a_browser(start: Start, write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    server = start()
    path = write({"prompt": "a <cat>", "name": "cat #1", "seed": 3, "n_iter": 2, "negative_prompt": "it's"})
    run_on([server], path, out)
    page = rendered(out, tmp_path / "profile", f"#open={quote('images/cat #1+1.png', safe='')}")
    (dialog,) = re.findall(r"(?s)<dialog id=\"details\" open.*</dialog>", page)
    assert '<img src="images/cat%20%231%2B1.png"' in dialog
    told = dict(re.findall(r"<tr><th>(.*?)</th><td>(.*?)</td>", dialog))
    assert (told["prompt"], told["seed"], told["server"]) == ("a &lt;cat&gt;", "4", server.url)
    assert told["written in"] == f"{path}:1"
    (command,) = re.findall(r'(?s)<pre id="command">(.*?)</pre>', dialog)
    assert html.unescape(command).startswith("webuiapi txt2img --width=64")
    (infotext,) = re.findall(r'(?s)<pre id="infotext">(.*?)</pre>', dialog)
    assert html.unescape(infotext).startswith("a <cat>\nNegative prompt: it's\nSteps: 1")


@needs_chromium
def test_ten_thousand_pictures_in_a_browser(tmp_path: Path) -> None:
    journalled(tmp_path, 10_000)
    with Writer(tmp_path) as writer:
        assert writer.update() == 10_000
    page = rendered(tmp_path, tmp_path / "profile", "#sort=seed&down=1")
    assert '<span id="count">10000 pictures</span>' in page
    shown = captions(page)
    assert shown[:2] == ["seed 9999", "seed 9998"]
    assert len(shown) < 100, "only what is in sight"


# -- the files --------------------------------------------------------------------------------------------------------


def pieces(out: Path) -> list[list[str]]:
    """The files of the pictures, by piece."""
    found = []
    for path in sorted((out / "gallery").glob("data-*.js")):
        number, text = re.fullmatch(r"piece\((\d+), (.*)\)\n", path.read_text()).groups()  # type: ignore[union-attr]
        assert path.name == f"data-{int(number):05}.js"
        found.append([one["file"] for one in json.loads(json.loads(text))])
    assert (out / "gallery" / "list.js").read_text() == f"pieces({len(found)})\n"
    return found


def test_pieces_that_are_full_are_not_written_again(tmp_path: Path) -> None:
    journalled(tmp_path, PIECE + 20)
    with Writer(tmp_path) as writer:
        assert writer.update(most=30) == 30
        assert [len(piece) for piece in pieces(tmp_path)] == [30]
        assert writer.update() == PIECE - 10
        assert writer.update() == 0
    before = pieces(tmp_path)
    assert [len(piece) for piece in before] == [PIECE, 20]
    first = tmp_path / "gallery" / "data-00000.js"
    stamp = first.stat().st_mtime_ns
    journalled(tmp_path, 5, begin=PIECE + 20)
    with Writer(tmp_path) as writer:
        assert writer.update() == 25, "those of the last piece again, and the new ones"
    assert first.stat().st_mtime_ns == stamp
    assert [len(piece) for piece in pieces(tmp_path)] == [PIECE, 25]
    assert [file for piece in pieces(tmp_path) for file in piece][: PIECE + 20] == [
        file for piece in before for file in piece
    ]


@pytest.mark.parametrize("text", ["", "{}", '{"format": 0, "full": 1}'])
def test_pieces_of_another_format_are_written_anew(tmp_path: Path, text: str) -> None:
    journalled(tmp_path, PIECE + 1)
    with Writer(tmp_path) as writer:
        writer.update()
    (tmp_path / "gallery" / "list.json").write_text(text)
    with Writer(tmp_path) as writer:
        assert writer.update() == PIECE + 1


def test_trouble_with_the_gallery_is_no_trouble_of_the_run(start: Start, write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "gallery").write_text("in the way")
    notes: list[str] = []
    summary = run_on([start()], write({"prompt": "a cat", "name": "cat"}), out, view=Lines(notes.append))
    assert summary.ok
    assert files_in(out) == ["cat.png"]
    assert any("the gallery is not complete" in note for note in notes)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "1"])
def test_thumbnails(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(file_of(noise(mode, 900, 600)))
    content = small(path)
    assert content is not None
    (tmp_path / "x.jpg").write_bytes(content)
    with Image.open(tmp_path / "x.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (320, 213))


def test_what_is_no_picture_has_no_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(file_of(noise("RGB", 64, 64))[:-300])
    assert small(tmp_path / "x.png") is None
    assert small(tmp_path / "nowhere.png") is None
