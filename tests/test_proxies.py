"""Proxies, given and of the environment: who is asked, and in which words; never for this machine unless told to."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from conftest import Connect
from support.scripted import CLOSE, HANG, Scripted, answer, head
from webuiapi import AuthenticationError, CallTimeout, ConnectError, GatewayError, StatusError, Timeout
from webuiapi.address import Address
from webuiapi.transport.base import Settings, parse_proxy, proxy_for


@pytest.fixture
def proxy() -> Iterator[Scripted]:
    """A proxy that answers itself instead of asking anybody."""
    with Scripted() as server:
        yield server


FAR = "http://gpu-box.example:7860"


def test_a_proxy_is_asked_with_the_whole_address(connect: Connect, proxy: Scripted) -> None:
    caller = connect(url=f"{FAR}/webui", proxy=proxy.url, headers={"X-A": "1"})
    proxy.play(answer({"progress": 0.5}))
    assert caller.get_progress(skip_current_image=True).progress == 0.5
    seen = proxy.last
    assert seen.line == f"GET {FAR}/webui/sdapi/v1/progress?skip_current_image=true HTTP/1.1"
    assert seen.headers["host"] == "gpu-box.example:7860"
    assert seen.headers["x-a"] == "1"
    assert "proxy-authorization" not in seen.headers
    caller.txt2img("x")
    assert proxy.last.json["prompt"] == "x"
    assert proxy.connections == 1


def test_credentials_for_the_proxy(connect: Connect, proxy: Scripted) -> None:
    caller = connect(url=FAR, proxy=f"http://us%40er:p%3Ass@127.0.0.1:{proxy.port}")
    caller.get_progress()
    wanted = "Basic " + base64.b64encode(b"us@er:p:ss").decode()
    assert proxy.last.headers["proxy-authorization"] == wanted
    assert "authorization" not in proxy.last.headers
    assert "p:ss" not in repr(caller.api.session)


def test_a_proxy_may_be_named_without_a_scheme(connect: Connect, proxy: Scripted) -> None:
    connect(url=FAR, proxy=f"127.0.0.1:{proxy.port}").get_progress()
    assert proxy.last.target == f"{FAR}/sdapi/v1/progress"


def test_a_tunnel_for_https(connect: Connect, proxy: Scripted) -> None:
    caller = connect(url="https://gpu-box.example", proxy=f"http://a:b@127.0.0.1:{proxy.port}", username="user")
    proxy.play(head(403, {"Content-Length": "0"}), CLOSE)
    with pytest.raises(ConnectError) as caught:
        caller.get_progress()
    assert "403" in str(caught.value)
    assert str(caught.value).startswith("GET https://gpu-box.example:443/sdapi/v1/progress: ")
    seen = proxy.last
    assert (seen.method, seen.target) == ("CONNECT", "gpu-box.example:443")
    assert seen.headers["proxy-authorization"] == "Basic " + base64.b64encode(b"a:b").decode()
    assert "authorization" not in seen.headers, "what is for the server is not for the proxy"


def test_a_proxy_that_hangs(connect: Connect, proxy: Scripted) -> None:
    proxy.play(HANG)
    caller = connect(url="https://gpu-box.example", proxy=proxy.url, timeout=Timeout(total=0.1))
    with pytest.raises(CallTimeout) as caught:
        caller.txt2img("x")
    assert not caught.value.may_have_begun


def test_a_proxy_that_is_not_there(connect: Connect) -> None:
    with Scripted() as gone:
        url = gone.url
    with pytest.raises(ConnectError, match=r"GET http://gpu-box.example:7860/sdapi/v1/progress: "):
        connect(url=FAR, proxy=url).get_progress()


@pytest.mark.parametrize(("status", "kind"), [(502, GatewayError), (504, GatewayError), (407, AuthenticationError)])
def test_what_the_proxy_says_for_itself(
    connect: Connect, proxy: Scripted, status: int, kind: type[StatusError]
) -> None:
    proxy.play(answer(b"<html><head><title>No way</title></head></html>", status, {"Content-Type": "text/html"}))
    with pytest.raises(kind) as caught:
        connect(url=FAR, proxy=proxy.url).get_progress()
    assert caught.value.message == "No way"


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_the_environments_proxy(connect: Connect, proxy: Scripted, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, proxy.url)
    connect(url=FAR).get_progress()
    assert proxy.last.target == f"{FAR}/sdapi/v1/progress"


def test_a_redirect_to_https_goes_through_the_proxy_for_https(
    connect: Connect, proxy: Scripted, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("https_proxy", scripted.url)
    proxy.play(answer(b"", 307, {"Location": "https://gpu-box.example/sdapi/v1/progress"}))
    scripted.play(head(403, {"Content-Length": "0"}), CLOSE)
    with pytest.raises(ConnectError, match="403"):
        connect(url=FAR).get_progress()
    assert (scripted.last.method, scripted.last.target) == ("CONNECT", "gpu-box.example:443")
    assert len(proxy.seen) == 1


def test_this_machine_is_asked_directly(
    connect: Connect, proxy: Scripted, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    connect(url=scripted.url).get_progress()
    connect(url=f"http://localhost:{scripted.port}").get_progress()
    assert (len(scripted.seen), len(proxy.seen)) == (2, 0)


def test_this_machine_through_a_proxy_that_was_given(connect: Connect, proxy: Scripted, scripted: Scripted) -> None:
    connect(url=scripted.url, proxy=proxy.url).get_progress()
    assert (len(scripted.seen), len(proxy.seen)) == (0, 1)
    assert proxy.last.target == f"{scripted.url}/sdapi/v1/progress"


FAR_ADDRESS = Address("http", "gpu-box.example", 7860)


@pytest.mark.parametrize(
    ("no_proxy", "settings", "through"),
    [
        ("", Settings(), True),
        ("gpu-box.example", Settings(), False),
        (".example", Settings(), False),
        ("*", Settings(), False),
        ("other.example", Settings(), True),
        ("gpu-box.example", Settings(proxy="http://proxy:1"), True),
        ("", Settings(proxy=""), False),
    ],
)
def test_no_proxy(no_proxy: str, settings: Settings, through: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:1")
    monkeypatch.setenv("no_proxy", no_proxy)
    found = proxy_for(FAR_ADDRESS, settings)
    assert (found is not None) is through
    if found is not None:
        assert found.address == Address("http", "proxy", 1)
    assert proxy_for(Address("https", "gpu-box.example", 443), Settings()) is None, "https has one of its own"


def test_the_sessions_proxies_can_be_changed(connect: Connect, proxy: Scripted, scripted: Scripted) -> None:
    caller = connect(url=scripted.url)
    caller.get_progress()
    caller.api.session.proxies = {"http": proxy.url, "https": proxy.url}
    caller.get_progress()
    caller.api.session.proxies["http"] = ""
    caller.get_progress()
    assert (len(scripted.seen), len(proxy.seen)) == (2, 1)


def test_what_a_proxys_address_is() -> None:
    assert parse_proxy("https://proxy").address == Address("https", "proxy", 443)
    assert parse_proxy("http://proxy").address == Address("http", "proxy", 80)
    assert parse_proxy("http://a:@proxy").headers == {"Proxy-Authorization": "Basic YTo="}
