"""The demo: against its own server and against another, what it leaves, and the page that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import ImageChops

from cli.conftest import Command, Ran, run_command
from support.pictures import opened
from webuiapi.cli import demo
from webuiapi.cli.demo_steps import COUNT, steps
from webuiapi.infotext import parse, read_image_text
from webuiapi.results import Result
from webuiapi.server import Server

FILES = [
    "hires.png",
    "img2img.png",
    "index.html",
    "inpainting.png",
    "mask.png",
    *(f"txt2img-{index}.png" for index in range(4)),
    *(f"upscaled-batch-{index}.png" for index in range(3)),
    "upscaled.png",
]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ran, Path]]:
    """A demo on its own server, without the pauses that are there to be watched."""
    folder = tmp_path_factory.mktemp("demo") / "a {folder}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "_STEP_TIME", 0.0)
        yield (
            run_command("demo", "--out", folder, env={"WEBUIAPI_URL": "http://[::1]:1", "WEBUIAPI_AUTH": "not:for-it"}),
            folder,
        )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def infotext(path: Path) -> str:
    return read_image_text(path.read_bytes()) or ""


def test_it_says_what_it_does_and_where_to_look(done: tuple[Ran, Path]) -> None:
    ran, folder = done
    assert ran.code == 0
    assert ran.lines == [str(folder / "index.html")]
    assert ran.err.startswith("The embedded server listens at http://127.0.0.1:")
    assert "not diffusion" in ran.err
    assert f"7 of {COUNT}: What is inside" in ran.err
    assert (folder / "index.html").resolve().as_uri() in ran.err


def test_every_picture_is_there_with_its_parameters(done: tuple[Ran, Path]) -> None:
    _, folder = done
    assert names(folder) == FILES
    seeds = [parse(infotext(folder / f"txt2img-{index}.png")).seed for index in range(4)]
    assert seeds == [1003, 1004, 1005, 1006]
    assert infotext(folder / "upscaled.png") == infotext(folder / "txt2img-0.png")
    for index in range(3):
        assert infotext(folder / f"upscaled-batch-{index}.png") == infotext(folder / f"txt2img-{index + 1}.png")
    assert float(parse(infotext(folder / "hires.png"))["Hires upscale"]) == 2
    sizes = {name: opened((folder / name).read_bytes()).size for name in FILES if name.endswith(".png")}
    assert sizes["hires.png"] == (768, 512)
    assert sizes["upscaled.png"] == (1024, 1024)
    assert sizes["upscaled-batch-2.png"] == (768, 768)


def test_only_the_masked_part_is_painted_anew(done: tuple[Ran, Path]) -> None:
    _, folder = done
    before, after = (
        opened((folder / name).read_bytes()).convert("RGB") for name in ("txt2img-1.png", "inpainting.png")
    )
    change = ImageChops.difference(before, after)
    assert change.crop((0, 0, 512, 40)).getbbox() is None
    assert change.crop((200, 200, 400, 400)).getbbox() is not None


def test_a_second_demo_replaces_its_own_files_only(command: Command, embedded: Server, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(b"mine")
    (tmp_path / "index.html").write_text("old")
    for _ in range(2):
        ran = command("demo", "--out", ".", "--url", embedded.url, "--json")
        assert (ran.code, ran.err) == (0, "")
    assert names(tmp_path) == sorted([*FILES, "mine.png"])
    assert (tmp_path / "mine.png").read_bytes() == b"mine"
    assert len(ran.json["steps"]) == COUNT
    pictures: list[Any] = [picture for step in ran.json["steps"] for picture in step["pictures"]]
    assert sorted(picture["file"] for picture in pictures) == [
        name for name in FILES if name not in ("index.html", "mask.png")
    ]
    assert ran.json["steps"][-1]["text"].startswith(ran.json["steps"][0]["pictures"][0]["infotext"][:60])
    assert f"the server at {embedded.url}" in (tmp_path / "index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("listed", "first", "second"),
    [
        (["None", "Lanczos", "R-ESRGAN 4x+"], "R-ESRGAN 4x+", "Lanczos"),
        (["None", "Lanczos"], "Lanczos", "Lanczos"),
        (["None", "Bicubic"], "Bicubic", "Bicubic"),
    ],
)
def test_upscalers_are_those_that_the_server_lists(listed: list[str], first: str, second: str) -> None:
    flow = steps(listed)
    answer = Result([b"x"] * 4, None)
    made = [next(flow), *(flow.send(answer) for _ in range(COUNT - 1))]
    with pytest.raises(StopIteration):
        flow.send(answer)
    taken = [getattr(step.request, "upscaler_1", None) for step in made]
    assert taken == [None, None, None, None, first, second, None]


# -- the page ---------------------------------------------------------------------------------------------------------

VOID = {"meta", "img", "link", "br", "hr", "input"}


@dataclass
class Page(HTMLParser):
    """What a page holds."""

    links: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += "\n" if tag == "pre" else ""
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href") and value is not None:
                self.links.append(value)
            if tag == "img" and name == "alt" and value:
                self.alts.append(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page(done: tuple[Ran, Path]) -> Page:
    found = Page()
    found.feed((done[1] / "index.html").read_text("utf-8"))
    found.close()
    return found


def test_page_is_whole_and_needs_nothing_from_elsewhere(page: Page, done: tuple[Ran, Path]) -> None:
    assert page.open == []
    assert {"script", "link", "iframe"} & set(page.tags) == set()
    assert all(":" not in link and not link.startswith("/") for link in page.links)
    shown = {unquote(link) for link in page.links}
    assert shown == {name for name in FILES if name != "index.html"}
    assert len(page.alts) == page.tags.count("img") == len(shown) + 3  # three stand beside what was made of them
    source = (done[1] / "index.html").read_text("utf-8")
    assert "prefers-color-scheme: dark" in source
    assert "url(" not in source
    assert "@import" not in source


def test_page_shows_prompts_seeds_and_parameters(page: Page, done: tuple[Ran, Path]) -> None:
    _, folder = done
    assert page.tags.count("section") == COUNT
    for name in FILES:
        if name not in ("mask.png", "index.html"):
            assert infotext(folder / name) in page.text
            parameters = parse(infotext(folder / name))
            assert f"seed {parameters.seed}" in page.text
            assert parameters.prompt in page.text


def test_page_shows_calls_that_can_be_run(page: Page) -> None:
    import re
    import textwrap

    calls = re.findall(r"(?:\w+ = )?api\.\w+\(\n(?: {4}\w+=.*\n)+\)", page.text)
    assert len(calls) == COUNT
    compile("\n".join(map(textwrap.dedent, calls)), "page", "exec")
    assert calls[0].startswith("painted = api.txt2img(\n    prompt='a red fox")
    assert "images=painted.images[0]" in calls[1]


def test_text_from_a_server_is_no_markup() -> None:
    from webuiapi import PngInfo
    from webuiapi.cli.demo_page import page
    from webuiapi.cli.demo_steps import Done, Picture, Step

    step = Step("a&b", "<Title>", "<b>", PngInfo("x.png"))
    html = page(
        [Done(step, 1.0, [Picture('a"b <#>.png', 1, "<script>", (1, 1))], "<i>")],
        where="<where>", notice="", seconds=1.0,
    )  # fmt: skip
    found = Page()
    found.feed(html)
    assert {"i", "b", "script", "title"} & set(found.tags) == {"b", "title"}  # the seed stands in <b>
    assert found.links == ["a%22b%20%3C%23%3E.png"] * 2
