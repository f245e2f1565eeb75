"""Nothing answers: each reason is told from the others, in one finding with a suggestion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import Connect
from doctor.conftest import kinds, the
from support.scripted import CLOSE, HANG, RESET, Drip, Scripted, answer, head
from webuiapi import Diagnosis
from webuiapi.transport.base import Outgoing


def only_problem(diagnosis: Diagnosis, kind: str) -> str:
    """The suggestion of the only problem there is."""
    assert kinds(diagnosis, "problem") == [kind], diagnosis
    finding = the(diagnosis, kind)
    assert finding.detail
    assert not diagnosis.ok
    assert diagnosis.server is None
    return finding.suggestion


def test_nobody_listens(connect: Connect, scripted: Scripted) -> None:
    scripted.close()
    diagnosis = connect(url=scripted.url).doctor()
    assert "--api" in only_problem(diagnosis, "nobody-listens")
    assert the(diagnosis, "nobody-listens").what == f"nobody listens at {scripted.url}"


def test_it_listens_at_another_port(connect: Connect, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted() as gone:
        url = gone.url
    monkeypatch.setattr("webuiapi.api.doctor.unreached._PORTS", {scripted.port: "the webui's"})
    diagnosis = connect(url=url, username="a", password="secret", headers={"X-Key": "k"}).doctor()
    assert the(diagnosis, "elsewhere").suggestion.endswith(f"url={scripted.url!r}")
    assert "authorization" not in scripted.last.headers
    assert "x-key" not in scripted.last.headers


def test_an_unknown_name(connect: Connect) -> None:
    assert "spelt" in only_problem(connect(url="http://no-such-host.invalid:1").doctor(), "unknown-host")


def test_a_certificate_that_nobody_trusts(connect: Connect, secure: Scripted) -> None:
    assert "verify=" in only_problem(connect(url=secure.url).doctor(), "certificate")


def test_https_where_http_is_spoken(connect: Connect, scripted: Scripted) -> None:
    diagnosis = connect(url=scripted.url.replace("http:", "https:"), username="a", password="secret").doctor()
    assert f"Use {scripted.url} " in only_problem(diagnosis, "tls-mismatch")
    assert the(diagnosis, "tls-mismatch").what.endswith("it speaks http")
    assert "authorization" not in scripted.last.headers, "a password does not go where TLS was wanted"


@pytest.mark.parametrize("trusted", [True, False])
def test_http_where_https_is_spoken(connect: Connect, secure: Scripted, certificate: Path, trusted: bool) -> None:
    verify = str(certificate) if trusted else True
    diagnosis = connect(url=secure.url.replace("https:", "http:"), verify=verify).doctor()
    assert only_problem(diagnosis, "tls-mismatch") == f"Use {secure.url}"


def test_a_page_that_wants_https_where_it_is_not_spoken(connect: Connect, scripted: Scripted) -> None:
    page = b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>"
    scripted.play_at("/sdapi/v1/options", answer(page, 400, {"Content-Type": "text/html", "Server": "nginx"}))
    diagnosis = connect(url=scripted.url).doctor()
    assert kinds(diagnosis, "problem") == ["not-an-api"], "what it says is looked into"


def test_no_answer(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", HANG)
    assert "loading a model" in only_problem(connect(url=scripted.url, timeout=0.2).doctor(), "no-answer")
    assert len(scripted.seen) == 1, "it is not asked again"


def test_an_answer_that_drips(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", head(200, {"Content-Length": "1000"}), Drip(b" " * 1000))
    only_problem(connect(url=scripted.url, timeout=0.2).doctor(), "no-answer")


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_broken_off(connect: Connect, scripted: Scripted, end: object) -> None:
    scripted.play_at("/sdapi/v1/options", end)  # type: ignore[arg-type]
    assert "port" in only_problem(connect(url=scripted.url).doctor(), "broken-off")


def test_no_http_at_all(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", b"220 mail.example ESMTP\r\n", CLOSE)
    only_problem(connect(url=scripted.url).doctor(), "broken-off")


def test_an_answer_that_is_not_what_it_says(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer(b"{}", headers={"Content-Encoding": "gzip"}))
    assert "in between" in only_problem(connect(url=scripted.url).doctor(), "unreadable")


def test_an_answer_too_large(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer({"a": "b" * 100}))
    assert "max_response" in only_problem(connect(url=scripted.url, max_response=50).doctor(), "unreadable")


def test_a_proxy_on_the_way_out_that_is_gone(
    connect: Connect, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.close()
    monkeypatch.setenv("HTTP_PROXY", f"http://user:secret@127.0.0.1:{scripted.port}")
    diagnosis = connect(url="http://gpu-box.example:7860").doctor()
    assert "NO_PROXY=gpu-box.example" in only_problem(diagnosis, "proxy-unreachable")
    assert the(diagnosis, "http-proxy").level == "note"
    assert "the environment" in the(diagnosis, "http-proxy").what
    assert "secret" not in str(diagnosis.as_dict())


def test_a_proxy_on_the_way_out(connect: Connect, scripted: Scripted) -> None:
    scripted.play(answer({"detail": "no"}, 407))
    diagnosis = connect(url="http://gpu-box.example:7860", proxy=scripted.url).doctor()
    assert kinds(diagnosis, "problem") == ["proxy-credentials"]
    assert "proxy= says" in the(diagnosis, "http-proxy").what


@pytest.mark.parametrize(
    ("play", "kind"), [(answer({"detail": "later"}, 503, {"Retry-After": "9"}), "busy"), (CLOSE, "broken-off")]
)
def test_nothing_is_asked_again_when_nothing_answers(
    connect: Connect, scripted: Scripted, play: Any, kind: str
) -> None:
    scripted.play_at("/sdapi/v1/options", play)
    assert kinds(connect(url=scripted.url, retries=5).doctor(), "problem") == [kind]
    assert len(scripted.seen) <= 2, "aiohttp itself asks again once when a connection breaks"


@pytest.mark.parametrize(("timeout", "total"), [(None, 10.0), (3.0, 3.0)])
def test_a_call_has_little_time(connect: Connect, scripted: Scripted, timeout: float | None, total: float) -> None:
    calls: list[Outgoing] = []
    connect(url=scripted.url, timeout=timeout, on_request=calls.append, server=None).doctor()
    assert len(calls) == len(scripted.seen) > 20
    assert {call.timeout.total for call in calls} == {total}
