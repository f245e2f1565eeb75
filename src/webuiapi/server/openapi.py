"""The server's own description of what it serves: the table of routes and the contract, as OpenAPI."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from .contract import Contract, Endpoint
from .routing import Route

_LIMITS = {"ge": ("minimum", {}), "le": ("maximum", {}), "gt": ("minimum", {"exclusiveMinimum": True})}
_KINDS = ("string", "integer", "number", "boolean", "object")
_ERROR_SCHEMAS: dict[str, Any] = {
    "ValidationError": {
        "title": "ValidationError",
        "type": "object",
        "required": ["loc", "msg", "type"],
        "properties": {
            "loc": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
            "msg": {"type": "string"},
            "type": {"type": "string"},
        },
    },
    "HTTPValidationError": {
        "title": "HTTPValidationError",
        "type": "object",
        "properties": {"detail": {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}},
    },
}


def schema(routes: Mapping[str, Mapping[str, Route]], contract: Contract, *, guarded: bool) -> dict[str, Any]:
    """The OpenAPI document of these routes."""
    schemas: dict[str, Any] = {name: _object(name, fields) for name, fields in contract.models.items()}
    paths: dict[str, Any] = {}
    for path, methods in routes.items():
        for method, route in methods.items():
            endpoint = contract.endpoint(method, path, route.described)
            paths.setdefault(path, {})[method.lower()] = _operation(route, endpoint, schemas, guarded)
    components: dict[str, Any] = {"schemas": {**dict(sorted(schemas.items())), **_ERROR_SCHEMAS}}
    if guarded:
        components["securitySchemes"] = {"HTTPBasic": {"type": "http", "scheme": "basic"}}
    return {
        "openapi": "3.0.2",
        "info": {"title": "FastAPI", "version": "0.1.0"},
        "paths": paths,
        "components": components,
    }


def summary(route: Route) -> str:
    """What an endpoint does, in the words of its handler."""
    text = inspect.getdoc(route.handler) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def _operation(route: Route, endpoint: Endpoint, schemas: dict[str, Any], guarded: bool) -> dict[str, Any]:
    described = endpoint.described
    words = re.sub(r"\W+", "_", route.path).strip("_")
    operation: dict[str, Any] = {
        "summary": summary(route) or words,
        "operationId": f"{words or 'index'}_{route.method.lower()}",
    }
    parameters = [
        {"name": name, "in": where, "required": field["required"], "schema": _field(name, field)}
        for where in ("path", "query")
        for name, field in (described.get(where) or {}).items()
    ]
    if parameters:
        operation["parameters"] = parameters
    body = described.get("body")
    if body:
        content = {body["content_type"]: {"schema": _shape(body, schemas)}}
        operation["requestBody"] = {"required": body["required"], "content": content}
    operation["responses"] = _responses(described, schemas)
    if guarded and route.auth:
        operation["security"] = [{"HTTPBasic": []}]
    return operation


def _responses(described: Mapping[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    response = described.get("response") or {}
    answer: dict[str, Any] = {"description": "Successful Response"}
    if response.get("content_type") == "application/json":
        answer["content"] = {"application/json": {"schema": _shape(response, schemas)}}
    responses: dict[str, Any] = {"200": answer}
    if described.get("path") or described.get("query") or described.get("body"):
        refused = {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}
        responses["422"] = {"description": "Validation Error", "content": {"application/json": refused}}
    return responses


def _shape(described: Mapping[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of a whole body; one that has a name goes among the components."""
    if described["type"] == "array":
        return {"type": "array", "items": _item(described["items"])}
    if described["type"] != "object":
        return {}
    if "fields" not in described:
        return {"type": "object"}
    name = described.get("name")
    if name is None:
        return _object(None, described["fields"])
    schemas[name] = _object(name, described["fields"])
    return {"$ref": f"#/components/schemas/{name}"}


def _object(name: str | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"title": name} if name else {}
    found["type"] = "object"
    required = [key for key, field in fields.items() if field.get("required")]
    if required:
        found["required"] = required
    found["properties"] = {key: _field(key, field) for key, field in fields.items()}
    return found


def _field(name: str, field: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"title": name.replace("_", " ").title()}
    if "enum" in field:
        found["enum"] = list(field["enum"])
    if field["type"] != "any":
        found["type"] = field["type"]
    if "fields" in field:
        found.update(_object(None, field["fields"]))
    if field["type"] == "array":
        found["items"] = _item(field["items"]) if "items" in field else {}
    for key, (keyword, more) in _LIMITS.items():
        if key in field:
            found[keyword] = field[key]
            found.update(more)
    if field.get("default") is not None:
        found["default"] = field["default"]
    if field.get("nullable") and field["type"] != "any":
        found["nullable"] = True
    return found


def _item(described: str | Mapping[str, Any]) -> dict[str, Any]:
    """What a list holds: a kind, the name of a model, or an object of its own."""
    if isinstance(described, str):
        return {"type": described} if described in _KINDS else {"$ref": f"#/components/schemas/{described}"}
    if isinstance(described.get("type"), str) and "required" in described:
        return _field("", described)
    if all(isinstance(field, Mapping) for field in described.values()):
        return _object(None, described)
    return {"type": "object"}
