"""A contact sheet over X/Y/Z: the same picture over two or three parameters, each picture a file of its own.

    python examples/programs/contact_sheet.py "a cat" --x "Steps: 4, 10, 20" --y "Sampler: Euler a, DDIM" -o sheet

leaves `sheet/grid.png`, a picture for each combination of values, and `sheet/index.html`, a table of them.
"""

from __future__ import annotations

import argparse
import html
from collections.abc import Sequence
from pathlib import Path

import webuiapi


def axis(text: str) -> tuple[str, list[str]]:
    """`Steps: 4, 10, 20` as a name and values."""
    name, colon, values = text.partition(":")
    found = [value.strip() for value in values.split(",") if value.strip()]
    if not colon or not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no axis: a name and values are needed, as in 'Steps: 4, 10, 20'")
    return name.strip(), found


def main(args: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("prompt")
    parser.add_argument("--x", type=axis, required=True, metavar="NAME: VALUES")
    parser.add_argument("--y", type=axis, metavar="NAME: VALUES")
    parser.add_argument("--z", type=axis, metavar="NAME: VALUES")
    parser.add_argument("--seed", type=int, default=1, help="of all pictures (default: 1)")
    parser.add_argument("-o", "--out", type=Path, default=Path("sheet"), help="the folder (default: sheet)")
    given = parser.parse_args(args)

    plot = webuiapi.XYZPlot(x=given.x, y=given.y, z=given.z, include_lone_images=True)
    with webuiapi.WebUIApi() as api:
        result = api.txt2img(given.prompt, seed=given.seed, width=512, height=512, scripts=[plot])
    given.out.mkdir(parents=True, exist_ok=True)
    count = len(given.x[1]) * len((given.y or ("", [""]))[1]) * len((given.z or ("", [""]))[1])
    singles = result.content[-count:]
    (given.out / "grid.png").write_bytes(result.content[0])
    for index, data in enumerate(singles):
        (given.out / f"{index:03}.png").write_bytes(data)
    page = f"<!doctype html><meta charset=utf-8><title>{html.escape(given.prompt)}</title>{result._repr_html_()}"
    (given.out / "index.html").write_text(page, encoding="utf-8")
    print(f"{count} pictures, grid.png and index.html in {given.out}")


if __name__ == "__main__":
    main()
