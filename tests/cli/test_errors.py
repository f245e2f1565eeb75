"""What goes wrong is one clear paragraph on standard error, JSON if asked for, and an exit code."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from PIL import Image

from cli.conftest import Command, Ran
from support.pictures import file_of, noise
from support.scripted import HANG, Scripted, answer
from webuiapi.cli.app import app
from webuiapi.cli.command import Run
from webuiapi.cli.errors import paragraph
from webuiapi.cli.output import check_output
from webuiapi.cli.values import PictureType
from webuiapi.errors import MissingExtra
from webuiapi.server import App, Server, serve


def one_paragraph(ran: Ran) -> str:
    """The error, of which there is nothing but one line."""
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("error: ")
    assert "Traceback" not in ran.err
    return ran.err


def nobody(scripted: Scripted) -> str:
    """An address where nobody listens any more."""
    scripted.close()
    return scripted.url


def test_a_catalogue_that_is_none_is_named(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "gpu-box.json"
    for text in ("{", "[]", '{"samplers": 5}', '{"flavour": "comfy"}'):
        file.write_text(text)
        ran = command("serve", "--port", "0", "--catalog", str(file))
        assert ran.code == 2
        assert f"{file} is no catalogue: " in one_paragraph(ran)


def test_nobody_listens(command: Command, scripted: Scripted) -> None:
    ran = command("models", "--url", nobody(scripted))
    text = one_paragraph(ran)
    assert ran.code == 1
    assert scripted.url in text
    assert "`webuiapi serve` starts the embedded one" in text


def test_wrong_password(command: Command) -> None:
    with serve(App(api_auth="me:secret")) as server:
        ran = command("samplers", "--url", server.url, "--auth", "me:guess")
        assert ran.code == 1
        assert "401" in one_paragraph(ran)
        assert "not one of those" in ran.err
        ran = command("samplers", "--url", server.url)
        assert "give --auth user:password, or set WEBUIAPI_AUTH" in one_paragraph(ran)
        assert command("samplers", "--url", server.url, "--auth", "me:secret").code == 0
        assert command("samplers", env={"WEBUIAPI_URL": server.url, "WEBUIAPI_AUTH": "me:secret"}).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--steps", "many"], "'many' is not a valid integer"),
        (["--out", "{nope}"], "unknown field {nope}"),
        (["--out", "{"], "is no template"),
        (["--size", "3"], "No such option"),
        (["--override-settings", "x"], "neither NAME=VALUE nor a JSON object"),
        (["--auth", "secret"], "must have the form user:password"),
        (["--url", "ftp://x"], "http or https is needed"),
        (["--timeout", "-1"], "timeout"),
    ],
)
def test_bad_values(command: Command, words: list[str], said: str) -> None:
    ran = command("txt2img", "cat", *words)
    assert ran.code == 2
    assert said in one_paragraph(ran)
    assert "secret" not in ran.err


@pytest.mark.parametrize(("words", "said"), [(["--cfg", "nan"], "cfg_scale=nan"), (["-s", "0"], "steps=0")])
def test_values_that_the_request_refuses(ask: Command, words: list[str], said: str) -> None:
    ran = ask("txt2img", "cat", *words)
    assert ran.code == 2
    assert said in one_paragraph(ran)


def test_prompt_missing(ask: Command) -> None:
    ran = ask("txt2img", "--seed", "1")
    assert ran.code == 2
    assert "PROMPT is missing" in one_paragraph(ran)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["img2img", "none.png", "cat"], "there is no file 'none.png'"),
        (["upscale", "none.png"], "there is no file 'none.png'"),
        (["png-info", "none.png"], "there is no file 'none.png'"),
        (["upscale", "."], "'.' is a folder"),
        (["img2img", "text.txt", "cat"], "no picture"),
        (["upscale"], "Missing argument 'FILES...'"),
        (["upscale", "-", "-"], "can stand for one picture only"),
        (["img2img", "-", "cat", "--mask", "-"], "can stand for one picture only"),
    ],
)
def test_unknown_files(command: Command, embedded: Server, tmp_path: Path, args: list[str], said: str) -> None:
    (tmp_path / "text.txt").write_text("hello")
    server = [] if args[0] == "png-info" else ["--url", embedded.url]
    ran = command(*args, *server, stdin=file_of(noise("RGB", 8, 8)))
    assert ran.code == 2
    assert said in one_paragraph(ran)


def test_nothing_on_standard_input(ask: Command) -> None:
    ran = ask("img2img", "-", "cat", stdin=b"")
    assert ran.code == 2
    assert "nothing came from standard input" in one_paragraph(ran)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("txt2ing", "did you mean 'txt2img'?"),
        ("png_info", "did you mean 'png-info'?"),
        ("sampler", "did you mean 'samplers'?"),
        ("frobnicate", "there are txt2img, img2img, upscale,"),
    ],
)
def test_unknown_command(command: Command, name: str, said: str) -> None:
    ran = command(name)
    assert ran.code == 2
    assert said in one_paragraph(ran)


def test_unknown_flag_names_the_nearest(command: Command) -> None:
    ran = command("txt2img", "cat", "--sample", "x")
    assert ran.code == 2
    assert "--sampler" in one_paragraph(ran)
    assert ran.err.endswith("See webuiapi txt2img --help\n")


def test_a_name_that_the_server_does_not_have(ask: Command) -> None:
    ran = ask("txt2img", "cat", "--model", "frobnicate")
    assert ran.code == 2
    assert "the server has no model 'frobnicate'" in one_paragraph(ran)
    assert ask("txt2img", "cat", "--model", "frobnicate", "--json").json["error"]["type"] == "UnknownName"


def test_what_the_server_says(command: Command, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/samplers", answer({"detail": "out of order"}, 500))
    ran = command("samplers", "--json", "--url", scripted.url)
    url = f"{scripted.url}/sdapi/v1/samplers"
    said = f"GET {url} answered 500: out of order."
    assert ran.code == 1
    assert ran.err == f"error: {said}\n"
    assert ran.json["error"] == {
        "type": "ServerError", "message": said, "method": "GET", "url": url, "status": 500, "detail": "out of order",
    }  # fmt: skip


def test_no_such_endpoint(command: Command, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/samplers", answer({"detail": "Not Found"}, 404))
    ran = command("samplers", "--url", scripted.url)
    assert "add --api to its command line" in one_paragraph(ran)


def test_time_is_up(command: Command, scripted: Scripted) -> None:
    scripted.play_at("/sdapi/v1/samplers", HANG)
    ran = command("samplers", "--timeout", "0.05", "--url", scripted.url)
    assert ran.code == 1
    assert "0.05 s" in one_paragraph(ran)


def test_usage_as_json(command: Command) -> None:
    ran = command("txt2img", "cat", "--steps", "many", "--json")
    assert ran.code == 2
    assert ran.json["error"]["type"] == "BadParameter"
    assert "'many' is not a valid integer" in ran.json["error"]["message"]


def test_a_place_that_cannot_be_written(ask: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    ran = ask("txt2img", "cat", "-W", "64", "-H", "64", "-s", "1", "-q", "-o", "file/x.png")
    assert ran.code == 2
    assert "Invalid value for '--out': nothing can be written into 'file': " in one_paragraph(ran)


def test_a_missing_package_is_a_matter_of_usage() -> None:
    error = MissingExtra.of("the embedded server", "numpy")
    assert paragraph(error) == "the embedded server needs numpy: pip install numpy."


def test_errors_of_the_system_name_the_file() -> None:
    assert paragraph(FileNotFoundError(2, "No such file", "a.png")) == "'a.png': No such file."
    assert paragraph(OSError(98, "cannot listen on 127.0.0.1:1: in use")) == "cannot listen on 127.0.0.1:1: in use."
    assert paragraph(OSError("odd")) == "odd."
    assert paragraph(click.ClickException("no\nmore")) == "no more."


def test_a_taken_port(command: Command, embedded: Server) -> None:
    ran = command("serve", "--port", str(embedded.port))
    assert ran.code == 1
    assert f"cannot listen on 127.0.0.1:{embedded.port}" in one_paragraph(ran)


# -- where credentials go ---------------------------------------------------------------------------------------------


def authorizations(server: Scripted) -> list[str | None]:
    return [seen.headers.get("authorization") for seen in server.seen]


@pytest.mark.parametrize(
    ("flags", "environment", "sent"),
    [
        ([], {"WEBUIAPI_URL": "{url}", "WEBUIAPI_AUTH": "a:b"}, "Basic YTpi"),
        (["--url", "{url}"], {"WEBUIAPI_AUTH": "a:b"}, "Basic YTpi"),
        (["--url", "{url}"], {"WEBUIAPI_URL": "{url}", "WEBUIAPI_AUTH": "a:b"}, "Basic YTpi"),
        (["--url", "{url}"], {"WEBUIAPI_URL": "http://other:1", "WEBUIAPI_AUTH": "a:b"}, None),
        (["--url", "{url}", "--auth", "c:d"], {"WEBUIAPI_URL": "http://other:1", "WEBUIAPI_AUTH": "a:b"}, "Basic Yzpk"),
        (["--url", "http://c:d@{host}"], {"WEBUIAPI_AUTH": "a:b"}, "Basic Yzpk"),
        (["--url", "{url}"], {}, None),
    ],
)
def test_whose_credentials_are_sent(
    command: Command, scripted: Scripted, flags: list[str], environment: dict[str, str], sent: str | None
) -> None:
    scripted.play(answer([]))
    names = {"url": scripted.url, "host": f"127.0.0.1:{scripted.port}"}
    env = {name: value.format(**names) for name, value in environment.items()}
    assert command("samplers", *[flag.format(**names) for flag in flags], env=env).code == 0
    assert authorizations(scripted) == [sent]


# -- before anything is loaded ----------------------------------------------------------------------------------------


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ})


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_its_packages_it_says_which(missing: str) -> None:
    done = python(f"import sys; sys.modules[{missing!r}] = None; from webuiapi.__main__ import main; main()")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "error: the command line needs click and rich: pip install click rich\n"


def test_help_loads_no_command_and_nothing_heavy() -> None:
    code = """
import sys
sys.argv = ["webuiapi", "--help"]
from webuiapi.__main__ import main
try:
    main()
except SystemExit as end:
    assert end.code == 0
heavy = ["PIL", "numpy", "urllib3", "orjson", "rich.console", "webuiapi.client", "webuiapi.cli.txt2img"]
print([name for name in heavy if name in sys.modules])
"""
    done = python(code)
    assert done.stderr == ""
    assert done.stdout.endswith("\n[]\n")


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "webuiapi", "--version"], capture_output=True, text=True, check=True)
    from webuiapi import __version__

    assert done.stdout == f"webuiapi {__version__}\n"


def test_a_picture_that_is_none(ask: Command, tmp_path: Path) -> None:
    whole: Any = file_of(Image.new("RGB", (64, 64)))
    (tmp_path / "half.png").write_bytes(whole[:-30])
    ran = ask("upscale", "half.png")
    assert ran.code == 2
    assert one_paragraph(ran)


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def terminal() -> Terminal:
    return Terminal(io.BytesIO())


def test_no_picture_goes_to_a_terminal_or_comes_from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    context = click.Context(app)
    monkeypatch.setattr(sys, "stdin", terminal())
    with pytest.raises(click.BadParameter, match="standard input is a terminal"):
        PictureType().convert("-", None, context)
    monkeypatch.setattr(sys, "stdout", terminal())
    with pytest.raises(click.UsageError, match="to a terminal"):
        check_output(Run(out="-"), pictures=1)


def test_avif_is_refused_before_painting_where_it_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import features

    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.raises(click.BadParameter, match="can't write AVIF"):
        check_output(Run(out="x.avif"), pictures=1)
    monkeypatch.setattr(features, "check", lambda name: True)
    check_output(Run(out="x.avif"), pictures=1)
