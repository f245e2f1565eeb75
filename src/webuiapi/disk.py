"""Pictures that go straight to files: written as they arrive, named when all is known, read when they are looked at."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .errors import NotSaved
from .logs import log
from .png import kind_of, problem_with

if TYPE_CHECKING:
    from .results import Result

_HEAD = 1 << 18
"""Bytes in which a PNG says all but its pixels."""
_TAIL = 1 << 10
_ON_ITS_WAY = ".part"
"""The suffix of a file that has no name yet."""


class Stored:
    """A picture in a file, in the place of its bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._taken: bytes | None = None

    def read(self) -> bytes:
        """The file's content. Raises `OSError` when it is not there any more."""
        return self.path.read_bytes() if self._taken is None else self._taken

    def taken(self) -> bytes:
        """The content, and no file any more."""
        self._taken = self.read()
        self.path.unlink(missing_ok=True)
        return self._taken

    def head(self) -> bytes:
        """As much of it as says what it is: of a PNG the beginning, of others all."""
        with self.path.open("rb") as file:
            begin = file.read(_HEAD)
            return begin if kind_of(begin) == "png" else begin + file.read()

    def problem(self) -> str:
        """Why it is no whole picture; empty when it seems to be one."""
        with self.path.open("rb") as file:
            begin = file.read(16)
            if kind_of(begin) != "png":
                return problem_with(begin + file.read())
            file.seek(max(16, self.path.stat().st_size - _TAIL))
            return problem_with(begin + file.read())

    def __repr__(self) -> str:
        return f"Stored({str(self.path)!r})"


class FileSink:
    """Writes a picture into a file that has no name yet. If the disk won't take it, it goes on in memory."""

    def __init__(self, folder: Path) -> None:
        self._path: Path | None = _new_path(folder)
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._stored: Stored | None = None
        try:
            self._file = self._path.open("xb", buffering=0)
        except OSError as error:
            self._to_memory(error)

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._file is None:
            self._pieces.append(data)
            return
        at = self._file.tell()
        try:
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self._to_memory(error, at)
            self._pieces.append(data)

    def _to_memory(self, error: OSError, written: int = 0) -> None:
        log().warning("%s can't be written: %s; the picture is kept in memory", self._path, error)
        if self._file is not None and self._path is not None:
            self._file.close()
            self._file = None
            self._pieces = [self._path.read_bytes()[:written]]
        self.discard()

    def close(self) -> Any:
        """All have come: a `Stored`, or the bytes where the disk did not take them."""
        if self._file is None or self._path is None:
            return b"".join(self._pieces)
        with suppress(OSError):  # some file systems can't; the content is there anyway
            os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        self._stored, self._path = Stored(self._path), None
        return self._stored

    def read(self) -> bytes:
        """All that came so far."""
        if self._stored is not None:
            return self._stored.read()
        return b"".join(self._pieces) if self._file is None or self._path is None else self._path.read_bytes()

    def discard(self) -> None:
        """Remove the file; what is in memory stays."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None


def _new_path(folder: Path) -> Path:
    return folder / f".webuiapi-{secrets.token_hex(8)}{_ON_ITS_WAY}"


def folder_for(template: str) -> Path:
    """The folder for files on their way: the part of a template's path that no field changes. It is made here.

    Raises `ValueError` when nothing can be written there.
    """
    fixed = re.split(r"[{]", template, maxsplit=1)[0]
    folder = Path(fixed) if fixed.endswith(("/", os.sep)) or Path(template).is_dir() else Path(fixed).parent
    probe = _new_path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        why = error.strerror or error
        raise ValueError(f"save_to={template!r}: nothing can be written into {str(folder)!r}: {why}") from error
    return folder


def keep(result: Result[Any], template: str) -> None:
    """Give the pictures of a result their names, and let it hold the files in their place.

    Raises `NotSaved`, whose `result` has the pictures, when they can't be written.
    """
    from .saving import save

    try:
        paths = save(result, template, overwrite=False, options={}, moving=True)
    except (OSError, ValueError) as error:
        for index, held in enumerate(result.held):
            if isinstance(held, Stored) and held.path.suffix == _ON_ITS_WAY:
                result.held[index] = held.taken()
        reason = getattr(error, "strerror", None) or error
        raise NotSaved(f"the pictures came, and can't be written to {template!r}: {reason}", result) from error
    result.held[:] = [Stored(path) for path in paths]
