"""Errors as a person reads them, as a machine reads them, and as an exit code; warnings as one line."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import click

from ..address import is_loopback
from ..errors import AuthenticationError, ConnectError, MissingExtra, NotFound, StatusError, WebUIApiError

FAILED = 1
"""The server, the network or the disk."""
MISUSED = 2
"""What was asked for cannot be done so."""
STOPPED = 130
"""By Ctrl-C."""


class SettingsError(click.ClickException):
    """Something in a `webuiapi.toml` is wrong."""


def exit_code(error: Exception) -> int:
    """The exit code for an error."""
    return MISUSED if isinstance(error, (click.UsageError, SettingsError, MissingExtra)) else FAILED


def paragraph(error: Exception) -> str:
    """What went wrong and what to do about it, in one paragraph."""
    if isinstance(error, click.UsageError) and error.__cause__ is None:
        where = error.ctx.command_path if error.ctx is not None else "webuiapi"
        return f"{_sentence(error.format_message())} See {where} --help"
    if isinstance(error, click.ClickException):
        return _sentence(error.format_message())
    if isinstance(error, StatusError):
        said = f"{error.method} {error.url} answered {error.status}" + (f": {error.message}" if error.message else "")
        return f"{_sentence(said)} {_sentence(_hint(error))}".removesuffix(" .")
    if isinstance(error, ConnectError) and is_loopback(urlsplit(error.url).hostname or ""):
        return f"{_sentence(str(error))} `webuiapi serve` starts the embedded one, --url names another."
    if isinstance(error, OSError) and not isinstance(error, WebUIApiError):
        return _of_system(error)
    return _sentence(str(error))


def _sentence(text: str) -> str:
    """A text in one line, with a mark at its end."""
    line = " ".join(text.split())
    return line if re.search(r"[.?!]\)?$", line) else f"{line}."


def _hint(error: StatusError) -> str:
    """The library's hint, in the words of the command line."""
    if isinstance(error, AuthenticationError) and error.status == 401 and "WEBUIAPI_AUTH" in error.hint:
        return "The server wants credentials (--api-auth): give --auth user:password, or set WEBUIAPI_AUTH."
    if isinstance(error, NotFound) and not error.hint:
        return "Is the address right (host, port, path)?"
    return error.hint


def _of_system(error: OSError) -> str:
    said = f"{os.fspath(error.filename)!r}: {error.strerror}" if error.filename else error.strerror or str(error)
    return _sentence(said)


def as_json(error: Exception) -> dict[str, Any]:
    """An error for a machine."""
    kind = type(error.__cause__ if isinstance(error, click.UsageError) and error.__cause__ else error)
    found: dict[str, Any] = {"type": kind.__name__, "message": paragraph(error)}
    for name in ("method", "url", "status", "error", "detail", "errors", "hint"):
        value = getattr(error, name, None)
        if value not in (None, "") and not isinstance(error, click.ClickException):
            found[name] = value
    return found


def show(error: Exception) -> None:
    """An error on standard error."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {paragraph(error)}", err=True)


@contextmanager
def shown_warnings() -> Iterator[None]:
    """Warnings meant for users as lines on standard error, each once."""
    seen: set[str] = set()

    def show_one(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        text = " ".join(str(message).split())
        if issubclass(category, UserWarning) and text not in seen:
            seen.add(text)
            click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {text}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show_one
        yield
