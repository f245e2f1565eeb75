"""What lies in between is recognised, and what it does to answers is told."""

from __future__ import annotations

import gzip

import pytest

from conftest import Connect
from doctor.conftest import OPTIONS, the
from support.callers import Caller
from support.scripted import Scripted, answer
from webuiapi import Diagnosis
from webuiapi.api.doctor.between import who_is_between
from webuiapi.server import App, serve


@pytest.mark.parametrize(
    ("host", "headers", "name"),
    [
        ("127.0.0.1", {"server": "uvicorn"}, ""),
        ("127.0.0.1", {}, ""),
        ("sd.example", {"server": "nginx/1.24"}, "nginx"),
        ("sd.example", {"server": "cloudflare", "cf-ray": "8"}, "Cloudflare"),
        ("abc.gradio.live", {"server": "uvicorn"}, "gradio's share link"),
        ("x.ngrok-free.app", {}, "ngrok"),
        ("sd.example", {"ngrok-error-code": "ERR_NGROK_3200"}, "ngrok"),
        ("x-7860.proxy.runpod.net", {"server": "cloudflare", "cf-ray": "8"}, "RunPod"),
        ("sd.example", {"server": "uvicorn", "via": "1.1 squid"}, "a proxy (1.1 squid)"),
    ],
)
def test_who_is_between(host: str, headers: dict[str, str], name: str) -> None:
    assert who_is_between(host, headers) == name


@pytest.mark.parametrize("status", [200, 401, 502])
def test_a_proxy_is_noted(caller: Caller, scripted: Scripted, status: int) -> None:
    scripted.play_at("/sdapi/v1/options", answer(OPTIONS, status, {"Server": "nginx/1.24"}))
    finding = the(caller.doctor(), "proxy")
    assert (finding.level, finding.detail) == ("note", "server: nginx/1.24")


def compressed_by(scripted: Scripted) -> None:
    scripted.play_at(
        "/sdapi/v1/options", answer(gzip.compress(b'{"sd_vae": "a"}'), headers={"Content-Encoding": "gzip"})
    )


def test_answers_compressed_unasked(connect: Connect, scripted: Scripted) -> None:
    compressed_by(scripted)
    assert the(connect(url=scripted.url).doctor(), "compressed").level == "warning"
    assert connect(url=scripted.url, compress=True).doctor().of("compressed") == []


def speed(diagnosis: Diagnosis) -> list[str]:
    return [finding.what for finding in diagnosis.findings if finding.kind in ("latency", "rate")]


def test_how_fast_it_is(client: Caller) -> None:
    latency, rate = speed(client.doctor())
    assert latency.startswith("a small call takes ")
    assert rate.endswith(" MB/s")


def test_a_slow_link_is_a_warning(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webuiapi.api.doctor.between._SLOW_LINK", 1e12)
    monkeypatch.setattr("webuiapi.api.doctor.between._SLOW_CALL", 0.0)
    with serve(App(seed=1)) as server:
        diagnosis = connect(url=server.url).doctor()
    assert the(diagnosis, "latency").level == "warning"
    assert "compress=True" in the(diagnosis, "rate").suggestion
    assert diagnosis.ok, "slow, but it works"
