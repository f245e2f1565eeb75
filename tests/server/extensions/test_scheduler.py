"""Agent Scheduler: tasks through the queue, and what is told of them then and later."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import datetime

from PIL import Image

from ..studio import colour_of, opened, text_of
from .shop import NO_TASK, SCHEDULER, TASK, Desk

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
    answer = desk.shop.get(f"{SCHEDULER}/task/{name}/results?zip=true")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f"attachment; filename=results-{name}.zip"
    with zipfile.ZipFile(io.BytesIO(answer.raw)) as archive:
        assert archive.namelist() == ["00000-5.png", "00001-5.png", "00002-5.png"]
        assert Image.open(io.BytesIO(archive.read("00002-5.png"))).size == (128, 64)


def test_several_pictures_to_start_from_make_a_batch(desk: Desk) -> None:
    pictures = [text_of(Image.new("RGB", (64, 64), colour)) for colour in ("red", "blue")]
    name = desk.add("img2img", init_images=pictures)
    assert desk.task(name)["params"]["batch_size"] == 2
    answer = desk.shop.post(f"{SCHEDULER}/queue/img2img", {**TASK, "init_images": []})
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
    answer = desk.shop.post(f"{SCHEDULER}/queue/txt2img", {**TASK, "script_name": "Never heard of"})
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
    answer = desk.shop.post(f"{SCHEDULER}/queue/txt2img", {"steps": "many"})
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
    assert desk.ask("GET", f"/task/{good}") == NO_TASK
