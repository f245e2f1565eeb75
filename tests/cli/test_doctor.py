"""`webuiapi doctor`: lines for people, JSON for programs, and an exit code."""

from __future__ import annotations

from cli.conftest import Command
from support.scripted import Scripted, answer
from webuiapi.server import App, serve


def test_a_server_that_works(ask: Command) -> None:
    ran = ask("doctor", "--generate")
    assert (ran.code, ran.err) == (0, "")
    assert "ok      reached: the API answers at http://127.0.0.1:" in ran.out
    assert "ok      generation: a picture of 64 x 64" in ran.out
    assert ran.lines[-1].endswith(": all well")


def test_only_what_is_wrong(command: Command, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/options", answer({"detail": "Not authenticated"}, 401))
    ran = command("doctor", "--url", scripted.url, "--quiet")
    assert ran.code == 1
    assert ran.lines[0] == f"PROBLEM credentials-missing: {scripted.url} wants a user name and a password"
    assert ran.lines[-1] == f"{scripted.url}: 1 problem"
    assert "ok      " not in ran.out


def test_json(command: Command) -> None:
    with serve(App(api_auth="user:right-one")) as server:
        ran = command("doctor", "--url", server.url, "--auth", "user:right-one", "--json")
        assert (ran.code, ran.err, ran.json["ok"]) == (0, "", True)
        assert ran.json["server"]["version"] == "v1.10.1"
        wrong = command("doctor", "--url", server.url, "--auth", "user:wrong-one", "--json")
    assert (wrong.code, wrong.err) == (1, "")
    assert [item["kind"] for item in wrong.json["findings"] if item["level"] == "problem"] == ["credentials-wrong"]
    assert "one" not in ran.out.replace("none", "")
    assert "wrong-one" not in wrong.out


def test_a_wrong_address_is_a_wrong_use(command: Command) -> None:
    ran = command("doctor", "--url", "ftp://127.0.0.1")
    assert ran.code == 2
    assert "http or https is needed" in ran.err
