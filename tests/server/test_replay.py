"""Every recorded exchange that can be sent again, held against the embedded server."""

from __future__ import annotations

import gzip
import http.client
import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from contract.compare import CATALOG, Recording, differences, parsed, recorded, recordings
from webuiapi.server.app import App
from webuiapi.server.doors import Server, serve

from .conftest import FOREVER, PATIENCE, ask, hold, until

PLAIN = ("get", "misc", "options", "txt2img", "img2img", "extras")
AUTH = "user:pass,user2:pass2"


def described(*folders: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recording", recordings(*folders), ids=lambda item: item.name)


def test_all_are_there() -> None:
    count = {folder: len(recordings(folder)) for folder in (*PLAIN, "auth", "nowebui")}
    assert count == {
        "get": 21, "misc": 13, "options": 9, "txt2img": 67, "img2img": 25, "extras": 25, "auth": 12, "nowebui": 10,
    }  # fmt: skip


@described(*PLAIN)
def test_plain(app: App, recording: Recording) -> None:
    if recording.name == "options/txt2img_after_switch":
        hold(app, recorded("options/options_switch_checkpoint"))
    hold(app, recording)


def test_the_request_that_the_timeline_watches(app: App) -> None:
    hold(app, recorded("running/progress_final_txt2img"))


@described("auth")
def test_auth(recording: Recording) -> None:
    with App(CATALOG, api_auth=AUTH) as app:
        hold(app, recording)


def catalog_without_ui() -> dict[str, Any]:
    """The second server's: both checkpoints were hashed when it started."""
    catalog: dict[str, Any] = json.loads(CATALOG.read_bytes())
    catalog["sd-models"] = recorded("options/sdmodels_after_switch").response["body"]
    for script in catalog["script-info"]:
        for argument in script["args"]:
            if script["name"] == "refiner" and argument["label"] == "Checkpoint":
                argument["choices"] = [item["title"] for item in catalog["sd-models"]]
    return catalog


@described("nowebui")
def test_without_user_interface(recording: Recording) -> None:
    with App(catalog_without_ui(), nowebui=True) as app:
        hold(app, recording)


AFTERWARDS = [
    ("options/options_switch_checkpoint", "options/options_after_switch"),
    ("options/options_switch_checkpoint", "options/sdmodels_after_switch"),
    ("options/options_outdir_set", "options/options_get_after"),
    ("options/options_wrong_type", "options/options_get_bad_type"),
    ("misc/create_embedding", "misc/embeddings_after_create"),
    ("misc/create_embedding", "misc/create_embedding_again"),
    ("misc/create_hypernetwork", "misc/hypernetworks_after_create"),
    ("misc/interrupt_idle", "misc/progress_after_interrupt_idle"),
]


@pytest.mark.parametrize(("first", "second"), AFTERWARDS, ids=str)
def test_one_after_the_other(app: App, first: str, second: str) -> None:
    hold(app, recorded(first))
    hold(app, recorded(second))


# --- while a job runs


@pytest.fixture
def slow(pool: ThreadPoolExecutor) -> Iterator[App]:
    """A server whose steps take until somebody stops them; closed before the threads are waited for."""
    with App(CATALOG, step_time=FOREVER) as app:
        yield app


def stands_in_a_step(app: App, job_no: int = 0) -> None:
    until(lambda: (app.state.progress.job_no, app.state.progress.sampling_step) == (job_no, 1))


def test_interrupted(slow: App, pool: ThreadPoolExecutor) -> None:
    call = pool.submit(hold, slow, recorded("running/txt2img_interrupted"))
    stands_in_a_step(slow)
    hold(slow, recorded("running/interrupt_running"))
    call.result(PATIENCE)
    assert ask(slow, "GET", "/sdapi/v1/progress").body["state"]["interrupted"] is True


def test_right_after_an_interrupt(app: App) -> None:
    seen = recorded("running/progress_right_after_interrupt")
    with app.state.queued("txt2img", None, "scripts_txt2img") as job:
        job.begin(3)
        job.begin_batch(0, 3)
        job.step(6, 150, lambda: Image.new("RGB", (8, 8)))
        hold(app, recorded("running/interrupt_running"))
        hold(app, seen)
        found = ask(app, "GET", seen.request["path"]).body
    assert found["progress"] == pytest.approx(seen.response["body"]["progress"])
    assert found["state"] | {"job_timestamp": ""} == seen.response["body"]["state"] | {"job_timestamp": ""}


def test_skipped(slow: App, pool: ThreadPoolExecutor) -> None:
    call = pool.submit(hold, slow, recorded("running/txt2img_skipped"))
    for batch in range(2):
        stands_in_a_step(slow, batch)
        hold(slow, recorded("running/skip_running"))
    call.result(PATIENCE)


def test_waiting_behind_a_task_and_those_that_failed_before_their_start(slow: App, pool: ThreadPoolExecutor) -> None:
    broken = {"init_images": ["notbase64!!"]}
    assert [ask(slow, "POST", "/sdapi/v1/img2img", broken).status for _ in range(5)] == [500] * 5
    first = pool.submit(ask, slow, "POST", "/sdapi/v1/txt2img", {"width": 64, "height": 64})
    stands_in_a_step(slow)
    second = {"width": 64, "height": 64, "force_task_id": "task(B)"}
    pool.submit(ask, slow, "POST", "/sdapi/v1/txt2img", second)
    until(lambda: len(slow.state.turnstile) == 1)
    queued, pending = recorded("running/internal_progress_queued"), recorded("running/pending_tasks_two")
    hold(slow, queued)
    hold(slow, pending)
    assert ask(slow, "POST", "/internal/progress", queued.request["body"]).body == queued.response["body"]
    found = ask(slow, "GET", "/internal/pending-tasks").body
    assert (found["size"], found["tasks"][-1]) == (6, "task(B)")
    assert all(task.startswith("task(img2img-") for task in found["tasks"][:-1])
    assert not first.done()


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("txt2img_with_task_id", "internal_progress_completed"),
        ("txt2img_failing_with_task_id", "internal_progress_failed"),
    ],
)
def test_tasks_afterwards(app: App, call: str, name: str) -> None:
    hold(app, recorded(f"running/{call}"))
    seen = recorded(f"running/{name}")
    assert ask(app, "POST", "/internal/progress", seen.request["body"]).body == seen.response["body"]


def test_after_a_failed_upscaling(app: App) -> None:
    hold(app, recorded("extras/extra_single_unknown_upscaler"))
    seen = recorded("running/progress_after_failed_extras")
    hold(app, seen)
    found = ask(app, "GET", "/sdapi/v1/progress").body
    assert (found["progress"], found["state"]["job"], found["state"]["job_count"]) == (1.0, "Upscale", 1)


# --- through a socket


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(catalog=CATALOG) as server:
        yield server


def over_socket() -> list[Recording]:
    """A few of each folder, and everything odd about the form of a request."""
    odd = [
        f"txt2img/txt2img_{name}" for name in ("malformed_json", "empty_raw", "json_list", "form", "no_content_type")
    ]
    some = itertools.chain.from_iterable(recordings(folder)[:8] for folder in ("get", "misc", "options"))
    return [*some, recorded("get/trailing_slash"), recorded("get/txt2img_get_405"), *map(recorded, odd)]


@pytest.mark.parametrize("recording", over_socket(), ids=lambda item: item.name)
def test_over_a_socket(server: Server, recording: Recording) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    try:
        connection.request(
            recording.request["method"],
            recording.request["path"],
            recording.body or None,
            {"accept-encoding": "identity", **recording.headers},
        )
        response = connection.getresponse()
        raw = response.read()
    finally:
        connection.close()
    headers = {name.lower(): value for name, value in response.getheaders()}
    if headers.get("content-encoding") == "gzip":
        raw = gzip.decompress(raw)
    assert differences(recording, response.status, headers, parsed(raw)) == []
