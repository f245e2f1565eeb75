"""Masks by themselves: made binary, inverted, blurred, boxed, and laid over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from webuiapi.server.processing import masks

from .studio import box_mask


def values(image: Image.Image) -> list[Any]:
    """The pixels of a picture of one row."""
    row: list[Any] = np.asarray(image)[0].tolist()
    return row


def test_brightness_is_the_mask() -> None:
    image = Image.new("RGB", (2, 1), "white")
    image.putpixel((1, 0), (100, 100, 100))
    assert values(masks.binary(image, rounded=True)) == [255, 100]


def test_real_alpha_is_the_mask() -> None:
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (255, 255, 255, 128))
    image.putpixel((2, 0), (255, 255, 255, 129))
    assert values(masks.binary(image, rounded=True)) == [0, 0, 255]
    assert values(masks.binary(image, rounded=False)) == [0, 128, 129]


def test_alpha_that_is_full_everywhere_counts_for_nothing() -> None:
    assert masks.binary(Image.new("RGBA", (1, 1), (30, 30, 30, 255)), rounded=True).getpixel((0, 0)) == 30


def test_blur_is_a_gaussian_across_and_down() -> None:
    mask = box_mask((61, 61), (30, 30, 31, 31))
    across = np.asarray(masks.blurred(box_mask((61, 61), (30, 0, 31, 61)), 2, 0), dtype=int)
    assert (across == across[0]).all()
    reach = np.flatnonzero(across[0])
    assert (reach.min(), reach.max()) == (30 - 5, 30 + 5)
    weights = np.exp(-(np.arange(-5, 6) ** 2) / 8)
    assert across[0, 25:36].tolist() == np.rint(255 * weights / weights.sum()).astype(int).tolist()
    down = masks.blurred(box_mask((61, 61), (0, 30, 61, 31)), 0, 2)
    assert np.array_equal(np.asarray(down), across.T)
    assert np.asarray(masks.blurred(mask, 3, 1)).sum() > 0


def test_no_blur_changes_nothing() -> None:
    mask = box_mask((9, 9), (2, 2, 5, 5))
    assert masks.blurred(mask, 0, 0) is mask


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 60), st.integers(0, 60))
def test_blur_keeps_what_is_all_white(width: int, height: int, blur_x: int, blur_y: int) -> None:
    mask = Image.new("L", (width, height), 255)
    assert masks.blurred(mask, blur_x, blur_y).getextrema() == (255, 255)


def test_box() -> None:
    mask = box_mask((100, 80), (30, 20, 50, 30))
    assert masks.masked_box(mask, 0) == (30, 20, 50, 30)
    assert masks.masked_box(mask, None) == (30, 20, 50, 30)
    assert masks.masked_box(mask, 8) == (22, 12, 58, 38)
    assert masks.masked_box(mask, 40) == (0, 0, 90, 70)
    assert masks.masked_box(Image.new("L", (9, 9)), 4) is None


@pytest.mark.parametrize(
    ("box", "size", "expected"),
    [
        ((30, 20, 50, 30), (64, 64), (30, 15, 50, 35)),
        ((30, 20, 50, 30), (128, 64), (30, 20, 50, 30)),
        ((40, 20, 50, 60), (64, 64), (25, 20, 65, 60)),
        ((0, 0, 40, 10), (64, 64), (0, 0, 40, 40)),
        ((60, 70, 100, 80), (64, 64), (60, 40, 100, 80)),
        ((0, 0, 100, 10), (64, 64), (0, 0, 100, 80)),
    ],
)
def test_box_grown_to_the_shape_of_the_run(
    box: masks.Box, size: tuple[int, int], expected: tuple[int, int, int, int]
) -> None:
    assert masks.widened(box, *size, (100, 80)) == expected


@settings(deadline=None)
@given(st.data(), st.integers(8, 200), st.integers(8, 200))
def test_a_grown_box_holds_the_old_one_and_stays_inside(data: st.DataObject, width: int, height: int) -> None:
    left, top = data.draw(st.integers(0, 98)), data.draw(st.integers(0, 78))
    box = (left, top, data.draw(st.integers(left + 1, 99)), data.draw(st.integers(top + 1, 79)))
    new = masks.widened(box, width, height, (100, 80))
    assert new[0] <= box[0]
    assert new[1] <= box[1]
    assert box[2] <= new[2] <= 100
    assert box[3] <= new[3] <= 80
    assert min(new) >= 0


def test_overlay_keeps_what_is_not_masked() -> None:
    kept = masks.overlay(Image.new("RGB", (4, 1), "blue"), box_mask((4, 1), (0, 0, 2, 1)))
    result = masks.laid_over(Image.new("RGB", (4, 1), "red"), kept)
    assert values(result) == [[255, 0, 0]] * 2 + [[0, 0, 255]] * 2


def test_composite_is_transparent_where_nothing_is_masked() -> None:
    result = masks.composite(Image.new("RGB", (2, 1), "red"), box_mask((2, 1), (0, 0, 1, 1)))
    assert result.mode == "RGBA"
    assert values(result) == [[255, 0, 0, 255], [0, 0, 0, 0]]


def test_doubled() -> None:
    mask = Image.new("L", (1, 1), 100)
    assert masks.doubled(mask).getpixel((0, 0)) == 200
    assert masks.doubled(Image.new("L", (1, 1), 128)).getpixel((0, 0)) == 255
