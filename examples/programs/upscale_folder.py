"""Upscaling a folder: stop it at any time, start it again, and it goes on where it was.

    python examples/programs/upscale_folder.py photos large --scale 2 --upscaler R-ESRGAN

A picture that is in the target folder is done: files appear there only whole. One that fails is said, and the others go
on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import webuiapi

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}


def main(args: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--scale", type=float, default=2.0, help="times the size (default: 2)")
    parser.add_argument("--upscaler", default="Lanczos", help="as the server calls it (default: Lanczos)")
    given = parser.parse_args(args)

    pictures = sorted(path for path in given.source.rglob("*") if path.suffix.lower() in SUFFIXES)
    targets = {path: (given.target / path.relative_to(given.source)).with_suffix(".png") for path in pictures}
    left = [path for path in pictures if not targets[path].exists()]
    print(f"{len(pictures)} pictures, {len(pictures) - len(left)} done before")
    failed = 0
    with webuiapi.WebUIApi() as api:
        for path in left:
            try:
                result = api.extra_single_image(path, upscaler_1=given.upscaler, upscaling_resize=given.scale)
            except (webuiapi.StatusError, webuiapi.ImageError, ValueError) as error:
                failed += 1
                print(f"{path}: {error}", file=sys.stderr)
                continue
            targets[path].parent.mkdir(parents=True, exist_ok=True)
            result.save(targets[path])
            print(f"{path} -> {targets[path]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
