"""Agent Scheduler: orders to the queue and to tasks, and who may give them."""

from __future__ import annotations

import json
import threading

import pytest

from ..conftest import PATIENCE, ask, until
from ..studio import colour_of, opened
from .shop import NO_TASK, SCHEDULER, Desk


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
    assert desk.ask("POST", f"/task/{first}/move/nobody") == NO_TASK
    assert desk.ask("POST", f"/task/nobody/move/{first}") == NO_TASK


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
    answer = desk.shop.post(f"{SCHEDULER}/task/nobody/run")
    assert (answer.status, answer.body["errors"]) == (500, "Task with id nobody not found")


def test_none_is_run_twice_at_once(desk: Desk) -> None:
    state = desk.shop.app.state
    with state.turnstile:
        name = desk.add()
        until(lambda: len(state.turnstile) == 1)
        assert desk.ask("POST", f"/task/{name}/run") == {"success": True, "message": "Task is executing"}
    until(lambda: not [one for one in threading.enumerate() if one.name == "webuiapi-agent-scheduler"])
    assert desk.task(name)["status"] == "done"
    assert len(desk.engine.passes) == 1


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
    assert desk.ask("POST", "/requeue/nobody") == NO_TASK


def test_deleting(desk: Desk) -> None:
    desk.ask("POST", "/pause")
    name = desk.add()
    assert desk.ask("DELETE", f"/task/{name}") == {"success": True, "message": "Task deleted"}
    assert desk.ask("GET", f"/task/{name}") == NO_TASK
    answer = ask(desk.shop.app, "DELETE", f"{SCHEDULER}/task/{name}")
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
    answer = ask(desk.shop.app, "PUT", f"{SCHEDULER}/task/{name}", {"checkpoint": "dreamshaper_8"})
    assert (answer.status, answer.body["error"]) == (500, "TypeError")
    assert desk.ask("PUT", "/task/nobody", {}) == NO_TASK
    assert desk.ask("POST", f"/rename/{name}?name=owl") == {"success": True, "message": "Task renamed."}
    assert desk.task(name)["name"] == "owl"
    assert ask(desk.shop.app, "POST", f"{SCHEDULER}/task/{name}/rename").body["detail"][0]["loc"] == ["query", "name"]


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
        assert desk.ask("GET", f"/task/nobody{path}") == NO_TASK
    for path in ("bookmark", "unbookmark", "requeue", "rename"):
        assert desk.ask("POST", f"/task/nobody/{path}?name=x") == NO_TASK


def test_credentials() -> None:
    desk = Desk(api_auth="user:pass")
    try:
        open_ones = [("GET", "/samplers"), ("GET", "/sd-models"), ("GET", "/export"), ("POST", "/task/x/unbookmark")]
        for method, path in open_ones:
            assert ask(desk.shop.app, method, SCHEDULER + path).status == 200
        assert ask(desk.shop.app, "POST", f"{SCHEDULER}/import", {"content": ""}).status == 200
        for method, path in (("GET", "/queue"), ("GET", "/history"), ("GET", "/task/x"), ("POST", "/queue/pause"),
                             ("POST", "/unbookmark/x"), ("DELETE", "/task/x"), ("POST", "/queue/txt2img")):  # fmt: skip
            assert ask(desk.shop.app, method, SCHEDULER + path).status == 401
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
