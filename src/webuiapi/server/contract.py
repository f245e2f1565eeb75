"""The contract of the endpoints as data: which fields each takes and gives, and how options are typed.

`data/contract.json` holds, by path and method, `query` and `body` (fields in the order of the model), and `response`;
`models` are the objects that these name. `check` holds a request against it.
"""

from __future__ import annotations

import email.message
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from . import body as body_text
from .catalog import read_data
from .coerce import PYDANTIC_1, Dialect, Field, Model, Several, take_model
from .errors import HTTPError, Invalid
from .http import Request

_LIMIT_NAMES = ("gt", "ge", "lt", "le")


@dataclass(frozen=True)
class Endpoint:
    """What one endpoint takes."""

    query: Model
    body: Model | None
    """The fields of its body, if it reads one."""
    free_body: bool
    """The body is any object; its members are the fields."""
    list_body: Field | None
    """The body is a list, which is the one field `body`."""
    optional_body: bool
    """There need not be a body."""
    described: Mapping[str, Any]
    """The entry of the contract's data, for the schema."""
    dialect: Dialect = PYDANTIC_1
    """How values are taken."""


class Contract:
    """The contract of one kind of server."""

    def __init__(self, data: Mapping[str, Any], dialect: Dialect = PYDANTIC_1) -> None:
        self.data = data
        self.dialect = dialect
        self.models: Mapping[str, Any] = data["models"]
        self.webui_options = frozenset(data["webui_options"])
        """Options that are there only with the user interface."""
        self.webui_axes: str = data["webui_axes"]
        """What the axes of the X/Y/Z plot begin with that are there only with the user interface."""
        described = data["paths"]["/sdapi/v1/options"]["GET"]["response"]["fields"]
        self.options: Model = self._model(described)
        self._whole_numbers = {
            name
            for name, field in described.items()
            if isinstance(field.get("default"), int) and field["type"] == "number"
        }
        self._endpoints: dict[tuple[str, str], Endpoint] = {}

    def endpoint(self, method: str, path: str, described: Mapping[str, Any] | None = None) -> Endpoint:
        """What the endpoint takes: as described, else as the contract has it; nothing, if that does not know it."""
        key = (method, path)
        if key not in self._endpoints or (described and self._endpoints[key].described is not described):
            described = described or self.data["paths"].get(path, {}).get(method, {})
            body = described.get("body")
            self._endpoints[key] = Endpoint(
                query=self._model(described.get("query") or {}),
                body=self._model(body["fields"]) if body and "fields" in body else None,
                free_body=body is not None and "fields" not in body and body["type"] != "array",
                list_body=self._field(body) if body and body["type"] == "array" else None,
                optional_body=body is not None and not body["required"],
                described=described,
                dialect=self.dialect,
            )
        return self._endpoints[key]

    def untyped_options(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Options as the server holds them: integers are integers again."""
        return {
            name: int(value)
            if name in self._whole_numbers and isinstance(value, float) and value.is_integer()
            else value
            for name, value in shown.items()
        }

    def model(self, fields: Mapping[str, Any]) -> Model:
        """What described fields take."""
        return self._model(fields)

    def _model(self, fields: Mapping[str, Any]) -> Model:
        return {name: self._field(described) for name, described in fields.items()}

    def _field(self, described: Mapping[str, Any]) -> Field:
        items = described.get("items")
        return Field(
            kind=described["type"],
            default=described.get("default"),
            required=described.get("required", False),
            nullable=described.get("nullable", False),
            items=self._item(items) if items else None,
            model=self._model(described["fields"]) if "fields" in described else None,
            limits=tuple((name, described[name]) for name in _LIMIT_NAMES if name in described),
            permitted=tuple(described.get("enum", ())),
            dialect=self.dialect,
        )

    def _item(self, described: str | Mapping[str, Any]) -> Field:
        """What a list holds: a kind, the name of a model, or the fields of one."""
        if not isinstance(described, str):
            if isinstance(described.get("type"), str):
                return self._field(described)
            return Field(kind="object", model=self._model(described), dialect=self.dialect)
        if described in self.models:
            return Field(kind="object", model=self._model(self.models[described]), dialect=self.dialect)
        return Field(kind=described, dialect=self.dialect)


@lru_cache(maxsize=1)
def contract() -> Contract:
    """The contract of A1111 1.10.1."""
    return Contract(read_data("contract.json"))


def check(endpoint: Endpoint, request: Request) -> tuple[dict[str, Any], frozenset[str]]:
    """The fields of a request, and which of them it mentions. Raises `Invalid` with all that is wrong with it."""
    dialect = endpoint.dialect
    fields: dict[str, Any] = {}
    given: set[str] = set()
    wrong: list[dict[str, Any]] = []
    parts: list[tuple[Model | None, Any, str]] = []
    if endpoint.query:
        parts.append((endpoint.query, dict(parse_qsl(request.query, keep_blank_values=True)), "query"))
    if endpoint.body is not None or endpoint.free_body or endpoint.list_body is not None:
        value = _parsed(request, dialect)
        if value is None and endpoint.optional_body:
            value = [] if endpoint.list_body is not None else {}
        if value is None:
            wrong.append(dialect.entry(dialect.missing, ("body",), None))
        elif endpoint.list_body is not None:
            parts.append(({"body": endpoint.list_body}, {"body": value}, ""))
        else:
            parts.append((endpoint.body, value, "body"))
    for model, value, where in parts:
        try:
            loc = (where,) if where else ()
            taken, names = _free(value, dialect) if model is None else take_model(model, value, loc, dialect)
        except Several as several:
            wrong.extend(several.entries)
        else:
            fields.update(taken)
            given |= names
    if wrong:
        raise Invalid(wrong)
    return fields, frozenset(given)


def _free(value: Any, dialect: Dialect) -> tuple[dict[str, Any], frozenset[str]]:
    """The members of a body that may be any object."""
    members = Field(kind="object", dialect=dialect).take(value, ("body",))
    fields = {str(key): member for key, member in members.items()}
    return fields, frozenset(fields)


def _parsed(request: Request, dialect: Dialect) -> Any:
    """The value of the body: JSON where its type says so or nothing does, else a text that no model takes."""
    if not len(request.body):
        return None
    if not _is_json(request.headers.get("content-type", "")):
        return bytes(request.body)
    try:
        return body_text.loads(request.body)
    except json.JSONDecodeError as error:
        raise Invalid([dialect.broken_json(error)]) from None
    except (ValueError, RecursionError):
        raise HTTPError(400, "There was an error parsing the body") from None


def _is_json(content_type: str) -> bool:
    if not content_type:
        return True
    message = email.message.Message()
    message["content-type"] = content_type
    if message.get_content_maintype() != "application":
        return False
    subtype = message.get_content_subtype()
    return subtype == "json" or subtype.endswith("+json")
