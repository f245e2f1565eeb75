"""Which endpoints each flavour has, and how it refuses those that it has not."""

from __future__ import annotations

import pytest

from webuiapi.server.app import App
from webuiapi.server.flavours import FLAVOURS, Flavour, find_flavour

from ..conftest import ask
from .conftest import API, Asked, Made

# A1111, Forge, reForge, SD.Next, KoboldCpp, stable-diffusion.cpp, Draw Things
TABLE = """
GET cmd-flags              YYYY---
POST create/embedding      YYY----
POST create/hypernetwork   YYY----
GET embeddings             YYYY---
GET extensions             YYYY---
POST extra-batch-images    YYYY---
POST extra-single-image    YYYY---
GET face-restorers         YYYY---
GET hypernetworks          YYY----
POST img2img               YYYYYYY
POST interrogate           YYY-Y--
POST interrupt             YYYY---
GET latent-upscale-modes   YYY-YY-
GET loras                  YYYY-Y-
GET memory                 YYYY---
GET options                YYYYYYY
POST options               YYYY---
POST png-info              YYYY---
GET progress               YYYY---
GET prompt-styles          YYYY---
GET realesrgan-models      YYY----
POST refresh-checkpoints   YYYY---
POST refresh-embeddings    YYY----
POST refresh-loras         YYYY---
POST refresh-vae           YYYY---
POST reload-checkpoint     YYYY---
GET samplers               YYYYYY-
GET schedulers             YYYY-Y-
GET script-info            YYYY---
GET scripts                YYYY---
GET sd-models              YYYYYY-
GET sd-modules             -Y-----
GET sd-vae                 Y-YY---
POST server-kill           YYY----
POST server-restart        YYY----
POST server-stop           YYY----
POST skip                  YYYY---
POST train/embedding       Y-Y----
POST train/hypernetwork    Y-Y----
POST txt2img               YYYYYYY
POST unload-checkpoint     YYYY---
GET upscalers              YYYYYY-
GET version                ---Y---
GET status                 ---Y---
GET history                ---Y---
GET checkpoint             ---Y---
POST checkpoint            ---Y---
POST /internal/progress    YYYY---
GET /internal/pending-tasks YYY----
GET /internal/ping         YYY----
GET /internal/sysinfo      YYY----
GET /openapi.json          YYY----
GET /docs                  YYY----
GET /ping                  ----Y--
GET /api/extra/version     ----Y--
GET /sdcpp/v1/capabilities -----Y-
"""
ROWS = [(line.split()[0], line.split()[1], line.split()[2]) for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize(("method", "path", "present"), ROWS, ids=str)
def test_which_there_are(server: Asked, flavour: str, method: str, path: str, present: str) -> None:
    path = path if path.startswith("/") else API + path
    offered = method in server.app.routes.get(path, {})
    assert offered == (present[FLAVOURS.index(flavour)] == "Y")
    if not offered:
        assert ask(server.app, method, path).status in (404, 405)


def test_what_the_relatives_of_one_model_have(make: Made) -> None:
    def sdapi(flavour: str) -> set[str]:
        routes = make(flavour).app.routes
        return {path.removeprefix(API) for path in routes if path.startswith(API)}

    lists = {"samplers", "upscalers", "latent-upscale-modes", "sd-models", "options"}
    assert sdapi("koboldcpp") == lists | {"txt2img", "img2img", "interrogate"}
    assert sdapi("sdcpp") == lists | {"txt2img", "img2img", "schedulers", "loras"}
    assert sdapi("drawthings") == {"txt2img", "img2img", "options"}


UNKNOWN = {
    **dict.fromkeys(("a1111", "forge", "reforge", "sdnext"), (404, "application/json", b'{"detail":"Not Found"}')),
    "koboldcpp": (
        404,
        "text/html",
        b"Error: KoboldCpp HTTP Server is running, but this endpoint does not exist. Please check the URL.",
    ),
    "sdcpp": (404, None, b""),
    "drawthings": (404, None, b""),
}


def test_unknown_paths(server: Asked, flavour: str) -> None:
    answer = server.get("nope")
    assert (answer.status, answer.headers.get("content-type"), answer.raw) == UNKNOWN[flavour]
    assert server.post("nope", {}).status == 404


def test_wrong_method(server: Asked, flavour: str) -> None:
    answer = server.get("txt2img")
    if flavour in ("a1111", "forge", "reforge", "sdnext"):
        assert (answer.status, answer.body, answer.headers["allow"]) == (405, {"detail": "Method Not Allowed"}, "POST")
    else:
        assert (answer.status, answer.raw) == (404, UNKNOWN[flavour][2])
        assert "allow" not in answer.headers


@pytest.mark.parametrize(
    ("name", "status"),
    [("a1111", 307), ("forge", 307), ("sdnext", 307), ("koboldcpp", 200), ("sdcpp", 404), ("drawthings", 404)],
)
def test_a_slash_at_the_end(make: Made, name: str, status: int) -> None:
    assert make(name).get("options/").status == status


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("OPTIONS", 200), ("POST", 404)])
def test_koboldcpp_answers_what_nobody_asked(make: Made, method: str, status: int) -> None:
    answer = ask(make("koboldcpp").app, method, "/sdapi/v1/options")
    assert (answer.status, answer.raw, answer.headers["content-type"]) == (status, b"", "text/html")


def test_what_stands_on_every_answer(server: Asked, flavour: str) -> None:
    headers = server.get("options", origin="http://elsewhere", accept_encoding="gzip").headers
    family = flavour in ("a1111", "reforge", "sdnext")
    assert ("x-process-time" in headers) == family
    assert ("content-encoding" in headers) == (family or flavour == "forge")
    assert headers.get("access-control-allow-origin") == ("*" if flavour == "koboldcpp" else None)
    assert ("access-control-allow-credentials" in headers) == (family or flavour == "forge")


@pytest.mark.parametrize(("name", "compressed"), [("a1111", True), ("sdnext", False)])
def test_from_which_size_on_answers_are_compressed(make: Made, name: str, compressed: bool) -> None:
    styles = [{"name": "x" * 1500, "prompt": "", "negative_prompt": ""}]
    answer = make(name, {"prompt-styles": styles}).get("prompt-styles", accept_encoding="gzip")
    assert ("content-encoding" in answer.headers) == compressed


def test_docs_of_sdnext_want_a_flag(make: Made) -> None:
    flags = {**App().catalog.flags, "docs": True}
    assert make("sdnext", {"cmd-flags": flags}).get("/openapi.json").status == 200


def test_without_user_interface(make: Made) -> None:
    assert make("forge", nowebui=True).get("/internal/ping").status == 404


def test_names() -> None:
    assert [find_flavour(name).name for name in FLAVOURS] == list(FLAVOURS)
    with pytest.raises(ValueError, match="no flavour 'comfy'; there are a1111, forge"):
        App(flavour="comfy")


def test_a_flavour_of_ones_own() -> None:
    table = Flavour(name="mine", title="Mine", lacks=frozenset({f"GET {API}options", f"{API}skip"}))
    with App(flavour=table) as app:
        assert ask(app, "GET", API + "options").status == 405
        assert ask(app, "POST", API + "skip").status == 404
        assert ask(app, "POST", API + "options", {}).status == 200


def test_a_catalogue_may_name_the_flavour() -> None:
    assert App({"flavour": "sdcpp"}).flavour.name == "sdcpp"
    assert App({"flavour": "sdcpp"}, flavour="forge").flavour.name == "forge"
    assert App().flavour.name == "a1111"
