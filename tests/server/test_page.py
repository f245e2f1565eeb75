"""The page for people: what it is made of, what it is told, and what a browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from contract.compare import CATALOG
from support.pictures import file_of, noise
from webuiapi.server.app import App
from webuiapi.server.doors import Server, serve

from .conftest import FOREVER, PATIENCE, ask, until
from .mishaps import PAINT, SMALL

CHROMIUM = Path("/usr/bin/chromium")
PICTURE = base64.b64encode(file_of(noise("RGB", 20, 20))).decode()


def news(app: App, since: int | str = 0) -> Any:
    return ask(app, "GET", f"/requests.json?since={since}").body


def test_it_comes_in_one_piece(app: App) -> None:
    answer = ask(app, "GET", "/")
    page = answer.raw.decode()
    policy = answer.headers["content-security-policy"]
    assert ask(app, "GET", "/requests").raw == answer.raw
    for tag in ("style", "script"):
        (content,) = re.findall(f"(?s)<{tag}>(.*?)</{tag}>", page)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not re.findall(r"https?://|@import|url\(|innerHTML|\son\w+=", page)
    assert "AUTOMATIC1111 1.10.1" in page


def test_names_of_checkpoints_are_text() -> None:
    title = "<script>alert(1)</script>.ckpt"
    item = {"title": title, "model_name": "x", "hash": None, "sha256": None, "filename": "/x.ckpt", "config": None}
    with App({**json.loads(CATALOG.read_text()), "sd-models": [item]}) as app:
        page = ask(app, "GET", "/").raw.decode()
    assert html.escape(title) in page
    assert title not in page


def test_what_it_is_told(app: App) -> None:
    assert news(app) == {"version": 0, "oldest": 1, "progress": None, "requests": []}
    ask(app, "POST", "/sdapi/v1/img2img", {**SMALL, "init_images": [PICTURE]}, user_agent="me", authorization="secret")
    found = news(app)
    (shown,) = found["requests"]
    assert {name: shown[name] for name in ("number", "method", "path", "query", "fault", "status", "headers")} == {
        "number": 1, "method": "POST", "path": "/sdapi/v1/img2img", "query": "", "fault": None, "status": 200,
        "headers": {"user-agent": "me"},
    }  # fmt: skip
    assert json.loads(shown["json"]) == {**SMALL, "init_images": [f"(png, {len(PICTURE)} letters)"]}
    for pictures in (shown["sent"], shown["pictures"]):
        (uri,) = pictures
        assert base64.b64decode(uri.removeprefix("data:image/jpeg;base64,")).startswith(b"\xff\xd8\xff")
    assert news(app, found["version"])["requests"] == []
    assert len(news(app, "odd")["requests"]) == len(news(app, "9" * 99)["requests"]) == 1
    app.reset()
    assert news(app, found["version"])["oldest"] == 2


def test_numbers_and_letters_that_json_does_not_know(app: App) -> None:
    ask(app, "POST", "/sdapi/v1/png-info", b'{"image": NaN, "\\ud800": "\\udfff"}')
    ask(app, "GET", "/x?\x80")
    assert [json.loads(one["json"]) if one["json"] else None for one in news(app)["requests"]][1:] == [None]
    assert "NaN" in news(app)["requests"][0]["json"]


def test_the_running_job() -> None:
    with ThreadPoolExecutor(2) as pool, App(CATALOG, step_time=FOREVER) as app:
        app.state.options.change("show_progress_every_n_steps", 1)
        running = pool.submit(ask, app, *PAINT)
        until(lambda: app.state.progress.sampling_step == 1)
        waiting = pool.submit(ask, app, "POST", "/sdapi/v1/refresh-vae")
        until(lambda: len(app.state.turnstile) == 1)
        job = news(app)["progress"]
        assert job.pop("preview").startswith("data:image/png;base64,")
        assert job == {"job": "scripts_txt2img", "share": 0.5, "step": 1, "steps": 2, "waiting": 1}
        app.state.options.put("show_progress_every_n_steps", "odd")
        assert news(app)["progress"]["step"] == 1, "whatever the options are"
        app.state.progress.stop(interrupt=True)
        running.result(PATIENCE)
        waiting.result(PATIENCE)
        assert news(app)["progress"] is None


# --- in a browser


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(catalog=CATALOG, seed=1, step_time=0) as server:
        yield server


def rendered(server: Server, folder: Path) -> str:
    """The page as it is after the browser has run it for some (virtual) time."""
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", f"--user-data-dir={folder}", "--virtual-time-budget=3000", "--dump-dom",
            f"{server.url}/requests",
        ],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    return done.stdout


needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium here")


@needs_chromium
def test_requests_in_a_browser(server: Server, tmp_path: Path) -> None:
    evil = """<img src=x onerror="document.title='owned'"></pre><script>document.title='owned'</script>"""
    ask(server.app, "POST", "/sdapi/v1/img2img", {**SMALL, "prompt": evil, "init_images": [PICTURE]})
    server.app.faults.add({"kind": "memory", "times": 1})
    ask(server.app, *PAINT)
    page = rendered(server, tmp_path)
    assert "<title>webuiapi, embedded server</title>" in page
    assert f'<div class="prompt">{html.escape(evil, quote=False)}</div>' in page
    (requests,) = re.findall(r'(?s)<div id="requests">(.*)</div>\s*<h2>', page)
    assert re.findall(r'class="status (\w+)">(\w+)<', requests) == [("bad", "500"), ("good", "200")], "newest first"
    assert re.findall(r'<img class="(\w+)"', requests) == ["sent", "answered"]
    assert "fault: memory" in requests
    assert 'id="none" hidden' in page


@needs_chromium
def test_a_job_in_a_browser(server: Server, tmp_path: Path) -> None:
    app = server.app
    app.state.step_time = FOREVER
    app.state.options.change("show_progress_every_n_steps", 1)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(ask, app, *PAINT)
        until(lambda: app.state.progress.sampling_step == 1)
        page = rendered(server, tmp_path)
        app.state.progress.stop(interrupt=True)
        call.result(PATIENCE)
    assert '<span id="what">scripts_txt2img</span>' in page
    assert '<span id="steps">50 %, step 1 of 2</span>' in page
    assert re.search(r'<img id="preview" alt="" src="data:image/png;base64,\w', page)
    assert '<span class="status">...</span>' in page


@needs_chromium
def test_a_guarded_server_in_a_browser(tmp_path: Path) -> None:
    with serve(catalog=CATALOG, api_auth="me:secret") as server:
        ask(server.app, *PAINT)
        page = rendered(server, tmp_path)
    assert '<form id="login">' in page
    assert "/sdapi/v1/txt2img" not in page
