"""Something answers: the API, or something else, or the API that does not let us in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conftest import Connect, Door, enter
from doctor.conftest import NOT_FOUND, kinds, the, without_api
from support.callers import Caller, Colour
from support.scripted import Scripted, answer
from webuiapi.server import App, serve

PAGE = {"Content-Type": "text/html"}


def test_a_webui_without_api(caller: Caller, scripted: Scripted) -> None:
    without_api(scripted)
    scripted.play_at("/internal/ping", answer({}))
    diagnosis = caller.doctor()
    assert kinds(diagnosis, "problem") == ["no-api"]
    assert "--api" in the(diagnosis, "no-api").suggestion
    assert "/internal/ping answers" in the(diagnosis, "no-api").detail


def test_a_webui_without_api_whose_page_wants_a_login(caller: Caller, scripted: Scripted) -> None:
    without_api(scripted)
    page = b'<!doctype html><html><script>window.gradio_config = {"auth_required": true}</script></html>'
    scripted.play_at("/", answer(page, headers=PAGE))
    diagnosis = caller.doctor()
    assert kinds(diagnosis, "problem") == ["no-api"]
    assert "its page is gradio's" in the(diagnosis, "no-api").detail
    assert "--gradio-auth" in the(diagnosis, "no-api").suggestion


def test_something_else(caller: Caller, scripted: Scripted) -> None:
    without_api(scripted)
    scripted.play_at("/", answer(b"<html><head><title>Printer \n 7</title></head></html>", headers=PAGE))
    diagnosis = caller.doctor()
    assert kinds(diagnosis, "problem") == ["not-an-api"]
    assert the(diagnosis, "not-an-api").what == f"{scripted.url} answers with a web page: 'Printer 7'"


def test_a_login_page_in_the_place_of_answers(caller: Caller, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer(b"<html><title>Sign in</title></html>", headers=PAGE))
    finding = the(caller.doctor(), "not-an-api")
    assert "'Sign in'" in finding.what
    assert "login" in finding.suggestion


def test_json_of_something_else(caller: Caller, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer([1, 2]))
    assert the(caller.doctor(), "not-an-api").level == "problem"


@pytest.mark.parametrize(
    ("status", "kind"), [(502, "gateway"), (504, "gateway"), (522, "gateway"), (429, "busy"), (503, "busy"),
                         (403, "forbidden"), (401, "credentials-missing")],
)  # fmt: skip
def test_statuses(caller: Caller, scripted: Scripted, status: int, kind: str) -> None:
    scripted.play_at("/sdapi/v1/options", answer({"detail": "so it is"}, status))
    diagnosis = caller.doctor()
    assert kinds(diagnosis, "problem") == [kind]
    assert the(diagnosis, kind).detail == f"GET {scripted.url}/sdapi/v1/options: {status}, so it is"


def test_the_options_alone_are_broken(caller: Caller, scripted: Scripted) -> None:
    """As A1111 answers while one holds a value of a wrong type: recordings/options/options_get_bad_type."""
    scripted.play_at("/sdapi/v1/options", answer({"error": "ValidationError", "errors": "bool expected"}, 500))
    diagnosis = caller.doctor()
    assert the(diagnosis, "server-error").level == "warning"
    assert "bool expected" in the(diagnosis, "server-error").detail
    assert diagnosis.of("lists"), "the rest is looked at"


def test_a_server_without_options(caller: Caller, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer(NOT_FOUND, 404))
    scripted.play_at("/sdapi/v1/samplers", answer([{"name": "Euler"}]))
    diagnosis = caller.doctor()
    assert the(diagnosis, "reached").level == "ok"
    assert "1 sampler," in the(diagnosis, "lists").what


# -- paths ------------------------------------------------------------------------------------------------------------


def test_a_sub_path_that_moves_the_page_only(connect: Connect, scripted: Scripted) -> None:
    scripted.play_at("/sd/sdapi/v1/options", answer(NOT_FOUND, 404))
    scripted.play_at("/sd/sdapi/v1/samplers", answer(NOT_FOUND, 404))
    diagnosis = connect(url=f"{scripted.url}/sd").doctor()
    assert kinds(diagnosis, "problem") == ["sub-path"]
    assert the(diagnosis, "sub-path").suggestion.startswith(f"Use {scripted.url}:")


def test_a_sub_path_that_leads_nowhere(connect: Connect, scripted: Scripted) -> None:
    without_api(scripted)
    for path in ("/sdapi/v1/options", "/sdapi/v1/samplers", "/internal/ping", "/"):
        scripted.play_at(f"/sd{path}", answer(NOT_FOUND, 404))
    assert kinds(connect(url=f"{scripted.url}/sd").doctor(), "problem") == ["not-an-api"]


def test_redirected_to_another_address(caller: Caller, scripted: Scripted) -> None:
    with Scripted() as other:
        where = f"{other.url}/sdapi/v1/options"
        scripted.play_at("/sdapi/v1/options", answer(b"", 301, {"Location": where}))
        diagnosis = caller.doctor()
        assert the(diagnosis, "redirect").level == "warning"
        assert f"Use {other.url}:" in the(diagnosis, "redirect").suggestion


def test_redirected_for_ever(caller: Caller, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer(b"", 302, {"Location": "/sdapi/v1/options"}))
    assert kinds(caller.doctor(), "problem") == ["redirect"]


# -- credentials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flavour", ["a1111", "forge", "sdnext"])
def test_credentials_of_the_embedded_server(connect: Connect, door: Door, colour: Colour, flavour: str) -> None:
    with serve(App(api_auth="user:right-one", flavour=flavour)) as server:
        missing = enter(connect, door, colour, server).doctor()
        wrong = enter(connect, door, colour, server, username="user", password="wrong-one").doctor()
        right = enter(connect, door, colour, server, username="user", password="right-one").doctor()
    assert kinds(missing, "problem") == ["credentials-missing"]
    assert "--api-auth" in the(missing, "credentials-missing").suggestion
    assert kinds(wrong, "problem") == ["credentials-wrong"]
    assert kinds(right, "problem", "warning") == []
    for diagnosis in (missing, wrong, right):
        told = json.dumps(diagnosis.as_dict()) + str(diagnosis) + repr(diagnosis)
        assert "right-one" not in told
        assert "wrong-one" not in told


def test_credentials_that_a_proxy_wants(caller: Caller, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer(b"", 401, {"WWW-Authenticate": 'Basic realm="gate"'}))
    assert 'A proxy asks for them (Basic realm="gate")' in the(caller.doctor(), "credentials-missing").suggestion


def test_credentials_over_plain_http(connect: Connect, scripted: Scripted) -> None:
    with pytest.warns(UserWarning, match="plain http"):
        caller = connect(url="http://gpu-box.example", username="user", password="secret", proxy=scripted.url)
    diagnosis = caller.doctor()
    assert the(diagnosis, "credentials-in-clear").level == "warning"
    assert "secret" not in str(diagnosis)


@pytest.mark.parametrize(
    ("flags", "credentials", "found"),
    [
        ({"listen": True, "api_auth": None}, {}, [("open-to-all", "warning")]),
        ({"share": True, "api_auth": None}, {}, [("open-to-all", "warning")]),
        ({"listen": True, "api_auth": "user:hush-hush"}, {}, []),
        ({"listen": False, "api_auth": None}, {}, []),
        ({"listen": True}, {}, []),
        ({"gradio_auth": "user:hush-hush", "api_auth": None}, {}, [("page-login", "note")]),
        ({"api_auth": None}, {"username": "a", "password": "b"}, [("page-login", "note")]),
    ],
)
def test_what_the_flags_say_about_who_gets_in(
    connect: Connect, scripted: Scripted, flags: dict[str, Any], credentials: dict[str, str],
    found: list[tuple[str, str]],
) -> None:  # fmt: skip
    scripted.play_at("/sdapi/v1/cmd-flags", answer(flags))
    diagnosis = connect(url=scripted.url, **credentials).doctor()
    told = [(item.kind, item.level) for item in diagnosis.findings if item.kind in ("open-to-all", "page-login")]
    assert told == found
    assert "hush-hush" not in str(diagnosis.as_dict())
