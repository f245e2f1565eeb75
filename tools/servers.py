"""The tables of endpoints against servers, read from the embedded server's flavours."""

from __future__ import annotations

from functools import cache

from webuiapi.endpoints import Endpoints
from webuiapi.request import Request, endpoint
from webuiapi.server import App

SERVERS = {
    "a1111": "A1111 1.10.1",
    "forge": "Forge",
    "reforge": "reForge",
    "sdnext": "SD.Next",
    "koboldcpp": "KoboldCpp",
    "sdcpp": "sd.cpp",
    "drawthings": "Draw Things",
}
"""The flavours of the embedded server, and how they head the columns."""
AREAS = ("generate", "extras", "lists", "options", "jobs", "internal", "admin", "relatives")


@cache
def offered() -> dict[str, tuple[str, frozenset[str]]]:
    """Each method: its endpoint as `GET /path`, and the servers that have it."""
    routes = {name: _routes(name) for name in SERVERS}
    found = {}
    for name, value in vars(Endpoints).items():
        kind = value.build if isinstance(value, endpoint) else None
        if isinstance(kind, type) and issubclass(kind, Request) and kind.__module__.split(".")[-1] in AREAS:
            where = (kind.method, kind.path)
            found[name] = (" ".join(where), frozenset(server for server in SERVERS if where in routes[server]))
    return found


def _routes(flavour: str) -> set[tuple[str, str]]:
    with App(flavour=flavour) as app:
        return {(method, path) for path, methods in app.routes.items() for method in methods}


def table() -> str:
    """A line an endpoint; paths without a slash are below /sdapi/v1."""
    lines = [f"| method | endpoint | {' | '.join(SERVERS.values())} |", f"|---|---|{'---|' * len(SERVERS)}"]
    for name, (where, servers) in offered().items():
        lines.append(f"| `{name}` | `{where.replace(' /sdapi/v1/', ' ')}` | {_marks(servers)} |")
    return "\n".join(lines)


def compact() -> str:
    """A line for all endpoints that the same servers have, those of the most servers first."""
    groups: dict[frozenset[str], list[str]] = {}
    for name, (_, servers) in offered().items():
        groups.setdefault(servers, []).append(name)
    lines = [f"| | {' | '.join(SERVERS.values())} |", f"|---|{'---|' * len(SERVERS)}"]
    for servers, names in sorted(groups.items(), key=lambda group: -len(group[0])):
        lines.append(f"| {', '.join(f'`{name}`' for name in names)} | {_marks(servers)} |")
    return "\n".join(lines)


def _marks(servers: frozenset[str]) -> str:
    return " | ".join("✓" if server in servers else "" for server in SERVERS)
