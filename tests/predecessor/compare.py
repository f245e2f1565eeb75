"""How what we send differs from what the predecessor sends, in differences that each have a kind and a place.

Requests on top that only read the server's lists are no difference, nor is a field left out whose value is the
server's own default (`data/server_defaults.json`, read from the server's schema and the extensions' sources).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from .cases import DATA, Case

_LOOKUP = re.compile(
    r"/sdapi/v1/(samplers|schedulers|upscalers|latent-upscale-modes|sd-models|sd-vae|sd-modules|hypernetworks|"
    r"face-restorers|prompt-styles|embeddings|loras|scripts|script-info|options|version)"
    r"|/openapi\.json|/api/extra/version|/sdcpp/v1/capabilities|/controlnet/\w+_list|/controlnet/version"
    r"|/adetailer/v1/\w+"
)
"""What may be read on top: lists, and what tells one server from another."""
_MISSING = object()


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the predecessor does it."""

    kind: str
    """`left out`, `added`, `changed`, `requests`, `raises` or `returns`."""
    place: str
    """The path of the endpoint, then the path within its body; positions in lists are `*`."""
    theirs: Any = None
    ours: Any = None

    def __str__(self) -> str:
        return f"{self.kind} {self.place}: {_short(self.theirs)} | {_short(self.ours)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else text[:160] + "..."


def differences(recorded: Case, ours: Case) -> list[Difference]:
    """All differences of a case's requests and exceptions."""
    found = [*_requests(recorded["construct"], ours["construct"], "construct")]
    if len(recorded["steps"]) != len(ours["steps"]):
        found.append(Difference("requests", "steps run", len(recorded["steps"]), len(ours["steps"])))
    for index, (one, two) in enumerate(zip(recorded["steps"], ours["steps"], strict=False)):
        found += _requests(one, two, f"step {index}")
        found += _raises(one.get("raises"), two.get("raises"), f"step {index}")
    return found


def _raises(one: Any, two: Any, where: str) -> Iterator[Difference]:
    """An exception is theirs when its type, or one of its bases, has the name of theirs."""
    if not one and not two:
        return
    name = one["type"].rpartition(".")[2] if one else None
    names = [two["type"].rpartition(".")[2], *two["bases"]] if two else [None]
    if name not in names:
        yield Difference("raises", where, name, names[0])


def _requests(one: Case, two: Case, where: str) -> Iterator[Difference]:
    asked_for_scripts = one.get("call", {}).get("call") == "api.get_scripts"
    theirs = [item for item in one["requests"] if asked_for_scripts or not item["path"].endswith("/sdapi/v1/scripts")]
    ours = list(_without_lookups(theirs, two["requests"]))
    if len(theirs) != len(ours):
        yield Difference("requests", where, _listed(theirs), _listed(ours))
    for first, second in zip(theirs, ours, strict=False):
        for key in ("method", "path", "query", "authorization"):
            if first.get(key) != second.get(key):
                yield Difference("changed", f"{first['path']} {key}", first.get(key), second.get(key))
        yield from _values(first.get("json"), second.get("json"), first["path"])


def _listed(requests: list[Any]) -> list[str]:
    return [f"{item['method']} {item['path']}" for item in requests]


def _without_lookups(theirs: list[Any], ours: list[Any]) -> Iterator[Any]:
    """Our requests without those that only read lists and that stand where theirs have another."""
    kept = 0
    for item in ours:
        expected = theirs[kept] if kept < len(theirs) else {}
        known = (item["method"], item["path"]) == (expected.get("method"), expected.get("path"))
        if known or item["method"] != "GET" or not _LOOKUP.fullmatch(item["path"]):
            kept += 1
            yield item


def _values(one: Any, two: Any, place: str) -> Iterator[Difference]:
    if isinstance(one, dict) and isinstance(two, dict) and "$picture" not in one:
        yield from _fields(one, two, place)
    elif isinstance(one, list) and isinstance(two, list):
        yield from _lists(one, two, place)
    elif not _same(one, two):
        yield Difference("changed", place, one, two)


def _fields(one: dict[str, Any], two: dict[str, Any], place: str) -> Iterator[Difference]:
    if place.endswith("/alwayson_scripts"):  # titles are compared without case, as the server does
        one, two = ({key.lower(): value for key, value in item.items()} for item in (one, two))
    for key, value in one.items():
        inner = f"{place}/{key}"
        if key in two:
            yield from _values(value, two[key], inner)
        elif not _same(server_default(inner), value):
            yield Difference("left out", inner, value)
    for key in two.keys() - one.keys():
        yield Difference("added", f"{place}/{key}", None, two[key])


def _lists(one: list[Any], two: list[Any], place: str) -> Iterator[Difference]:
    for first, second in zip(one, two, strict=False):
        yield from _values(first, second, f"{place}/*")
    for index in range(len(two), len(one)):  # always-on scripts: the server fills the rest with its defaults
        if not _same(server_default(f"{place}/{index}"), one[index]):
            yield Difference("left out", f"{place}/{index}", one[index])
    for index in range(len(one), len(two)):
        yield Difference("added", f"{place}/{index}", None, two[index])


def _same(one: Any, two: Any) -> bool:
    """Whether two JSON values are equal; 7 is 7.0, but 1 is not true."""
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    return bool(one == two)


def server_default(place: str) -> Any:
    """What the server, or the extension, takes for a field that is not there; an object like nothing else if none."""
    scripts = re.fullmatch(r"/sdapi/v1/\w+/alwayson_scripts/([^/]+)/args/(?:\*/)?(\w+)", place)
    path, name = (f"alwayson/{scripts[1].lower()}", scripts[2]) if scripts else place.rsplit("/", 1)
    return _defaults().get(path, {}).get(name, _MISSING)


@cache
def _defaults() -> dict[str, dict[str, Any]]:
    return dict(json.loads((DATA / "server_defaults.json").read_text(encoding="utf-8")))
