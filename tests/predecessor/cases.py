"""The recorded cases, read from `data/`.

A case is a dictionary with

    name       its name; `group` is the part of the interface, and the file it stands in
    readme     True when it is an example of the README of 0.9.10
    init       keyword arguments of WebUIApi; host and port of the stub are added, unless `$nohost` is there or
               `$baseurl`, a path that is put behind them and given as baseurl
    profile    how the stub behaves, with three shorthands: `$sequence_progress` (a list of "busy" and "idle"),
               `$data_uri` and `$truncated` (the picture that txt2img returns)
    note, defect   what is noteworthy, and the predecessor's defect that it shows
    compat     "same": a drop-in client sends the same requests; "deviate": it should do better
    construct  what building the client was seen to do, where that was more than one GET of the scripts
    steps      the calls in order, each with what was seen: `requests`, `returns`, `raises`, `prints`

A step's `call` is a dictionary with

    call       "api.METHOD"; "NAME.METHOD" or "attr:NAME.ATTR" of a stored object; "new:CLASS"; "func:FUNCTION" of the
               module; "value:NAME", a stored value; "dict", a new dictionary; "gather", several at once
    args, kwargs   its arguments, with markers in place of objects: `$image` a picture of `pictures`, `$enum` a member
               of the module, `$new` an object of a class of the module, `$tuple`, `$ref` something stored by an earlier
               step. `$stub` in kwargs adds host and port of the stub
    store      the name under which the result is kept for later steps
    async      True: the call returns an awaitable, run in a loop of its own
    calls      of "gather": the steps started together in one loop

To keep the files small, a request without a body is one text ("GET /sdapi/v1/options"), and a body that begins with
`$usual` is the one in `usual.json` for its path with the fields that follow it changed.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

DATA = Path(__file__).parent / "data"
GROUPS = (
    "client", "txt2img", "img2img", "extras", "enums", "async", "interrogate", "promptgen", "config", "util", "custom",
    "controlnet", "extensions", "errors", "leak",
)  # fmt: skip
PLAIN_CONSTRUCT: dict[str, Any] = {"requests": [{"method": "GET", "path": "/sdapi/v1/scripts"}]}

Case = dict[str, Any]


def load(version: str = "0.9.17") -> dict[str, Case]:
    """The cases by name, as recorded with that version of the predecessor."""
    usual = _read(DATA / "0.9.17" / "usual.json")
    found = {}
    for group in GROUPS:
        path = DATA / version / f"{group}.json"
        for case in _read(path) if path.exists() else ():
            found[case["name"]] = _written_out({"group": group, **case}, usual)
    return found


@cache
def _cached() -> dict[str, Case]:
    return load()


def case(name: str) -> Case:
    """A case of 0.9.17 by name."""
    return cast("Case", json.loads(json.dumps(_cached()[name])))


def names(compat: str) -> list[str]:
    """The names of the cases that are marked so."""
    return [name for name, case in _cached().items() if case["compat"] == compat]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _written_out(case: Case, usual: dict[str, Any]) -> Case:
    case = {"readme": False, "init": {}, "profile": {}, "note": None, "defect": None, "compat": "same", **case}
    case.setdefault("construct", PLAIN_CONSTRUCT)
    for seen in (case["construct"], *case["steps"]):
        seen["requests"] = [_whole(request, usual) for request in seen.get("requests", ())]
    return case


def _whole(request: Any, usual: dict[str, Any]) -> dict[str, Any]:
    if isinstance(request, str):
        method, path = request.split(" ")
        return {"method": method, "path": path}
    body = request.get("json")
    if isinstance(body, dict) and "$usual" in body:
        changed = {key: value for key, value in body.items() if key != "$usual"}
        return {**request, "json": {**usual[request["path"]], **changed}}
    return dict(request)


def write(cases: list[Case], folder: Path) -> None:
    """Write the cases as `load` reads them, a file a group, a line a case."""
    usual = _read(DATA / "0.9.17" / "usual.json")
    folder.mkdir(parents=True, exist_ok=True)
    for group in GROUPS:
        lines = [_line(case, usual) for case in cases if case["group"] == group]
        if lines:
            (folder / f"{group}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def _line(case: Case, usual: dict[str, Any]) -> str:
    defaults = {"readme": False, "init": {}, "profile": {}, "note": None, "defect": None, "construct": PLAIN_CONSTRUCT}
    short = {k: v for k, v in case.items() if k != "group" and not (k in defaults and v == defaults[k])}
    short = {"name": short.pop("name"), **short, "steps": [_short_step(step, usual) for step in case["steps"]]}
    return json.dumps(short, ensure_ascii=False)


def _short_step(step: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    requests = [_short_request(request, usual) for request in step["requests"]]
    rest = {key: value for key, value in step.items() if key != "requests"}
    return {**rest, "requests": requests} if requests else rest


def _short_request(request: dict[str, Any], usual: dict[str, Any]) -> Any:
    if request.keys() == {"method", "path"}:
        return f"{request['method']} {request['path']}"
    base, body = usual.get(request["path"]), request.get("json")
    if base is None or not isinstance(body, dict) or not base.keys() <= body.keys():
        return request
    changed = {key: value for key, value in body.items() if key not in base or base[key] != value}
    return {**request, "json": {"$usual": True, **changed}}
