"""Names held against the server's lists before anything is sent: resolved, refused or warned of; only lists in need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import webuiapi
from conftest import Connect, enter
from support.callers import Caller, Colour
from support.pictures import file_of, noise
from support.scripted import Scripted, answer
from webuiapi import ADetailer, ControlNetUnit, ReActor, SilentlyIgnored, UnknownName
from webuiapi.checks import ParameterWarning
from webuiapi.server import App, Server, serve

SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 1, "sampler_name": "Euler"}
HIRES: dict[str, Any] = {**SMALL, "enable_hr": True, "hr_scale": 1.25}
FACE = file_of(noise("RGB", 64, 64))
DREAM = "dreamshaper_8.safetensors [879db523c3]"


@pytest.fixture
def own() -> Iterator[Server]:
    """A server whose requests are counted."""
    with serve(App(seed=1)) as server:
        yield server


@pytest.fixture
def client(connect: Connect, colour: Colour, own: Server) -> Caller:
    return enter(connect, "socket" if colour == "plain" else "local", colour, own)


def asked(server: Server) -> list[str]:
    """The lists that were read, without what finds samplers and scripts."""
    others = {"/sdapi/v1/samplers", "/sdapi/v1/schedulers", "/sdapi/v1/scripts", "/sdapi/v1/script-info"}
    paths = [request.path for request in server.requests if request.method == "GET" and request.path not in others]
    return [path.removeprefix("/sdapi/v1/") for path in paths]


def posted(server: Server) -> list[Any]:
    return [request.json for request in server.requests if request.method == "POST"]


def unit_of(title: str) -> Callable[[Any], Any]:
    return lambda body: body["alwayson_scripts"][title]["args"]


def controlnet(**fields: Any) -> dict[str, Any]:
    return {**SMALL, "controlnet_units": ControlNetUnit(FACE, **{"module": "canny", **fields})}


def sampled(**fields: Any) -> dict[str, Any]:
    return {"width": 64, "height": 64, "steps": 1, **fields}


NAMED: list[tuple[dict[str, Any], Callable[[Any], Any], Any, list[str]]] = [
    ({**SMALL, "refiner_checkpoint": "DREAMSHAPER_8", "refiner_switch_at": 0.8},
     lambda body: body["refiner_checkpoint"], DREAM, ["sd-models"]),
    (sampled(sampler_name="k_euler_a", scheduler="SGMUniform"),
     lambda body: (body["sampler_name"], body["scheduler"]), ("Euler a", "sgm_uniform"), []),
    (sampled(sampler_name="dpm++ 2m", scheduler="SGM Uniform"),
     lambda body: (body["sampler_name"], body["scheduler"]), ("DPM++ 2M", "SGM Uniform"), []),
    ({**HIRES, "hr_checkpoint_name": "dreamshaper"},
     lambda body: body["hr_checkpoint_name"], DREAM, ["sd-models"]),
    ({**SMALL, "refiner_checkpoint": "dreamshaper_8.safetensors", "refiner_switch_at": 0.8},
     lambda body: body["refiner_checkpoint"], "dreamshaper_8.safetensors", ["sd-models"]),
    ({**HIRES, "hr_upscaler": "latent (NEAREST)"},
     lambda body: body["hr_upscaler"], "Latent (nearest)", ["latent-upscale-modes", "upscalers"]),
    ({**HIRES, "hr_upscaler": "ultrasharp"},
     lambda body: body["hr_upscaler"], "4x-UltraSharp", ["latent-upscale-modes", "upscalers"]),
    ({**SMALL, "styles": ["Anime", "photo"]}, lambda body: body["styles"], ["anime", "photo"], ["prompt-styles"]),
    ({**SMALL, "override_settings": {"sd_model_checkpoint": "dreamshaper", "sd_vae": "kl-f8-anime2"}},
     lambda body: body["override_settings"], {"sd_model_checkpoint": DREAM, "sd_vae": "kl-f8-anime2.ckpt"},
     ["options", "sd-models", "sd-vae"]),
    ({**SMALL, "adetailer": ADetailer("HAND_yolov8n")},
     lambda body: unit_of("ADetailer")(body)[2]["ad_model"], "hand_yolov8n.pt", ["/adetailer/v1/ad_model"]),
    ({**SMALL, "adetailer": ADetailer("face_yolov8n.pt", ad_use_checkpoint=True, ad_checkpoint="dreamshaper")},
     lambda body: unit_of("ADetailer")(body)[2]["ad_checkpoint"], DREAM, ["/adetailer/v1/ad_model", "sd-models"]),
    ({**SMALL, "reactor": ReActor(FACE, model="reswapper_256")},
     lambda body: unit_of("ReActor")(body)[4], "reswapper_256.onnx", ["/reactor/models"]),
    (controlnet(model="Control_v11p_sd15_CANNY"),
     lambda body: unit_of("ControlNet")(body)[0]["model"], "control_v11p_sd15_canny [d14c016b]",
     ["/controlnet/module_list", "/controlnet/module_list", "/controlnet/model_list"]),
    (controlnet(model="control_v11p_sd15_canny", module="Softedge_PiDiNet"),
     lambda body: (unit_of("ControlNet")(body)[0]["module"], unit_of("ControlNet")(body)[0]["model"]),
     ("softedge_pidinet", "control_v11p_sd15_canny"),
     ["/controlnet/module_list", "/controlnet/module_list", "/controlnet/model_list"]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "where", "sent", "lists"), NAMED)
@pytest.mark.filterwarnings("ignore::webuiapi.SilentlyIgnored")
def test_names_become_the_servers_own(
    client: Caller, own: Server, fields: dict[str, Any], where: Callable[[Any], Any], sent: Any, lists: list[str]
) -> None:
    client.txt2img("a", **fields)
    client.txt2img("a", **fields)
    assert [where(body) for body in posted(own)] == [sent, sent]
    assert asked(own) == lists, "each list once"


UNKNOWN: list[tuple[dict[str, Any], str]] = [
    ({"refiner_checkpoint": "dreamshapr_9"}, "model 'dreamshapr_9'; similar are 'dreamshaper_8"),
    ({"hr_checkpoint_name": "qqqq", **HIRES}, r"model 'qqqq' \(it has 6: 'dreamshaper_8"),
    ({"hr_upscaler": "Latent (nearst)", **HIRES}, "hires upscaler 'Latent (nearst)'; similar are 'Latent (nearest)'"),
    ({"override_settings": {"sd_model_chekpoint": "x"}},
     "option 'sd_model_chekpoint'; similar are 'sd_model_checkpoint'"),
    ({"override_settings": {"sd_model_checkpoint": "dreamshapr_9"}}, "model 'dreamshapr_9'; similar are 'dreamshaper"),
    ({"override_settings": {"sd_vae": "kl-f8-anime3"}}, "VAE 'kl-f8-anime3'; similar are 'kl-f8-anime2.ckpt'"),
    ({"adetailer": ADetailer("nosuch")}, r"ADetailer model 'nosuch' \(it has 10: 'face_yolov8n.pt', "),
    ({"reactor": ReActor(FACE, model="inswaper")}, r"ReActor model 'inswaper'; similar are|ReActor model 'inswaper'"),
    (controlnet(model="control_v11p_sd15_cany"), "ControlNet model 'control_v11p_sd15_cany'; similar are 'control_v11"),
    (controlnet(module="cany"), "ControlNet module 'cany'; similar are 'canny'"),
    ({"scripts": webuiapi.Hypertile(), "override_settings": {"CLIP_stop": 2}}, "option 'CLIP_stop'"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "message"), UNKNOWN)
def test_unknown_names_are_refused(client: Caller, own: Server, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownName) as caught:
        client.txt2img("a", **{**SMALL, **fields})
    assert caught.match(f"^the server has no ({message.replace('(n', '.n').replace('t)', 't.')})")
    assert posted(own) == []


@pytest.mark.filterwarnings("ignore::webuiapi.SilentlyIgnored")
def test_unchecked_they_are_sent_as_they_are(client: Caller, own: Server) -> None:
    fields = {"adetailer": ADetailer("nosuch"), "override_settings": {"sd_model_checkpoint": "nosuch"}}
    unchecked = client.with_options(checks="off")
    unchecked.txt2img("a <lora:nosuch:1>", styles=["nosuch"], **fields, **SMALL)
    assert asked(own) == []
    body = posted(own)[0]
    assert body["override_settings"] == {"sd_model_checkpoint": "nosuch"}
    assert unit_of("ADetailer")(body)[2]["ad_model"] == "nosuch"


@pytest.mark.parametrize(
    "fields",
    [{"refiner_checkpoint": 5}, {"prompt": 5}, {"styles": [5]}, {"hr_upscaler": 5, "enable_hr": True}],
)
def test_what_is_no_name_is_only_warned_of(connect: Connect, scripted: Scripted, fields: dict[str, Any]) -> None:
    with pytest.warns(ParameterWarning, match=" must be a "):
        connect(url=scripted.url, checks="warn").txt2img(**fields)
    assert {name: scripted.last.json[name] for name in fields} == fields


def test_a_model_for_one_call_is_found_unchecked_too(client: Caller, own: Server) -> None:
    client.with_options(checks="off").txt2img("a", model="dreamshaper", vae="KL-F8-ANIME2", **SMALL)
    assert posted(own)[0]["override_settings"] == {"sd_model_checkpoint": DREAM, "sd_vae": "kl-f8-anime2.ckpt"}


def test_warned_of_they_are_sent_as_they_are(client: Caller, own: Server) -> None:
    warned = client.with_options(checks="warn")
    with pytest.warns() as caught:
        warned.txt2img("a", override_settings={"sd_model_checkpoint": "nosuch"}, **SMALL)
    before, after = caught
    assert (before.category, after.category) == (ParameterWarning, SilentlyIgnored)
    assert str(before.message).startswith("the server has no model 'nosuch'")
    assert str(after.message).startswith("the model 'nosuch' was asked for, and the server used ")
    assert posted(own)[0]["override_settings"] == {"sd_model_checkpoint": "nosuch"}


# -- what is only left out --------------------------------------------------------------------------------------------

SILENT: list[tuple[dict[str, Any], list[str]]] = [
    ({"styles": ["animee"]}, ["the server has no style 'animee'; similar are 'anime'; it changes nothing"]),
    ({"prompt": "a <lora:Add_Detail:0.8> <lora:zzzz:1>"},
     ["the server has no LoRA 'Add_Detail'; similar are 'add_detail'; it has no effect",
      "the server has no LoRA 'zzzz' (it has 4: "]),
    ({"prompt": "embedding:EasyNegativ"},
     ["the server has no embedding 'EasyNegativ'; similar are 'EasyNegative'"]),
    ({"extra": {"stepz": 3}}, ["extra: 'stepz' is no field of A1111's webui; similar is 'steps'"]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "said"), SILENT)
def test_what_the_server_would_only_leave_out(
    client: Caller, own: Server, fields: dict[str, Any], said: list[str]
) -> None:
    with pytest.warns(ParameterWarning) as caught:
        client.txt2img(**{"prompt": "a", **SMALL, **fields})
    found = [str(item.message) for item in caught]
    assert len(found) == len(said)
    assert all(text.startswith(start) for text, start in zip(found, said, strict=True)), found
    assert len(posted(own)) == 1
    with pytest.raises(ValueError, match=r"^(the server has no|extra: )"):
        client.with_options(checks="strict").txt2img(**{"prompt": "a", **SMALL, **fields})
    assert len(posted(own)) == 1


def test_what_is_there_or_made_later_is_no_matter(client: Caller, own: Server) -> None:
    prompt = "<lora:add_detail:1> <lora:__any__:1> <lora:{a|b}:1> <hypernet:x:1> embedding:EASYNEGATIVE"
    client.txt2img(
        f"{prompt} embedding:negativeXL_D",
        styles=["anime"],
        extra={"steps": 1, "hr_cfg": 2, "some_extensions": 1},
        **SMALL,
    )
    client.txt2img("a <lora:nosuch:1>", disable_extra_networks=True, **SMALL)
    client.txt2img("a", negative_prompt="<lora:nosuch:1>", **SMALL)
    assert asked(own) == ["prompt-styles", "loras", "embeddings"]


# -- options ----------------------------------------------------------------------------------------------------------


def test_options_that_are_right(client: Caller, own: Server) -> None:
    options = {
        "CLIP_stop_at_last_layers": 2,
        "samples_format": "jpg",
        "do_not_show_images": 1,
        "upscaler_for_img2img": 5,
    }
    client.set_options(options)
    client.set_options({"sd_model_checkpoint": "DreamShaper_8", "sd_vae": None})
    assert posted(own) == [options, {"sd_model_checkpoint": DREAM, "sd_vae": None}]
    assert asked(own) == ["options", "sd-models"]


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"sampels_format": "jpg"}, UnknownName, "the server has no option 'sampels_format'; similar are 'samples"),
        ({"sd_model_checkpoint": "nosuch"}, UnknownName, "the server has no model 'nosuch'"),
        ({"samples_format": 5}, ValueError, r"options\['samples_format'\]=5 must be a text, as it is on the server$"),
        ({"CLIP_stop_at_last_layers": "2"}, ValueError, r"options\['CLIP_stop_at_last_layers'\]='2' must be a number"),
        ({"grid_save": "yes"}, ValueError, r"options\['grid_save'\]='yes' must be True or False"),
        ({"quicksettings_list": "sd_vae"}, ValueError, r"options\['quicksettings_list'\]='sd_vae' must be a list"),
    ],
)  # fmt: skip
def test_options_that_are_wrong(
    client: Caller, own: Server, options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=f"^{message}"):
        client.set_options(options)
    with pytest.raises(
        kind, match=f"^{message.replace('options', 'override_settings', message.startswith('options'))}"
    ):
        client.txt2img("a", override_settings=options, **SMALL)
    assert posted(own) == []
    client.with_options(checks="off").get_options()


def test_an_option_that_came_since(connect: Connect, scripted: Scripted) -> None:
    caller = connect(url=scripted.url)
    plays = [answer({"a": 1}), answer(None), answer({"a": 1, "b": True}), answer(None)]
    scripted.play_at("/sdapi/v1/options", lambda seen: plays.pop(0))
    caller.set_options({"a": 2})
    caller.set_options({"b": False})
    assert [(seen.method, seen.body) for seen in scripted.seen if seen.method == "POST"] == [
        ("POST", b'{"a":2}'), ("POST", b'{"b":false}')
    ]  # fmt: skip


# -- extras and detection ---------------------------------------------------------------------------------------------


def test_upscalers_of_extras(client: Caller, own: Server) -> None:
    client.extra_single_image(FACE, upscaler_1="lanczos", upscaler_2="None", upscaling_resize=1)
    client.extra_batch_images([FACE], upscaler_1="Lanczos", upscaler_2="ultrasharp", upscaling_resize=1)
    assert [(body["upscaler_1"], body["upscaler_2"]) for body in posted(own)] == [
        ("Lanczos", "None"), ("Lanczos", "4x-UltraSharp"),
    ]  # fmt: skip
    with pytest.raises(UnknownName, match=r"^the server has no upscaler 'Lancos'; similar are 'Lanczos'"):
        client.extra_single_image(FACE, upscaler_1="Lancos")
    assert len(posted(own)) == 2
    assert asked(own) == ["upscalers", "upscalers"], "once more for a name that it lacks"


def test_the_module_of_a_detection(client: Caller, own: Server) -> None:
    client.controlnet_detect(FACE, "CANNY")
    assert posted(own)[0]["controlnet_module"] == "canny"
    with pytest.raises(UnknownName, match=r"^the server has no ControlNet module 'cany'; similar are 'canny'"):
        client.controlnet_detect(FACE, "cany")


def test_the_checkpoint_of_a_queued_task(client: Caller, own: Server) -> None:
    client.queue_task(webuiapi.Txt2Img("a", **SMALL), checkpoint="dreamshaper", vae="kl-f8-anime2")
    assert (posted(own)[0]["checkpoint"], posted(own)[0]["vae"]) == (DREAM, "kl-f8-anime2.ckpt")
    with pytest.raises(UnknownName, match=r"^the server has no model 'nosuch'"):
        client.queue_task(webuiapi.Txt2Img("a", **SMALL), checkpoint="nosuch")
    with pytest.raises(ValueError, match=r"^checkpoint=5 must be a text$"):
        client.queue_task(webuiapi.Txt2Img("a", **SMALL), checkpoint=5)
    assert len(posted(own)) == 1


# -- lists that say nothing -------------------------------------------------------------------------------------------

NAMES: dict[str, Any] = {
    "styles": ["x"],
    "override_settings": {"x": 1, "sd_model_checkpoint": "x"},
    "refiner_checkpoint": "x",
    "enable_hr": True,
    "hr_upscaler": "x",
}


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_list_that_is_empty_or_can_not_be_read_checks_nothing(
    connect: Connect, scripted: Scripted, status: int
) -> None:
    for path in ("options", "sd-models", "prompt-styles", "loras", "latent-upscale-modes", "upscalers"):
        scripted.play_at(f"/sdapi/v1/{path}", answer([] if status == 200 else {"detail": "no"}, status))
    connect(url=scripted.url).txt2img("a <lora:x:1>", **NAMES)
    sent = scripted.last.json
    assert {name: sent[name] for name in NAMES} == NAMES
    caller = connect(url=scripted.url)
    caller.extra_single_image(FACE, upscaler_1="x")
    assert scripted.last.json["upscaler_1"] == "x"


def test_a_lora_that_came_since(connect: Connect, scripted: Scripted) -> None:
    plays = [answer([{"name": "a"}]), answer([{"name": "a"}, {"name": "b"}])]
    scripted.play_at("/sdapi/v1/loras", lambda seen: plays.pop(0))
    caller = connect(url=scripted.url)
    caller.txt2img("<lora:a:1>")
    caller.txt2img("<lora:b:1>")
    caller.txt2img("<lora:a:1> <lora:b:1>")
    assert plays == []


def test_trouble_of_the_moment_is_not_remembered(connect: Connect, scripted: Scripted) -> None:
    plays = [answer({"detail": "busy"}, 503), answer([{"name": "Euler", "aliases": ["k_euler"]}])]
    scripted.play_at("/sdapi/v1/samplers", lambda seen: plays.pop(0))
    caller = connect(url=scripted.url, retries=None)
    for sent in ("k_euler", "Euler"):
        caller.txt2img("a", sampler_name="k_euler")
        assert scripted.last.json["sampler_name"] == sent


def test_servers_that_have_other_lists_are_not_asked(connect: Connect, scripted: Scripted) -> None:
    connect(url=scripted.url, server="koboldcpp", sampler=None).txt2img("a <lora:x:1>", seed=1, **NAMES)
    assert [seen.target for seen in scripted.seen] == ["/sdapi/v1/txt2img"]
