"""A server's face as a transport: what it has installed, what it answers by path, and every request that came."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from support.callers import Caller
from support.pictures import file_of
from webuiapi import AsyncWebUIApi, WebUIApi
from webuiapi.extensions import registered
from webuiapi.transport.base import Incoming, Outgoing

Json = dict[str, Any]
Ask = Callable[..., Any]
PICTURE = Image.new("RGB", (8, 4), (200, 30, 60))
PNG = file_of(PICTURE)
"""The picture's file, to be given where it must be known what is sent."""
RAW = base64.b64encode(PNG).decode()
URI = "data:image/png;base64," + RAW
OBJECTS = ("controlnet", "controlnet_forge", "adetailer", "animatediff", "ic_light")
"""Contracts whose arguments are the keys of objects."""
FLAVOURS: Mapping[str, Json] = {
    "a1111": {"sd_model_checkpoint": "m.safetensors", "samples_format": "png", "outdir_samples": ""},
    "forge": {"sd_model_checkpoint": "m.safetensors", "forge_preset": "sd"},
}


@cache
def contracts() -> Mapping[str, Json]:
    """The contracts of extensions and scripts: titles, arguments with defaults, endpoints."""
    found: Mapping[str, Json] = json.loads((Path(__file__).parent.parent / "data" / "extensions.json").read_bytes())
    return found


def described(key: str, *, length: int | None = None, labels: Mapping[int, str] | None = None, **changes: Any) -> Json:
    """A contract as `script-info` describes it: choices that are sent by number by their texts.

    `length` cuts the list, `labels` are labels by place, `changes` other values of the entry.
    """
    contract = contracts()[key]
    args = [_argument(item, (labels or {}).get(index, "")) for index, item in enumerate(contract["args"])]
    if key in OBJECTS:  # to the server they are one value, which the web page keeps
        args = [_argument({}, "")]
    entry = {
        "name": contract["title"].lower(),
        "is_alwayson": not contract["selectable"],
        "is_img2img": False,
        "args": args[:length],
    }
    return {**entry, **changes}


def _argument(item: Json, label: str) -> Json:
    default: Any = item.get("default")
    listed = item.get("choices")
    choices = listed if isinstance(listed, list) else None
    numbered = choices is not None and isinstance(default, int) and not isinstance(default, bool)
    if numbered and choices is not None:
        choices = [text.partition(" ")[2] for text in choices]
        default = choices[default]
    elif isinstance(default, str) and "min" in item:  # it depends on the tab or the memory
        default = item["min"]
    elif isinstance(default, str) and choices and " / " in default:  # it depends on the tab
        default = choices[0]
    elif isinstance(default, str) and default.startswith("(") and default.endswith(")"):
        default = f"the server's {item['name']}"
        choices = [*choices, default] if choices else None
    limits = {"minimum": item.get("min"), "maximum": item.get("max"), "step": None}
    return {"label": label, "value": default, **limits, "choices": choices}


@cache
def _marks() -> list[str]:
    return [mark for unit in registered() for mark in unit.marks]


def generated(infotext: str, count: int = 1) -> Json:
    """The answer to a generation whose first picture has this infotext."""
    info = {"infotexts": [infotext], "all_seeds": [1], "index_of_first_image": 0}
    return {"images": [RAW] * count, "parameters": {}, "info": json.dumps(info)}


class Bench:
    """A transport that answers from a table, with 404 for what is not in it. Both colours."""

    def __init__(
        self,
        *info: Json,
        flavour: str = "a1111",
        also: Iterable[str] = (),
        unlisted: bool = False,
        undescribed: bool = False,
        answers: Mapping[str, Any] | None = None,
    ) -> None:
        self.sent: list[tuple[str, str, Any]] = []
        """Method, target and JSON of every request."""
        entries = [{**item, "is_img2img": tab == "img2img"} for item in info for tab in item.get("tabs", TABS)]
        names = {tab: [item["name"] for item in entries if item["is_img2img"] == (tab == "img2img")] for tab in TABS}
        picture = generated(f"a\nSteps: 1, {', '.join(_marks())}")  # nothing was ignored
        self.answers: dict[str, Any] = {
            "/sdapi/v1/options": FLAVOURS[flavour],
            "/sdapi/v1/txt2img": picture,
            "/sdapi/v1/img2img": picture,
        }
        if not unlisted:
            self.answers["/sdapi/v1/scripts"] = {tab: [*names[tab], *also] for tab in TABS}
        if not undescribed:
            self.answers["/sdapi/v1/script-info"] = entries
        self.answers.update(answers or {})

    def send(self, call: Outgoing) -> Incoming:
        """Answer a request."""
        body = b"".join(call.pieces)
        self.sent.append((call.method, call.target, json.loads(body) if body else None))
        path = call.target.partition("?")[0]
        if path not in self.answers:
            return Incoming(404, {"content-type": "application/json"}, b'{"detail": "Not Found"}')
        answer = self.answers[path]
        if callable(answer):
            answer = answer(self.sent[-1])
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Incoming(200, {"content-type": "application/json"}, content)

    def close(self) -> None:
        """Nothing is open."""

    @property
    def last(self) -> Any:
        """The JSON of the request that came last."""
        return self.sent[-1][2]

    @property
    def posts(self) -> list[tuple[str, Any]]:
        """Path and JSON of what was not only asked."""
        return [(target, body) for method, target, body in self.sent if method != "GET"]

    def client(self, **settings: Any) -> WebUIApi:
        """A plain client of it, which adds nothing of its own to generations."""
        return WebUIApi(transport=self, **{"sampler": None, "steps": None, **settings})

    def caller(self, colour: str) -> Caller:
        """A client of either colour."""
        if colour == "plain":
            return Caller.around(self.client())
        return Caller.around(AsyncWebUIApi(transport=_Awaitable(self), sampler=None, steps=None))


class _Awaitable:
    """The awaitable face of a bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def send(self, call: Outgoing) -> Incoming:
        return self._bench.send(call)

    async def aclose(self) -> None:
        self._bench.close()


class Bound:
    """An interface whose methods are called here; what the awaitable colour gives is awaited."""

    def __init__(self, caller: Caller, interface: Any) -> None:
        self.caller, self.interface = caller, interface(caller.api)

    def __getattr__(self, name: str) -> Ask:
        method = getattr(self.interface, name)
        return lambda *args, **kwargs: self.caller.finish(method(*args, **kwargs))


TABS = ("txt2img", "img2img")


def joined(unit: Any, *info: Json, tab: str = "txt2img", checks: str = "off", **settings: Any) -> Json:
    """The body of a generation with a unit (or several), on a server with these scripts."""
    bench = Bench(*info, **settings)
    api = bench.client(checks=checks)
    units = unit if isinstance(unit, list) else [unit]
    if tab == "txt2img":
        api.txt2img("a", scripts=units)
    else:
        api.img2img(PNG, "a", scripts=units, size="input")
    found: Json = bench.last
    return found


def args_of(body: Json, title: str) -> list[Any]:
    """The arguments of an always-on script in a body, by its exact key."""
    found: list[Any] = body["alwayson_scripts"][title]["args"]
    return found


def pixels(image: Image.Image | None) -> bytes:
    """What a picture shows, to be compared."""
    assert image is not None
    return image.convert("RGB").tobytes()
