"""The lists, the catalogue behind them, and the calls around checkpoints, embeddings and the server's end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.compare import CATALOG
from webuiapi.server.app import App
from webuiapi.server.catalog import Catalog, sha256_of
from webuiapi.server.http import Dropped

from .conftest import Ask, ask

DATA: dict[str, Any] = json.loads(CATALOG.read_bytes())
NEEDED = "'name', 'num_vectors_per_token', and 'overwrite_old'"
LISTS = sorted(DATA.keys() - {"cmd-flags", "options"})


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_those_of_the_catalogue(get: Ask, name: str) -> None:
    answer = get(f"/sdapi/v1/{name}")
    assert (answer.status, answer.body) == (200, DATA[name])


def test_a_catalogue_may_be_a_file_a_mapping_or_itself(tmp_path: Path) -> None:
    data = {"prompt-styles": [{"name": "x", "prompt": "y", "negative_prompt": "z"}]}
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(data))
    catalog = Catalog(data)
    for source in (file, str(file), data, catalog):
        with App(source) as app:
            assert app.state.styles == data["prompt-styles"]
            assert len(app.catalog.samplers) == 20
    assert Catalog.of(catalog) is catalog


BROKEN: list[tuple[str, str]] = [
    ("[]", "a list; an object with the names of endpoints is expected"),
    ("{", "no JSON: "),
    ('{"samplers": 5}', "'samplers' is a number; a list is expected"),
    ('{"options": []}', "'options' is a list; an object is expected"),
    ('{"samplers": [{}, "Euler"]}', "'samplers' holds a text; objects are expected"),
    ('{"samplers": [null]}', "'samplers' holds null; objects are expected"),
    ('{"sd-models": [{"model_name": "x"}]}', "'sd-models' holds an object without 'title', which is a text"),
    ('{"samplers": [{"name": "x"}, {"name": 1}]}', "'samplers' holds an object without 'name', which is a text"),
    ('{"flavour": "comfy"}', "there is no flavour 'comfy'; there are a1111, "),
]


@pytest.mark.parametrize(("text", "words"), BROKEN, ids=[text for text, _ in BROKEN])
def test_a_file_that_is_no_catalogue(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=rf"catalog\.json is no catalogue: {words}"):
        App(file)
    if text != "{":
        with pytest.raises(ValueError, match=rf"^no catalogue: {words}"):
            Catalog(json.loads(text))


def test_one_server_does_not_change_the_catalogue_of_another() -> None:
    data: dict[str, Any] = {"embeddings": {"loaded": {}, "skipped": {}}}
    with App(data) as first, App(data) as second:
        ask(
            first,
            "POST",
            "/sdapi/v1/create/embedding",
            {"name": "x", "num_vectors_per_token": 1, "overwrite_old": False},
        )
        assert ask(second, "GET", "/sdapi/v1/embeddings").body["loaded"] == {}
    assert data == {"embeddings": {"loaded": {}, "skipped": {}}}


def names(app: App, path: str, key: str = "name") -> set[str]:
    return {item[key] for item in ask(app, "GET", f"/sdapi/v1/{path}").body}


def test_the_default_catalogue_has_what_people_ask_for() -> None:
    with App() as app:
        assert {"v1-5-pruned-emaonly", "sd_xl_base_1.0", "dreamshaper_8"} <= names(app, "sd-models", "model_name")
        assert "v1-5-pruned-emaonly.safetensors [6ce0161689]" in names(app, "sd-models", "title")
        assert "Moxin_10" in names(app, "loras")
        assert "anime" in names(app, "prompt-styles")
        assert names(app, "upscalers") >= {
            "None", "Lanczos", "Nearest", "LDSR", "BSRGAN", "ESRGAN_4x", "R-ESRGAN 4x+", "R-ESRGAN 4x+ Anime6B",
            "R-ESRGAN General 4xV3", "ScuNET GAN", "ScuNET PSNR", "SwinIR 4x", "DAT x2",
        }  # fmt: skip
        assert app.state.checkpoint["title"] == app.state.options["sd_model_checkpoint"]
        assert ask(app, "GET", "/sdapi/v1/options").status == 200
        assert len(ask(app, "GET", "/sdapi/v1/embeddings").body["loaded"]) == 3


def test_the_default_catalogue_agrees_with_itself() -> None:
    catalog = Catalog()
    titles = [item["title"] for item in catalog.checkpoints]
    upscalers = [item["name"] for item in catalog.upscalers]
    for script in catalog.script_info:
        for argument in script["args"]:
            if script["name"] == "refiner" and argument["label"] == "Checkpoint":
                assert argument["choices"] == titles
            if script["name"] == "sd upscale" and argument["label"] == "Upscaler":
                assert argument["choices"] == upscalers
    for item in catalog.checkpoints:
        assert item["hash"] == (item["sha256"] and item["sha256"][:10])
        assert item["hash"] is None or item["title"].endswith(f" [{item['hash']}]")


def test_hashes_are_told_by_names() -> None:
    known = sha256_of("/srv/models/v1-5-pruned-emaonly.safetensors")
    assert known.startswith("6ce0161689")
    assert sha256_of(r"C:\models\v1-5-pruned-emaonly.safetensors") == known
    assert sha256_of("/a/x.ckpt") == sha256_of("/b/x.ckpt") != sha256_of("/b/y.ckpt")
    assert len(sha256_of("/a/x.ckpt")) == 64


@pytest.mark.parametrize("name", ["refresh-checkpoints", "refresh-vae", "refresh-embeddings", "refresh-loras"])
def test_refresh(post: Ask, name: str) -> None:
    answer = post(f"/sdapi/v1/{name}")
    assert (answer.status, answer.body) == (200, None)


def test_create_embedding(app: App, get: Ask, post: Ask) -> None:
    body = {"name": "my/em.bed!", "num_vectors_per_token": 3, "overwrite_old": False}
    folder = "/srv/stable-diffusion-webui/embeddings"
    assert post("/sdapi/v1/create/embedding", body).body == {"info": f"create embedding filename: {folder}/myem.bed.pt"}
    found = get("/sdapi/v1/embeddings").body["loaded"]
    assert found["myem.bed"] == {
        "step": 0,
        "sd_checkpoint": None,
        "sd_checkpoint_name": None,
        "shape": 768,
        "vectors": 3,
    }
    again = f"create embedding error: file {folder}/myem.bed.pt already exists"
    assert post("/sdapi/v1/create/embedding", body).body == {"info": again}
    more = body | {"overwrite_old": True, "num_vectors_per_token": 5, "init_text": "x"}
    assert post("/sdapi/v1/create/embedding", more).body["info"].startswith("create embedding filename")
    assert get("/sdapi/v1/embeddings").body["loaded"]["myem.bed"]["vectors"] == 5


def test_create_hypernetwork(get: Ask, post: Ask) -> None:
    body = {"name": "h", "enable_sizes": [768], "overwrite_old": False, "use_dropout": True}
    path = "/srv/stable-diffusion-webui/models/hypernetworks/h.pt"
    assert post("/sdapi/v1/create/hypernetwork", body).body == {"info": "create hypernetwork filename: None"}
    again = f"create hypernetwork error: file {path} already exists"
    assert post("/sdapi/v1/create/hypernetwork", body).body == {"info": again}
    assert post("/sdapi/v1/create/hypernetwork", body | {"overwrite_old": True}).status == 200
    assert get("/sdapi/v1/hypernetworks").body == [{"name": "h", "path": path}]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"nome": 1}, "create_embedding() got an unexpected keyword argument 'nome'"),
        (
            {"name": "x", "overwrite_old": True},
            "create_embedding() missing 1 required positional argument: 'num_vectors_per_token'",
        ),
        (
            {"name": "x"},
            "create_embedding() missing 2 required positional arguments: 'num_vectors_per_token' and 'overwrite_old'",
        ),
        (
            {},
            f"create_embedding() missing 3 required positional arguments: {NEEDED}",
        ),
    ],
)
def test_create_with_wrong_arguments(post: Ask, body: Any, message: str) -> None:
    answer = post("/sdapi/v1/create/embedding", body)
    assert (answer.status, answer.body["error"], answer.body["errors"]) == (500, "TypeError", message)


def test_nothing_is_trained(post: Ask) -> None:
    info = post("/sdapi/v1/train/hypernetwork", {"hypernetwork_name": "h"}).body["info"]
    assert info.startswith("train embedding complete: filename:  error: train_hypernetwork() missing 28 required")
    needed = info.split("arguments: ")[1].replace("and ", "").replace("'", "").split(", ")
    whole = dict.fromkeys([*needed, "hypernetwork_name"], 1)
    info = post("/sdapi/v1/train/hypernetwork", whole).body["info"]
    assert info == "train embedding complete: filename:  error: the embedded server paints, it does not train"
    assert "unexpected keyword argument 'x'" in post("/sdapi/v1/train/embedding", {"x": 1}).body["info"]


def test_stopping(app: App, post: Ask) -> None:
    told: list[bool] = []
    app.on_stop.append(told.append)
    answer = post("/sdapi/v1/server-stop")
    assert (answer.status, answer.raw, "content-type" in answer.headers) == (200, b"Stopping.", False)
    with pytest.raises(Dropped):
        post("/sdapi/v1/server-kill")
    assert told == [False, True]
    answer = post("/sdapi/v1/server-restart")
    assert (answer.status, answer.raw) == (501, b"")


def test_stopping_is_not_offered_without_its_flag() -> None:
    with App({**DATA, "cmd-flags": {**DATA["cmd-flags"], "api_server_stop": False}}) as app:
        for name in ("server-stop", "server-kill", "server-restart"):
            assert ask(app, "POST", f"/sdapi/v1/{name}").status == 404


def test_stopping_without_user_interface_does_nothing() -> None:
    told: list[bool] = []
    with App(CATALOG, nowebui=True) as app:
        app.on_stop.append(told.append)
        assert ask(app, "POST", "/sdapi/v1/server-stop").raw == b"Stopping."
    assert told == []


def test_axes_without_user_interface() -> None:
    with App(CATALOG, nowebui=True) as app, App(CATALOG) as whole:
        axes = [script["args"][0]["choices"] for script in app.state.script_info if script["name"] == "x/y/z plot"]
        all_axes = [
            script["args"][0]["choices"] for script in whole.state.script_info if script["name"] == "x/y/z plot"
        ]
    assert [len(choices) for choices in axes] == [42, 41]
    assert all_axes[0][: len(axes[0])] == axes[0]


def test_sysinfo_tells_of_the_catalogue_not_of_this_machine(get: Ask) -> None:
    answer = get("/internal/sysinfo")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "content-disposition" not in answer.headers
    assert (answer.body["Version"], answer.body["Config"]["jpeg_quality"]) == ("v1.10.1", 80)
    for path in ("/internal/sysinfo?attachment=true", "/internal/sysinfo-download"):
        assert get(path).headers["content-disposition"].startswith("attachment")


def test_small_texts_for_the_user_interface(get: Ask) -> None:
    hints = get("/internal/quicksettings-hint").body
    assert {"name": "sd_vae", "label": "sd_vae"} in hints
    assert get("/internal/profile-startup").body == {"total": 0.0, "records": {}}
    assert get("/sd_extra_networks/get-single-card").body == {"html": ""}
    assert get("/sd_extra_networks/thumb?filename=/etc/passwd").body["detail"] == "File not found"
    assert get("/sd_extra_networks/cover-images").status == 404
    found = json.loads(get("/sd_extra_networks/metadata?page=lora&item=test_lora").body["metadata"])
    assert found["ss_output_name"] == "test_lora"
    assert get("/sd_extra_networks/metadata?page=lora&item=nope").body == {}
    assert get("/sd_extra_networks/metadata?page=checkpoints&item=test_lora").body == {}
