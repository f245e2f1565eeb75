"""Defects of webuiapi 0.9 in what it offers: settings, names, endpoints, signatures, scripts; each cured."""

from __future__ import annotations

import inspect
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

import webuiapi
from support.scripted import Scripted, answer

from .cases import case
from .ours import ran, ran_with
from .pictures import folded, gradient
from .stub import Stub

# -- D38, D39: a client's life and settings ---------------------------------------------------------------------------


def test_d38_closed_by_a_with_block(scripted: Scripted) -> None:
    scripted.play(answer({}))
    with webuiapi.WebUIApi(url=scripted.url) as api:
        api.get_options()
    scripted.wait_until_closed()


def test_d38_shared_between_threads() -> None:
    with Stub() as stub, webuiapi.WebUIApi(url=stub.url) as api:
        found: list[Any] = []
        threads = [threading.Thread(target=lambda: found.append(api.get_options())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 8
    assert all(options == found[0] for options in found)


def test_d39_what_0_9_reached_into_its_session_for() -> None:
    api = webuiapi.WebUIApi(
        url="https://example.com", headers={"X-Mine": "1"}, verify=False, proxy="http://proxy:3128", timeout=5
    )
    assert (api.session.headers, api.session.verify, api.session.auth) == ({"X-Mine": "1"}, False, None)
    assert api.session.proxies == {"http": "http://proxy:3128", "https": "http://proxy:3128"}
    api.session.headers["X-More"] = "2"
    api.session.auth = ("user", "pass")
    assert api.session.for_wire() == {"X-Mine": "1", "X-More": "2", "Authorization": "Basic dXNlcjpwYXNz"}


def test_d39_credentials_in_clear_are_said() -> None:
    with pytest.warns(UserWarning, match="readable for everyone in between; use https"):
        webuiapi.WebUIApi("gpu-box", username="user", password="pass")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        webuiapi.WebUIApi("127.0.0.1", username="user", password="pass")
        webuiapi.WebUIApi("gpu-box", use_https=True, username="user", password="pass")


def test_d39_no_proxy_of_the_environment_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Stub() as stub:
        assert webuiapi.WebUIApi(url=stub.url).get_options()


# -- D40 to D42: housekeeping -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config_get_artists", "config_get_artist_categories"])
def test_d40_what_no_server_has_any_more(name: str) -> None:
    found = ran(name)
    assert "dropped its list of artists in 2023" in found.error(webuiapi.WebUIApiError)
    assert not found.requests()


def test_d41_every_name_is_listed_and_typed() -> None:
    assert {"AnimateDiff", "raw_b64_img", "b64_img"} <= set(webuiapi.__all__)
    assert all(hasattr(webuiapi, name) for name in webuiapi.__all__)
    assert (Path(webuiapi.__file__).parent / "py.typed").exists()
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '\nrequires-python = ">=3.10"\n' in project


def test_d42_members_print_as_their_value() -> None:
    assert f"{webuiapi.Upscaler.ESRGAN_4x} {webuiapi.HiResUpscaler.Latent!s}" == "R-ESRGAN 4x+ Latent"
    assert ran("enum_HiResUpScaler_misspelt").body()["hr_upscaler"] == "Latent"


def test_d42_the_names_that_servers_have() -> None:
    values = {member.value for member in webuiapi.Upscaler} & {member.value for member in webuiapi.HiResUpscaler}
    assert {"R-ESRGAN 4x+", "R-ESRGAN 4x+ Anime6B", "DAT x4", "R-ESRGAN 2x+"} <= values


# -- D45 to D49: what could not be reached ----------------------------------------------------------------------------


def test_d45_the_endpoints_that_were_missing() -> None:
    names = (
        "get_task_progress", "get_pending_tasks", "unload_checkpoint", "reload_checkpoint", "refresh_vae",
        "refresh_embeddings", "refresh_loras", "server_kill", "server_restart", "server_stop", "get_script_info",
        "get_extensions", "get_sd_modules", "create_embedding", "create_hypernetwork", "train_embedding",
        "train_hypernetwork", "controlnet_control_types", "controlnet_settings", "render_openpose_json", "queue_task",
        "get_queue", "get_queue_results",
    )  # fmt: skip
    assert [name for name in names if not hasattr(webuiapi.WebUIApi, name)] == []
    assert hasattr(webuiapi, "ReActorInterface")


_FORGE = {
    "answer": {"/sdapi/v1/options": {"sd_model_checkpoint": "m", "forge_preset": "flux"}},
    "scripts": ["controlnet"],
}


def test_d46_forge_gets_the_mask_under_its_own_name() -> None:
    with Stub(_FORGE) as stub:
        api = webuiapi.WebUIApi(url=stub.url, checks="off")
        unit = webuiapi.ControlNetUnit(image=gradient("RGB"), mask=gradient("L"), module="inpaint_only")
        api.txt2img("x", controlnet_units=[unit], extra={"distilled_cfg_scale": 3.5})
        (body,) = folded(stub.posted("/sdapi/v1/txt2img"))
    (sent,) = body["alwayson_scripts"]["ControlNet"]["args"]
    assert ("mask" in sent, "mask_image" in sent, body["distilled_cfg_scale"]) == (False, True, 3.5)


@pytest.mark.parametrize(
    "name",
    ["txt2img_controlnet_deprecated_route", "img2img_controlnet_deprecated_route", "async_controlnet_deprecated"],
)
def test_d47_units_go_the_usual_way(name: str) -> None:
    found = ran(name)
    (path,) = {item["path"] for item in found.requests() if item["method"] == "POST"}
    assert path in ("/sdapi/v1/txt2img", "/sdapi/v1/img2img")
    assert found.script("ControlNet")[0]["enabled"] is True


def test_d47_the_old_interface_is_translated() -> None:
    assert ran("controlnet_interface_txt2img_default").body(1)["alwayson_scripts"] == {
        "ControlNet": {"args": [{"enabled": True}]}
    }
    change = ('"subseed_strength": 3', '"subseed_strength": 0.5')  # above 1 it is refused
    body = ran_with("controlnet_interface_txt2img_all", change).body(1)
    (unit,) = body["alwayson_scripts"]["ControlNet"]["args"]
    assert {name: value for name, value in unit.items() if name not in ("image", "mask")} == {
        "module": "canny", "model": "m", "weight": 0.6, "resize_mode": "Just Resize", "low_vram": True,
        "processor_res": 256, "threshold_a": 1, "threshold_b": 2, "guidance_end": 0.5, "control_mode": "Balanced",
        "enabled": True,
    }  # fmt: skip
    kwargs = case("controlnet_interface_txt2img_all")["steps"][1]["call"]["kwargs"]
    renamed = {"sampler_index": "sampler_name", "hr_upscale": "hr_upscaler"}
    for name, value in kwargs.items():
        if not name.startswith(("controlnet_", "guess", "subseed_strength")):
            assert body[renamed.get(name, name)] == value


def test_d47_img2img_of_the_old_interface() -> None:
    body = ran_with("controlnet_interface_img2img_all", ('"subseed_strength": 3', '"subseed_strength": 0.5')).body(1)
    (unit,) = body["alwayson_scripts"]["ControlNet"]["args"]
    assert unit["image"]["$picture"].startswith("PNG RGB 8x4 ")
    assert body["init_images"][0]["$picture"].startswith("data:image/png;base64,PNG RGB 8x8 ")
    assert body["include_init_images"] is False


def test_d48_one_where_a_list_is_wanted_and_the_prompt_first() -> None:
    assert ran("txt2img_adetailer_not_a_list").script("ADetailer") == [True, False, {"ad_model": "f"}]
    with Stub() as stub:
        api = webuiapi.WebUIApi(url=stub.url)
        api.txt2img("a cat")
        api.img2img(gradient("RGB"), "a cat")
        bodies = [stub.posted(path)[0] for path in ("/sdapi/v1/txt2img", "/sdapi/v1/img2img")]
    assert [body["prompt"] for body in bodies] == ["a cat", "a cat"]
    parameters = list(inspect.signature(webuiapi.WebUIApi.txt2img).parameters.values())
    assert [item.name for item in parameters if item.kind is item.POSITIONAL_OR_KEYWORD] == ["prompt"]


def test_d48_the_old_order_is_read_with_one_warning() -> None:
    with Stub() as stub:
        api = webuiapi.WebUIApi(url=stub.url)
        with pytest.warns(
            DeprecationWarning, match=r"in the order of webuiapi 0.9 \(enable_hr, denoising_strength\)"
        ) as seen:
            api.txt2img(True, 0.5)  # type: ignore[arg-type, call-arg]
        with pytest.warns(DeprecationWarning, match=r"\(images, resize_mode, denoising_strength\)"):
            api.img2img([gradient("RGB")], 2, 0.3)  # type: ignore[arg-type, call-arg]
        first, second = stub.posted("/sdapi/v1/txt2img") + stub.posted("/sdapi/v1/img2img")
    assert len(seen) == 1
    assert seen[0].filename == __file__
    assert (first["enable_hr"], first["denoising_strength"]) == (True, 0.5)
    assert (second["resize_mode"], second["denoising_strength"]) == (2, 0.3)


def test_d49_a_model_is_looked_up_before_it_is_sent() -> None:
    with Stub() as stub:
        api = webuiapi.WebUIApi(url=stub.url)
        with pytest.raises(ValueError, match="the server has no model 'nope'; similar are 'model"):
            api.txt2img("x", model="nope")
        api.txt2img("x", model="AnythingV5")
        (body,) = stub.posted("/sdapi/v1/txt2img")
    assert body["override_settings"] == {"sd_model_checkpoint": "AnythingV5.safetensors [7f96a1a9ca]"}


# -- D44: X/Y/Z plot --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["txt2img_script_xyz_readme_0_9_10", "txt2img_script_xyz_readme_0_9_17"])
def test_d44_the_readmes_list_is_translated(name: str) -> None:
    call = case(name)["steps"][0]["call"]["kwargs"]
    assert ran(name).body()["script_args"] == call["script_args"]  # the stub does not describe its scripts
    api = webuiapi.WebUIApi(":local:")
    with pytest.warns(DeprecationWarning, match=f"the list of {len(call['script_args'])} arguments"):
        result = api.txt2img(**call, width=64, height=64)
    expected = api.txt2img(
        call["prompt"],
        seed=1003,
        width=64,
        height=64,
        scripts=[webuiapi.XYZPlot(x=("Steps", [20, 30]), y=("Sampler", ["Euler a", "LMS"]), margin_size=0)],
    )
    assert result.content == expected.content
    api.close()


def test_d44_the_number_of_arguments_is_checked() -> None:
    api = webuiapi.WebUIApi(":local:")
    with pytest.raises(ValueError, match="'x/y/z plot' has 18 arguments on this server and 3 are given"):
        api.txt2img("x", script_name="X/Y/Z plot", script_args=[1, "2", 3])
    api.close()
