"""Agent Scheduler: tasks through the queue, what is told of them, and orders."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from PIL import Image

from ..conftest import PATIENCE, ask, until
from ..studio import FlatEngine, colour_of, opened, text_of
from .shop import Shop

ROOT = "/agent-scheduler/v1"
SMALL: dict[str, Any] = {"prompt": "a fox", "width": 64, "height": 64, "steps": 2, "seed": 5}
GONE = {"success": False, "message": "Task not found"}


class Desk:
    """A server with a queue. A task with the prompt `wait` runs until `gate` is set or it is interrupted; one with
    `break` fails."""

    def __init__(self, **settings: Any) -> None:
        self.gate = threading.Event()
        engine = FlatEngine()
        self.shop = Shop(settings.pop("catalog", None), engine=engine, **settings)
        state = self.shop.app.state

        def hold(_done: int) -> None:
            if engine.passes[-1].prompts == ["break"]:
                raise RuntimeError("the engine broke")
            if engine.passes[-1].prompts == ["wait"]:
                until(lambda: self.gate.is_set() or state.progress.interrupted)

        engine.on_step = hold

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = ask(self.shop.app, method, f"{ROOT}{path}", body, **headers)
        assert answer.status == 200, answer.raw
        return answer.body

    def add(self, kind: str = "txt2img", **fields: Any) -> str:
        task: str = self.ask("POST", f"/queue/{kind}", {**SMALL, **fields})["task_id"]
        return task

    def task(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/task/{name}")["data"]
        return found

    def over(self, *names: str) -> None:
        """Wait until these tasks are over."""
        until(lambda: all(self.task(name)["status"] in ("done", "failed", "interrupted") for name in names))

    def running(self, name: str) -> None:
        """Wait until a task runs."""
        until(lambda: self.task(name)["status"] == "running")

    def pending(self) -> list[str]:
        return [task["id"] for task in self.ask("GET", "/queue")["pending_tasks"]]

    def close(self) -> None:
        self.gate.set()
        self.shop.app.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


# --- through the queue


def test_a_task_to_its_results(desk: Desk) -> None:
    name = desk.add()
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name)
    desk.over(name)
    results = desk.ask("GET", f"/task/{name}/results")
    ((image, text),) = [(one["image"], one["infotext"]) for one in results["data"]]
    assert results["success"] is True
    assert opened(image).getpixel((0, 0)) == colour_of(5)
    assert "Seed: 5" in text
    assert desk.ask("GET", f"/results/{name}") == results


def test_the_queue_while_it_works(desk: Desk) -> None:
    first, second = desk.add(prompt="wait"), desk.add()
    desk.running(first)
    queue = desk.ask("GET", "/queue")
    assert (queue["current_task_id"], queue["total_pending_tasks"], queue["paused"]) == (first, 2, False)
    assert [(task["id"], task["status"], task["position"]) for task in queue["pending_tasks"]] == [
        (first, "running", 0), (second, "pending", 1),
    ]  # fmt: skip
    assert desk.ask("GET", f"/task/{second}/position")["data"] == {"status": "pending", "position": 1}
    assert desk.ask("GET", f"/task/{second}/results") == {"success": False, "message": "Task is pending"}
    assert [task["id"] for task in desk.ask("GET", "/queue?limit=1&offset=1")["pending_tasks"]] == [second]
    progress = desk.shop.post("/internal/progress", {"id_task": first}).body
    assert progress["active"] is True
    desk.gate.set()
    desk.over(first, second)
    assert desk.ask("GET", f"/task/{first}/position")["data"] == {"status": "done", "position": None}
    assert desk.pending() == []


def test_what_is_told_of_a_task(desk: Desk) -> None:
    body = {"alwayson_scripts": {"Cutoff": {"args": [False]}}, "checkpoint": "dreamshaper_8"}
    name = desk.add("img2img", init_images=[text_of(Image.new("RGB", (64, 64)))], **body)
    desk.over(name)
    task = desk.task(name)
    assert list(task) == [
        "id", "api_task_id", "api_task_callback", "name", "type", "status", "params", "priority", "position", "result",
        "bookmarked", "created_at", "updated_at",
    ]  # fmt: skip
    assert (task["type"], task["status"], task["name"], task["bookmarked"]) == ("img2img", "done", None, False)
    assert task["params"]["prompt"] == "a fox"
    assert task["params"]["checkpoint"].startswith("dreamshaper_8")
    assert not {"alwayson_scripts", "script_args", "init_images", "mask"} & task["params"].keys()
    assert set(json.loads(task["result"])) == {"images", "infotexts"}
    assert datetime.fromisoformat(task["created_at"]).year > 2000
    (listed,) = desk.ask("GET", "/history")["tasks"]
    assert isinstance(listed["created_at"], int)
    assert listed["updated_at"] >= listed["created_at"]
    (text,) = (one["infotext"] for one in desk.ask("GET", f"/task/{name}/results")["data"])
    assert "Model: dreamshaper_8" in text


def test_a_batch_with_its_grid_and_as_an_archive(desk: Desk) -> None:
    name = desk.add(batch_size=2)
    desk.over(name)
    images = [opened(one["image"]) for one in desk.ask("GET", f"/task/{name}/results")["data"]]
    assert [image.size for image in images] == [(64, 64), (64, 64), (128, 64)]
    answer = desk.shop.get(f"{ROOT}/task/{name}/results?zip=true")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f"attachment; filename=results-{name}.zip"
    with zipfile.ZipFile(io.BytesIO(answer.raw)) as archive:
        assert archive.namelist() == ["00000-5.png", "00001-5.png", "00002-5.png"]
        assert Image.open(io.BytesIO(archive.read("00002-5.png"))).size == (128, 64)


def test_several_pictures_to_start_from_make_a_batch(desk: Desk) -> None:
    pictures = [text_of(Image.new("RGB", (64, 64), colour)) for colour in ("red", "blue")]
    name = desk.add("img2img", init_images=pictures)
    assert desk.task(name)["params"]["batch_size"] == 2
    answer = desk.shop.post(f"{ROOT}/queue/img2img", {**SMALL, "init_images": []})
    assert (answer.status, answer.body["error"]) == (500, "IndexError")


def test_the_sampler(desk: Desk) -> None:
    first = desk.ask("GET", "/samplers")[0]
    assert desk.task(desk.add())["params"]["sampler_name"] == first
    assert desk.task(desk.add(sampler_index="Heun"))["params"]["sampler_name"] == "Heun"
    assert desk.task(desk.add(sampler_name="LMS"))["params"]["sampler_name"] == "LMS"


def test_scripts(desk: Desk) -> None:
    unknown = desk.add(alwayson_scripts={"Never heard of": {"args": []}, "Cutoff": {"args": [True, "red"]}})
    desk.over(unknown)
    (result,) = desk.ask("GET", f"/task/{unknown}/results")["data"]
    assert "Cutoff targets: red" in result["infotext"]
    answer = desk.shop.post(f"{ROOT}/queue/txt2img", {**SMALL, "script_name": "Never heard of"})
    assert (answer.status, answer.body["error"]) == (500, "Exception")
    assert answer.body["errors"] == "Not found script Never heard of"


def test_arguments_as_an_object(desk: Desk) -> None:
    scripts = {"Self Attention Guidance": {"args": {"enabled": True, "scale": 2, "sag_mask_threshold": 0.5}}}
    name = desk.add(alwayson_scripts=scripts)
    desk.over(name)
    (result,) = desk.ask("GET", f"/task/{name}/results")["data"]
    assert "SAG Guidance Scale: 2, SAG Mask Threshold: 0.5" in result["infotext"]


def test_an_unknown_checkpoint_is_passed_over(desk: Desk) -> None:
    name = desk.add(checkpoint="nobody has it", vae="nor that")
    desk.over(name)
    assert desk.task(name)["status"] == "done"
    assert desk.task(name)["params"]["checkpoint"] is None


def test_fields_are_checked(desk: Desk) -> None:
    answer = desk.shop.post(f"{ROOT}/queue/txt2img", {"steps": "many"})
    assert (answer.status, answer.body["detail"][0]["loc"]) == (422, ["body", "steps"])


def test_a_task_that_fails(desk: Desk) -> None:
    name = desk.add(prompt="break")
    desk.over(name)
    task = desk.task(name)
    assert (task["status"], task["result"]) == ("failed", "the engine broke")
    assert desk.ask("GET", f"/task/{name}/results") == {"success": False, "message": "Task is failed"}


# --- history


def test_history(desk: Desk) -> None:
    good, bad = desk.add(), desk.add(prompt="break")
    desk.over(good, bad)
    tasks = desk.ask("GET", "/history")
    assert ([task["id"] for task in tasks["tasks"]], tasks["total"]) == ([bad, good], 2)
    assert [task["id"] for task in desk.ask("GET", "/history?status=failed")["tasks"]] == [bad]
    assert [task["id"] for task in desk.ask("GET", "/history?status=all&limit=1&offset=1")["tasks"]] == [good]
    assert desk.ask("POST", f"/task/{good}/bookmark") == {"success": True, "message": "Task bookmarked"}
    assert [task["id"] for task in desk.ask("GET", "/history?status=bookmarked")["tasks"]] == [good]
    assert desk.ask("POST", f"/task/{good}/unbookmark") == {"success": True, "message": "Task unbookmarked"}
    assert desk.ask("GET", "/history?status=bookmarked")["tasks"] == []
    assert desk.ask("POST", "/history/clear") == {"success": True, "message": "History cleared."}
    assert desk.ask("GET", "/history") == {"tasks": [], "total": 0}
    assert desk.ask("GET", f"/task/{good}") == GONE


# --- orders


def test_pausing_and_clearing(desk: Desk) -> None:
    assert desk.ask("POST", "/queue/pause") == {"success": True, "message": "Queue paused."}
    first, second = desk.add(), desk.add()
    assert desk.ask("GET", "/queue")["paused"] is True
    assert desk.pending() == [first, second]
    assert desk.ask("POST", "/queue/clear") == {"success": True, "message": "Queue cleared."}
    assert desk.pending() == []
    third = desk.add()
    assert desk.ask("POST", "/queue/resume") == {"success": True, "message": "Queue resumed."}
    desk.over(third)


def test_moving(desk: Desk) -> None:
    desk.ask("POST", "/pause")
    first, second, third = (desk.add() for _ in range(3))
    assert desk.ask("POST", f"/task/{third}/move/top") == {"success": True, "message": "Task moved to top"}
    assert desk.pending() == [third, first, second]
    assert desk.ask("POST", f"/task/{third}/move/bottom") == {"success": True, "message": "Task moved to bottom"}
    assert desk.pending() == [first, second, third]
    assert desk.ask("POST", f"/move/{third}/{second}") == {"success": True, "message": "Task moved"}
    assert desk.pending() == [first, third, second]
    assert desk.ask("POST", f"/task/{first}/move/nobody") == GONE
    assert desk.ask("POST", f"/task/nobody/move/{first}") == GONE


def test_running_one_now(desk: Desk) -> None:
    desk.ask("POST", "/queue/pause")
    first, second = desk.add(prompt="wait"), desk.add()
    assert desk.ask("POST", f"/task/{first}/run") == {"success": True, "message": "Task is executing"}
    desk.running(first)
    assert desk.ask("POST", f"/run/{first}") == {"success": False, "message": "Task is running"}
    third = desk.add()
    assert desk.ask("POST", f"/task/{third}/run") == {"success": True, "message": "Task is scheduled to run next"}
    assert desk.pending()[0] == third
    desk.gate.set()
    desk.over(first)
    assert desk.pending() == [third, second]
    answer = desk.shop.post(f"{ROOT}/task/nobody/run")
    assert (answer.status, answer.body["errors"]) == (500, "Task with id nobody not found")


def test_requeueing(desk: Desk) -> None:
    name = desk.add()
    desk.over(name)
    desk.ask("POST", f"/task/{name}/rename?name=fox")
    assert desk.ask("POST", f"/task/{name}/requeue") == {"success": True, "message": "Task requeued"}
    until(lambda: desk.ask("GET", "/history")["total"] == 2)
    (copy,) = [task for task in desk.ask("GET", "/history")["tasks"] if task["id"] != name]
    assert (copy["name"], copy["status"]) == ("Copy of fox", "done")
    assert desk.ask("POST", "/task/requeue-failed") == {"success": False, "message": "No failed tasks"}
    bad = desk.add(prompt="break")
    desk.over(bad)
    assert desk.ask("POST", "/task/requeue-failed") == {"success": True, "message": "Requeued 1 failed tasks"}
    assert desk.task(bad)["status"] == "pending"  # nobody starts the runner, as there
    assert desk.ask("POST", "/requeue/nobody") == GONE


def test_deleting(desk: Desk) -> None:
    desk.ask("POST", "/pause")
    name = desk.add()
    assert desk.ask("DELETE", f"/task/{name}") == {"success": True, "message": "Task deleted"}
    assert desk.ask("GET", f"/task/{name}") == GONE
    answer = ask(desk.shop.app, "DELETE", f"{ROOT}/task/{name}")
    assert (answer.status, answer.body["errors"]) == (500, f"Task with id {name} not found")
    desk.ask("POST", "/resume")
    running = desk.add(prompt="wait")
    desk.running(running)
    assert desk.ask("POST", f"/delete/{running}") == {"success": True, "message": "Task interrupted"}
    desk.over(running)
    assert desk.task(running)["status"] == "interrupted"


def test_changing(desk: Desk) -> None:
    desk.ask("POST", "/pause")
    name = desk.add()
    assert desk.ask("PUT", f"/task/{name}", {"name": "fox"}) == {"success": True, "message": "Task updated."}
    assert desk.ask("PUT", f"/task/{name}", {"params": {"seed": 9}})["success"] is True
    assert (desk.task(name)["name"], desk.task(name)["params"]["seed"]) == ("fox", 5)
    desk.ask("PUT", f"/task/{name}", {"checkpoint": "dreamshaper_8", "params": {"seed": 9}})
    assert (desk.task(name)["params"]["seed"], desk.task(name)["params"]["checkpoint"]) == (9, "dreamshaper_8")
    answer = ask(desk.shop.app, "PUT", f"{ROOT}/task/{name}", {"checkpoint": "dreamshaper_8"})
    assert (answer.status, answer.body["error"]) == (500, "TypeError")
    assert desk.ask("PUT", "/task/nobody", {}) == GONE
    assert desk.ask("POST", f"/rename/{name}?name=owl") == {"success": True, "message": "Task renamed."}
    assert desk.task(name)["name"] == "owl"
    assert ask(desk.shop.app, "POST", f"{ROOT}/task/{name}/rename").body["detail"][0]["loc"] == ["query", "name"]


def test_export_and_import(desk: Desk) -> None:
    desk.ask("POST", "/pause")
    desk.add(seed=8)
    exported = desk.ask("GET", "/export")
    assert json.loads(exported[0]["params"])["args"]["seed"] == 8
    other = Desk()
    try:
        done = other.ask("POST", "/import", {"content": json.dumps(exported)})
        assert done == {"success": True, "message": "Queue imported"}
        until(lambda: other.ask("GET", "/history")["total"] == 1)
        (task,) = other.ask("GET", "/history")["tasks"]
        (result,) = other.ask("GET", f"/task/{task['id']}/results")["data"]
        assert opened(result["image"]).getpixel((0, 0)) == colour_of(8)
    finally:
        other.close()


@pytest.mark.parametrize("content", ["", "no JSON", "5", "[5]", "[{}]", '[{"params": "{}", "type": "audio"}]'])
def test_import_of_anything_else(desk: Desk, content: str) -> None:
    assert desk.ask("POST", "/import", {"content": content}) == {"success": False, "message": "Import Failed"}
    assert desk.pending() == []


def test_tasks_that_are_not_there(desk: Desk) -> None:
    for path in ("", "/position", "/results"):
        assert desk.ask("GET", f"/task/nobody{path}") == GONE
    for path in ("bookmark", "unbookmark", "requeue", "rename"):
        assert desk.ask("POST", f"/task/nobody/{path}?name=x") == GONE


def test_credentials() -> None:
    desk = Desk(api_auth="user:pass")
    try:
        open_ones = [("GET", "/samplers"), ("GET", "/sd-models"), ("GET", "/export"), ("POST", "/task/x/unbookmark")]
        for method, path in open_ones:
            assert ask(desk.shop.app, method, ROOT + path).status == 200
        assert ask(desk.shop.app, "POST", f"{ROOT}/import", {"content": ""}).status == 200
        for method, path in (("GET", "/queue"), ("GET", "/history"), ("GET", "/task/x"), ("POST", "/queue/pause"),
                             ("POST", "/unbookmark/x"), ("DELETE", "/task/x"), ("POST", "/queue/txt2img")):  # fmt: skip
            assert ask(desk.shop.app, method, ROOT + path).status == 401
        assert desk.ask("GET", "/queue", authorization="Basic dXNlcjpwYXNz")["paused"] is False
    finally:
        desk.close()


def test_a_server_that_closes_ends_the_running_task() -> None:
    desk = Desk()
    name = desk.add(prompt="wait")
    desk.running(name)
    closed = threading.Thread(target=desk.shop.app.close)
    closed.start()
    desk.gate.set()
    closed.join(PATIENCE)
    assert not closed.is_alive()


# --- callbacks


@pytest.fixture
def listener() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The address of a server that writes down what is posted to it."""
    from http.server import BaseHTTPRequestHandler, HTTPServer

    posted: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            posted.append((self.headers["content-type"], body))
            self.send_response(500 if len(posted) == 1 else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quietly."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/done?x=1", posted
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_callback(listener: tuple[str, list[tuple[str, bytes]]]) -> None:
    url, posted = listener
    data = {**Shop().app.catalog.data, "agent-scheduler/callbacks": True}
    desk = Desk(catalog=data)
    try:
        name = desk.add(callback_url=url)
        until(lambda: len(posted) == 2)  # the first try was answered with 500
        assert desk.task(name)["api_task_callback"] == url
    finally:
        desk.close()
    kind, body = posted[1]
    boundary = kind.removeprefix("multipart/form-data; boundary=")
    parts = body.split(f"--{boundary}".encode())
    assert [part.partition(b"\r\n\r\n")[0].strip().splitlines()[0] for part in parts[1:-1]] == [
        b'Content-Disposition: form-data; name="task_id"',
        b'Content-Disposition: form-data; name="status"',
        b'Content-Disposition: form-data; name="files"; filename="00000-5.png"',
    ]
    assert parts[1].partition(b"\r\n\r\n")[2] == name.encode() + b"\r\n"
    assert parts[2].partition(b"\r\n\r\n")[2] == b"done\r\n"
    assert Image.open(io.BytesIO(parts[3].partition(b"\r\n\r\n")[2])).size == (64, 64)


def test_no_callback_unless_the_catalogue_allows_it(
    desk: Desk, listener: tuple[str, list[tuple[str, bytes]]], caplog: pytest.LogCaptureFixture
) -> None:
    url, posted = listener
    desk.over(desk.add(callback_url=url))
    until(lambda: "is not allowed by the catalogue" in caplog.text)
    assert posted == []
