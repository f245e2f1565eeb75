"""Restoring pictures from their parameters: paints again what a picture says it was made with.

    python examples/programs/restore.py old/*.png -o again

For each picture made by txt2img: what of its parameters could not be carried over, and whether the new one is the same,
pixel for pixel.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops

import webuiapi


def same(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures have the same pixels."""
    if one.size != other.size:
        return False
    return ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is None


def main(args: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("-o", "--out", type=Path, default=Path("again"), help="the folder (default: again)")
    given = parser.parse_args(args)

    different = 0
    with webuiapi.WebUIApi() as api:
        for path in given.pictures:
            try:
                request = webuiapi.Txt2Img.from_image(path)
            except (OSError, ValueError) as error:
                different += 1
                print(f"{path}: {error}", file=sys.stderr)
                continue
            result = api.run(request)
            saved = result.save(given.out / path.name)[0]
            with Image.open(path) as before:
                verdict = "the same" if same(before, result.image) else "different"
            different += verdict == "different"
            left = ", ".join(request.left_out or ()) or "nothing"
            print(f"{path} -> {saved}: {verdict}; left out: {left}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
