"""The programs in `examples/programs`, run as a user runs them, against an embedded server."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
import uvicorn
from PIL import Image

from support.pictures import file_of, noise
from webuiapi import WebUIApi
from webuiapi.infotext import GenerationParameters
from webuiapi.server import App, Server, serve

PROGRAMS = Path(__file__).parent.parent / "examples" / "programs"

Main = Callable[[list[str]], int | None]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    with serve(App(seed=1)) as server:
        monkeypatch.setenv("WEBUIAPI_URL", server.url)
        yield server


def main_of(name: str) -> Main:
    main: Main = runpy.run_path(str(PROGRAMS / name))["main"]
    return main


def test_every_program_is_in_the_readme_and_here() -> None:
    readme = (PROGRAMS.parent / "README.md").read_text(encoding="utf-8")
    here = Path(__file__).read_text(encoding="utf-8")
    for path in PROGRAMS.glob("*.py"):
        assert f"| `programs/{path.name}` |" in readme
        assert f'"{path.name}"' in here or path.name == "service.py"


def test_a_bot(tmp_path: Path) -> None:
    said = "ann /draw a cat\nann /draw a dog\nbob /draw a bird\nbob /queue\nbob /cancel\nzoe /cancel\nzoe hello\n\n"
    with serve(App(seed=1, step_time=0.02)) as server:
        done = subprocess.run(
            [sys.executable, str(PROGRAMS / "bot.py")], input=said, capture_output=True, text=True, cwd=tmp_path,
            env={**os.environ, "WEBUIAPI_URL": server.url}, timeout=60, check=True,
        )  # fmt: skip
    lines = done.stdout.splitlines()
    of = {user: [line.partition(": ")[2] for line in lines if line.startswith(user)] for user in ("ann", "bob", "zoe")}
    assert of["ann"][1] == "yours is in the works already: /cancel takes it back"
    assert [line for line in of["ann"] if line.endswith("%")][-1:] != []
    picture = of["ann"][-1].removeprefix("done: ")
    assert GenerationParameters.from_image(tmp_path / picture).prompt == "a cat"
    assert "2 in the queue" in of["bob"]
    assert of["bob"][-1] == "taken back"
    assert of["zoe"] == ["there is nothing of yours", "I know /draw PROMPT, /cancel and /queue"]
    assert list(tmp_path.iterdir()) == [tmp_path / picture]
    assert done.stderr == ""


@contextmanager
def running(app: Any) -> Iterator[str]:
    """A web service on a free port; its address."""
    service = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    started = threading.Event()
    startup = service.startup

    async def tell(*args: Any, **kwargs: Any) -> None:
        await startup(*args, **kwargs)
        started.set()

    service.startup = tell  # type: ignore[method-assign]
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        assert started.wait(20)
        yield f"http://127.0.0.1:{service.servers[0].sockets[0].getsockname()[1]}"
    finally:
        service.should_exit = True
        thread.join(20)


def events(answer: urllib3.BaseHTTPResponse) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in answer.data.decode().splitlines() if line]


def test_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    app = runpy.run_path(str(PROGRAMS / "service.py"))["app"]
    with serve(App(seed=1, step_time=0.01)) as server, urllib3.PoolManager(retries=False, timeout=20) as http:
        monkeypatch.setenv("WEBUIAPI_URL", server.url)
        with running(app) as url:

            def ask(method: str, path: str, **body: Any) -> urllib3.BaseHTTPResponse:
                return http.request(method, url + path, **({"json": body} if body else {}))

            taken = ask("POST", "/jobs", prompt="a cat", steps=10, width=64, height=64, seed=5)
            assert taken.status == 202
            job = taken.json()["id"]
            told = events(ask("GET", f"/jobs/{job}/events"))
            assert told[-1] == {"status": "completed"}
            assert {one["status"] for one in told[:-1]} <= {"queued", "running"}
            picture = ask("GET", f"/jobs/{job}/image")
            assert picture.headers["content-type"] == "image/png"
            parameters = GenerationParameters.from_image(picture.data)
            assert (parameters.prompt, parameters.seed) == ("a cat", 5)
            assert ask("DELETE", f"/jobs/{job}").json() == {"cancelled": False}

            long = ask("POST", "/jobs", prompt="a cat", steps=50, width=64, height=64).json()["id"]
            assert ask("GET", f"/jobs/{long}/image").status == 409
            assert ask("DELETE", f"/jobs/{long}").json() == {"cancelled": True}
            assert events(ask("GET", f"/jobs/{long}/events"))[-1] == {"status": "cancelled"}
            assert ask("GET", f"/jobs/{long}/image").status == 410

            assert ask("GET", "/jobs/none/image").status == 404
            assert ask("POST", "/jobs", prompt="x", width=100).status == 422
            server.app.faults.add({"kind": "status", "status": 500, "path": "/sdapi/v1/txt2img"})
            bad = ask("POST", "/jobs", prompt="a cat", steps=1).json()["id"]
            assert events(ask("GET", f"/jobs/{bad}/events"))[-1]["status"] == "failed"
            assert ask("GET", f"/jobs/{bad}/image").status == 502


def test_a_contact_sheet(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    main_of("contact_sheet.py")(["a cat", "--x", "Steps: 1, 2", "--y", "Sampler: Euler a, DDIM", "-o", "s"])
    assert capsys.readouterr().out == "4 pictures, grid.png and index.html in s\n"
    said = [GenerationParameters.from_image(f"s/{index:03}.png") for index in range(4)]
    assert [(one["Steps"], one["Sampler"]) for one in said] == [
        ("1", "Euler a"), ("2", "Euler a"), ("1", "DDIM"), ("2", "DDIM"),
    ]  # fmt: skip
    assert Path("s/index.html").read_text(encoding="utf-8").count("<img ") == 4
    with Image.open("s/grid.png") as grid:
        assert grid.width > 1024
    with pytest.raises(SystemExit):
        main_of("contact_sheet.py")(["a cat", "--x", "Steps"])
    assert "'Steps' is no axis: a name and values are needed" in capsys.readouterr().err


def test_a_folder_upscaled_with_resume(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    (folder := Path("photos/more")).mkdir(parents=True)
    Path("photos/a.png").write_bytes(file_of(noise("RGB", 16, 8)))
    (folder / "b.JPG").write_bytes(file_of(noise("RGB", 8, 8), "JPEG"))
    (folder / "broken.png").write_bytes(b"nothing")
    (folder / "notes.txt").write_bytes(b"nothing")
    upscale = main_of("upscale_folder.py")
    assert upscale(["photos", "large", "--scale", "4"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "3 pictures, 0 done before"
    assert "broken.png: " in said.err
    with Image.open("large/a.png") as one, Image.open("large/more/b.png") as other:
        assert (one.size, other.size) == ((64, 32), (32, 32))
    asked = len(server.requests)
    (folder / "broken.png").write_bytes(file_of(noise("L", 8, 8)))
    assert upscale(["photos", "large", "--scale", "4"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "3 pictures, 2 done before"
    paths = [request.path for request in list(server.requests)[asked:]]
    assert paths.count("/sdapi/v1/extra-single-image") == 1


def test_pictures_restored(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with WebUIApi() as api:
        old = api.txt2img("a cat", seed=7, steps=2, width=64, height=64).save("old.png")[0]
    changed = Image.open(io.BytesIO(old.read_bytes()))
    changed.load()
    parameters = changed.info["parameters"]
    changed.putpixel((0, 0), (1, 2, 3))
    Path("changed.png").write_bytes(file_of(changed))
    Path("none.png").write_bytes(file_of(noise("RGB", 8, 8)))
    restore = main_of("restore.py")
    assert restore(["old.png"]) == 0
    assert capsys.readouterr().out.startswith(f"old.png -> {Path('again/old.png')}: the same; left out: ")
    assert str(GenerationParameters.from_image("again/old.png")) == parameters
    assert restore(["none.png", "gone.png"]) == 1
    assert "none.png: " in (said := capsys.readouterr().err)
    assert "gone.png: " in said
