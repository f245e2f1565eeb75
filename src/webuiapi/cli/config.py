"""`webuiapi config`: which files were read, the servers that they name, and what holds in this folder."""

from __future__ import annotations

import re
from typing import Any

import click

from ..address import IN_PROCESS, parse_url
from .command import Run, as_command
from .places import Place, settings_of
from .settings import Entry, Settings


@as_command(
    "config",
    examples="""
webuiapi config
webuiapi config --server gpu-box --json
""",
)
def command(run: Run) -> None:
    """Show what webuiapi.toml says: servers by name, and defaults. Needs no server.

    Of the user's file and that of the current folder the latter wins, key by key; flags and the environment win over
    both. Ends with the server that a command with the same flags would talk to. Passwords are not shown.
    """
    settings, place = settings_of(click.get_current_context()), run.find()[0]
    if run.json:
        run.emit(_as_json(settings, place))
        return
    for path, there in settings.looked_at:
        click.echo(f"{path}: {'read' if there else 'not there'}")
    for name, entries in settings.servers.items():
        _section(f"servers.{name}", entries)
    if settings.server is not None:
        _section("defaults", {"server": settings.server})
    for name, entries in settings.defaults.items():
        _section(f"defaults.{name}", entries)
    name = f"{place.name}, " if place.name else ""
    login = f" as {place.auth.username}" if place.auth else ""
    click.echo(f"\nServer: {name}{_url(place)}{login} ({_SAID_BY[place.said_by]})")


_SAID_BY = {
    "flag": "by a flag",
    "environment": "by WEBUIAPI_URL",
    "file": "by webuiapi.toml",
    "default": "as nothing else is said",
}


def _section(title: str, entries: dict[str, Entry]) -> None:
    click.echo(f"\n[{title}]")
    for key, entry in entries.items():
        click.echo(f"{key} = {_shown(key, entry.value)!r}  ({entry.path})")


def _shown(key: str, value: Any) -> Any:
    if key == "proxy":
        return re.sub("//[^/]*@", "//***@", value)
    return "***" if key == "password" else value


def _url(place: Place) -> str:
    """The address without credentials."""
    if place.url in (None, IN_PROCESS):
        return place.url or "http://127.0.0.1:7860"
    return parse_url(str(place.url))[0].root


def _as_json(settings: Settings, place: Place) -> dict[str, Any]:
    return {
        "files": [{"path": str(path), "read": there} for path, there in settings.looked_at],
        "servers": {name: _values(entries) for name, entries in settings.servers.items()},
        "defaults": {name: _values(entries) for name, entries in settings.defaults.items()},
        "server": {
            "name": place.name,
            "url": _url(place),
            "username": place.auth.username if place.auth else None,
            "timeout": place.timeout,
            "said_by": place.said_by,
            **{key: _shown(key, value) for key, value in place.client.items()},
        },
    }


def _values(entries: dict[str, Entry]) -> dict[str, Any]:
    return {key: _shown(key, entry.value) for key, entry in entries.items()}
