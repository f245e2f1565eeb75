"""Runs a case with a client's module: makes the calls, and describes all that can be seen of each."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
import json
import re
import warnings
from collections.abc import Callable
from functools import partial
from types import ModuleType, TracebackType
from typing import Any

from PIL import Image

from .answers import BUSY, GETS, IDLE, RED, TRUNCATED
from .cases import Case
from .pictures import folded, looks, pictures
from .stub import Stub

_LONGEST_TEXT = 600
_PATH = re.compile(r"\.(\w+)|\[(\d+)\]")


class Run:
    """One case, run with one client module. A context manager: the stub is closed at its end."""

    def __init__(self, module: ModuleType, case: Case) -> None:
        self.module, self.case = module, case
        self.stored: dict[str, Any] = {}
        self.pictures = pictures()
        self.stub = Stub(_with_options(_profile(case["profile"]), case))
        self.results: list[Any] = []
        """What each step gave."""
        self.errors: list[BaseException | None] = []
        """What each step raised."""

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stub.close()
        close = getattr(self.stored.get("api"), "close", None)
        if close is not None:
            close()

    def run(self) -> Case:
        """Make all calls; the case with what was seen of them."""
        record = {key: value for key, value in self.case.items() if key not in ("construct", "steps")}
        client, construct, _ = self._observed(lambda: self.module.WebUIApi(**self._init()))
        self.stored["api"] = client
        construct.pop("returns", None)
        record["construct"], record["steps"] = construct, []
        for step in self.case["steps"]:
            result, seen, error = self._observed(partial(self._perform, step["call"]))
            self.results.append(result)
            self.errors.append(error)
            if step["call"]["call"] == "gather":  # they arrive in any order
                seen["requests"].sort(key=lambda request: json.dumps(request, sort_keys=True))
            record["steps"].append({"call": step["call"], **seen})
            if "store" in step["call"]:
                if error is not None:
                    break
                self.stored[step["call"]["store"]] = result
        text = json.dumps(record).replace(f"127.0.0.1:{self.stub.port}", "127.0.0.1:{PORT}")
        return dict(json.loads(text))

    # -- making the calls

    def _init(self) -> dict[str, Any]:
        init = dict(self.case["init"])
        if "$baseurl" in init:
            init["baseurl"] = self.stub.url + init.pop("$baseurl")
        elif not init.pop("$nohost", None):
            init.setdefault("host", "127.0.0.1")
            init.setdefault("port", self.stub.port)
        return init

    def _perform(self, call: dict[str, Any]) -> Any:
        async def gather() -> Any:
            return await asyncio.gather(*[self._invoke(one) for one in call["calls"]])

        async def single() -> Any:
            return await self._invoke(call)

        if call["call"] == "gather":
            return asyncio.run(gather())
        return asyncio.run(single()) if call.get("async") else self._invoke(call)

    def _invoke(self, call: dict[str, Any]) -> Any:
        target: str = call["call"]
        kind, _, name = target.partition(":")
        if kind == "dict":
            return json.loads(json.dumps(call["value"]))
        if kind == "attr":
            return self._find(name)
        if kind == "value":
            return self.stored[name]
        kwargs = dict(call.get("kwargs", {}))
        if kwargs.pop("$stub", None):
            kwargs.update(host="127.0.0.1", port=self.stub.port)
        function = self._member(name) if kind in ("func", "new") else self._find(target)
        return function(*self._made(call.get("args", [])), **self._made(kwargs))

    def _find(self, path: str) -> Any:
        name, _, _ = re.split(r"([.\[])", path, maxsplit=1) if re.search(r"[.\[]", path) else (path, "", "")
        value = self.stored[name]
        for attribute, index in _PATH.findall(path[len(name) :]):
            value = getattr(value, attribute) if attribute else value[int(index)]
        return value

    def _member(self, path: str) -> Any:
        value: Any = self.module
        for name in path.split("."):
            value = getattr(value, name)
        return value

    def _made(self, value: Any) -> Any:
        """The value with its markers replaced by what they stand for."""
        if isinstance(value, list):
            return [self._made(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$image" in value:
            return self.pictures[value["$image"]]
        if "$enum" in value:
            return self._member(value["$enum"])
        if "$new" in value:
            return self._member(value["$new"])(*self._made(value["args"]), **self._made(value["kwargs"]))
        if "$ref" in value:
            return self._find(value["$ref"])
        if "$tuple" in value:
            return tuple(self._made(value["$tuple"]))
        return {key: self._made(item) for key, item in value.items()}

    # -- describing what happened

    def _observed(self, function: Callable[[], Any]) -> tuple[Any, dict[str, Any], BaseException | None]:
        seen: dict[str, Any] = {}
        first, result, raised = len(self.stub.requests), None, None
        out = io.StringIO()
        with contextlib.redirect_stdout(out), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                result = function()
                seen["returns"] = shown(result)
            except Exception as error:  # whatever the caller would get is to be seen
                raised = error
                seen["raises"] = self._shown_error(error)
        if out.getvalue():
            seen["prints"] = re.sub(r"(?i).*deprecated.*", "<deprecation notice>", self._clean(out.getvalue()))
        if warned:
            seen["warns"] = sorted({warning.category.__name__ for warning in warned})
        seen["requests"] = [folded(request) for request in self.stub.requests[first:]]
        return result, seen, raised

    def _shown_error(self, error: BaseException) -> dict[str, Any]:
        """Type and bases; the arguments too, unless it is an exception of another library."""
        kind = type(error)
        shown = {"type": f"{kind.__module__}.{kind.__name__}", "bases": [base.__name__ for base in kind.__mro__[1:-1]]}
        if kind.__module__.split(".")[0] in ("builtins", "webuiapi"):
            shown["args"] = [self._clean(arg) for arg in error.args]
        return shown

    def _clean(self, value: Any) -> Any:
        if isinstance(value, (int, float, bool, type(None))):
            return value
        text = str(value).replace(f":{self.stub.port}", ":{PORT}").replace(f"port={self.stub.port}", "port={PORT}")
        return re.sub(r"0x[0-9a-f]{6,}", "0x{ADDR}", text)[:_LONGEST_TEXT]


def _with_options(profile: dict[str, Any], case: Case) -> dict[str, Any]:
    """A profile of a server that has the options which a case overrides."""
    told = [step["call"].get("kwargs", {}).get("override_settings") or {} for step in case["steps"]]
    named = {name: value for settings in told for name, value in settings.items()}
    if named:
        profile.setdefault("answer", {})["/sdapi/v1/options"] = {**GETS["/sdapi/v1/options"], **named}
    return profile


def _profile(written: dict[str, Any]) -> dict[str, Any]:
    """A profile with its shorthands written out."""
    profile: dict[str, Any] = json.loads(json.dumps(written))
    states = {"busy": BUSY, "idle": IDLE}
    if names := profile.pop("$sequence_progress", None):
        profile["sequence"] = {"/sdapi/v1/progress": [states[name] for name in names]}
    image = "data:image/png;base64," + RED if profile.pop("$data_uri", None) else None
    image = TRUNCATED if profile.pop("$truncated", None) else image
    if image:
        profile["answer"] = {"/sdapi/v1/txt2img": {"images": [image], "parameters": {}, "info": "{}"}}
    return profile


def shown(value: Any) -> Any:
    """A returned value as JSON. Of results only what scripts look at: pictures, info, parameters."""
    if isinstance(value, Image.Image):
        return {"$image": looks(value)}
    if isinstance(value, dict):
        return {str(key): shown(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    if isinstance(value, str):
        return folded(str(value))
    if isinstance(value, (int, float, bool, type(None))):
        return value
    if asyncio.isfuture(value):
        return {"$future": type(value).__name__}
    fields = _fields(value)
    if fields:
        return {"$result": type(value).__name__, **{name: shown(getattr(value, name)) for name in fields}}
    return {"$object": type(value).__name__}


_RESULT = ("images", "info", "parameters")


def _fields(value: Any) -> list[str]:
    if all(hasattr(type(value), name) or name in vars(value) for name in _RESULT):
        return list(_RESULT)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [field.name for field in dataclasses.fields(value)]
    return []
