"""Where the server is and who asks: every way of saying it, and credentials that never show."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from conftest import Connect
from support.scripted import Scripted
from webuiapi import WebUIApi
from webuiapi.address import Address, is_loopback


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "http://127.0.0.1:7860"),
        ({"host": "127.0.0.1"}, "http://127.0.0.1:7860"),
        ({"host": "gpu-box", "port": 7861}, "http://gpu-box:7861"),
        ({"host": "gpu-box", "use_https": True}, "https://gpu-box:7860"),
        ({"port": 1}, "http://127.0.0.1:1"),
        ({"host": "::1"}, "http://[::1]:7860"),
        ({"host": "[::1]", "port": 80}, "http://[::1]:80"),
        ({"url": "gpu-box"}, "http://gpu-box:80"),
        ({"url": "gpu-box:7860"}, "http://gpu-box:7860"),
        ({"url": "https://gpu-box"}, "https://gpu-box:443"),
        ({"url": " http://gpu-box:7860/ "}, "http://gpu-box:7860"),
        ({"url": "http://gpu-box:7860/sdapi/v1"}, "http://gpu-box:7860"),
        ({"url": "http://gpu-box:7860/sdapi/v1/"}, "http://gpu-box:7860"),
        ({"url": "http://gpu-box/webui"}, "http://gpu-box:80/webui"),
        ({"url": "http://gpu-box/webui//"}, "http://gpu-box:80/webui"),
        ({"url": "http://gpu-box/a/b/sdapi/v1/"}, "http://gpu-box:80/a/b"),
        ({"url": "HTTP://GPU-Box/"}, "http://gpu-box:80"),
        ({"url": "http://[fe80::1]:7860"}, "http://[fe80::1]:7860"),
        ({"baseurl": "http://gpu-box:7860/sdapi/v1"}, "http://gpu-box:7860"),
        ({"baseurl": "https://gpu-box/webui/sdapi/v1"}, "https://gpu-box:443/webui"),
        ({"url": "http://müller.example"}, "http://müller.example:80"),
        ({"url": ":local:"}, ":local:"),
        ({"host": ":local:"}, ":local:"),
        ({"baseurl": ":local:"}, ":local:"),
    ],
)
def test_ways_to_say_where(settings: dict[str, Any], url: str) -> None:
    api = WebUIApi(**settings)
    assert api.url == url
    assert repr(api) == f"WebUIApi({url!r})"
    if not api.local:
        assert api.baseurl == f"{url}/sdapi/v1"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": ""}, "url='' names no host"),
        ({"url": "http://"}, "url='http://' names no host"),
        ({"url": "ftp://gpu-box"}, "url='ftp://gpu-box' has the scheme 'ftp': http or https is needed"),
        ({"url": "http://gpu-box:port"}, "url='http://gpu-box:port' is no address"),
        ({"url": "http://gpu-box:99999"}, "url='http://gpu-box:99999' is no address"),
        ({"url": "http://gpu-box/?a=1"}, r"url='http://gpu-box/\?a=1' has a '\?' or '#' part"),
        ({"url": "http://gpu-box/#a"}, "has a '.' or '#' part"),
        ({"url": "http://[::1"}, r"url='http://\[::1' is no address"),
        ({"url": "http://a..b"}, r"url='http://a..b' has no proper host name"),
        ({"baseurl": "ftp://x"}, "baseurl='ftp://x' has the scheme 'ftp'"),
        ({"host": "http://gpu-box"}, "host='http://gpu-box' is more than a host name: pass it as url="),
        ({"host": "gpu-box:7861"}, "host='gpu-box:7861'"),
        ({"host": "a" * 64}, "has no proper host name"),
        ({"host": ""}, "host is empty"),
        ({"port": 0}, "port=0 must be a whole number from 1 to 65535"),
        ({"port": 65536}, "port=65536 must be"),
        ({"port": True}, "port=True must be"),
        ({"port": "7860"}, "port='7860' must be"),
        ({"host": "a", "url": "b"}, "host and url both say where the server is: give one of them"),
        ({"baseurl": "a", "url": "b"}, "baseurl and url both say"),
        ({"host": "127.0.0.1", "url": ":local:"}, "host and url both say"),
        ({"proxy": "socks5://x"}, "proxy='socks5://x' has the scheme 'socks5'"),
        ({"checks": "never"}, "checks='never' must be one of"),
    ],
)
def test_what_is_no_address(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WebUIApi(**settings)


@pytest.mark.parametrize(
    ("given", "name"), [((5,), "host"), ((b"x",), "host"), ({"url": 5}, "url"), ({"baseurl": []}, "baseurl")]
)
def test_what_is_no_text(connect: Connect, given: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf'{name}=.* must be a text, as in url="http://127.0.0.1:7860"'):
        connect(**given) if isinstance(given, dict) else connect(*given)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("a.localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True),
     ("192.168.0.1", False), ("localhost.example", False), ("0.0.0.0", False), ("fe80::1", False)],
)  # fmt: skip
def test_what_is_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    assert Address("http", host, 1).loopback is loopback


def test_a_path_prefix_is_kept_everywhere(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=f"{scripted.url}/web ui/é/sdapi/v1/")
    caller.get_progress()
    caller.get_pending_tasks()
    assert [seen.target for seen in scripted.seen] == [
        "/web%20ui/%C3%A9/sdapi/v1/progress",
        "/web%20ui/%C3%A9/internal/pending-tasks",
    ]
