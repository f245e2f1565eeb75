"""Flags as keys of `webuiapi.toml`: how they are called there, and their values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from .flags import Flag
from .values import PairsType, PictureType, SizeType

_NEVER = frozenset({"url", "auth", "server", "timeout", "json", "api_auth"})
"""They say where the server is, which has tables of its own, hold a password, or are for whoever calls."""
_INSTEAD = {"by": {"to"}, "to": {"by"}, "size": {"width", "height"}, "width": {"size"}, "height": {"size"}}
"""By flag: those that say the same in another way."""


def keys_of(command: click.Command) -> dict[str, str]:
    """By every name that a flag has, with `_` for `-`, the name of its parameter."""
    keys: dict[str, str] = {}
    for param in command.params:
        if not isinstance(param, Flag) or param.name in _NEVER:
            continue
        for name in (param.name, *(opt[2:] for opt in param.opts if opt.startswith("--"))):
            keys[name.replace("-", "_")] = param.name
    return keys


def default_of(command: click.Command, name: str, value: Any) -> Any:
    """A value of the file as click takes it for a parameter. Raises `ValueError` that says what would be right."""
    param = next(param for param in command.params if param.name == name)
    if isinstance(param.type, click.types.StringParamType) and param.callback is not None:  # values of any kind
        found: Any = [json.dumps(value if isinstance(value, list) else [value])]
    elif param.multiple and isinstance(value, list) and not isinstance(param.type, PairsType):
        found = [_fitting(param, item) for item in value]
    else:
        found = [_fitting(param, value)] if param.multiple else _fitting(param, value)
    try:
        param.type_cast_value(click.Context(command), found)
    except click.BadParameter as error:
        raise ValueError(error.message) from None
    return found


def _fitting(param: click.Parameter, value: Any) -> Any:
    """The value, if it is of the type that the flag wants: click would make whole numbers of 7.9 and of true."""
    kind = param.type
    types: tuple[type, ...] = (str,)
    wanted = "a text is needed"
    if isinstance(kind, click.types.BoolParamType):
        types, wanted = (bool,), "true or false is needed"
    elif isinstance(kind, click.types.IntParamType):
        types, wanted = (int,), "a whole number is needed"
    elif isinstance(kind, click.types.FloatParamType):
        types, wanted = (int, float), "a number is needed"
    elif isinstance(kind, PairsType):
        types, wanted = (dict,), "a table is needed"
    elif isinstance(kind, SizeType):
        wanted = 'a text like "512x768" is needed'
    elif isinstance(kind, PictureType):
        wanted = "the path of a picture is needed"
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise ValueError(wanted)
    return value


def overruled(given: Iterable[str]) -> frozenset[str]:
    """Parameters whose defaults do not hold because these flags are given, which say the same in another way."""
    return frozenset(name for flag in given for name in _INSTEAD.get(flag, ()))
