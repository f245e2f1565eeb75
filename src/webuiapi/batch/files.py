"""Pictures on the disk: each whole or not there, and a job's all there or none.

A picture is written under a temporary name, synced and renamed. Of the pictures of a job the first is renamed last:
where it is, the job's pictures are all there. That is how a batch that was killed between renaming and journalling is
put in order at the next start (`adopt`).
"""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..png import VIDEOS, kind_of
from ..results import PartProblem, Result, WebUIApiResult
from ..saving import SUFFIXES
from .naming import PICTURES, file_name, parse_name
from .records import Entry, Outcome, Picture

if TYPE_CHECKING:
    from typing_extensions import Self

_PREFIX, _SUFFIX = ".webuiapi-", ".part"
_WRITERS = 8
DAMAGED = ".damaged"
"""The suffix of what came beside whole pictures and is none."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file to be written, and what is known about it."""

    content: bytes
    suffix: str
    about: Picture
    """Without the name of the file."""

    def named(self, stem: str, place: int) -> Picture:
        """What is known, with the name that it has in the folder."""
        about = self.about
        file = f"{PICTURES}/{file_name(stem, place, self.suffix)}"
        return Picture(file, about.seed, about.width, about.height, about.infotext)


def parts_of(result: Result[Any]) -> list[Part]:
    """The files that a result becomes: pictures, videos, what is damaged beside them; none if nothing is whole."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a picture that can't be opened is among the errors, which are journalled
        images = result.images
    parts = [
        Part(data, _suffix(data), Picture("", seed, *image.size, text))
        for data, image, seed, text in zip(result.content, images, result.seeds, result.infotexts, strict=True)
    ]
    parts += [Part(odd.content, _suffix(odd.content), Picture("")) for odd in result.errors if odd.kind in VIDEOS]
    if not parts:
        return []
    return parts + [Part(odd.content, DAMAGED, Picture("")) for odd in damaged(result) if odd.content]


def damaged(result: Result[Any]) -> list[PartProblem]:
    """The parts of an answer that are neither whole pictures nor videos."""
    return [odd for odd in result.errors if odd.kind not in VIDEOS]


def _suffix(data: bytes) -> str:
    kind = kind_of(data)
    return SUFFIXES.get(kind, f".{kind}") if kind else ".bin"


class Files:
    """The pictures of the output folder `out`. Raises `OSError` when the folder for them can't be made."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._folder = out / PICTURES
        self._folder.mkdir(exist_ok=True)
        self._pool = ThreadPoolExecutor(_WRITERS, thread_name_prefix="webuiapi-write")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def write(self, jobs: Sequence[tuple[str, Sequence[Part]]]) -> list[list[Picture] | OSError]:
        """Write the parts of some jobs, each given with its stem. For each what is now on the disk, or what hindered.

        Several at a time and the folder synced once: it is waiting for the disk that takes the time.
        """
        todo = [part.content for _, parts in jobs for part in parts]
        written = iter(list(self._pool.map(self._write, todo)))
        temporary = [[next(written) for _ in parts] for _, parts in jobs]
        found: list[list[Picture] | OSError] = []
        for (stem, parts), paths in zip(jobs, temporary, strict=True):
            error = next((path for path in paths if isinstance(path, OSError)), None)
            found.append(error or [part.named(stem, place) for place, part in enumerate(parts)])
        first = [index for index, names in enumerate(found) if not isinstance(names, OSError)]
        self._rename(found, temporary, first, lambda place: place > 0)
        self._rename(found, temporary, first, lambda place: place == 0)
        for paths in temporary:
            for path in paths:
                if isinstance(path, Path):
                    with suppress(OSError):  # the next start removes it
                        path.unlink(missing_ok=True)
        return found

    def _write(self, content: bytes) -> Path | OSError:
        path = self._folder / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        try:
            with path.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return error
        return path

    def _rename(
        self,
        found: list[list[Picture] | OSError],
        temporary: Sequence[Sequence[Path | OSError]],
        jobs: Iterable[int],
        wanted: Callable[[int], bool],
    ) -> None:
        """Give the pictures at the wanted places their names, and have that on the disk."""
        renamed = False
        for index in jobs:
            pictures = found[index]
            if isinstance(pictures, OSError):
                continue
            for place, (path, picture) in enumerate(zip(temporary[index], pictures, strict=True)):
                if wanted(place) and isinstance(path, Path):
                    try:
                        path.replace(self._out / picture.file)
                    except OSError as error:
                        found[index] = error
                        break
                    renamed = True
        if renamed:
            sync_folder(self._folder)

    # -- after a batch that was killed ---------------------------------------------------------------------------------

    def adopt(self, unfinished: Callable[[str], Entry | None]) -> Iterator[Outcome]:
        """Put in order what a killed batch left: the outcomes of jobs whose pictures are there and not journalled.

        What is left of jobs that were being written goes: they run again. Files that are no job's stay.
        """
        left: dict[str, tuple[Entry, dict[int, str]]] = {}
        with os.scandir(self._folder) as files:
            for file in files:
                if file.name.startswith(_PREFIX) and file.name.endswith(_SUFFIX):
                    Path(file).unlink()
                elif (named := parse_name(file.name)) is not None:
                    stem, place = named
                    entry = left[stem][0] if stem in left else unfinished(stem)
                    if entry is not None:
                        left.setdefault(stem, (entry, {}))[1][place] = file.name
        for entry, names in left.values():
            if 0 in names:
                yield self._adopted(entry, [names[place] for place in sorted(names)])
            else:
                for name in names.values():
                    (self._folder / name).unlink()

    def _adopted(self, entry: Entry, names: Sequence[str]) -> Outcome:
        contents = [(self._folder / name).read_bytes() for name in names]
        pictures = []
        for name, content in zip(names, contents, strict=True):
            parts = parts_of(WebUIApiResult([content], {}))
            about = parts[0].about if parts else Picture("")
            pictures.append(Picture(f"{PICTURES}/{name}", about.seed, about.width, about.height, about.infotext))
        return Outcome(entry.number, "done", pictures=pictures)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system offers that."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write a file that appears whole in the place of `path` when the block has ended well."""
    part = path.with_name(f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that appears whole, in the place of the one before. Raises `OSError`."""
    with replacing(path) as part:
        part.write_bytes(content)
