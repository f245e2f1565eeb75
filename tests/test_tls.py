"""https: the certificate is checked unless told otherwise, and trouble says what it is."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from conftest import Connect
from support.scripted import Scripted
from webuiapi import ConnectError, ConnectionLost
from webuiapi.transport.base import ssl_context


def test_a_certificate_that_nobody_trusts(connect: Connect, secure: Scripted) -> None:
    with pytest.raises(ConnectError) as caught:
        connect(url=secure.url, username="a", password="b").txt2img("x")
    where = f"POST {secure.url}/sdapi/v1/txt2img"
    assert str(caught.value).startswith(f"{where}: the server's certificate is not trusted: ")
    assert str(caught.value).endswith("(see verify=)")
    assert not caught.value.may_have_begun
    assert secure.seen == []


@pytest.mark.parametrize("verify", ["path", "text", "context", "off"])
def test_ways_to_trust(connect: Connect, secure: Scripted, certificate: Path, verify: str) -> None:
    given: Any = {
        "path": certificate,
        "text": str(certificate),
        "context": ssl.create_default_context(cafile=str(certificate)),
        "off": False,
    }[verify]
    caller = connect(url=secure.url, verify=given)
    caller.get_progress()
    caller.txt2img("x" * 1_000_000)
    assert secure.connections == 1
    assert len(secure.last.json["prompt"]) == 1_000_000


def test_trust_can_be_changed_later(connect: Connect, secure: Scripted) -> None:
    caller = connect(url=secure.url)
    with pytest.raises(ConnectError):
        caller.get_progress()
    caller.api.session.verify = False
    caller.get_progress()
    caller.api.session.verify = True
    with pytest.raises(ConnectError):
        caller.get_progress()


def test_https_where_http_is_spoken(connect: Connect, scripted: Scripted) -> None:
    with pytest.raises(ConnectError, match=r"no TLS connection: .*\(does the server speak https\?\)$"):
        connect(url=scripted.url.replace("http:", "https:")).get_progress()


def test_http_where_https_is_spoken(connect: Connect, secure: Scripted) -> None:
    with pytest.raises(ConnectionLost):
        connect(url=secure.url.replace("https:", "http:")).get_progress()


def test_another_name_than_the_certificates(connect: Connect, secure: Scripted, certificate: Path) -> None:
    with pytest.raises(ConnectError, match="certificate is not trusted"):
        connect(url=f"https://localhost:{secure.port}", verify=certificate).get_progress()


def test_a_context_is_made_once(certificate: Path) -> None:
    assert ssl_context(True) is ssl_context(True)
    assert ssl_context(False).verify_mode is ssl.CERT_NONE


def test_what_can_not_be_read(connect: Connect, secure: Scripted, tmp_path: Path) -> None:
    caller = connect(url=secure.url, verify=tmp_path / "missing.pem")
    with pytest.raises(ValueError, match=r"^verify=.*missing.pem'?\)? can't be read: No such file"):
        caller.get_progress()
    (tmp_path / "empty.pem").write_text("nothing")
    caller.api.session.verify = str(tmp_path / "empty.pem")
    with pytest.raises(ValueError, match=r"^verify=.*empty.pem' can't be read"):
        caller.get_progress()
