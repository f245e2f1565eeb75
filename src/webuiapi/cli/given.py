"""Pictures given to a command one after the other: what they are called, and a call for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from .command import Run, usage_errors
from .job import carry_out
from .output import as_json, check_output, deliver, place_for, summary, to_files
from .values import STDIN, PictureType, expanded

if TYPE_CHECKING:
    from ..client import WebUIApi
    from ..request import Request

FILES = click.Argument(["files"], nargs=-1, required=True)
"""The argument of commands that take pictures one after the other."""


@dataclass(frozen=True)
class Given:
    """A picture that was given."""

    source: str
    """As it was named."""
    picture: Any
    """A path, a URL, or what came from standard input."""
    title: str
    """What it is called while it is worked on."""

    @property
    def name(self) -> str:
        """Its name without folder and suffix."""
        if self.source == STDIN or self.source.startswith("data:"):
            return "stdin"
        if self.source.startswith(("http://", "https://")):
            return PurePosixPath(urlsplit(self.source).path).stem or "picture"
        return Path(self.source).stem

    def beside(self, ending: str) -> str:
        """A template for a file beside it, whose name ends so."""
        suffix = f"{{name}}-{ending}"
        return str(self.picture.parent / suffix) if isinstance(self.picture, Path) else suffix


def all_given(files: tuple[str, ...]) -> list[Given]:
    """The pictures that the words on the command line name; each must be there."""
    context = click.get_current_context()
    words = expanded(files)
    pictures = [PictureType().convert(word, FILES, context) for word in words]
    titles = words if len(words) == 1 else [f"{word} ({at} of {len(words)})" for at, word in enumerate(words, 1)]
    return list(map(Given, words, pictures, titles))


def results_of(
    run: Run, api: WebUIApi, given: list[Given], build: Callable[[Given], Request[Any]]
) -> Iterator[tuple[Given, Any]]:
    """A call for each picture, with its result."""
    for one in given:
        with usage_errors():
            request = build(one)
        yield one, carry_out(run, api, request, one.title)


def pictures_from(
    run: Run, api: WebUIApi, given: list[Given], build: Callable[[Any], Request[Any]], ending: str
) -> None:
    """A call for each picture; what comes is saved beside it, under its name with an ending, or where --out says."""
    done: list[dict[str, Any]] = []
    run.report["pictures"] = done

    def place(one: Given) -> str:
        return place_for(run, one.beside(ending), one.name)

    def request(one: Given) -> Request[Any]:
        made = build(one.picture)
        return to_files(run, made, place(one)) if hasattr(made, "save_to") else made

    begin = time.monotonic()
    for one, result in results_of(run, api, given, request):
        paths = deliver(run, result, place(one))
        run.note(summary(result, time.monotonic() - begin))
        done.append({"source": one.source, **as_json(result, paths)})
        begin = time.monotonic()
    if run.json:
        run.emit(run.report)


def check_given(run: Run, files: tuple[str, ...]) -> list[Given]:
    """The pictures, after a look at whether their results can go where --out says."""
    given = all_given(files)
    check_output(run, pictures=len(given))
    return given
