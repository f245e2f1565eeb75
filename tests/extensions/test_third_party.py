"""Extensions of other packages: found by their entry point, used like the package's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from webuiapi.extensions import GROUP, modules

MODULE = '''
"""A frame around pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic

from webuiapi import Request
from webuiapi.extensions.base import Client_co, Interface, PositionalUnit, arg, within_arg
from webuiapi.request import Answer, endpoint


@dataclass(frozen=True, eq=False)
class Frame(PositionalUnit):
    """A frame."""

    title: ClassVar[str] = "Picture frame"
    marks: ClassVar[tuple[str, ...]] = ("Frame width",)

    enable: bool | None = arg(0, False, default=True)
    """Switch it on."""
    width: int | None = arg(1, 8, label="Width", **within_arg(1, 64))
    """Pixels, 1 to 64."""
    style: str | None = arg(2, "plain", choices=("plain", "gilded"))
    """`plain` or `gilded`."""


@dataclass(frozen=True, eq=False)
class GetFrames(Request[list[str]]):
    """The styles."""

    method: ClassVar[str] = "GET"
    path: ClassVar[str] = "/frames"

    def parse(self, answer: Answer) -> list[str]:
        return list(answer.json())


class FrameInterface(Interface[Client_co], Generic[Client_co]):
    """Its endpoint."""

    frames = endpoint(GetFrames)
'''
USE = """
import json
import picture_frames
import webuiapi
from webuiapi.extensions import registered
from webuiapi.transport.base import Incoming

INFO = [{"name": "picture frame", "is_alwayson": True, "is_img2img": False, "args": [
    {"label": "Enabled", "value": False}, {"label": "Colour", "value": "gold"}, {"label": "Width", "value": 8},
    {"label": "Style", "value": "plain", "choices": ["Plain", "Gilded"]}]}]
ANSWERS = {
    "/sdapi/v1/scripts": {"txt2img": ["picture frame"], "img2img": []},
    "/sdapi/v1/script-info": INFO,
    "/sdapi/v1/txt2img": {"images": [], "parameters": {}, "info": ""},
    "/frames": ["plain", "gilded"],
}


class Server:
    def send(self, call):
        body = b"".join(call.pieces)
        if body:
            print(body.decode())
        found = ANSWERS.get(call.target)
        return Incoming(404 if found is None else 200, {}, json.dumps(found).encode())

    def close(self):
        pass


api = webuiapi.WebUIApi(transport=Server(), sampler=None, steps=None)
print(json.dumps([unit.__name__ for unit in registered() if unit.__module__ == "picture_frames"]))
print(json.dumps(picture_frames.FrameInterface(api).frames()))
api.txt2img("a", scripts=[picture_frames.Frame(width=12)])
try:
    api.txt2img("a", scripts=[picture_frames.Frame(width=65)])
except ValueError as error:
    print(json.dumps(str(error)))
"""


def test_a_package_registers_its_extension(tmp_path: Path) -> None:
    (tmp_path / "picture_frames.py").write_text(MODULE, encoding="utf-8")
    about = tmp_path / "picture_frames-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: picture-frames\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\nframes = picture_frames\n", encoding="utf-8")
    where = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(USE)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(where)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    registered, frames, sent, error = map(json.loads, done.stdout.splitlines())
    assert registered == ["Frame"]
    assert frames == ["plain", "gilded"]
    scripts: dict[str, Any] = sent["alwayson_scripts"]
    assert scripts == {"Picture frame": {"args": [True, "gold", 12]}}
    assert error == "Frame: width=65 must be from 1 to 64"


def test_a_file_of_the_package_is_enough() -> None:
    names = [module.__name__.rpartition(".")[2] for module in modules()]
    folder = Path(sys.modules["webuiapi.extensions"].__path__[0])
    files = {path.stem for path in folder.glob("[!_]*.py")} - {"base", "join"}
    assert set(names) == files
