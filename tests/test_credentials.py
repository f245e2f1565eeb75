"""Who asks: credentials from everywhere, sent at once, never shown."""

from __future__ import annotations

import base64
import logging
import pickle
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Connect
from support.scripted import CLOSE, Scripted, answer
from webuiapi import AuthenticationError, ConnectionLost, WebUIApi
from webuiapi.address import Address, Credentials, parse_auth, parse_url


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("settings", "pair"),
    [
        ({"username": "user", "password": "pass"}, "user:pass"),
        ({"username": "user", "password": ""}, "user:"),
        ({"username": "user"}, "user:"),
        ({"password": "pass"}, ":pass"),
        ({"username": "", "password": ""}, ":"),
        ({"username": "ü", "password": "p:ß 猫"}, "ü:p:ß 猫"),
    ],
)
def test_credentials_are_sent_at_once(
    connect: Connect, scripted: Scripted, settings: dict[str, Any], pair: str
) -> None:
    caller = connect(url=scripted.url, **settings)
    caller.get_progress()
    caller.txt2img("x")
    assert [seen.headers["authorization"] for seen in scripted.seen] == [basic(pair)] * 2
    assert caller.api.session.auth == tuple(pair.split(":", 1))


@pytest.mark.parametrize(
    ("userinfo", "pair"),
    [("user:pass", "user:pass"), ("user", "user:"), ("user:", "user:"), ("us%40er:p%2Fa%3Ass", "us@er:p/a:ss")],
)
@pytest.mark.parametrize("name", ["url", "baseurl"])
def test_credentials_are_taken_out_of_an_address(
    connect: Connect, scripted: Scripted, name: str, userinfo: str, pair: str
) -> None:
    caller = connect(**{name: f"http://{userinfo}@127.0.0.1:{scripted.port}/sdapi/v1"})
    assert caller.api.url == scripted.url
    caller.get_progress()
    assert scripted.last.headers["authorization"] == basic(pair)
    assert scripted.last.headers["host"] == f"127.0.0.1:{scripted.port}"


def test_given_ones_go_before_those_in_the_address() -> None:
    assert WebUIApi(url="http://a:b@127.0.0.1", username="c", password="d").session.auth == ("c", "d")


def test_without_credentials_there_is_no_header(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url)
    caller.get_progress()
    assert "authorization" not in scripted.last.headers
    caller.api.set_auth("user", "pass")
    caller.get_progress()
    assert scripted.last.headers["authorization"] == basic("user:pass")
    caller.api.session.auth = None
    caller.get_progress()
    assert "authorization" not in scripted.last.headers


def test_a_header_of_the_callers_takes_their_place(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, username="a", password="b", headers={"authorization": "Bearer token"})
    caller.get_progress()
    assert [value for name, value in scripted.last.fields if name.lower() == "authorization"] == ["Bearer token"]


SECRET = "s3cr3t"


def test_a_password_never_shows(connect: Connect, scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caller = connect(url=f"http://user:{SECRET}@127.0.0.1:{scripted.port}", headers={"X-Token": SECRET})
    shown = [repr(caller.api), str(caller.api.session), repr(caller.api.session), caller.api.url, caller.api.baseurl]
    scripted.play(CLOSE)
    with pytest.raises(ConnectionLost) as lost:
        caller.txt2img("x")
    scripted.play(answer({"detail": "Incorrect username or password"}, 401))
    with pytest.raises(AuthenticationError) as refused:
        caller.txt2img("x")
    for error in (lost.value, refused.value):
        shown += [str(error), repr(error), str(error.__dict__), error.url]
        assert SECRET.encode() not in pickle.dumps(error)
    shown.append(repr(Credentials("user", SECRET)))
    shown += caplog.messages
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{SECRET}@127.0.0.1:port",
        f"ftp://user:{SECRET}@127.0.0.1",
        f"http://user:{SECRET}@",
        f"http://user:{SECRET}@127.0.0.1/?x",
        f"http://user:{SECRET}/x@127.0.0.1",
        f"http://user:{SECRET}#x@127.0.0.1",
        f"http://user:{SECRET}?x@127.0.0.1",
        f"http://user:1/{SECRET}@127.0.0.1",
        f"http://user:1#{SECRET}@127.0.0.1",
        f"http://user:[{SECRET}@127.0.0.1",
        f"user:{SECRET}@127.0.0.1:port",
        f"http://user:{SECRET}@a..b",
        f"http://user:{SECRET}\uff0f@127.0.0.1",
    ],
)
def test_not_even_when_the_address_is_wrong(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for settings in ({"url": url}, {"baseurl": url}, {"host": url}):
        with pytest.raises(ValueError) as caught:
            WebUIApi(**settings)  # type: ignore[arg-type]
        assert SECRET not in str(caught.value)
    monkeypatch.setenv("WEBUIAPI_URL", url)
    with pytest.raises(ValueError, match=r"^WEBUIAPI_URL=") as caught:
        WebUIApi()
    assert SECRET not in str(caught.value)
    with pytest.raises(ValueError) as caught:
        WebUIApi(host="127.0.0.1", proxy=url.replace("127.0.0.1", "127.0.0.1:port"))
    assert SECRET not in str(caught.value)


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.text(st.characters(codec="utf-8"), max_size=20))
def test_every_password_can_be_put_into_an_address(user: str, password: str) -> None:
    from urllib.parse import quote

    found = parse_url(f"http://{quote(user, safe='')}:{quote(password, safe='')}@gpu-box:7860/x")
    assert found == (Address("http", "gpu-box", 7860, "/x"), Credentials(user, password))


# -- the environment --------------------------------------------------------------------------------------------------


def seen_by(**settings: Any) -> tuple[str, tuple[str, str] | None]:
    api = WebUIApi(**settings)
    return api.url, api.session.auth


def test_the_environment_counts_where_nothing_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBUIAPI_URL", "https://gpu-box/webui")
    assert seen_by() == ("https://gpu-box:443/webui", None)
    monkeypatch.setenv("WEBUIAPI_AUTH", "user:pa:ss")
    assert seen_by() == ("https://gpu-box:443/webui", ("user", "pa:ss"))
    assert seen_by(username="a", password="b") == ("https://gpu-box:443/webui", ("a", "b"))
    monkeypatch.setenv("WEBUIAPI_URL", "https://c:d@gpu-box")
    assert seen_by() == ("https://gpu-box:443", ("c", "d"))


@pytest.mark.parametrize(
    "settings", [{"host": "127.0.0.1"}, {"port": 7860}, {"url": "http://127.0.0.1:7860"},
                 {"baseurl": "http://127.0.0.1:7860/sdapi/v1"}]
)  # fmt: skip
def test_an_address_of_ones_own_turns_it_off(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials for one server must not go to another."""
    monkeypatch.setenv("WEBUIAPI_URL", "https://gpu-box")
    monkeypatch.setenv("WEBUIAPI_AUTH", "user:pass")
    assert seen_by(**settings) == ("http://127.0.0.1:7860", None)


def test_credentials_of_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBUIAPI_AUTH", "user:")
    assert seen_by() == ("http://127.0.0.1:7860", ("user", ""))
    monkeypatch.setenv("WEBUIAPI_AUTH", SECRET)
    with pytest.raises(ValueError, match=r"^WEBUIAPI_AUTH must have the form user:password$"):
        WebUIApi()
    with pytest.raises(ValueError, match=r"^x must have the form user:password$"):
        parse_auth(SECRET, name="x")


def test_the_embedded_server_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBUIAPI_URL", ":local:")
    assert WebUIApi().local
    assert seen_by() == (":local:", None)
    assert not WebUIApi(port=7860).local


def test_empty_variables_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBUIAPI_URL", "")
    monkeypatch.setenv("WEBUIAPI_AUTH", "")
    assert seen_by() == ("http://127.0.0.1:7860", None)


# -- in clear ---------------------------------------------------------------------------------------------------------


def warnings_of(**settings: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        WebUIApi(**settings)
    return [str(item.message) for item in caught]


def test_one_warning_for_credentials_in_clear() -> None:
    text = "user name and password go to gpu-box over plain http, readable for everyone in between; use https"
    assert warnings_of(url="http://a:b@gpu-box") == [text]
    assert warnings_of(host="gpu-box", username="a") == [text]
    with pytest.warns(UserWarning, match=f"^{text}$"):
        WebUIApi(host="gpu-box").set_auth("a", "b")
    with pytest.warns(UserWarning, match=f"^{text}$"):
        WebUIApi(host="gpu-box").session.auth = ("a", "b")


@pytest.mark.parametrize(
    "settings",
    [{"url": "https://a:b@gpu-box"}, {"url": "http://a:b@127.0.0.1"}, {"host": "localhost", "username": "a"},
     {"host": "::1", "username": "a"}, {"url": "http://gpu-box"}, {"host": ":local:", "username": "a"}],
)  # fmt: skip
def test_none_where_nobody_can_read_them(settings: dict[str, Any]) -> None:
    assert warnings_of(**settings) == []


def test_copies_keep_the_credentials_and_do_not_warn_again(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url, username="a", password="b", headers={"X-A": "1"})
    copy = caller.with_options(headers={"X-B": "2"})
    copy.api.session.headers["X-A"] = "changed"
    copy.api.session.proxies["http"] = ""
    copy.api.set_auth("c", "d")
    copy.get_progress()
    headers = scripted.last.headers
    assert (headers["x-a"], headers["x-b"], headers["authorization"]) == ("changed", "2", basic("c:d"))
    caller.get_progress()
    headers = scripted.last.headers
    assert (headers["x-a"], headers.get("x-b"), headers["authorization"]) == ("1", None, basic("a:b"))
    assert caller.api.session.proxies == {}
