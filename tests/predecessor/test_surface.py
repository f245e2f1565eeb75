"""Every name of webuiapi 0.9.17 is here: classes, functions, methods, their parameters in the same order, enumerations.

`tests/data/surface-0.9.17.json` was read from the installed package.
"""

from __future__ import annotations

import enum
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import webuiapi
from webuiapi import compat

from .cases import case
from .pictures import gradient
from .stub import Stub

_SURFACE = json.loads((Path(__file__).parents[1] / "data" / "surface-0.9.17.json").read_text(encoding="utf-8"))
_METHODS = [
    (owner, name)
    for owner, members in _SURFACE["classes"].items()
    for name in members
    if name not in ("()", "attributes")
]
_BY_NAME = ("txt2img", "img2img")
"""Methods whose order is another on purpose: the prompt comes first. The old order is read, see `compat`."""


def _parameters(function: Any) -> list[inspect.Parameter]:
    return [item for item in inspect.signature(function).parameters.values() if item.name != "self"]


def _by_place(function: Any) -> list[str]:
    return [item.name for item in _parameters(function) if item.kind is item.POSITIONAL_OR_KEYWORD]


@pytest.mark.parametrize("name", _SURFACE["functions"])
def test_functions(name: str) -> None:
    assert _by_place(getattr(webuiapi, name)) == _SURFACE["functions"][name]


@pytest.mark.parametrize("name", [name for name in _SURFACE["classes"] if name != "WebUIApi"])
def test_what_is_constructed(name: str) -> None:
    """Units and interfaces take their arguments in the same places; what is new comes behind."""
    old = _SURFACE["classes"][name]["()"]
    assert _by_place(getattr(webuiapi, name))[: len(old)] == old


def test_the_client_is_constructed() -> None:
    old = _SURFACE["classes"]["WebUIApi"]["()"]
    assert _by_place(webuiapi.WebUIApi) == old
    assert _by_place(webuiapi.AsyncWebUIApi) == old


@pytest.mark.parametrize(("owner", "name"), _METHODS)
def test_methods(owner: str, name: str) -> None:
    old = [item for item in _SURFACE["classes"][owner][name] if item != "use_async"]
    method = getattr(getattr(webuiapi, owner), name)
    if owner == "WebUIApi" and name in _BY_NAME:
        named = {item.name for item in _parameters(method)}
        assert [item for item in old if item not in named] == ["use_deprecated_controlnet"]
    else:
        assert [item for item in _by_place(method) if item != "use_async"][: len(old)] == old


@pytest.mark.parametrize("name", _BY_NAME)
def test_the_old_order_that_is_read(name: str) -> None:
    order = {"txt2img": compat._TXT2IMG, "img2img": compat._IMG2IMG}[name]
    assert list(order) == _SURFACE["classes"]["WebUIApi"][name]


@pytest.mark.parametrize("name", _BY_NAME)
def test_all_arguments_by_place_are_those_by_name(name: str) -> None:
    """Up to the units, which have tests of their own."""
    order = _SURFACE["classes"]["WebUIApi"][name]
    order = order[: order.index("controlnet_units")]
    kwargs = {**case("img2img_all_options")["steps"][0]["call"]["kwargs"], "script_name": None, "script_args": None}
    values = {**kwargs, "images": [gradient("RGB")], "mask_image": gradient("L"), "enable_hr": False, "hr_scale": 1.5}
    with Stub({"answer": {"/sdapi/v1/options": values["override_settings"]}}) as stub:
        method = getattr(webuiapi.WebUIApi(url=stub.url), name)
        with pytest.warns(DeprecationWarning, match="in the order of webuiapi 0.9") as warned:
            method(*[values.get(item) for item in order])
        method(**{item: values.get(item) for item in order})
        first, second = stub.posted(f"/sdapi/v1/{name}")
    assert len(warned) == 1
    assert first == second
    assert first["tiling"] is True


@pytest.mark.parametrize("name", _BY_NAME)
def test_arguments_by_place_that_are_wrong(name: str) -> None:
    method: Any = getattr(webuiapi.WebUIApi(), name)
    order = _SURFACE["classes"]["WebUIApi"][name]
    with pytest.raises(TypeError, match=f"takes at most {len(order)} arguments by place"):
        method(*[True] * (len(order) + 1))
    with (
        pytest.warns(DeprecationWarning, match="in the order of webuiapi 0.9"),
        pytest.raises(TypeError, match=f"{order[1]} given by place and by name"),
    ):
        method(True, 1, **{order[1]: 1})


def test_attributes_of_the_client() -> None:
    with Stub() as stub:
        api = webuiapi.WebUIApi(url=stub.url)
        found = {name: getattr(api, name) for name in _SURFACE["classes"]["WebUIApi"]["attributes"]}
        assert found.pop("session") is api.session
    assert found == {
        "baseurl": f"{stub.url}/sdapi/v1",
        "default_sampler": "Euler a",
        "default_scheduler": None,
        "default_steps": 20,
        "has_controlnet": False,
        "has_adetailer": False,
        "has_animatediff": False,
    }


@pytest.mark.parametrize("name", _SURFACE["enums"])
def test_enumerations(name: str) -> None:
    found: Any = getattr(webuiapi, name)
    for member, value in _SURFACE["enums"][name].items():
        assert (found[member].value, str(found[member]), f"{found[member]}") == (value, value, value)
        assert isinstance(found[member], (str, enum.Enum))
        assert found[member] == value
    assert webuiapi.HiResUpScaler is webuiapi.HiResUpscaler


@pytest.mark.parametrize("name", _SURFACE["results"])
def test_results(name: str) -> None:
    expected = _SURFACE["results"][name]
    with Stub() as stub:
        found = _RESULTS[name](webuiapi.WebUIApi(url=stub.url))
    assert type(found) is getattr(webuiapi, name)
    assert [item for item in (*expected["fields"], *expected["properties"]) if not hasattr(found, item)] == []


def _sam(api: Any) -> Any:
    return webuiapi.SegmentAnythingInterface(api)


_PICTURE = gradient("RGB")
_RESULTS: dict[str, Any] = {
    "WebUIApiResult": lambda api: api.txt2img("x"),
    "ModelKeywordResult": lambda api: webuiapi.ModelKeywordInterface(api).get_keywords(),
    "SegmentAnythingSamResult": lambda api: _sam(api).sam_predict(_PICTURE, sam_positive_points=[[1, 1]]),
    "SegmentAnythingGinoResult": lambda api: _sam(api).dino_predict(_PICTURE, "cat"),
    "SegmentAnythingDilationResult": lambda api: _sam(api).dilate_mask(_PICTURE, _PICTURE),
    "SegmentAnythingControlNetSegNotRandomResult": lambda api: _sam(api).generate_semantic_segmentation(_PICTURE),
    "SegmentAnythingControlNetSegRandomResult": lambda api: _sam(api).generate_semantic_segmentation(
        _PICTURE, processor="random"
    ),
    "SegmentAnythingSemanticSegWithCatIdResult": lambda api: _sam(api).sam_and_semantic_seg_with_cat_id(
        _PICTURE, category="1"
    ),
}


def test_posting_to_a_url() -> None:
    """Below the methods of 0.9: two that take a URL."""
    import asyncio

    with Stub() as stub:
        api = webuiapi.WebUIApi(url=stub.url)
        url = f"{api.baseurl}/txt2img"
        assert api.post_and_get_api_result(url, {"prompt": "a"}, False).info["seed"] == 1003
        assert asyncio.run(api.async_post(url, {"prompt": "b"})).image.size == (4, 4)

        async def main() -> Any:
            return await api.post_and_get_api_result(url, {"prompt": "c"}, True)

        assert asyncio.run(main()).image.size == (4, 4)
        assert [body["prompt"] for body in stub.posted("/sdapi/v1/txt2img")] == ["a", "b", "c"]
        with pytest.raises(ValueError, match="is not below this client's server"):
            api.post_and_get_api_result("http://example.com/sdapi/v1/txt2img", {}, False)


def test_a_unit_as_it_is_sent() -> None:
    """`to_dict`, for those who wrote `alwayson_scripts` by hand."""
    unit = webuiapi.ControlNetUnit(module="canny", model="m", control_mode=2)
    assert unit.to_dict() == {
        "module": "canny",
        "model": "m",
        "control_mode": "ControlNet is more important",
        "enabled": True,
    }
    assert webuiapi.Sag(scale=0.5).to_dict() == [True, 0.5]
    assert webuiapi.ADetailer(ad_model="f").to_dict() == {"ad_model": "f"}
    assert webuiapi.AnimateDiff(fps=8).to_dict(True) == {"enable": True, "fps": 8}
    face = webuiapi.b64_img(gradient("RGB"))
    assert webuiapi.Roop(gradient("RGB")).to_dict() == [face, True]
    assert webuiapi.ReActor(gradient("RGB"), faces_index="1").to_dict()[:4] == [face, True, "0", "1"]
