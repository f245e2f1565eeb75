"""Points for Segment Anything, over all pictures and forms: fractions become pixels, pixels stay as they are."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from webuiapi.extensions.segment_anything import SamPredict, to_pixels

from .bench import PNG

SIZES = st.tuples(st.integers(1, 5000), st.integers(1, 5000))
FRACTION = st.floats(0, 1)
PIXEL = st.integers(-10, 10_000)


@given(SIZES, FRACTION, FRACTION)
def test_a_fraction_is_a_pixel_of_the_picture(size: tuple[int, int], x: float, y: float) -> None:
    found = to_pixels((x, y), size, "p")
    assert all(type(at) is int for at in found)
    assert all(0 <= at < length for at, length in zip(found, size, strict=True))
    assert all(abs(at - part * length) <= 1 for at, part, length in zip(found, (x, y), size, strict=True))


@given(SIZES, st.data())
def test_each_pixels_fraction_is_that_pixel(size: tuple[int, int], data: st.DataObject) -> None:
    pixel = [data.draw(st.integers(0, length - 1)) for length in size]
    assert to_pixels([at / length for at, length in zip(pixel, size, strict=True)], size, "p") == pixel


@given(SIZES, FRACTION, FRACTION, FRACTION)
def test_what_lies_further_right_stays_further_right(size: tuple[int, int], x: float, other: float, y: float) -> None:
    left, right = sorted([x, other])
    assert to_pixels((left, y), size, "p")[0] <= to_pixels((right, y), size, "p")[0]


@given(SIZES, PIXEL, PIXEL)
def test_whole_numbers_are_pixels(size: tuple[int, int], x: int, y: int) -> None:
    assert to_pixels((x, y), size, "p") == [x, y]
    assert to_pixels((x, y), None, "p") == [x, y]


@given(SIZES, FRACTION, st.floats(1, 1e6, exclude_min=True) | PIXEL)
def test_both_have_to_be_fractions(size: tuple[int, int], fraction: float, other: float) -> None:
    assert to_pixels((fraction, other), size, "p") == [fraction, other]
    assert to_pixels((other, fraction), size, "p") == [other, fraction]


@given(SIZES, FRACTION, FRACTION)
def test_arrays_and_lists_are_points_too(size: tuple[int, int], x: float, y: float) -> None:
    wanted = to_pixels((x, y), size, "p")
    for form in ([x, y], numpy.array([x, y]), (numpy.float64(x), numpy.float64(y))):
        assert to_pixels(form, size, "p") == wanted
    assert to_pixels(numpy.array([3, 4], dtype=numpy.uint16), size, "p") == [3, 4]
    assert to_pixels((numpy.int64(0), numpy.int64(1)), size, "p") == [0, 1]


@pytest.mark.parametrize("point", [(), (0.5,), (1, 2, 3), "ab", 5, None, ("a", "b"), (None, 1), {"x": 1, "y": 2}])
def test_what_is_no_point_is_an_error(point: Any) -> None:
    with pytest.raises(ValueError, match=r"p=.* is no point: \(x, y\) is needed"):
        to_pixels(point, (10, 10), "p")


def test_the_size_is_that_of_the_upright_picture() -> None:
    lying = Image.new("RGB", (40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # as phones write it: to be shown turned
    lying.info["exif"] = exif.tobytes()
    sent = SamPredict(lying, sam_positive_points=[(1.0, 1.0), (0.5, 0.5)]).payload()
    assert sent["sam_positive_points"] == [[19, 39], [10, 20]]


def test_arrays_of_points() -> None:
    request: Any = SamPredict(PNG, sam_positive_points=numpy.array([[0.5, 0.5], [1.0, 0.0]]))  # type: ignore[arg-type]
    assert list(request.problems()) == []
    assert request.payload()["sam_positive_points"] == [[4, 2], [7, 0]]
    assert SamPredict(PNG, sam_positive_points=[]).payload()["sam_positive_points"] == []


def test_fractions_of_a_picture_that_only_the_server_can_read() -> None:
    url = "https://example.org/cat.png"
    assert SamPredict(url, sam_positive_points=[(5, 6)]).payload()["sam_positive_points"] == [[5, 6]]
    with pytest.raises(ValueError, match=r"sam_negative_points\[0\]=.* fraction of a picture whose size can't be read"):
        SamPredict(url, sam_negative_points=[(0.5, 0.5)]).payload()
