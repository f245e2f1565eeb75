"""The rules of faults: which requests they meet, where they come from, and how they are sent to a server."""

from __future__ import annotations

import base64
import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.compare import CATALOG
from webuiapi.errors import ConnectionLost
from webuiapi.server.app import App
from webuiapi.server.fault_kinds import COMMON, KINDS
from webuiapi.server.faults import Fault, Faults

from ..conftest import PATIENCE, ask, until
from ..mishaps import Send, named, value

# --- which requests


def struck(faults: Faults, count: int, method: str = "GET", path: str = "/x") -> str:
    return "".join("x" if faults.pick(method, path) else "." for _ in range(count))


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ({}, "xxxxxxxx"),
        ({"times": 2}, "xx......"),
        ({"after": 3}, "...xxxxx"),
        ({"after": 2, "times": 3}, "..xxx..."),
        ({"times": 0}, "........"),
        ({"probability": 0}, "........"),
    ],
)
def test_counting(rule: dict[str, Any], pattern: str) -> None:
    assert struck(Faults({"kind": "refuse", **rule}), 8) == pattern


@pytest.mark.parametrize(
    ("rule", "met"),
    [
        ({"path": "/sdapi/v1/txt2img"}, True),
        ({"path": "/sdapi/v1/*img"}, True),
        ({"path": "/sdapi/*", "method": "post"}, True),
        ({"path": "/sdapi/v1/TXT2IMG"}, False),
        ({"method": "GET"}, False),
        ({"method": "P*"}, True),
        ({"path": "txt2img"}, False),
    ],
)
def test_patterns(rule: dict[str, Any], met: bool) -> None:
    faults = Faults({"kind": "refuse", **rule})
    assert struck(faults, 1, "POST", "/sdapi/v1/txt2img") == ("x" if met else ".")
    assert faults.listed()[0]["seen"] == int(met)


def test_the_first_that_strikes_has_the_request() -> None:
    faults = Faults([{"kind": "reset", "after": 1, "times": 1}, {"kind": "refuse"}, {"kind": "cut"}])
    kinds = [fault.kind for fault in (faults.pick("GET", "/") for _ in range(3)) if fault]
    assert kinds == ["refuse", "reset", "refuse"]
    assert [(rule["seen"], rule["struck"]) for rule in faults.listed()] == [(3, 1), (2, 2), (0, 0)]


def test_chance_comes_from_a_seed() -> None:
    rule = {"kind": "refuse", "probability": 0.5}
    assert struck(Faults({"seed": 7, "rules": [rule]}), 50) == struck(Faults({"seed": 7, "rules": [rule]}), 50)
    faults = Faults([rule])
    chance = random.Random(0)
    expected = "".join("x" if chance.random() < 0.5 else "." for _ in range(50))
    assert struck(faults, 50) == expected, "without one it is 0"
    faults.reset()
    assert struck(faults, 50) == expected
    faults.add({"seed": 0, "rules": []})
    assert struck(faults, 50) == expected


def test_a_reset_of_rules() -> None:
    faults = Faults({"kind": "refuse", "times": 1})
    faults.add({"kind": "cut"})
    assert struck(faults, 2) == "xx"
    faults.reset()
    assert [(rule["kind"], rule["seen"]) for rule in faults.listed()] == [("refuse", 0)]
    faults.clear()
    assert faults.listed() == []
    assert struck(faults, 2) == ".."


def test_one_of_many_at_once() -> None:
    faults = Faults({"kind": "refuse", "times": 1})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: faults.pick("GET", "/"), range(64)))
    assert sum(fault is not None for fault in found) == 1


# --- where rules come from


def test_rules_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('{"seed": 3, "rules": [{"kind": "busy", "retry_after": null}]}')
    with App(CATALOG, faults=file) as app:
        assert "retry-after" not in ask(app, "GET", "/internal/ping").headers
        app.reset()
        assert ask(app, "GET", "/internal/ping").status == 429
    with App(CATALOG, faults=str(file)) as app:
        assert ask(app, "GET", "/internal/ping").status == 429
    file.write_text("[")
    with pytest.raises(ValueError, match=r"faults\.json: no JSON: "):
        Faults(file)
    file.write_text('{"kind": "coffee"}')
    with pytest.raises(ValueError, match=r"faults\.json: there is no fault of the kind 'coffee'; there are refuse, "):
        Faults(file)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ([{}], "a fault is an object with a kind: refuse, delay, hang"),
        (["cut"], "a fault is an object with a kind"),
        ({"rules": 3}, "faults are a list of rules"),
        ({"rules": "cut"}, "faults are a list of rules"),
        ({"rules": [], "seed": "x"}, "the seed of faults is a whole number"),
        ({"kind": "delay"}, "the fault 'delay' wants as 'seconds' a number from 0 to 1e+09"),
        ({"kind": "delay", "seconds": -1}, "wants as 'seconds'"),
        ({"kind": "delay", "seconds": True}, "wants as 'seconds'"),
        ({"kind": "delay", "seconds": float("nan")}, "wants as 'seconds'"),
        ({"kind": "cut", "by": 1}, "the fault 'cut' has no 'by'; it has method, path, times, after"),
        ({"kind": "length", "by": 0}, "wants as 'by' a whole number from -1099511627776 to 1099511627776 other than 0"),
        ({"kind": "image", "how": "oddly"}, "wants as 'how' one of cut, base64, empty, text"),
        ({"kind": "cut", "method": 3}, "wants as 'method' a text"),
        ({"kind": "cut", "probability": 2}, "wants as 'probability' a number from 0 to 1"),
        ({"kind": "cut", "times": 1.5}, "wants as 'times' a whole number from 0 to 1099511627776 or null"),
        ({"kind": "status", "status": 99}, "wants as 'status' a whole number from 200 to 599"),
        ({"kind": "status", "status": 200, "body": float("inf")}, "wants as 'body' anything that JSON can hold"),
        ({"kind": "status", "status": 200, "headers": {"A B": "c"}}, "wants as 'headers' an object of header fields"),
        ({"kind": "status", "status": 200, "headers": {"A": "b\r\nC: d"}}, "wants as 'headers'"),
        ({"kind": "status", "status": 200, "headers": {"Content-Length": "9"}}, "wants as 'headers'"),
    ],
    ids=named,
)
def test_what_is_wrong_with_a_rule(source: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        Faults(source)
    assert text in str(caught.value)
    with App(CATALOG) as app:
        sent = json.dumps(source)
        answer = ask(app, "POST", "/faults", sent.encode())
        assert answer.status == 422
        assert text in answer.body["detail"]
        assert app.faults.listed() == []


PARAMETERS = sorted({"kind", "odd", *COMMON, *(name for kind in KINDS.values() for name in kind.parameters)})


@given(
    st.dictionaries(
        st.sampled_from(PARAMETERS),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(sorted(KINDS))
        | st.lists(st.integers()) | st.dictionaries(st.text(), st.text()),
    )
)  # fmt: skip
def test_any_rule_is_taken_or_refused(described: dict[str, Any]) -> None:
    try:
        fault = Fault.of(described)
    except ValueError:
        return
    assert fault.kind == described["kind"]
    assert set(fault.values) == {*COMMON, *KINDS[fault.kind].parameters}


# --- over HTTP


def test_rules_over_http(app: App, send: Send) -> None:
    assert value(send("GET", "/faults")) == []
    added = value(send("POST", "/faults", {"kind": "cut", "path": "*ping", "times": 1}))
    assert added == [
        {
            "kind": "cut", "method": "*", "path": "*ping", "times": 1, "after": 0, "probability": 1, "delay": 0,
            "at": None, "seen": 0, "struck": 0,
        }
    ]  # fmt: skip
    with pytest.raises(ConnectionLost):
        send("GET", "/internal/ping")
    send("POST", "/faults", {"rules": [{"kind": "memory"}, {"kind": "hang"}]})
    send("POST", "/faults", [{"kind": "hang"}])
    assert [(rule["kind"], rule["struck"]) for rule in value(send("GET", "/faults"))] == [
        ("cut", 1), ("memory", 0), ("hang", 0), ("hang", 0),
    ]  # fmt: skip
    assert value(send("DELETE", "/faults")) == []
    assert send("GET", "/internal/ping").status == 200


def test_let_go_over_http(app: App, send: Send) -> None:
    app.faults.add({"kind": "hang"})
    with ThreadPoolExecutor(1) as pool:
        for let_go in (("POST", "/faults/release"), ("DELETE", "/faults")):
            call = pool.submit(send, "GET", "/internal/ping")
            until(lambda: app.faults.waiting == 1)
            assert send(*let_go).status == 200
            assert call.result(PATIENCE).status == 200


def test_they_are_not_faulty_themselves(app: App) -> None:
    app.faults.add({"kind": "memory"})
    assert ask(app, "GET", "/faults").body[0]["seen"] == 0
    assert ask(app, "GET", "/requests.json").status == 200
    assert ask(app, "PUT", "/faults").status == 405
    assert ask(app, "GET", "/").status == 500
    assert [received.path for received in app.requests] == ["/"]


def test_they_ask_for_the_password() -> None:
    right = "Basic " + base64.b64encode(b"me:secret").decode()
    with App(CATALOG, api_auth="me:secret") as app:
        for method, path in (("GET", "/faults"), ("POST", "/faults"), ("DELETE", "/faults"), ("GET", "/requests.json")):
            assert ask(app, method, path, [] if method == "POST" else None).status == 401
            assert ask(app, method, path, [] if method == "POST" else None, authorization=right).status == 200
        assert ask(app, "GET", "/requests").status == 200, "it says nothing by itself"


def test_pages_from_elsewhere_may_not_use_them(app: App) -> None:
    rule = {"kind": "memory"}
    assert ask(app, "POST", "/faults", rule, origin="http://elsewhere", host="127.0.0.1:1").status == 403
    assert ask(app, "POST", "/faults", rule, origin="null", host="127.0.0.1:1").status == 403
    assert app.faults.listed() == []
    assert ask(app, "POST", "/faults", rule, origin="http://127.0.0.1:1", host="127.0.0.1:1").status == 200
