"""What a notebook shows of a result."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from support.pictures import file_of, noise, with_parameters
from webuiapi import InterrogateResult, PngInfoResult, WebUIApi, WebUIApiResult, XYZPlot, compare, infotext
from webuiapi.gallery import fragment

PNG = with_parameters(noise("RGB", 8, 8), 'a "cat" <b>\nSteps: 1, Seed: 5, Size: 8x8')


class Pictures(HTMLParser):
    """Collects the pictures of a page and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_pictures_side_by_side() -> None:
    jpeg = file_of(noise("L", 8, 8), "JPEG")
    page = Pictures(WebUIApiResult([PNG, jpeg], {})._repr_html_())
    sources = [re.fullmatch(r"data:(image/\w+);base64,(.*)", str(image["src"])) for image in page.images]
    assert [(found.group(1), base64.b64decode(found.group(2))) for found in sources if found] == [
        ("image/png", PNG),
        ("image/jpeg", jpeg),
    ]
    assert [image["title"] for image in page.images] == ['a "cat" <b>\nSteps: 1, Seed: 5, Size: 8x8', ""]
    assert page.texts == ["seed 5"]


def test_what_no_browser_shows_is_left_out() -> None:
    assert Pictures(WebUIApiResult([file_of(noise("L", 8, 8), "TIFF")], {})._repr_html_()).images == []
    assert Pictures(WebUIApiResult([], {})._repr_html_()).images == []


def test_the_width_can_be_chosen() -> None:
    assert "max-width:64px" in fragment(WebUIApiResult([PNG], {}), width=64)


def test_one_png_is_shown_as_it_is() -> None:
    assert WebUIApiResult([PNG], {})._repr_png_() == PNG
    assert WebUIApiResult([PNG, PNG], {})._repr_png_() is None
    assert WebUIApiResult([file_of(noise("L", 8, 8), "JPEG")], {})._repr_png_() is None
    assert WebUIApiResult([], {})._repr_png_() is None


def test_texts_are_shown_as_texts() -> None:
    assert PngInfoResult([], "a <b> & c\nSteps: 1")._repr_html_() == "<pre>a &lt;b&gt; &amp; c\nSteps: 1</pre>"
    assert InterrogateResult([], "a cat")._repr_html_() == "<pre>a cat</pre>"


# -- tables -----------------------------------------------------------------------------------------------------------


class Cells(HTMLParser):
    """The rows of a page's tables: texts, and for a picture its seed's caption after a star."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.captions: list[str] = []
        self.place = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.place = tag
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "img":
            self.rows[-1][-1] += "*"

    def handle_data(self, data: str) -> None:
        if self.place == "caption":
            self.captions.append(data)
        else:
            self.rows[-1][-1] += data


@pytest.fixture
def api() -> Iterator[WebUIApi]:
    with WebUIApi(":local:") as api:
        yield api


SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 1, "seed": 3}


def test_an_xyz_plot_is_a_table_of_its_values(api: WebUIApi) -> None:
    plot = XYZPlot(
        x=("Steps", [1, 2]),
        y=("Prompt S/R", ["cat", "dog <&>, red"]),
        z=("CFG Scale", [4, 7]),
        include_lone_images=True,
        include_sub_grids=True,
    )
    result = api.txt2img("a cat", scripts=[plot], **SMALL)
    page = Cells(result._repr_html_())
    head = ["Prompt S/R: ↓", "Steps: 1", "Steps: 2"]
    rows = [["cat", "*seed 3", "*seed 3"], ["dog <&>, red", "*seed 3", "*seed 3"]]
    assert page.rows == [head, *rows, head, *rows]
    assert page.captions == ["CFG Scale: 4", "CFG Scale: 7"]
    titles = [str(image["title"]) for image in Pictures(result._repr_html_()).images]
    said = [infotext.parse(title) for title in titles]
    assert [(one["CFG scale"], one.prompt, one["Steps"]) for one in said] == [
        (cfg, prompt, steps) for cfg in ("4.0", "7.0") for prompt in ("a cat", "a dog <&>, red") for steps in ("1", "2")
    ]


def test_one_axis_is_one_row(api: WebUIApi) -> None:
    plot = XYZPlot(x=("Seed", [5, 6]), include_lone_images=True)
    page = Cells(api.txt2img("a cat", scripts=[plot], **SMALL)._repr_html_())
    assert page.rows == [["", "Seed: 5", "Seed: 6"], ["", "*seed 5", "*seed 6"]]
    assert page.captions == []


@pytest.mark.parametrize("values", [[1, 2], "1-3 (+1)"])
def test_a_plot_without_its_single_pictures_or_with_ranges_is_a_gallery(api: WebUIApi, values: Any) -> None:
    plot = XYZPlot(x=("Steps", values), include_lone_images=isinstance(values, str))
    result = api.txt2img("a cat", scripts=[plot], **SMALL)
    assert len(Pictures(result._repr_html_()).images) == len(result.content)
    assert "<table" not in result._repr_html_()


def test_results_side_by_side(api: WebUIApi) -> None:
    one = api.txt2img("a cat", **SMALL)
    two = api.txt2img("a <cat>", negative_prompt="fog", batch_size=2, **{**SMALL, "steps": 2})
    compared = compare(one, two, labels=["first", "<second>"])
    page = Cells(compared._repr_html_())
    assert page.rows[0] == ["", "first", "<second>"]
    assert ["Prompt", "a cat", "a <cat>"] in page.rows
    assert ["Negative prompt", "", "fog"] in page.rows
    assert ["Steps", "1", "2"] in page.rows
    assert page.rows[-2:] == [["", "*seed 3", "*seed 3"], ["1", "", "*seed 4"]]
    assert compared.differences["Steps"] == ["1", "2"]
    assert "Sampler" not in compared.differences
    assert repr(compared).startswith("<Comparison of 2 results: Prompt, Negative prompt, Steps")
    assert repr(compare(one, one)) == "<Comparison of 2 results: no difference>"
    assert Cells(compare(one, width=32)._repr_html_()).rows == [["", "1"], ["", "*seed 3"]]


def test_what_can_not_be_compared() -> None:
    result = WebUIApiResult([PNG], {})
    with pytest.raises(TypeError, match="compare: a list is no result"):
        compare([result])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="compare: no results were given"):
        compare()
    for labels in ("ab", ["a"]):
        with pytest.raises(ValueError, match="as many as results are needed, 2"):
            compare(result, result, labels=labels)
    assert Cells(compare(WebUIApiResult([], {}), result)._repr_html_()).rows[-1] == ["", "", "*seed 5"]
