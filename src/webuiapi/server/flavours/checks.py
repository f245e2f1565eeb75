"""How servers that are no FastAPI application take a request: what they read, convert, pass over and refuse."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from .. import body
from ..coerce import PYDANTIC_1, Field, Model, Refused, defaults_of
from ..contract import Endpoint
from ..errors import HTTPError
from ..http import Request

Checked = tuple[dict[str, Any], frozenset[str]]
_LARGEST = 32
"""Megabytes that KoboldCpp reads."""


def _parsed(request: Request) -> Any:
    """The value of the body. A ValueError if that is no JSON."""
    try:
        return body.loads(request.body)
    except RecursionError:
        raise ValueError("the text is nested too deeply") from None


def _taken(model: Model, value: dict[str, Any], take: Callable[[Field, Any], Any]) -> Checked:
    fields = defaults_of(model)
    fields.update({name: take(field, value[name]) for name, field in model.items() if name in value})
    return fields, frozenset(value)


def lenient(endpoint: Endpoint, request: Request) -> Checked:
    """KoboldCpp: what cannot be read as its kind is as if it had not been sent."""
    if endpoint.body is None:
        return {}, frozenset()
    if len(request.body) > _LARGEST << 20:
        raise HTTPError(500, f"Payload is too big. Max payload size is {_LARGEST}MB.")
    try:
        value = _parsed(request)
    except ValueError:
        value = None
    if not value or not isinstance(value, dict):
        raise HTTPError(500, "Error parsing input.")
    return _taken(endpoint.body, value, _or_default)


def _or_default(field: Field, value: Any) -> Any:
    try:
        if value is None:
            raise Refused("null", "null")
        return PYDANTIC_1.kinds[field.kind](value)
    except Refused:
        return copy.copy(field.default)


_JSON_KINDS: dict[type, str] = {
    bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object", type(None): "null",
}  # fmt: skip
_CPP_KINDS = {"integer": "number", "number": "number", "boolean": "boolean", "string": "string"}


def of_types(endpoint: Endpoint, request: Request) -> Checked:
    """stable-diffusion.cpp: a value of another JSON type breaks the request, a null too; arrays are looked at later."""
    if endpoint.body is None:
        return {}, frozenset()
    if not len(request.body):
        raise HTTPError(400, "empty body")
    try:
        value = _parsed(request)
    except ValueError as error:
        raise RuntimeError(f"[json.exception.parse_error.101] parse error: {error}") from None
    if not isinstance(value, dict):
        kind = _JSON_KINDS[type(value)]
        raise RuntimeError(f"[json.exception.type_error.306] cannot use value() with {kind}")
    return _taken(endpoint.body, value, _of_type)


def _of_type(field: Field, value: Any) -> Any:
    wanted = _CPP_KINDS.get(field.kind)
    if wanted is None:
        return value
    kind = _JSON_KINDS[type(value)]
    if kind != wanted and not (wanted == "number" and kind == "boolean"):
        raise RuntimeError(f"[json.exception.type_error.302] type must be {wanted}, but is {kind}")
    return {"integer": int, "number": float}.get(field.kind, lambda same: same)(value)


_SWIFT_KINDS = {"integer": "Int", "number": "Double", "boolean": "Bool", "string": "String", "array": "Array<Any>"}
_SWIFT_FOUND = {
    "boolean": "bool",
    "number": "number",
    "string": "a string",
    "array": "an array",
    "object": "a dictionary",
}


def known_only(endpoint: Endpoint, request: Request) -> Checked:
    """Draw Things: every key has to be known, under one of its names, of its type and within its limits."""
    model = endpoint.body
    if model is None:
        return {}, frozenset()
    try:
        value = _parsed(request)
    except ValueError:
        raise HTTPError(422, "The given data was not valid JSON.") from None
    if not isinstance(value, dict):
        raise HTTPError(422, "Expected to decode Dictionary<String, Any> but found another value instead.")
    names: dict[str, list[str]] = endpoint.described["body"]["names"]
    fields, known = defaults_of(model), set()
    for name, field in model.items():
        found = [key for key in (name, *names.get(name, ())) if key in value]
        if len(found) > 1:
            raise HTTPError(
                422, f"More than one key for {name} specified (must only specify one of {_list([name, *names[name]])})"
            )
        if found:
            known.add(found[0])
            fields[name] = _as_swift(field, name, found[0], value[found[0]])
    unknown = [key for key in value if key not in known]
    if unknown:
        raise HTTPError(422, f"Unrecognized keys: {_list(unknown)}")
    return fields, frozenset(name for name in model if known & {name, *names.get(name, ())})


def _as_swift(field: Field, name: str, key: str, value: Any) -> Any:
    if value is None:
        return copy.copy(field.default)
    kind = _JSON_KINDS[type(value)]
    wanted = {"integer": "number"}.get(field.kind, field.kind)
    if kind != wanted:
        found = _SWIFT_FOUND[kind]
        raise HTTPError(422, f"{key}: Expected to decode {_SWIFT_KINDS[field.kind]} but found {found} instead.")
    if field.kind == "integer":
        if int(value) != value:
            raise HTTPError(422, f"{key}: Parsed JSON number <{value}> does not fit in Int.")
        value = int(value)
    if field.permitted and value not in field.permitted:
        raise HTTPError(422, f"Invalid value for {key} (options: {_list(list(field.permitted))})")
    limits = dict(field.limits)
    if limits and not limits["ge"] <= value <= limits["le"]:
        between = f"{_number(field, limits['ge'])} and {_number(field, limits['le'])}"
        raise HTTPError(422, f"Value for {name} must be between {between}, inclusive (was {_number(field, value)})")
    return value


def _number(field: Field, value: float) -> str:
    return str(int(value) if field.kind == "integer" else float(value))


def _list(values: list[Any]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"
