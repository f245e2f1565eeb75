"""Which server a command is for: flags win over the environment, the environment over `webuiapi.toml`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import click
from click.core import ParameterSource

from ..address import IN_PROCESS, Credentials, parse_url
from .settings import NamedServer, Settings, read

SERVER_FLAGS = ("url", "server", "auth", "timeout")
_KEPT = "webuiapi.settings"


@dataclass(frozen=True)
class Place:
    """A server, and how to talk to it."""

    url: str | None = None
    """None for the one at http://127.0.0.1:7860."""
    auth: Credentials | None = None
    timeout: float | None = None
    client: Mapping[str, Any] = field(default_factory=dict)
    """What else the client is made with."""
    name: str | None = None
    """Its name in `webuiapi.toml`."""
    said_by: str = "default"
    """flag, environment, file or default."""

    def arguments(self) -> dict[str, Any]:
        """What a client for it is made with."""
        arguments: dict[str, Any] = {"timeout": self.timeout, **self.client}
        if self.url is not None:
            arguments["url"] = self.url
        if self.auth is not None:
            arguments |= {"username": self.auth.username, "password": self.auth.password}
        return arguments


def settings_of(ctx: click.Context) -> Settings:
    """What the files say, read once in a run. Raises `SettingsError`."""
    group = ctx.find_root().command
    if not isinstance(group, click.Group):  # a command alone
        return Settings()
    if _KEPT not in ctx.meta:
        ctx.meta[_KEPT] = read(lambda name: group.get_command(ctx, name), group.list_commands(ctx))
    found: Settings = ctx.meta[_KEPT]
    return found


def places_of(
    ctx: click.Context,
    url: str | tuple[str, ...] | None = None,
    server: str | tuple[str, ...] | None = None,
    auth: Credentials | None = None,
    timeout: float | None = None,
) -> list[Place]:
    """The servers that the flags, the environment or the files name: one, unless the flags can be repeated.

    Raises `click.UsageError` and `SettingsError`.
    """
    settings, urls, names = settings_of(ctx), _all(url), _all(server)
    by_flag = ctx.get_parameter_source("url") == ParameterSource.COMMANDLINE
    if names and by_flag and not isinstance(url, tuple):
        raise click.UsageError("--url and --server both say which server: give one of the two")
    if names and not by_flag:
        urls = ()
    said_by = "flag" if by_flag else "environment"
    if not names and not urls and settings.server is not None:
        return [_named(ctx, settings.pick(settings.server.value), auth, timeout, "file")]
    places = [_named(ctx, settings.pick(name), auth, timeout, "flag") for name in names]
    for one in urls:
        stranger = ctx.get_parameter_source("auth") == ParameterSource.ENVIRONMENT and _for_another(one, by_flag)
        places.append(Place(one, None if stranger else auth, timeout, said_by=said_by))
    return places or [Place(auth=auth, timeout=timeout)]


def _all(given: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return given if isinstance(given, tuple) else () if given is None else (given,)


def _named(
    ctx: click.Context, found: NamedServer, auth: Credentials | None, timeout: float | None, said_by: str
) -> Place:
    if ctx.get_parameter_source("auth") == ParameterSource.ENVIRONMENT and said_by == "flag":
        # A flag wins over the environment, whose credentials may be those of another server.
        auth = None if found.credentials or _elsewhere(found.url) else auth
    return Place(
        found.url,
        auth or found.credentials,
        timeout if timeout is not None else found.timeout,
        found.client,
        found.name,
        said_by,
    )


def _elsewhere(url: str) -> bool:
    """Whether the environment names servers, and this is none of them."""
    theirs = os.environ.get("WEBUIAPI_URL", "").split()
    return bool(theirs) and url not in theirs


def _for_another(url: str, by_flag: bool) -> bool:
    """Whether the environment's credentials are not for this server: it has its own, or is not the environment's."""
    if url == IN_PROCESS:
        return False
    if by_flag and _elsewhere(url):
        return True
    try:
        return parse_url(url)[1] is not None
    except ValueError as error:
        raise click.UsageError(str(error)) from error
