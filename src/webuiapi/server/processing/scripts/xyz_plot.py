"""X/Y/Z plot: a picture for every combination of the values of up to three axes, on grids with legends."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PIL import Image as pil

from .. import axis_values, grids
from ..axes import AXES, OTHER, Axis, axis_names
from ..info import Processed, infotext
from ..limits import check_count, check_total
from ..pipeline import fix_seed, process
from ..seeds import SEED_RANGE
from .base import Script, register

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..generation import Generation

_log = logging.getLogger("webuiapi.server")
_SEEDS = ("Seed", "Var. seed")


@dataclass
class _Side:
    """One axis of a plot, with its values."""

    name: str
    axis: Axis
    values: Sequence[Any]
    text: str
    """The values as the infotext names them."""

    @property
    def used(self) -> bool:
        return self.name != "Nothing"

    def labels(self) -> list[str]:
        return [self.axis.label(self.name, value) for value in self.values]

    def apply(self, run: Generation, value: Any) -> None:
        self.axis.apply(run, value, self.values)


@register
class XyzPlot(Script):
    """The script."""

    title = "X/Y/Z plot"

    def run(
        self,
        run: Generation,
        x_type: Any,
        x_values: Any,
        x_values_dropdown: Any,
        y_type: Any,
        y_values: Any,
        y_values_dropdown: Any,
        z_type: Any,
        z_values: Any,
        z_values_dropdown: Any,
        draw_legend: Any,
        include_lone_images: Any,
        include_sub_grids: Any,
        no_fixed_seeds: Any,
        vary_seeds_x: Any,
        vary_seeds_y: Any,
        vary_seeds_z: Any,
        margin_size: Any,
        csv_mode: Any,
    ) -> Processed:
        """Types are places in the tab's list of axes. The whole grid comes first, then sub grids, then pictures."""
        if not no_fixed_seeds:
            fix_seed(run)
        if not run.options["return_grid"]:
            run.batch_size = 1
        names = axis_names(run)
        sides = [
            _side(run, names[kind or 0], values, chosen, csv_mode=csv_mode)
            for kind, values, chosen in (
                (x_type, x_values, x_values_dropdown),
                (y_type, y_values, y_values_dropdown),
                (z_type, z_values, z_values_dropdown),
            )
        ]
        _check_size(run, sides)
        if not no_fixed_seeds:
            for side in sides:
                _draw_seeds(run, side)
        plot = _Plot(
            self.title, run, sides, fixed_seeds=not no_fixed_seeds, vary=(vary_seeds_x, vary_seeds_y, vary_seeds_z)
        )
        processed = plot.paint(draw_legend=bool(draw_legend), margin=margin_size)
        depth = len(sides[2].values)
        if not processed.images:
            return processed
        if not include_lone_images:
            del processed.images[depth + 1 :]
        if not include_sub_grids:
            del processed.images[1 : depth + 1]
            del processed.all_prompts[1 : depth + 1]
            del processed.all_seeds[1 : depth + 1]
            del processed.infotexts[1 : depth + 1]
        return processed


def _side(run: Generation, name: str, text: Any, chosen: Any, *, csv_mode: Any) -> _Side:
    axis = AXES.get(name, OTHER)
    if name == "Nothing":
        return _Side(name, axis, [0], text)
    from_list = axis.chosen and not csv_mode
    if from_list:
        text = axis_values.joined(chosen)
    values = axis.values(chosen if from_list else axis_values.split(text))
    if axis.check is not None:
        axis.check(run, values)
    return _Side(name, axis, values, text)


def _check_size(run: Generation, sides: Sequence[_Side]) -> None:
    cells = 1
    for side in sides:
        cells *= len(side.values)
    megapixels, most = round(cells * run.width * run.height / 1e6), run.options["img_max_size_mp"]
    if megapixels >= most:
        raise AssertionError(f"the grid would have {megapixels} megapixels, and {most} are the most that is allowed")
    check_count(cells * run.n_iter * run.batch_size)


def _draw_seeds(run: Generation, side: _Side) -> None:
    """A seed of -1 on an axis is drawn once, for all its cells."""
    if side.name in _SEEDS:
        side.values = [run.state.random.randrange(SEED_RANGE) if value == -1 else value for value in side.values]


class _Plot:
    """The cells of one plot."""

    def __init__(
        self, title: str, run: Generation, sides: Sequence[_Side], *, fixed_seeds: bool, vary: Sequence[Any]
    ) -> None:
        self.title = title
        self.run = run
        self.x, self.y, self.z = sides
        self.sizes = tuple(len(side.values) for side in sides)
        self.fixed_seeds = fixed_seeds
        self.vary = vary
        self.template: Processed | None = None
        self.grid_texts: list[str | None] = [None] * (1 + self.sizes[2])
        self.pixels = 0
        count = self.sizes[0] * self.sizes[1] * self.sizes[2]
        self.images: list[Image | None] = [None] * count
        self.prompts: list[Any] = [None] * count
        self.seeds: list[Any] = [None] * count
        self.texts: list[Any] = [None] * count

    def paint(self, *, draw_legend: bool, margin: int) -> Processed:
        """Paint all cells and put the grids before them."""
        self.run.course.planned = len(self.images) * self.run.n_iter
        for place in self._order():
            self._paint_cell(place)
        if self.template is None or not any(self.images):
            return Processed.of(self.run, [])
        cells = [self._blank() if image is None else image for image in self.images]
        return self._sheets(cells, draw_legend=draw_legend, margin=margin)

    def _order(self) -> list[tuple[int, int, int]]:
        """All places, the dearest axis in the outermost loop."""
        ranges = [range(size) for size in self.sizes]
        costs = [side.axis.cost for side in (self.x, self.y, self.z)]
        order = [2, 1, 0] if not any(costs) else sorted((2, 1, 0), key=lambda side: -costs[side])
        places = itertools.product(*(ranges[side] for side in order))
        return [(place[order.index(0)], place[order.index(1)], place[order.index(2)]) for place in places]

    def _index(self, place: tuple[int, int, int]) -> int:
        return place[0] + self.sizes[0] * (place[1] + self.sizes[1] * place[2])

    def _paint_cell(self, place: tuple[int, int, int]) -> None:
        index = self._index(place)
        self.run.course.name = f"{index + 1} out of {len(self.images)}"
        processed = self._processed(place)
        if self.template is None:
            self.template = processed
        if processed.images:
            image = processed.images[0]
            self.pixels += image.width * image.height
            check_total(self.pixels)
            self.images[index] = image
            self.prompts[index] = processed.own_prompt
            self.seeds[index] = processed.seed
            self.texts[index] = processed.infotexts[0]

    def _processed(self, place: tuple[int, int, int]) -> Processed:
        """What comes of one cell. One that fails is blank."""
        run = self.run
        if run.job.interrupted:
            return Processed.of(run, [], seed=run.seed)
        cell = run.copy()
        for side, at in zip((self.x, self.y, self.z), place, strict=True):
            side.apply(cell, side.values[at])
        step = 1
        for at, size, vary in zip(place, self.sizes, self.vary, strict=True):
            if vary:
                cell.seed += at * step
                step *= size
        try:
            processed = process(cell)
        except Exception:  # noqa: BLE001 - as there, one cell that fails spares the others
            _log.exception("a cell of an X/Y/Z plot failed")
            processed = Processed.of(run, [], seed=run.seed)
        self._note(cell, place)
        return processed

    def _note(self, cell: Generation, place: tuple[int, int, int]) -> None:
        """The texts of the grids: that of their first cell, with the axes."""
        if place[0] or place[1] or not cell.all_seeds:
            return
        noted = cell.copy()
        noted.extra["Script"] = self.title
        self._note_axis(noted, "X", self.x)
        self._note_axis(noted, "Y", self.y)
        self.grid_texts[1 + place[2]] = infotext(noted)
        if place[2] == 0:
            self._note_axis(noted, "Z", self.z)
            self.grid_texts[0] = infotext(noted)

    def _note_axis(self, run: Generation, letter: str, side: _Side) -> None:
        if side.used:
            run.extra[f"{letter} Type"] = side.name
            run.extra[f"{letter} Values"] = side.text
            if side.name in _SEEDS and self.fixed_seeds:
                run.extra[f"Fixed {letter} Values"] = ", ".join(map(str, side.values))

    def _blank(self) -> Image:
        first = self.images[0]
        if first is not None:
            return pil.new(first.mode, first.size)
        return pil.new("P", (self.run.width, self.run.height))

    def _sheets(self, cells: list[Image], *, draw_legend: bool, margin: int) -> Processed:
        """One grid for each value of z, and one of them all."""
        options = self.run.options
        flat = self.sizes[0] * self.sizes[1]
        columns = [[grids.Text(label)] for label in self.x.labels()]
        rows = [[grids.Text(label)] for label in self.y.labels()]
        sheets = []
        for z in range(self.sizes[2]):
            part = cells[z * flat : (z + 1) * flat]
            sheet = grids.grid(part, options, rows=len(rows))
            if draw_legend:
                sheet = grids.with_legend(sheet, _largest(part), columns, rows, options, margin)
            sheets.append(sheet)
        whole = grids.grid(sheets, options, rows=1)
        if draw_legend:
            titles = [[grids.Text(label)] for label in self.z.labels()]
            whole = grids.with_legend(whole, _largest(sheets), titles, [[grids.Text()]], options)
        assert self.template is not None
        firsts = range(0, len(cells), flat)
        texts = [text or "" for text in self.grid_texts]
        return replace(
            self.template,
            images=[whole, *sheets, *cells],
            # As there, the whole grid has a text, but neither a prompt nor a seed.
            all_prompts=[*(self.prompts[first] for first in firsts), *self.prompts],
            all_seeds=[*(self.seeds[first] for first in firsts), *self.seeds],
            infotexts=[*texts, *self.texts],
            index_of_first_image=1,
        )


def _largest(images: Sequence[Image]) -> tuple[int, int]:
    return max(image.width for image in images), max(image.height for image in images)
