"""What a server remembers of the requests that it has received, and a server put back to how it was made."""

from __future__ import annotations

import base64
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from contract.compare import CATALOG
from support.pictures import file_of, noise
from webuiapi.server.app import App
from webuiapi.server.doors import serve
from webuiapi.server.http import Dropped, Request, Response
from webuiapi.server.limits import Limits
from webuiapi.server.record import Received, Record, without_pictures

from .conftest import FOREVER, PATIENCE, ask, until
from .mishaps import PAINT, PING, SMALL, exchange

BIG = base64.b64encode(file_of(noise("RGB", 300, 200))).decode()
"""A picture whose text is long enough to be made smaller."""


def sizes(copies: tuple[bytes, ...]) -> list[tuple[int, int]]:
    opened = [Image.open(io.BytesIO(data)) for data in copies]
    assert [image.format for image in opened] == ["JPEG"] * len(copies)
    return [image.size for image in opened]


# --- of a server


def test_what_is_remembered(app: App) -> None:
    before = datetime.now(timezone.utc)
    ask(app, "GET", "/sdapi/v1/progress?skip_current_image=1", user_agent="me")
    ask(app, *PAINT)
    ask(app, "POST", "/sdapi/v1/txt2img", b"[broken")
    ask(app, "GET", "/nowhere")
    first, second, third, fourth = app.requests
    assert (first.number, first.method, first.path, first.query) == (
        1,
        "GET",
        "/sdapi/v1/progress",
        "skip_current_image=1",
    )
    assert (first.json, first.status, first.fault, first.pictures) == (None, 200, None, ())
    assert first.headers == {"user-agent": "me"}
    assert (second.json, second.body) == (SMALL, json.dumps(SMALL).encode())
    assert second.seconds is not None
    assert 0 < second.seconds < PATIENCE
    assert before <= first.at <= second.at <= datetime.now(timezone.utc)
    assert sizes(second.pictures) == [(64, 64)]
    assert second.sent_pictures == ()
    assert (third.json, third.status, third.body) == (None, 422, b"[broken")
    assert fourth.status == 404


def test_no_credentials(app: App) -> None:
    secret = {
        "authorization": "Basic 1x", "proxy_authorization": "2y", "cookie": "3z", "x_api_key": "4k", "x_token": "5t",
    }  # fmt: skip
    ask(app, "GET", "/internal/ping", accept="*/*", **secret)
    assert app.requests[0].headers == {"accept": "*/*"}
    for text in secret.values():
        assert text not in repr(app.requests[0])


def test_while_it_is_worked_on(pool: ThreadPoolExecutor) -> None:
    with App(CATALOG, step_time=FOREVER) as app:
        call = pool.submit(ask, app, *PAINT)
        until(lambda: app.state.progress.sampling_step == 1)
        (received,) = app.requests
        assert (received.status, received.seconds, received.json) == (None, None, SMALL)
        app.state.progress.stop(interrupt=True)
        call.result(PATIENCE)
        assert received.status == 200
        assert len(received.pictures) == 1


def test_faulty_ones(app: App) -> None:
    app.faults.add([{"kind": "memory", "times": 1}, {"kind": "refuse", "times": 1}, {"kind": "image", "how": "empty"}])
    assert ask(app, *PAINT).status == 500
    app.handle(Request("GET", "/"))
    ask(app, *PAINT)
    assert [(one.fault, one.status) for one in app.requests] == [("memory", 500), ("refuse", 200), ("image", 200)]
    assert app.requests[-1].pictures == ()


def test_over_a_socket() -> None:
    with serve(catalog=CATALOG) as server:
        exchange(server, PING)
        assert [(one.path, one.status) for one in server.requests] == [("/internal/ping", 200)]
        assert server.requests[0].headers == {"host": "x", "connection": "close"}


def test_a_compressed_answer_has_its_pictures(app: App) -> None:
    ask(app, *PAINT, accept_encoding="gzip")
    assert sizes(app.requests[0].pictures) == [(64, 64)]


def test_pictures_that_were_sent(app: App) -> None:
    ask(
        app,
        "POST",
        "/sdapi/v1/img2img",
        {**SMALL, "init_images": [BIG, "data:image/png;base64," + BIG, "nonsense" * 20]},
    )
    assert sizes(app.requests[0].sent_pictures) == [(256, 171)] * 2


# --- the record alone


def entered(record: Record, body: bytes = b"", answer: bytes = b"", path: str = "/x") -> Received:
    received = record.begin(Request("POST", path, headers={}, body=body))
    record.end(received, Response(200, {}, answer))
    return received


def test_only_the_last() -> None:
    record = Record(Limits(requests=3))
    for _ in range(5):
        entered(record)
    assert [received.number for received in record.all()] == [3, 4, 5]


def weight(record: Record) -> int:
    return sum(received.weight for received in record.all())


def test_the_oldest_are_made_smaller_first() -> None:
    record = Record(Limits(request_bytes=2_500_000))
    body = json.dumps(
        {"prompt": "a cat", "init_images": [BIG, "data:image/png;base64," + BIG], "long": "x" * 5000}
    ).encode()
    answer = json.dumps({"images": [BIG, BIG]}).encode()
    for _ in range(3):
        entered(record, body, answer)
    first, second, third = record.all()
    assert weight(record) <= 2_500_000
    assert (third.json, third.answer) == (json.loads(body), answer)
    assert first.json["prompt"] == "a cat"
    assert first.json["long"] == "x" * 2000
    plain, uri = first.json["init_images"]
    assert uri == "data:image/jpeg;base64," + plain
    assert sizes((base64.b64decode(plain), *first.sent_pictures, *first.pictures)) == [(256, 171)] * 5
    assert first.answer is None
    assert second.answer == answer


def test_then_they_are_forgotten() -> None:
    record = Record(Limits(request_bytes=20_000))
    for number in range(30):
        entered(record, json.dumps([number] * 900).encode())
        assert weight(record) <= 20_000
    assert [received.json[0] for received in record.all()] == list(range(26, 30))
    entered(record, json.dumps([0] * 50_000).encode())
    assert record.all() == [], "one that is too large alone is not kept either"


def test_the_end_of_one_that_is_forgotten() -> None:
    record = Record(Limits(requests=1))
    first = record.begin(Request("POST", "/a"))
    record.begin(Request("POST", "/b"))
    record.end(first, Response(200))
    record.clear()
    record.end(first, None)
    assert first.status is None
    assert record.all() == []
    assert entered(record).number == 3


def test_what_has_changed_since() -> None:
    record = Record(Limits(requests=3))
    start, oldest, changed = record.since(0)
    assert (start, oldest, changed) == (0, 1, [])
    first = record.begin(Request("POST", "/a"))
    version, oldest, changed = record.since(start)
    assert (oldest, changed) == (1, [first])
    second = entered(record)
    assert record.since(version)[2] == [second]
    version = record.since(0)[0]
    record.end(first, None)
    assert record.since(version)[2] == [first]
    version = record.since(0)[0]
    assert record.since(version) == (version, 1, [])
    record.clear()
    assert record.since(version) == (version + 1, 3, [])


def test_copies_take_the_place_of_the_answer() -> None:
    record = Record(Limits())
    received = entered(record, answer=json.dumps({"images": [BIG]}).encode())
    heavy = received.weight
    assert record.pictures_of(received) == received.pictures == received.copies
    assert received.answer is None
    assert received.weight < heavy


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"\xff" * 5000, b'"' + b"x" * 5000 + b'"', b"[NaN, " * 300 + b"1" + b"]" * 300]
)
def test_odd_bodies_are_made_smaller_too(body: bytes) -> None:
    record = Record(Limits(request_bytes=3050))
    received = entered(record, body)
    assert len(received.body) <= 2100 or record.all() == []


def test_many_threads() -> None:
    record = Record(Limits(requests=50, request_bytes=100_000))
    body = json.dumps({"init_images": [BIG[:20_000]], "x": "y" * 3000}).encode()
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait(PATIENCE)
        for _ in range(25):
            entered(record, body)
            for received in record.all():
                record.pictures_of(received)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert record.since(0)[1] == record.all()[0].number
    assert record.all()[-1].number == 200
    assert weight(record) <= 100_000


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from([BIG, "data:,", "x" * 3000]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_json_can_be_shown(value: Any) -> None:
    shown = without_pictures(value)
    assert type(shown) is type(value)
    assert BIG not in json.dumps(shown)
    record = Record(Limits(request_bytes=1500))
    entered(record, json.dumps(value).encode(), json.dumps({"images": value}).encode())


# --- back to how it was made


def test_a_reset_server(app: App, pool: ThreadPoolExecutor) -> None:
    first = json.loads(ask(app, *PAINT).body["info"])["seed"]
    ask(app, "POST", "/sdapi/v1/options", {"samples_format": "webp", "sd_model_checkpoint": "random-sd15"})
    ask(app, "POST", "/sdapi/v1/create/embedding", {"name": "mine", "num_vectors_per_token": 1, "overwrite_old": False})
    ask(app, "POST", "/sdapi/v1/img2img", {"init_images": ["broken"], "force_task_id": "task(broken)"})
    app.faults.add({"kind": "memory"})
    app.state.step_time = FOREVER
    app.reset()
    assert app.requests == []
    assert app.faults.listed() == []
    assert ask(app, "GET", "/internal/pending-tasks").body == {"size": 0, "tasks": []}
    assert ask(app, "GET", "/sdapi/v1/options").body["samples_format"] == "png"
    assert app.state.checkpoint["model_name"] == "tiny-random-sd15"
    assert "mine" not in ask(app, "GET", "/sdapi/v1/embeddings").body["loaded"]
    assert json.loads(ask(app, *PAINT).body["info"])["seed"] == first


def test_a_reset_drops_what_is_in_flight(pool: ThreadPoolExecutor) -> None:
    with App(CATALOG, step_time=FOREVER) as app:
        running = pool.submit(app.handle, Request("POST", "/sdapi/v1/txt2img", body=json.dumps(SMALL).encode()))
        until(lambda: app.state.progress.sampling_step == 1)
        waiting = pool.submit(app.handle, Request("POST", "/sdapi/v1/txt2img", body=json.dumps(SMALL).encode()))
        until(lambda: len(app.state.turnstile) == 1)
        app.reset()
        for call in (running, waiting):
            with pytest.raises(Dropped):
                call.result(PATIENCE)
        assert app.requests == []
        assert ask(app, "GET", "/internal/ping").status == 200
