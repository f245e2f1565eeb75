"""The table in docs/reliability.md: what each fault of the embedded server comes to, for each kind of call."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import webuiapi
from conftest import Connect
from support.callers import submit
from webuiapi import Txt2Img
from webuiapi.jobs import TaskLost
from webuiapi.server import serve

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"
CALLS = ("GET", "POST that sets something", "generation", "job, with a task id")
METHODS = ("GET", "POST", "POST", "POST")
PATHS = ("/sdapi/v1/samplers", "/sdapi/v1/options", "/sdapi/v1/txt2img", "/sdapi/v1/txt2img")
FAULTS: dict[str, dict[str, Any]] = {
    "`refuse`: closed before the request was read": {"kind": "refuse"},
    "`hang`: no answer, or it stops": {"kind": "hang"},
    "`cut`: closed within the answer": {"kind": "cut"},
    "`reset`: reset before the server began": {"kind": "reset"},
    "`reset`: reset within the answer": {"kind": "reset", "at": 2},
    "`length`: Content-Length too large": {"kind": "length", "by": 50},
    "`html`: a proxy's 502 or 504, nothing begun": {"kind": "html"},
    "`memory`: out of graphics memory": {"kind": "memory"},
    "`unavailable`: 503": {"kind": "unavailable"},
    "`restart`: the server starts anew": {"kind": "restart"},
    "`gzip`: not what it says": {"kind": "gzip"},
}
SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 1}


def rows() -> dict[str, list[str]]:
    """The cells of each row by its first one."""
    table = PAGE.read_text("utf-8").partition("<!-- faults: a row a fault -->")[2].partition("<!-- end -->")[0]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n") if line[:1] == "|"]
    assert found[0] == ["fault", *CALLS]
    return {first: cells for first, *cells in found[2:]}


def expected(cell: str) -> type[Exception] | None:
    """The error that a cell names; None where the call succeeds after all."""
    if cell == "again":
        return None
    name = re.findall(r"`(\w+)`", cell)[0]
    found: type[Exception] = TaskLost if name == "TaskLost" else getattr(webuiapi, name)
    return found


@pytest.mark.parametrize("call", range(4), ids=["GET", "POST", "generation", "job"])
@pytest.mark.parametrize("fault", FAULTS)
def test_what_each_fault_comes_to(connect: Connect, fault: str, call: int) -> None:
    error = expected(rows()[fault][call])
    timeout = 0.3 if FAULTS[fault]["kind"] == "hang" else 10
    with serve(faults=[{**FAULTS[fault], "path": PATHS[call], "method": METHODS[call], "times": 1}]) as server:
        caller = connect(url=server.url, timeout=timeout, retries=3)

        def do() -> Any:
            if call == 0:
                return caller.get_samplers()
            if call == 1:
                return caller.set_options({"CLIP_stop_at_last_layers": 2})
            if call == 2:
                return caller.txt2img("a", **SMALL)
            return caller.finish(submit(caller, Txt2Img("a", **SMALL)).result())

        if error is None:
            do()
        else:
            with pytest.raises(error) as caught:
                do()
            assert type(caught.value) is error
        asked = [
            request.fault
            for request in server.requests
            if (request.method, request.path) == (METHODS[call], PATHS[call])
        ]
        assert asked == [FAULTS[fault]["kind"], *[None] * (error is None)], "again where it is safe, and only there"
        assert len(caller.get_samplers()) > 0, "the client stays usable"
