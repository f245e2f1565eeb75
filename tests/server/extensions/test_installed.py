"""Which extensions a server has: by default all, by its catalogue, and without some."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.compare import CATALOG, HERE, recorded
from webuiapi.server.app import App
from webuiapi.server.catalog import Catalog
from webuiapi.server.doors import serve
from webuiapi.server.extensions import EXTENSIONS, extension_names
from webuiapi.server.extensions.base import with_extensions

from ..conftest import ask
from .shop import Shop

RECORDED: dict[str, Any] = json.loads(CATALOG.read_bytes())
ROUTES = {
    "controlnet": "/controlnet/version",
    "adetailer": "/adetailer/v1/version",
    "reactor": "/reactor/models",
    "roop": "/roop/models",
    "faceswaplab": "/faceswaplab/version",
    "segment-anything": "/sam/heartbeat",
    "promptgen": "/promptgen/list_models",
    "model-keyword": "/model_keyword/get_keywords",
    "tagger": "/tagger/v1/interrogators",
    "agent-scheduler": "/agent-scheduler/v1/queue",
    "deforum": "/deforum_api/jobs",
}
"""An endpoint of each that has some to be read."""
WITHOUT_SCRIPTS = {"agent-scheduler", "deforum", "promptgen", "rembg", "simple-wildcards", "tagger"}


def test_all_by_default(shop: Shop) -> None:
    assert shop.app.catalog.installed == set(extension_names())
    assert {name for name, one in EXTENSIONS.items() if not one.scripts} == WITHOUT_SCRIPTS
    folders = [item["name"] for item in shop.get("/sdapi/v1/extensions").body]
    assert sorted(folders) == sorted(one.folder for one in EXTENSIONS.values())


def test_none_in_the_catalogue_of_the_recordings() -> None:
    app = App(CATALOG)
    assert app.catalog.installed == set()
    assert [ask(app, "GET", path).status for path in ROUTES.values()] == [404] * len(ROUTES)
    assert ask(app, "POST", "/rembg", {}).status == 404


@pytest.mark.parametrize("name", extension_names())
def test_without_one(name: str) -> None:
    shop = Shop(without=[name])
    assert shop.app.catalog.installed == set(extension_names()) - {name}
    titles = {script.title.lower() for script in EXTENSIONS[name].scripts}
    scripts = shop.get("/sdapi/v1/scripts").body
    assert not titles & {title.lower() for titles in scripts.values() for title in titles}
    assert not titles & {info["name"] for info in shop.get("/sdapi/v1/script-info").body}
    if name in ROUTES:
        assert shop.get(ROUTES[name]).status == 404
    for title in titles:
        body = {"width": 64, "height": 64, "steps": 1, "alwayson_scripts": {title: {"args": []}}}
        assert shop.post("/sdapi/v1/txt2img", body).status == 422
    others = [path for other, path in ROUTES.items() if other != name]
    assert [shop.get(path).status for path in others] == [200] * len(others)


def test_names_in_any_spelling_and_several() -> None:
    shop = Shop(without=["Segment_Anything", "dynamic prompts", "rembg"])
    assert set(extension_names()) - shop.app.catalog.installed == {"segment-anything", "dynamic-prompts", "rembg"}
    assert shop.post("/rembg", {}).status == 404


def test_a_name_that_is_none() -> None:
    with pytest.raises(ValueError, match="there is no extension 'nope'; there are adetailer, agent-scheduler"):
        App(without=["nope"])


def test_through_a_door() -> None:
    with serve(without=["controlnet"]) as server:
        assert "controlnet" not in server.app.catalog.installed
        assert "adetailer" in server.app.catalog.installed


def test_the_default_catalogue_is_not_changed_by_taking_away() -> None:
    App(without=extension_names())
    assert App().catalog.installed == set(extension_names())


def test_controlnet_is_listed_as_recorded() -> None:
    made = with_extensions(RECORDED, [EXTENSIONS["controlnet"]])
    for key in ("scripts", "extensions"):
        assert made[key] == recorded(f"controlnet/{key}").response["body"]
    infos = recorded("controlnet/script-info").response["body"]
    assert [info["name"] for info in made["script-info"]] == [info["name"] for info in infos]
    own = [[info for info in one if info["name"] == "controlnet"] for one in (made["script-info"], infos)]
    assert own[0] == own[1]


def test_a_catalogue_says_it_by_scripts_or_by_extensions() -> None:
    scripts = {"txt2img": [*RECORDED["scripts"]["txt2img"], "ADetailer"], "img2img": RECORDED["scripts"]["img2img"]}
    assert Catalog({**RECORDED, "scripts": scripts}).installed == {"adetailer"}
    remote = "https://github.com/AUTOMATIC1111/stable-diffusion-webui-rembg"
    entry = {"name": "rembg", "remote": remote, "enabled": True}
    assert Catalog({**RECORDED, "extensions": [entry]}).installed == {"rembg"}
    assert Catalog({**RECORDED, "extensions": [{**entry, "enabled": False}]}).installed == set()
    forked = {"name": "SD-WebUI-Reactor-SFW", "remote": None, "enabled": True}
    assert Catalog({**RECORDED, "extensions": [forked]}).installed == {"reactor"}


def test_a_catalogue_that_leaves_it_open_has_all() -> None:
    assert Catalog({"sd-models": RECORDED["sd-models"]}).installed == set(extension_names())


def test_options_and_flags_of_extensions(shop: Shop) -> None:
    options = shop.get("/sdapi/v1/options").body
    assert options["control_net_unit_count"] == 3
    assert options["ad_max_models"] == 4
    assert shop.get("/sdapi/v1/cmd-flags").body["deforum_api"] is True
    assert "deforum_api" not in App(CATALOG).flags()


def test_script_info_has_the_form_of_the_real_one(shop: Shop) -> None:
    for info in shop.get("/sdapi/v1/script-info").body:
        assert list(info) == ["name", "is_alwayson", "is_img2img", "args"]
        assert info["name"] == info["name"].lower()
        assert info["args"] or info["name"] == "extra options"
        for argument in info["args"]:
            assert list(argument) == ["label", "value", "minimum", "maximum", "step", "choices"]


COUNTS = {
    "reactor": 31, "roop": 11, "faceswaplab": 125, "self attention guidance": 3, "freeu": 23, "cutoff": 8,
    "dynamic thresholding (cfg scale fix)": 12, "dynamic prompts v2.17.1": 18, "regional prompter": 20,
    "tiled diffusion": 101, "demofusion": 22, "tiled vae": 7, "layerdiffuse": 12, "ic light": 1, "animatediff": 1,
    "model keyword": 8, "ultimate sd upscale": 18, "adetailer": 6, "controlnet": 3,
}  # fmt: skip


@pytest.mark.parametrize(("title", "count"), COUNTS.items())
def test_numbers_of_arguments(shop: Shop, title: str, count: int) -> None:
    found = [info for info in shop.app.catalog.script_info if info["name"] == title]
    tabs = [True] if title == "ultimate sd upscale" else [False, True]
    assert [info["is_img2img"] for info in found] == tabs
    assert [len(info["args"]) for info in found] == [count] * len(tabs)


def test_endpoints_without_credentials() -> None:
    shop = Shop(api_auth="user:pass")
    guarded = {name for name, path in ROUTES.items() if shop.get(path).status == 401}
    assert guarded == {"tagger", "agent-scheduler"}
    assert shop.get("/sdapi/v1/options").status == 401
    basic = "Basic dXNlcjpwYXNz"
    assert shop.get("/tagger/v1/interrogators", authorization=basic).status == 200


def test_endpoints_without_the_user_interface() -> None:
    shop = Shop(nowebui=True)
    assert [shop.get(path).status for path in ROUTES.values()] == [200] * len(ROUTES)


def test_the_schema_has_names_of_paths(shop: Shop) -> None:
    paths = shop.get("/openapi.json").body["paths"]
    move = paths["/agent-scheduler/v1/task/{id}/move/{over_id}"]["post"]
    assert [(one["name"], one["in"], one["required"]) for one in move["parameters"]] == [
        ("id", "path", True),
        ("over_id", "path", True),
    ]
    pose = paths["/controlnet/render_openpose_json"]["post"]["requestBody"]
    schema = pose["content"]["application/json"]["schema"]
    assert (pose["required"], schema["type"]) == (False, "array")
    assert schema["items"]["required"] == ["people", "canvas_width", "canvas_height"]
    auto = paths["/sam/controlnet-seg"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert auto["required"] == ["payload", "autosam_conf"]
    assert auto["properties"]["payload"]["required"] == ["input_image"]
    assert "/controlnet/version" not in Shop(without=["controlnet"]).get("/openapi.json").body["paths"]


def test_methods_of_paths_with_names(shop: Shop) -> None:
    wrong = ask(shop.app, "PATCH", "/agent-scheduler/v1/task/x")
    assert (wrong.status, wrong.body) == (405, {"detail": "Method Not Allowed"})
    assert shop.get("/agent-scheduler/v1/task/requeue-failed").body == {"success": False, "message": "Task not found"}
    assert shop.get("/agent-scheduler/v1/task/x/").status == 307
    assert shop.get("/agent-scheduler/v1/task/x/y/z/a").status == 404


def test_the_catalogue_for_controlnet_is_of_the_recordings() -> None:
    data = json.loads((HERE / "catalog-controlnet.json").read_bytes())
    assert {key for key in data if data[key] != RECORDED.get(key)} == {
        "scripts",
        "script-info",
        "extensions",
        "controlnet/model_list",
    }
