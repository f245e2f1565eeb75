"""A job as a command line to copy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .jobs import NO_PATH, is_picture, kinds_of, request_class

_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "txt2img": ("prompt",),
    "img2img": ("images", "prompt"),
    "upscale": ("image",),
}
"""The fields that a command takes as arguments instead of as flags."""


def command_of(kind: str, fields: Mapping[str, Any], folder: Path) -> str:
    """The command that makes the picture again, quoted for a POSIX shell; pictures are named by their whole paths.

    What has no flags (units of extensions) is given to `webuiapi batch` as a line of JSON.
    """
    known = kinds_of(request_class(kind))
    said = {
        name: _placed(value, folder) if is_picture(known[name]) else value
        for name, value in fields.items()
        if value is not None
    }
    if any("Unit" in known[name] for name in said):
        line = json.dumps({"kind": kind, **said}, ensure_ascii=False)
        return f"printf '%s\\n' {shlex.quote(line)} | webuiapi batch - --out again"
    words = ["webuiapi", kind]
    arguments: list[str] = []
    if kind == "upscale":
        said.setdefault("upscaler_1", "None")  # for which the command would choose one
    elif not {"prompt", "infotext", "styles"} & said.keys():
        said["prompt"] = ""  # which the command wants to be said
    for name in _ARGUMENTS[kind]:
        if name in said:
            given = said.pop(name)
            first, *others = given if isinstance(given, list) else [given]
            arguments.append(str(first))
            words += [f"--{name}={other}" for other in others]
    for name, value in said.items():
        words += _flag(name, value, known[name])
    return shlex.join([*words, "--", *arguments])


def _placed(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_placed(item, folder) for item in value]
    return value if not isinstance(value, str) or value.startswith(NO_PATH) else str((folder / value).absolute())


def _flag(name: str, value: Any, annotation: str) -> Iterator[str]:
    dashed = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        yield dashed if value else f"--no-{dashed[2:]}"
    elif isinstance(value, dict) or annotation == "Sequence[Any]":
        yield f"{dashed}={json.dumps(value, ensure_ascii=False)}"
    elif "tuple[int, int]" in annotation and isinstance(value, list):
        yield f"{dashed}={'x'.join(map(str, value))}"
    else:
        for item in value if isinstance(value, list) else [value]:
            yield f"{dashed}={item}"
