"""Snapshots: what a server has installed, as a catalogue that makes a twin of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import webuiapi
from contract.compare import CATALOG
from support.callers import Colour
from webuiapi import AuthenticationError, WebUIApi
from webuiapi.server import App, Catalog, save_snapshot, serve, snapshot
from webuiapi.server.flavours import FLAVOURS, Flavour
from webuiapi.snapshot import ENDPOINTS, take_snapshot, write_snapshot
from webuiapi.transport.local import LocalTransport

from ..conftest import ask
from .conftest import SMALL


def client(app: App, **settings: Any) -> WebUIApi:
    return WebUIApi(":local:", transport=LocalTransport(app), **settings)


def installed(catalog: dict[str, Any]) -> dict[str, Any]:
    """Without the lists that only extensions' endpoints give, which a catalogue need not have."""
    return {name: catalog[name] for name in catalog if "/" not in name}


def test_the_snapshot_of_the_embedded_server_is_its_catalogue() -> None:
    with App() as app:
        assert installed(snapshot(client(app))) == Catalog().data


def test_the_snapshot_of_a_server_with_a_catalogue_is_that_catalogue() -> None:
    catalog = json.loads(CATALOG.read_bytes())
    with App(CATALOG) as app:
        found = snapshot(client(app))
    assert {name: found[name] for name in catalog} == catalog


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_twin_answers_as_the_server_does(flavour: str, tmp_path: Path) -> None:
    with App(flavour=flavour, seed=1) as app:
        catalog = Catalog.load(save_snapshot(client(app), tmp_path / "twin.json"))
        with App(catalog, seed=1) as twin:
            assert twin.flavour.name == flavour
            for name, endpoint in ENDPOINTS.items():
                one, other = ask(app, "GET", endpoint), ask(twin, "GET", endpoint)
                assert (one.status, one.raw) == (other.status, other.raw), name
            answers = [ask(server, "POST", "/sdapi/v1/txt2img", {**SMALL, "seed": 3}) for server in (app, twin)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body["images"] == answers[1].body["images"]


def test_only_relatives_are_named() -> None:
    for flavour in FLAVOURS:
        with App(flavour=flavour) as app:
            named = snapshot(client(app)).get("flavour")
        assert named == (None if flavour == "a1111" else flavour)


def test_lists_that_the_server_lacks_are_left_out() -> None:
    with App(flavour="koboldcpp") as app:
        assert set(snapshot(client(app))) == {
            "flavour",
            "latent-upscale-modes",
            "options",
            "samplers",
            "sd-models",
            "upscalers",
        }


def test_both_colours_through_both_doors(colour: Colour, door: str, connect: Any) -> None:
    from webuiapi.transport.local import AsyncLocalTransport

    with serve(App(seed=1)) as server:
        local = LocalTransport(server.app)
        transport = local if colour == "plain" else AsyncLocalTransport(local)
        caller = connect(url=server.url) if door == "socket" else connect(":local:", transport=transport)
        assert installed(caller.run(take_snapshot())) == Catalog().data


def test_by_address() -> None:
    with serve(App(CATALOG)) as server:
        assert snapshot(server.url)["sd-models"] == json.loads(CATALOG.read_bytes())["sd-models"]


def test_without_credentials() -> None:
    with App(api_auth="user:pass") as app, pytest.raises(AuthenticationError):
        snapshot(client(app))


def test_no_passwords(tmp_path: Path) -> None:
    flags = {
        "api_auth": None,
        "gradio_auth": "me:secret",
        "gradio_auth_path": "/srv/auth",
        "ngrok": "secret",
        "ngrok_region": "eu",
        "ngrok_options": {"basic_auth": "me:secret"},
        "auth": "me:secret",
        "hf_token": "secret",
        "share_token": True,
        "tls_keyfile": "/srv/key",
        "api": True,
    }
    options = {**Catalog().options, "huggingface_token": "secret", "civitai_api_key": "secret", "x_secret": "secret"}
    app = App({"cmd-flags": flags, "options": options}, api_auth="me:secret")
    with app:
        found = snapshot(client(app, username="me", password="secret"))
        write_snapshot(found, tmp_path / "file.json")
    assert "secret" not in (tmp_path / "file.json").read_text().replace("x_secret", "")
    assert found["cmd-flags"] == {
        "api_auth": None,
        "gradio_auth": None,
        "gradio_auth_path": "/srv/auth",
        "ngrok": None,
        "ngrok_region": "eu",
        "ngrok_options": {},
        "auth": None,
        "hf_token": None,
        "share_token": True,
        "tls_keyfile": "/srv/key",
        "api": True,
        "nowebui": False,
    }
    assert found["options"]["huggingface_token"] == ""
    assert found["options"]["token_merging_ratio"] == 0.0


def test_a_list_that_breaks_is_left_out_with_a_warning() -> None:
    app = App({"cmd-flags": {**Catalog().flags, "port": 7861}}, flavour="forge")
    with app, pytest.warns(UserWarning, match=r"the snapshot has no cmd-flags: .*ResponseValidationError") as caught:
        found = snapshot(client(app))
    assert [item.filename for item in caught] == [__file__]
    assert "cmd-flags" not in found
    assert "options" in found


def test_a_server_that_nobody_knows() -> None:
    with App(flavour=Flavour(name="bare", title="Bare", only=frozenset())) as app:
        assert snapshot(client(app)) == {}


def test_files_are_written_over_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "twin.json"
    assert write_snapshot({"samplers": []}, path) == path
    assert write_snapshot({"samplers": [], "options": {}}, path) == path
    assert json.loads(path.read_bytes()) == {"samplers": [], "options": {}}
    assert [one.name for one in path.parent.iterdir()] == ["twin.json"]
    path.write_text("[]")
    with pytest.raises(ValueError, match="is no catalogue"):
        Catalog.load(path)


def test_the_server_does_not_load_the_client() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from webuiapi.server import App; App(flavour='sdnext'); "
        "print('webuiapi.client' in sys.modules, 'webuiapi.snapshot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == (
        "False False\n"
    )
    assert webuiapi.server.snapshot is snapshot
