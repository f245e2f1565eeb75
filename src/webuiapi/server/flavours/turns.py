"""Turns that several flavours share: what is done to a call before its handler and to the answer after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..coerce import defaults_of
from ..contract import contract
from ..errors import HTTPError
from ..http import Response
from ..processing.names import Names
from ..routing import ROUTES, Call, Handler
from .table import API, Turn

Item = dict[str, Any]


def changed(call: Call, **fields: Any) -> Call:
    """The call with other values in some fields."""
    return replace(call, fields={**call.fields, **fields})


def painted(call: Call, kind: str, **fields: Any) -> Item:
    """The answer of A1111's txt2img or img2img to these fields, the others being its defaults."""
    model = contract().endpoint("POST", API + kind).body or {}
    filled = defaults_of(model)
    filled.update({name: value for name, value in fields.items() if name in filled})
    answer: Item = ROUTES["POST", API + kind].handler(replace(call, fields=filled, given=frozenset(fields)))
    return answer


# --- before


def completed(call: Call, handler: Handler) -> Any:
    """Fields that only A1111 has get its defaults; `parameters` of the answer are those that came."""
    model = contract().endpoint("POST", call.request.path).body or {}
    answer: Item = handler(replace(call, fields={**defaults_of(model), **call.fields}))
    sent_back = {name: answer["parameters"][name] for name in ("init_images", "mask") if name in call.fields}
    answer["parameters"] = {**call.fields, **sent_back}
    return answer


def known_sampler(call: Call, handler: Handler) -> Any:
    """A sampler is known by its name and aliases in any case; an unknown one is a 404."""
    name = call.fields["sampler_name"] or call.fields["sampler_index"]
    item = Names(call.state.catalog).any_sampler(str(name)) if name else None
    if item is None:
        raise HTTPError(404, "Sampler not found")
    return handler(changed(call, sampler_name=item["name"]))


# --- after


def no_body(call: Call, handler: Handler) -> Response:
    """204 instead of whatever it is."""
    handler(call)
    return Response(204)


def each(change: Callable[[Item], Item]) -> Turn:
    """Each item of a list is changed."""

    def turn(call: Call, handler: Handler) -> list[Item]:
        return [change(dict(item)) for item in handler(call)]

    return turn


def as_given(name: str) -> Turn:
    """A list that the catalogue has in this flavour's own form is shown as it is."""

    def turn(call: Call, handler: Handler) -> Any:
        return call.app.shown[name] if name in call.app.shown else handler(call)

    return turn


def only_given(name: str) -> Turn:
    """Of options or flags only those are shown that the catalogue names, though the server works with all of them."""

    def turn(call: Call, handler: Handler) -> Item:
        shown: Item = handler(call)
        names = call.app.shown.get(name)
        return shown if names is None else {one: shown[one] for one in names if one in shown}

    return turn


def info_without(*names: str) -> Turn:
    """`info` lacks some keys."""

    def turn(call: Call, handler: Handler) -> Any:
        answer = handler(call)
        info = json.loads(answer["info"])
        answer["info"] = json.dumps({name: value for name, value in info.items() if name not in names})
        return answer

    return turn


# --- items of lists


def real_types(item: Item) -> Item:
    """The options of a sampler as booleans and numbers, not as texts."""
    return {**item, "options": {name: _real(value) for name, value in item["options"].items()}}


def _real(value: Any) -> Any:
    if value in ("True", "False"):
        return value == "True"
    return value


def text_types(items: list[Item]) -> list[Item]:
    """Samplers as A1111 lists them: with aliases, and with options that are texts."""
    return [
        {
            "name": item["name"],
            "aliases": item.get("aliases") or [],
            "options": {name: _text(value) for name, value in (item.get("options") or {}).items()},
        }
        for item in items
    ]


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, (bool, int, float)) else value
