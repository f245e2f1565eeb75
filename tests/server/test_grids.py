"""Grids, legends, and pictures cut into tiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from webuiapi.server.processing.grids import Text, cut_into_tiles, grid, with_legend

OPTIONS: dict[str, Any] = {
    "n_rows": -1.0,
    "grid_prevent_empty_spots": False,
    "grid_background_color": "#ffffff",
    "grid_text_active_color": "#000000",
    "grid_text_inactive_color": "#999999",
}


def squares(count: int, size: tuple[int, int] = (8, 8)) -> list[Image.Image]:
    return [Image.new("RGB", size, (10 + index, 0, 0)) for index in range(count)]


@pytest.mark.parametrize(
    ("count", "options", "size"),
    [
        (1, {}, (8, 8)),
        (3, {}, (16, 16)),
        (4, {}, (16, 16)),
        (5, {}, (24, 16)),
        (7, {}, (24, 24)),
        (6, {"n_rows": 3}, (16, 24)),
        (2, {"n_rows": 9}, (8, 16)),
        (6, {"n_rows": 0}, (24, 16)),
        (7, {"grid_prevent_empty_spots": True}, (56, 8)),
        (8, {"grid_prevent_empty_spots": True}, (32, 16)),
    ],
)
def test_size(count: int, options: dict[str, Any], size: tuple[int, int]) -> None:
    assert grid(squares(count), {**OPTIONS, **options}, batch_size=2).size == size


def test_order_and_empty_cells() -> None:
    sheet = grid(squares(3), OPTIONS)
    reds = [sheet.getpixel((4 + 8 * column, 4 + 8 * row)) for row in range(2) for column in range(2)]
    assert reds == [(10, 0, 0), (11, 0, 0), (12, 0, 0), (0, 0, 0)]


def test_a_smaller_picture_stands_in_the_middle() -> None:
    sheet = grid([Image.new("RGB", (10, 10), "red"), Image.new("RGB", (4, 6), "blue")], OPTIONS, rows=1)
    assert sheet.size == (20, 10)
    assert sheet.crop((13, 2, 17, 8)).getcolors() == [(24, (0, 0, 255))]
    assert sheet.getpixel((12, 5)) == (0, 0, 0)


def test_legend_makes_room() -> None:
    sheet = grid(squares(4, (100, 80)), OPTIONS, rows=2)
    texts = [[Text("one")], [Text("two")]]
    plain = with_legend(sheet, (100, 80), texts, [[Text()], [Text()]], OPTIONS)
    both = with_legend(sheet, (100, 80), texts, texts, OPTIONS, margin=6)
    assert plain.width == 200
    assert plain.height > 160
    assert both.size == (200 + 75 + 6, plain.height + 6)
    assert both.getpixel((75 + 50, plain.height - 160 + 40)) == (10, 0, 0)
    assert both.getpixel((75 + 100 + 3, both.height - 1)) == (255, 255, 255)


def test_a_text_that_is_left_out_is_struck_through() -> None:
    sheet = Image.new("RGB", (200, 200), "white")
    options = {**OPTIONS, "grid_text_inactive_color": "#0000ff"}
    active = with_legend(sheet, (200, 200), [[Text("word")]], [[Text()]], options)
    inactive = with_legend(sheet, (200, 200), [[Text("word", False)]], [[Text()]], options)
    assert (0, 0, 255) not in {colour for _, colour in active.getcolors(1 << 16) or ()}
    blue = [colour for _, colour in inactive.getcolors(1 << 16) or () if colour == (0, 0, 255)]
    assert blue == [(0, 0, 255)]


def test_long_texts_are_wrapped_and_long_words_shrunk() -> None:
    sheet = Image.new("RGB", (64, 64))
    short = with_legend(sheet, (64, 64), [[Text("a")]], [[Text()]], OPTIONS)
    wrapped = with_legend(
        sheet, (64, 64), [[Text("some words that go on and on for long enough")]], [[Text()]], OPTIONS
    )
    word = with_legend(sheet, (64, 64), [[Text("x" * 60)]], [[Text()]], OPTIONS)
    assert wrapped.height > short.height
    assert word.width == 64


def test_texts_have_to_fit_the_grid() -> None:
    with pytest.raises(AssertionError, match="horizontal"):
        with_legend(Image.new("RGB", (16, 8)), (8, 8), [[Text("a")]], [[Text()]], OPTIONS)
    with pytest.raises(AssertionError, match="vertical"):
        with_legend(Image.new("RGB", (8, 16)), (8, 8), [[Text("a")]], [[Text()]], OPTIONS)


@settings(deadline=None, max_examples=40)
@given(st.integers(40, 150), st.integers(40, 150), st.integers(16, 40), st.integers(16, 40), st.integers(0, 8))
def test_tiles_cover_the_picture_and_join_to_it(
    width: int, height: int, tile_w: int, tile_h: int, overlap: int
) -> None:
    image = Image.fromarray((np.indices((height, width)).sum(0) % 251).astype(np.uint8)).convert("RGB")
    tiles = cut_into_tiles(image, tile_w, tile_h, overlap)
    assert {tile.image.size for tile in tiles} == {(tile_w, tile_h)}
    assert min(tile.x for tile in tiles) == min(tile.y for tile in tiles) == 0
    assert max(tile.x for tile in tiles) == width - tile_w
    assert max(tile.y for tile in tiles) == height - tile_h
    for before, after in zip(tiles.rows[0], tiles.rows[0][1:], strict=False):
        assert after.x - before.x <= tile_w - overlap
    difference = np.asarray(ImageChops.difference(tiles.joined(), image))
    assert difference.max() <= 1


def test_an_overlap_as_large_as_the_tile() -> None:
    with pytest.raises(ZeroDivisionError):
        cut_into_tiles(Image.new("RGB", (64, 64)), 16, 16, 16)
