"""Schemathesis on the server's own `/openapi.json`: it serves what it says, and breaks in no way of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import content_type_conformance, response_schema_conformance

from webuiapi.server import App, Server, serve
from webuiapi.server.http import Request, Response

from .extensions.test_fuzz import CAUSES as MEANT
from .test_fuzz import FEW, LIMITS, LONG, hold, soaking

__all__ = ["soaking"]

ENDING = {"/sdapi/v1/server-kill", "/sdapi/v1/server-restart", "/sdapi/v1/server-stop"}
"""What ends the server that the others are sent to."""
OF_THE_WEBUI = ("/sdapi/", "/internal/")
PATIENCE = 10
"""Seconds after which an answer counts as none."""


def operations() -> list[Any]:
    with App(seed=1) as app:
        described = json.loads(app.handle(Request("GET", "/openapi.json")).body)
    schema: Any = schemathesis.openapi.from_dict(described)
    found = [result.ok() for result in schema.get_all_operations()]
    return [pytest.param(operation, id=operation.label) for operation in found if operation.path not in ENDING]


OPERATIONS = operations()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(App(seed=1, limits=LIMITS)) as server:
        yield server


def send(operation: Any, server: Server, how: settings) -> None:
    # What has no body can hardly be called wrongly.
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE) if operation.body else (GenerationMode.POSITIVE,):

        @settings(how, suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy(generation_mode=mode))
        def once(case: Any) -> None:
            response = case.call(base_url=server.url, timeout=PATIENCE, headers={"Accept-Encoding": "identity"})
            if response.status_code == 200:
                case.validate_response(response, checks=[content_type_conformance, response_schema_conformance])
            elif case.operation.path.startswith(OF_THE_WEBUI):
                hold_refusal(response, case)
            else:
                hold_extension(response, server)

        once()


def hold_refusal(response: Any, case: Any) -> None:
    headers = {name: values[0] for name, values in response.headers.items()}
    body = json.dumps(case.body, default=str).encode()
    hold(Response(response.status_code, headers, response.content), body)


def hold_extension(response: Any, server: Server) -> None:
    """Extensions refuse in forms of their own; a 500 has the webui's, and a cause that is meant."""
    body = response.json()
    assert response.status_code in (202, 400, 404, 422, 500)
    if response.status_code == 202:  # a job that would go on behind the answer
        gone = server.app.handle(Request("DELETE", f"/deforum_api/batches/{body['batch_id']}"))
        assert gone.status == 200
    if response.status_code == 500 and "error" in body:
        assert body["error"] in MEANT, body


def test_there_is_something_to_try() -> None:
    assert len(OPERATIONS) > 100


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_it_says_of_itself(server: Server, operation: Any) -> None:
    send(operation, server, FEW)


@pytest.mark.soak
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_it_says_of_itself_at_length(server: Server, operation: Any, soaking: None) -> None:
    send(operation, server, settings(LONG, max_examples=200))
