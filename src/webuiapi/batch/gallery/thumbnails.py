"""Small versions of the pictures, made in threads: Pillow decodes and scales without holding Python up."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..files import replace_file

if TYPE_CHECKING:
    from typing_extensions import Self

SIDE = 320
"""Pixels of the longer side."""
_QUALITY = 80


class Thumbnails:
    """Makes the thumbnails of pictures below `out` in the folder `folder`."""

    def __init__(self, out: Path, folder: Path) -> None:
        self._out = out
        self._folder = folder
        self._pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="webuiapi-thumbnail")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def make(self, files: Iterable[str]) -> Iterator[str | None]:
        """The name of the thumbnail of each file, in order; None of one that is no picture, or not there any more.

        Raises `OSError` when one can't be written.
        """
        return self._pool.map(self._made, files)

    def _made(self, file: str) -> str | None:
        target = self._folder / f"{PurePosixPath(file).name}.jpg"
        if target.exists():
            return target.name
        content = small(self._out / file)
        if content is None:
            return None
        replace_file(target, content)
        return target.name


def small(path: Path) -> bytes | None:
    """A picture as a JPEG of at most `SIDE` pixels a side; None if it can't be read as a picture."""
    import io

    from PIL import Image as pil

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, about large pictures
            with pil.open(path) as image:
                image.draft("RGB", (SIDE, SIDE))
                shown: Any = image.convert("RGBA") if image.has_transparency_data else image.convert("RGB")
    except Exception:  # noqa: BLE001 - Pillow raises all sorts of things for what is no picture, or no whole one
        return None
    shown.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    if shown.mode == "RGBA":
        ground = pil.new("RGB", shown.size, "white")
        ground.paste(shown, mask=shown.getchannel("A"))
        shown = ground
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
