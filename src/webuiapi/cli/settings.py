"""`webuiapi.toml`: named servers and defaults of commands, read from the user's folder and from the current one.

    [servers.gpu-box]
    url = "http://gpu0:7860"
    server = "forge"

    [defaults]
    server = "gpu-box"

    [defaults.txt2img]
    steps = 30

The nearer file wins, key by key. What is unknown or of the wrong type is an error that names file, table and key.
"""

from __future__ import annotations

import difflib
import os
import stat
import sys
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from ..address import IN_PROCESS, Credentials, parse_url
from ..errors import MissingExtra
from ..server_info import known_server
from .defaults import default_of, keys_of
from .errors import SettingsError

FILE = "webuiapi.toml"
Tables = dict[str, Any]
_LISTED = 20
"""Names in a message, at most."""


@dataclass(frozen=True)
class Entry:
    """A value, and the file that says it."""

    value: Any = field(repr=False)  # it may be a password
    path: Path


@dataclass(frozen=True)
class NamedServer:
    """A server as the files describe it."""

    name: str
    url: str
    credentials: Credentials | None = None
    timeout: float | None = None
    client: dict[str, Any] = field(default_factory=dict)
    """What else the client is made with: `server`, `proxy`, `verify`."""


@dataclass
class Settings:
    """What the files say together."""

    looked_at: list[tuple[Path, bool]] = field(default_factory=list)
    """Where a file was looked for, the nearest last, and whether there was one."""
    servers: dict[str, dict[str, Entry]] = field(default_factory=dict)
    server: Entry | None = None
    """The name of the server to take when none is named."""
    defaults: dict[str, dict[str, Entry]] = field(default_factory=dict)
    """By command: values of its parameters."""

    def pick(self, name: str) -> NamedServer:
        """A server by its name. Raises `click.UsageError` if there is none, `SettingsError` if something is missing."""
        entries = self.servers.get(name)
        if entries is None:
            raise click.UsageError(f"there is no server {name!r} {self._instead_of(name)}")
        if "url" not in entries:
            raise SettingsError(f"{next(iter(entries.values())).path}: [servers.{name}] has no url")
        values = {key: entry.value for key, entry in entries.items()}
        return NamedServer(
            name,
            values["url"],
            self._credentials(name, entries),
            values.get("timeout"),
            {key: values[key] for key in ("server", "proxy", "verify") if key in values},
        )

    def _instead_of(self, name: str) -> str:
        if "://" in name:
            return f"in {FILE}: an address goes to --url"
        if not self.servers:
            return f"in {FILE}, looked for as {' and '.join(str(path) for path, _ in self.looked_at)}"
        return f"in {FILE}: {_instead(name, self.servers)}"

    def _credentials(self, name: str, entries: dict[str, Entry]) -> Credentials | None:
        username = entries.get("username")
        password = entries.get("password") or entries.get("password_env")
        if username is None and password is None:
            return None
        if password is None:
            raise SettingsError(f"{entries['username'].path}: [servers.{name}] has no password_env (or password)")
        if username is None:
            raise SettingsError(f"{password.path}: [servers.{name}] has no username")
        if "password" in entries:
            return Credentials(username.value, password.value)
        if password.value not in os.environ:
            raise SettingsError(
                f"{password.path}: [servers.{name}] password_env = {password.value!r}: "
                "the environment has no such variable"
            )
        return Credentials(username.value, os.environ[password.value])


def paths() -> list[Path]:
    """Where the files are: the user's, and that of the current folder, which is the nearer."""
    own, here = Path(click.get_app_dir("webuiapi")) / FILE, Path.cwd() / FILE
    return [own] if own == here else [own, here]


def read(command_of: Callable[[str], click.Command | None], commands: Collection[str]) -> Settings:
    """What the files say. Raises `SettingsError`, and `OSError` for a file that can't be read."""
    settings = Settings()
    for path in paths():
        there = path.is_file()
        settings.looked_at.append((path, there))
        if there:
            _add(settings, path, _load(path), command_of, commands)
    if settings.server is not None and settings.server.value not in settings.servers:
        name = settings.server.value
        near = _instead(name, settings.servers) if settings.servers else "no file names any"
        raise SettingsError(
            f"{settings.server.path}: [defaults] server = {name!r}: there is no [servers.{name}]; {near}"
        )
    return settings


def _load(path: Path) -> Tables:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError as error:
            raise MissingExtra.of(FILE, "tomli") from error
    try:
        tables: Tables = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:  # which does not repeat values
        raise SettingsError(f"{path} is no TOML: {error}") from None
    return tables


def _add(
    settings: Settings,
    path: Path,
    tables: Tables,
    command_of: Callable[[str], click.Command | None],
    commands: Collection[str],
) -> None:
    """Lay a file over what farther ones say."""
    _check_keys(path, "", tables, ("servers", "defaults"))
    for name, table in _tables(path, "servers", tables.get("servers", {})):
        table = _checked_server(path, name, table)
        known = settings.servers.setdefault(name, {})
        if not known.keys().isdisjoint(_SECRETS) and not table.keys().isdisjoint(_WAY):
            # Credentials go the way that their own file says: a folder from elsewhere must not get them sent to it.
            for key in _SECRETS:
                known.pop(key, None)
        if not table.keys().isdisjoint(("password", "password_env")):
            known.pop("password", None)
            known.pop("password_env", None)
        known.update({key: Entry(value, path) for key, value in table.items()})
    defaults = _table(path, "defaults", tables.get("defaults", {}))
    for key, value in defaults.items():
        if key not in ("server", *commands) and not isinstance(value, dict):
            raise SettingsError(
                f"{path}: [defaults] has the unknown key {key!r}: only server stands here, flags of a command in a "
                "table of its own, as in [defaults.txt2img]"
            )
    _check_keys(path, "defaults", defaults, ("server", *commands))
    if "server" in defaults:
        if not isinstance(defaults["server"], str):
            raise SettingsError(f"{path}: [defaults] server = {defaults['server']!r}: the name of a server is needed")
        settings.server = Entry(defaults["server"], path)
    for name, table in _tables(path, "defaults", {key: defaults[key] for key in defaults if key != "server"}):
        command = command_of(name)
        assert command is not None, name  # its name is one of `commands`
        settings.defaults.setdefault(name, {}).update(_defaults(path, command, table))


def _defaults(path: Path, command: click.Command, table: Tables) -> dict[str, Entry]:
    keys, where = keys_of(command), f"defaults.{command.name}"
    _check_keys(path, where, {key.replace("-", "_"): value for key, value in table.items()}, keys)
    found = {}
    for key, value in table.items():
        name = keys[key.replace("-", "_")]
        try:
            default_of(command, name, value)
        except ValueError as error:
            raise SettingsError(f"{path}: [{where}] {key} = {value!r}: {error}") from None
        found[name] = Entry(value, path)
    return found


_SECRETS = ("username", "password", "password_env")
_WAY = ("url", "proxy", "verify")
_SERVER_KEYS: dict[str, tuple[tuple[type, ...], str]] = {
    "url": ((str,), "an address is needed"),
    "server": ((str,), "a kind of server is needed"),
    "username": ((str,), "a text is needed"),
    "password": ((str,), "a text is needed"),
    "password_env": ((str,), "the name of a variable of the environment is needed"),
    "timeout": ((int, float), "a number of seconds above 0 is needed"),
    "proxy": ((str,), 'an address is needed, or "" for none'),
    "verify": ((bool, str), "true, false or the path of a file of certificates is needed"),
}


def _checked_server(path: Path, name: str, table: Tables) -> Tables:
    """The table of a server, the credentials in its address taken out."""
    _check_keys(path, f"servers.{name}", table, _SERVER_KEYS)
    for key, value in table.items():
        types, wanted = _SERVER_KEYS[key]
        odd = not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
        if odd or (key == "timeout" and not value > 0):
            shown = "..." if key in ("password", "url") else repr(value)
            raise SettingsError(f"{path}: [servers.{name}] {key} = {shown}: {wanted}")
    if "password" in table and "password_env" in table:
        raise SettingsError(f"{path}: [servers.{name}] has both password and password_env: give one of the two")
    try:
        known_server(table.get("server", "unknown"))
        if table.get("url", IN_PROCESS) != IN_PROCESS:
            address, inside = parse_url(table["url"])
            table = {**table, "url": address.root}
            if inside is not None and not table.keys().isdisjoint(_SECRETS):
                raise ValueError("url has a user name and a password already: give them once")
            if inside is not None:
                table |= {"username": inside.username, "password": inside.password}
    except ValueError as error:  # which never holds a password
        raise SettingsError(f"{path}: [servers.{name}] {error}") from None
    if isinstance(table.get("verify"), str):
        table = {**table, "verify": str(path.parent / Path(table["verify"]).expanduser())}
    if ("password" in table or "@" in table.get("proxy", "")) and _others_can_read(path):
        warnings.warn(
            f"{path} holds a password of {name!r} and can be read by others: chmod 600, or give password_env",
            stacklevel=2,
        )
    return table


def _others_can_read(path: Path) -> bool:
    """Windows keeps the folders of a user from others by itself, and its modes say nothing."""
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _table(path: Path, name: str, value: Any) -> Tables:
    if not isinstance(value, dict):
        raise SettingsError(f"{path}: {name} = {value!r}: a table is needed, as in [{name}]")
    return value


def _tables(path: Path, name: str, value: Any) -> Iterator[tuple[str, Tables]]:
    for key, table in _table(path, name, value).items():
        yield key, _table(path, f"{name}.{key}", table)


def _check_keys(path: Path, table: str, given: Tables, known: Collection[str]) -> None:
    for key in given:
        if key not in known:
            where = f"[{table}] has" if table else "there is"
            raise SettingsError(f"{path}: {where} the unknown key {key!r}: {_instead(key, known)}")


def _instead(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    listed = list(known)
    return f"there are {', '.join(listed[:_LISTED])}{', ...' if len(listed) > _LISTED else ''}"
