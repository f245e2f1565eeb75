"""What a notebook shows of a result."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

from support.pictures import file_of, noise, with_parameters
from webuiapi import InterrogateResult, PngInfoResult, WebUIApiResult
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
