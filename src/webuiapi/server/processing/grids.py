"""Grids of pictures, their legends, and pictures cut into overlapping tiles and put together again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as pil
from PIL import ImageColor, ImageDraw, ImageFont

from .limits import check_count, check_total

if TYPE_CHECKING:
    from PIL.Image import Image

_Font = Any


def grid(images: Sequence[Image], options: Mapping[str, Any], *, batch_size: int = 1, rows: int | None = None) -> Image:
    """All pictures on one, cells as large as the largest; `rows` or as many as the options say."""
    count = len(images)
    if rows is None:
        rows = _rows(count, batch_size, options)
    rows = min(rows, count)
    columns = math.ceil(count / rows)
    width = max(image.width for image in images)
    height = max(image.height for image in images)
    check_total(columns * rows, (width, height))
    result = pil.new("RGB", (columns * width, rows * height), "black")
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        place = (column * width + (width - image.width) // 2, row * height + (height - image.height) // 2)
        result.paste(image, place)
    return result


def is_wanted(count: int, options: Mapping[str, Any]) -> bool:
    """Whether the options want a grid of so many pictures."""
    return bool(options["return_grid"]) and count > (1 if options["grid_only_if_multiple"] else 0)


def _rows(count: int, batch_size: int, options: Mapping[str, Any]) -> int:
    wanted = int(options["n_rows"])
    if wanted > 0:
        return wanted
    if wanted == 0:
        return batch_size
    if not options["grid_prevent_empty_spots"]:
        return round(math.sqrt(count))
    rows = math.isqrt(count)
    while count % rows:
        rows -= 1
    return rows


# --- legends


@dataclass
class Text:
    """A text beside a grid; one that is not active is struck through."""

    text: str = ""
    active: bool = True


@dataclass
class _Line:
    text: str
    active: bool
    width: int
    height: int


@dataclass
class _Block:
    """The wrapped lines of one row or column."""

    lines: list[_Line] = field(default_factory=list)

    def height(self, spacing: int) -> int:
        return sum(line.height + spacing for line in self.lines)


def with_legend(
    image: Image,
    cell: tuple[int, int],
    columns: Sequence[Sequence[Text]],
    rows: Sequence[Sequence[Text]],
    options: Mapping[str, Any],
    margin: int = 0,
) -> Image:
    """A grid with texts above its columns and to the left of its rows, and a margin between its cells.

    `cell` is the size of one picture in it. Texts are wrapped, and made smaller where a word is too long.
    """
    width, height = cell
    count_x, count_y = image.width // width, image.height // height
    _same_number(count_x, len(columns), "horizontal")
    _same_number(count_y, len(rows), "vertical")
    size = max(1, (width + height) // 25)
    spacing = size // 2
    left = width * 3 // 4 if any(text.text for texts in rows for text in texts) else 0
    above = [_wrapped(texts, size, width) for texts in columns]
    beside = [_wrapped(texts, size, left) for texts in rows]
    heights = [block.height(spacing) - spacing for block in above]
    top = max(heights) + spacing * 2 if sum(heights) else 0
    total = (image.width + left + margin * (count_x - 1), image.height + top + margin * (count_y - 1))
    check_total(1, total)
    result = pil.new("RGB", total, options["grid_background_color"])
    for row in range(count_y):
        for column in range(count_x):
            at = (width * column, height * row)
            part = image.crop((*at, at[0] + width, at[1] + height))
            result.paste(part, (left + (width + margin) * column, top + (height + margin) * row))
    pen = _Pen(result, size, spacing, options)
    for column, block in enumerate(above):
        pen.write(block, left + (width + margin) * column + width / 2, top / 2 - heights[column] / 2, width)
    for row, block in enumerate(beside):
        centre = top + (height + margin) * row + height / 2
        pen.write(block, left / 2, centre - (block.height(spacing) - spacing * len(block.lines)) / 2, left)
    return result


def _same_number(wanted: int, given: int, direction: str) -> None:
    if wanted != given:
        raise AssertionError(f"bad number of {direction} texts: {given}; must be {wanted}")


class _Pen:
    """Writes blocks of lines, centred."""

    def __init__(self, image: Image, size: int, spacing: int, options: Mapping[str, Any]) -> None:
        self.draw = ImageDraw.Draw(image)
        self.size = size
        self.spacing = spacing
        self.active = ImageColor.getrgb(options["grid_text_active_color"])
        self.inactive = ImageColor.getrgb(options["grid_text_inactive_color"])

    def write(self, block: _Block, centre: float, top: float, room: int) -> None:
        for line in block.lines:
            colour = self.active if line.active else self.inactive
            size = self.size
            while size > 1 and self.draw.textlength(line.text, font=_font(size)) > room:
                size -= 1
            middle = top + line.height / 2
            self.draw.text((centre, middle), line.text, font=_font(size), fill=colour, anchor="mm")
            if not line.active:
                half = line.width // 2
                self.draw.line((centre - half, middle, centre + half, middle), fill=colour, width=4)
            top += line.height + self.spacing


def _wrapped(texts: Sequence[Text], size: int, room: int) -> _Block:
    font = _font(size)
    block = _Block()
    for text in texts:
        lines = [""]
        for word in text.text.split():
            longer = f"{lines[-1]} {word}".strip()
            if font.getlength(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        for line in lines:
            left, upper, right, lower = font.getbbox(line)
            block.lines.append(_Line(line, text.active, int(right - left), int(lower - upper)))
    return block


@lru_cache(maxsize=64)
def _font(size: int) -> _Font:
    return ImageFont.load_default(size)


# --- tiles


@dataclass
class Tile:
    """A part of a picture and where it belongs."""

    x: int
    y: int
    image: Image


@dataclass
class Tiles:
    """A picture cut into rows of tiles that overlap."""

    width: int
    height: int
    overlap: int
    rows: list[list[Tile]]

    def __iter__(self) -> Any:
        return (tile for row in self.rows for tile in row)

    def joined(self) -> Image:
        """The picture again, each tile faded into the one before it and each row into the one above."""
        result = pil.new("RGB", (self.width, self.height))
        for number, row in enumerate(self.rows):
            strip = pil.new("RGB", (self.width, row[0].image.height))
            for column, tile in enumerate(row):
                strip.paste(tile.image.convert("RGB"), (tile.x, 0), self._fade(tile.image.size, across=column > 0))
            result.paste(strip, (0, row[0].y), self._fade(strip.size, down=number > 0))
        return result

    def _fade(self, size: tuple[int, int], *, across: bool = False, down: bool = False) -> Image:
        """How much of a tile is seen: all of it, but for a slope over the overlap at its left or upper side."""
        width, height = size
        values = np.full((height, width), 255, np.uint8)
        places = np.arange(1, (width if across else height) + 1)
        slope = np.minimum(places * 255 / (self.overlap + 1), 255).astype(np.uint8)
        if across:
            values[:] = slope[None, :]
        elif down:
            values[:] = slope[:, None]
        return pil.fromarray(values)


def cut_into_tiles(image: Image, width: int, height: int, overlap: int) -> Tiles:
    """The tiles that cover a picture, as few as do with at least this overlap, spread evenly."""
    xs = _starts(image.width, width, overlap)
    ys = _starts(image.height, height, overlap)
    check_count(len(xs) * len(ys))
    rows = [[Tile(x, y, image.crop((x, y, x + width, y + height))) for x in xs] for y in ys]
    return Tiles(image.width, image.height, overlap, rows)


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    count = math.ceil((length - overlap) / (tile - overlap))
    check_count(count)
    if count < 2:
        return [min(0, length - tile)]
    return [number * (length - tile) // (count - 1) for number in range(count)]
