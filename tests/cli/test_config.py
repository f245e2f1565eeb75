"""`webuiapi.toml`: named servers, defaults of flags, which of them holds, and what is said where something is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from cli.conftest import Command, Ran
from support.documents import DOCS, blocks_of
from webuiapi.cli.app import COMMANDS, app
from webuiapi.cli.settings import read
from webuiapi.server import App, Server, serve

Write = Callable[[str], Path]
POSIX = pytest.mark.skipif(os.name != "posix", reason="modes of files say nothing here")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own."""
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def own() -> Write:
    """Writes the user's file."""
    return lambda text: written(Path(click.get_app_dir("webuiapi")) / "webuiapi.toml", text)


@pytest.fixture
def here(command: Command) -> Write:
    """Writes the file of the current folder, which is an empty one."""
    return lambda text: written(Path.cwd() / "webuiapi.toml", text)


def sent(server: Server) -> dict[str, Any]:
    """The body of the last generation."""
    (*_, last) = [request for request in server.requests if request.path.endswith("2img")]
    found: dict[str, Any] = last.json
    return found


def painted(command: Command, *args: str, **settings: Any) -> Ran:
    ran = command("txt2img", "a cat", "-W", "64", "-H", "64", *args, **settings)
    assert (ran.code, "error" in ran.err) == (0, False), ran.err
    return ran


def refused(command: Command, *args: str) -> str:
    """What is said about a file, in one line."""
    ran = command(*(args or ("models",)))
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran.err
    return ran.err


# -- servers ----------------------------------------------------------------------------------------------------------


def test_a_server_by_its_name(command: Command, here: Write) -> None:
    with serve(App(api_auth="me:secret")) as near, serve() as far:
        here(f"""
            [servers.near]
            url = "{near.url}"
            username = "me"
            password = "secret"
            [servers.far]
            url = "{far.url}"
        """)
        assert command("samplers", "--server", "near").code == 0
        assert command("samplers", "--server", "far").code == 0
        assert [request.path for request in far.requests] == ["/sdapi/v1/samplers"]
        assert far.requests[0].headers.get("authorization") is None
        wrong = command("samplers", "--server", "near", "--auth", "me:other")
        assert (wrong.code, "401" in wrong.err) == (1, True)


def test_the_kind_of_server_is_not_asked_for(command: Command, here: Write, embedded: Server) -> None:
    here(f'[servers.a]\nurl = "{embedded.url}"\n[servers.b]\nurl = "{embedded.url}"\nserver = "a1111"\ntimeout = 30')
    painted(command, "--server", "a")
    asked = len(embedded.requests)
    painted(command, "--server", "b")
    assert len(embedded.requests) - asked < asked
    found = command("config", "--server", "b", "--json").json["server"]
    assert (found["server"], found["timeout"]) == ("a1111", 30)
    assert command("config", "--server", "b", "--timeout", "5", "--json").json["server"]["timeout"] == 5


def test_several_servers_by_their_names(command: Command, here: Write, tmp_path: Path) -> None:
    jobs = (f'{{"prompt": "a cat", "seed": {seed}, "steps": 1, "width": 64, "height": 64}}' for seed in range(12))
    (tmp_path / "jobs.jsonl").write_text("\n".join(jobs))
    with serve(App(api_auth="me:secret", step_time=0.02)) as one, serve(App(step_time=0.02)) as other:
        url = one.url.replace("//", "//me:secret@")
        here(f'[servers.a]\nurl = "{url}"\n[servers.b]\nurl = "{other.url}"\n[defaults]\nserver = "a"')
        ran = command("batch", "jobs.jsonl", "-o", "out", "--json", "--server", "a", "--server", "b")
        assert ran.code == 0, ran.err
        painting = [[path for path in (r.path for r in each.requests) if "txt2img" in path] for each in (one, other)]
        assert all(painting)
        assert not any("authorization" in request.headers for request in other.requests)
        assert command("batch", "jobs.jsonl", "-o", "two", "--url", other.url, "--server", "a").code == 0
        before = len(other.requests)
        assert command("batch", "jobs.jsonl", "-o", "three").code == 0, "the one of the defaults"
        assert len(other.requests) == before


def test_flags_win_over_the_environment_and_that_over_the_files(command: Command, own: Write, here: Write) -> None:
    own('[servers.one]\nurl = "http://one:1"\n[defaults]\nserver = "one"')

    def found(*flags: str, url: str | None = None) -> tuple[str, str]:
        server = command("config", "--json", *flags, env={"WEBUIAPI_URL": url} if url else None).json["server"]
        return server["url"], server["said_by"]

    assert found() == ("http://one:1", "file")
    here('[servers.two]\nurl = "http://two:2"\n[defaults]\nserver = "two"')
    assert found() == ("http://two:2", "file")
    assert found(url="http://three:3") == ("http://three:3", "environment")
    assert found("--server", "one", url="http://three:3") == ("http://one:1", "flag")
    assert found("--url", "http://four:4", url="http://three:3") == ("http://four:4", "flag")


def test_without_files_all_is_as_it_was(command: Command) -> None:
    found = command("config", "--json").json
    assert [file["read"] for file in found["files"]] == [False, False]
    assert found["server"] == {
        "name": None, "url": "http://127.0.0.1:7860", "username": None, "timeout": None, "said_by": "default"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "env", "user"),
    [
        ((), {}, "file"),
        ((), {"WEBUIAPI_AUTH": "env:x"}, "env"),
        (("--auth", "flag:x"), {"WEBUIAPI_AUTH": "env:x"}, "flag"),
        (("--server", "own"), {"WEBUIAPI_AUTH": "env:x"}, "file"),
        (("--server", "none"), {"WEBUIAPI_AUTH": "env:x"}, "env"),
        (("--server", "none"), {"WEBUIAPI_AUTH": "env:x", "WEBUIAPI_URL": "http://other:1"}, None),
        (("--server", "none"), {"WEBUIAPI_AUTH": "env:x", "WEBUIAPI_URL": "http://none:1"}, "env"),
        ((), {"WEBUIAPI_URL": "http://other:1"}, None),
    ],
)
def test_whose_credentials(
    command: Command, here: Write, flags: tuple[str, ...], env: dict[str, str], user: str | None
) -> None:
    """Those of a server go to no other one."""
    here(
        '[servers.own]\nurl = "http://file:x@own:1"\n[servers.none]\nurl = "http://none:1"\n[defaults]\nserver = "own"'
    )
    assert command("config", "--json", *flags, env=env).json["server"]["username"] == user


def test_a_password_from_the_environment(command: Command, here: Write) -> None:
    with serve(App(api_auth="me:secret")) as server:
        path = here(f'[servers.a]\nurl = "{server.url}"\nusername = "me"\npassword_env = "A_PASSWORD"')
        assert command("samplers", "--server", "a", env={"A_PASSWORD": "secret"}).code == 0
        text = refused(command, "samplers", "--server", "a")
    assert text == f"error: {path}: [servers.a] password_env = 'A_PASSWORD': the environment has no such variable.\n"


def test_the_nearer_file_wins_key_by_key(command: Command, own: Write, here: Write) -> None:
    own('[servers.a]\nurl = "http://a:1"\ntimeout = 5\n[defaults.txt2img]\nsteps = 5\nseed = 1')
    here("[servers.a]\ntimeout = 9\n[defaults.txt2img]\nsteps = 9")
    found = command("config", "--server", "a", "--json").json
    assert (found["server"]["url"], found["server"]["timeout"]) == ("http://a:1", 9)
    assert found["defaults"] == {"txt2img": {"steps": 9, "seed": 1}}


@pytest.mark.parametrize("way", ['url = "http://elsewhere:1"', 'proxy = "http://elsewhere:1"', "verify = false"])
def test_a_folder_does_not_get_the_users_password_sent_elsewhere(
    command: Command, own: Write, here: Write, way: str
) -> None:
    own('[servers.a]\nurl = "http://me:secret@a:1"')
    assert command("config", "--server", "a", "--json").json["server"]["username"] == "me"
    here(f"[servers.a]\n{way}")
    assert command("config", "--server", "a", "--json").json["server"]["username"] is None
    here(f'[servers.a]\n{way}\nusername = "you"\npassword = "x"')
    assert command("config", "--server", "a", "--json").json["server"]["username"] == "you"


@POSIX
def test_a_password_that_others_can_read(command: Command, here: Write) -> None:
    path = here('[servers.a]\nurl = "http://a:1"\nusername = "me"\npassword = "hush"')
    assert command("config").err == ""
    path.chmod(0o644)
    ran = command("config")
    assert ran.err == (
        f"warning: {path} holds a password of 'a' and can be read by others: chmod 600, or give password_env\n"
    )
    written(path, '[servers.a]\nurl = "http://a:1"\nusername = "me"\npassword_env = "X"').chmod(0o644)
    assert command("config").err == ""


# -- defaults ---------------------------------------------------------------------------------------------------------


def test_defaults_of_a_command(command: Command, here: Write, embedded: Server) -> None:
    here("""
        [defaults.txt2img]
        steps = 3
        sampler = "DPM++ 2M"
        negative-prompt = "dog"
        styles = ["watercolor"]
        hires = false
        override_settings = {CLIP_stop_at_last_layers = 2}
        out = "{seed}"
        overwrite = true
        quiet = true
        [defaults.img2img]
        steps = 4
    """)
    assert painted(command, "--url", embedded.url, "--seed", "7").lines == ["7.png"]
    body = sent(embedded)
    expected = {
        "steps": 3, "sampler_name": "DPM++ 2M", "negative_prompt": "dog", "styles": ["watercolor"], "enable_hr": False,
        "override_settings": {"CLIP_stop_at_last_layers": 2},
    }  # fmt: skip
    assert {name: body[name] for name in expected} == expected
    ran = painted(command, "--url", embedded.url, "--seed", "7", "--steps", "2", "-n", "fox", "-o", "{index}")
    assert (ran.lines, ran.err) == (["0.png"], "")
    assert (sent(embedded)["steps"], sent(embedded)["negative_prompt"]) == (2, "fox")
    assert command("img2img", "0.png", "a fox", "--url", embedded.url).code == 0
    assert sent(embedded)["steps"] == 4


def test_a_flag_wins_over_a_default_that_says_the_same_in_another_way(
    command: Command, here: Write, embedded: Server
) -> None:
    painted(command, "--url", embedded.url, "-o", "a")
    here('[defaults.upscale]\nby = 2\n[defaults.img2img]\nsize = "input"\n[defaults.txt2img]\nheight = 72')
    assert command("upscale", "a.png", "--to", "96x80", "--url", embedded.url, "-o", "b").code == 0
    assert command("img2img", "a.png", "x", "--url", embedded.url, "-W", "88", "-H", "80").code == 0
    assert (sent(embedded)["width"], sent(embedded)["height"]) == (88, 80)
    assert command("txt2img", "x", "-W", "88", "--url", embedded.url).code == 0
    assert (sent(embedded)["width"], sent(embedded)["height"]) == (88, 72)


def test_values_of_a_script(command: Command, here: Write, embedded: Server) -> None:
    here('[defaults.txt2img]\nscript_name = "prompt matrix"\nscript_args = [false, true, "positive", "comma", 0]')
    painted(command, "--url", embedded.url)
    assert sent(embedded)["script_args"] == [False, True, "positive", "comma", 0]


# -- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[servers", "is no TOML: "),
        ("[sevrers.a]", "there is the unknown key 'sevrers': did you mean 'servers'?"),
        ("servers = 5", ": servers = 5: a table is needed, as in [servers]"),
        ("[servers]\na = 5", ": servers.a = 5: a table is needed, as in [servers.a]"),
        ('[servers.a]\nulr = "x"', ": [servers.a] has the unknown key 'ulr': did you mean 'url'?"),
        (
            "[servers.a]\nzzz = 1",
            "'zzz': there are url, server, username, password, password_env, timeout, proxy, verify",
        ),
        ("[servers.a]\nurl = 5", ": [servers.a] url = ...: an address is needed"),
        ('[servers.a]\nurl = "ftp://x"', ": [servers.a] url='ftp://x' has the scheme 'ftp': http or https is needed"),
        ('[servers.a]\nserver = "forgery"', ": [servers.a] server='forgery' must be one of 'a1111', "),
        ("[servers.a]\ntimeout = 0", ": [servers.a] timeout = 0: a number of seconds above 0 is needed"),
        ("[servers.a]\ntimeout = true", ": [servers.a] timeout = True: a number of seconds above 0 is needed"),
        ("[servers.a]\nverify = 1", ": [servers.a] verify = 1: true, false or the path"),
        ("[servers.a]\npassword = 5", ": [servers.a] password = ...: a text is needed"),
        ('[servers.a]\npassword = "hush"\npassword_env = "x"', ": [servers.a] has both password and password_env"),
        ('[servers.a]\nurl = "http://me:hush@a"\nusername = "x"', ": [servers.a] url has a user name and a password"),
        (
            '[defaults]\nserver = "gpubox"',
            ": [defaults] server = 'gpubox': there is no [servers.gpubox]; no file names any",
        ),
        ('[servers.gpu]\n[defaults]\nserver = "gpus"', ": there is no [servers.gpus]; did you mean 'gpu'?"),
        ("[defaults]\nserver = 5", ": [defaults] server = 5: the name of a server is needed"),
        ("[defaults.txt2image]", ": [defaults] has the unknown key 'txt2image': did you mean 'txt2img'?"),
        ("[defaults]\nsteps = 5", ": [defaults] has the unknown key 'steps': only server stands here, "),
        ("[defaults.txt2img]\nstep = 5", ": [defaults.txt2img] has the unknown key 'step': did you mean 'steps'?"),
        ("[defaults.txt2img]\nzzz = 5", "'zzz': there are negative_prompt, negative, seed, "),
        ('[defaults.txt2img]\nurl = "x"', ": [defaults.txt2img] has the unknown key 'url'"),
        ("[defaults.txt2img]\nsteps = 7.5", ": [defaults.txt2img] steps = 7.5: a whole number is needed"),
        ('[defaults.txt2img]\ncfg = "7"', ": [defaults.txt2img] cfg = '7': a number is needed"),
        ("[defaults.txt2img]\nhires = 1", ": [defaults.txt2img] hires = 1: true or false is needed"),
        ('[defaults.txt2img]\noverride_settings = "a"', "override_settings = 'a': a table is needed"),
        ("[defaults.txt2img]\nsampler = 5", "sampler = 5: a text is needed"),
        ("[defaults.img2img]\nsize = 5", """size = 5: a text like "512x768" is needed"""),
        ('[defaults.img2img]\nsize = "large"', "size = 'large': 'large' is no size: "),
        ('[defaults.img2img]\nmask = "none.png"', "mask = 'none.png': there is no file 'none.png'"),
        ("[defaults.serve]\nport = 70000", "port = 70000: 70000 is not in the range 0<=x<=65535"),
    ],
)
def test_what_is_wrong_in_a_file(command: Command, here: Write, text: str, message: str) -> None:
    path = here(text)
    said = refused(command)
    assert said.startswith(f"error: {path}")
    assert message in said
    assert "hush" not in said
    assert command("models", "--help").code == 0, "help is there whatever a file says"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timeout = 5", "[servers.a] has no url."),
        ('url = "http://a"\nusername = "x"', "[servers.a] has no password_env (or password)."),
        ('url = "http://a"\npassword = "hush"', "[servers.a] has no username."),
    ],
)
def test_what_a_server_lacks(command: Command, here: Write, text: str, message: str) -> None:
    path = here(f"[servers.a]\n{text}")
    assert refused(command, "models", "--server", "a") == f"error: {path}: {message}\n"


def test_a_file_that_is_no_text(command: Command, here: Write) -> None:
    path = here("")
    path.write_bytes(b"[servers.\xff]")
    assert refused(command) == f"error: {path} is not UTF-8: invalid start byte at byte 9.\n"
    path.write_bytes(b"\xef\xbb\xbf[servers.a]\r\n")
    assert command("config").code == 0, "Windows' editors begin so"


def test_a_name_that_no_file_has(command: Command, here: Write) -> None:
    assert re.match(
        r"error: there is no server 'gpu' in webuiapi\.toml, looked for as .*webuiapi\.toml and .*webuiapi\.toml\. See",
        refused(command, "models", "--server", "gpu"),
    )
    here('[servers.gpu-box]\nurl = "http://a"')
    assert "webuiapi.toml: did you mean 'gpu-box'? See" in refused(command, "models", "--server", "gpubox")
    assert "webuiapi.toml: there are gpu-box. See" in refused(command, "models", "--server", "x")
    assert "an address goes to --url" in refused(command, "models", "--server", "http://a")
    both = refused(command, "models", "--server", "gpu-box", "--url", "http://a")
    assert "--url and --server both say which server: give one of the two." in both


def test_an_error_of_a_file_as_json(command: Command, here: Write) -> None:
    path = here("[defaults.txt2img]\nstep = 5")
    ran = command("models", "--json")
    assert ran.code == 2
    assert ran.json["error"]["type"] == "SettingsError"
    assert ran.json["error"]["message"].startswith(f"{path}: [defaults.txt2img] has the unknown key 'step'")


# -- config -----------------------------------------------------------------------------------------------------------


def test_config_shows_what_holds(command: Command, own: Write, here: Write) -> None:
    first = own('[servers.a]\nurl = "http://me:hush@a:1"\n[defaults.txt2img]\nsteps = 5')
    second = here('[servers.b]\nurl = ":local:"\nserver = "a1111"\n[defaults]\nserver = "b"')
    ran = command("config")
    assert ran.lines == [
        f"{first}: read", f"{second}: read", "",
        "[servers.a]", f"url = 'http://a:1'  ({first})", f"username = 'me'  ({first})", f"password = '***'  ({first})",
        "",
        "[servers.b]", f"url = ':local:'  ({second})", f"server = 'a1111'  ({second})", "",
        "[defaults]", f"server = 'b'  ({second})", "",
        "[defaults.txt2img]", f"steps = 5  ({first})", "",
        "Server: b, :local: (by webuiapi.toml)",
    ]  # fmt: skip
    assert command("config", "--server", "a").lines[-1] == "Server: a, http://a:1 as me (by a flag)"
    hidden = command("config", "--url", "http://you:hush@c").lines[-1]
    assert hidden == "Server: http://c:80 (by a flag)"
    as_json = command("config", "--json")
    assert as_json.json["servers"]["a"] == {"url": "http://a:1", "username": "me", "password": "***"}
    assert "hush" not in ran.out + as_json.out
    here('[servers.b]\nurl = "http://b:1"\nproxy = "http://me:hush@proxy:1"\nverify = "ca.pem"')
    as_json = command("config", "--server", "b", "--json")
    assert as_json.json["server"]["proxy"] == as_json.json["servers"]["b"]["proxy"] == "http://***@proxy:1"
    assert as_json.json["server"]["verify"] == str(second.parent / "ca.pem"), (
        "beside the file, from wherever it is used"
    )
    assert "hush" not in command("config", "--server", "b").out + as_json.out
    assert "hush" not in repr(read(lambda name: app.get_command(click.Context(app), name), COMMANDS))


def test_the_file_in_the_documentation(command: Command, here: Write) -> None:
    (block,) = [block for block in blocks_of(DOCS / "command-line.md") if block.language == "toml"]
    here(block.text)
    found = command("config", "--json", env={"GPU_BOX_PASSWORD": "x"}).json
    assert found["server"]["name"] == "gpu-box"
    assert found["defaults"]["txt2img"]["steps"] == 30


def test_the_demo_takes_the_embedded_server_unless_a_flag_names_one(
    command: Command, here: Write, embedded: Server
) -> None:
    here(f'[servers.a]\nurl = "{embedded.url}"\n[servers.b]\nurl = "http://b:1"\n[defaults]\nserver = "b"')
    before = len(embedded.requests)
    assert command("demo").code == 0
    assert len(embedded.requests) == before
    assert command("demo", "--server", "a").code == 0
    assert len(embedded.requests) > before
