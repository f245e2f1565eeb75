"""Types of flags and arguments: pictures, sizes, values given as NAME=VALUE or JSON, credentials."""

from __future__ import annotations

import glob
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..address import parse_auth

STDIN = "-"
_WILDCARDS = frozenset("*?[")


if TYPE_CHECKING:
    ParamTypeBase = click.ParamType[Any]
else:
    ParamTypeBase = click.ParamType  # which cannot be subscribed in click 8.1


class PictureType(ParamTypeBase):
    """A picture: the path of a file (checked here), an http(s) URL, or `-` for standard input (read here)."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or value.startswith(("http://", "https://", "data:")):
            return value
        if value == STDIN:
            return self._from_stdin(param, ctx)
        path = Path(value)
        if path.is_dir():
            self.fail(f"{value!r} is a folder: name the pictures in it", param, ctx)
        if not path.exists():
            self.fail(f"there is no file {value!r}", param, ctx)
        return path

    def _from_stdin(self, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        if ctx is not None:
            if "webuiapi.stdin" in ctx.meta:
                self.fail("standard input is read already: `-` can stand for one picture only", param, ctx)
            ctx.meta["webuiapi.stdin"] = True
        if sys.stdin.isatty():
            self.fail("standard input is a terminal: send a picture into it, as in `... < picture.png`", param, ctx)
        data = sys.stdin.buffer.read()
        if not data:
            self.fail("nothing came from standard input", param, ctx)
        return data


class SizeType(ParamTypeBase):
    """Width and height as `512x768`, or one of a few words."""

    name = "WxH"

    def __init__(self, *words: str) -> None:
        self.words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or value in self.words:
            return value
        width, _, height = value.lower().replace("×", "x").partition("x")
        if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
            wanted = " or ".join([*map(repr, self.words), "a width and a height as in 512x768"])
            self.fail(f"{value!r} is no size: {wanted} is needed", param, ctx)
        return int(width), int(height)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "|".join([*self.words, self.name])


class PairsType(ParamTypeBase):
    """`NAME=VALUE`, or a JSON object, as a dict. A value is JSON where it can be read as such, else text."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("{"):
            try:
                return json.loads(value)
            except ValueError as error:
                self.fail(f"{value!r} is no JSON object: {error}", param, ctx)
        name, equals, text = value.partition("=")
        if not equals or not name:
            self.fail(f"{value!r} is neither NAME=VALUE nor a JSON object", param, ctx)
        return {name: json_or_text(text)}


class CredentialsType(ParamTypeBase):
    """`user:password`."""

    name = "user:password"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return parse_auth(value, name="it")
        except ValueError as error:  # which does not repeat what was given: it may be a password
            self.fail(str(error), param, ctx)


def json_or_text(text: str) -> Any:
    """The value that a text stands for: JSON where it is valid, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def expanded(paths: tuple[str, ...]) -> list[str]:
    """Paths with wildcards replaced by the files that match, for shells that leave that to the programs."""
    found: list[str] = []
    for path in paths:
        matches = [] if not _WILDCARDS & set(path) or Path(path).exists() else sorted(glob.glob(path))  # noqa: PTH207 - the pattern may be absolute
        found += matches or [path]
    return found
