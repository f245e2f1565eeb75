"""What a person sees: the first page, and the description of the endpoints for people and for programs."""

from __future__ import annotations

from html import escape
from typing import Any

from .. import page
from ..http import Response
from ..openapi import schema, summary
from ..routing import Call, route

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "code,td{font-family:ui-monospace,monospace;font-size:.9em}h2{margin-top:2rem;font-size:1.1rem}"
    "table{border-collapse:collapse}td{padding:.1rem 1rem .1rem 0;vertical-align:top}"
)


def _page(title: str, *parts: str) -> Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>"
    )
    return Response(200, {"content-type": "text/html; charset=utf-8"}, text.encode())


@route("GET", "/")
def index(call: Call) -> Response:
    """What this server is, and what it was asked last."""
    return page.response(call.app)


@route("GET", "/openapi.json", webui=False)
def openapi(call: Call) -> dict[str, Any]:
    """This server's endpoints and their fields."""
    return schema(call.app.routes, call.app.flavour.contract, guarded=bool(call.app.guard.pairs))


@route("GET", "/docs", webui=False)
def docs(call: Call) -> Response:
    """The same for people."""
    parts = []
    for path, methods in call.app.routes.items():
        for method, entry in methods.items():
            described = call.app.flavour.contract.endpoint(method, path, entry.described).described
            fields = {**(described.get("query") or {}), **((described.get("body") or {}).get("fields") or {})}
            rows = "".join(
                f"<tr><td>{escape(name)}</td><td>{escape(field['type'])}</td>"
                f"<td>{'required' if field.get('required') else escape(repr(field.get('default')))}</td></tr>"
                for name, field in fields.items()
            )
            parts.append(f"<h2><code>{method} {escape(path)}</code></h2><p>{escape(summary(entry))}</p>")
            parts.append(f"<table>{rows}</table>" if rows else "")
    return _page("Endpoints", *parts)
