"""Compares an answer with a recorded one: what has to be equal, and what chance, clocks and weights may change."""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

HERE = Path(__file__).parent
RECORDINGS = HERE / "recordings"
CATALOG = HERE / "catalog.json"

SHAPE_ONLY = {
    "/sdapi/v1/memory",
    "/sdapi/v1/progress",
    "/sdapi/v1/cmd-flags",
    "/internal/progress",
    "/internal/pending-tasks",
}
"""Figures that move, flags, and lists of running tasks: compared by key and type."""
_PICTURE = re.compile(r"iVBORw0KGgo|/9j/|UklGR|R0lGOD|data:image/")
_MODEL_HASHES = re.compile(r'(Lora|TI) hashes: "[^"]*"')


class Recording:
    """One recorded exchange."""

    def __init__(self, path: Path) -> None:
        data = json.loads(path.read_text(encoding="utf-8"))
        self.name = f"{path.parent.name}/{path.stem}"
        self.folder = path.parent.name
        self.note: str = data["note"]
        self.replays: bool = "request" in data and data.get("replay", True)
        """False for those that depend on what came before, and for timelines."""
        self.request: dict[str, Any] = data.get("request", {})
        self.response: dict[str, Any] = data.get("response", {})

    @property
    def body(self) -> bytes:
        """The bytes that were sent."""
        body = self.request["body"]
        if body is None:
            return b""
        return body.encode() if isinstance(body, str) else json.dumps(body).encode()

    @property
    def headers(self) -> dict[str, str]:
        """The headers that were sent."""
        headers = {name.lower(): value for name, value in self.request["headers"].items()}
        if self.request["body"] is not None and not isinstance(self.request["body"], str):
            headers.setdefault("content-type", "application/json")
        return headers


def recordings(*folders: str) -> list[Recording]:
    """Those of the named folders that can be sent again."""
    found = [Recording(path) for folder in folders for path in sorted((RECORDINGS / folder).glob("*.json"))]
    return [recording for recording in found if recording.replays]


def recorded(name: str) -> Recording:
    """One by its name, such as `options/options_set`."""
    return Recording(RECORDINGS / f"{name}.json")


def parsed(raw: bytes) -> Any:
    """A body: the value of JSON, else the text."""
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")


def differences(recording: Recording, status: int, headers: dict[str, str], body: Any) -> list[str]:
    """Everything in which the answer falls short of the recorded one."""
    return list(_differences(recording, status, headers, body))


def _differences(recording: Recording, status: int, headers: dict[str, str], body: Any) -> Iterator[str]:
    expected = recording.response
    if status != expected["status"]:
        yield f"status {status} instead of {expected['status']}: {_short(body)}"
        return
    yield from _headers(expected["headers"], headers)
    if status >= 500:
        yield from _server_error(expected["body"], body)
    elif urlsplit(recording.request["path"]).path in SHAPE_ONLY:
        yield from _shape(expected["body"], body, "body")
    else:
        yield from _Rules(recording.request["body"]).compare(expected["body"], body, "body")


def _headers(expected: dict[str, str], found: dict[str, str]) -> Iterator[str]:
    for name in ("content-type", "www-authenticate", "content-encoding", "allow", "x-process-time"):
        if name == "x-process-time":
            recorded, there = expected[name] == "present", name in found
        else:
            recorded, there = name in expected, name in found
        if recorded != there:
            yield f"{name} is {'there' if there else 'missing'}"
    if expected.get("content-type", "").split(";")[0] != found.get("content-type", "").split(";")[0]:
        yield f"content type {found.get('content-type')}"
    if expected.get("allow") != found.get("allow"):
        yield f"allow {found.get('allow')}"


def _server_error(expected: Any, found: Any) -> Iterator[str]:
    if not isinstance(expected, dict):
        if expected != found:
            yield f"body {_short(found)}"
        return
    if not isinstance(found, dict) or list(found) != list(expected):
        yield f"not the form of an error: {_short(found)}"
        return
    for key in ("error", "detail", "body"):
        if expected[key] != found[key]:
            yield f"{key} {found[key]!r} instead of {expected[key]!r}"
    if bool(expected["errors"]) != bool(found["errors"]):
        yield f"errors {found['errors']!r} instead of {_short(expected['errors'])}"


def _shape(expected: Any, found: Any, where: str) -> Iterator[str]:
    if expected is None or found is None or (_is_number(expected) and _is_number(found)):
        return
    if type(expected) is not type(found):
        yield f"{where}: {type(found).__name__} instead of {type(expected).__name__}"
    elif isinstance(expected, dict):
        yield from _keys(expected, found, where)
        for key in expected.keys() & found.keys():
            yield from _shape(expected[key], found[key], f"{where}.{key}")


def _keys(expected: dict[str, Any], found: dict[str, Any], where: str) -> Iterator[str]:
    if missing := [key for key in expected if key not in found]:
        yield f"{where}: lacks {missing}"
    if extra := [key for key in found if key not in expected]:
        yield f"{where}: has {extra} besides"


class _Rules:
    """What is equal, given what the request left to chance."""

    def __init__(self, body: Any) -> None:
        fields = body if isinstance(body, dict) else {}
        free_seed = fields.get("seed") in (None, -1) or isinstance(fields.get("seed"), float)
        free_subseed = free_seed or fields.get("subseed") in (None, -1)
        self._free = {"job_timestamp"}
        self._masks: list[tuple[re.Pattern[str], str]] = [(_MODEL_HASHES, r'\1 hashes: "?"')]
        if free_seed:
            self._free |= {"seed", "all_seeds"}
            self._masks.append((re.compile(r"\bSeed: \d+"), "Seed: ?"))
        if free_subseed:
            self._free |= {"subseed", "all_subseeds"}
            self._masks.append((re.compile(r"Variation seed: \d+"), "Variation seed: ?"))

    def compare(self, expected: Any, found: Any, where: str) -> Iterator[str]:
        if isinstance(expected, dict) and isinstance(found, dict):
            yield from self._dicts(expected, found, where)
        elif isinstance(expected, list) and isinstance(found, list):
            if len(expected) != len(found):
                yield f"{where}: {len(found)} items instead of {len(expected)}"
            for index, (theirs, ours) in enumerate(zip(expected, found, strict=False)):
                yield from self.compare(theirs, ours, f"{where}[{index}]")
        elif _is_picture(expected):
            yield from self._pictures(expected, found, where)
        elif isinstance(expected, str) and isinstance(found, str):
            if self._masked(expected) != self._masked(found):
                yield f"{where}: {_short(found)} instead of {_short(expected)}"
        elif _is_number(expected) and _is_number(found):
            if type(expected) is not type(found) or abs(expected - found) > 1e-6 * max(1.0, abs(expected)):
                yield f"{where}: {found!r} instead of {expected!r}"
        elif type(expected) is not type(found) or expected != found:
            yield f"{where}: {_short(found)} instead of {_short(expected)}"

    def _dicts(self, expected: dict[str, Any], found: dict[str, Any], where: str) -> Iterator[str]:
        yield from _keys(expected, found, where)
        for key, value in expected.items():
            if key not in found or key in self._free:
                continue
            if key == "info" and isinstance(value, str) and value.startswith("{"):
                yield from self._info(value, found[key], f"{where}.{key}")
            else:
                yield from self.compare(value, found[key], f"{where}.{key}")

    def _info(self, expected: str, found: Any, where: str) -> Iterator[str]:
        if not isinstance(found, str) or not found.startswith("{"):
            yield f"{where}: {_short(found)} instead of JSON in a string"
            return
        theirs, ours = json.loads(expected), json.loads(found)
        if sorted(theirs) == sorted(ours) and list(theirs) != list(ours):
            yield f"{where}: the keys stand in another order"
        yield from self.compare(theirs, ours, where)

    def _pictures(self, expected: str, found: Any, where: str) -> Iterator[str]:
        if not _is_picture(found):
            yield f"{where}: {_short(found)} instead of a picture"
            return
        if expected.startswith("data:") != found.startswith("data:"):
            yield f"{where}: a data URI in only one of the two"
        theirs, ours = _open(expected), _open(found)
        if theirs is None or ours is None:
            if theirs is not ours:
                yield f"{where}: readable in only one of the two"
            return
        for what in ("format", "size", "mode"):
            if getattr(theirs, what) != getattr(ours, what):
                yield f"{where}: {what} {getattr(ours, what)} instead of {getattr(theirs, what)}"
        if self._texts(theirs) != self._texts(ours):
            yield f"{where}: text {self._texts(ours)} instead of {self._texts(theirs)}"

    def _texts(self, image: Image.Image) -> dict[Any, str]:
        return {key: self._masked(value) for key, value in image.info.items() if isinstance(value, str)}

    def _masked(self, text: str) -> str:
        for pattern, mask in self._masks:
            text = pattern.sub(mask, text)
        return text


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_picture(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 60 and _PICTURE.match(value) is not None


def _open(text: str) -> Image.Image | None:
    try:
        image = Image.open(io.BytesIO(base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text)))
        image.load()
    except (OSError, binascii.Error, SyntaxError):
        return None
    return image


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return repr(text[:157] + "..." if len(text) > 160 else text)
